"""Slow responses, and whether the server or the network is slow."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from heapq import nlargest

from claude_tui.analysis.diagnosis.rate import successes_to_recover
from claude_tui.analysis.history.columns import MeasureColumn
from claude_tui.analysis.history.history import History
from claude_tui.analysis.history.statistics import median
from claude_tui.analysis.options import Options, Thresholds
from claude_tui.analysis.views.slowness import (
    SAMPLES,
    SPAN,
    SlowLimits,
    geometric_mean,
    limits_at,
)
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
]

# Five in a row are not a tail: even if one response in fifty is that slow, the probability is 3 in 10^9.
CERTAIN = 5
# The severity table uses p99: the slowest 1% are the tail of the distribution.
TAIL_SHARE = 0.01
# A day at the default pace of one message in 30 s is 2,880 messages. Older slow responses are ignored.
LOOKED_BACK = 3000
# After sixty default intervals without a response, it is unknown whether responses were slow in between.
LONGEST_PAUSE_S = 1800.0
# A lost SYN is sent again after 1 s (RFC 6298), so slower than this is a network that loses packets.
OPENING_SLOW_S = 1.0
# While first tokens are slow, less than that is suspicious already: healthy connections open in 0.05 s
# (simulator).
OPENING_SUSPECT_S = 0.3
# A round trip to the other side of the Earth takes 0.2 s in fibre: half a second is not just distance.
NETWORK_EXCESS_S = 0.5
# The side that takes clearly more than half of the time is at fault; between 40% and 60%, neither is.
NETWORK_PART = 0.6
# Requests without inference take a tenth as long as messages; if all take about as long, the network is slow.
EVERYWHERE_PART = 0.5
# A quarter of an hour of new connections at the default pace of one in 15 s.
_OPENINGS = 60
# The span kept in memory, which limits how far back a tail can be followed.
DAY_S = 86_400.0


@dataclass(frozen=True, slots=True)
class Slow:
    """A slow period that has not ended. Instants are POSIX seconds."""

    now_s: float
    """The geometric mean of the last three responses."""
    usual_s: float | None
    """How long responses usually take; None if unknown."""
    since: float
    """When the first slow response was requested."""
    known_at: float
    """When there were enough slow responses to be sure."""
    network: str = ""
    """What shows that the network is slow; may be empty."""
    server: str = ""
    """What shows that the server is slow; may be empty."""

    @property
    def ratio(self) -> float | None:
        return self.now_s / self.usual_s if self.usual_s else None


def slow_first_token(history: History, at: datetime, options: Options) -> Slow | None:
    """Slow first tokens, and whether the network or the server takes the time."""
    found = _current_slowness(history, "TTFT", at, options)
    return _with_culprit(history, at, found, options) if found is not None else None


def slow_suspected(history: History, at: datetime, options: Options) -> bool:
    """Whether the median of the last three first tokens is slow enough to probe again."""
    last = history.measure("TTFT", at.timestamp()).values[-SAMPLES:]
    limits = limits_at(history, "TTFT", at, options)
    return len(last) == SAMPLES and median(sorted(last)) > limits.each_s


def slow_to_end(history: History, at: datetime, options: Options) -> Slow | None:
    """Whole messages of a few tokens that take long, although their first token may be fast."""
    return _current_slowness(history, "message", at, options)


def _current_slowness(history: History, measure: str, at: datetime, options: Options) -> Slow | None:
    """The current slow period, which three slow responses begin and three normal ones end."""
    column, limits = history.measure(measure, at.timestamp()), limits_at(history, measure, at, options)
    end = column.count_until(at.timestamp())
    start = _since_last_normal(column, end, limits.each_s)
    index = _confirmed(column, start, end, limits)
    if index is None:
        return None
    usual = limits.usual
    return Slow(
        now_s=geometric_mean(column.values[end - SAMPLES : end]),
        usual_s=usual.seconds if usual is not None else None,
        since=column.at[index - SAMPLES],
        known_at=column.at[index - 1] + column.values[index - 1],
    )


def _confirmed(column: MeasureColumn, start: int, end: int, limits: SlowLimits) -> int | None:
    """The index after the three responses that confirm a slow period, between `start` and `end`."""
    tail: float | None = None
    for index in range(start + SAMPLES, end + 1):
        newest = column.values[index - SAMPLES : index]
        if not limits.is_slow(newest):
            continue
        run = column.values[max(index - CERTAIN, start) : index]
        if len(run) == CERTAIN and min(run) > limits.each_s:
            return index
        tail = _tail_before(column, start) if tail is None else tail
        if min(newest) > tail:
            return index
    return None


def _since_last_normal(column: MeasureColumn, end: int, normal_s: float) -> int:
    """The index after the last three normal responses in a row, or after a long pause."""
    calm = 0
    for index in range(end - 1, max(end - LOOKED_BACK, 0) - 1, -1):
        calm = calm + 1 if column.values[index] <= normal_s else 0
        if calm == SAMPLES:
            return index + SAMPLES
        if index and column.at[index] - column.at[index - 1] > LONGEST_PAUSE_S:
            return index
    return max(end - LOOKED_BACK, 0)


def _tail_before(column: MeasureColumn, end: int) -> float:
    """The value that 1% of the figures before index `end` exceed; 0 if there are too few."""
    rank = int(end * TAIL_SHARE)
    return nlargest(rank + 1, column.values[:end])[-1] if rank else 0.0


# -- the network's part ----------------------------------------------------------------


def _with_culprit(history: History, at: datetime, slow: Slow, options: Options) -> Slow:
    """The slow period, with what shows whether the network or the server takes the time."""
    opening = _slow_opening(history, at, slow.since, OPENING_SUSPECT_S, options)
    network, server = (opening, "") if opening else _by_server_time(history, at)
    if not network and not server:
        network = _slow_everywhere(history, at, slow, options)
    return replace(slow, network=network, server=server)


def slow_opening(history: History, at: datetime, options: Options) -> Slow | None:
    """Slow opening of new connections, even if nothing else is wrong."""
    items = history.exchanges(Source.MODELS).items
    end = items.count_until(at.timestamp())
    newest = items.values[max(end - SAMPLES, 0) : end]
    if len(newest) < SAMPLES or not all(_opens_late(one) for one in newest):
        return None
    first = _first_late(items.values, end)
    third = items.values[first + SAMPLES - 1]
    since = items.at[first]
    words = _slow_opening(history, at, since, OPENING_SLOW_S, options)
    known_at = third.at.timestamp() + (third.timings.total or 0.0)
    spent = [_opening_s(one.timings) for one in newest]
    return Slow(geometric_mean(spent), None, since, known_at, words) if words else None


def _opens_late(observation: Observation) -> bool:
    return not observation.failed and _opening_s(observation.timings) > OPENING_SLOW_S


def _first_late(observations: Sequence[Observation], end: int) -> int:
    """The index of the first of three slow new connections in a row, after the last three normal ones."""
    late = calm = 0
    first = end - SAMPLES
    for index in range(end - 1, max(end - LOOKED_BACK, 0) - 1, -1):
        late, calm = (late + 1, 0) if _opens_late(observations[index]) else (0, calm + 1)
        if calm == SAMPLES:
            break
        if late >= SAMPLES:
            first = index
    return first


def _slow_opening(history: History, at: datetime, since: float, least_s: float, options: Options) -> str:
    """How long opening a connection takes, in words; empty if that is not slow."""
    items = history.exchanges(Source.MODELS).items
    end, before = items.count_until(at.timestamp()), items.index_at(since)
    now = [_opening_s(one.timings) for one in items.values[max(before, end - SAMPLES) : end]]
    usual = [_opening_s(one.timings) for one in items.values[max(0, before - _OPENINGS) : before]]
    if len(now) < SAMPLES:
        return ""
    typical, base = median(sorted(now)), median(sorted(usual)) if len(usual) >= SAMPLES else 0.0
    if typical - base < least_s or typical <= options.bad_ratio * base:
        return ""
    ratio = f", {typical / base:.0f}× usual" if base else ""
    return f"opening a connection takes {latency(typical)}{ratio}"


def _slow_everywhere(history: History, at: datetime, slow: Slow, options: Options) -> str:
    """How long the list of models and the status page, which is elsewhere, take; empty if one is fast."""
    took = {
        name: _took_since(history, source, at, slow.since - options.interval_s(source))
        for name, source in (("models", Source.MODELS), ("the status page", Source.STATUS))
    }
    least = max(NETWORK_EXCESS_S, EVERYWHERE_PART * slow.now_s)
    if not all(least < seconds for seconds in took.values()):
        return ""
    words = ", ".join(f"{name} {latency(seconds)}" for name, seconds in took.items())
    return f"everything takes long, not only messages: {words}"


def _took_since(history: History, source: Source, at: datetime, since: float) -> float:
    """The median of the newest exchanges since `since`; 0 without any."""
    items = history.exchanges(source).items
    end = items.count_until(at.timestamp())
    took = [
        one.timings.total or 0.0
        for one in items.values[max(end - SAMPLES, 0) : end]
        if one.at.timestamp() >= since and not one.failed
    ]
    return median(sorted(took)) if took else 0.0


def _opening_s(timings: Timings) -> float:
    return (timings.dns or 0.0) + (timings.connect or 0.0) + (timings.tls or 0.0)


def _by_server_time(history: History, at: datetime) -> tuple[str, str]:
    """What the server's reported time says about the newest messages: (network, server)."""
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


