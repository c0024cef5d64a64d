"""The messages probe with the real SDK against servers that answer well, badly and not at all."""

from __future__ import annotations

import asyncio
import json
import logging
import ssl
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from claude_tui.model.observation import Observation, Outcome, Usage
from claude_tui.model.text import Redactor
from claude_tui.probes.clock import Clock, SystemClock
from claude_tui.probes.credentials import Credentials
from claude_tui.probes.messages import MessagesProbe
from claude_tui.probes.proxies import Proxies
from claude_tui.probes.stream_reader import StreamReader
from tests.bombs import gzip_of, gzip_repeated
from tests.loop_time import let_pass
from tests.wire_server import (
    TLS_ALERT,
    Answer,
    Request,
    WireServer,
    make_certificate,
    raw_server,
    response,
    sse,
    stream_of,
)

KEY = "sk-ant-api03-" + "k" * 40
MODEL = "claude-haiku-4-5"
DIRECT = Proxies(proxies=dict)
RECORDED = Path(__file__).parents[2].parent / "shared" / "data" / "http" / "sse_bodies.jsonl"

START = {
    "type": "message_start",
    "message": {
        "id": "msg_1",
        "type": "message",
        "role": "assistant",
        "content": [],
        "model": MODEL,
        "stop_reason": None,
        "usage": {"input_tokens": 11, "cache_read_input_tokens": 3, "output_tokens": 1},
    },
}
BLOCK = {"type": "content_block_start", "index": 0, "content_block": {"type": "text", "text": ""}}
TEXT = {"type": "content_block_delta", "index": 0, "delta": {"type": "text_delta", "text": "OK"}}
THINKING = {"type": "content_block_delta", "index": 0, "delta": {"type": "thinking_delta", "thinking": "Hm"}}
BLOCK_STOP = {"type": "content_block_stop", "index": 0}
DELTA = {
    "type": "message_delta",
    "delta": {"stop_reason": "end_turn", "stop_sequence": None},
    "usage": {"output_tokens": 4},
}
STOP = {"type": "message_stop"}
WHOLE = (START, BLOCK, {"type": "ping"}, TEXT, BLOCK_STOP, DELTA, STOP)
CHUNKED = b"HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\ntransfer-encoding: chunked\r\n\r\n"


def chunk(data: bytes) -> bytes:
    return f"{len(data):x}\r\n".encode() + data + b"\r\n"


class LateClock(SystemClock):
    late_s = 0.0

    def monotonic(self) -> float:
        return super().monotonic() + self.late_s


@asynccontextmanager
async def probe(
    url: str,
    *,
    key: str = KEY,
    timeout_s: float = 10.0,
    routes: Proxies = DIRECT,
    model: str | None = MODEL,
    clock: Clock | None = None,
) -> AsyncIterator[MessagesProbe]:
    credentials = Credentials.from_environ({"ANTHROPIC_API_KEY": key, "ANTHROPIC_BASE_URL": url})
    redactor = Redactor(credentials.secrets)
    made = MessagesProbe(
        credentials,
        lambda: model,
        clock=clock or SystemClock(),
        redactor=redactor,
        timeout_s=timeout_s,
        routes=routes,
    )
    try:
        yield made
    finally:
        await made.aclose()


async def observe(url: str, **options: object) -> Observation:
    async with probe(url, **options) as made:  # type: ignore[arg-type]
        return (await made.run()).observation


async def answered(answer: bytes) -> Observation:
    async with WireServer(answer) as server:
        return await observe(server.url)


# -- successes ------------------------------------------------------------------


