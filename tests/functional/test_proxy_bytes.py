"""What passes through the proxy is what was sent, byte for byte: heads, bodies, trailers, cuts."""

from __future__ import annotations

import asyncio
import gzip
from typing import Self

import pytest

from claude_tui.model.observation import Outcome
from claude_tui.model.traffic import CallEnd
from tests.proxied import Client, message_of, proxied, serving
from tests.wire_server import Answer, Request, WireServer, response

GET = b"GET / HTTP/1.1\r\nHost: x\r\n\r\n"
CLOSING = b"GET / HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n"
OK = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"


class RawUpstream:
    """Keeps what it was sent, and answers with `answer` whenever `until` has come."""

    def __init__(self, answer: bytes = OK, until: bytes = b"\r\n\r\n", *, closes: bool = False) -> None:
        self.received = b""
        self._answer, self._until, self._closes = answer, until, closes
        self._running = serving(self._serve)

    async def __aenter__(self) -> Self:
        self.url = await self._running.__aenter__()
        self.port = int(self.url.rpartition(":")[2])
        return self

    async def __aexit__(self, *_: object) -> None:
        await self._running.__aexit__(None, None, None)

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        answered = 0
        while data := await reader.read(65_536):
            self.received += data
            while self.received.count(self._until) > answered:
                writer.write(self._answer)
                answered += 1
                if self._closes:
                    return


async def test_a_request_arrives_as_it_was_sent_but_for_its_host() -> None:
    head = (
        b"POST /v1//odd/%2e%2E/path;x=1?b=2&a=%20+&b=1 HTTP/1.1\r\n"
        b"hOsT: localhost:8787\r\nX-Api-KEY: k\r\nanthropic-beta: one\r\nAnthropic-Beta: two, three\r\n"
        b"X-Empty:\r\nX-Latin: caf\xe9\r\nAccept-Encoding: br;q=1.0, zstd\r\nCookie: a=b\r\nCookie: c=d\r\n"
        b"Keep-Alive: timeout=5\r\nConnection: keep-alive, X-Mine\r\nX-Mine: only for one hop\r\n"
        b"x-claude-top-app: checkout\r\nContent-Length: 4\r\n\r\n"
    )
    async with (
        RawUpstream(until=b"\x00\x01\xff\r") as upstream,
        proxied(upstream.url) as proxy,
        Client(proxy.url) as client,
    ):
        await client.send(head + b"\x00\x01\xff\r")
        assert await client.exactly(len(OK)) == OK
    assert upstream.received == (
        b"POST /v1//odd/%2e%2E/path;x=1?b=2&a=%20+&b=1 HTTP/1.1\r\n"
        + f"hOsT: 127.0.0.1:{upstream.port}\r\n".encode()
        + b"X-Api-KEY: k\r\nanthropic-beta: one\r\nAnthropic-Beta: two, three\r\n"
        b"X-Empty: \r\nX-Latin: caf\xe9\r\nAccept-Encoding: br;q=1.0, zstd\r\nCookie: a=b\r\nCookie: c=d\r\n"
        b"Content-Length: 4\r\n\r\n\x00\x01\xff\r"
    )


async def test_an_answer_arrives_as_it_was_sent() -> None:
    answer = (
        b"HTTP/1.1 429 Slow down, please\r\nDate: Fri, 20 Nov 2026 14:05:33 GMT\r\nRequest-Id: req_1\r\n"
        b"Set-Cookie: a=b\r\nset-cookie: c=d\r\nRetry-After: 7\r\nX-Latin: \xe9\r\nContent-Length: 3\r\n"
        b"\r\n\x00\xff\n"
    )
    async with (
        RawUpstream(answer) as upstream,
        proxied(upstream.url) as proxy,
        Client(proxy.url) as client,
    ):
        await client.send(GET)
        assert await client.exactly(len(answer)) == answer


@pytest.mark.parametrize("prefix", ["", "/", "/anthropic", "/a/b/"])
async def test_the_path_of_the_upstream_comes_first(prefix: str) -> None:
    async with (
        RawUpstream() as upstream,
        proxied(upstream.url + prefix) as proxy,
        Client(proxy.url) as client,
    ):
        await client.send(b"GET /v1/models?x HTTP/1.1\r\nHost: h\r\n\r\n")
        await client.exactly(len(OK))
    assert upstream.received.startswith(f"GET {prefix.rstrip('/')}/v1/models?x HTTP/1.1\r\n".encode())


async def test_chunks_and_trailers_pass_both_ways() -> None:
    answer = (
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n0\r\nX-Sum: 9\r\nx-sum: 8\r\n\r\n"
    )
    ending = b"0\r\nX-Check: 1\r\n\r\n"
    async with (
        RawUpstream(answer, until=ending) as upstream,
        proxied(upstream.url) as proxy,
        Client(proxy.url) as client,
    ):
        await client.send(
            b"PUT /v1/files HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n"
        )
        await client.send(ending)
        assert await client.exactly(len(answer)) == answer
    body = upstream.received.partition(b"\r\n\r\n")[2]
    assert body == b"5\r\nhello\r\n" + ending


