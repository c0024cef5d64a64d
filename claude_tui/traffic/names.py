"""Bounds the number of distinct names: as a server or a client may send any number."""

from __future__ import annotations

from claude_tui.model.text import inert
from claude_tui.model.traffic import OTHER

__all__ = ["MAX_NAME", "Names"]

MAX_NAME = 80


class Names:
    """At most `most` names at a time; the rest are OTHER. One not used for an hour is dropped."""

    def __init__(self, most: int, forget_after_s: float = 3600.0) -> None:
        self._most = most
        self._forget_after_s = forget_after_s
        self._used: dict[str, float] = {}
        self._checked = 0.0

    def known(self, name: str, now: float) -> str:
        """`name` as it is counted at `now`, in seconds from any start."""
        if name in self._used:
            self._used[name] = now
            return name
        clean = inert(name, MAX_NAME)
        if clean not in self._used and not self._has_room(now):
            return OTHER
        self._used[clean] = now
        return clean

    def _has_room(self, now: float) -> bool:
        # Checked once a second, so that a client with arbitrary names does not cause a search for each.
        if len(self._used) >= self._most and now - self._checked >= 1.0:
            self._checked = now
            self._used = {
                name: used for name, used in self._used.items() if now - used < self._forget_after_s
            }
        return len(self._used) < self._most
