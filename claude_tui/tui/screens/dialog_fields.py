"""Who responds and why: what every dialog of a response asks, and how its outcome is told."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from claude_tui.model.limits import MAX_NAME, MAX_REASON
from claude_tui.model.text import Redactor
from claude_tui.tui.render.lines import Line, Span, line
from claude_tui.tui.screens.dialog import TextField

if TYPE_CHECKING:
    from claude_tui.tui.app import ClaudeTopApp

__all__ = [
    "entered_name",
    "name_field",
    "noted",
    "paragraph",
    "reason_field",
    "reason_of",
    "refuse",
    "tell",
]


def name_field(app: ClaudeTopApp) -> TextField:
    return TextField("Name", app.responder[:MAX_NAME], MAX_NAME, app.responder)


def reason_field(hint: str) -> TextField:
    return TextField("Reason", "", MAX_REASON, hint)


def entered_name(app: ClaudeTopApp, typed: int | str) -> str:
    """The name as typed, which from now on is who responds here; without one it is who it was."""
    app.responder = _cleaned(typed, MAX_NAME) or app.responder
    return app.responder


def reason_of(typed: int | str) -> str:
    return _cleaned(typed, MAX_REASON)


def _cleaned(typed: int | str, limit: int) -> str:
    return Redactor().clean(str(typed), limit).strip()


def noted(notes: Sequence[str]) -> str:
    """`(proposed) `, in front of what it is about; nothing without notes."""
    return f"({', '.join(notes)}) " if notes else ""


def paragraph(text: str) -> Line:
    return line(Span(text, "dim"))


def tell(app: ClaudeTopApp, text: str) -> None:
    app.notify(text, timeout=3, markup=False)


def refuse(app: ClaudeTopApp, text: str) -> None:
    """Says why nothing was done."""
    app.notify(text, severity="warning", markup=False)
