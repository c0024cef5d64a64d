"""What is kept of a call: the figures of every kind of answer, and none of its content."""

from __future__ import annotations

import asyncio
import gzip
import json
import zlib
from collections.abc import Mapping

import anthropic
import pytest

from claude_tui.model.observation import Outcome
from claude_tui.model.text import Redactor
from claude_tui.model.traffic import OTHER, UNKNOWN, Call, CallEnd, Tokens
from tests.bombs import gzip_of
from tests.proxied import Client, message_of, proxied
from tests.simulated import MESSAGE, simulated
from tests.wire_server import Answer, Request, WireServer, response, sse, stream_of

LIMITS = {
    "anthropic-ratelimit-requests-limit": "50",
    "anthropic-ratelimit-requests-remaining": "49",
    "anthropic-ratelimit-requests-reset": "2026-11-20T14:06:00Z",
    "anthropic-ratelimit-unified-5h-utilization": "0.4",
    "request-id": "req_1",
}
EVENTS = sse(
    [
        {
            "type": "message_start",
            "message": {
                "model": "claude-haiku-5-5-20261001",
                "usage": {
                    "input_tokens": 11,
                    "output_tokens": 1,
                    "cache_read_input_tokens": 200,
                    "cache_creation_input_tokens": 70,
                    "cache_creation": {"ephemeral_5m_input_tokens": 30, "ephemeral_1h_input_tokens": 40},
                    "service_tier": "priority",
                },
            },
        },
        {"type": "ping"},
        {"type": "content_block_delta", "index": 0, "delta": {"type": "thinking_delta", "thinking": "hm"}},
        {"type": "message_delta", "delta": {"stop_reason": "max_tokens"}, "usage": {"output_tokens": 64}},
        {"type": "message_delta", "delta": {}, "usage": {"output_tokens": 0, "input_tokens": 0}},
        {"type": "message_stop"},
    ]
)
MESSAGE_BODY = {
    "model": "claude-haiku-5-5",
    "type": "message",
    "content": [{"type": "text", "text": "usage: no"}],
    "stop_reason": "refusal",
    "usage": {"input_tokens": 5, "output_tokens": 6},
}


def post(body: object, path: str = "/v1/messages", headers: Mapping[str, str] | None = None) -> bytes:
    data = json.dumps(body).encode()
    fields = {"Host": "x", "Connection": "close", "Content-Length": str(len(data)), **(headers or {})}
    head = "".join(f"{name}: {value}\r\n" for name, value in fields.items())
    return f"POST {path} HTTP/1.1\r\n{head}\r\n".encode() + data


async def call_of(answer: bytes, request: bytes | None = None) -> Call:
    """The call that is recorded when `answer` is given to `request`."""
    async with WireServer(answer) as upstream, proxied(upstream.url) as proxy, Client(proxy.url) as client:
        await client.send(request or post({**MESSAGE, "stream": True}))
        await client.rest()
        return await proxy.call()


async def test_a_stream() -> None:
    call = await call_of(
        stream_of(EVENTS, LIMITS),
        post(
            {**MESSAGE, "stream": True},
            headers={"x-stainless-retry-count": "2", "x-claude-top-app": "checkout"},
        ),
    )
    assert (call.outcome, call.end, call.http_status, call.route) == (
        Outcome.OK,
        CallEnd.COMPLETE,
        200,
        "messages",
    )
    assert (call.model, call.served_model) == ("claude-haiku-5-5", "claude-haiku-5-5-20261001")
    assert call.tokens == Tokens(input=11, output=64, cache_read=200, cache_write_5m=30, cache_write_1h=40)
    assert (call.service_tier, call.stop_reason, call.retries) == ("priority", "max_tokens", 2)
    assert (call.application, call.request_id, call.max_tokens) == ("checkout", "req_1", 8)
    assert call.cost_usd == 64 / 1000
    assert call.streamed
    assert [(limit.bucket, limit.remaining) for limit in call.limits] == [("requests", 49)]
    assert [(window.window, window.utilization) for window in call.windows] == [("5h", 0.4)]
    assert call.first_byte_s is not None
    assert call.first_token_s is not None
    assert call.total_s is not None
    assert 0 <= call.first_byte_s <= call.first_token_s <= call.total_s


