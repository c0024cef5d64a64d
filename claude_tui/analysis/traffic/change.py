"""When the share of failing calls became higher than usual, and when it was usual again.

Both are cumulative sums (Page, "Continuous inspection schemes", 1954) of how many times better one share
explains the counts of a span than another: first a share that matters against the usual one, then the usual
one against that of the problem.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from itertools import accumulate
from typing import NamedTuple

__all__ = ["LEAST_CALLS", "Change", "Counted", "changes_in"]

LEAST_CALLS = 20
"""A few calls a minute prove nothing: this pace is needed, and this many successes end a problem."""
# A problem begins with about one call in 5,000, so one such alarm in ten is chance. False alarms must be as
# rare on a day with many calls as on one with few, so a faster pace requires more evidence.
_TIMES_BETTER = 50_000.0
_LEAST_FAILURES = 5
# A share matters from three times the usual one on.
_TIMES_USUAL = 3.0
_TOTAL = 0.97
# A problem ends with one call in a hundred; it is over once luck has a probability of less than 5%.
_OVER = math.log(100 / 0.05)
# Services that are restarting answer some requests before they are up.
_CALM = timedelta(seconds=20)
_RECENT_BINS = 6
# A problem that returns this soon was not over for the person on call.
_BACK_SOON = timedelta(minutes=5)
_MINUTE_S = 60.0


class Counted(NamedTuple):
    """The calls of a span of time, and how many of them failed."""

    at: datetime
    """Its start."""
    span_s: float
    """How long it lasts."""
    calls: int
    """How many ended."""
    failed: int
    """How many of them failed."""

    @property
    def end(self) -> datetime:
        return self.at + timedelta(seconds=self.span_s)


@dataclass(frozen=True, slots=True)
class Change:
    """A period of more failures than usual, by the indexes of its spans."""

    first: int
    """The span with the first of the failures."""
    detected: int
    """The span in which it was detected."""
    last: int
    """The last span with failures."""
    ended: int | None = None
    """The span in which its end was detected; None until then."""
    good: int = 0
    """How many calls have succeeded since it seems to be over."""
    needed: int = 0
    """How many successes in a row would show that it is over; 0 if it does not seem so."""


def changes_in(spans: Sequence[Counted], usual: float, matters: float) -> list[Change]:
    """The changes among the spans of one scope, oldest first; the last one may not have ended.

    `usual` is the share that fails on a healthy day, `matters` the lowest share that counts as a problem.
    """
    worse = min(max(matters, _TIMES_USUAL * usual), 0.9)
    found: list[Change] = []
    sums = _Sums.of(spans)
    for_failure, for_success = math.log(worse / usual), math.log((1 - worse) / (1 - usual))
    rise, first = 0.0, None
    index = 0
    while index < len(spans):
        one = spans[index]
        rise = max(rise + one.failed * for_failure + (one.calls - one.failed) * for_success, 0.0)
        if rise and first is None and one.failed:
            first = index
        elif not rise:
            first = None
        if first is None or not _is_conclusive(spans, sums, first, index, rise, worse):
            index += 1
            continue
        change = _followed(spans, sums, Change(first, index, index), usual, worse)
        found = _with(spans, found, change)
        if change.ended is None:
            break
        rise, first, index = 0.0, None, change.ended + 1
    return found


@dataclass(frozen=True, slots=True)
class _Sums:
    """The total counts of all spans before each span."""

    calls: list[int]
    failed: list[int]

    @classmethod
    def of(cls, spans: Sequence[Counted]) -> _Sums:
        return cls(
            [0, *accumulate(span.calls for span in spans)], [0, *accumulate(span.failed for span in spans)]
        )

    def between(self, first: int, last: int) -> tuple[int, int]:
        """(calls, failed) from one span to another, both included."""
        return self.calls[last + 1] - self.calls[first], self.failed[last + 1] - self.failed[first]


def _is_conclusive(
    spans: Sequence[Counted], sums: _Sums, first: int, index: int, rise: float, worse: float
) -> bool:
    calls, failed = sums.between(first, index)
    if failed < _LEAST_FAILURES or failed < worse * calls / 2:
        return False
    pace = _a_minute(spans, first, index)
    if pace < LEAST_CALLS:
        return False
    return rise >= math.log(_TIMES_BETTER * max(pace / _MINUTE_S, 1.0))


def _a_minute(spans: Sequence[Counted], first: int, index: int) -> float:
    """Calls per minute, from a minute before the first failure on."""
    start = spans[first].at - timedelta(seconds=_MINUTE_S)
    known = [span for span in spans[max(first - _RECENT_BINS, 0) : index + 1] if span.at >= start]
    seconds = (known[-1].end - known[0].at).total_seconds()
    return sum(span.calls for span in known) * _MINUTE_S / max(seconds, _MINUTE_S)


def _followed(spans: Sequence[Counted], sums: _Sums, change: Change, usual: float, worse: float) -> Change:
    """The change with its end, if that is known."""
    well, calls, since, a_call = 0.0, 0, None, 0.0
    last = change.last
    of: int | None = None
    a_failure, a_success = 0.0, 0.0
    for index in range(change.detected + 1, len(spans)):
        one = spans[index]
        if of != last:
            # Logarithms are most of the work, and a problem that seems to be over keeps its share.
            of = last
            all_calls, failed = sums.between(max(change.first, last - _RECENT_BINS + 1), last)
            share = min(max(failed / max(all_calls, 1), worse), _TOTAL)
            # How many times better the usual share explains one call than that of the problem.
            a_failure, a_success = math.log(usual / share), math.log((1 - usual) / (1 - share))
        bad = one.failed
        good = one.calls - bad
        gained = bad * a_failure + good * a_success
        if well + gained <= 0:
            well, calls, since = 0.0, 0, None
            last = index if bad else last
            continue
        since = index if since is None else since
        a_call = a_success
        well, calls = well + gained, calls + good
        if well >= _OVER and calls >= LEAST_CALLS and one.end - spans[since].at >= _CALM:
            return replace(change, last=last, ended=index)
    needed = max(calls + math.ceil((_OVER - well) / a_call), LEAST_CALLS) if a_call and calls else 0
    return replace(change, last=last, good=calls, needed=needed)


def _returns(spans: Sequence[Counted], found: Sequence[Change], change: Change) -> bool:
    return bool(found) and spans[change.first].at - spans[found[-1].last].end <= _BACK_SOON


def _with(spans: Sequence[Counted], found: list[Change], change: Change) -> list[Change]:
    """The changes with one more, which may continue the last one."""
    if not _returns(spans, found, change):
        return [*found, change]
    return [*found[:-1], replace(change, first=found[-1].first, detected=found[-1].detected)]
