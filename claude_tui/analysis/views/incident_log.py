"""The events of an incident that every screen can show: verdicts, alerts, the page, people."""

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
    """The Snapshot with the open or proposed incident, with its log, and with past incidents."""
    if ended:
        snapshot = replace(snapshot, outlook=replace(snapshot.outlook, incidents=ended))
    if incident is None:
        return replace(snapshot, incident=None, incident_log=())
    # Newest first, as few records of a day are from after the start.
    recorded = takewhile(lambda event: event.at >= incident.started_at, snapshot.engine.recorded)
    observed = (event for event in snapshot.events if event.kind is EventKind.STATUS)
    log = incident_log((*recorded, *observed), incident, snapshot.at)
    return replace(snapshot, incident=incident, incident_log=log)


def incident_log(events: Iterable[Event], incident: IncidentSummary, at: datetime) -> tuple[Event, ...]:
    """The events, newest first, back to the first failure; at most the newest 80 of those after it."""
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
    """Whether an event belongs to the incident: anything in its time except acts on another incident."""
    return not event.subject.startswith(_LABEL_START) or event.subject == incident.label
