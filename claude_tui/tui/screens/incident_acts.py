"""The dialogs of an incident: each asks for what somebody does to it, and appends that for everyone."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import UTC, datetime, timedelta, tzinfo
from typing import TYPE_CHECKING
from uuid import uuid4

from claude_tui.incident import CORRECTABLE, MAX_TITLE, Incident, TimelineEntry, time_in
from claude_tui.model.format import clock, moment, stamp
from claude_tui.model.incident import IncidentAct, IncidentEntry, IncidentSummary
from claude_tui.model.limits import MAX_NAME
from claude_tui.model.text import Redactor
from claude_tui.model.verdict import SEVERITIES, Severity
from claude_tui.tui.panels.verdict_zoom import MEANINGS
from claude_tui.tui.screens.dialog import Answers, Choice, DialogScreen, Question, TextField
from claude_tui.tui.screens.dialog_fields import (
    entered_name,
    name_field,
    paragraph,
    reason_field,
    reason_of,
    refuse,
    tell,
)

if TYPE_CHECKING:
    from claude_tui.tui.cockpit import Cockpit

__all__ = [
    "append",
    "ask_correction",
    "ask_declaration",
    "ask_merge",
    "ask_mitigated",
    "ask_note",
    "ask_reopen",
    "ask_resolve",
    "ask_roles",
    "ask_severity",
    "toggle_pin",
]

MAX_NOTE = 2_000
_MAX_TIME = 40
_FAR_BACK = timedelta(days=365)
_WHEN = "14:05, -20m, 2026-11-20 14:05; empty: now"
_NO_TIME = "This is no time in the past. Write 14:05, -20m or 2026-11-20 14:05 (UTC)."
_SHARED = "For everyone who watches; it stays in the record."


def append(
    app: Cockpit,
    incident: str,
    act: IncidentAct,
    text: str = "",
    *,
    happened_at: datetime | None = None,
    subject: str = "",
) -> None:
    """Record an act under the responder's name."""
    at = app.newest.at
    app.backend.append(
        IncidentEntry(
            at,
            uuid4().hex,
            incident,
            act,
            happened_at if happened_at is not None else at,
            app.responder,
            app.host,
            text,
            subject,
        )
    )


# -- declaring ---------------------------------------------------------------------------


def ask_declaration(app: Cockpit, then: Callable[[str], None]) -> None:
    """Ask for title, severity and start, as the verdict has them, and declare an incident."""
    snapshot, proposed = app.newest, app.newest.incident
    verdict = snapshot.verdict
    trouble = verdict.severity.trouble
    title = (verdict.statement or verdict.summary).strip().removesuffix(".")[:MAX_TITLE] if trouble else ""
    started_at = _start(proposed, verdict.since if trouble else None)
    prefilled = stamp(started_at).removesuffix(" UTC") if started_at is not None else ""
    chosen = SEVERITIES.index(verdict.severity) if trouble else SEVERITIES.index(Severity.P3)
    open_before = _open(proposed)
    is_proposal = proposed is not None and proposed.proposed
    decisions = ("declare an incident", *(("no incident: do not propose it again",) if is_proposal else ()))
    fields = (
        TextField("Title", title, MAX_TITLE, "what is wrong, in a few words"),
        Choice("Severity", tuple(f"{each} {MEANINGS[each]}" for each in SEVERITIES), chosen),
        TextField("Started", prefilled, _MAX_TIME, _WHEN),
        TextField("Lead", "", MAX_NAME, "who leads the response (optional)"),
        name_field(app),
        *((Choice("Decide", decisions),) if is_proposal else ()),
    )

    def started(typed: int | str) -> datetime | None:
        """The time as typed; as it was filled in, it is the first failure to the microsecond."""
        return started_at if typed == prefilled and started_at is not None else _time(app, typed)

    def objection(answers: Answers) -> str:
        if not answers[0]:
            return "Give it a title."
        return _NO_TIME if started(answers[2]) is None else ""

    def answered(answers: Answers | None) -> None:
        if answers is None:
            return
        began = started(answers[2]) or app.newest.at
        now_open = _open(app.newest.incident)
        if now_open is not None and now_open.id != (open_before.id if open_before else ""):
            refuse(app, f"Not declared: {now_open.label} was declared meanwhile. Join that one.")
            then(now_open.id)
            return
        by, ident = entered_name(app, answers[4]), uuid4().hex
        if is_proposal and answers[5]:
            append(app, ident, IncidentAct.DISMISSED, happened_at=began)
            tell(app, f"No incident, says {by}: it is not proposed again.")
            return
        severity = SEVERITIES[int(answers[1])]
        computed = str(app.newest.verdict.severity) if trouble else ""
        append(app, ident, IncidentAct.DECLARED, _clean(answers[0], MAX_TITLE), happened_at=began)
        append(app, ident, IncidentAct.SEVERITY, str(severity), subject=computed)
        if lead := _clean(answers[3], MAX_NAME):
            append(app, ident, IncidentAct.LEAD, lead)
        tell(app, f"Declared by {by}, for everyone.")
        then(ident)

    question = Question("Declare an incident", "declare", fields, (paragraph(_SHARED),), objection=objection)
    app.push_screen(DialogScreen(question), answered)


