"""The simulator's HTTP server: real connections on loopback, served with aiohttp."""

from __future__ import annotations

import asyncio
import logging
import socket
import struct
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from typing import NoReturn, Protocol

from aiohttp import web

from claude_tui.simulator.api import Api
from claude_tui.simulator.exchange import Answer, Call, Ending
from claude_tui.simulator.script import Phase, Playhead, Scenario
from claude_tui.simulator.sockets import HOST, listen, url_of

__all__ = ["Clock", "Simulator", "WallClock", "log_loop_errors"]

# The largest request that Messages accepts.
MAX_BODY_BYTES = 32 * 1024 * 1024
logger = logging.getLogger(__name__)
# `struct linger` with a time of 0: closing sends a reset.
_NO_LINGER = struct.pack("ii", 1, 0)
# Connections are aborted first: handlers only need time to notice.
SHUTDOWN_S = 1.0


class Clock(Protocol):
    def now(self) -> datetime:
        """Aware UTC."""


class WallClock:
    def now(self) -> datetime:
        return datetime.now(UTC)


def log_loop_errors(loop: asyncio.AbstractEventLoop) -> None:
    """Logs what asyncio would print; for loops that run nothing but a simulator."""
    loop.set_exception_handler(
        lambda _, context: logger.warning(context.get("message", ""), exc_info=context.get("exception"))
    )


def _reset(transport: asyncio.BaseTransport) -> None:
    """Aborts the connection: the client gets a reset, not an orderly close."""
    assert isinstance(transport, asyncio.Transport)
    transport.get_extra_info("socket").setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _NO_LINGER)
    transport.abort()


class _ResetOnOpen(asyncio.Protocol):
    """A connection that is reset as it opens."""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        _reset(transport)


class Simulator:
    """API and status page at one address, playing `scenario` from its construction on.

    `speed` N plays phases, limits and incidents N times faster, but not latencies, which clients measure
    and compare with thresholds. `latency_scale` shortens those, for tests. `seed` replaces the scenario's.
    It begins `elapsed_s` seconds into the scenario.
    """

    def __init__(
        self,
        scenario: Scenario,
        *,
        speed: float = 1.0,
        seed: int | None = None,
        clock: Clock | None = None,
        latency_scale: float = 1.0,
        elapsed_s: float = 0.0,
    ) -> None:
        self.scenario = scenario
        self._clock = clock or WallClock()
        self._playhead = Playhead(self._clock.now() - timedelta(seconds=elapsed_s / speed), speed)
        self._api = Api(
            scenario,
            self._playhead,
            seed=scenario.seed if seed is None else seed,
            latency_scale=latency_scale,
        )
        self._runner: web.AppRunner | None = None
        self._server: asyncio.Server | None = None
        self._url = ""

    @property
    def base_url(self) -> str:
        """The value for ANTHROPIC_BASE_URL."""
        return self._url

    @property
    def status_url(self) -> str:
        """The value for CLAUDE_TOP_STATUS_URL."""
        return self._url

    @property
    def elapsed_s(self) -> float:
        """Seconds of scenario time since the start."""
        return self._playhead.elapsed_s(self._clock.now())

    @property
    def phase(self) -> Phase:
        return self.scenario.phase_at(self.elapsed_s)

    async def start(self, port: int = 0, host: str = HOST, *, bound: socket.socket | None = None) -> None:
        """Starts answering, on `bound` if given; port 0 picks a free port. Raises OSError."""
        bound = bound or listen(host, port)
        self._url = url_of(bound)
        app = web.Application(client_max_size=MAX_BODY_BYTES)
        app.router.add_route("*", "/{path:.*}", self._handle)
        self._runner = web.AppRunner(
            app, handler_cancellation=True, access_log=None, logger=logger, shutdown_timeout=SHUTDOWN_S
        )
        await self._runner.setup()
        self._server = await asyncio.get_running_loop().create_server(self._connection, sock=bound)

    async def stop(self) -> None:
        """Drops every connection and stops listening."""
        if self._server is None or self._runner is None:
            return
        self._server.close()
        assert self._runner.server is not None
        for connection in self._runner.server.connections:
            if isinstance(connection.transport, asyncio.Transport):
                connection.transport.abort()
        await self._runner.cleanup()
        await self._server.wait_closed()
        self._server = self._runner = None

    def _connection(self) -> asyncio.Protocol:
        if self.phase.state.unreachable:
            return _ResetOnOpen()
        assert self._runner is not None
        assert self._runner.server is not None
        return self._runner.server()

    async def _handle(self, request: web.Request) -> web.StreamResponse:
        answer = self._api.answer(await _call(request), self._clock.now())
        await asyncio.sleep(answer.wait_s)
        if answer.status is None:
            await self._end(request, answer.ending)
        response = self._head(answer)
        await response.prepare(request)
        for chunk in answer.chunks:
            await asyncio.sleep(chunk.wait_s)
            await response.write(chunk.data)
        if answer.ending is not Ending.COMPLETE:
            await self._end(request, answer.ending)
        await response.write_eof()
        return response

    def _head(self, answer: Answer) -> web.StreamResponse:
        response = web.StreamResponse(status=answer.status or 200)
        for name, value in answer.headers:
            response.headers.add(name, value)
        response.headers["date"] = format_datetime(self._clock.now(), usegmt=True)
        if not answer.streamed:
            response.content_length = len(answer.body) if answer.length is None else answer.length
        return response

    async def _end(self, request: web.Request, ending: Ending) -> NoReturn:
        """Resets the connection, or holds it until the client leaves; both cancel this handler."""
        if ending is Ending.ABORT and request.transport is not None:
            _reset(request.transport)
        nothing: asyncio.Future[NoReturn] = asyncio.get_running_loop().create_future()
        await nothing


async def _call(request: web.Request) -> Call:
    try:
        body: bytes | None = await request.read()
    except web.HTTPRequestEntityTooLarge:
        body = None
    return Call(
        method=request.method,
        path=request.path,
        query=tuple(request.query.items()),
        headers={name.lower(): value for name, value in request.headers.items()},
        body=body,
    )
