"""Hourly roll-ups: what was observed in an hour, in counts, microseconds and histograms.

An observation holds from its beginning until the next one of the same source, but no longer than until a
probe on schedule would end: after that, the state is unknown. Two failures of one kind at most an hour apart
leave no unknown time between them: a server that asks for a long wait must not look better for it.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from enum import StrEnum
from itertools import groupby
from typing import NamedTuple

from claude_tui.analysis.options import Options
from claude_tui.analysis.uptime.histogram import EMPTY, Histogram
from claude_tui.model.observation import REFUSALS, Outcome, Source

__all__ = [
    "DEFAULT_REACH",
    "HOUR",
    "LONGEST_WAIT",
    "HourRow",
    "Reach",
    "Sample",
    "State",
    "hour_of",
    "hour_rows",
    "reach_of",
    "state_of",
]

HOUR = 3600 * 1_000_000
"""An hour in microseconds."""
LONGEST_WAIT = HOUR
"""The longest time between two failures that leaves nothing unknown between them: the longest hold of a
probe."""

# Probes are jittered by a tenth and may start a tenth late; half an interval leaves room for both.
_LATE = 1.5

Reach = Mapping[Source, int]
"""How long an observation of each source holds after the answer, in microseconds."""


class State(StrEnum):
    """The state of the API for a while, according to one source. Any other time is unknown."""

    UP = "up"
    DOWN = "down"
    OURS = "ours"
    """It failed because of us: key, limit, request or network."""


_OURS = REFUSALS | {Outcome.NETWORK}


def state_of(outcome: Outcome) -> State:
    """The state that an outcome shows. A timeout counts against the provider."""
    if outcome is Outcome.OK:
        return State.UP
    return State.OURS if outcome in _OURS else State.DOWN


def reach_of(options: Options) -> Reach:
    """The reach of each source at the intervals of `options`."""
    return {source: round(options.interval_s(source) * _LATE * 1_000_000) for source in Source}


DEFAULT_REACH = reach_of(Options())


class Sample(NamedTuple):
    """What a roll-up needs from an observation. Instants are microseconds since 1970."""

    at: int
    source: Source
    model: str
    """"" for none."""
    outcome: Outcome
    error_type: str
    """"" for none."""
    first_token_s: float | None
    total_s: float | None


class HourRow(NamedTuple):
    """What one source and model returned in one hour with one outcome and error type."""

    hour: int
    """Hours since 1970."""
    source: Source
    model: str
    outcome: Outcome
    error_type: str
    observed: int
    """How many observations began in the hour."""
    micros: int
    """For how long of the hour they hold, in microseconds."""
    ttft: Histogram = EMPTY
    """Time to first token; successes only."""
    total: Histogram = EMPTY
    """The whole exchange; successes only."""


Key = tuple[Source, str, Outcome, str]


def hour_of(at: int) -> int:
    """The hour of an instant in microseconds."""
    return at // HOUR


def hour_rows(
    samples: Iterable[Sample],
    first: int,
    end: int,
    reach: Reach,
    *,
    until: int | None = None,
    latency_of: Collection[Source] = tuple(Source),
) -> list[HourRow]:
    """The rows of the hours from `first` on and before `end`.

    `samples` should begin with the last of each source before the first hour, and end with the first of each
    after the last hour. Nothing holds beyond the instant `until`. Only rows of the sources `latency_of` have
    latencies.
    """
    low, high = first * HOUR, end * HOUR
    ordered = sorted(samples, key=lambda sample: (sample.source, sample.at))
    micros: defaultdict[tuple[int, Key], int] = defaultdict(int)
    begun: defaultdict[tuple[int, Key], list[Sample]] = defaultdict(list)
    last = high if until is None else min(high, until)
    for _, group in groupby(ordered, key=lambda sample: sample.source):
        for sample, end in _stretches(list(group), reach):
            key, start, end = _key(sample), max(sample.at, low), min(end, last)
            if low <= sample.at < high:
                begun[hour_of(sample.at), key].append(sample)
            while start < end:
                hour = hour_of(start)
                part = min(end, (hour + 1) * HOUR)
                micros[hour, key] += part - start
                start = part
    return [
        _row(hour, key, begun[hour, key], micros[hour, key], latency_of)
        for hour, key in sorted(micros.keys() | begun.keys())
    ]


def _key(sample: Sample) -> Key:
    return sample.source, sample.model, sample.outcome, sample.error_type


def _row(
    hour: int, key: Key, begun: Sequence[Sample], micros: int, latency_of: Collection[Source]
) -> HourRow:
    source, model, outcome, error_type = key
    ttft = total = EMPTY
    if outcome is Outcome.OK and source in latency_of:
        ttft = Histogram.of(
            exchange.first_token_s for exchange in begun if exchange.first_token_s is not None
        )
        total = Histogram.of(exchange.total_s for exchange in begun if exchange.total_s is not None)
    return HourRow(hour, source, model, outcome, error_type, len(begun), micros, ttft, total)


def _stretches(samples: Sequence[Sample], reach: Reach) -> Iterator[tuple[Sample, int]]:
    """Each sample of a source in order, with the instant until which it holds."""
    for sample, after in zip(samples, [*samples[1:], None], strict=True):
        took = round(max(sample.total_s or 0.0, 0.0) * 1_000_000)
        end = sample.at + took + reach[sample.source]
        if after is not None and (after.at < end or _waited(sample, after)):
            end = after.at
        yield sample, end


def _waited(sample: Sample, after: Sample) -> bool:
    """Whether both failed in the same way, and at most the longest wait apart."""
    if sample.outcome is Outcome.OK or after.at - sample.at > LONGEST_WAIT:
        return False
    return state_of(sample.outcome) is state_of(after.outcome)
