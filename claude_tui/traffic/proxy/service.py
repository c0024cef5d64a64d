"""The interfaces between a worker and its connections."""

from __future__ import annotations

import socket
from typing import Protocol

from claude_tui.model.text import Redactor
from claude_tui.traffic.http1.wire import RequestHead
from claude_tui.traffic.proxy.answers import OwnAnswer
from claude_tui.traffic.proxy.tap import GuardedTap
from claude_tui.traffic.proxy.upstream import Upstream

__all__ = ["Connection", "Service"]


class Connection(Protocol):
    """A client's connection, as used by its worker."""

    @property
    def held_socket(self) -> socket.socket | None:
        """The socket, while reading from it is paused."""

    def abort(self) -> None:
        """Closes both connections at once, as the client has gone."""

    def drain(self) -> None:
        """Ends the connection once its call is over."""


class Service(Protocol):
    """What all connections of a worker share."""

    upstream: Upstream
    draining: bool
    redactor: Redactor

    def tap(self, head: RequestHead) -> GuardedTap: ...

    def health(self) -> OwnAnswer: ...

    def opened(self, connection: Connection) -> None: ...

    def closed(self, connection: Connection) -> None: ...
