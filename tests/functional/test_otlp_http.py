"""The receiver's HTTP, byte by byte: what exporters of every kind do on a connection, and hostile ones."""

from __future__ import annotations

import asyncio
import gzip
import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from claude_tui.probes.prices import call_cost_usd
from claude_tui.simulator.sockets import listen, url_of
from claude_tui.traffic.otlp.bodies import Bounds, Capacity
from claude_tui.traffic.otlp.http_connection import HttpConnection
from claude_tui.traffic.otlp.intake import Intake
from claude_tui.traffic.otlp.receiver import Receiver
from tests.otlp_values import AT, Sunk, span, traces
from tests.proxied import WITHIN_S, Client, Message, message_of

BODY = traces(span()).SerializeToString()
TYPE = b"Content-Type: application/x-protobuf\r\n"
POST = b"POST /v1/traces HTTP/1.1\r\nHost: x\r\n" + TYPE


class Serving:
    """A receiver in this event loop, and what it took."""

    def __init__(self, bounds: Bounds, kind: type[Receiver] = Receiver) -> None:
        self.sunk = Sunk()
        self.capacity = Capacity(bounds)
        self.receiver = kind(Intake(self.sunk, call_cost_usd, lambda: AT.timestamp() + 30), self.capacity)
        self.url = ""


@asynccontextmanager
async def receiving(bounds: Bounds | None = None, kind: type[Receiver] = Receiver) -> AsyncIterator[Serving]:
    serving = Serving(bounds or Bounds(), kind)
    bound = listen()
    serving.url = url_of(bound)
    await serving.receiver.start(bound)
    try:
        yield serving
    finally:
        await serving.receiver.stop()
    assert serving.receiver.faults == 0
    # Whatever happened, nothing is held any more.
    serving.capacity.enter().take(serving.capacity.bounds.at_once)


def posted(body: bytes = BODY, headers: bytes = b"") -> bytes:
    return POST + headers + b"Content-Length: %d\r\n\r\n" % len(body) + body


async def answer_of(client: Client) -> Message:
    """The next answer on a connection that stays open."""
    head = await client.until(b"\r\n\r\n")
    length = next(
        int(line.partition(b":")[2])
        for line in head.split(b"\r\n")
        if line.lower().startswith(b"content-length:")
    )
    return message_of(head + await client.exactly(length))


async def last_answer(client: Client) -> Message:
    """The answer that ends the connection, without a reset."""
    return message_of(await client.rest())


def status_of(message: Message) -> int:
    return int(message.line.split(b" ")[1])


def headers_of(message: Message) -> dict[bytes, bytes]:
    return {name.lower(): value for name, value in message.headers}


# -- what exporters do ---------------------------------------------------------------


async def test_one_connection_takes_one_export_after_the_other() -> None:
    async with receiving() as serving, Client(serving.url) as client:
        for number in range(1, 4):
            await client.send(
                posted(traces(span(number=number, without=["anthropic.request.id"])).SerializeToString())
            )
            answer = await answer_of(client)
            assert (status_of(answer), answer.body) == (200, b"")
            assert headers_of(answer)[b"content-type"] == b"application/x-protobuf"
            assert b"date" in headers_of(answer)
            assert b"connection" not in headers_of(answer)
        assert len(serving.sunk.calls) == 3


async def test_exports_that_are_sent_at_once_are_answered_in_order() -> None:
    async with receiving() as serving, Client(serving.url) as client:
        await client.send(posted() + posted(b"\xff") + posted(b"", b"Connection: close\r\n"))
        assert [status_of(await answer_of(client)) for _ in range(2)] == [200, 400]
        assert status_of(await last_answer(client)) == 200
        assert len(serving.sunk.calls) == 1


