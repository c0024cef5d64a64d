"""The growth of metrics: delta or cumulative, with restarts, repetitions, or without temporality."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from claude_tui.traffic.otlp.records import PointRecord

__all__ = ["Growth", "Series"]

_MOST_SERIES = 2_000
_MOST_COUNT = 10_000_000
_MOST_SUM = 1e12


@dataclass(frozen=True, slots=True)
class Growth:
    """The growth since the previous point."""

    count: int
    """How many values."""
    sum: float
    """The sum of the values."""
    bounds: tuple[float, ...]
    """Upper bounds of all buckets except the last."""
    counts: tuple[int, ...]
    """How many of the values are in each bucket."""
    unit_s: float
    """The length of the unit in seconds, if it is a unit of time."""


class Series:
    """The last point of each series. The least recently updated series is dropped first."""

    def __init__(self, most: int = _MOST_SERIES) -> None:
        self._most = most
        self._last: OrderedDict[object, PointRecord] = OrderedDict()
        self._since_ns: int | None = None

    def __len__(self) -> int:
        return len(self._last)

    def grown(self, point: PointRecord, now: datetime) -> Growth | None:
        """The growth; None if there is none, or if the previous value of a total is unknown."""
        if self._since_ns is None:
            self._since_ns = int(now.timestamp() * 1e9)
        if point.count is None or not _is_sane(point):
            return None
        names = tuple(sorted((name, str(value)) for name, value in point.attributes.items()))
        key = (point.origin.resource, point.origin.scope, point.name, names)
        last = self._last.pop(key, None)
        if last is not None and point.at_ns <= last.at_ns:
            self._last[key] = last
            return None
        while len(self._last) >= self._most:
            self._last.popitem(last=False)
        # Only the numbers of the last point are needed.
        self._last[key] = point
        if last is None and point.cumulative is not False and point.start_ns < self._since_ns:
            # A total that began before the receiver did includes an unknown part of the past. Without a
            # temporality it may as well be the last minute's.
            return None
        return _less(point, last if last is not None and _continues(point, last) else None)


def _continues(point: PointRecord, last: PointRecord) -> bool:
    """Whether the point continues the last one. A sum that shrinks or restarts has been reset."""
    if point.cumulative is False or point.start_ns != last.start_ns:
        return False
    return (point.count or 0) >= (last.count or 0)


def _less(point: PointRecord, base: PointRecord | None) -> Growth | None:
    count, total, counts = point.count or 0, point.sum, point.counts
    if base is not None:
        count -= base.count or 0
        total -= base.sum
        counts = _difference(counts, base.counts) if point.bounds == base.bounds else ()
    if count <= 0:
        return None
    unit_s = 0.001 if point.unit == "ms" else 1.0
    return Growth(count, max(total, 0.0), point.bounds, counts, unit_s)


def _difference(counts: Sequence[int], before: Sequence[int]) -> tuple[int, ...]:
    if len(counts) != len(before) or any(new < old for new, old in zip(counts, before, strict=True)):
        return ()
    return tuple(new - old for new, old in zip(counts, before, strict=True))


def _is_sane(point: PointRecord) -> bool:
    return 0 <= (point.count or 0) <= _MOST_COUNT and abs(point.sum) <= _MOST_SUM
