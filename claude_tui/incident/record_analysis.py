"""What is known about a span of time, and what is not."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import datetime, timedelta
from itertools import pairwise

from claude_tui.analysis.history.history import API_SOURCES
from claude_tui.analysis.history.streaks import SETTLED
from claude_tui.incident.values import Incident, Record, Span
from claude_tui.model.observation import Observation, Source
from claude_tui.model.verdict import Cause, Severity, VerdictChange

__all__ = [
    "api_exchanges",
    "end_of",
    "gaps",
    "recovered_at",
    "recovery",
    "request_ids",
    "unknown_spans",
    "verdict_spans",
]

_PROBES_ARE_FINE = frozenset({Cause.HEALTHY, Cause.PROVIDER_NOTICE})
_BETWEEN = 50
"""How many request ids are listed besides the first and the last."""


def end_of(record: Record, incident: Incident) -> datetime:
    """The resolution, or the instant of the record while the incident is open; never before the start."""
    end = min(incident.resolved_at or record.span.end, record.span.end)
    return max(end, incident.started_at)


def api_exchanges(record: Record, start: datetime, end: datetime) -> tuple[Observation, ...]:
    """The exchanges with the API that began between start and end, both included."""
    return tuple(
        observation
        for observation in record.observations
        if observation.source in API_SOURCES and start <= observation.at <= end
    )


def gaps(record: Record, start: datetime, end: datetime) -> Iterator[Span]:
    """The spans in which nobody probed.

    An exchange covers as much time as the analysis considers it current.
    """
    options = record.options
    holds = timedelta(seconds=max(options.stale_after_s(source) for source in API_SOURCES))
    known = [exchange.at for exchange in api_exchanges(record, start - holds, end)]
    # Nothing is known before the first exchange; after the last one, only as long as its result is valid.
    covered_until = start
    for at in known:
        if at > covered_until:
            yield Span(covered_until, at)
        covered_until = max(covered_until, at + holds)
    if end > covered_until:
        yield Span(covered_until, end)


def verdict_spans(
    record: Record, start: datetime, end: datetime
) -> Iterator[tuple[VerdictChange | None, Span]]:
    """The verdict in force from start to end, span by span; None before the first known one."""
    changes = [change for change in record.verdict_changes if change.at <= end]
    edges: list[tuple[VerdictChange | None, datetime]] = [
        (None, start),
        *((change, max(change.at, start)) for change in changes),
        (None, end),
    ]
    for (change, since), (_, until) in pairwise(edges):
        if until > since:
            yield change, Span(since, until)


def unknown_spans(record: Record, start: datetime, end: datetime) -> tuple[Span, ...]:
    """The spans in which nobody probed, or the probes were inconclusive."""
    untold = (
        span
        for change, span in verdict_spans(record, start, end)
        if change is not None and change.cause is Cause.UNKNOWN and change.severity is Severity.NONE
    )
    return tuple(_united([*gaps(record, start, end), *untold]))


def _united(spans: Iterable[Span]) -> Iterator[Span]:
    """The same time as spans that do not touch, oldest first."""
    current: Span | None = None
    for span in sorted(spans, key=lambda one: one.start):
        if current is None or span.start > current.end:
            if current is not None:
                yield current
            current = span
        elif span.end > current.end:
            current = Span(current.start, span.end)
    if current is not None:
        yield current


def recovery(record: Record, start: datetime, end: datetime) -> Observation | None:
    """The first exchange of the run of successes that lasts at the end; None while there is none.

    The verdict decides, as a few failures may be chance; if it saw no problem, three successes in a row
    do.
    """
    spans = list(verdict_spans(record, start, end))
    last = spans[-1][0] if spans else None
    if last is not None and (last.severity.grave or last.cause is Cause.UNKNOWN):
        return None
    in_trouble = any(change is not None and change.severity.trouble for change, _ in spans)
    if last is None or not in_trouble or last.cause not in _PROBES_ARE_FINE:
        return _run(record, start, end)
    calm_since = end
    for change, span in reversed(spans):
        if change is None or change.cause not in _PROBES_ARE_FINE:
            break
        calm_since = span.start
    return _first_success(record, start, calm_since)


def _first_success(record: Record, start: datetime, calm_since: datetime) -> Observation | None:
    """The first success after the last failure before the verdict became healthy."""
    recovered: list[Observation] = []
    for source in API_SOURCES:
        ours = [
            observation
            for observation in record.observations
            if observation.source is source and observation.at >= start
        ]
        failures = [exchange.at for exchange in ours if exchange.failed and exchange.at <= calm_since]
        if failures:
            recovered += [
                exchange for exchange in ours if exchange.at > failures[-1] and not exchange.failed
            ][:1]
    return max(recovered, key=lambda exchange: exchange.at, default=None)


def _run(record: Record, start: datetime, end: datetime) -> Observation | None:
    runs = [run for source in API_SOURCES if (run := _run_of(record, source, start, end)) is not None]
    if not runs or any(not run for run in runs):
        return None
    return max((run[0] for run in runs), key=lambda exchange: exchange.at)


def _run_of(record: Record, source: Source, start: datetime, end: datetime) -> list[Observation] | None:
    """The successes since the last failure; empty for fewer than three, None without a failure."""
    ours = [exchange for exchange in api_exchanges(record, start, end) if exchange.source is source]
    last = next((index for index in range(len(ours) - 1, -1, -1) if ours[index].failed), None)
    if last is None:
        return None
    run = ours[last + 1 :]
    return run if len(run) >= SETTLED else []


def recovered_at(record: Record, incident: Incident) -> datetime | None:
    """The start of the run of successes that lasts at the end of the incident, or else of the record.

    None while it fails, or while that is unknown. Somebody may have resolved the incident before the verdict
    did.
    """
    start = incident.started_at
    found = recovery(record, start, end_of(record, incident)) or recovery(record, start, record.span.end)
    return found.at if found is not None else None


def request_ids(observations: Iterable[Observation]) -> tuple[str, ...]:
    """Each id once: the first, the last, and up to 50 spread evenly between them."""
    ids = tuple(
        dict.fromkeys(observation.request_id for observation in observations if observation.request_id)
    )
    if len(ids) <= _BETWEEN + 2:
        return ids
    step = (len(ids) - 1) / (_BETWEEN + 1)
    return tuple(ids[round(number * step)] for number in range(_BETWEEN + 2))