async def test_a_body_in_chunks_with_extensions_and_trailers_byte_by_byte() -> None:
    packed = gzip.compress(BODY)
    body = b"%x;a=b\r\n%b\r\n%X\r\n%b\r\n0\r\nX-Sum: 1\r\n\r\n" % (9, packed[:9], len(packed) - 9, packed[9:])
    sent = POST + b"Content-Encoding: GZIP\r\nTransfer-Encoding: chunked\r\n\r\n" + body
    async with receiving() as serving, Client(serving.url) as client:
        for byte in sent:
            await client.send(bytes([byte]))
        assert status_of(await answer_of(client)) == 200
        assert len(serving.sunk.calls) == 1


async def test_who_asks_before_sending_a_body_is_told_to_go_on() -> None:
    head = POST + b"Expect: 100-continue\r\nContent-Length: %d\r\n\r\n" % len(BODY)
    async with receiving() as serving, Client(serving.url) as client:
        await client.send(head)
        assert await client.until(b"\r\n\r\n") == b"HTTP/1.1 100 Continue\r\n\r\n"
        await client.send(BODY)
        assert status_of(await answer_of(client)) == 200


async def test_who_asks_before_sending_a_body_that_is_too_large_is_told_at_once() -> None:
    head = POST + b"Expect: 100-continue\r\nContent-Length: 50000000\r\n\r\n"
    async with receiving() as serving, Client(serving.url) as client:
        await client.send(head)
        assert status_of(await last_answer(client)) == 413


async def test_http_1_0_is_answered_and_its_connection_ends() -> None:
    async with receiving() as serving, Client(serving.url) as client:
        await client.send(posted().replace(b"HTTP/1.1", b"HTTP/1.0"))
        answer = await last_answer(client)
        assert (status_of(answer), headers_of(answer)[b"connection"]) == (200, b"close")


async def test_a_sender_that_has_said_everything_and_closes_its_half_is_answered() -> None:
    async with receiving() as serving, Client(serving.url) as client:
        await client.send(posted())
        client.writer.write_eof()
        assert status_of(await last_answer(client)) == 200


@pytest.mark.parametrize("target", [b"/v1/traces?tenant=a", b"http://collector:4318/v1/traces"])
async def test_a_target_with_a_query_and_a_whole_url_are_understood(target: bytes) -> None:
    async with receiving() as serving, Client(serving.url) as client:
        await client.send(posted().replace(b"/v1/traces", target))
        assert status_of(await answer_of(client)) == 200


async def test_an_offer_of_http_2_is_not_taken_up() -> None:
    async with receiving() as serving, Client(serving.url) as client:
        offer = b"Connection: Upgrade, HTTP2-Settings\r\nUpgrade: h2c\r\nHTTP2-Settings: AAMAAABkAARAAAAA\r\n"
        await client.send(posted(b"", offer))
        assert status_of(await answer_of(client)) == 200


# -- what is refused -----------------------------------------------------------------