async def test_a_whole_message() -> None:
    reset = (datetime.now(UTC) + timedelta(minutes=1)).strftime("%Y-%m-%dT%H:%M:%SZ")
    headers = {
        "request-id": "req_1",
        "retry-after": "7",
        "x-envoy-upstream-service-time": "25",
        "anthropic-ratelimit-requests-limit": "50",
        "anthropic-ratelimit-requests-remaining": "49",
        "anthropic-ratelimit-requests-reset": reset,
    }
    async with WireServer(stream_of(sse(WHOLE), headers)) as server:
        observation = await observe(server.url)
    assert observation.outcome is Outcome.OK
    assert (observation.http_status, observation.request_id) == (200, "req_1")
    assert observation.stop_reason == "end_turn"
    assert observation.usage == Usage(input_tokens=11, output_tokens=4, cache_read_tokens=3)
    assert observation.cost_usd == pytest.approx((11 * 1 + 4 * 5 + 3 * 0.1) / 1e6)
    assert observation.retry_after_s is None
    assert observation.server_s == 0.025
    assert [(reading.bucket, reading.remaining) for reading in observation.rate_limits] == [("requests", 49)]
    timings = observation.timings
    assert timings.connect is not None
    assert timings.first_byte is not None
    assert timings.first_token is not None
    assert timings.total is not None
    assert timings.first_byte <= timings.first_token <= timings.total
    assert not observation.fresh_retry


async def test_what_is_asked() -> None:
    async with WireServer(stream_of(sse(WHOLE))) as server:
        await observe(server.url + "/gateway/")
    request = server.requests[0]
    asked = json.loads(request.body)
    assert request.line == "POST /gateway/v1/messages HTTP/1.1"
    assert request.headers["authorization"] == f"Bearer {KEY}"
    assert request.headers["x-stainless-retry-count"] == "0"
    assert (asked["model"], asked["max_tokens"], asked["stream"]) == (MODEL, 8, True)


@pytest.mark.parametrize("first", [TEXT, THINKING])
async def test_the_first_delta_of_any_kind_is_the_first_token(first: dict[str, object]) -> None:
    spoken = asyncio.Event()

    async def slowly(request: Request, answer: Answer) -> None:
        await answer.send(CHUNKED + chunk(sse([START, BLOCK])) + chunk(sse([first])))
        # From here on: before, the SDK may still have been loading.
        asyncio.get_running_loop().call_later(0.2, spoken.set)
        await spoken.wait()
        await answer.send(chunk(sse([DELTA, STOP])) + b"0\r\n\r\n")

    async with WireServer(slowly) as server, probe(server.url) as made:
        timings = (await made.run()).observation.timings
    assert timings.first_token is not None
    assert timings.total is not None
    assert timings.total - timings.first_token > 0.1


async def test_unknown_events_are_ignored() -> None:
    odd = ({"type": "brand_new", "of": ["anything"]}, {"type": "content_block_delta"})
    observation = await answered(stream_of(sse((START, *odd, DELTA, STOP)) + b"event: x\ndata: [1]\n\n"))
    assert observation.outcome is Outcome.OK
    assert observation.timings.first_token is not None


async def test_a_name_is_looked_up_apart_from_connecting() -> None:
    async def resolve(host: str, port: int) -> Sequence[str]:
        return ["::1", "127.0.0.1"]

    async with WireServer(stream_of(sse(WHOLE))) as server:
        observation = await observe(server.url_of("api.example"), routes=replace(DIRECT, resolve=resolve))
    assert observation.outcome is Outcome.OK
    assert observation.timings.dns is not None
    assert observation.timings.connect is not None
    assert server.requests[0].headers["host"].startswith("api.example:")


async def test_tls(tmp_path: Path) -> None:
    pem = make_certificate(tmp_path, end="20400101000000Z")
    tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    tls.load_cert_chain(pem)
    routes = replace(DIRECT, trust=lambda: ssl.create_default_context(cafile=str(pem)))
    async with WireServer(stream_of(sse(WHOLE)), tls=tls) as server:
        trusted = await observe(server.url, routes=routes)
        untrusted = await observe(server.url, routes=replace(DIRECT, trust=ssl.create_default_context))
    assert trusted.timings.tls is not None
    assert trusted.tls_expires_at == datetime(2040, 1, 1, tzinfo=UTC)
    assert (untrusted.outcome, untrusted.error_type) == (Outcome.NETWORK, "tls_untrusted")


async def test_a_proxy() -> None:
    async with WireServer(stream_of(sse(WHOLE))) as server:
        proxy = server.url.replace("//", "//user:pass%21word@")
        observation = await observe(
            "http://api.example", routes=replace(DIRECT, proxies=lambda: {"http": proxy})
        )
    assert observation.outcome is Outcome.OK
    assert observation.timings.dns is None
    assert observation.timings.connect is None
    assert server.requests[0].headers["proxy-authorization"] == "Basic dXNlcjpwYXNzIXdvcmQ="


