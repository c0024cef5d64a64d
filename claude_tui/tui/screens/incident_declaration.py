"""The dialog that declares an incident, or dismisses the one that is proposed."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING
from uuid import uuid4

from claude_tui.incident import MAX_TITLE
from claude_tui.model.format import moment, stamp
from claude_tui.model.incident import FIRST_FAILURE, IncidentAct, IncidentSummary
from claude_tui.model.limits import MAX_NAME
from claude_tui.model.snapshot import Snapshot
from claude_tui.model.verdict import SEVERITIES, Severity
from claude_tui.tui.panels.verdict_zoom import MEANINGS
from claude_tui.tui.screens.dialog import Answers, Choice, DialogScreen, Field, Question, TextField
from claude_tui.tui.screens.dialog_fields import entered_name, name_field, paragraph, refuse, tell
from claude_tui.tui.screens.incident_typed import (
    NO_TIME,
    SHARED,
    append,
    cleaned,
    time_field,
    typed_time,
)

if TYPE_CHECKING:
    from claude_tui.tui.cockpit import Cockpit

__all__ = ["ask_declaration"]

_ABOUT_START = "The start is the first failure; it moves if an earlier one is found."


def ask_declaration(app: Cockpit, then: Callable[[str], None]) -> None:
    """Ask for title, severity and start, with the values of the record, and declare an incident.

    `then` is called with the id of the incident, or of one that somebody else declared in the meantime.
    """
    asked = _Declaration(app, app.newest, then)
    explanation = (paragraph(_ABOUT_START), paragraph(SHARED)) if asked.prefilled else (paragraph(SHARED),)
    question = Question(
        "Declare an incident", "declare", asked.fields, explanation, objection=asked.objection
    )
    app.push_screen(DialogScreen(question), asked.answered)


@dataclass(frozen=True, slots=True)
class _Declaration:
    app: Cockpit
    asked_at: Snapshot
    """What was known when the dialog opened."""
    then: Callable[[str], None]

    @property
    def fields(self) -> tuple[Field, ...]:
        verdict = self.asked_at.verdict
        trouble = verdict.severity.trouble
        title = (verdict.statement or verdict.summary).strip().removesuffix(".")[:MAX_TITLE]
        chosen = SEVERITIES.index(verdict.severity if trouble else Severity.P3)
        empty = "now; nothing is failing"
        if self.began is not None:
            empty = f"{moment(self.began, self.asked_at.at)}, the first failure"
        decisions = ("declare an incident", "no incident: do not propose it again")
        return (
            TextField("Title", title if trouble else "", MAX_TITLE, "what is wrong, in a few words"),
            Choice("Severity", tuple(f"{severity} {MEANINGS[severity]}" for severity in SEVERITIES), chosen),
            time_field("Started", self.prefilled, f"empty: {empty}. Or 14:05, -20m"),
            TextField("Lead", "", MAX_NAME, "who leads the response (optional)"),
            name_field(self.app),
            *((Choice("Decide", decisions),) if self.is_proposal else ()),
        )

    @property
    def is_proposal(self) -> bool:
        proposed = self.asked_at.incident
        return proposed is not None and proposed.proposed

    @property
    def began(self) -> datetime | None:
        """The first failure of the current problem; None without one."""
        return _began(self.asked_at)

    @property
    def prefilled(self) -> str:
        return stamp(self.began).removesuffix(" UTC") if self.began is not None else ""

    def is_typed(self, start: int | str) -> bool:
        """Whether somebody typed a start other than the one in the record."""
        return start not in ("", self.prefilled)

    def started(self, typed: int | str) -> datetime | None:
        """The time as typed; if nobody typed one, the first failure to the microsecond, or now."""
        if self.is_typed(typed):
            return typed_time(self.app, typed)
        # A failure may have arrived in the meantime. If the problem has ended, it is still what was meant.
        return self.began or _began(self.app.newest) or self.app.newest.at

    def objection(self, answers: Answers) -> str:
        if not answers[0]:
            return "Give it a title."
        return NO_TIME if self.started(answers[2]) is None else ""

    def answered(self, answers: Answers | None) -> None:
        if answers is None:
            return
        now_open, open_before = _open(self.app.newest.incident), _open(self.asked_at.incident)
        if now_open is not None and now_open.id != (open_before.id if open_before else ""):
            refuse(self.app, f"Not declared: {now_open.label} was declared meanwhile. Join that one.")
            self.then(now_open.id)
            return
        by, ident = entered_name(self.app, answers[4]), uuid4().hex
        began = self.started(answers[2]) or self.app.newest.at
        if self.is_proposal and answers[5]:
            append(self.app, ident, IncidentAct.DISMISSED, happened_at=began)
            tell(self.app, f"No incident, says {by}: it is not proposed again.")
            return
        self._declare(ident, began, answers)
        tell(self.app, f"Declared by {by}. Everyone watching sees it.")
        self.then(ident)

    def _declare(self, ident: str, began: datetime, answers: Answers) -> None:
        app, title = self.app, cleaned(answers[0], MAX_TITLE)
        follows = "" if self.is_typed(answers[2]) else FIRST_FAILURE
        computed = str(app.newest.verdict.severity) if self.asked_at.verdict.severity.trouble else ""
        append(app, ident, IncidentAct.DECLARED, title, happened_at=began, subject=follows)
        append(app, ident, IncidentAct.SEVERITY, str(SEVERITIES[int(answers[1])]), subject=computed)
        if lead := cleaned(answers[3], MAX_NAME):
            append(app, ident, IncidentAct.LEAD, lead)


def _began(snapshot: Snapshot) -> datetime | None:
    proposed = snapshot.incident
    if proposed is not None and proposed.proposed:
        return proposed.started_at
    return snapshot.first_failure


def _open(summary: IncidentSummary | None) -> IncidentSummary | None:
    return summary if summary is not None and not summary.proposed else None
