"""What was recorded besides observations, as of an instant: acts of people, alerts, conditions."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any, Generic

from claude_tui.engine.conditions import Conditions, decode_conditions
from claude_tui.engine.journal import MARKS_SPAN, MAX_VERDICTS, VERDICTS_SPAN, taken_of
from claude_tui.engine.table_follower import TableFollower
from claude_tui.model.alert import AlertsView
from claude_tui.model.past import MarkKind, TimelineMark
from claude_tui.store import (
    ACTION_REQUESTS,
    ALERT_ENTRIES,
    ALERTING_STATES,
    CONDITIONS_CHANGES,
    FIELD_REVISIONS,
    INCIDENT_ENTRIES,
    SEVERITY_MARKS,
    STEP_MARKS,
    VERDICT_CHANGES,
)
from claude_tui.store.entries import E

if TYPE_CHECKING:
    from claude_tui.model.conditions import AlertingState
    from claude_tui.model.incident import IncidentEntry
    from claude_tui.model.playbook import SeverityMark, StepMark
    from claude_tui.model.postmortem import FieldRevision
    from claude_tui.model.request import ActionRequest
    from claude_tui.model.verdict import VerdictChange
    from claude_tui.store import EntryTable, Store

__all__ = ["RecordReader", "Recorded"]

_AHEAD = timedelta(hours=6)
_UNKNOWN_ALERTS = AlertsView(problem="which alerts there were at that time is not recorded")
_EVENTS: tuple[EntryTable[Any], ...] = (
    VERDICT_CHANGES,
    STEP_MARKS,
    SEVERITY_MARKS,
    INCIDENT_ENTRIES,
    ALERT_ENTRIES,
    ACTION_REQUESTS,
)


@dataclass(frozen=True, slots=True)
class Recorded:
    """Everything that was recorded by an instant."""

    conditions: Conditions | None
    """The alerts; None if they are not recorded, as the store is older than that."""
    alerts: AlertsView
    verdicts: tuple[VerdictChange, ...]
    step_marks: tuple[StepMark, ...]
    severity_marks: tuple[SeverityMark, ...]
    incident_entries: tuple[IncidentEntry, ...]
    field_revisions: tuple[FieldRevision, ...]
    takes: tuple[ActionRequest, ...]


class _Recent(Generic[E]):
    """The entries of a table around an instant, read again when those in memory do not suffice."""

    def __init__(self, store: Store, table: EntryTable[E], back: timedelta) -> None:
        self._store = store
        self._table = table
        self._back = back
        self._low: datetime | None = None
        self._high: datetime | None = None
        self._entries: Sequence[E] = ()

    def until(self, at: datetime, now: datetime) -> tuple[E, ...]:
        """The entries up to and including `at`."""
        self._hold(at, at, now)
        return tuple(entry for entry in self._entries if at - self._back <= entry.at <= at)

    def between(self, start: datetime, end: datetime, now: datetime) -> list[E]:
        self._hold(start, end, now)
        return [entry for entry in self._entries if start <= entry.at <= end]

    def _hold(self, start: datetime, end: datetime, now: datetime) -> None:
        if self._is_held(start - self._back, end):
            return
        self._low = start - 2 * self._back
        # Entries recorded from now on must be read when they are needed.
        self._high = min(end + _AHEAD, now)
        self._entries = self._store.entries(self._table, self._low, end + _AHEAD)

    def _is_held(self, low: datetime, end: datetime) -> bool:
        return self._low is not None and self._high is not None and self._low <= low and end < self._high


class RecordReader:
    """Reads what was recorded by an instant; stepping needs few queries. For one thread at a time."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._verdicts = _Recent(store, VERDICT_CHANGES, VERDICTS_SPAN)
        self._steps = _Recent(store, STEP_MARKS, MARKS_SPAN)
        self._severities = _Recent(store, SEVERITY_MARKS, MARKS_SPAN)
        self._requests = _Recent(store, ACTION_REQUESTS, MARKS_SPAN)
        self._alert_entries = _Recent(store, ALERT_ENTRIES, VERDICTS_SPAN)
        self._incidents: TableFollower[IncidentEntry] = TableFollower(store, INCIDENT_ENTRIES)
        self._revisions: TableFollower[FieldRevision] = TableFollower(store, FIELD_REVISIONS)
        self._conditions: tuple[str, Conditions] | None = None
        self._alerts: tuple[AlertingState, AlertsView] | None = None

    def at(self, at: datetime, now: datetime) -> Recorded:
        """What was recorded by `at`. The record can be complete until `now`."""
        self._incidents.read()
        self._revisions.read()
        return Recorded(
            self.conditions(at),
            self._alerts_at(at),
            self._verdicts.until(at, now)[-MAX_VERDICTS:],
            self._steps.until(at, now),
            self._severities.until(at, now),
            tuple(entry for entry in self._incidents.entries if entry.at <= at),
            tuple(entry for entry in self._revisions.entries if entry.at <= at),
            taken_of(self._requests.until(at, now)),
        )

    def conditions(self, at: datetime) -> Conditions | None:
        change = self._store.entry_in_force(CONDITIONS_CHANGES, at)
        if change is None:
            return None
        if self._conditions is None or self._conditions[0] != change.body:
            self._conditions = change.body, decode_conditions(change.body)
        return self._conditions[1]

    def _alerts_at(self, at: datetime) -> AlertsView:
        state = self._store.entry_in_force(ALERTING_STATES, at)
        if state is None:
            return _UNKNOWN_ALERTS
        if self._alerts is None or self._alerts[0] != state:
            self._alerts = state, _view_of(state)
        return self._alerts[1]

    # -- where to go ---------------------------------------------------------------

    def event_near(self, at: datetime, *, later: bool) -> datetime | None:
        """The nearest verdict change, act of a person, alert or change of the page, before or after `at`."""
        found = (
            self._store.nearest(_EVENTS, at, later=later),
            self._store.nearest_report(at, later=later),
        )
        instants = [instant for instant in found if instant is not None]
        return (min if later else max)(instants) if instants else None

    def marks(self, start: datetime, end: datetime, now: datetime) -> tuple[TimelineMark, ...]:
        """What happened in a span, oldest first."""
        marks = [
            TimelineMark(
                verdict.at, MarkKind.VERDICT, verdict.severity.value if verdict.severity.trouble else ""
            )
            for verdict in self._verdicts.between(start, end, now)
        ]
        people: tuple[StepMark | SeverityMark | ActionRequest | IncidentEntry, ...] = (
            *self._steps.between(start, end, now),
            *self._severities.between(start, end, now),
            *taken_of(self._requests.between(start, end, now)),
            *(entry for entry in self._incidents.entries if start <= entry.at <= end),
        )
        marks += [TimelineMark(person.at, MarkKind.PERSON) for person in people]
        marks += [
            TimelineMark(entry.at, MarkKind.ALERT) for entry in self._alert_entries.between(start, end, now)
        ]
        marks += [
            TimelineMark(report.fetched_at, MarkKind.PAGE)
            for report in self._store.status_reports(start, end)
            if report.fetched_at >= start
        ]
        return tuple(sorted(marks, key=lambda mark: mark.at))


def _view_of(state: AlertingState) -> AlertsView:
    from claude_tui.alerting.ledger import decode
    from claude_tui.alerting.views import view_of

    try:
        return view_of(decode(state.body.encode("utf-8", "surrogatepass")))
    except ValueError as error:
        return AlertsView(problem=f"the alerts of that time cannot be read: {error}")
