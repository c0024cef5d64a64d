"""Limits connections without a session: how many there are, and how long each lasts.

aiohttp waits for the first request for as long as a connection is open, so a client that sends nothing would
keep its descriptor forever.
"""

from __future__ import annotations

import asyncio
import socket
from collections.abc import Callable
from typing import cast

__all__ = ["Connections"]

MOST_WAITING = 100
"""A browser opens about six at a time to load the page."""
LONGEST_S = 120.0
"""Loading the page over a slow link takes some seconds."""


class Connections:
    """The open connections of one server that have no session."""

    def __init__(self, most_waiting: int = MOST_WAITING, longest_s: float = LONGEST_S) -> None:
        self._most = most_waiting
        self._longest_s = longest_s
        self._waiting: dict[asyncio.BaseTransport, asyncio.TimerHandle] = {}

    async def listen(self, make: Callable[[], asyncio.BaseProtocol], sock: socket.socket) -> asyncio.Server:
        """Accepts connections for the protocols that `make` creates, within these bounds."""
        loop = asyncio.get_running_loop()
        return await loop.create_server(lambda: _Bounded(cast("asyncio.Protocol", make()), self), sock=sock)

    def opened(self, transport: asyncio.Transport) -> bool:
        """Registers a connection, to be closed when its time is over; returns whether it may stay."""
        if len(self._waiting) >= self._most:
            return False
        loop = asyncio.get_running_loop()
        self._waiting[transport] = loop.call_later(self._longest_s, transport.abort)
        return True

    def keep(self, transport: asyncio.BaseTransport | None) -> None:
        """Stops limiting a connection: it has a session, which has its own limits, or has been closed."""
        if transport is not None and (timer := self._waiting.pop(transport, None)) is not None:
            timer.cancel()


class _Bounded(asyncio.Protocol):
    """Forwards everything to aiohttp's protocol."""

    def __init__(self, inner: asyncio.Protocol, connections: Connections) -> None:
        self._inner = inner
        self._connections = connections
        self._transport: asyncio.Transport | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        connection = cast("asyncio.Transport", transport)
        if self._connections.opened(connection):
            self._transport = connection
            self._inner.connection_made(connection)
        else:
            connection.abort()

    def connection_lost(self, error: Exception | None) -> None:
        if self._transport is not None:
            self._connections.keep(self._transport)
            self._inner.connection_lost(error)

    def data_received(self, data: bytes) -> None:
        if self._transport is not None:
            self._inner.data_received(data)

    def eof_received(self) -> bool | None:
        return self._inner.eof_received() if self._transport is not None else None

    def pause_writing(self) -> None:
        self._inner.pause_writing()

    def resume_writing(self) -> None:
        self._inner.resume_writing()
