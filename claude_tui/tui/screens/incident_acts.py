"""The dialogs of an existing incident: each asks for one act, and records it for everyone."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import TYPE_CHECKING

from claude_tui.incident import Incident, TimelineEntry, time_in
from claude_tui.model.format import clock, moment, stamp
from claude_tui.model.incident import IncidentAct
from claude_tui.model.limits import MAX_NAME
from claude_tui.model.verdict import SEVERITIES
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
from claude_tui.tui.screens.incident_typed import (
    MAX_NOTE,
    NO_TIME,
    SHARED,
    append,
    cleaned,
    local_zone,
    time_field,
    time_objection,
    typed_time,
)

if TYPE_CHECKING:
    from claude_tui.tui.cockpit import Cockpit

__all__ = [
    "ask_merge",
    "ask_mitigated",
    "ask_note",
    "ask_reopen",
    "ask_resolve",
    "ask_roles",
    "ask_severity",
    "toggle_pin",
]

# -- what happened -----------------------------------------------------------------------


def ask_note(app: Cockpit, incident: Incident) -> None:
    """Ask for a note; the time that it mentions is when it happened."""
    hint = "what happened; “at 14:05 …” or “-5m …” says when"

    def answered(answers: Answers | None) -> None:
        if answers is None:
            return
        by, text = entered_name(app, answers[1]), cleaned(answers[0], MAX_NOTE)
        at = app.newest.at
        mentioned = time_in(text, recorded_at=at, started_at=incident.started_at, local=local_zone(at))
        append(app, incident.id, IncidentAct.NOTE, text, happened_at=mentioned)
        tell(app, f"Noted by {by} at {moment(mentioned, at)} UTC." if mentioned else f"Noted by {by}.")

    question = Question(
        f"Note on {incident.label}",
        "note",
        (TextField("Note", "", MAX_NOTE, hint), name_field(app)),
        (paragraph(SHARED),),
        objection=lambda answers: "" if answers[0] else "Write something, or press esc to cancel.",
    )
    app.push_screen(DialogScreen(question), answered)


def ask_mitigated(app: Cockpit, incident: Incident) -> None:
    """Ask since when its impact has been under control, and how."""
    fields = (
        TextField("What", "", MAX_NOTE, "what was done (optional)"),
        time_field("Since"),
        name_field(app),
    )

    def answered(answers: Answers | None) -> None:
        if answers is None:
            return
        by, since = entered_name(app, answers[2]), typed_time(app, answers[1])
        append(app, incident.id, IncidentAct.MITIGATED, cleaned(answers[0], MAX_NOTE), happened_at=since)
        tell(app, f"Mitigated, says {by}.")

    question = Question(
        f"{incident.label} is mitigated",
        "confirm",
        fields,
        (paragraph(SHARED),),
        objection=time_objection(app, 1),
    )
    app.push_screen(DialogScreen(question), answered)


def ask_resolve(app: Cockpit, incident: Incident, recovered: datetime | None) -> None:
    """Ask whether it is over, and since when; the default is to keep it open."""
    prefilled = stamp(recovered).removesuffix(" UTC") if recovered is not None else ""
    fields = (
        Choice("Resolve", ("keep it open", f"resolve {incident.label}")),
        time_field("Ended", prefilled),
        TextField("How", "", MAX_NOTE, "what ended it (optional)"),
        name_field(app),
    )
    known = (
        f"The probes have succeeded since {clock(recovered)}."
        if recovered is not None
        else "The record does not show a recovery yet."
    )

    def since(typed: int | str) -> datetime | None:
        return recovered if typed == prefilled and recovered is not None else typed_time(app, typed)

    def objection(answers: Answers) -> str:
        return NO_TIME if since(answers[1]) is None else ""

    def answered(answers: Answers | None) -> None:
        if answers is None or not answers[0]:
            return
        by = entered_name(app, answers[3])
        append(
            app,
            incident.id,
            IncidentAct.RESOLVED,
            cleaned(answers[2], MAX_NOTE),
            happened_at=since(answers[1]),
        )
        tell(app, f"{incident.label} resolved by {by}. Everyone watching sees it.")

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
        append(app, incident.id, IncidentAct.REOPENED, cleaned(answers[1], MAX_NOTE))
        tell(app, f"{incident.label} opened again by {by}.")

    question = Question(f"Open {incident.label} again?", "confirm", fields, (paragraph(SHARED),))
    app.push_screen(DialogScreen(question), answered)


# -- what it is, and who does what ---------------------------------------------------------


def ask_severity(app: Cockpit, incident: Incident) -> None:
    """Ask for the severity of the incident."""
    now = incident.severity if incident.severity.trouble else app.newest.verdict.severity
    chosen = SEVERITIES.index(now) if now.trouble else 0
    options = tuple(f"{level} {MEANINGS[level]}" for level in SEVERITIES)
    fields = (Choice("Severity", options, chosen), reason_field("why (optional)"), name_field(app))
    explanation = paragraph(
        "Of the incident, in the header and the record. Pages and the response clock follow the verdict's."
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
    """Ask who leads and who handles communications; an empty field withdraws a role."""
    fields = (
        TextField("Lead", incident.lead, MAX_NAME, "who leads the response"),
        TextField("Comms", incident.communications, MAX_NAME, "who handles communications"),
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
            name = cleaned(typed, MAX_NAME)
            if name != before:
                append(app, incident.id, act, name)

    question = Question(f"Roles in {incident.label}", "assign", fields, (paragraph(SHARED),))
    app.push_screen(DialogScreen(question), answered)


def ask_merge(app: Cockpit, incident: Incident, others: Sequence[Incident]) -> None:
    """Ask which other incident continues this one; the default is to keep them apart."""
    if not others:
        refuse(app, "Nothing to merge with: there is no other incident.")
        return
    options = ("keep them apart", *(f"{another.label} {another.title}" for another in others))
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
    """Pin an entry, or unpin it."""
    act = IncidentAct.UNPINNED if entry.pinned else IncidentAct.PINNED
    append(app, incident.id, act, subject=entry.key)