async def test_a_message_that_is_not_streamed() -> None:
    call = await call_of(response(MESSAGE_BODY), post(MESSAGE))
    assert (call.outcome, call.streamed, call.stop_reason) == (Outcome.OK, False, "refusal")
    assert call.tokens == Tokens(input=5, output=6)
    assert call.first_token_s is None


@pytest.mark.parametrize(
    ("name", "packed"),
    [
        ("gzip", gzip.compress(EVENTS, mtime=0)),
        ("deflate", zlib.compress(EVENTS)),
        ("GZIP", gzip.compress(EVENTS, mtime=0)),
    ],
    ids=["gzip", "deflate", "GZIP"],
)
async def test_a_compressed_stream_is_read_from_a_copy(name: str, packed: bytes) -> None:
    call = await call_of(stream_of(packed, {"content-encoding": name}))
    assert call.outcome is Outcome.OK
    assert call.tokens is not None
    assert call.tokens.output == 64


@pytest.mark.parametrize("coding", ["br", "zstd", "gzip, gzip, gzip, gzip, gzip, gzip"])
async def test_a_coding_that_cannot_be_read_is_no_failure(coding: str) -> None:
    call = await call_of(stream_of(b"\xff\xfe\x8b" * 10, {"content-encoding": coding}))
    assert (call.outcome, call.tokens, call.end) == (Outcome.OK, None, CallEnd.COMPLETE)


async def test_a_bomb_passes_and_is_not_unpacked() -> None:
    call = await call_of(stream_of(gzip_of(b"\0" * (64 << 20)), {"content-encoding": "gzip"}))
    assert (call.outcome, call.tokens) == (Outcome.OK, None)


ERROR = {
    "type": "error",
    "error": {"type": "overloaded_error", "message": "Overloaded"},
    "request_id": "req_2",
}


@pytest.mark.parametrize(
    ("answer", "outcome", "error_type"),
    [
        (response(ERROR, status="529 Overloaded"), Outcome.OVERLOADED, "overloaded_error"),
        (stream_of(sse([ERROR])), Outcome.OVERLOADED, "overloaded_error"),
        (stream_of(EVENTS[:400] + b"\n\n" + sse([ERROR])), Outcome.OVERLOADED, "overloaded_error"),
        (stream_of(sse([{"type": "message_start", "message": {}}])), Outcome.TRUNCATED_STREAM, None),
        (stream_of(b""), Outcome.INVALID_RESPONSE, "empty_body"),
        (
            response(b"<html><title>Log in</title>", content_type="text/html"),
            Outcome.INVALID_RESPONSE,
            "html_page",
        ),
        (response({"code": 429, "msg": "too many"}), Outcome.RATE_LIMITED, None),
        (
            response(b"", status="302 Found", headers={"location": "/login"}),
            Outcome.INVALID_RESPONSE,
            "redirect_away",
        ),
        (response(b"error code: 502", status="502 Bad Gateway"), Outcome.SERVER_ERROR, None),
    ],
    ids=[
        "529",
        "first event",
        "later event",
        "no end",
        "empty",
        "page",
        "200 with a code",
        "redirect",
        "502",
    ],
)
async def test_failures_are_those_of_the_probes(
    answer: bytes, outcome: Outcome, error_type: str | None
) -> None:
    call = await call_of(answer)
    assert (call.outcome, call.error_type) == (outcome, error_type)