@pytest.mark.skipif(not RECORDED.exists(), reason="the recorded streams are not beside this checkout")
async def test_recorded_streams() -> None:
    recorded = [json.loads(line)["body"] for line in RECORDED.read_text().splitlines()]
    # Two are of the older completions endpoint, which has no messages.
    bodies = [body.encode() for body in recorded if not body.startswith("event: completion")]

    async def replay(request: Request, answer: Answer) -> None:
        await answer.send(stream_of(bodies.pop()))

    count = len(bodies)
    async with WireServer(replay) as server, probe(server.url) as made:
        for _ in range(count):
            observation = (await made.run()).observation
            assert observation.outcome is Outcome.OK
            assert observation.stop_reason is not None
            assert observation.timings.first_token is not None
            assert observation.usage is not None
            assert observation.usage.output_tokens > 0


# -- refusals --------------------------------------------------------------------


def error_body(kind: str, message: str = "because") -> dict[str, object]:
    return {"type": "error", "error": {"type": kind, "message": message}, "request_id": "req_2"}


@pytest.mark.parametrize(
    ("status", "kind", "outcome"),
    [
        ("529 Overloaded", "overloaded_error", Outcome.OVERLOADED),
        ("500 Internal Server Error", "api_error", Outcome.SERVER_ERROR),
        ("429 Too Many Requests", "rate_limit_error", Outcome.RATE_LIMITED),
        ("401 Unauthorized", "authentication_error", Outcome.KEY_REJECTED),
    ],
)
async def test_errors_with_a_status(status: str, kind: str, outcome: Outcome) -> None:
    headers = {"retry-after": "12", "x-should-retry": "true"}
    async with WireServer(response(error_body(kind), status=status, headers=headers)) as server:
        observation = await observe(server.url)
    assert (observation.outcome, observation.error_type) == (outcome, kind)
    assert observation.http_status == int(status[:3])
    assert (observation.request_id, observation.message) == ("req_2", "because")
    assert observation.retry_after_s == 12
    assert len(server.requests) == 1


@pytest.mark.parametrize("before", [(), (START, BLOCK, TEXT)])
async def test_an_error_inside_a_stream_goes_by_its_type(before: tuple[dict[str, object], ...]) -> None:
    observation = await answered(
        stream_of(sse((*before, error_body("overloaded_error"))), {"request-id": "req_3"})
    )
    assert (observation.outcome, observation.error_type) == (Outcome.OVERLOADED, "overloaded_error")
    assert (observation.http_status, observation.request_id) == (200, "req_3")


async def test_the_retry_after_of_a_stream_that_broke_means_nothing() -> None:
    headers = {"retry-after": "3600"}
    inside = await answered(stream_of(sse((START, error_body("overloaded_error"))), headers))
    assert (inside.outcome, inside.http_status) == (Outcome.OVERLOADED, 200)
    assert inside.retry_after_s is None
    broken = await answered(stream_of(sse(WHOLE[:-1]), headers))
    assert (broken.outcome, broken.retry_after_s) == (Outcome.TRUNCATED_STREAM, None)


async def test_an_error_as_plain_data_of_a_stream() -> None:
    event = b"event: message\ndata: " + json.dumps(error_body("overloaded_error")).encode() + b"\n\n"
    assert (await answered(stream_of(event))).outcome is Outcome.OVERLOADED


async def test_json_where_a_stream_belongs() -> None:
    assert (await answered(response(error_body("api_error")))).outcome is Outcome.SERVER_ERROR
    assert (await answered(response({"type": "message"}))).outcome is Outcome.INVALID_RESPONSE


async def test_a_page_where_a_stream_belongs() -> None:
    page = b"<html><head><title>Sign in</title></head></html>"
    observation = await answered(response(page, content_type="text/html"))
    assert observation.outcome is Outcome.INVALID_RESPONSE
    assert observation.http_status == 200
    assert "Sign in" in (observation.message or "")


# -- damaged answers ---------------------------------------------------------------