def _server_and_rest(observation: Observation) -> tuple[float, float] | None:
    first_byte, server_s = observation.timings.first_byte, observation.server_s
    if observation.failed or server_s is None or first_byte is None or server_s > first_byte:
        return None
    return server_s, first_byte - server_s


# -- a few responses that take very long -------------------------------------------------


# One or two long responses in thirty may be chance, as with errors.
LEAST = 3
SPAN_S = SPAN.total_seconds()


@dataclass(frozen=True, slots=True)
class LongTail:
    """Messages of the last 15 minutes that took very long. Instants are POSIX seconds."""

    long: int
    """How many took longer than `tail_s`."""
    total: int
    """Of how many messages."""
    since: float
    """When the first message of the current tail was sent."""
    known_at: float
    """When there were enough of them to be a tail."""


def long_tail(history: History, at: datetime, thresholds: Thresholds) -> LongTail | None:
    """The messages that took longer than `tail_s` in the 15 minutes before the newest; None below 1% or 3.

    The tail ends as soon as a run of fast messages is improbable at its share.
    """
    column = history.measure("message", at.timestamp())
    asked = history.exchanges(Source.MESSAGES).items
    last = asked.count_until(at.timestamp())
    instant = asked.at[last - 1] if last else at.timestamp()
    values = column.between(instant - SPAN_S, instant)
    long = sum(value > thresholds.tail_s for value in values)
    if not _is_tail(long, len(values)) or _is_over(values, thresholds.tail_s):
        return None
    since, known_at = _beginning(column, instant, thresholds.tail_s)
    return LongTail(long, len(values), since, known_at)


def _is_over(values: Sequence[float], tail_s: float) -> bool:
    """Whether enough messages since the last long one were fast for the tail to have ended."""
    places = [place for place, value in enumerate(values) if value > tail_s]
    counted = places[-1] + 1 - places[0]
    return len(values) - places[-1] - 1 >= successes_to_recover(len(places), counted)


def _is_tail(long: int, total: int) -> bool:
    return long >= LEAST and long > TAIL_SHARE * total


def _beginning(column: MeasureColumn, instant: float, tail_s: float) -> tuple[float, float]:
    """When the first long message of the tail was sent, and when the tail was known.

    A tail goes back to the last 15 minutes without one.
    """
    indexes = range(column.index_at(instant - DAY_S), column.count_until(instant))
    long = [index for index in indexes if column.values[index] > tail_s]
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
