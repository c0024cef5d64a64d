"""A long tail: most messages are quick, but too many of them take very long."""

from __future__ import annotations

from bisect import bisect_right
from dataclasses import dataclass
from datetime import datetime

from claude_tui.analysis.history.columns import MeasureColumn
from claude_tui.analysis.history.history import History
from claude_tui.analysis.thresholds import Thresholds
from claude_tui.analysis.views.latency import SPAN
from claude_tui.model.observation import Source

__all__ = ["LongTail", "long_tail"]

LEAST = 3
SHARE = 0.01
SPAN_S = SPAN.total_seconds()
DAY_S = 86_400.0


@dataclass(frozen=True, slots=True)
class LongTail:
    """`long` of the `total` messages of the last 15 minutes. Instants in POSIX seconds.

    `since` is the first long one of the tail that goes on, `known_at` when it had become one.
    """

    long: int
    total: int
    since: float
    known_at: float


def long_tail(history: History, at: datetime, thresholds: Thresholds) -> LongTail | None:
    """What took longer than `tail_s` in the 15 minutes before the newest message, if 1% and 3 did."""
    column = history.measure("message", at.timestamp())
    asked = history.exchanges(Source.MESSAGES).items
    last = asked.count_until(at.timestamp())
    instant = asked.at[last - 1] if last else at.timestamp()
    values = column.between(instant - SPAN_S, instant)
    long = sum(value > thresholds.tail_s for value in values)
    if not _is_tail(long, len(values)):
        return None
    since, known_at = _beginning(column, instant, thresholds.tail_s)
    return LongTail(long, len(values), since, known_at)


def _is_tail(long: int, total: int) -> bool:
    return long >= LEAST and long > SHARE * total


def _beginning(column: MeasureColumn, instant: float, tail_s: float) -> tuple[float, float]:
    """The first long message of the tail, and when it was known: back over all but 15 minutes without one."""
    places = range(column.index_at(instant - DAY_S), column.count_until(instant))
    long = [index for index in places if column.values[index] > tail_s]
    at = [column.at[index] for index in long]
    first = held = max(len(long) - LEAST, 0)
    for number in range(len(long) - 1, -1, -1):
        if at[held] - at[number] > 2 * SPAN_S:
            break
        before = at[number] - SPAN_S
        start = bisect_right(at, before)
        if _is_tail(number + 1 - start, long[number] + 1 - column.count_until(before)):
            first, held = start, number
    return at[first], at[held] + column.values[long[held]]
