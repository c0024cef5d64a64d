"""The report on the past: uptime over spans, days and hours of the week, latency, failures, incidents.

Everything is computed from hours: a span is this many full hours and the one that has begun.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from claude_tui.analysis.uptime.columns import Failure, HourColumns, Latency, Service, columns_of
from claude_tui.analysis.uptime.incidents import Incident, folded
from claude_tui.analysis.uptime.record import LONGEST, Record
from claude_tui.analysis.uptime.tally import Tally
from claude_tui.model.format import plain

__all__ = [
    "SPANS",
    "FailureCount",
    "Period",
    "Report",
    "SpanUptime",
    "build_report",
    "by_outcome",
    "utc",
]

SPANS = (
    timedelta(hours=24),
    timedelta(days=7),
    timedelta(days=30),
    timedelta(days=60),
    LONGEST,
)
"""The spans of an uptime table."""
_BY_THE_HOUR = timedelta(hours=48)
_HOUR = timedelta(hours=1)

Zone = Callable[[datetime], datetime]
"""An instant in the time zone of the reader."""


def utc(instant: datetime) -> datetime:
    return instant


@dataclass(frozen=True, slots=True)
class SpanUptime:
    """Each service over one span."""

    span: timedelta
    start: datetime
    tallies: dict[Service, Tally]


@dataclass(frozen=True, slots=True)
class FailureCount:
    """How many messages failed in one way."""

    outcome: str
    error_type: str
    """"" for none."""
    count: int


def by_outcome(failures: Iterable[FailureCount]) -> list[tuple[str, int]]:
    """The outcomes in words with their counts, most frequent first."""
    counts: Counter[str] = Counter()
    for failure in failures:
        counts[plain(failure.outcome)] += failure.count
    return sorted(counts.items(), key=lambda item: (-item[1], item[0]))


@dataclass(frozen=True, slots=True)
class Period:
    """A day, or an hour of a short span, in the time zone of the reader."""

    start: datetime
    tallies: dict[Service, Tally]
    latency: Latency
    failures: tuple[FailureCount, ...]
    """Most frequent first."""


@dataclass(frozen=True, slots=True)
class Report:
    """The report on one span."""

    at: datetime
    span: timedelta
    start: datetime
    spans: tuple[SpanUptime, ...]
    """The table over SPANS, whatever the span of the report."""
    of_span: SpanUptime
    """The table of the report's own span."""
    by_the_hour: bool
    """Whether `periods` are hours and not days."""
    periods: tuple[Period, ...]
    """The days or hours, oldest first. The first and the last may be incomplete."""
    week: tuple[tuple[Tally, ...], ...]
    """Messages by weekday (Monday first) and hour of the day."""
    latency: Latency
    failures: tuple[FailureCount, ...]
    incidents: tuple[Incident, ...]
    """The incidents that overlap the span, newest first."""
    first_at: datetime | None
    """The first hour with any observation; None if the record has none."""


def build_report(record: Record, span: timedelta, ours: Sequence[str], zone: Zone = utc) -> Report:
    """The report on the last `span` before the record's instant, in full hours.

    `ours` are the components of the status page that we use.
    """
    hours = max(span // _HOUR, 1)
    columns = columns_of(record, max(hours, LONGEST // _HOUR), ours)
    part = slice(len(columns) - 1 - hours, len(columns))
    start = columns.start_of(part.start)
    local = [zone(columns.start_of(index)) for index in range(part.start, part.stop)]
    by_the_hour = span <= _BY_THE_HOUR
    of_span = _span(columns, hours)
    spans = (_span(columns, length // _HOUR) for length in SPANS)
    incidents = folded(record.acts, record.verdicts, record.at)
    return Report(
        at=record.at,
        span=span,
        start=start,
        spans=tuple(spans),
        of_span=of_span,
        by_the_hour=by_the_hour,
        periods=tuple(_periods(columns, part.start, local, by_the_hour=by_the_hour)),
        week=_week(columns, part.start, local),
        latency=columns.latency(part),
        failures=_failures(columns, part),
        incidents=tuple(incident for incident in incidents if incident.end is None or incident.end >= start),
        first_at=columns.start_of(record.rows[0].hour - columns.first) if record.rows else None,
    )


def _span(columns: HourColumns, hours: int) -> SpanUptime:
    part = slice(len(columns) - 1 - hours, len(columns))
    tallies = {service: columns.tally(service, part) for service in Service}
    return SpanUptime(timedelta(hours=hours), columns.start_of(part.start), tallies)


def _periods(
    columns: HourColumns, first: int, local: Sequence[datetime], *, by_the_hour: bool
) -> list[Period]:
    """The slices of the days, which begin at the first hour whose start has a new local date."""
    starts = [
        index
        for index, instant in enumerate(local)
        if by_the_hour or not index or instant.date() != local[index - 1].date()
    ]
    found = []
    for number, start in enumerate(starts):
        end = starts[number + 1] if number + 1 < len(starts) else len(local)
        part = slice(first + start, first + end)
        tallies = {service: columns.tally(service, part) for service in Service}
        found.append(Period(local[start], tallies, columns.latency(part), _failures(columns, part)))
    return found


def _week(columns: HourColumns, first: int, local: Sequence[datetime]) -> tuple[tuple[Tally, ...], ...]:
    indices: list[list[list[int]]] = [[[] for _ in range(24)] for _ in range(7)]
    for index, instant in enumerate(local):
        indices[instant.weekday()][instant.hour].append(first + index)
    return tuple(tuple(columns.tally(Service.API, index) for index in day) for day in indices)


def _failures(columns: HourColumns, part: slice) -> tuple[FailureCount, ...]:
    return tuple(
        _failure_count(failure, count)
        for failure, count in sorted(columns.failed(part).items(), key=lambda item: (-item[1], item[0]))
    )


def _failure_count(failure: Failure, count: int) -> FailureCount:
    outcome, error_type = failure
    return FailureCount(outcome.value, error_type, count)
