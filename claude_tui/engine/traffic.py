"""Own traffic in the engine: what is known of it now, kept up to date, and what was known at an instant."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from claude_tui.analysis.traffic.facts import RECENT, TOLD_SPAN, Told, TrafficFacts, usual_spans
from claude_tui.analysis.traffic.view import last_full_span, traffic_view
from claude_tui.model.traffic import SPANS, KeptCall, RollUp
from claude_tui.model.traffic_view import TrafficView
from claude_tui.store import KEPT_CALLS

if TYPE_CHECKING:
    from claude_tui.store import Store

__all__ = ["FollowedTraffic", "facts_at", "view_at"]

_SPARE = timedelta(minutes=3)
# The view is of full spans.
_ROUNDED = timedelta(seconds=2 * SPANS[0])
_TOLD_EVERY = timedelta(minutes=1)
_MOST_KEPT = 1000
_HOUR_S = SPANS[3]


def facts_at(store: Store, at: datetime) -> TrafficFacts:
    """What was known at an instant, from the store."""
    told = tuple(store.traffic.told(at - TOLD_SPAN, at - RECENT, at))
    recent = tuple(store.traffic.of_span(SPANS[0], at - RECENT - _ROUNDED, at, at))
    if not (told or recent):
        return TrafficFacts()
    usual, days = _usual(store, at)
    kept = store.entries(KEPT_CALLS, at - RECENT, at + timedelta(microseconds=1))
    return TrafficFacts(recent, usual, days, told, tuple(kept))


def view_at(store: Store, at: datetime) -> TrafficView | None:
    """The view of what was known at an instant; None if no source was heard of."""
    return traffic_view(facts_at(store, at), at)


def _usual(store: Store, at: datetime) -> tuple[tuple[RollUp, ...], int]:
    """The same hour of the days before, else the hours of the last day, and from how many days that is."""
    days = [store.traffic.of_span(_HOUR_S, start, end, at) for start, end in usual_spans(at)]
    found = tuple(row for rows in days for row in rows)
    if found:
        return found, sum(bool(rows) for rows in days)
    hour = at.replace(minute=0, second=0, microsecond=0)
    return tuple(store.traffic.of_span(_HOUR_S, hour - TOLD_SPAN, hour, at)), 0


class FollowedTraffic:
    """Own traffic as it is recorded, by whichever process: `read` takes only what is new.

    `read` in any one thread at a time, `view` in any.
    """

    def __init__(self, store: Store) -> None:
        self._store = store
        self._last = 0
        self._last_kept = 0
        self._rows: list[RollUp] = []
        self._unsaved: list[RollUp] = []
        self._kept: list[KeptCall] = []
        self._usual: tuple[datetime, tuple[RollUp, ...], int] | None = None
        self._told: tuple[datetime, tuple[Told, ...]] | None = None
        self._facts = TrafficFacts()
        self._made: tuple[TrafficFacts, datetime, TrafficView | None] | None = None

    def load(self, at: datetime) -> None:
        """Reads the last quarter of an hour, for the first frame. Without own traffic one query."""
        self._last, self._rows = self._store.traffic.since(at - RECENT - _SPARE)
        if not self._last:
            return
        kept = self._store.entries(KEPT_CALLS, at - RECENT)
        self._kept = kept[-_MOST_KEPT:]
        self._upkeep(at)
        self._renew(at, changed=True)

    def read(self, at: datetime) -> None:
        """Takes what was recorded since the last call."""
        last, rows, unsaved = self._store.traffic.after(self._last)
        changed = bool(rows) or unsaved != self._unsaved
        self._last, self._unsaved = last, unsaved
        self._rows += rows
        if rows:
            newest = self._kept[-1].at if self._kept else at - RECENT
            known = set(self._kept)
            new = self._store.entries(KEPT_CALLS, newest)
            self._kept = [*self._kept, *(each for each in new if each not in known)][-_MOST_KEPT:]
        changed |= self._upkeep(at)
        self._renew(at, changed=changed)

    def view(self, at: datetime) -> TrafficView | None:
        """The view at an instant. The same object while neither figures nor spans have changed."""
        facts, end = self._facts, last_full_span(at)
        made = self._made
        if made is None or made[0] is not facts or made[1] != end:
            made = self._made = facts, end, traffic_view(facts, at)
        return made[2]

    def _upkeep(self, at: datetime) -> bool:
        """Reads what changes slowly, where it is due. Returns whether it was."""
        hour = at.replace(minute=0, second=0, microsecond=0)
        due = self._told is None or not timedelta() <= at - self._told[0] < _TOLD_EVERY
        if due:
            self._told = at, tuple(self._store.traffic.told(at - TOLD_SPAN, at - RECENT))
        if ((self._told and self._told[1]) or self._rows) and (self._usual is None or self._usual[0] != hour):
            self._usual = hour, *_usual(self._store, at)
            due = True
        return due

    def _renew(self, at: datetime, *, changed: bool) -> None:
        if not changed:
            return
        oldest = at - RECENT - _SPARE
        self._rows = [row for row in self._rows if row.at > oldest]
        self._kept = [each for each in self._kept if each.at > oldest]
        usual, days = (self._usual[1], self._usual[2]) if self._usual is not None else ((), 0)
        told = self._told[1] if self._told is not None else ()
        self._facts = TrafficFacts((*self._rows, *self._unsaved), usual, days, told, tuple(self._kept))
