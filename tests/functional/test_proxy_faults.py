"""Faults on either side, and what the client and the record see of them."""

from __future__ import annotations

import asyncio
import json
import ssl
from collections.abc import Callable
from pathlib import Path

import pytest

from claude_tui.model.observation import Outcome
from claude_tui.model.traffic import CallEnd
from claude_tui.probes.proxies import Proxies
from claude_tui.traffic.http1.wire import MAX_HEAD, RequestHead
from claude_tui.traffic.proxy.client import MAX_AHEAD
from tests.ports import unused_port
from tests.proxied import WITHIN_S, Client, Message, message_of, proxied, serving
from tests.wire_server import (
    TLS_ALERT,
    Answer,
    Request,
    WireServer,
    make_certificate,
    raw_server,
    response,
    sse,
)

ASK = b'{"model":"claude-haiku-5-5","max_tokens":8,"stream":true,"messages":[]}'
MESSAGE = b"POST /v1/messages HTTP/1.1\r\nHost: x\r\nContent-Length: %d\r\n\r\n%b" % (len(ASK), ASK)
STREAM_HEAD = b"HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nTransfer-Encoding: chunked\r\n\r\n"
START = sse(
    [
        {"type": "message_start", "message": {"model": "claude-haiku-5-5", "usage": {"input_tokens": 7}}},
        {"type": "content_block_start", "index": 0, "content_block": {"type": "text", "text": ""}},
        {"type": "ping"},
    ]
)
DELTA = sse([{"type": "content_block_delta", "index": 0, "delta": {"type": "text_delta", "text": "a"}}])


def chunk(data: bytes) -> bytes:
    return b"%x\r\n%b\r\n" % (len(data), data)


def own_error(message: Message, status: int, mark: bytes) -> str:
    """The sentence of an answer that the proxy gave; asserts that it says so and has the API's shape."""
    assert message.line.startswith(b"HTTP/1.1 %d " % status)
    assert (b"x-claude-top-proxy", mark) in message.headers
    body = json.loads(message.body)
    assert body["type"] == "error"
    assert body["error"]["type"] == ("api_error" if status == 502 else "invalid_request_error")
    return str(body["error"]["message"])


# -- the upstream ------------------------------------------------------------------


async def test_an_upstream_that_refuses() -> None:
    async with proxied(f"http://127.0.0.1:{unused_port()}") as proxy, Client(proxy.url) as client:
        await client.send(MESSAGE)
        message = own_error(message_of(await client.rest()), 502, b"refused")
        call = await proxy.call()
    assert message.endswith("refused the connection")
    assert (call.outcome, call.error_type, call.http_status) == (Outcome.NETWORK, "refused", None)
    assert (call.model, call.streamed, call.max_tokens) == ("claude-haiku-5-5", True, 8)


async def test_an_upstream_whose_name_is_unknown() -> None:
    async def unknown(host: str, port: int) -> list[str]:
        return []

    routes = Proxies(resolve=unknown, proxies=dict)
    async with proxied("http://api.invalid", routes=routes) as proxy, Client(proxy.url) as client:
        await client.send(MESSAGE)
        own_error(message_of(await client.rest()), 502, b"dns")


async def test_an_upstream_that_is_not_trusted(tmp_path: Path) -> None:
    tls = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    tls.load_cert_chain(make_certificate(tmp_path, end="20990101000000Z"))
    async with (
        WireServer(response(b"{}"), tls=tls) as upstream,
        proxied(upstream.url, routes=Proxies(proxies=dict, trust=ssl.create_default_context)) as proxy,
        Client(proxy.url) as client,
    ):
        await client.send(MESSAGE)
        own_error(message_of(await client.rest()), 502, b"tls_untrusted")
        assert (await proxy.call()).outcome is Outcome.NETWORK
    assert upstream.requests == []


async def test_a_trusted_upstream_with_tls(tmp_path: Path) -> None:
    pem = make_certificate(tmp_path, end="20990101000000Z")
    tls = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    tls.load_cert_chain(pem)
    routes = Proxies(proxies=dict, trust=lambda: ssl.create_default_context(cafile=str(pem)))
    async with (
        WireServer(response(b'{"input_tokens": 3}'), tls=tls) as upstream,
        proxied(upstream.url, routes=routes) as proxy,
        Client(proxy.url) as client,
    ):
        await client.send(MESSAGE.replace(b"/v1/messages", b"/v1/messages/count_tokens"))
        await client.until(b'{"input_tokens": 3}')
        assert (await proxy.call()).outcome is Outcome.OK
        assert upstream.requests[0].headers["host"] == f"127.0.0.1:{upstream.port}"


