"""The computed figures of an incident."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from datetime import datetime, timedelta

from claude_tui.analysis.history.failure_kinds import failure_name
from claude_tui.incident.page import first_report
from claude_tui.incident.record_analysis import (
    api_exchanges,
    end_of,
    recovered_at,
    request_ids,
    unknown_spans,
    verdict_spans,
)
from claude_tui.incident.traffic_impact import impact_of
from claude_tui.incident.values import ErrorClass, Figures, Incident, Record, Span
from claude_tui.model.alert import AlertEntry, EntryKind
from claude_tui.model.observation import Observation, Source
from claude_tui.model.request import ActionRequest, RequestedAction
from claude_tui.model.verdict import Severity

__all__ = ["detected_at", "figures"]


def figures(record: Record, incident: Incident) -> Figures:
    """The figures of an incident, as of the end of the record."""
    start, end = incident.started_at, end_of(record, incident)
    exchanges = api_exchanges(record, start, end)
    failures = tuple(exchange for exchange in exchanges if exchange.failed)
    worst = max((exchange for exchange in exchanges if not exchange.failed), key=_seconds, default=None)
    # An acknowledgement after the recovery, but before its end is recorded, counts.
    acknowledgement = _acknowledgement(record, start, max(end, incident.resolved_recorded_at or end))
    posted = first_report(record, start, end)
    unknown = unknown_spans(record, start, end)
    return Figures(
        started=start,
        end=end,
        ongoing=incident.is_open,
        declared=incident.declared_at,
        detected=detected_at(record, incident),
        acknowledged=acknowledgement.at if acknowledgement is not None else None,
        acknowledged_by=acknowledgement.by if acknowledgement is not None else "",
        mitigated=incident.mitigated_at,
        recovered=recovered_at(record, incident),
        resolved=incident.resolved_at,
        page_posted=posted,
        detection_lead=posted - start if posted is not None else None,
        page_read=posted is not None or _is_page_read(record, start, end),
        per_severity=_per_severity(record, Span(start, end), unknown),
        requests=len(exchanges),
        failed=len(failures),
        errors=_errors(failures),
        worst=worst,
        worst_s=_seconds(worst) if worst is not None else None,
        request_ids=request_ids(failures),
        unknown=unknown,
        traffic=impact_of(record.traffic),
    )


def _is_page_read(record: Record, start: datetime, end: datetime) -> bool:
    # A reading that equals the one before it is recorded as an observation only.
    readings = [
        observation
        for observation in record.observations
        if observation.source is Source.STATUS and start <= observation.at <= end
    ]
    if not readings:
        return any(status.known for status in record.statuses)
    return any(not reading.failed for reading in readings)


def detected_at(record: Record, incident: Incident) -> datetime | None:
    """The first verdict of a problem since the start, unless somebody corrected it.

    The start, if the verdict saw a problem already.
    """
    if incident.detected_at is not None:
        return incident.detected_at
    spans = verdict_spans(record, incident.started_at, end_of(record, incident))
    return next(
        (span.start for change, span in spans if change is not None and change.severity.trouble), None
    )


def _acknowledgement(record: Record, start: datetime, end: datetime) -> AlertEntry | ActionRequest | None:
    """The first acknowledgement: of an alert, or of the verdict before there was an alert."""
    found: list[AlertEntry | ActionRequest] = [
        *(entry for entry in record.alert_entries if entry.kind is EntryKind.ACKNOWLEDGED),
        *(request for request in record.requests if request.action is RequestedAction.TAKE),
    ]
    return min(
        (act for act in found if start <= act.at <= end),
        key=lambda act: act.at,
        default=None,
    )


def _seconds(observation: Observation) -> float:
    """Time to first token, or total time if that was not measured; 0 if neither was."""
    timings = observation.timings
    return timings.first_token or timings.total or 0.0


def _per_severity(
    record: Record, whole: Span, unknown: Iterable[Span]
) -> tuple[tuple[Severity, timedelta], ...]:
    lengths: dict[Severity, timedelta] = defaultdict(timedelta)
    for change, span in verdict_spans(record, whole.start, whole.end):
        severity = change.severity if change is not None else Severity.NONE
        known = span.length - sum((_overlap(span, gap) for gap in unknown), timedelta())
        lengths[severity] += known
    return tuple((level, lengths[level]) for level in Severity if lengths[level])


def _overlap(one: Span, other: Span) -> timedelta:
    return max(min(one.end, other.end) - max(one.start, other.start), timedelta())


def _errors(failures: Iterable[Observation]) -> tuple[ErrorClass, ...]:
    found: dict[str, list[datetime]] = defaultdict(list)
    for failure in failures:
        found[failure_name(failure)].append(failure.at)
    classes = (ErrorClass(name, len(at), at[0], at[-1]) for name, at in found.items())
    return tuple(sorted(classes, key=lambda error: (-error.count, error.first_at)))
