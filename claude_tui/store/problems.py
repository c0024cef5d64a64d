"""The problems of the store; the most serious one is reported."""

from __future__ import annotations

import threading
from collections.abc import Callable
from enum import IntEnum

__all__ = ["Origin", "Problems"]


class Origin(IntEnum):
    """Where a problem comes from, most serious first.

    LOSS, DAMAGE and SKIPPED are not cleared when they end.
    """

    WRITING = 0
    READING = 1
    LOSS = 2
    DAMAGE = 3
    SKIPPED = 4


class Problems:
    """Holds one text per origin and calls `on_problem` when the most serious one changes.

    `on_problem` gets its text, or None when there is none, in the thread in which the change happened.
    """

    def __init__(self, on_problem: Callable[[str | None], None]) -> None:
        self._on_problem = on_problem
        self._texts: dict[Origin, str] = {}
        self._lock = threading.Lock()

    @property
    def current(self) -> str | None:
        with self._lock:
            return self._worst()

    def of(self, origin: Origin) -> str | None:
        """The current problem of one origin."""
        with self._lock:
            return self._texts.get(origin)

    def report(self, origin: Origin, text: str) -> None:
        self._change(origin, text)

    def clear(self, origin: Origin) -> None:
        self._change(origin, None)

    def _change(self, origin: Origin, text: str | None) -> None:
        with self._lock:
            before = self._worst()
            if text is None:
                self._texts.pop(origin, None)
            else:
                self._texts[origin] = text
            after = self._worst()
        if after != before:
            self._on_problem(after)

    def _worst(self) -> str | None:
        return self._texts[min(self._texts)] if self._texts else None
