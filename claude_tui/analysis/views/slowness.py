"""What is usual for a latency, and from where on it is slow: the same for panel, verdict and alert rules."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from claude_tui.analysis.history.columns import MeasureColumn, length
from claude_tui.analysis.history.history import History
from claude_tui.analysis.history.statistics import nearest_rank
from claude_tui.analysis.options import Options
from claude_tui.model.observation import Source

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
"""What a panel shows, and what a baseline leaves out, as what goes on now is not what is usual."""

SAMPLES = 3
"""Of healthy answers 0.9% take over 2.2 times the median (simulator): three in a row are 1 in a million."""

# Nobody notices less than this, whatever the ratio: three times 50 ms is still quick.
LEAST_S, LEAST_EXCESS_S = 0.5, 0.3
# Each of the three must come this near to `bad_ratio`, or one heavy-tailed answer lifts the mean of all: at
# the default of 3 that is 2.2 times the usual.
_EACH_OF_RATIO = 2.2 / 3.0
# The same for the limits in seconds, whose distance from the usual is not known.
_EACH_OF_LIMIT = 0.6
# A large model that always takes 4 s is not slow today: a limit in seconds then gives way to this multiple.
_ALWAYS_SLOW = 1.5

# How long a whole message takes depends on how much is generated, and nobody waits for a list of models:
# a multiple of the usual only warns there.
_BY_RATIO = frozenset({"TTFT"})

_DAY = timedelta(days=1)
# With fewer samples the median is whatever the first few happened to be.
_MIN_BASELINE = 10
# What was learnt in less time may be the very incident that somebody came to look at.
_MIN_BASELINE_S = 900.0
# Most incidents of slowness are over within an hour: a baseline of less history may be one of them.
_YOUNG_S = 3600.0
# The quick fifth of the answers, and the median against it: 1.26 for healthy first tokens (simulator).
_QUICK, _QUICK_TO_MEDIAN = 0.2, 1.3
# Of 200 samples, 40 are below the quick fifth, which keeps it steady; of fewer than 20, three at most.
_SAMPLED, _ENOUGH = 200, 20


@dataclass(frozen=True, slots=True)
class Usual:
    """How long answers usually take. `span` is what that was measured over, None where it is assumed."""

    seconds: float
    span: timedelta | None

    @property
    def assumed(self) -> bool:
        return self.span is None


@dataclass(frozen=True, slots=True)
class SlowLimits:
    """What the latencies of one measure are compared with; limits are infinite where none is known."""

    usual: Usual | None
    """How long answers usually take, None where nothing says."""
    warn_s: float
    """A typical latency above this warns."""
    slow_s: float
    """A typical latency above this is slow."""
    each_s: float
    """Every answer of a slowness takes longer than this."""

    def is_slow(self, newest: Sequence[float]) -> bool:
        """Whether the three newest answers are slow: their geometric mean is, and none of them was quick."""
        return len(newest) == SAMPLES and min(newest) > self.each_s and geometric_mean(newest) > self.slow_s


def limits_at(history: History, measure: str, at: datetime, options: Options) -> SlowLimits:
    """For `TTFT`, `message` or `models`, of the model that answered last at `at`."""
    usual = usual_at(history, measure, at, options)
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
    """Whether somebody feels the difference, whatever the ratio."""
    return seconds >= LEAST_S and seconds - usual_s >= LEAST_EXCESS_S


def geometric_mean(values: Sequence[float]) -> float:
    return math.exp(sum(math.log(max(value, 1e-6)) for value in values) / len(values))


def usual_at(history: History, measure: str, at: datetime, options: Options) -> Usual | None:
    """The baseline, or what is assumed while that is young.

    The first token of a small model then usually takes `usual_ttft_s` at most.
    """
    measured = _baseline(history.measure(measure, at.timestamp()), at.timestamp())
    young = measured is None or measured.span is None or measured.span.total_seconds() < _YOUNG_S
    if measure != "TTFT" or not young or not _asks_small_model(history, at):
        return measured
    assumed_s = options.thresholds.usual_ttft_s
    return measured if measured is not None and measured.seconds <= assumed_s else Usual(assumed_s, None)


def _asks_small_model(history: History, at: datetime) -> bool:
    newest = history.latest(Source.MESSAGES, at)
    return newest is not None and newest.model is not None and "haiku" in newest.model


def _baseline(column: MeasureColumn, at: float) -> Usual | None:
    """The median of a day, kept from following a slowness that goes on for hours.

    The quick fifth of the same answers stays what it was until four fifths are slow.
    """
    median = _median_of_day(column, at)
    if median is None:
        return None
    start, end = at - _DAY.total_seconds(), at - SPAN.total_seconds()
    earlier = column.values[column.index_at(start) : column.count_until(end)]
    quick = sorted(earlier[:: len(earlier) // _SAMPLED + 1])
    if len(quick) < _ENOUGH:
        return median
    return Usual(min(median.seconds, _QUICK_TO_MEDIAN * nearest_rank(quick, _QUICK)), median.span)


def _median_of_day(column: MeasureColumn, at: float) -> Usual | None:
    """The median of the previous day without the last 15 minutes.

    While there is too little of that, of what there is without the last minute. Edges lie on whole minutes,
    so the median of a day is computed once a minute.
    """
    minute = at // 60 * 60
    for end in (minute - SPAN.total_seconds(), minute - 60):
        part = column.span(minute - _DAY.total_seconds(), end)
        if length(part) >= _MIN_BASELINE and end - column.at[part.start] >= _MIN_BASELINE_S:
            covered = timedelta(seconds=end - column.at[part.start])
            return Usual(column.median(part), _DAY if covered > _DAY - 2 * SPAN else covered)
    return None