@pytest.mark.parametrize(
    ("sent", "status", "reason"),
    [
        (b"POST /v2/traces HTTP/1.1\r\nHost: x\r\n\r\n", 404, b"expected the path"),
        (b"GET /v1/traces HTTP/1.1\r\nHost: x\r\n\r\n", 405, b"expected POST"),
        (posted(b"", b"Expect: a miracle\r\n"), 417, b"100-continue"),
        (b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03" + bytes(64), 400, b"this is not HTTP"),
        (b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", 400, b"this is not HTTP"),
        (posted(b"", b"Content-Length: 5\r\n"), 400, b"this is not HTTP"),
        (posted(b"", b"Transfer-Encoding: chunked\r\n"), 400, b"this is not HTTP"),
        (POST + b"Content-Length: -1\r\n\r\n", 400, b"this is not HTTP"),
        (POST + b"Content-Length: 99999999999999999999999\r\n\r\n", 400, b"this is not HTTP"),
        (POST + b"Content-Length: 9999999999999999999\r\n\r\n", 413, b"larger than allowed"),
        (POST + b"Transfer-Encoding: chunked\r\n\r\nffffffffffffffffff\r\n", 400, b"this is not HTTP"),
        (POST + b"X: " + b"x" * 300_000 + b"\r\n\r\n", 431, b"headers of more than 16 kB"),
        (POST + b"X: y\r\n" * 60_000 + b"\r\n", 431, b"headers of more than 16 kB"),
    ],
    ids=[
        "path",
        "method",
        "expectation",
        "tls",
        "http2",
        "two lengths",
        "length and chunks",
        "negative",
        "overflow",
        "huge",
        "chunk",
        "long header",
        "many headers",
    ],
)
async def test_what_is_no_export_is_refused_with_a_reason(sent: bytes, status: int, reason: bytes) -> None:
    async with receiving() as serving, Client(serving.url) as client:
        await client.send(sent)
        answer = await last_answer(client)
        assert status_of(answer) == status
        assert reason in answer.body
        assert answer.complete


async def test_a_refusal_reaches_a_client_that_is_still_sending() -> None:
    async with receiving(Bounds(body=1000)) as serving, Client(serving.url) as client:
        await client.send(POST + b"Content-Length: 30000000\r\n\r\n")
        assert status_of(await answer_of(client)) == 413
        for _ in range(30):
            await client.send(bytes(1_000_000))
        assert await client.rest() == b""


async def test_a_body_that_ends_early_is_refused() -> None:
    async with receiving() as serving, Client(serving.url) as client:
        await client.send(posted()[:-1])
        client.writer.write_eof()
        answer = await last_answer(client)
        assert status_of(answer) == 400
        assert b"ended early" in answer.body
        assert serving.sunk.calls == []


@pytest.mark.parametrize("sent", [POST + b"Content-Length: 9\r\n\r\nx", POST[:20]], ids=["body", "head"])
async def test_a_client_that_does_not_go_on_gets_a_408_and_holds_nothing(sent: bytes) -> None:
    async with receiving(Bounds(read_s=0.05)) as serving, Client(serving.url) as client:
        await client.send(sent)
        assert status_of(await last_answer(client)) == 408


async def test_who_says_nothing_is_let_go() -> None:
    async with receiving(Bounds(read_s=0.05)) as serving, Client(serving.url) as client:
        assert await client.rest() == b""


async def test_who_says_a_byte_now_and_then_is_given_up_all_the_same() -> None:
    """The bound is one of the whole request, not of a pause."""
    async with receiving(Bounds(read_s=0.1)) as serving, Client(serving.url) as client:
        await client.send(POST + b"Content-Length: 1000000\r\n\r\n")

        async def drip() -> None:
            while True:
                await client.send(b"x")
                await asyncio.sleep(0.001)

        dripping = asyncio.ensure_future(drip())
        assert status_of(await answer_of(client)) == 408
        dripping.cancel()
        await asyncio.gather(dripping, return_exceptions=True)


async def test_who_reads_no_answers_is_not_read() -> None:
    """The answers to endless requests would fill the memory."""
    seen: list[asyncio.Transport] = []
    paused = asyncio.Event()

    class WatchedConnection(HttpConnection):
        def connection_made(self, transport: asyncio.BaseTransport) -> None:
            assert isinstance(transport, asyncio.Transport)
            seen.append(transport)
            transport.get_extra_info("socket").setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, 4096)
            super().connection_made(transport)

        def pause_writing(self) -> None:
            super().pause_writing()
            paused.set()

    class Watched(Receiver):
        def connection(self) -> HttpConnection:
            return WatchedConnection(self)

    async with receiving(kind=Watched) as serving, Client(serving.url) as client:
        # More than all buffers on the way take.
        client.writer.write(posted(b"") * 100_000)
        async with asyncio.timeout(WITHIN_S):
            await paused.wait()
        assert not seen[0].is_reading()
        assert seen[0].get_write_buffer_size() < 1_000_000
        client.reset()


async def test_a_connection_that_nobody_uses_makes_room() -> None:
    async with (
        receiving(Bounds(connections=3)) as serving,
        Client(serving.url) as busy,
        Client(serving.url) as unused,
    ):
        await busy.send(posted()[:-1])
        await unused.send(posted(b""))
        assert status_of(await answer_of(unused)) == 200
        async with Client(serving.url) as third:
            await third.send(posted(b""))
            assert status_of(await answer_of(third)) == 200
            async with Client(serving.url) as fourth:
                await fourth.send(posted(b""))
                assert status_of(await answer_of(fourth)) == 200
                assert await unused.rest() == b""
                await busy.send(posted()[-1:])
                assert status_of(await answer_of(busy)) == 200


async def test_where_all_connections_are_in_use_one_more_is_closed() -> None:
    async with receiving(Bounds(connections=1)) as serving, Client(serving.url) as busy:
        await busy.send(POST + b"Expect: 100-continue\r\nContent-Length: %d\r\n\r\n" % len(BODY))
        await busy.until(b"\r\n\r\n")
        async with Client(serving.url) as more:
            # A reset or an end, as the system has it: not an answer.
            with suppress(ConnectionResetError):
                assert await more.rest() == b""
        await busy.send(BODY)
        assert status_of(await answer_of(busy)) == 200


async def test_too_much_at_once_asks_to_come_back_in_the_language_of_the_request() -> None:
    async with (
        receiving(Bounds(requests=1)) as serving,
        Client(serving.url) as busy,
        Client(serving.url) as more,
    ):
        await busy.send(POST + b"Expect: 100-continue\r\nContent-Length: %d\r\n\r\n" % len(BODY))
        await busy.until(b"\r\n\r\n")
        await more.send(posted())
        answer = await last_answer(more)
        assert (status_of(answer), headers_of(answer)[b"retry-after"]) == (429, b"2")
        assert headers_of(answer)[b"content-type"] == b"application/x-protobuf"
        await busy.send(BODY)
        assert status_of(await answer_of(busy)) == 200


async def test_200_slow_senders_hold_up_nobody() -> None:
    async with receiving(Bounds(connections=300, requests=300)) as serving:
        slow = [Client(serving.url) for _ in range(200)]
        for slow_client in slow:
            await slow_client.__aenter__()
            await slow_client.send(posted()[:-1])
        async with Client(serving.url) as client:
            await client.send(posted())
            assert status_of(await answer_of(client)) == 200
        for slow_client in slow:
            await slow_client.send(posted()[-1:])
            assert status_of(await answer_of(slow_client)) == 200
            await slow_client.__aexit__()


async def test_what_has_arrived_is_answered_when_it_stops() -> None:
    serving = Serving(Bounds())
    bound = listen()
    await serving.receiver.start(bound)
    async with Client(url_of(bound)) as client, Client(url_of(bound)) as halfway:
        await halfway.send(posted()[:-1])
        await client.send(posted())
        answer = await client.until(b"\r\n\r\n")
        await serving.receiver.stop()
        assert b" 200 " in answer
        assert await client.rest() == b""
        # A reset or an end, as the system has it: not an answer.
        with suppress(ConnectionResetError):
            assert await halfway.rest() == b""


# -- anything at all -----------------------------------------------------------------

PIECES = st.lists(
    st.one_of(
        st.binary(max_size=40),
        st.sampled_from(
            [
                posted(),
                posted()[:-5],
                POST,
                b"\r\n",
                b"\r\n\r\n",
                b"Content-Length: 3\r\n",
                b"Transfer-Encoding: chunked\r\n",
                b"Expect: 100-continue\r\n",
                b"Connection: close\r\n",
                b"0\r\n\r\n",
                b"5\r\nhello\r\n",
            ]
        ),
    ),
    max_size=8,
)


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(PIECES)
def test_any_bytes_are_answered_and_the_next_sender_is_served(pieces: list[bytes]) -> None:
    async def talk() -> None:
        async with receiving() as serving:
            async with Client(serving.url) as client:
                for piece in pieces:
                    client.writer.write(piece)
                client.writer.write_eof()
                async with asyncio.timeout(WITHIN_S):
                    received = await client.reader.read()
                assert received == b"" or received.startswith(b"HTTP/1.1 ")
            async with Client(serving.url) as client:
                await client.send(posted())
                assert status_of(await answer_of(client)) == 200

    asyncio.run(talk())
