"""Answers that come, but late: the server's slowness, or the network's."""

from __future__ import annotations

import math
from bisect import bisect_right
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from heapq import nlargest

from claude_tui.analysis.history.columns import MeasureColumn
from claude_tui.analysis.history.history import History
from claude_tui.analysis.history.statistics import median, nearest_rank
from claude_tui.analysis.options import Options, Thresholds
from claude_tui.analysis.views.latency import SPAN, baseline
from claude_tui.model.format import latency
from claude_tui.model.observation import Observation, Source, Timings

__all__ = [
    "LongTail",
    "Slow",
    "long_tail",
    "slow_first_token",
    "slow_opening",
    "slow_suspected",
    "slow_to_end",
    "usual_ttft_s",
]

SAMPLES = 3
# Every one of the samples must exceed the usual by this, as one heavy-tailed value among three is chance.
EACH_RATIO = 2.2
# With so many in a row the distribution's tail is no explanation any more.
CERTAIN = 5
TAIL_SHARE = 0.01
# Nobody feels less than this, whatever the ratio.
LEAST_S, LEAST_EXCESS_S = 0.5, 0.3
# A baseline of less history may be slow itself.
YOUNG_S = 3600.0
LOOKED_BACK = 3000
LONGEST_PAUSE_S = 1800.0
OPENING_SLOW_S = 1.0
OPENING_SUSPECT_S = 0.3
NETWORK_EXCESS_S = 0.5
NETWORK_PART = 0.6
_OPENINGS = 60
# The fifth that is quickest, and what the median is to it in the usual spread of latencies.
QUICK, QUICK_TO_MEDIAN = 0.2, 1.3
_SAMPLED, _ENOUGH = 200, 20
DAY_S = 86_400.0


@dataclass(frozen=True, slots=True)
class Slow:
    """A slowness that goes on. Instants in POSIX seconds; `usual_s` is None where none is known.

    `assumed` says that it is what small models take, as nothing was measured before. `now_s` is the geometric
    mean of the last three. `network` says what the network has to do with it,
    `server` what shows that it is the server; either may be empty.
    """

    now_s: float
    usual_s: float | None
    since: float
    known_at: float
    network: str = ""
    server: str = ""
    assumed: bool = False

    @property
    def ratio(self) -> float | None:
        return self.now_s / self.usual_s if self.usual_s else None


def usual_ttft_s(history: History, at: datetime, model: str | None, thresholds: Thresholds) -> float | None:
    """The baseline; while it is young, at most what small models take everywhere."""
    usual, span = _usual(history.measure("TTFT", at.timestamp()), at.timestamp())
    young = span is None or span.total_seconds() < YOUNG_S
    if not young or model is None or "haiku" not in model:
        return usual
    return min(usual, thresholds.usual_ttft_s) if usual is not None else thresholds.usual_ttft_s


