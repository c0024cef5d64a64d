"""Overriding the computed severity, for everyone watching."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

from claude_tui.model.format import span_text
from claude_tui.model.playbook import SeverityMark
from claude_tui.model.verdict import SEVERITIES, Severity, Verdict
from claude_tui.tui.panels.verdict_zoom import MEANINGS
from claude_tui.tui.screens.dialog import Answers, Choice, DialogScreen, Question
from claude_tui.tui.screens.dialog_fields import (
    entered_name,
    name_field,
    noted,
    paragraph,
    reason_field,
    reason_of,
    refuse,
    tell,
)

if TYPE_CHECKING:
    from claude_tui.settings import Settings
    from claude_tui.tui.cockpit import Cockpit

__all__ = ["set_severity"]

_CANCEL = "cancel: keep it as it is"


def set_severity(app: Cockpit, proposed: Severity | None = None) -> None:
    """Ask for severity, reason and name, and set the severity for everyone. The default is to keep it."""
    verdict = app.newest.verdict
    if not verdict.severity.trouble:
        refuse(app, "No severity to override: nothing is wrong right now.")
        return
    computed = verdict.computed or verdict.severity
    options = tuple(_option(level, proposed, app.settings) for level in SEVERITIES)
    explanation = paragraph(
        "Everyone watching sees it; pages and the response clock follow. "
        "It lapses when the incident ends or gets worse."
    )
    question = Question(
        f"Severity: {_severity_text(verdict)}",
        "set",
        (
            Choice("Severity", (_CANCEL, *options)),
            reason_field("why (optional)"),
            name_field(app),
        ),
        (explanation,),
        objection=_reason_alone,
    )

    def answered(answers: Answers | None) -> None:
        if answers is None or not answers[0]:
            return
        chosen, why, who = answers
        severity, by = SEVERITIES[int(chosen) - 1], entered_name(app, who)
        now = app.newest.verdict
        if (now.computed or now.severity) is not computed:
            refuse(app, f"Not set: the computed severity is now {_computed_text(now)}. Look again.")
            return
        app.backend.mark_severity(SeverityMark(app.newest.at, severity, computed, by, reason_of(why)))
        tell(app, f"Severity {severity} set by {by}. Everyone watching sees it.")

    app.push_screen(DialogScreen(question), answered)


def _reason_alone(answers: Answers) -> str:
    """Objects to a reason without a choice, as somebody who typed a reason does not mean to cancel."""
    chosen, why, _ = answers
    return "Choose P1 to P4, or press esc to cancel." if why and not chosen else ""


def _option(severity: Severity, proposed: Severity | None, settings: Settings) -> str:
    respond = {
        Severity.P1: "now",
        Severity.P2: f"in {span_text(timedelta(seconds=settings.respond_p2_s))}",
        Severity.P3: f"in {span_text(timedelta(seconds=settings.respond_p3_s))}",
    }.get(severity, "next business day")
    note = noted(["proposed"] if severity is proposed else [])
    return f"{severity} {note}{respond}: {MEANINGS[severity]}"


def _severity_text(verdict: Verdict) -> str:
    """`P1 (computed)`, `P2, set by Ada; P1 (computed)`."""
    if not verdict.set_by:
        return f"{verdict.severity} (computed)"
    return f"{verdict.severity}, set by {verdict.set_by}; {verdict.computed} (computed)"


def _computed_text(verdict: Verdict) -> str:
    severity = verdict.computed or verdict.severity
    return str(severity) if severity.trouble else "none"