async def test_how_long_to_wait_is_kept() -> None:
    error = {"type": "error", "error": {"type": "rate_limit_error", "message": "slow down"}}
    answer = response(error, status="429 Too Many Requests", headers={"retry-after": "7", **LIMITS})
    call = await call_of(answer)
    assert (call.outcome, call.retry_after_s, call.request_id) == (Outcome.RATE_LIMITED, 7.0, "req_1")
    assert call.limits


@pytest.mark.parametrize(
    ("path", "answer", "outcome"),
    [
        ("/v1/messages/count_tokens", response({"input_tokens": 4}), Outcome.OK),
        ("/v1/messages/count_tokens", response({"other": 4}), Outcome.INVALID_RESPONSE),
        ("/v1/files", response(b"<html>", content_type="text/html"), Outcome.OK),
        ("/v1/messages/batches", response(b"<html>", content_type="text/html"), Outcome.INVALID_RESPONSE),
        ("/v1/else", response(b"anything"), Outcome.OK),
    ],
)
async def test_what_another_route_answers(path: str, answer: bytes, outcome: Outcome) -> None:
    call = await call_of(answer, post(MESSAGE, path))
    assert call.outcome is outcome
    assert call.route == ("other" if path == "/v1/else" else path.rpartition("/")[2])


BEDROCK = "/model/us.anthropic.claude-haiku-4-5-v1%3A0/invoke"


async def test_a_call_of_bedrock_has_the_model_of_its_path() -> None:
    body = {"anthropic_version": "bedrock-2023-05-31", "max_tokens": 8}
    call = await call_of(response(MESSAGE_BODY), post(body, BEDROCK))
    assert (call.route, call.model) == ("messages", "us.anthropic.claude-haiku-4-5-v1:0")
    assert (call.served_model, call.tokens) == ("claude-haiku-5-5", Tokens(input=5, output=6))
    binary = response(b"\x00\x00\x01\x02events", content_type="application/vnd.amazon.eventstream")
    streamed = await call_of(binary, post(body, f"{BEDROCK}-with-response-stream"))
    assert (streamed.outcome, streamed.tokens) == (Outcome.OK, None)
    refused = await call_of(response({"message": "Too many requests"}, status="429 No"), post(body, BEDROCK))
    assert refused.outcome is Outcome.RATE_LIMITED


@pytest.mark.parametrize(
    ("model", "kept"),
    [("claude x\n", OTHER), ("sk-ant-api03-not-a-model-at-all", OTHER), (7, UNKNOWN), ("a" * 101, OTHER)],
)
async def test_a_model_that_is_none_is_no_label(model: object, kept: str) -> None:
    assert (await call_of(response(MESSAGE_BODY), post({**MESSAGE, "model": model}))).model == kept


# -- privacy -----------------------------------------------------------------------

CANARIES = (
    "canary-prompt",
    "canary-answer",
    "canary-tool",
    "canary-key-0123456789",
    "canary-user",
    "canary-header",
)
ASKED = {
    **MESSAGE,
    "system": "canary-prompt",
    "messages": [{"role": "user", "content": 'canary-prompt {"model": "canary-prompt"}'}],
    "metadata": {"user_id": "canary-user"},
    "tools": [{"name": "canary-tool", "input_schema": {"model": "canary-tool"}}],
}
SAID = sse(
    [
        {"type": "message_start", "message": {"model": "claude-haiku-5-5", "content": ["canary-answer"]}},
        {"type": "content_block_start", "content_block": {"type": "tool_use", "name": "canary-tool"}},
        {"type": "content_block_delta", "delta": {"type": "input_json_delta", "partial_json": "canary-tool"}},
        {"type": "message_delta", "delta": {"stop_reason": "canary-answer is no reason"}},
        {"type": "message_stop"},
    ]
)


