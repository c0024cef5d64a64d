"""OTLP over gRPC, with the extra `grpc`: one unary method for each signal, on HTTP/2.

The bytes of a message are read within the bounds that OTLP over HTTP has, and both share them. (A server of
`grpcio` decompresses whatever arrives, and takes 20 MB before the first export.)
"""

from __future__ import annotations

import asyncio
import logging
import socket

from claude_tui.traffic.otlp import protobuf
from claude_tui.traffic.otlp.answers import PROTOBUF, accepted
from claude_tui.traffic.otlp.bodies import Room, Share, UnreadableBodyError, unpacked
from claude_tui.traffic.otlp.grpc_connection import Connection
from claude_tui.traffic.otlp.grpc_messages import message_in
from claude_tui.traffic.otlp.intake import Intake
from claude_tui.traffic.otlp.records import Signal
from claude_tui.traffic.otlp.refusals import REFUSED
from claude_tui.traffic.otlp.wire import Budget

__all__ = ["GrpcReceiver"]

_LOGGER = logging.getLogger(__name__)
_LOGGER.addHandler(logging.NullHandler())
_LOGGER.propagate = False
_MOST_CONNECTIONS = 64


class GrpcReceiver:
    """Serves exporters on a socket. For one event loop."""

    def __init__(self, intake: Intake, room: Room) -> None:
        self.room = room
        """What the exports that are being read may hold, all of them together."""
        self.faults = 0
        """Exports that an internal error ended."""
        self._intake = intake
        self._server: asyncio.Server | None = None
        self._connections: set[Connection] = set()

    async def start(self, sock: socket.socket) -> None:
        """Takes exports from now on."""
        loop = asyncio.get_running_loop()
        self._server = await loop.create_server(lambda: Connection(self), sock=sock)

    async def stop(self) -> None:
        """Closes every connection."""
        if self._server is not None:
            self._server.close()
        for connection in list(self._connections):
            connection.close()
        # What was closed says so in the next round of the loop.
        await asyncio.sleep(0)

    # What connections ask.

    def opened(self, connection: Connection) -> bool:
        """Whether there is room for one more."""
        if len(self._connections) >= _MOST_CONNECTIONS:
            return False
        self._connections.add(connection)
        return True

    def closed(self, connection: Connection) -> None:
        self._connections.discard(connection)

    def taken(self, signal: Signal, body: bytes, coding: str, share: Share) -> bytes:
        """Takes a whole request, and returns the message of the answer. Raises what `refusals` knows."""
        packed, message = message_in(body)
        if packed:
            if coding != "gzip":
                raise UnreadableBodyError("expected gzip or no content coding")
            message = unpacked(message, self.room.bounds.body, share)
        budget = Budget(self.room.bounds.parts)
        try:
            self._intake.take(protobuf.read(signal, message, budget))
        except Exception as error:
            if not isinstance(error, tuple(REFUSED)):
                self.faults += 1
                _LOGGER.exception("an export failed")
            raise
        reason = f"{budget.rejected} records are too large" if budget.rejected else ""
        return accepted(signal, PROTOBUF, budget.rejected, reason)