async def test_a_body_in_gzip_stays_as_it_is_and_is_read_all_the_same() -> None:
    message = b'{"type":"message","model":"claude-haiku-5-5","usage":{"input_tokens":3,"output_tokens":5}}'
    packed = gzip.compress(message)
    answer = response(packed, headers={"Content-Encoding": "gzip"})
    async with RawUpstream(answer) as upstream, proxied(upstream.url) as proxy, Client(proxy.url) as client:
        await client.send(b"POST /v1/messages HTTP/1.1\r\nHost: x\r\nContent-Length: 0\r\n\r\n")
        assert await client.exactly(len(answer)) == answer
        call = await proxy.call()
    assert (call.served_model, call.tokens and call.tokens.output) == ("claude-haiku-5-5", 5)


@pytest.mark.parametrize("status", [b"204 No Content", b"304 Not Modified"])
async def test_answers_without_a_body(status: bytes) -> None:
    answer = b"HTTP/1.1 " + status + b"\r\nETag: a\r\n\r\n"
    async with RawUpstream(answer) as upstream, proxied(upstream.url) as proxy, Client(proxy.url) as client:
        for _ in range(2):
            await client.send(GET)
            assert await client.exactly(len(answer)) == answer


async def test_the_answer_to_a_head_request_has_a_length_and_no_body() -> None:
    answer = b"HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\n"
    async with RawUpstream(answer) as upstream, proxied(upstream.url) as proxy, Client(proxy.url) as client:
        for _ in range(2):
            await client.send(b"HEAD /v1/models HTTP/1.1\r\nHost: x\r\n\r\n")
            assert await client.exactly(len(answer)) == answer


async def test_what_comes_before_the_answer_passes() -> None:
    """A client that asks whether to send its body is answered by the upstream, not by the proxy."""
    first = b"HTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\nHTTP/1.1 100 Continue\r\n\r\n"
    sent = asyncio.Event()

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        head = await reader.readuntil(b"\r\n\r\n")
        assert b"\r\nExpect: 100-continue\r\n" in head
        assert not sent.is_set()
        writer.write(first)
        await reader.readexactly(2)
        writer.write(OK)

    async with serving(serve) as url, proxied(url) as proxy, Client(proxy.url) as client:
        await client.send(b"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 2\r\nExpect: 100-continue\r\n\r\n")
        assert await client.exactly(len(first)) == first
        sent.set()
        await client.send(b"hi")
        assert await client.exactly(len(OK)) == OK


async def test_a_body_that_ends_with_the_connection() -> None:
    answer = b"HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\n\r\nuntil the end"
    async with (
        RawUpstream(answer, closes=True) as upstream,
        proxied(upstream.url) as proxy,
        Client(proxy.url) as client,
    ):
        await client.send(GET)
        message = message_of(await client.rest())
        call = await proxy.call()
    assert message.body == b"until the end"
    assert (b"Connection", b"close") in message.headers
    assert call.end is CallEnd.COMPLETE


async def test_http_1_0_gets_no_chunks() -> None:
    answer = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n0\r\n\r\n"
    async with RawUpstream(answer) as upstream, proxied(upstream.url) as proxy, Client(proxy.url) as client:
        await client.send(b"GET / HTTP/1.0\r\n\r\n")
        assert await client.rest() == b"HTTP/1.1 200 OK\r\nConnection: close\r\n\r\nabc"
    assert b"\r\nHost: 127.0.0.1:" in upstream.received


CUTS = {
    "chunked": b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n",
    "within a chunk": b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n9\r\nabc",
    "length": b"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nabc",
}


@pytest.mark.parametrize("reset", [False, True], ids=["closed", "reset"])
@pytest.mark.parametrize("cut", CUTS.values(), ids=CUTS.keys())
async def test_a_cut_answer_stays_cut(cut: bytes, reset: bool) -> None:
    arrived = asyncio.Event()

    async def answer(_: Request, to: Answer) -> None:
        await to.send(cut)
        # What is on its way when a reset comes may be lost, with and without the proxy.
        await arrived.wait()
        to.reset() if reset else to.close()

    async with WireServer(answer) as upstream, proxied(upstream.url) as proxy, Client(proxy.url) as client:
        await client.send(GET)
        got = await client.until(b"abc")
        arrived.set()
        got += await client.rest()
        call = await proxy.call()
    message = message_of(got)
    assert (message.body, message.complete) == (b"abc", False)
    assert (call.end, call.outcome) == (CallEnd.CUT, Outcome.TRUNCATED_STREAM)


