"""Loads an incident in a thread: its record from the store, then the timeline and the figures."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from textual.dom import DOMNode

from claude_tui.incident import Figures, Incident, TimelineEntry, figures, incidents, timeline
from claude_tui.model.incident import IncidentEntry
from claude_tui.tui.cockpit import Backend

__all__ = ["IncidentLoader", "Loaded", "load_incident"]

# While an incident is open it is read repeatedly, for at most a tenth of the time.
_SHARE = 10.0
_LEAST_S = 1.0
_OVER_S = 15.0
"""The interval after the end, when little is new."""


@dataclass(frozen=True, slots=True)
class Loaded:
    """One incident as of an instant."""

    incident: Incident
    timeline: tuple[TimelineEntry, ...]
    figures: Figures


def load_incident(backend: Backend, ident: str, at: datetime) -> Loaded | None:
    """The incident as of `at`; None if there was none. Blocks."""
    record = backend.incident_record(ident, at)
    if record is None:
        return None
    found = next((incident for incident in incidents(record.entries) if incident.id == ident), None)
    if found is None:
        return None
    return Loaded(found, timeline(record, found), figures(record, found))


@dataclass(frozen=True, slots=True)
class _Wish:
    ident: str
    at: datetime
    entries: tuple[IncidentEntry, ...]


class IncidentLoader:
    """Holds the newest version that has been loaded, and calls `ready` when it changes."""

    def __init__(self, owner: DOMNode, backend: Backend, ready: Callable[[], None]) -> None:
        self._owner = owner
        self._backend = backend
        self._ready = ready
        self._wanted: _Wish | None = None
        self._made: _Wish | None = None
        self._rests_until = 0.0
        self._busy = False
        self.loaded: Loaded | None = None
        """None before anything has been loaded, or if there is no such incident."""

    def ask(self, ident: str, at: datetime, entries: tuple[IncidentEntry, ...]) -> None:
        """Load the incident as of `at`: at once if there are new entries, otherwise when it is due."""
        wish = _Wish(ident, at, entries)
        made = self._made
        same = made is not None and made.ident == ident and made.entries is entries and made.at <= at
        if wish == made or (same and time.monotonic() < self._rests_until):
            return
        if made is not None and made.ident != ident:
            self.loaded = None
        self._wanted = wish
        if not self._busy:
            self._busy = True
            self._owner.run_worker(self._work(), group="incident")

    async def _work(self) -> None:
        try:
            while (wish := self._wanted) is not None and wish != self._made:
                begun = time.monotonic()
                loaded = await asyncio.to_thread(load_incident, self._backend, wish.ident, wish.at)
                took = time.monotonic() - begun
                is_over = loaded is not None and not loaded.incident.is_open
                self._rests_until = time.monotonic() + max(took * _SHARE, _OVER_S if is_over else _LEAST_S)
                self._made = wish
                if self._wanted is not None and self._wanted.ident == wish.ident:
                    self.loaded = loaded
                    self._ready()
        finally:
            self._busy = False