def _start(proposed: IncidentSummary | None, since: datetime | None) -> datetime | None:
    return proposed.started_at if proposed is not None and proposed.proposed else since


def _open(summary: IncidentSummary | None) -> IncidentSummary | None:
    return summary if summary is not None and not summary.proposed else None


# -- what happened -----------------------------------------------------------------------


def ask_note(app: Cockpit, incident: Incident) -> None:
    """Ask for a note; the time that it mentions is when it happened."""
    hint = "what happened; “at 14:05 …” or “-5m …” says when"

    def answered(answers: Answers | None) -> None:
        if answers is None:
            return
        by, text = entered_name(app, answers[1]), _clean(answers[0], MAX_NOTE)
        at = app.newest.at
        mentioned = time_in(text, recorded_at=at, started_at=incident.started_at, local=_local(at))
        append(app, incident.id, IncidentAct.NOTE, text, happened_at=mentioned)
        tell(app, f"Noted by {by} at {moment(mentioned, at)} UTC." if mentioned else f"Noted by {by}.")

    question = Question(
        f"Note on {incident.label}",
        "note",
        (TextField("Note", "", MAX_NOTE, hint), name_field(app)),
        (paragraph(_SHARED),),
        objection=lambda answers: "" if answers[0] else "Write something, or press esc to cancel.",
    )
    app.push_screen(DialogScreen(question), answered)


def ask_mitigated(app: Cockpit, incident: Incident) -> None:
    """Ask since when its effect is under control, and by what."""
    fields = (
        TextField("What", "", MAX_NOTE, "what was done (optional)"),
        TextField("Since", "", _MAX_TIME, _WHEN),
        name_field(app),
    )

    def answered(answers: Answers | None) -> None:
        if answers is None:
            return
        by, since = entered_name(app, answers[2]), _time(app, answers[1])
        append(app, incident.id, IncidentAct.MITIGATED, _clean(answers[0], MAX_NOTE), happened_at=since)
        tell(app, f"Mitigated, says {by}.")

    question = Question(
        f"{incident.label} is mitigated", "confirm", fields, (paragraph(_SHARED),), objection=_timely(app, 1)
    )
    app.push_screen(DialogScreen(question), answered)


def ask_resolve(app: Cockpit, incident: Incident, recovered: datetime | None) -> None:
    """Ask whether it is over, and since when; the default is to keep it open."""
    prefilled = stamp(recovered).removesuffix(" UTC") if recovered is not None else ""
    fields = (
        Choice("Resolve", ("keep it open", f"resolve {incident.label}")),
        TextField("Over since", prefilled, _MAX_TIME, _WHEN),
        TextField("How", "", MAX_NOTE, "what ended it (optional)"),
        name_field(app),
    )
    known = (
        f"The probes answer well since {clock(recovered)}."
        if recovered is not None
        else "The record does not show a recovery yet."
    )

    def since(typed: int | str) -> datetime | None:
        return recovered if typed == prefilled and recovered is not None else _time(app, typed)

    def objection(answers: Answers) -> str:
        return _NO_TIME if since(answers[1]) is None else ""

    def answered(answers: Answers | None) -> None:
        if answers is None or not answers[0]:
            return
        by = entered_name(app, answers[3])
        append(
            app,
            incident.id,
            IncidentAct.RESOLVED,
            _clean(answers[2], MAX_NOTE),
            happened_at=since(answers[1]),
        )
        tell(app, f"{incident.label} resolved by {by}, for everyone.")

    explanation = (paragraph(f"{known} It can be opened again."),)
    question = Question(f"Resolve {incident.label}?", "confirm", fields, explanation, objection=objection)
    app.push_screen(DialogScreen(question), answered)