@pytest.mark.parametrize(
    "answer",
    [
        stream_of(SAID, {"x-other": "canary-header"}),
        response({**MESSAGE_BODY, "content": [{"type": "text", "text": "canary-answer"}]}),
        response(
            {
                "type": "error",
                "error": {
                    "type": "invalid_request_error",
                    "message": "messages.0: \"canary-prompt and more\" is not 'canary-prompt, either'; "
                    "key canary-key-0123456789",
                },
            },
            status="400 Bad Request",
        ),
        b"HTTP/1.1 200 OK\r\nContent-Length: 900\r\n\r\ncanary-answer",
    ],
    ids=["stream", "message", "error", "cut"],
)
async def test_nothing_that_was_said_is_kept(answer: bytes) -> None:
    headers = {
        "x-api-key": "canary-key-0123456789",
        "x-other": "canary-header",
        "user-agent": "curl/8 canary-header",
        "x-claude-top-app": "checkout",
    }

    async with (
        WireServer(lambda _, to: _send_and_close(to, answer)) as upstream,
        proxied(upstream.url) as proxy,
    ):
        async with Client(proxy.url) as client:
            await client.send(post({**ASKED, "stream": True}, "/v1/messages?user=canary-user", headers))
            await client.rest()
        call = await proxy.call()
    assert call.model == "claude-haiku-5-5"
    assert [canary for canary in CANARIES if canary in repr(call)] == []


async def _send_and_close(to, answer: bytes) -> None:  # type: ignore[no-untyped-def]
    await to.send(answer)
    to.close()


# -- the official SDK --------------------------------------------------------------


NOWHERE = response({"detail": "Not Found"}, status="404 Not Found")
GET = b"GET /healthz HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n"


@pytest.mark.parametrize(
    ("request_", "answer", "outcome"),
    [
        (GET, NOWHERE, Outcome.OK),
        (post(MESSAGE, "/v1/messages/count_tokens"), NOWHERE, Outcome.OK),
        (post(MESSAGE, "/v1/messages"), NOWHERE, Outcome.INVALID_RESPONSE),
        (post(MESSAGE, "/v1/complete"), NOWHERE, Outcome.INVALID_RESPONSE),
        (
            post(MESSAGE, "/v1/messages/count_tokens"),
            response(
                {"type": "error", "error": {"type": "not_found_error", "message": "model: claude-2"}},
                status="404 Not Found",
            ),
            Outcome.MODEL_NOT_FOUND,
        ),
    ],
)
async def test_what_a_client_copes_without_is_no_failure(
    request_: bytes, answer: bytes, outcome: Outcome
) -> None:
    """A health check on `/healthz`, or a gateway without `count_tokens`, is no outage of the API."""
    call = await call_of(answer, request_)
    assert (call.outcome, call.http_status) == (outcome, 404)


@pytest.mark.parametrize("method", ["HEAD", "OPTIONS"])
async def test_whether_somebody_is_there_is_no_call(method: str) -> None:
    """Claude Code asks so at its start and gets a 404, which would read as an API that is not there."""
    async with WireServer(response(status="404 Not Found")) as upstream, proxied(upstream.url) as proxy:
        async with Client(proxy.url) as client:
            await client.send(f"{method} / HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n".encode())
            assert b" 404 " in await client.rest()
        async with Client(proxy.url) as client:
            await client.send(b"GET /v1/models HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n")
            await client.rest()
        assert (await proxy.call()).method == "GET"


