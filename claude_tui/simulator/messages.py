"""`/v1/messages` and `/v1/messages/count_tokens`: validates requests and answers them."""

from __future__ import annotations

import json
import re
from collections.abc import Collection
from dataclasses import dataclass, replace

from claude_tui.simulator.exchange import Answer, Chunk, Ending, Exchange, Headers, json_bytes
from claude_tui.simulator.faults import FAULTS, Fault, bytes_answer, error_answer
from claude_tui.simulator.generation import Generation, generate, tokens_in
from claude_tui.simulator.headers import api_headers, rate_limit_headers
from claude_tui.simulator.limits import Limiter
from claude_tui.simulator.script import Reply
from claude_tui.simulator.stream import HEAD_SHARE, event_chunks, stream_ending

__all__ = ["answer_count", "answer_message", "read_request"]

STREAM_FAULTS = (Reply.STREAM_ERROR_FIRST, Reply.STREAM_ERROR, Reply.STREAM_CUT, Reply.STREAM_RESET)


@dataclass(frozen=True, slots=True)
class MessageRequest:
    """A valid request."""

    model: str
    """The model id as given."""
    max_tokens: int
    """0 for count_tokens, which has none."""
    stream: bool
    """Whether the answer is to be streamed."""
    input_tokens: int
    """An estimate, see `tokens_in`."""
    thinking: str = ""
    """The requested type of thinking: `enabled`, `adaptive`; empty for none."""


def _invalid(message: str) -> Fault:
    return Fault(400, "invalid_request_error", message)


def read_request(
    body: bytes, served: Collection[str], *, counts_only: bool = False
) -> MessageRequest | Fault:
    """The request in `body`, or the error to reject it with. `served` holds the ids of available models."""
    try:
        data = json.loads(body)
    except (ValueError, RecursionError) as error:
        return _invalid(f"The request body is not valid JSON: {error}")
    if not isinstance(data, dict):
        return _invalid("The request body must be a JSON object")
    fault = _fault_in(data, counts_only=counts_only)
    if fault is not None:
        return fault
    # A dated id stands for the same model as the alias without the date.
    if data["model"] not in served and re.sub(r"-20\d{6}$", "", data["model"]) not in served:
        return Fault(404, "not_found_error", f"model: {data['model']}")
    max_tokens = 0 if counts_only else data["max_tokens"]
    return MessageRequest(
        data["model"], max_tokens, data.get("stream") is True, tokens_in(data), _thinking_in(data)
    )


def _thinking_in(data: dict[str, object]) -> str:
    """The requested thinking, which is never sent unrequested: clients read the first block as text."""
    thinking = data.get("thinking")
    kind = thinking.get("type") if isinstance(thinking, dict) else None
    return kind if isinstance(kind, str) and kind != "disabled" else ""


def _fault_in(data: dict[str, object], *, counts_only: bool) -> Fault | None:
    required = ("model", "messages") if counts_only else ("model", "max_tokens", "messages")
    for name in required:
        if name not in data:
            return _invalid(f"{name}: Field required")
    if not isinstance(data["model"], str) or not data["model"]:
        return _invalid("model: Input should be a valid string")
    max_tokens = data.get("max_tokens", 1)
    if not isinstance(max_tokens, int) or isinstance(max_tokens, bool) or max_tokens < 1:
        return _invalid("max_tokens: Input should be an integer greater than or equal to 1")
    return _fault_in_messages(data["messages"])


def _fault_in_messages(messages: object) -> Fault | None:
    if not isinstance(messages, list) or not messages:
        return _invalid("messages: at least one message is required")
    for index, message in enumerate(messages):
        if not isinstance(message, dict) or message.get("role") not in ("user", "assistant", "system"):
            return _invalid(f"messages.{index}.role: Input should be 'user' or 'assistant'")
        if not isinstance(message.get("content"), str | list) or not message["content"]:
            return _invalid(f"messages.{index}.content: Field required")
    return None


def answer_count(exchange: Exchange, request: MessageRequest, wait_s: float) -> Answer:
    headers = api_headers(exchange, wait_s, "application/json")
    return bytes_answer(wait_s, 200, headers, json_bytes({"input_tokens": request.input_tokens}))


