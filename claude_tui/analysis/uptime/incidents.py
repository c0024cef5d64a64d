"""Incidents as a report needs them: title, span, severity, and the verdict in that time."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from claude_tui.model.incident import IncidentAct, IncidentEntry
from claude_tui.model.verdict import SEVERITIES, Cause, Severity, VerdictChange

__all__ = ["MARGIN", "Incident", "Span", "folded", "kept_spans"]

MARGIN = timedelta(minutes=30)
"""How much is kept before and after an incident, to show how it began and ended."""

_SEVERITIES = {severity.value: severity for severity in SEVERITIES}

Span = tuple[datetime, datetime | None]
"""Start and end; None for an incident that has not ended."""


@dataclass(frozen=True, slots=True)
class Incident:
    """One declared incident."""

    id: str
    title: str
    start: datetime
    end: datetime | None = None
    """None while it is open."""
    severity: Severity = Severity.NONE
    """The severity that was set last, or NONE."""
    cause: Cause | None = None
    """The cause that the verdict showed for longest; None if that is no longer known."""

    def length(self, at: datetime) -> timedelta:
        """How long it has lasted at an instant."""
        return (self.end or at) - self.start


def folded(
    acts: Iterable[IncidentEntry], verdicts: Sequence[VerdictChange], at: datetime
) -> tuple[Incident, ...]:
    """The incidents known at `at`, newest first, without dismissed and merged ones."""
    found: dict[str, Incident] = {}
    gone: set[str] = set()
    for act in acts:
        if act.at > at:
            continue
        if act.act is IncidentAct.DECLARED:
            found.setdefault(act.incident, Incident(act.incident, act.text, act.happened_at))
        elif act.incident in found:
            found[act.incident] = _after(found[act.incident], act)
        if act.act in (IncidentAct.MERGED, IncidentAct.DISMISSED):
            gone.add(act.incident)
        elif act.act is IncidentAct.REOPENED:
            gone.discard(act.incident)
    shown = (
        replace(incident, cause=_cause(incident, verdicts, at))
        for incident in found.values()
        if incident.id not in gone
    )
    return tuple(sorted(shown, key=lambda incident: incident.start, reverse=True))


def _after(incident: Incident, act: IncidentEntry) -> Incident:
    match act.act:
        case IncidentAct.RENAMED:
            return replace(incident, title=act.text)
        case IncidentAct.SEVERITY:
            return replace(incident, severity=_SEVERITIES.get(act.text, incident.severity))
        case IncidentAct.CORRECTED if act.subject == "started":
            return replace(incident, start=act.happened_at)
        case IncidentAct.RESOLVED | IncidentAct.MERGED:
            return replace(incident, end=max(act.happened_at, incident.start))
        case IncidentAct.REOPENED:
            return replace(incident, end=None)
    return incident


def _cause(incident: Incident, verdicts: Sequence[VerdictChange], at: datetime) -> Cause | None:
    """The problem that the verdict showed for longest between start and end."""
    end = incident.end or at
    lasted: dict[Cause, timedelta] = {}
    first = bisect_right(verdicts, incident.start, key=lambda change: change.at) - 1
    for index in range(max(first, 0), len(verdicts)):
        change = verdicts[index]
        if change.at >= end:
            break
        until = verdicts[index + 1].at if index + 1 < len(verdicts) else end
        overlap = min(until, end) - max(change.at, incident.start)
        if change.severity.trouble and overlap > timedelta():
            lasted[change.cause] = lasted.get(change.cause, timedelta()) + overlap
    return max(lasted, key=lambda cause: lasted[cause]) if lasted else None


def kept_spans(acts: Iterable[IncidentEntry]) -> list[Span]:
    """The spans of incidents, which pruning keeps: in order, not overlapping.

    If several starts or ends were recorded, the widest span counts.
    """
    spans: dict[str, tuple[datetime, datetime | None]] = {}
    for act in acts:
        match act.act:
            case IncidentAct.DECLARED:
                spans.setdefault(act.incident, (act.happened_at, None))
            case IncidentAct.CORRECTED if act.subject == "started" and act.incident in spans:
                start, end = spans[act.incident]
                spans[act.incident] = (min(start, act.happened_at), end)
            case IncidentAct.RESOLVED | IncidentAct.MERGED if act.incident in spans:
                start, end = spans[act.incident]
                spans[act.incident] = (start, max(end or start, act.happened_at))
            case IncidentAct.REOPENED if act.incident in spans:
                spans[act.incident] = (spans[act.incident][0], None)
    wide = [(_shifted(start, -MARGIN), end and _shifted(end, MARGIN)) for start, end in spans.values()]
    return _united(sorted(wide, key=lambda span: span[0]))


def _shifted(instant: datetime, by: timedelta) -> datetime:
    try:
        return instant + by
    except OverflowError:
        return instant


def _united(spans: Iterable[Span]) -> list[Span]:
    united: list[Span] = []
    for start, end in spans:
        if united and (united[-1][1] is None or start <= united[-1][1]):
            before_start, before_end = united.pop()
            end = None if before_end is None or end is None else max(before_end, end)
            start = before_start
        united.append((start, end))
    return united