@pytest.mark.parametrize("events", [WHOLE[:-1], WHOLE[:4], WHOLE[:1]])
async def test_a_stream_that_ends_without_message_stop(events: tuple[dict[str, object], ...]) -> None:
    observation = await answered(stream_of(sse(events)))
    assert observation.outcome is Outcome.TRUNCATED_STREAM
    assert observation.usage is not None


@pytest.mark.parametrize("reset", [True, False])
async def test_a_connection_that_dies_in_mid_stream(*, reset: bool) -> None:
    async def die(request: Request, answer: Answer) -> None:
        await answer.send(CHUNKED + chunk(sse([START, BLOCK, TEXT])))
        if reset:
            answer.reset()
        else:
            answer.close()

    async with WireServer(die) as server:
        observation = await observe(server.url)
    assert observation.outcome is Outcome.TRUNCATED_STREAM
    assert len(server.requests) == 1


async def test_a_whole_message_counts_though_the_connection_dies_after_it() -> None:
    async def die(request: Request, answer: Answer) -> None:
        await answer.send(CHUNKED + chunk(sse(WHOLE)))
        answer.close()

    async with WireServer(die) as server:
        assert (await observe(server.url)).outcome is Outcome.OK


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"\n\n\n",
        b"data: {}\n\n",
        b"event: nonsense\ndata: {}\n\n",
        b"event: message_start\ndata: {not json}\n\n",
        b"event: message_start\ndata: \xff\xfe\n\n",
        b"event: message_start\ndata: " + b"[" * 5000 + b"\n\n",
        b"event: message_start\ndata: null\n\n",
        b"event: message_start\ndata: 7\n\n",
        b"some plain text",
    ],
)
async def test_garbage_where_events_belong(body: bytes) -> None:
    observation = await answered(stream_of(body))
    assert observation.outcome is Outcome.INVALID_RESPONSE
    assert observation.message


async def test_damaged_fields_change_nothing() -> None:
    start = {"type": "message_start", "message": {"usage": {"input_tokens": "many", "output_tokens": -5}}}
    delta = {"type": "message_delta", "delta": "odd", "usage": [1]}
    observation = await answered(stream_of(sse((start, TEXT, delta, STOP))))
    assert observation.outcome is Outcome.OK
    assert (observation.usage, observation.stop_reason, observation.cost_usd) == (None, None, 0.0)


async def test_hostile_text_is_inert() -> None:
    body = error_body("api_error", f"\x1b]0;owned\x07 {KEY} " + "x" * 100_000)
    observation = await answered(response(body, status="500 Oops"))
    assert "\x1b" not in (observation.message or "")
    assert KEY not in (observation.message or "")
    assert len(observation.message or "") <= 10_000


@pytest.mark.parametrize("line", [b"x" * 60_000, b"a\n" * 30_000])
async def test_an_answer_without_end_is_not_read_to_the_end(line: bytes) -> None:
    async def flood(request: Request, answer: Answer) -> None:
        await answer.send(b"HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\n\r\n")
        while True:
            await answer.send(line)

    async with WireServer(flood) as server:
        observation = await observe(server.url)
    assert (observation.outcome, observation.error_type) == (Outcome.INVALID_RESPONSE, "too_large")


async def test_an_endless_error_page_still_has_its_status() -> None:
    async def flood(request: Request, answer: Answer) -> None:
        await answer.send(b"HTTP/1.1 529 Overloaded\r\ncontent-type: text/html\r\n\r\n")
        while True:
            await answer.send(b"x" * 60_000)

    async with WireServer(flood) as server:
        observation = await observe(server.url)
    assert (observation.outcome, observation.http_status) == (Outcome.OVERLOADED, 529)
    assert "xxxxxxxx" in (observation.message or "")


@pytest.mark.parametrize("words", [b"\n", b":\n", b"data: {}\n\n", b"x"])
async def test_a_small_stream_that_is_endless_inside_is_not_read_to_the_end(words: bytes) -> None:
    async def bomb(request: Request, answer: Answer) -> None:
        await answer.send(CHUNKED.replace(b"\r\n\r\n", b"\r\ncontent-encoding: gzip\r\n\r\n"))
        for piece in gzip_repeated(words, 400):
            await answer.send(chunk(piece))

    async with WireServer(bomb) as server:
        observation = await observe(server.url)
    assert (observation.outcome, observation.error_type) == (Outcome.INVALID_RESPONSE, "too_large")