def answer_message(exchange: Exchange, request: MessageRequest, reply: Reply, limiter: Limiter) -> Answer:
    """The answer to a valid request: a 429, the failure that `reply` stands for, or a generation."""
    plan = exchange.phase.state.messages
    if reply is Reply.RATE_LIMITED:
        return _rate_limited(exchange, request, limiter, "input-tokens")
    if reply in FAULTS:
        return _fault_answer(exchange, reply, limiter)
    bucket = limiter.refuses(request.input_tokens)
    if bucket is not None:
        return _rate_limited(exchange, request, limiter, bucket)
    if reply in STREAM_FAULTS and not request.stream:
        return _broken_body(exchange, request, reply)
    generation = generate(
        exchange,
        model=request.model,
        input_tokens=request.input_tokens,
        max_tokens=request.max_tokens,
        thinking=request.thinking,
    )
    limiter.spend(input_tokens=generation.input_tokens, output_tokens=generation.output_tokens)
    first_token_s = exchange.seconds(plan.first_token)
    limits = rate_limit_headers(exchange, limiter.levels())
    if request.stream:
        return _streamed(exchange, generation, reply, first_token_s, limits)
    return _whole(exchange, generation, first_token_s, limits)


def _fault_answer(exchange: Exchange, reply: Reply, limiter: Limiter) -> Answer:
    wait_s = exchange.seconds(exchange.phase.state.messages.latency)
    extra: Headers = ()
    if reply is Reply.RAMP_LIMITED:
        retry_after = ("retry-after", str(exchange.random.randint(10, 30)))
        extra = (retry_after, *rate_limit_headers(exchange, limiter.levels()))
    return error_answer(exchange, FAULTS[reply], wait_s, extra)


def _rate_limited(exchange: Exchange, request: MessageRequest, limiter: Limiter, bucket: str) -> Answer:
    """A 429 that names the exhausted bucket."""
    message = (
        f"This request would go over your organization's rate limit of {limiter.limit(bucket):,} "
        f"{bucket.replace('-', ' ')} per minute (org: {exchange.organization_id}, model: {request.model}). "
        "See the response headers for what is left: send less, or try again later."
    )
    fault = replace(FAULTS[Reply.RATE_LIMITED], message=message)
    need = request.input_tokens if bucket == "input-tokens" else 1
    limits = rate_limit_headers(exchange, limiter.levels(empty=bucket), refused=bucket)
    retry_after = ("retry-after", str(limiter.retry_after_s(bucket, need)))
    wait_s = exchange.seconds(exchange.phase.state.messages.latency)
    return error_answer(exchange, fault, wait_s, (retry_after, *limits))


def _broken_body(exchange: Exchange, request: MessageRequest, reply: Reply) -> Answer:
    """The failure of a stream for a request without one: an error, or half a body before a reset."""
    wait_s = exchange.seconds(exchange.phase.state.messages.first_token)
    if reply in (Reply.STREAM_ERROR, Reply.STREAM_ERROR_FIRST):
        return error_answer(exchange, FAULTS[Reply.OVERLOADED], wait_s)
    body = json_bytes({"model": request.model, "type": "message", "role": "assistant", "content": []})
    headers = api_headers(exchange, wait_s, "application/json")
    half = (Chunk(0.0, body[: len(body) // 2]),)
    return Answer(wait_s, 200, headers, half, Ending.ABORT, length=len(body))


def _streamed(
    exchange: Exchange, generation: Generation, reply: Reply, first_token_s: float, limits: Headers
) -> Answer:
    head_s = first_token_s * HEAD_SHARE
    headers = api_headers(exchange, head_s, "text/event-stream; charset=utf-8")
    cache: Headers = (("cache-control", "no-cache"),)
    chunks = event_chunks(exchange, generation, reply, first_token_s)
    head = (*headers, *cache, *limits, *_meaningless_retry_after(exchange))
    return Answer(head_s, 200, head, tuple(chunks), stream_ending(reply), streamed=True)


def _whole(exchange: Exchange, generation: Generation, first_token_s: float, limits: Headers) -> Answer:
    between_s = exchange.seconds(exchange.phase.state.messages.between_tokens)
    wait_s = first_token_s + between_s * (generation.output_tokens - 1)
    headers = (
        *api_headers(exchange, wait_s, "application/json"),
        *limits,
        *_meaningless_retry_after(exchange),
    )
    message = generation.message(generation.content(), generation.stop_reason, generation.output_tokens)
    return bytes_answer(wait_s, 200, headers, json_bytes(message))


def _meaningless_retry_after(exchange: Exchange) -> Headers:
    """The meaningless retry-after that one success in ten carries."""
    if exchange.random.random() >= 0.1:
        return ()
    return (("retry-after", str(exchange.random.randint(1, 59))),)
