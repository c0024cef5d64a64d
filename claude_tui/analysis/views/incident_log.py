"""What happened in an incident, as far as every screen can show it: verdicts, alerts, the page, people."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from datetime import datetime
from itertools import takewhile

from claude_tui.model.incident import IncidentSummary
from claude_tui.model.outlook import PastIncident
from claude_tui.model.snapshot import Event, EventKind, Level, Snapshot

__all__ = ["incident_log", "with_incident"]

# More than the tallest panel shows.
_MOST = 80
_TOLD = frozenset({EventKind.VERDICT, EventKind.ALERT, EventKind.PERSON, EventKind.STATUS})
_LABEL_START = "INC-"


def with_incident(
    snapshot: Snapshot, incident: IncidentSummary | None, ended: tuple[PastIncident, ...] = ()
) -> Snapshot:
    """The Snapshot with the incident that is open or proposed, with its log, and with those that are over."""
    if ended:
        snapshot = replace(snapshot, outlook=replace(snapshot.outlook, incidents=ended))
    if incident is None:
        return replace(snapshot, incident=None, incident_log=())
    # Newest first: of a day of records, those since the start are few.
    recorded = takewhile(lambda event: event.at >= incident.started_at, snapshot.engine.recorded)
    observed = (event for event in snapshot.events if event.kind is EventKind.STATUS)
    log = incident_log((*recorded, *observed), incident, snapshot.at)
    return replace(snapshot, incident=incident, incident_log=log)


def incident_log(events: Iterable[Event], incident: IncidentSummary, at: datetime) -> tuple[Event, ...]:
    """Newest first, down to the first failure; at most the newest 80 of what followed it."""
    start = incident.started_at
    found = {
        event.key: event
        for event in events
        if event.kind in _TOLD and start <= event.at <= at and _is_about(event, incident)
    }
    newest = sorted(found.values(), key=lambda event: event.at, reverse=True)[:_MOST]
    if start > at:
        return tuple(newest)
    first = Event("first failure", start, EventKind.FAILURE, Level.BAD, "first failure", "")
    return (*newest, first)


def _is_about(event: Event, incident: IncidentSummary) -> bool:
    """Acts on another incident are not; everything else that happened meanwhile is."""
    return not event.subject.startswith(_LABEL_START) or event.subject == incident.label
