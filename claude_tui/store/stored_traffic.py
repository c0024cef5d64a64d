"""Reading the roll-ups of own traffic, on disk or not yet, and asking for their upkeep."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from datetime import datetime

from claude_tui.analysis.traffic.facts import SourceReport
from claude_tui.model.traffic import SPANS, CallCount, RolledUp, RollUp
from claude_tui.store.backlog import Backlog, Record
from claude_tui.store.instants import from_micros, to_micros
from claude_tui.store.reading import Reader
from claude_tui.store.traffic_reading import Known, TrafficReader

__all__ = ["StoredTraffic"]

# Microseconds since 1970, beyond the range of datetime.
_NEVER = 2**62
_SHORTEST = SPANS[0] * 1_000_000


class StoredTraffic:
    """Own traffic in a store. Any thread may call any method; no disk error is raised.

    `known` asks for what was recorded by an instant; without it, for everything.
    """

    def __init__(self, reader: Reader, backlog: Backlog) -> None:
        self._reader = reader
        self._backlog = backlog

    def between(self, since: datetime, until: datetime, known: datetime | None = None) -> list[RollUp]:
        """Roll-ups of any length that add up to the traffic from `since` to `until`.

        Both ends are rounded outwards to 10 s, where the record still has so much detail.
        """
        low, high, as_of = to_micros(since), to_micros(until), _micros_or_never(known)
        return self._read(low, high, as_of, lambda reader: reader.between(low, high, as_of))

    def of_span(
        self, span_s: int, since: datetime, until: datetime, known: datetime | None = None
    ) -> list[RollUp]:
        """The same from roll-ups of `span_s`, one of SPANS, and shorter ones where they are not there yet."""
        low, high, as_of = to_micros(since), to_micros(until), _micros_or_never(known)
        return self._read(low, high, as_of, lambda reader: reader.of_span(span_s, low, high, as_of))

    def _read(
        self, low: int, high: int, known: int, query: Callable[[TrafficReader], list[Known]]
    ) -> list[RollUp]:
        none: list[Known] = []
        found, waiting = self._reader.read(lambda session: session.traffic(query, none))
        return [*(found_row.row for found_row in found or none), *_unsaved(waiting, low, high, known)]

    def counts(
        self,
        span_s: int,
        since: datetime,
        until: datetime,
        known: datetime | None = None,
        *,
        timed: bool = False,
    ) -> list[CallCount]:
        """What `of_span` gives, as counts of calls; with the times to first token if `timed`."""
        low, high, as_of = to_micros(since), to_micros(until), _micros_or_never(known)
        none: list[CallCount] = []
        found, waiting = self._reader.read(
            lambda session: session.traffic(
                lambda reader: reader.counts(span_s, low, high, as_of, timed=timed), none
            )
        )
        return [*(found or none), *map(CallCount.of, _unsaved(waiting, low, high, as_of))]

    def cost_between(self, since: datetime, until: datetime, known: datetime) -> float | None:
        """The cost of the traffic from `since` to `until`; None if nothing has a price."""
        low, high, as_of = to_micros(since), to_micros(until), to_micros(known)
        found, waiting = self._reader.read(
            lambda session: session.traffic(lambda reader: reader.cost(low, high, as_of), (0.0, 0))
        )
        usd, priced = found or (0.0, 0)
        for row in _unsaved(waiting, low, high, as_of):
            usd, priced = usd + row.cost_usd, priced + row.counted - row.unpriced
        return usd if priced else None

    @property
    def read_in_full(self) -> int:
        """How many rows have been read with their histograms, as a measure of work."""
        none = 0
        found, _ = self._reader.read(
            lambda session: session.traffic(lambda reader: reader.read_in_full, none)
        )
        return found or none

    def reports(self, since: datetime, until: datetime, known: datetime | None = None) -> list[SourceReport]:
        """What each source reported, in spans of ten minutes or shorter ones, oldest first; on disk only."""
        low, high, as_of = to_micros(since), to_micros(until), _micros_or_never(known)
        none: list[SourceReport] = []
        found, _ = self._reader.read(
            lambda session: session.traffic(lambda reader: reader.reports(low, high, as_of), none)
        )
        return found or none

    def after(self, number: int) -> tuple[int, list[RollUp], list[RollUp]]:
        """The roll-ups of 10 s that were added after the one with an id, from any process.

        First comes the id to ask with next time (0 asks for all), last what this process has not written
        yet: that comes with a later call as well.
        """
        none: list[Known] = []
        found, waiting = self._reader.read(
            lambda session: session.traffic(lambda reader: reader.after(number), (number, none))
        )
        last, rows = found or (number, none)
        unsaved = [row for item in waiting if isinstance(item, RolledUp) for row in item.rows]
        return last, [row.row for row in rows], unsaved

    def since(self, instant: datetime, full_from: datetime) -> tuple[int, list[CallCount], list[RollUp]]:
        """What is on disk from an instant on, in spans of 10 s: counts, and roll-ups at the end.

        First comes the id to ask `after` with.
        """
        low, middle = to_micros(instant), to_micros(full_from)
        counts, rows = list[CallCount](), list[Known]()

        def query(reader: TrafficReader) -> tuple[int, list[CallCount], list[Known]]:
            last, found = reader.since(middle)
            return last, reader.counts(SPANS[0], low, middle, _NEVER, timed=True) if last else counts, found

        found, _ = self._reader.read(lambda session: session.traffic(query, (0, counts, rows)))
        last, counts, rows = found or (0, counts, rows)
        return last, counts, [row.row for row in rows]

    def records(self, span_s: int, since: datetime, until: datetime) -> list[RolledUp]:
        """Roll-ups of one length as in `of_span`, each with the instant at which it was recorded."""
        low, high = to_micros(since), to_micros(until)
        none: list[Known] = []
        found, _ = self._reader.read(
            lambda session: session.traffic(lambda reader: reader.of_span(span_s, low, high, _NEVER), none)
        )
        return [RolledUp(from_micros(row.recorded), (row.row,)) for row in found or none]

    def seen_after(self, number: int) -> tuple[int, bytes]:
        """Digests of the request ids that proxies recorded after the entry with an id, and the last id."""
        found, _ = self._reader.read(
            lambda session: session.traffic(lambda reader: reader.seen_after(number), (number, b""))
        )
        return found or (number, b"")

    def fold(self) -> None:
        """Requests that roll-ups be folded into longer ones, in small batches between writes."""
        self._backlog.ask_to_fold()


def _unsaved(waiting: Iterable[Record], low: int, high: int, known: int) -> Iterator[RollUp]:
    """The rows that are not on disk yet."""
    for item in waiting:
        # Records that are not written yet are known now, but at no earlier instant.
        if isinstance(item, RolledUp) and (
            known >= _NEVER if item.at is None else to_micros(item.at) <= known
        ):
            yield from (row for row in item.rows if low - _SHORTEST < to_micros(row.at) < high)


def _micros_or_never(instant: datetime | None) -> int:
    return _NEVER if instant is None else to_micros(instant)
