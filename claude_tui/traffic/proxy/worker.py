"""One worker: its clients' connections, what they share, and its shutdown."""

from __future__ import annotations

import asyncio
import os
import select
import socket
from collections.abc import Callable, Sequence

from claude_tui import __version__
from claude_tui.model.text import Redactor
from claude_tui.traffic.http1.wire import RequestHead
from claude_tui.traffic.proxy.answers import OwnAnswer, health
from claude_tui.traffic.proxy.client import ClientConnection
from claude_tui.traffic.proxy.service import Connection
from claude_tui.traffic.proxy.tap import Counts, GuardedTap, Tap
from claude_tui.traffic.proxy.upstream import Upstream

__all__ = ["Worker"]

# How often to check whether a client has left while reading from it is paused.
LOOK_S = 0.5
BACKLOG = 1024
# Linux reports a peer that has closed; on other systems the next read notices it.
_LEFT = getattr(select, "POLLRDHUP", 0) | select.POLLHUP | select.POLLERR if hasattr(select, "poll") else 0


class Worker:
    """Serves clients on one or more sockets until `drain`. `taps` makes the observer of a call."""

    def __init__(self, upstream: Upstream, taps: Callable[[RequestHead], Tap], redactor: Redactor) -> None:
        self.upstream = upstream
        self.draining = False
        self.redactor = redactor
        self.counts = Counts()
        self._taps = taps
        self._connections: set[Connection] = set()
        self._servers: list[asyncio.Server] = []
        self._looking: asyncio.Task[None] | None = None
        self._empty = asyncio.Event()
        self._empty.set()

    async def start(self, sockets: Sequence[socket.socket]) -> None:
        """Starts accepting calls."""
        loop = asyncio.get_running_loop()
        for sock in sockets:
            server = await loop.create_server(lambda: ClientConnection(self), sock=sock, backlog=BACKLOG)
            self._servers.append(server)
        if _LEFT:
            self._looking = loop.create_task(self._end_disconnected())

    async def drain(self, within_s: float) -> bool:
        """Accepts no more calls, gives the open ones `within_s` seconds to end, then drops the rest.

        Returns whether all of them ended in time.
        """
        self.draining = True
        for server in self._servers:
            server.close()
        for connection in list(self._connections):
            connection.drain()
        try:
            async with asyncio.timeout(within_s):
                await self._empty.wait()
        except TimeoutError:
            return False
        else:
            return True
        finally:
            await self._stop()

    async def _stop(self) -> None:
        for connection in list(self._connections):
            connection.abort()
        if self._looking is not None:
            self._looking.cancel()
        # Aborted transports report it in the next iteration of the loop.
        await asyncio.sleep(0)

    # -- called by connections

    def tap(self, head: RequestHead) -> GuardedTap:
        return GuardedTap(self._taps, head, self.counts)

    def health(self) -> OwnAnswer:
        state = {
            "status": "draining" if self.draining else "ok",
            "version": __version__,
            "pid": os.getpid(),
            "upstream": self.upstream.url,
            "connections": self.counts.connections,
            "open_calls": self.counts.open_calls,
            "calls": self.counts.calls,
            "tap_faults": self.counts.tap_faults,
        }
        return health(state, ready=not self.draining)

    def opened(self, connection: Connection) -> None:
        self._connections.add(connection)
        self._counted()

    def closed(self, connection: Connection) -> None:
        self._connections.discard(connection)
        self._counted()

    def _counted(self) -> None:
        self.counts.connections = len(self._connections)
        if self._connections:
            self._empty.clear()
        else:
            self._empty.set()

    async def _end_disconnected(self) -> None:
        """Ends connections whose client has left unnoticed, as reading from it is paused."""
        while True:
            await asyncio.sleep(LOOK_S)
            held = {
                sock.fileno(): connection
                for connection in self._connections
                if (sock := connection.held_socket) is not None and sock.fileno() >= 0
            }
            if not held:
                continue
            poll = select.poll()
            for descriptor in held:
                poll.register(descriptor, _LEFT)
            for descriptor, events in poll.poll(0):
                if events & _LEFT:
                    held[descriptor].abort()
