"""Converts responses as a LiteLLM gateway does: 429 and 529 become a 500, and headers are renamed."""

from __future__ import annotations

from claude_tui.simulator.exchange import Answer, Exchange, Headers, json_bytes
from claude_tui.simulator.faults import Fault, bytes_answer, error_body

__all__ = ["through_litellm"]

HIDDEN = {429: "RateLimitError", 529: "InternalServerError"}
RENAMED = ("requests", "tokens")


def through_litellm(exchange: Exchange, answer: Answer) -> Answer:
    """429 and 529 become an `api_error` 500 with the original JSON in its message and no retry-after.

    The headers of any other answer arrive with the prefix `llm_provider-`, together with a few of the
    gateway's own.
    """
    if answer.status is None:
        return answer
    if answer.status in HIDDEN:
        return _hidden(exchange, answer, HIDDEN[answer.status])
    passed: Headers = tuple(
        (name if name == "content-type" else f"llm_provider-{name}", value) for name, value in answer.headers
    )
    return answer.with_headers((*passed, *_own(exchange), *_limits(answer)))


def _hidden(exchange: Exchange, answer: Answer, error_class: str) -> Answer:
    message = f"litellm.{error_class}: AnthropicException - {answer.body.decode()}"
    body = error_body(Fault(500, "api_error", message, identified=False), "")
    headers = (("content-type", "application/json"), *_own(exchange))
    return bytes_answer(answer.wait_s, 500, headers, json_bytes(body))


def _own(exchange: Exchange) -> Headers:
    return (("x-litellm-call-id", exchange.code(22)), ("server", "uvicorn"))


def _limits(answer: Answer) -> Headers:
    found = (
        (f"x-ratelimit-{kind}-{bucket}", answer.header(f"anthropic-ratelimit-{bucket}-{kind}"))
        for kind in ("limit", "remaining")
        for bucket in RENAMED
    )
    return tuple((name, value) for name, value in found if value is not None)
