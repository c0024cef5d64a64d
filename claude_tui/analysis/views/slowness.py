"""What latency is usual and what is slow, for panel, verdict and alert rules alike."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from claude_tui.analysis.history.columns import MeasureColumn, length
from claude_tui.analysis.history.history import History
from claude_tui.analysis.history.statistics import nearest_rank
from claude_tui.analysis.options import Options

__all__ = [
    "LEAST_EXCESS_S",
    "LEAST_S",
    "SAMPLES",
    "SPAN",
    "SlowLimits",
    "Usual",
    "geometric_mean",
    "is_noticeable",
    "limits_at",
    "usual_at",
]

SPAN = timedelta(minutes=15)
"""The span that a panel shows, and that a baseline excludes: current latency must not count as usual."""

SAMPLES = 3
"""0.9% of healthy responses take over 2.2 times the median (simulator): three in a row are 1 in a million."""

# Nobody notices less than this, whatever the ratio: three times 50 ms is still fast.
LEAST_S, LEAST_EXCESS_S = 0.5, 0.3
# Each of the three must come this close to `bad_ratio`, as a single outlier could lift the mean: at the
# default of 3 that is 2.2 times the usual.
_EACH_OF_RATIO = 2.2 / 3.0
# How close to the limits in seconds, whose ratio to the usual is unknown.
_EACH_OF_LIMIT = 0.6
# A large model that always takes 4 s is not slow today: this multiple then replaces a limit in seconds.
_ALWAYS_SLOW = 1.5

# The time of a whole message depends on how much is generated, and nobody waits for a model list: for these,
# a multiple of the usual is only a warning.
_BY_RATIO = frozenset({"TTFT"})

_DAY = timedelta(days=1)
# With fewer samples the median is arbitrary.
_MIN_BASELINE = 10
# A baseline from less time may be the very incident that is being investigated.
_MIN_BASELINE_S = 900.0
# The fastest fifth of the responses, and the ratio of the median to it: 1.26 when healthy (simulator).
_QUICK, _QUICK_TO_MEDIAN = 0.2, 1.3
# Of 200 samples, 40 are in the fastest fifth, which keeps it stable; of fewer than 20, at most three.
_SAMPLED, _ENOUGH = 200, 20


@dataclass(frozen=True, slots=True)
class Usual:
    """How long responses usually take, and the period it was measured over."""

    seconds: float
    span: timedelta


@dataclass(frozen=True, slots=True)
class SlowLimits:
    """What the latencies of one measure are compared with; an unknown limit is infinite."""

    usual: Usual | None
    """How long responses usually take, None when unknown."""
    warn_s: float
    """A typical latency above this warns."""
    slow_s: float
    """A typical latency above this is slow."""
    each_s: float
    """Every response of a slow period takes longer than this."""

    def is_slow(self, newest: Sequence[float]) -> bool:
        """Whether the three newest responses are slow: their geometric mean is, and none of them was fast."""
        return len(newest) == SAMPLES and min(newest) > self.each_s and geometric_mean(newest) > self.slow_s


def limits_at(history: History, measure: str, at: datetime, options: Options) -> SlowLimits:
    """The limits of `TTFT`, `message` or `models`, for the model that answered last at `at`."""
    usual = usual_at(history, measure, at)
    base = usual.seconds if usual is not None else 0.0
    limit = {"TTFT": options.ttft_slow_s, "message": options.message_slow_s}.get(measure, math.inf)
    slow_s, each_s = max(limit, _ALWAYS_SLOW * base), max(_EACH_OF_LIMIT * limit, _ALWAYS_SLOW * base)
    if measure in _BY_RATIO and base:
        slow_s = min(slow_s, _multiple(base, options.bad_ratio))
        each_s = min(each_s, max(_EACH_OF_RATIO * options.bad_ratio, 1.0) * base)
    return SlowLimits(usual, _multiple(base, options.warn_ratio), slow_s, each_s)


def _multiple(base: float, ratio: float) -> float:
    return max(ratio * base, base + LEAST_EXCESS_S, LEAST_S) if base else math.inf


def is_noticeable(seconds: float, usual_s: float) -> bool:
    """Whether a user would notice the difference, whatever the ratio."""
    return seconds >= LEAST_S and seconds - usual_s >= LEAST_EXCESS_S


def geometric_mean(values: Sequence[float]) -> float:
    return math.exp(sum(math.log(max(value, 1e-6)) for value in values) / len(values))


def usual_at(history: History, measure: str, at: datetime) -> Usual | None:
    """The baseline; None with too little history, in which case only a limit in seconds is slow."""
    column, instant = history.measure(measure, at.timestamp()), at.timestamp()
    median = _median_of_day(column, instant)
    start, end = instant - _DAY.total_seconds(), instant - SPAN.total_seconds()
    part = slice(column.index_at(start), column.count_until(end))
    key = column.version, part, median
    return history.cached(("usual", measure), key, lambda: _baseline(column, part, median))


def _baseline(column: MeasureColumn, part: slice, median: Usual | None) -> Usual | None:
    """The median of a day, bounded so that it does not follow a slow period of several hours.

    The fastest fifth of the same responses does not change until four fifths are slow.
    """
    if median is None:
        return None
    earlier = column.values[part]
    quick = sorted(earlier[:: len(earlier) // _SAMPLED + 1])
    if len(quick) < _ENOUGH:
        return median
    return Usual(min(median.seconds, _QUICK_TO_MEDIAN * nearest_rank(quick, _QUICK)), median.span)


def _median_of_day(column: MeasureColumn, at: float) -> Usual | None:
    """The median of the previous day without the last 15 minutes.

    With too little history, the median of everything but the last minute. Edges are whole minutes, so the
    median is computed once a minute.
    """
    minute = at // 60 * 60
    for end in (minute - SPAN.total_seconds(), minute - 60):
        part = column.span(minute - _DAY.total_seconds(), end)
        if length(part) >= _MIN_BASELINE and end - column.at[part.start] >= _MIN_BASELINE_S:
            covered = timedelta(seconds=end - column.at[part.start])
            return Usual(column.median(part), _DAY if covered > _DAY - 2 * SPAN else covered)
    return None
