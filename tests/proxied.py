"""A proxy for tests, in this process: its address, and the calls that it recorded."""

from __future__ import annotations

import asyncio
import socket
import struct
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Self
from urllib.parse import urlsplit

from claude_tui.model.text import Redactor
from claude_tui.model.traffic import Call
from claude_tui.probes.clock import SystemClock
from claude_tui.probes.proxies import Proxies
from claude_tui.simulator.sockets import listen, url_of
from claude_tui.traffic.applications import Application, Applications, Fingerprints
from claude_tui.traffic.http1.wire import RequestHead
from claude_tui.traffic.proxy.call_tap import CallTap, TapContext
from claude_tui.traffic.proxy.tap import Tap
from claude_tui.traffic.proxy.upstream import Upstream
from claude_tui.traffic.proxy.worker import Worker

__all__ = ["WITHIN_S", "Client", "Message", "Proxied", "RecordedCalls", "message_of", "proxied", "serving"]

# Only so that a failing test ends.
WITHIN_S = 60.0


class RecordedCalls:
    """A sink that keeps the calls."""

    def __init__(self) -> None:
        self.calls: list[Call] = []
        self._more = asyncio.Event()

    def add(self, call: Call) -> None:
        self.calls.append(call)
        self._more.set()

    def close(self) -> None: ...

    async def wait_for(self, count: int) -> list[Call]:
        """The calls, once there are this many."""
        async with asyncio.timeout(WITHIN_S):
            while len(self.calls) < count:
                self._more.clear()
                await self._more.wait()
        return self.calls


@dataclass(frozen=True, slots=True)
class Proxied:
    """A running proxy."""

    url: str
    worker: Worker
    sink: RecordedCalls

    async def call(self) -> Call:
        """The only call."""
        (call,) = await self.sink.wait_for(1)
        return call


@asynccontextmanager
async def proxied(
    upstream: str,
    *,
    routes: Proxies | None = None,
    applications: Sequence[Application] = (),
    fingerprints: Fingerprints | None = None,
    taps: Callable[[RequestHead], Tap] | None = None,
    secrets: tuple[str, ...] = (),
) -> AsyncIterator[Proxied]:
    """A proxy in front of `upstream`. `taps` observes instead of what makes calls."""
    clock, sink = SystemClock(), RecordedCalls()
    context = TapContext(
        clock,
        Applications(applications, fingerprints),
        sink,
        lambda model, tokens, tier: tokens.output / 1000,
        is_gateway=True,
        secrets=secrets,
    )
    direct = routes or Proxies(proxies=dict)
    worker = Worker(
        Upstream(upstream, clock=clock, routes=direct),
        taps or (lambda head: CallTap(head, context)),
        Redactor(secrets),
    )
    bound = listen()
    await worker.start([bound])
    try:
        yield Proxied(url_of(bound), worker, sink)
    finally:
        await worker.drain(0)


Serve = Callable[[asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]]


@asynccontextmanager
async def serving(serve: Serve) -> AsyncIterator[str]:
    """The URL of a TCP server that behaves as `serve` says; a connection ends with it."""
    tasks: set[asyncio.Task[None]] = set()

    async def connection(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            await serve(reader, writer)
            writer.close()
        except (ConnectionError, asyncio.IncompleteReadError):
            writer.transport.abort()
        except asyncio.CancelledError:
            writer.transport.abort()
            raise

    def accept(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.ensure_future(connection(reader, writer))
        tasks.add(task)

    server = await asyncio.start_server(accept, "127.0.0.1", 0)
    try:
        yield f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}"
    finally:
        server.close()
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        await server.wait_closed()
        await asyncio.sleep(0)


class Client:
    """`async with Client(url) as client:`; sends and receives bytes as a test says."""

    def __init__(self, url: str) -> None:
        parts = urlsplit(url)
        self._where = (parts.hostname, parts.port)

    async def __aenter__(self) -> Self:
        self.reader, self.writer = await asyncio.open_connection(*self._where)
        return self

    async def __aexit__(self, *_: object) -> None:
        self.writer.transport.abort()
        await asyncio.sleep(0)

    async def send(self, data: bytes) -> None:
        self.writer.write(data)
        async with asyncio.timeout(WITHIN_S):
            await self.writer.drain()

    async def until(self, mark: bytes) -> bytes:
        async with asyncio.timeout(WITHIN_S):
            return await self.reader.readuntil(mark)

    async def exactly(self, count: int) -> bytes:
        async with asyncio.timeout(WITHIN_S):
            return await self.reader.readexactly(count)

    async def rest(self) -> bytes:
        """Everything until the end. Raises ConnectionResetError if it ends with a reset."""
        async with asyncio.timeout(WITHIN_S):
            return await self.reader.read()

    def reset(self) -> None:
        """Disappears without closing the connection."""
        sock = self.writer.get_extra_info("socket")
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self.writer.transport.abort()


@dataclass(frozen=True, slots=True)
class Message:
    """A response in its parts."""

    line: bytes
    headers: tuple[tuple[bytes, bytes], ...]
    body: bytes
    """The body without chunk framing, as far as it arrived."""
    complete: bool
    """Whether the framing says that the body is complete."""
    trailers: bytes = b""


def message_of(data: bytes) -> Message:
    """Reads a response that ended with its connection; independent of the proxy's own parser."""
    head, _, body = data.partition(b"\r\n\r\n")
    line, *fields = head.split(b"\r\n")
    headers = tuple((name, value.strip()) for name, _, value in (field.partition(b":") for field in fields))
    lower = {name.lower(): value for name, value in headers}
    if lower.get(b"transfer-encoding", b"").lower() == b"chunked":
        return Message(line, headers, *_unchunked(body))
    if b"content-length" in lower:
        return Message(line, headers, body, len(body) == int(lower[b"content-length"]))
    return Message(line, headers, body, complete=True)


def _unchunked(data: bytes) -> tuple[bytes, bool, bytes]:
    body = b""
    while True:
        size, end, rest = data.partition(b"\r\n")
        if not end:
            return body, False, b""
        length = int(size.partition(b";")[0], 16)
        if length == 0:
            return body, rest.endswith(b"\r\n"), rest.removesuffix(b"\r\n")
        body += rest[:length]
        if len(rest) < length + 2:
            return body, False, b""
        data = rest[length + 2 :]