async def test_the_sdk_sees_the_same_and_so_does_the_record() -> None:
    asked = {
        "model": "claude-haiku-5-5",
        "max_tokens": 32,
        "messages": [{"role": "user", "content": "hello"}],
    }
    async with simulated("healthy") as simulator, proxied(simulator.base_url) as proxy:
        async with anthropic.AsyncAnthropic(base_url=proxy.url, api_key="k", max_retries=0) as client:
            message = await client.messages.create(**asked)  # type: ignore[call-overload]
            async with client.messages.stream(**asked) as stream:  # type: ignore[arg-type]
                streamed = await stream.get_final_message()
            counted = await client.messages.count_tokens(model="claude-haiku-5-5", messages=asked["messages"])  # type: ignore[arg-type]
            listed = await client.models.list()
        with anthropic.Anthropic(base_url=proxy.url, api_key="k", max_retries=0) as sync:
            again = await asyncio.to_thread(lambda: sync.messages.create(**asked))  # type: ignore[call-overload]
        calls = await proxy.sink.wait_for(5)
    assert [call.route for call in calls] == ["messages", "messages", "count_tokens", "models", "messages"]
    assert {call.outcome for call in calls} == {Outcome.OK}
    for call, seen in zip((calls[0], calls[1], calls[4]), (message, streamed, again), strict=True):
        assert call.tokens is not None
        assert (call.tokens.input, call.tokens.output) == (seen.usage.input_tokens, seen.usage.output_tokens)
        assert (call.stop_reason, call.served_model) == (seen.stop_reason, seen.model)
    assert counted.input_tokens > 0
    assert listed.data
    assert [call.application for call in calls[::4]] == ["Anthropic/Python", "Anthropic/Python"]


async def test_the_sdks_retries_are_counted_apart() -> None:
    async with simulated("overload", 400) as simulator, proxied(simulator.base_url) as proxy:
        async with anthropic.AsyncAnthropic(base_url=proxy.url, api_key="k", max_retries=2) as client:
            failed = 0
            for _ in range(3):
                try:
                    await client.messages.create(
                        model="claude-haiku-5-5", max_tokens=8, messages=[{"role": "user", "content": "1"}]
                    )
                except anthropic.InternalServerError:
                    failed += 1
        calls = proxy.sink.calls
    assert max(call.retries or 0 for call in calls) >= 1
    assert sum(call.outcome is Outcome.OVERLOADED for call in calls) == len(calls) - (3 - failed)


async def test_a_repeat_that_does_not_wait_as_it_was_asked_to_is_counted_apart() -> None:
    error = {"type": "error", "error": {"type": "rate_limit_error", "message": "slow down"}}
    refusals = {"wait": {"retry-after-ms": "300", "retry-after": "1"}, "blind": {"retry-after": "30"}}

    async def handler(request: Request, answer: Answer) -> None:
        asked = json.loads(request.body)["messages"][0]["content"]
        again = sum(received.body == request.body for received in server.requests) > 1
        body = (
            response(MESSAGE_BODY)
            if again
            else response(error, status="429 Too Many", headers=refusals[asked])
        )
        await answer.send(body)

    async with WireServer(handler) as server, proxied(server.url) as proxy:
        async with anthropic.AsyncAnthropic(base_url=proxy.url, api_key="k", max_retries=1) as client:
            await client.messages.create(
                model="claude-haiku-5-5", max_tokens=8, messages=[{"role": "user", "content": "wait"}]
            )
        for _ in range(2):
            async with Client(proxy.url) as blind:
                await blind.send(post({"messages": [{"role": "user", "content": "blind"}]}))
                await blind.rest()
        calls = await proxy.sink.wait_for(4)
    # The SDK waits the 300 ms; a client that says nothing of attempts is known by what it sends.
    assert [(call.outcome, call.early) for call in calls] == [
        (Outcome.RATE_LIMITED, None),
        (Outcome.OK, False),
        (Outcome.RATE_LIMITED, None),
        (Outcome.OK, True),
    ]


async def test_a_secret_of_this_machine_is_not_quoted() -> None:
    error = {
        "type": "error",
        "error": {"type": "authentication_error", "message": "invalid x-api-key own-secret-of-ours"},
    }
    async with (
        WireServer(response(error, status="401 Unauthorized")) as upstream,
        proxied(upstream.url, secrets=("own-secret-of-ours",)) as proxy,
        Client(proxy.url) as client,
    ):
        await client.send(post(MESSAGE))
        assert b"own-secret-of-ours" in message_of(await client.rest()).body
        call = await proxy.call()
    assert call.message is not None
    assert "own-secret" not in call.message
    assert Redactor().clean(call.message) == call.message