def ask_reopen(app: Cockpit, incident: Incident) -> None:
    """Ask whether to open it again; the default is to leave it resolved."""
    fields = (
        Choice("Reopen", ("leave it resolved", f"open {incident.label} again")),
        TextField("Why", "", MAX_NOTE, "what happened (optional)"),
        name_field(app),
    )

    def answered(answers: Answers | None) -> None:
        if answers is None or not answers[0]:
            return
        by = entered_name(app, answers[2])
        append(app, incident.id, IncidentAct.REOPENED, _clean(answers[1], MAX_NOTE))
        tell(app, f"{incident.label} opened again by {by}.")

    question = Question(f"Open {incident.label} again?", "confirm", fields, (paragraph(_SHARED),))
    app.push_screen(DialogScreen(question), answered)


# -- what it is, and who does what ---------------------------------------------------------


def ask_severity(app: Cockpit, incident: Incident) -> None:
    """Ask for the severity of the incident."""
    now = incident.severity if incident.severity.trouble else app.newest.verdict.severity
    chosen = SEVERITIES.index(now) if now.trouble else 0
    options = tuple(f"{each} {MEANINGS[each]}" for each in SEVERITIES)
    fields = (Choice("Severity", options, chosen), reason_field("why (optional)"), name_field(app))
    explanation = paragraph(
        "Of the incident, in the header and the record. Pages and the response clock follow the verdict’s."
    )

    def answered(answers: Answers | None) -> None:
        if answers is None:
            return
        by, severity = entered_name(app, answers[2]), SEVERITIES[int(answers[0])]
        computed = app.newest.verdict.computed or app.newest.verdict.severity
        subject = str(computed) if computed.trouble else ""
        append(app, incident.id, IncidentAct.SEVERITY, str(severity), subject=subject)
        if why := reason_of(answers[1]):
            append(app, incident.id, IncidentAct.NOTE, f"{severity}: {why}")
        tell(app, f"{incident.label} is {severity}, says {by}.")

    app.push_screen(
        DialogScreen(Question(f"Severity of {incident.label}", "set", fields, (explanation,))), answered
    )


def ask_roles(app: Cockpit, incident: Incident) -> None:
    """Ask who leads and who tells the customers; an empty field takes a role back."""
    fields = (
        TextField("Lead", incident.lead, MAX_NAME, "who leads the response"),
        TextField("Comms", incident.communications, MAX_NAME, "who tells the customers"),
        name_field(app),
    )

    def answered(answers: Answers | None) -> None:
        if answers is None:
            return
        entered_name(app, answers[2])
        for act, before, typed in (
            (IncidentAct.LEAD, incident.lead, answers[0]),
            (IncidentAct.COMMUNICATIONS, incident.communications, answers[1]),
        ):
            name = _clean(typed, MAX_NAME)
            if name != before:
                append(app, incident.id, act, name)

    question = Question(f"Roles in {incident.label}", "assign", fields, (paragraph(_SHARED),))
    app.push_screen(DialogScreen(question), answered)