async def test_a_forward_proxy_of_the_environment_is_used(tmp_path: Path) -> None:
    """HTTPS_PROXY: a tunnel is opened, and TLS goes through it to the upstream."""
    pem = make_certificate(tmp_path, end="20990101000000Z")
    tls = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    tls.load_cert_chain(pem)
    asked = []

    async with WireServer(response(b'{"input_tokens": 3}'), tls=tls) as upstream:

        async def tunnel(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            asked.append(await reader.readuntil(b"\r\n\r\n"))
            there, to = await asyncio.open_connection("127.0.0.1", upstream.port)
            writer.write(b"HTTP/1.1 200 Connection established\r\n\r\n")
            try:
                await asyncio.gather(copied(reader, to), copied(there, writer))
            finally:
                to.transport.abort()

        async with serving(tunnel) as forward:
            routes = Proxies(
                proxies=lambda: {"https": forward.replace("//", "//ana:pw@")},
                trust=lambda: ssl.create_default_context(cafile=str(pem)),
            )
            async with (
                proxied(f"https://localhost:{upstream.port}", routes=routes) as proxy,
                Client(proxy.url) as client,
            ):
                await client.send(MESSAGE.replace(b"/v1/messages", b"/v1/messages/count_tokens"))
                await client.until(b'{"input_tokens": 3}')
        assert asked[0].startswith(f"CONNECT localhost:{upstream.port} HTTP/1.1\r\n".encode())
    assert b"\r\nProxy-Authorization: Basic YW5hOnB3\r\n" in asked[0]


async def copied(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    while data := await reader.read(65_536):
        writer.write(data)
        await writer.drain()


@pytest.mark.parametrize(
    ("raw", "code"),
    [
        (b"SSH-2.0-OpenSSH_9.2\r\n", b"closed"),
        (TLS_ALERT, b"closed"),
        (b"", b"closed"),
        (b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\nContent-Length: 3\r\n\r\nabc", b"closed"),
        (b"HTTP/1.1 101 Switching\r\nUpgrade: x\r\nConnection: upgrade\r\n\r\nraw", b"closed"),
        (b"HTTP/1.1 200 OK\r\nX: " + b"a" * (MAX_HEAD + 70_000), b"closed"),
    ],
    ids=["ssh", "tls alert", "nothing", "two lengths", "another protocol", "endless head"],
)
async def test_an_upstream_that_answers_no_http(raw: bytes, code: bytes) -> None:
    async with raw_server(raw) as port, proxied(f"http://127.0.0.1:{port}") as proxy:
        async with Client(proxy.url) as client:
            await client.send(MESSAGE)
            own_error(message_of(await client.rest()), 502, code)
        assert (await proxy.call()).outcome is Outcome.NETWORK


async def test_a_kept_connection_that_has_died_is_not_answered_for() -> None:
    """The client sees what it would see without the proxy, and nothing is sent twice."""

    async def answer(request: Request, to: Answer) -> None:
        if request.number == 1:
            await to.send(response(b"{}"))
        else:
            to.close()

    async with WireServer(answer) as upstream, proxied(upstream.url) as proxy, Client(proxy.url) as client:
        await client.send(MESSAGE)
        await client.until(b"{}")
        await client.send(MESSAGE)
        assert await client.rest() == b""
        _, second = await proxy.sink.wait_for(2)
    assert (second.outcome, second.error_type) == (Outcome.NETWORK, "closed")
    assert len(upstream.requests) == 2


async def test_an_idle_connection_that_the_upstream_closes_is_closed() -> None:
    async def answer(_: Request, to: Answer) -> None:
        await to.send(response(b"{}"))
        to.close()

    async with WireServer(answer) as upstream, proxied(upstream.url) as proxy, Client(proxy.url) as client:
        await client.send(MESSAGE)
        await client.until(b"{}")
        assert await client.rest() == b""


async def test_a_stream_that_is_reset_half_way() -> None:
    arrived = asyncio.Event()

    async def answer(_: Request, to: Answer) -> None:
        await to.send(STREAM_HEAD + chunk(START) + chunk(DELTA))
        await arrived.wait()
        to.reset()

    async with WireServer(answer) as upstream, proxied(upstream.url) as proxy, Client(proxy.url) as client:
        await client.send(MESSAGE)
        await client.until(chunk(DELTA))
        arrived.set()
        assert await client.rest() == b""
        call = await proxy.call()
    assert (call.outcome, call.end, call.http_status) == (Outcome.TRUNCATED_STREAM, CallEnd.CUT, 200)
    assert call.tokens is not None
    assert call.tokens.input == 7
    assert call.first_token_s is not None


async def test_an_upstream_that_drips() -> None:
    """One byte at a time: head, frames and events are put together again."""
    body = b"HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nTransfer-Encoding: chunked\r\n\r\n"
    body += chunk(START + DELTA + sse([{"type": "message_stop"}])) + b"0\r\n\r\n"

    async def answer(_: Request, to: Answer) -> None:
        for at in range(len(body)):
            await to.send(body[at : at + 1])
            await asyncio.sleep(0)

    async with WireServer(answer) as upstream, proxied(upstream.url) as proxy, Client(proxy.url) as client:
        await client.send(MESSAGE.replace(b"Host: x", b"Connection: close\r\nHost: x"))
        message = message_of(await client.rest())
        call = await proxy.call()
    assert message.body == message_of(body).body
    assert call.outcome is Outcome.OK


class Flood:
    """Sends `size` bytes of an answer as fast as they are taken, and counts them."""

    def __init__(self, size: int) -> None:
        self.sent = 0
        self._size = size

    async def __call__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n" % self._size)
        piece = b"x" * 65_536
        while self.sent < self._size:
            writer.write(piece)
            self.sent += len(piece)
            await writer.drain()


async def stands_still(count: Callable[[], int]) -> int:
    """The count once it has not grown for a while."""
    before = -1
    while before != (before := count()):
        for _ in range(50):
            await asyncio.sleep(0.002)
    return before


async def test_a_gigabyte_passes_only_as_fast_as_the_client_takes_it() -> None:
    flood = Flood(1 << 30)
    async with serving(flood) as url, proxied(url) as proxy, Client(proxy.url) as client:
        client.writer.transport.pause_reading()
        await client.send(b"GET /v1/files/a/content HTTP/1.1\r\nHost: x\r\n\r\n")
        # Sockets and buffers of three connections are full then.
        assert await stands_still(lambda: flood.sent) < 64 << 20
        client.writer.transport.resume_reading()
        await client.until(b"\r\n\r\n")
        await client.exactly(64 << 20)
        assert flood.sent >= 64 << 20
    (call,) = await proxy.sink.wait_for(1)
    assert call.end is CallEnd.ABANDONED


async def test_an_upload_passes_only_as_fast_as_the_upstream_takes_it() -> None:
    goes_on, sent = asyncio.Event(), 0

    async def upstream(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        await goes_on.wait()
        await reader.readexactly(64 << 20)
        writer.write(response(b"{}"))

    async def upload(client: Client) -> None:
        nonlocal sent
        await client.send(b"POST /v1/files HTTP/1.1\r\nHost: x\r\nContent-Length: %d\r\n\r\n" % (64 << 20))
        for _ in range(1024):
            await client.send(b"x" * 65_536)
            sent += 65_536

    async with serving(upstream) as url, proxied(url) as proxy, Client(proxy.url) as client:
        uploading = asyncio.create_task(upload(client))
        assert await stands_still(lambda: sent) < 40 << 20
        goes_on.set()
        await client.until(b"{}")
        await uploading


# -- the client --------------------------------------------------------------------


@pytest.mark.parametrize("how", ["resets", "closes", "half-closes"])
@pytest.mark.parametrize("when", ["before the answer", "in the stream"])
async def test_a_client_that_leaves_ends_the_call_upstream(how: str, when: str) -> None:
    asked, gone = asyncio.Event(), asyncio.Event()

    async def upstream(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"[]}")
        if when == "in the stream":
            writer.write(STREAM_HEAD + chunk(START) + chunk(DELTA))
        asked.set()
        try:
            assert await reader.read() == b""
        finally:
            gone.set()

    async with serving(upstream) as url, proxied(url) as proxy, Client(proxy.url) as client:
        await client.send(MESSAGE)
        if when == "in the stream":
            await client.until(chunk(DELTA))
        await asked.wait()
        if how == "resets":
            client.reset()
        elif how == "closes":
            client.writer.close()
        else:
            client.writer.write_eof()
        async with asyncio.timeout(WITHIN_S):
            await gone.wait()
        call = await proxy.call()
    assert (call.end, call.outcome) == (CallEnd.ABANDONED, Outcome.OK)
    assert (call.tokens.input if call.tokens else None) == (7 if when == "in the stream" else None)


async def test_a_client_that_leaves_while_the_upstream_takes_no_more() -> None:
    """Nothing is read from such a client, so that its end does not show by itself."""
    gone = asyncio.Event()

    async def upstream(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.transport.pause_reading()  # type: ignore[attr-defined]
        lost = asyncio.create_task(writer.wait_closed())
        try:
            while not lost.done():
                await asyncio.sleep(0.05)
                # Writing shows that nobody is there.
                writer.write(b"HTTP/1.1 100 Continue\r\n\r\n")
        finally:
            gone.set()

    async with serving(upstream) as url, proxied(url) as proxy:
        async with Client(proxy.url) as client:
            client.writer.write(
                b"POST /v1/files HTTP/1.1\r\nHost: x\r\nContent-Length: %d\r\n\r\n" % (1 << 30)
            )
            client.writer.write(b"x" * (64 << 20))
            await stands_still(client.writer.transport.get_write_buffer_size)
        call = await proxy.call()
        assert call.end is CallEnd.ABANDONED
        async with asyncio.timeout(WITHIN_S):
            await gone.wait()


async def test_a_client_that_leaves_while_the_upstream_is_dialled() -> None:
    asked, given_up = asyncio.Event(), asyncio.Event()

    async def hangs(host: str, port: int) -> list[str]:
        asked.set()
        try:
            await asyncio.Event().wait()
        finally:
            given_up.set()
        return []

    routes = Proxies(resolve=hangs, proxies=dict)
    async with proxied("http://api.invalid", routes=routes) as proxy, Client(proxy.url) as client:
        await client.send(MESSAGE)
        await asked.wait()
        client.reset()
        await given_up.wait()
        assert (await proxy.call()).end is CallEnd.ABANDONED


async def test_a_client_may_send_only_so_much_ahead() -> None:
    """While the upstream hangs, a client that goes on sending requests is not read on."""
    async with (
        WireServer(lambda _, to: to.hang()) as upstream,
        proxied(upstream.url) as proxy,
        Client(proxy.url) as client,
    ):
        sent = 0

        async def ask_and_ask() -> None:
            nonlocal sent
            while True:
                await client.send(MESSAGE * 100)
                sent += len(MESSAGE) * 100

        asking = asyncio.create_task(ask_and_ask())
        assert await stands_still(lambda: sent) < 40 << 20
        asking.cancel()
        assert len(upstream.requests) == 1
        assert proxy.worker.counts.calls == 1
        assert sent > MAX_AHEAD


@pytest.mark.parametrize(
    ("data", "why"),
    [
        (b"GET / HTTP/1.1\r\nHost: x\r\n folded: y\r\n\r\n", "whitespace"),
        (b"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n", "Length"),
        (b"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\n", "Content-Length"),
        (b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03", "method"),
        (b"GET / HTTP/1.1\r\nX: " + b"a" * (MAX_HEAD + 70_000), "256 kB"),
    ],
    ids=["folded", "length and chunks", "two lengths", "tls", "endless head"],
)
async def test_what_two_servers_could_read_differently_is_refused(data: bytes, why: str) -> None:
    async with (
        WireServer(response(b"{}")) as upstream,
        proxied(upstream.url) as proxy,
        Client(proxy.url) as client,
    ):
        await client.send(data)
        message = own_error(message_of(await client.rest()), 400, b"bad_request")
    assert why in message
    assert upstream.requests == []


async def test_a_request_behind_a_bad_one_is_answered_first() -> None:
    async with (
        WireServer(response(b"good")) as upstream,
        proxied(upstream.url) as proxy,
        Client(proxy.url) as client,
    ):
        await client.send(MESSAGE + b"\r\n\r\nnonsense\r\n\r\n")
        message = message_of(await client.rest())
    assert message.body == b"good"
    assert len(upstream.requests) == 1


async def test_it_is_no_forward_proxy() -> None:
    async with WireServer(response(b"{}")) as upstream, proxied(upstream.url) as proxy:
        async with Client(proxy.url) as client:
            await client.send(b"CONNECT example.com:443 HTTP/1.1\r\nHost: example.com:443\r\n\r\n")
            message = own_error(message_of(await client.rest()), 405, b"not_a_forward_proxy")
        assert "ANTHROPIC_BASE_URL" in message
        async with Client(proxy.url) as client:
            await client.send(b"GET http://elsewhere.example.com/v1/models HTTP/1.1\r\nHost: a\r\n\r\n")
            await client.until(b"{}")
    assert upstream.requests[0].line == "GET /v1/models HTTP/1.1"


async def test_health_asks_nothing_of_the_upstream() -> None:
    async with proxied(f"http://127.0.0.1:{unused_port()}") as proxy, Client(proxy.url) as client:
        await client.send(b"GET /.claude-top/health HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n")
        message = message_of(await client.rest())
        assert message.line == b"HTTP/1.1 200 OK"
        state = json.loads(message.body)
        assert (state["status"], state["calls"], state["open_calls"]) == ("ok", 0, 0)
        assert proxy.sink.calls == []


# -- the tap -----------------------------------------------------------------------


class BrokenTap:
    """Fails at a chosen point."""

    def __init__(self, where: str) -> None:
        self._where = where
        if where == "start":
            raise RuntimeError("start")

    def __getattr__(self, name: str) -> Callable[..., None]:
        def hear(*_: object) -> None:
            if name == self._where:
                raise RuntimeError(name)

        return hear


@pytest.mark.parametrize("where", ["start", "request_body", "response", "response_body", "ended"])
async def test_a_fault_of_the_tap_is_counted_and_never_touches_the_call(where: str) -> None:
    answer = response(b'{"type":"message"}')

    def tap(_: RequestHead) -> BrokenTap:
        return BrokenTap(where)

    async with WireServer(answer) as upstream, proxied(upstream.url, taps=tap) as proxy:  # type: ignore[arg-type]
        async with Client(proxy.url) as client:
            for _ in range(2):
                await client.send(MESSAGE)
                assert await client.exactly(len(answer)) == answer
        assert proxy.worker.counts.tap_faults == 2
        assert proxy.worker.counts.open_calls == 0


# -- the end -----------------------------------------------------------------------


async def test_draining_lets_a_stream_finish_and_takes_no_other() -> None:
    goes_on = asyncio.Event()

    async def answer(_: Request, to: Answer) -> None:
        await to.send(STREAM_HEAD + chunk(START))
        await goes_on.wait()
        await to.send(chunk(sse([{"type": "message_stop"}])) + b"0\r\n\r\n")

    async with WireServer(answer) as upstream, proxied(upstream.url) as proxy:
        async with Client(proxy.url) as busy, Client(proxy.url) as idle:
            await busy.send(MESSAGE)
            await busy.until(chunk(START))
            await idle.send(b"GET /.claude-top/health HTTP/1.1\r\nHost: x\r\n\r\n")
            await idle.until(b"}")
            draining = asyncio.create_task(proxy.worker.drain(20))
            assert await idle.rest() == b""
            with pytest.raises(OSError):
                await asyncio.open_connection("127.0.0.1", int(proxy.url.rpartition(":")[2]))
            goes_on.set()
            assert (await busy.rest()).endswith(b"0\r\n\r\n")
            assert await draining
        assert (await proxy.call()).end is CallEnd.COMPLETE


async def test_what_is_open_after_the_drain_is_cut_off() -> None:
    async def answer(_: Request, to: Answer) -> None:
        await to.send(STREAM_HEAD + chunk(START))
        await to.hang()

    async with WireServer(answer) as upstream, proxied(upstream.url) as proxy, Client(proxy.url) as client:
        await client.send(MESSAGE)
        await client.until(chunk(START))
        assert not await proxy.worker.drain(0.01)
        assert not message_of(b"HTTP/1.1 200 OK\r\n\r\n" + await client.rest()).body
        assert (await proxy.call()).tokens is not None
