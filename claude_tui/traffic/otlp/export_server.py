"""What the HTTP and gRPC receivers have in common: their connections and limits."""

from __future__ import annotations

import asyncio
import logging
import socket
from abc import ABC, abstractmethod
from typing import Protocol

from claude_tui.traffic.otlp import json_body, protobuf
from claude_tui.traffic.otlp.answers import JSON, accepted
from claude_tui.traffic.otlp.bodies import Room
from claude_tui.traffic.otlp.intake import Intake
from claude_tui.traffic.otlp.records import Signal
from claude_tui.traffic.otlp.refusals import REFUSED
from claude_tui.traffic.otlp.wire import Budget

__all__ = ["Connection", "ExportServer", "Exports"]

_LOGGER = logging.getLogger(__name__)
# Errors are counted and answered: a traceback would disturb the screen.
_LOGGER.addHandler(logging.NullHandler())
_LOGGER.propagate = False


class Connection(Protocol):
    """A connection of an exporter, as its server sees it."""

    @property
    def idle(self) -> bool:
        """Whether no request is being read."""

    def close(self) -> None:
        """Closes it, even during a request."""


class Exports(Protocol):
    """What a connection needs of its server."""

    @property
    def room(self) -> Room:
        """The memory that bodies may take."""

    def opened(self, connection: Connection) -> bool:
        """Whether there is room for one more connection."""

    def closed(self, connection: Connection) -> None:
        """Reports that a connection has ended."""

    def take(self, signal: Signal, form: str, body: bytes) -> bytes:
        """Takes the records of an export, and returns the message of the answer.

        `form` is PROTOBUF or JSON. Raises what `refusals` knows, or anything for a fault of this program.
        """


class ExportServer(ABC):
    """Serves exporters on a socket. For one event loop."""

    def __init__(self, intake: Intake, room: Room) -> None:
        self.room = room
        """What the exports that are being read may hold, all of them together."""
        self.faults = 0
        """Exports that an internal error ended."""
        self._intake = intake
        self._server: asyncio.Server | None = None
        # In the order in which they were opened.
        self._connections: dict[Connection, None] = {}

    async def start(self, sock: socket.socket) -> None:
        """Starts accepting exports."""
        self._server = await asyncio.get_running_loop().create_server(self.connection, sock=sock)

    async def stop(self) -> None:
        """Closes every connection. What had arrived as a whole has been answered."""
        if self._server is not None:
            self._server.close()
        for connection in list(self._connections):
            connection.close()
        # Closed connections report it in the next iteration of the loop.
        await asyncio.sleep(0)

    @abstractmethod
    def connection(self) -> asyncio.Protocol:
        """Serves one connection."""

    # What connections ask.

    def opened(self, connection: Connection) -> bool:
        """Whether there is room for one more; the oldest that nobody uses makes room."""
        if len(self._connections) >= self.room.bounds.connections:
            unused = next((candidate for candidate in self._connections if candidate.idle), None)
            if unused is None:
                return False
            del self._connections[unused]
            unused.close()
        self._connections[connection] = None
        return True

    def closed(self, connection: Connection) -> None:
        self._connections.pop(connection, None)

    def take(self, signal: Signal, form: str, body: bytes) -> bytes:
        budget = Budget(self.room.bounds.parts)
        read = json_body.read if form == JSON else protobuf.read
        try:
            self._intake.take(read(signal, body, budget))
        except Exception as error:
            if not isinstance(error, tuple(REFUSED)):
                self.faults += 1
                _LOGGER.exception("an export failed")
            raise
        reason = f"{budget.rejected} records are too large" if budget.rejected else ""
        return accepted(signal, form, budget.rejected, reason)