def ask_merge(app: Cockpit, incident: Incident, others: Sequence[Incident]) -> None:
    """Ask which other incident continues this one; the default is to keep them apart."""
    if not others:
        refuse(app, "Nothing to merge with: there is no other incident.")
        return
    options = ("keep them apart", *(f"{each.label} {each.title}" for each in others))
    fields = (Choice("Into", options), name_field(app))
    explanation = paragraph(
        f"{incident.label} ends, and the other continues it with all of its entries. This cannot be undone."
    )

    def answered(answers: Answers | None) -> None:
        if answers is None or not answers[0]:
            return
        by, other = entered_name(app, answers[1]), others[int(answers[0]) - 1]
        append(app, incident.id, IncidentAct.MERGED, f"into {other.label}", subject=other.id)
        tell(app, f"{incident.label} merged into {other.label} by {by}.")

    question = Question(f"Merge {incident.label}?", "confirm", fields, (explanation,))
    app.push_screen(DialogScreen(question), answered)


# -- entries -----------------------------------------------------------------------------


def toggle_pin(app: Cockpit, incident: Incident, entry: TimelineEntry) -> None:
    """Pin an entry, or take the pin off."""
    act = IncidentAct.UNPINNED if entry.pinned else IncidentAct.PINNED
    append(app, incident.id, act, subject=entry.key)


def ask_correction(app: Cockpit, incident: Incident, entry: TimelineEntry | None) -> None:
    """Ask what to correct: the entry under the cursor, one of the incident's times, or its title."""
    times = [name for name in CORRECTABLE if _correctable(incident, name)]
    subjects = [*([entry.key] if entry is not None else []), *times, ""]
    options = [
        *([f"this entry: {entry.text.partition(chr(10))[0]}"] if entry is not None else []),
        *(_TIMES[name] for name in times),
        f"the title: {incident.title}",
    ]
    text = entry.text if entry is not None else ""
    fields = (
        Choice("Correct", tuple(options)),
        TextField("Text", text, MAX_NOTE, "the right words; for a time: how you know"),
        TextField("When", "", _MAX_TIME, "14:05, -20m; empty: as it was"),
        name_field(app),
    )

    def objection(answers: Answers) -> str:
        subject, typed = subjects[int(answers[0])], answers[2]
        if typed and _time(app, typed) is None:
            return _NO_TIME
        if subject in CORRECTABLE and not typed:
            return "Say when it was."
        if subject not in CORRECTABLE and not answers[1]:
            return "Say what it should be."
        return ""

    def answered(answers: Answers | None) -> None:
        if answers is None:
            return
        by, words = entered_name(app, answers[3]), _clean(answers[1], MAX_NOTE)
        subject = subjects[int(answers[0])]
        when = _time(app, answers[2]) if answers[2] else None
        if not subject:
            append(app, incident.id, IncidentAct.RENAMED, words[:MAX_TITLE])
        elif subject in CORRECTABLE:
            reason = "" if words == text else words
            append(app, incident.id, IncidentAct.CORRECTED, reason, happened_at=when, subject=subject)
        elif entry is not None:
            happened_at = when or entry.happened_at
            append(app, incident.id, IncidentAct.CORRECTED, words, happened_at=happened_at, subject=subject)
        tell(app, f"Corrected by {by}; what was there before stays in the record.")

    question = Question(
        f"Correct {incident.label}", "correct", fields, (paragraph(_SHARED),), objection=objection
    )
    app.push_screen(DialogScreen(question), answered)


_TIMES = {
    "started": "when it started",
    "detected": "when it was detected",
    "mitigated": "when it was mitigated",
    "resolved": "when it was resolved",
}


def _correctable(incident: Incident, name: str) -> bool:
    return name in ("started", "detected") or getattr(incident, f"{name}_at") is not None


# -- what is typed -------------------------------------------------------------------------


def _clean(typed: int | str, limit: int) -> str:
    return Redactor().clean(str(typed), limit).strip()


def _time(app: Cockpit, typed: int | str) -> datetime | None:
    """The time that was typed, now for none; None where it is no time in the past."""
    at, text = app.newest.at, str(typed).strip()
    if not text:
        return at
    return time_in(text, recorded_at=at, started_at=at - _FAR_BACK, local=_local(at))


def _local(at: datetime) -> tzinfo:
    """The zone of this machine, as of that instant."""
    return at.astimezone().tzinfo or UTC


def _timely(app: Cockpit, field: int) -> Callable[[Answers], str]:
    return lambda answers: "" if _time(app, answers[field]) is not None else _NO_TIME
