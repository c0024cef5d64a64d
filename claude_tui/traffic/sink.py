"""Where calls go once they have ended."""

from __future__ import annotations

from typing import Protocol

from claude_tui.model.traffic import Call

__all__ = ["Sink", "Unrecorded"]


class Sink(Protocol):
    """Takes calls in the thread that they passed through: it must not block, wait for a lock or raise."""

    def add(self, call: Call) -> None: ...

    def close(self) -> None:
        """Writes what is left. Nothing is added afterwards."""


class Unrecorded:
    """Calls that nobody keeps: the proxy passes them on all the same."""

    def add(self, call: Call) -> None: ...

    def close(self) -> None: ...