@pytest.mark.parametrize("coding", ["gzip", "deflate", "GZIP, deflate"])
async def test_a_compressed_stream(coding: str) -> None:
    body = sse(WHOLE)
    for name in coding.lower().split(", "):
        body = gzip_of(body, {"gzip": 31, "deflate": 15}[name])
    observation = await answered(stream_of(body, {"content-encoding": coding}))
    assert observation.outcome is Outcome.OK
    assert observation.usage == Usage(input_tokens=11, output_tokens=4, cache_read_tokens=3)


@pytest.mark.parametrize("status", ["200 OK", "529 Overloaded"])
async def test_an_encoding_that_nobody_can_read_is_named(status: str) -> None:
    body = response(
        b"\x0b\x00\x80{}\x03",
        status=status,
        headers={"content-encoding": "br"},
        content_type="text/event-stream",
    )
    observation = await answered(body)
    expected = Outcome.OVERLOADED if status.startswith("529") else Outcome.INVALID_RESPONSE
    assert observation.outcome is expected
    assert "content-encoding br could not be read" in (observation.message or "")


# -- redirects ----------------------------------------------------------------------


@pytest.mark.parametrize("status", ["301 Moved Permanently", "303 See Other", "307 Temporary Redirect"])
async def test_a_redirect_is_not_followed(status: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ANTHROPIC_CUSTOM_HEADERS", "X-Team-Secret: of-the-team")
    async with WireServer(stream_of(sse(WHOLE))) as other:
        target = f"{other.url}/v1/messages"
        location = target.replace("//", "//who:hunter22@")
        async with WireServer(response(status=status, headers={"location": location})) as server:
            observation = await observe(server.url)
    assert (len(server.requests), len(other.requests)) == (1, 0)
    assert (observation.outcome, observation.error_type) == (Outcome.INVALID_RESPONSE, "redirect")
    assert observation.message == f"HTTP {status[:3]} redirect to {target}"
    assert ("location", target) in observation.headers


@pytest.mark.parametrize("location", ["https://[::1", "javascript:alert(1)", ""])
async def test_a_redirect_to_no_address_is_a_redirect(location: str) -> None:
    observation = await answered(response(status="302 Found", headers={"location": location}))
    assert (observation.outcome, observation.error_type) == (Outcome.INVALID_RESPONSE, "redirect")
    assert observation.http_status == 302


# -- no answer ----------------------------------------------------------------------


async def test_a_server_that_hangs() -> None:
    async def hang(request: Request, answer: Answer) -> None:
        let_pass(10)
        await answer.hang()

    async with WireServer(hang) as server:
        observation = await observe(server.url)
    assert (observation.outcome, observation.error_type) == (Outcome.TIMEOUT, "read_timeout")
    assert observation.http_status is None
    assert observation.timings.connect is not None
    assert observation.timings.first_byte is None


async def test_a_server_that_trickles_for_ever() -> None:
    async def trickle(request: Request, answer: Answer) -> None:
        await answer.send(CHUNKED + chunk(sse([START, BLOCK])))
        while True:
            await answer.send(chunk(sse([{"type": "ping"}])))
            await asyncio.sleep(0)
            let_pass(0.1)

    async with WireServer(trickle) as server:
        observation = await observe(server.url)
    assert (observation.outcome, observation.http_status) == (Outcome.TIMEOUT, 200)
    assert observation.timings.total is not None


async def test_a_tls_handshake_that_hangs() -> None:
    async def silent(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.read(1)
        let_pass(10)
        await reader.read()
        writer.transport.abort()

    routes = replace(DIRECT, trust=ssl.create_default_context)
    server = await asyncio.start_server(silent, "127.0.0.1", 0)
    async with server:
        port = server.sockets[0].getsockname()[1]
        observation = await observe(f"https://127.0.0.1:{port}", routes=routes)
    assert (observation.outcome, observation.error_type) == (Outcome.TIMEOUT, "tls_timeout")


async def test_nobody_listens() -> None:
    async with WireServer(b"") as server:
        url = server.url
    observation = await observe(url)
    assert (observation.outcome, observation.error_type) == (Outcome.NETWORK, "refused")


async def test_cancelling_leaves_nothing_behind() -> None:
    arrived = asyncio.Event()

    async def hang(request: Request, answer: Answer) -> None:
        arrived.set()
        await answer.hang()

    async with WireServer(hang) as server, probe(server.url) as made:
        task = asyncio.create_task(made.run())
        await arrived.wait()
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task


# -- connections -------------------------------------------------------------------


async def test_a_connection_is_reused() -> None:
    async with WireServer(stream_of(sse(WHOLE))) as server, probe(server.url) as made:
        first = (await made.run()).observation
        second = (await made.run()).observation
    assert server.connections == 1
    assert first.timings.connect is not None
    assert second.timings.connect is None
    assert second.outcome is Outcome.OK


@pytest.mark.parametrize("reset", [True, False])
async def test_a_reused_connection_that_dies_at_once_is_tried_on_a_fresh_one(*, reset: bool) -> None:
    async def once_each(request: Request, answer: Answer) -> None:
        if request.number == 1:
            await answer.send(stream_of(sse(WHOLE)))
        elif reset:
            answer.reset()
        else:
            answer.close()

    async with WireServer(once_each) as server, probe(server.url) as made:
        first = (await made.run()).observation
        second = (await made.run()).observation
    assert not first.fresh_retry
    assert second.fresh_retry
    assert second.outcome is Outcome.OK
    assert second.timings.connect is not None
    assert len(server.requests) == 3


async def test_a_reused_connection_that_dies_late_is_a_failure() -> None:
    clock = LateClock()

    async def late(request: Request, answer: Answer) -> None:
        if request.number == 1:
            await answer.send(stream_of(sse(WHOLE)))
        else:
            clock.late_s = 5.0
            answer.close()

    async with WireServer(late) as server, probe(server.url, clock=clock) as made:
        await made.run()
        second = (await made.run()).observation
    assert (second.outcome, second.error_type) == (Outcome.NETWORK, "closed")
    assert not second.fresh_retry
    assert len(server.requests) == 2


async def test_the_second_try_is_the_last() -> None:
    async def dying(request: Request, answer: Answer) -> None:
        if len(server.requests) == 1:
            await answer.send(stream_of(sse(WHOLE)))
        else:
            answer.reset()

    async with WireServer(dying) as server, probe(server.url) as made:
        await made.run()
        second = (await made.run()).observation
    assert second.fresh_retry
    assert (second.outcome, second.error_type) == (Outcome.NETWORK, "closed")
    assert len(server.requests) == 3


async def test_a_fresh_connection_that_dies_is_a_failure() -> None:
    async def dying(request: Request, answer: Answer) -> None:
        answer.reset()

    async with WireServer(dying) as server:
        observation = await observe(server.url)
    assert observation.outcome is Outcome.NETWORK
    assert not observation.fresh_retry
    assert len(server.requests) == 1


async def test_a_refusal_on_a_reused_connection_is_not_repeated() -> None:
    async def then_overloaded(request: Request, answer: Answer) -> None:
        overloaded = response(error_body("overloaded_error"), status="529 Overloaded")
        await answer.send(stream_of(sse(WHOLE)) if request.number == 1 else overloaded)

    async with WireServer(then_overloaded) as server, probe(server.url) as made:
        await made.run()
        assert (await made.run()).observation.outcome is Outcome.OVERLOADED
    assert len(server.requests) == 2


# -- what is never sent ----------------------------------------------------------------


@pytest.mark.parametrize("key", [KEY + "\n", f"{KEY}\nX-Evil: 1", "\u201c" + KEY, " ", ""])
async def test_keys_that_cannot_be_sent(key: str) -> None:
    async with WireServer(stream_of(sse(WHOLE))) as server:
        observation = await observe(server.url, key=key)
    assert observation.outcome is Outcome.KEY_REJECTED
    assert KEY not in (observation.message or "")
    assert not server.requests


@pytest.mark.parametrize("url", ["http://[::1", "ftp://api.example", "api.example", "http://:80"])
async def test_base_urls_that_cannot_be_asked(url: str) -> None:
    observation = await observe(url)
    assert (observation.outcome, observation.error_type) == (Outcome.BAD_REQUEST, "unsendable")
    assert observation.message


async def test_without_a_model_nothing_is_sent() -> None:
    async with WireServer(stream_of(sse(WHOLE))) as server:
        observation = await observe(server.url, model=None)
    assert observation.outcome is Outcome.MODEL_NOT_FOUND
    assert not server.requests


@pytest.mark.parametrize("value", ["x\rsecret", "x\x0bsecret"])
async def test_custom_headers_that_cannot_be_sent(value: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ANTHROPIC_CUSTOM_HEADERS", f"X-Secret: {value}")
    async with WireServer(stream_of(sse(WHOLE))) as server:
        observation = await observe(server.url)
    assert observation.outcome is Outcome.BAD_REQUEST
    assert "secret" not in (observation.message or "")


async def test_trust_that_cannot_be_read() -> None:
    def trust() -> ssl.SSLContext:
        return ssl.create_default_context(cafile="/no/such/file.pem")

    observation = await observe("https://127.0.0.1", routes=replace(DIRECT, trust=trust))
    assert (observation.outcome, observation.error_type) == (Outcome.NETWORK, "tls_untrusted")


async def test_a_proxy_that_cannot_be_used() -> None:
    value = "socks5://user:hunter22@127.0.0.1:1"
    routes = replace(DIRECT, proxies=lambda: {"all": value}, environ={"ALL_PROXY": value})
    observation = await observe("http://127.0.0.1", routes=routes)
    assert (observation.outcome, observation.error_type) == (Outcome.NETWORK, "proxy_setting")
    assert observation.message == (
        "ALL_PROXY cannot be used: a SOCKS proxy needs the package socksio, which is not installed"
    )


@pytest.mark.parametrize(
    ("scheme", "raw", "outcome", "error_type"),
    [
        ("https", b"HTTP/1.1 400 Bad Request\r\n\r\n", Outcome.NETWORK, "not_tls"),
        ("http", TLS_ALERT, Outcome.INVALID_RESPONSE, "needs_tls"),
    ],
)
async def test_a_base_url_with_the_wrong_scheme(
    scheme: str, raw: bytes, outcome: Outcome, error_type: str
) -> None:
    async with raw_server(raw) as port:
        observation = await observe(f"{scheme}://127.0.0.1:{port}")
    assert (observation.outcome, observation.error_type) == (outcome, error_type)
    assert f"127.0.0.1:{port}" in (observation.message or "")


# -- the environment -----------------------------------------------------------------


async def test_the_environment_does_not_leak_in(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ANTHROPIC_API_KEY", "sk-ant-api03-from-the-environment")
    monkeypatch.setenv("ANTHROPIC_AUTH_TOKEN", "from-the-environment")
    monkeypatch.setenv("ANTHROPIC_BASE_URL", "http://127.0.0.1:1")
    async with WireServer(stream_of(sse(WHOLE))) as server:
        assert (await observe(server.url)).outcome is Outcome.OK
    assert "environment" not in str(server.requests[0].headers)


async def test_custom_headers_are_sent_as_the_sdk_does(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ANTHROPIC_CUSTOM_HEADERS", "X-Team: sre\nnonsense\nX-Env : prod ")
    async with WireServer(stream_of(sse(WHOLE))) as server:
        await observe(server.url)
    assert server.requests[0].headers["x-team"] == "sre"
    assert server.requests[0].headers["x-env"] == "prod"


async def test_warming_up_loads_without_asking() -> None:
    async with WireServer(stream_of(sse(WHOLE))) as server, probe(server.url) as made:
        made.warm_up()
        assert (await made.run()).observation.outcome is Outcome.OK
    assert len(server.requests) == 1
    assert not logging.getLogger("anthropic").isEnabledFor(logging.WARNING)


# -- the fold ----------------------------------------------------------------------------

ANYTHING = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=10,
)
EVENT = st.fixed_dictionaries(
    {"type": st.sampled_from(["message_start", "message_delta", "content_block_delta", "message_stop", "x"])},
    optional={"message": ANYTHING, "delta": ANYTHING, "usage": ANYTHING, "error": ANYTHING},
)


@given(st.lists(EVENT | ANYTHING, max_size=8))
def test_no_event_is_too_odd(events: list[object]) -> None:
    reply = StreamReader()
    for event in events:
        reply.feed(event)
    assert reply.events == len(events)
    assert reply.stop_reason is None or isinstance(reply.stop_reason, str)
    assert reply.usage is None or reply.usage.output_tokens >= 0


# -- errors that were there but unread ----------------------------------------------


LIMITED = {"error": {"message": "Too many requests. Try again in 9 seconds.", "code": "429", "type": None}}


def bare(*records: object) -> bytes:
    """Records without an event's name, as gateways send them."""
    return b"".join(b"data: " + json.dumps(record).encode() + b"\n\n" for record in records)


@pytest.mark.parametrize(
    "body",
    [
        bare(LIMITED),
        b": OPENROUTER PROCESSING\n\n" + bare(LIMITED) + b"data: [DONE]\n\n",
        sse((START, BLOCK)) + bare(LIMITED),
        json.dumps(LIMITED).encode(),
        json.dumps([LIMITED]).encode() + b"\n",
        b"\n" + json.dumps({"code": 429, "msg": "Too many requests. Try again in 9 seconds."}).encode(),
    ],
    ids=["only record", "with comments", "after a start", "bare JSON", "a list", "business code"],
)
async def test_an_error_that_the_sdk_skips_in_a_stream_is_read(body: bytes) -> None:
    observation = await answered(stream_of(body))
    assert (observation.outcome, observation.http_status) == (Outcome.RATE_LIMITED, 200)
    assert "Too many requests" in (observation.message or "")
    assert observation.retry_after_s == 9


async def test_a_stream_of_the_wrong_kind_is_still_no_message() -> None:
    observation = await answered(stream_of(bare({"type": "message_start", "message": {}}, {"choices": []})))
    assert (observation.outcome, observation.error_type) == (Outcome.INVALID_RESPONSE, "no_events")


async def test_a_page_sent_as_a_stream_is_a_page() -> None:
    observation = await answered(stream_of(b"<html><head><title>Sign in</title></head></html>"))
    assert (observation.outcome, observation.error_type) == (Outcome.INVALID_RESPONSE, "html_page")


@pytest.mark.parametrize(
    ("headers", "pack"),
    [({}, gzip_of), ({"content-encoding": "gzip"}, bytes), ({"content-encoding": "deflate"}, bytes)],
    ids=["compressed without a header", "gzip in name only", "deflate in name only"],
)
async def test_the_body_of_an_error_is_read_whatever_its_encoding_is_called(
    headers: dict[str, str], pack: Callable[[bytes], bytes]
) -> None:
    body = error_body("invalid_request_error") | {"error": {"message": "credit balance is too low"}}
    observation = await answered(
        response(pack(json.dumps(body).encode()), status="400 Bad Request", headers=headers)
    )
    assert (observation.outcome, observation.message) == (Outcome.SPEND_LIMIT, "credit balance is too low")


async def test_a_body_that_nobody_can_read_is_named_and_not_printed() -> None:
    observation = await answered(response(b"\x28\xb5\x2f\xfd" + bytes(range(250)), status="400 Bad Request"))
    assert (observation.outcome, observation.error_type) == (Outcome.INVALID_RESPONSE, "unreadable")
    assert "looks like zstd" in (observation.message or "")
    assert "\ufffd" not in (observation.message or "")


@pytest.mark.parametrize("later", [{"input_tokens": 0, "output_tokens": 4}, {"output_tokens": 4}, None])
async def test_a_later_zero_erases_no_count(later: dict[str, int] | None) -> None:
    observation = await answered(stream_of(sse((*WHOLE[:-2], {**DELTA, "usage": later}, STOP))))
    assert observation.usage is not None
    assert observation.usage.input_tokens == 11
    assert observation.usage.cache_read_tokens == 3


async def test_who_answered_in_place_of_the_api_gave_the_id() -> None:
    headers = {"cf-ray": "9f00-FRA", "server": "cloudflare"}
    observation = await answered(response(b"oops", status="502 Bad Gateway", headers=headers))
    assert observation.request_id == "cf-ray 9f00-FRA"
