"""Events that are not in the observations: verdict changes, alerts, and what people did."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable, Iterator
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, NamedTuple, TypeVar

from claude_tui.engine.table_follower import TableFollower
from claude_tui.model.alert import AlertEntry, AlertsView, EntryKind, NotificationKind
from claude_tui.model.incident import IncidentEntry
from claude_tui.model.playbook import SeverityMark, StepMark, StepState
from claude_tui.model.postmortem import FieldRevision
from claude_tui.model.request import ActionRequest, RequestedAction
from claude_tui.model.snapshot import Event, EventKind, Level
from claude_tui.model.verdict import SEVERITIES, Cause, Verdict, VerdictChange
from claude_tui.store import ACTION_REQUESTS, FIELD_REVISIONS, INCIDENT_ENTRIES

if TYPE_CHECKING:
    from claude_tui.store import Store

__all__ = [
    "MARKS_SPAN",
    "MAX_VERDICTS",
    "VERDICTS_SPAN",
    "Journal",
    "JournalReading",
    "recorded_events",
    "taken_of",
]

Mark = TypeVar("Mark", StepMark, SeverityMark)

# How far back marks are read: a playbook run ends after quiet hours, but incidents may last days.
MARKS_SPAN = timedelta(days=7)
VERDICTS_SPAN = timedelta(days=1)
# More than anybody reads, even if a verdict flaps.
MAX_VERDICTS = 1000
MAX_INCIDENTS = 20
NEWLINE = "\n"
# An unknown verdict is an event only after this time; before that, the program may just have started.
_UNKNOWN_RECORDED_AFTER = timedelta(minutes=2)

_LEVELS = {severity: Level.BAD if severity.grave else Level.WARN for severity in SEVERITIES}
_STATES = {
    StepState.OPEN: "open again",
    StepState.DONE: "done",
    StepState.SKIPPED: "skipped",
    StepState.NOT_APPLICABLE: "not applicable",
}


class JournalReading(NamedTuple):
    """What was read from the store."""

    verdicts: tuple[VerdictChange, ...] | None
    """The changes of the last day; None if they were not requested."""
    steps: list[StepMark]
    """The steps that were marked recently."""
    severities: list[SeverityMark]
    """The severities that people set recently."""
    own: tuple[int, int]
    """How many marks of either kind had been made here when it was read."""
    is_new: bool
    """Whether there is anything but verdict changes that the journal does not have."""


class Journal:
    """Stores verdict changes and marks, and presents them as Events.

    Used in the engine's thread only, except for `load` before the start.
    """

    def __init__(self, store: Store) -> None:
        self._store = store
        self._verdicts: tuple[VerdictChange, ...] = ()
        self._unknown_since: datetime | None = None
        self._own_steps: tuple[StepMark, ...] = ()
        self._own_severities: tuple[SeverityMark, ...] = ()
        self.step_marks: tuple[StepMark, ...] = ()
        self.severity_marks: tuple[SeverityMark, ...] = ()
        self._incidents = TableFollower(store, INCIDENT_ENTRIES)
        self._revisions = TableFollower(store, FIELD_REVISIONS)
        self._requests = TableFollower(store, ACTION_REQUESTS)
        self._takes_of: tuple[ActionRequest, ...] = ()
        self._takes: tuple[ActionRequest, ...] = ()
        self._events_of: tuple[object, ...] = ()
        self._events: tuple[Event, ...] = ()

    def load(self, now: datetime) -> None:
        """Loads the last days from the store. Fast: only a few rows."""
        self.take(self.read(now, verdicts=True))

    @property
    def takes(self) -> tuple[ActionRequest, ...]:
        """Who took on the problem of a verdict, oldest first; the same tuple until somebody else does."""
        if self._requests.entries is not self._takes_of:
            self._takes_of = self._requests.entries
            takes = taken_of(self._takes_of)
            if takes != self._takes:
                self._takes = takes
        return self._takes

    @property
    def incident_entries(self) -> tuple[IncidentEntry, ...]:
        """Everything recorded about incidents, in the order of recording."""
        return self._incidents.entries

    @property
    def field_revisions(self) -> tuple[FieldRevision, ...]:
        """Everything written into postmortems, in the order of writing."""
        return self._revisions.entries

    async def follow(self, now: datetime) -> None:
        """Reads everything that other processes may have added."""
        self.take(await asyncio.to_thread(self.read, now, verdicts=True))

    def read(self, now: datetime, *, verdicts: bool) -> JournalReading:
        """Reads what other processes may have added, in any thread; `verdicts` says whether also verdicts."""
        own_steps, own_severities = self._own_steps, self._own_severities
        since = now - MARKS_SPAN
        changes = self._read_verdicts(now) if verdicts else None
        steps, severities = self._store.step_marks(since), self._store.severity_marks(since)
        added = [followed.read() for followed in (self._incidents, self._revisions, self._requests)]
        is_new = (
            any(added)
            or _once(*steps, *own_steps) != self.step_marks
            or _once(*severities, *own_severities) != self.severity_marks
        )
        return JournalReading(changes, steps, severities, (len(own_steps), len(own_severities)), is_new)

    def take(self, reading: JournalReading) -> None:
        """Takes over what `read` has returned."""
        if reading.verdicts is not None:
            self._verdicts = reading.verdicts
        # Marks made while the store was read must not vanish from the screen for a second.
        steps, severities = reading.own
        self._own_steps, self._own_severities = self._own_steps[steps:], self._own_severities[severities:]
        self.step_marks = _once(*reading.steps, *self._own_steps)
        self.severity_marks = _once(*reading.severities, *self._own_severities)

    def _read_verdicts(self, now: datetime) -> tuple[VerdictChange, ...]:
        return tuple(self._store.verdict_changes(now - VERDICTS_SPAN)[-MAX_VERDICTS:])

    def step_marked(self, mark: StepMark) -> None:
        """Adds a mark made here at once, without waiting for the store."""
        self._own_steps = (*self._own_steps, mark)
        self.step_marks = _once(*self.step_marks, mark)

    def severity_marked(self, mark: SeverityMark) -> None:
        """Adds a severity set here at once, without waiting for the store."""
        self._own_severities = (*self._own_severities, mark)
        self.severity_marks = _once(*self.severity_marks, mark)

    def requested(self, request: ActionRequest) -> None:
        """Adds a request made here at once, without waiting for the store."""
        self._requests.add(request)

    def appended(self, entry: IncidentEntry | FieldRevision) -> None:
        """Adds an entry made here at once, without waiting for the store."""
        if isinstance(entry, IncidentEntry):
            self._incidents.add(entry)
        else:
            self._revisions.add(entry)

    def append(self, entry: IncidentEntry) -> None:
        """Stores an act of the program on an incident, and shows it at once."""
        self._store.write(entry)
        self.appended(entry)

    @property
    def verdicts(self) -> tuple[VerdictChange, ...]:
        """The changes of the last day, oldest first."""
        return self._verdicts

    def is_new(self, verdict: Verdict, at: datetime) -> bool:
        """Whether `note_verdict` would record it."""
        last = self._verdicts[-1] if self._verdicts else None
        if verdict.cause is Cause.UNKNOWN:
            lasted = at - (self._unknown_since or at)
            if last is None or lasted < _UNKNOWN_RECORDED_AFTER:
                return False
        return last is None or (last.cause, last.severity) != (verdict.cause, verdict.severity)

    def note_verdict(self, verdict: Verdict, at: datetime) -> None:
        """Records the verdict if it has changed. A short unknown verdict is not a change."""
        is_new = self.is_new(verdict, at)
        self._unknown_since = (self._unknown_since or at) if verdict.cause is Cause.UNKNOWN else None
        if not is_new:
            return
        change = VerdictChange(at, verdict.cause, verdict.side, verdict.severity, verdict.summary)
        recent = [reported for reported in self._verdicts if reported.at > at - VERDICTS_SPAN]
        self._verdicts = (*recent[1 - MAX_VERDICTS :], change)
        self._store.write(change)

    def events(self, alerts: AlertsView) -> tuple[Event, ...]:
        """All events, newest first; the same tuple until there is a new one."""
        acts = self.incident_entries
        events_of = (
            self._verdicts,
            self.step_marks,
            self.severity_marks,
            alerts.journal,
            acts,
            self.takes,
        )
        if events_of != self._events_of:
            self._events_of = events_of
            self._events = recorded_events(*events_of)
        return self._events


def recorded_events(
    verdicts: Iterable[VerdictChange],
    steps: Iterable[StepMark],
    severities: Iterable[SeverityMark],
    alerts: Iterable[AlertEntry],
    acts: tuple[IncidentEntry, ...],
    takes: Iterable[ActionRequest] = (),
) -> tuple[Event, ...]:
    """Everything in the journal as events, newest first."""
    found = [
        *_changes(verdicts),
        *_alerted(alerts),
        *_marked(steps, severities),
        *_taken(takes),
        *_acted(acts),
    ]
    return tuple(sorted(found, key=lambda event: event.at, reverse=True))


def _changes(verdicts: Iterable[VerdictChange]) -> Iterator[Event]:
    for verdict in verdicts:
        badge = f"{verdict.severity} " if verdict.severity.trouble else ""
        level = _LEVELS.get(verdict.severity, Level.UNKNOWN if verdict.cause is Cause.UNKNOWN else Level.OK)
        key = f"verdict:{verdict.at.isoformat()}"
        yield Event(key, verdict.at, EventKind.VERDICT, level, "verdict", f"{badge}{verdict.text}")


def _marked(steps: Iterable[StepMark], severities: Iterable[SeverityMark]) -> Iterator[Event]:
    for step in steps:
        what = f"{step.step} {_STATES[step.state]}" if step.step else "restarted"
        note = f": {step.note}" if step.note else ""
        key = f"step:{step.at.isoformat()}:{step.playbook}:{step.step}:{step.by}"
        text = f"{step.playbook}: {what}, {step.by}{note}"
        if step.step and step.title:
            text = f"“{step.title}” {_STATES[step.state]}, {step.by}{note}"
        yield Event(key, step.at, EventKind.PERSON, Level.INFO, "playbook", text)
    for mark in severities:
        why = f": {mark.why}" if mark.why else ""
        key = f"severity:{mark.at.isoformat()}:{mark.by}"
        text = f"{mark.severity} set by {mark.by}{why}"
        yield Event(key, mark.at, EventKind.PERSON, Level.INFO, "severity", text)


def taken_of(requests: Iterable[ActionRequest]) -> tuple[ActionRequest, ...]:
    """The requests by which somebody took on a problem, oldest first."""
    return tuple(
        sorted(
            (request for request in requests if request.action is RequestedAction.TAKE),
            key=lambda request: request.at,
        )
    )


def _taken(takes: Iterable[ActionRequest]) -> Iterator[Event]:
    for take in takes:
        why = f": {take.text}" if take.text else ""
        who = f"{take.by}@{take.host}" if take.host else take.by
        text = f"{who} has it{why}"
        yield Event(f"take:{take.id}", take.at, EventKind.PERSON, Level.INFO, "verdict", text)


def _acted(entries: tuple[IncidentEntry, ...]) -> tuple[Event, ...]:
    """The acts on the newest incidents, at the time at which they were recorded."""
    if not entries:
        return ()
    # Imported only now, as the first frame must be quick.
    from claude_tui.incident import entries_of_acts, incidents

    found: dict[str, Event] = {}
    for incident in incidents(entries)[-MAX_INCIDENTS:]:
        for act in entries_of_acts(incident.entries, incident):
            text = f"{act.author}: {act.text.partition(NEWLINE)[0]}"
            found[act.key] = Event(
                act.key,
                act.recorded_at,
                EventKind.PERSON,
                Level.INFO,
                incident.label,
                text,
                detail=act.text,
            )
    return tuple(found.values())


def _once(*marks: Mark) -> tuple[Mark, ...]:
    """Each mark once, in chronological order."""
    return tuple(sorted(dict.fromkeys(marks), key=lambda mark: mark.at))


def _alerted(entries: Iterable[AlertEntry]) -> Iterator[Event]:
    for entry in entries:
        if entry.kind is EntryKind.DELIVERED:
            # Sending is an event already; the arrival is in the incident's timeline.
            continue
        yield Event(
            entry.key,
            entry.at,
            EventKind.ALERT,
            _alert_level(entry),
            "alert",
            entry.text,
            detail=entry.subject,
        )


def _alert_level(entry: AlertEntry) -> Level:
    match entry.kind:
        case EntryKind.PAGE if entry.page is NotificationKind.RESOLVED:
            return Level.OK
        case EntryKind.PAGE:
            return _LEVELS.get(entry.severity, Level.WARN)
        case EntryKind.DELIVERY_FAILED:
            return Level.WARN
        case EntryKind.DELIVERY_WORKS:
            return Level.OK
    return Level.INFO