def _usual(column: MeasureColumn, at: float) -> tuple[float | None, timedelta | None]:
    """The baseline, kept from following a slowness that goes on for hours.

    The quick fifth of the same answers stays what it was until four fifths are slow.
    """
    base, span = baseline(column, at)
    if base is None:
        return None, None
    earlier = column.values[column.index_at(at - DAY_S) : column.count_until(at - SPAN.total_seconds())]
    quick = sorted(earlier[:: len(earlier) // _SAMPLED + 1])
    if len(quick) < _ENOUGH:
        return base, span
    return min(base, QUICK_TO_MEDIAN * nearest_rank(quick, QUICK)), span


def slow_first_token(
    history: History, at: datetime, options: Options, thresholds: Thresholds, model: str | None
) -> Slow | None:
    """More than `bad_ratio` times the usual TTFT, or more than `ttft_slow_s`; None when it is neither."""
    column = history.measure("TTFT", at.timestamp())
    usual = usual_ttft_s(history, at, model, thresholds)
    each = _suspect_s(usual, options)

    def enough(typical: float) -> bool:
        if typical < LEAST_S or typical - (usual or 0.0) < LEAST_EXCESS_S:
            return False
        by_ratio = usual is not None and typical > options.bad_ratio * usual
        return by_ratio or typical > max(options.ttft_slow_s, 1.5 * (usual or 0.0))

    found = _going_on(column, at.timestamp(), each, enough, usual)
    if found is None:
        return None
    assumed = usual is not None and _usual(column, at.timestamp())[0] is None
    return _told_apart(history, at, replace(found, assumed=assumed))


def slow_suspected(
    history: History, at: datetime, options: Options, thresholds: Thresholds, model: str | None
) -> bool:
    """Whether first tokens come late enough to look again: the middle one of the last three is slow."""
    last = history.measure("TTFT", at.timestamp()).values[-SAMPLES:]
    usual = usual_ttft_s(history, at, model, thresholds)
    return len(last) == SAMPLES and median(sorted(last)) > _suspect_s(usual, options)


def _suspect_s(usual: float | None, options: Options) -> float:
    """What every answer of a slowness exceeds."""
    by_ratio = EACH_RATIO * usual if usual else math.inf
    return min(by_ratio, max(0.6 * options.ttft_slow_s, 1.5 * (usual or 0)))


def slow_to_end(history: History, at: datetime, options: Options) -> Slow | None:
    """A few tokens take longer than `message_slow_s`, and longer than usual."""
    column = history.measure("message", at.timestamp())
    usual, _ = _usual(column, at.timestamp())
    limit = max(options.message_slow_s, 1.5 * (usual or 0.0))
    return _going_on(column, at.timestamp(), 0.6 * limit, lambda typical: typical > limit, usual)


def _going_on(
    column: MeasureColumn, at: float, each: float, enough: Callable[[float], bool], usual: float | None
) -> Slow | None:
    """The slowness that began with three slow ones and has not ended with three that are not."""
    end = column.count_until(at)
    start = _since_last_calm(column, end, each)
    values, instants = column.values[start:end], column.at[start:end]
    tail: float | None = None
    for index in range(SAMPLES, len(values) + 1):
        three = values[index - SAMPLES : index]
        if min(three) <= each or not enough(_geometric_mean(three)):
            continue
        if not _certain(values, index, each):
            tail = _tail_before(column, start) if tail is None else tail
            if min(three) <= tail:
                continue
        known_at = instants[index - 1] + three[-1]
        return Slow(_geometric_mean(values[-SAMPLES:]), usual, instants[index - SAMPLES], known_at)
    return None


def _since_last_calm(column: MeasureColumn, end: int, each: float) -> int:
    """The place after the last three in a row that were not slow, or after a long pause."""
    calm = 0
    for index in range(end - 1, max(end - LOOKED_BACK, 0) - 1, -1):
        calm = calm + 1 if column.values[index] <= each else 0
        if calm == SAMPLES:
            return index + SAMPLES
        if index and column.at[index] - column.at[index - 1] > LONGEST_PAUSE_S:
            return index
    return max(end - LOOKED_BACK, 0)


def _certain(values: Sequence[float], index: int, each: float) -> bool:
    run = values[max(index - CERTAIN, 0) : index]
    return len(run) == CERTAIN and min(run) > each


def _tail_before(column: MeasureColumn, end: int) -> float:
    """What 1% of the figures before place `end` exceed; 0 with too few of them to have a tail."""
    rank = int(end * TAIL_SHARE)
    return nlargest(rank + 1, column.values[:end])[-1] if rank else 0.0


def _geometric_mean(values: Sequence[float]) -> float:
    return math.exp(sum(math.log(max(value, 1e-6)) for value in values) / len(values))


# -- the network's part ----------------------------------------------------------------


def _told_apart(history: History, at: datetime, slow: Slow) -> Slow:
    opening = _slow_opening(history, at, slow.since, OPENING_SUSPECT_S)
    network, server = (opening, "") if opening else _by_server_time(history, at)
    return replace(slow, network=network, server=server)


def slow_opening(history: History, at: datetime) -> Slow | None:
    """New connections take long while nothing else may be wrong."""
    items = history.exchanges(Source.MODELS).items
    end = items.count_until(at.timestamp())
    seen = items.values[max(end - SAMPLES, 0) : end]
    if len(seen) < SAMPLES or not all(_opens_late(one) for one in seen):
        return None
    first = _first_late(items.values, end)
    third = items.values[first + SAMPLES - 1]
    since = items.at[first]
    words = _slow_opening(history, at, since, OPENING_SLOW_S)
    known_at = third.at.timestamp() + (third.timings.total or 0.0)
    spent = [_opening_s(one.timings) for one in seen]
    return Slow(_geometric_mean(spent), None, since, known_at, words) if words else None


def _opens_late(seen: Observation) -> bool:
    return not seen.failed and _opening_s(seen.timings) > OPENING_SLOW_S


def _first_late(seen: Sequence[Observation], end: int) -> int:
    """The place of the first three that opened late in a row, back over all but three that did not."""
    late = calm = 0
    first = end - SAMPLES
    for index in range(end - 1, max(end - LOOKED_BACK, 0) - 1, -1):
        late, calm = (late + 1, 0) if _opens_late(seen[index]) else (0, calm + 1)
        if calm == SAMPLES:
            break
        if late >= SAMPLES:
            first = index
    return first


def _slow_opening(history: History, at: datetime, since: float, least_s: float) -> str:
    """Words on how long opening a connection takes, when that is more than usual; else none."""
    items = history.exchanges(Source.MODELS).items
    end, before = items.count_until(at.timestamp()), items.index_at(since)
    now = [_opening_s(one.timings) for one in items.values[max(before, end - SAMPLES) : end]]
    usual = [_opening_s(one.timings) for one in items.values[max(0, before - _OPENINGS) : before]]
    if len(now) < SAMPLES:
        return ""
    typical, base = median(sorted(now)), median(sorted(usual)) if len(usual) >= SAMPLES else 0.0
    if typical - base < least_s or typical <= 3 * base:
        return ""
    ratio = f", {typical / base:.0f}× usual" if base else ""
    return f"opening a connection takes {latency(typical)}{ratio}"


def _opening_s(timings: Timings) -> float:
    return (timings.dns or 0.0) + (timings.connect or 0.0) + (timings.tls or 0.0)


def _by_server_time(history: History, at: datetime) -> tuple[str, str]:
    """What the server's own account of its time says of the newest messages: (network, server)."""
    items = history.exchanges(Source.MESSAGES).items
    newest = items.values[
        max(0, items.count_until(at.timestamp()) - 2 * SAMPLES) : items.count_until(at.timestamp())
    ]
    pairs = [pair for one in newest if (pair := _server_and_rest(one)) is not None][-SAMPLES:]
    if len(pairs) < SAMPLES:
        return "", ""
    server, rest = (median(sorted(values)) for values in zip(*pairs, strict=True))
    whole = server + rest
    if rest > NETWORK_EXCESS_S and rest > NETWORK_PART * whole:
        return f"{latency(rest)} of {latency(whole)} pass on the way, not at the server", ""
    if server > NETWORK_PART * whole:
        return "", f"The server itself takes {latency(server)} of {latency(whole)}"
    return "", ""


def _server_and_rest(seen: Observation) -> tuple[float, float] | None:
    first_byte = seen.timings.first_byte
    if seen.failed or seen.server_s is None or first_byte is None or seen.server_s > first_byte:
        return None
    return seen.server_s, first_byte - seen.server_s


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
