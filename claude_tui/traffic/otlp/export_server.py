"""The common base of the HTTP and gRPC receivers: connections and limits."""

from __future__ import annotations

import asyncio
import logging
import socket
from abc import ABC, abstractmethod
from typing import Protocol

from claude_tui.traffic.otlp import json_body, protobuf
from claude_tui.traffic.otlp.answers import JSON, accepted
from claude_tui.traffic.otlp.bodies import Capacity
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
    """An exporter's connection, as used by its server."""

    @property
    def idle(self) -> bool:
        """Whether no request is being read."""

    def close(self) -> None:
        """Closes it, even during a request."""


class Exports(Protocol):
    """The server, as used by its connections."""

    @property
    def capacity(self) -> Capacity:
        """The memory that bodies may take."""

    def opened(self, connection: Connection) -> bool:
        """Registers a connection; returns whether it may stay."""

    def closed(self, connection: Connection) -> None:
        """Reports that a connection has ended."""

    def take(self, signal: Signal, form: str, body: bytes) -> bytes:
        """Takes the records of an export, and returns the message of the response.

        `form` is PROTOBUF or JSON. Raises an error listed in `refusals`, or any other for an internal error.
        """


class ExportServer(ABC):
    """Serves exporters on a socket. For one event loop."""

    def __init__(self, intake: Intake, capacity: Capacity) -> None:
        self.capacity = capacity
        """How much the exports that are being read may hold together."""
        self.faults = 0
        """Exports that failed because of an internal error."""
        self._intake = intake
        self._server: asyncio.Server | None = None
        # In the order in which they were opened.
        self._connections: dict[Connection, None] = {}

    async def start(self, sock: socket.socket) -> None:
        """Starts accepting exports."""
        self._server = await asyncio.get_running_loop().create_server(self.connection, sock=sock)

    async def stop(self) -> None:
        """Closes every connection. Completely received exports have been answered."""
        if self._server is not None:
            self._server.close()
        for connection in list(self._connections):
            connection.close()
        # Closed connections report it in the next iteration of the loop.
        await asyncio.sleep(0)

    @abstractmethod
    def connection(self) -> asyncio.Protocol:
        """Serves one connection."""

    # -- called by connections

    def opened(self, connection: Connection) -> bool:
        """Registers a connection; if there are too many, the oldest idle one is closed."""
        if len(self._connections) >= self.capacity.bounds.connections:
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
        budget = Budget(self.capacity.bounds.parts)
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
