"""Correcting an incident: an entry, one of its times, or its title. The previous version is kept."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from claude_tui.incident import CORRECTABLE, MAX_TITLE, Incident, TimelineEntry
from claude_tui.model.incident import IncidentAct
from claude_tui.tui.screens.dialog import Answers, Choice, DialogScreen, Question, TextField
from claude_tui.tui.screens.dialog_fields import entered_name, name_field, paragraph, tell
from claude_tui.tui.screens.incident_typed import (
    MAX_NOTE,
    NO_TIME,
    SHARED,
    append,
    cleaned,
    time_field,
    typed_time,
)

if TYPE_CHECKING:
    from claude_tui.tui.cockpit import Cockpit

__all__ = ["ask_correction"]

_TITLE = ""
_TIMES = {
    "started": "when it started",
    "detected": "when it was detected",
    "mitigated": "when it was mitigated",
    "resolved": "when it was resolved",
}


def ask_correction(app: Cockpit, incident: Incident, entry: TimelineEntry | None) -> None:
    """Ask what to correct: the entry under the cursor, one of the incident's times, or its title."""
    asked = _Correction(app, incident, entry)
    fields = (
        Choice("Correct", tuple(asked.subjects.values())),
        TextField("Text", asked.text, MAX_NOTE, "the right words; for a time: how you know"),
        time_field("When", hint="14:05, -20m; empty: as it was"),
        name_field(app),
    )
    question = Question(
        f"Correct {incident.label}", "correct", fields, (paragraph(SHARED),), objection=asked.objection
    )
    app.push_screen(DialogScreen(question), asked.answered)


@dataclass(frozen=True, slots=True)
class _Correction:
    app: Cockpit
    incident: Incident
    entry: TimelineEntry | None

    @property
    def text(self) -> str:
        """The text of the entry on one line, like the field."""
        return " ".join(self.entry.text.split("\n")) if self.entry is not None else ""

    @property
    def subjects(self) -> dict[str, str]:
        """What can be corrected, with its text."""
        times = {name: label for name, label in _TIMES.items() if _is_known(self.incident, name)}
        entry = {self.entry.key: f"this entry: {self.text}"} if self.entry is not None else {}
        return {**entry, **times, _TITLE: f"the title: {self.incident.title}"}

    def objection(self, answers: Answers) -> str:
        subject, text, when = list(self.subjects)[int(answers[0])], answers[1], answers[2]
        if when and typed_time(self.app, when) is None:
            return NO_TIME
        if subject in CORRECTABLE:
            return "" if when else "Say when it was."
        if subject == _TITLE and text == self.text:
            return "Write the title in place of the text."
        return "" if text else "Say what it should be."

    def answered(self, answers: Answers | None) -> None:
        if answers is None:
            return
        subject = list(self.subjects)[int(answers[0])]
        by, text = entered_name(self.app, answers[3]), cleaned(answers[1], MAX_NOTE)
        when = typed_time(self.app, answers[2]) if answers[2] else None
        ident, corrected = self.incident.id, IncidentAct.CORRECTED
        if subject == _TITLE:
            append(self.app, ident, IncidentAct.RENAMED, text[:MAX_TITLE])
        elif subject in CORRECTABLE:
            reason = "" if text == self.text else text
            append(self.app, ident, corrected, reason, happened_at=when, subject=subject)
        elif self.entry is not None:
            happened_at = when or self.entry.happened_at
            append(self.app, ident, corrected, text, happened_at=happened_at, subject=subject)
        tell(self.app, f"Corrected by {by}; what was there before stays in the record.")


def _is_known(incident: Incident, name: str) -> bool:
    return name in ("started", "detected") or getattr(incident, f"{name}_at") is not None
