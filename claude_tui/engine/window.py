"""A part of the record, and a History of what was known at an instant."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

from claude_tui.analysis.history.history import History
from claude_tui.model.observation import Observation, Source
from claude_tui.model.provider import Catalogue, ProviderStatus

if TYPE_CHECKING:
    from claude_tui.store import Store

__all__ = ["Window", "finished_at"]

Fact = Observation | ProviderStatus | Catalogue

# A report is made when the response has been read, a moment after the exchange ended.
_READING = timedelta(seconds=1)
# An exchange is recorded when it ends, with the instant at which it began: longer than any timeout.
SETTLED = timedelta(minutes=3)
# A day at the quickest pace.
_MOST = 60_000
# About a twentieth of a second of work.
_CHUNK = timedelta(minutes=40)
_BATCH = 500


def finished_at(observation: Observation) -> datetime:
    """When the result of an exchange was known. Before that, it was in flight."""
    return observation.at + timedelta(seconds=observation.timings.total or 0.0)


@dataclass(frozen=True, slots=True)
class _Known:
    """A fact, and when it became known."""

    since: datetime
    fact: Fact

    @property
    def began(self) -> datetime:
        return self.fact.at if isinstance(self.fact, Observation) else self.since


class Window:
    """The facts of [low, high), and a History of those known at the instant moved to.

    Moving forward adds facts in the order in which they became known, moving back removes them. If the store
    is still written to, `now` bounds the part that is complete; the rest is read again. For one thread at a
    time.
    """

    def __init__(self, store: Store, low: datetime, now: Callable[[], datetime] | None = None) -> None:
        self.history = History(_MOST)
        self.low = low
        self.high = low
        """The end of what has been read."""
        self.settled = low
        """The end of the part that will not change any more."""
        self._store = store
        self._now = now
        self._facts: list[_Known] = []
        self._since: list[datetime] = []
        self._known = 0

    # -- reading -------------------------------------------------------------------

    def read_until(self, high: datetime) -> None:
        """Reads what is missing before `high`."""
        for _ in self.reading(high):
            pass

    def reading(self, high: datetime) -> Iterator[None]:
        """Reads what is missing before `high`, in steps of bounded work."""
        self._forget_unsettled()
        found: list[_Known] = []
        low = self.high
        while low < high:
            end = min(low + _CHUNK, high)
            found += self._read(low, end, first=low == self.low)
            low = end
            yield
        self._take(found, high)
        yield

    def _take(self, found: list[_Known], high: datetime) -> None:
        self.high = max(self.high, high)
        self.settled = self.high if self._now is None else min(self.high, self._now() - SETTLED)
        # An exchange that began before this part may have ended within it.
        overlapping = bisect_left(self._since, min((fact.since for fact in found), default=high))
        if overlapping < self._known:
            self._move_by_count(overlapping)
        found += self._facts[overlapping:]
        found.sort(key=lambda fact: fact.since)
        self._facts[overlapping:] = found
        self._since[overlapping:] = [fact.since for fact in found]

    def _forget_unsettled(self) -> None:
        """Discards the part that may have been incomplete when it was read."""
        if self.settled >= self.high:
            return
        first = bisect_left(self._since, self.settled)
        if first < self._known:
            self._move_by_count(first)
        kept = [fact for fact in self._facts[first:] if fact.began < self.settled]
        self._facts[first:] = kept
        self._since[first:] = [fact.since for fact in kept]
        self.high = max(self.settled, self.low)

    def _read(self, low: datetime, high: datetime, *, first: bool) -> Iterator[_Known]:
        observations = self._store.observations(low, high)
        reports = self._store.status_reports(low, high + SETTLED)
        catalogues = self._store.catalogues(low, high)
        for observation in observations:
            yield _Known(finished_at(observation), observation)
        documents: tuple[ProviderStatus | Catalogue, ...] = (*reports, *catalogues)
        for fact in documents:
            # What is in force at the beginning has been read with an earlier part, except in the first.
            if (first or fact.fetched_at >= low) and fact.fetched_at < high:
                yield _Known(fact.fetched_at, fact)
        yield from _readings(observations, reports)

    # -- moving --------------------------------------------------------------------

    def move_to(self, at: datetime) -> None:
        """Makes the History that of the facts known at `at`."""
        self._move_by_count(bisect_right(self._since, at))

    def moving_to(self, at: datetime) -> Iterator[None]:
        """Makes the History that of the facts known at `at`, in steps of bounded work."""
        count = bisect_right(self._since, at)
        while abs(count - self._known) > _BATCH:
            self._move_by_count(self._known + (_BATCH if count > self._known else -_BATCH))
            yield
        self._move_by_count(count)

    def _move_by_count(self, count: int) -> None:
        for known in self._facts[self._known : count]:
            _add(self.history, known.fact)
        for known in reversed(self._facts[count : self._known]):
            _withdraw(self.history, known.fact)
        self._known = count

    # -- asking --------------------------------------------------------------------

    def observation_near(self, at: datetime, *, later: bool) -> datetime | None:
        """When the nearest observation after or before `at` became known; None if the window has none."""
        if later:
            rest: Sequence[_Known] = self._facts[bisect_right(self._since, at) :]
        else:
            rest = self._facts[: bisect_left(self._since, at)][::-1]
        return next((row.since for row in rest if isinstance(row.fact, Observation)), None)

    def in_flight(self, at: datetime) -> Iterator[Observation]:
        """The exchanges that had begun by `at`, and whose result was not yet known."""
        for known in self._facts[bisect_right(self._since, at) :]:
            if known.since > at + SETTLED:
                return
            if isinstance(known.fact, Observation) and known.fact.at <= at:
                yield known.fact

    def observed_between(self, start: datetime, end: datetime) -> list[tuple[datetime, datetime]]:
        """When each exchange began and ended, for those that ended in a span, in order of their end."""
        part = self._facts[bisect_left(self._since, start) : bisect_right(self._since, end)]
        return [(fact.fact.at, fact.since) for fact in part if isinstance(fact.fact, Observation)]


def _readings(observations: Sequence[Observation], reports: Sequence[ProviderStatus]) -> Iterator[_Known]:
    """The unchanged readings of the status page, as the store keeps only changed ones.

    A diagnosis depends on when the page was last read without a problem on it.
    """
    fetched = [report.fetched_at for report in reports]
    for observation in observations:
        if observation.source is not Source.STATUS:
            continue
        read_at = finished_at(observation)
        index = bisect_right(fetched, read_at + _READING)
        if not index or fetched[index - 1] >= observation.at:
            continue
        report = reports[index - 1]
        if report.known != observation.failed:
            yield _Known(read_at, replace(report, fetched_at=read_at.astimezone(UTC)))


def _add(history: History, fact: Fact) -> None:
    if isinstance(fact, Observation):
        history.add_observation(fact)
    elif isinstance(fact, ProviderStatus):
        history.add_status(fact)
    else:
        history.add_catalogue(fact)


def _withdraw(history: History, fact: Fact) -> None:
    if isinstance(fact, Observation):
        history.withdraw(fact)
    elif isinstance(fact, ProviderStatus):
        history.withdraw_status(fact)
    else:
        history.withdraw_catalogue(fact)