@pytest.mark.parametrize("client_http", [b"HTTP/1.0", b"HTTP/1.1"])
async def test_a_cut_answer_without_any_frame_does_not_end_in_order(client_http: bytes) -> None:
    """Where only the end of the connection says that a body is complete, a reset must stay a reset."""
    head = b"HTTP/1.1 200 OK\r\n\r\n" if client_http == b"HTTP/1.1" else CUTS["chunked"][:-8]
    arrived = asyncio.Event()

    async def answer(_: Request, to: Answer) -> None:
        await to.send(head + (b"abc" if client_http == b"HTTP/1.1" else b"3\r\nabc\r\n"))
        await arrived.wait()
        to.reset()

    async with WireServer(answer) as upstream, proxied(upstream.url) as proxy, Client(proxy.url) as client:
        await client.send(b"GET / " + client_http + b"\r\nHost: x\r\n\r\n")
        await client.until(b"abc")
        arrived.set()
        with pytest.raises(ConnectionResetError):
            await client.rest()


async def test_events_arrive_one_by_one() -> None:
    """Each event reaches the client before the next one is written."""
    goes_on = asyncio.Semaphore(0)

    async def answer(_: Request, to: Answer) -> None:
        await to.send(
            b"HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nTransfer-Encoding: chunked\r\n\r\n"
        )
        for number in range(5):
            await goes_on.acquire()
            event = b"data: %d\n\n" % number
            await to.send(b"%x\r\n%b\r\n" % (len(event), event))
        await goes_on.acquire()
        await to.send(b"0\r\n\r\n")

    async with WireServer(answer) as upstream, proxied(upstream.url) as proxy, Client(proxy.url) as client:
        await client.send(CLOSING)
        await client.until(b"\r\n\r\n")
        for number in range(5):
            goes_on.release()
            assert await client.until(b"\n\n\r\n") == b"9\r\ndata: %d\n\n\r\n" % number
        goes_on.release()
        assert await client.rest() == b"0\r\n\r\n"


async def test_pipelined_requests_are_answered_in_order() -> None:
    async def answer(request: Request, to: Answer) -> None:
        await to.send(response(request.line.encode() + request.body))

    async with WireServer(answer) as upstream, proxied(upstream.url) as proxy, Client(proxy.url) as client:
        await client.send(
            b"".join(b"POST /%d HTTP/1.1\r\nHost: x\r\nContent-Length: 3\r\n\r\nabc" % n for n in range(20))
        )
        for number in range(20):
            await client.until(b"POST /%d HTTP/1.1abc" % number)
        assert len(await proxy.sink.wait_for(20)) == 20
    assert upstream.connections == 1


async def test_requests_of_one_connection_share_one_to_the_upstream() -> None:
    async def answer(request: Request, to: Answer) -> None:
        await to.send(response(f"{request.connection}.{request.number}".encode()))

    async with (
        WireServer(answer) as upstream,
        proxied(upstream.url) as proxy,
        Client(proxy.url) as one,
        Client(proxy.url) as other,
    ):
        for client, expected in ((one, b"1.1"), (other, b"2.1"), (one, b"1.2"), (other, b"2.2")):
            await client.send(GET)
            await client.until(expected)


async def test_an_answer_that_comes_before_the_whole_request() -> None:
    """A refusal reaches a client that is still sending, and the connection ends as the upstream's does."""

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        writer.write(b"HTTP/1.1 413 Too Large\r\nConnection: close\r\nContent-Length: 3\r\n\r\nbig")
        await writer.drain()

    async with serving(serve) as url, proxied(url) as proxy, Client(proxy.url) as client:
        await client.send(b"POST /v1/messages HTTP/1.1\r\nHost: x\r\nContent-Length: 64000000\r\n\r\n{")
        message = message_of(await client.rest())
        assert (message.line, message.body) == (b"HTTP/1.1 413 Too Large", b"big")
        call = await proxy.call()
        assert (call.http_status, call.outcome) == (413, Outcome.BAD_REQUEST)


async def test_the_offer_to_speak_another_protocol_is_not_passed_on() -> None:
    """Java's client makes this offer with its first request; the answer is plain HTTP, and so is the next."""
    offer = (
        b"GET /v1/models HTTP/1.1\r\nHost: x\r\nConnection: Upgrade, HTTP2-Settings\r\nUpgrade: h2c\r\n"
        b"HTTP2-Settings: AAMAAABkAARAAAAAAAIAAAAA\r\n\r\n"
    )
    async with RawUpstream() as upstream, proxied(upstream.url) as proxy, Client(proxy.url) as client:
        await client.send(offer + GET)
        assert await client.exactly(2 * len(OK)) == 2 * OK
    assert b"pgrade" not in upstream.received
    assert b"HTTP2" not in upstream.received
