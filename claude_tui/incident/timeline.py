"""The timeline of an incident: what happened, from everything that was recorded."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import replace
from datetime import datetime, timedelta

from claude_tui.incident.acts import entries_of_acts
from claude_tui.incident.failures import failures, model_or_source
from claude_tui.incident.figures import detected_at
from claude_tui.incident.page import page_changes
from claude_tui.incident.record_analysis import end_of, recovered_at, unknown_spans
from claude_tui.incident.values import Incident, Record, TimelineEntry, TimelineKind
from claude_tui.incident.walks import walks
from claude_tui.model.alert import AlertEntry, EntryKind, NotificationKind
from claude_tui.model.format import duration
from claude_tui.model.incident import IncidentAct, IncidentEntry
from claude_tui.model.playbook import StepMark, StepState
from claude_tui.model.request import RequestedAction
from claude_tui.model.snapshot import Level
from claude_tui.model.text import inert
from claude_tui.model.verdict import Severity, VerdictChange

__all__ = ["step_of", "timeline"]

_ORDER = tuple(TimelineKind)
_LONGEST_TITLE = 120
# The figures count shorter gaps as well; in the timeline they would be clutter.
_BRIEF = timedelta(seconds=10)
_STEP_KEY = "step:"
_STEPS = {
    StepState.OPEN: "open again",
    StepState.DONE: "done",
    StepState.SKIPPED: "skipped",
    StepState.NOT_APPLICABLE: "not applicable",
}


def timeline(record: Record, incident: Incident) -> tuple[TimelineEntry, ...]:
    """Everything that happened, oldest first; failures of one kind are folded into one entry.

    Pins and corrections are applied, by the entries of the incident.
    """
    acts = [entry for entry in incident.entries if entry.at <= record.span.end]
    found = [*_measured(record, incident), *_responded(record, incident), *entries_of_acts(acts, incident)]
    once = {entry.key: entry for entry in found}
    pinned, corrected = _pins(acts), _corrections(acts)
    finished = (
        _corrected(replace(entry, pinned=entry.key in pinned), corrected.get(entry.key, ()))
        for entry in once.values()
    )
    return tuple(sorted(finished, key=lambda entry: (entry.happened_at, _ORDER.index(entry.kind), entry.key)))


def _pins(acts: Iterable[IncidentEntry]) -> frozenset[str]:
    """The keys of the pinned entries; the newest act on each counts."""
    newest = {act.subject: act.act for act in acts if act.act in (IncidentAct.PINNED, IncidentAct.UNPINNED)}
    return frozenset(key for key, act in newest.items() if act is IncidentAct.PINNED)


def _corrections(acts: Iterable[IncidentEntry]) -> dict[str, tuple[IncidentEntry, ...]]:
    found: dict[str, tuple[IncidentEntry, ...]] = {}
    for act in acts:
        if act.act is IncidentAct.CORRECTED:
            found[act.subject] = (*found.get(act.subject, ()), act)
    return found


def _corrected(entry: TimelineEntry, corrections: tuple[IncidentEntry, ...]) -> TimelineEntry:
    """Text and time as last corrected; previous versions are kept."""
    if not corrections:
        return entry
    last = corrections[-1]
    text = next((correction.text for correction in reversed(corrections) if correction.text), entry.text)
    return replace(
        entry, text=text, happened_at=last.happened_at, corrections=corrections, original=entry.text
    )


# -- what was measured -------------------------------------------------------------------


def _measured(record: Record, incident: Incident) -> Iterator[TimelineEntry]:
    start, end = incident.started_at, end_of(record, incident)
    yield from failures(record, start, end)
    yield from _verdicts(record, incident)
    for span in unknown_spans(record, start, end):
        if span.length < _BRIEF:
            continue
        text = f"nobody probed for {duration(span.length)}: unknown"
        key = f"unknown:{span.start.isoformat()}"
        yield TimelineEntry(
            key, span.start, span.start, TimelineKind.UNKNOWN, text, Level.UNKNOWN, last_at=span.end
        )
    yield from _page(record, start)
    recovered = recovered_at(record, incident)
    if recovered is not None:
        first = next(
            observation
            for observation in record.observations
            if observation.at == recovered and not observation.failed
        )
        yield TimelineEntry(
            "recovered",
            recovered,
            recovered,
            TimelineKind.RECOVERED,
            f"{model_or_source(first)} answers again",
            Level.OK,
            observations=(first,),
            request_ids=(first.request_id,) if first.request_id else (),
        )


def _verdicts(record: Record, incident: Incident) -> Iterator[TimelineEntry]:
    detected = detected_at(record, incident)
    before: VerdictChange | None = None
    for change in record.verdict_changes:
        if change.at >= incident.started_at:
            kind = _kind(before, change, detected)
            badge = f"{change.severity} " if change.severity.trouble else ""
            key = f"verdict:{change.at.isoformat()}"
            yield TimelineEntry(key, change.at, change.at, kind, f"{badge}{change.text}", _level(change))
        before = change


def _kind(before: VerdictChange | None, change: VerdictChange, detected: datetime | None) -> TimelineKind:
    if change.at == detected:
        return TimelineKind.DETECTED
    same = before is not None and before.cause is change.cause
    return TimelineKind.SEVERITY if same else TimelineKind.VERDICT


def _level(change: VerdictChange) -> Level:
    if change.severity.trouble:
        return Level.BAD if change.severity.grave else Level.WARN
    return Level.UNKNOWN if change.cause.value == "unknown" else Level.OK


def _page(record: Record, start: datetime) -> Iterator[TimelineEntry]:
    for change in page_changes(record):
        if change.read_at >= start:
            words = f": “{_first_line(change.words)}”" if change.words else ""
            yield TimelineEntry(
                change.key,
                change.posted_at,
                change.read_at,
                TimelineKind.STATUS_PAGE,
                f"{change.text}{words}",
                change.level,
                detail=change.words,
            )


def step_of(key: str) -> str | None:
    """Which step of which playbook an entry with that key is about; None for anything else."""
    if not key.startswith(_STEP_KEY):
        return None
    _, playbook, step, _ = key.split("|", 3)
    return f"{playbook}.{step}" if step else None


def _of_playbook(mark: StepMark) -> str:
    """What was done; steps recorded without a title are named by their ids."""
    title = inert(mark.title, _LONGEST_TITLE)
    if not mark.step:
        return f"playbook {f'“{title}”' if title else mark.playbook}: restarted"
    if not title:
        return f"playbook {mark.playbook}: {mark.step} {_STEPS[mark.state]}"
    return f"“{title}” {_STEPS[mark.state]}"


def _first_line(text: str) -> str:
    return text.strip().partition("\n")[0]


# -- what alerts and people did ------------------------------------------------------------


def _responded(record: Record, incident: Incident) -> Iterator[TimelineEntry]:
    start, end = incident.started_at, record.span.end
    for alert in record.alert_entries:
        if start <= alert.at <= end:
            yield _alert(alert)
    for step in record.step_marks:
        if start <= step.at <= end:
            note = f": {step.note}" if step.note else ""
            key = f"{_STEP_KEY}{step.at.isoformat()}|{step.playbook}|{step.step}|{step.by}"
            text = f"{_of_playbook(step)}{note}"
            yield _by_person(key, step.at, TimelineKind.RUNBOOK, text, step.by, step.host)
    yield from walks(turn for turn in record.walk_turns if start <= turn.at <= end)
    for mark in record.severity_marks:
        if start <= mark.at <= end:
            why = f": {mark.why}" if mark.why else ""
            instead = f" instead of {mark.instead_of}" if mark.instead_of is not Severity.NONE else ""
            key = f"severity:{mark.at.isoformat()}:{mark.by}"
            text = f"{mark.severity}{instead}{why}"
            yield _by_person(key, mark.at, TimelineKind.SEVERITY, text, mark.by, mark.host)
    for request in record.requests:
        if start <= request.at <= end and request.action in _REQUESTS:
            kind, text = _REQUESTS[request.action]
            why = f": {request.text}" if request.text else ""
            yield _by_person(
                f"request:{request.id}", request.at, kind, f"{text}{why}", request.by, request.host
            )


_REQUESTS = {
    RequestedAction.PROBE: (TimelineKind.PROBED, "probed everything by hand"),
    RequestedAction.TAKE: (TimelineKind.ACKNOWLEDGED, "has it"),
}
"""The other requests are reported by the alerts that they changed."""


def _by_person(
    key: str, at: datetime, kind: TimelineKind, text: str, author: str, host: str
) -> TimelineEntry:
    return TimelineEntry(key, at, at, kind, text, author=author, host=host)


def _alert(alert: AlertEntry) -> TimelineEntry:
    kind, level = _alert_kind(alert)
    # The author has a column of its own.
    text = alert.text.replace(f" by {alert.by}", "", 1) if alert.by else alert.text
    routes = f"paged {', '.join(alert.routes)}: " if alert.routes and kind is TimelineKind.PAGED else ""
    return TimelineEntry(
        # Alerting numbers its entries anew after its state was lost, so the instant distinguishes them.
        f"{alert.key}:{alert.at.isoformat()}",
        alert.at,
        alert.at,
        kind,
        f"{routes}{text}",
        level,
        author=alert.by,
        detail=alert.subject,
    )


def _alert_kind(alert: AlertEntry) -> tuple[TimelineKind, Level]:
    match alert.kind:
        case EntryKind.PAGE:
            over = alert.page is NotificationKind.RESOLVED
            return TimelineKind.PAGED, Level.OK if over else Level.WARN
        case EntryKind.DELIVERY_FAILED:
            return TimelineKind.DELIVERY, Level.WARN
        case EntryKind.DELIVERED | EntryKind.DELIVERY_WORKS:
            return TimelineKind.DELIVERY, Level.OK
    return TimelineKind.ACKNOWLEDGED, Level.INFO
