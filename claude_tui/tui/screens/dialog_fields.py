"""The name and reason fields that several dialogs share, and the notices of their outcome."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from claude_tui.model.limits import MAX_NAME, MAX_REASON
from claude_tui.model.text import Redactor
from claude_tui.tui.render.lines import Line, Span, line
from claude_tui.tui.screens.dialog import TextField

if TYPE_CHECKING:
    from claude_tui.tui.cockpit import Cockpit

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


def name_field(app: Cockpit) -> TextField:
    return TextField("Name", app.responder[:MAX_NAME], MAX_NAME, app.responder)


def reason_field(hint: str) -> TextField:
    return TextField("Reason", "", MAX_REASON, hint)


def entered_name(app: Cockpit, typed: int | str) -> str:
    """The name as typed, which becomes the responder's name. An empty one keeps the previous name."""
    app.responder = _cleaned(typed, MAX_NAME) or app.responder
    return app.responder


def reason_of(typed: int | str) -> str:
    return _cleaned(typed, MAX_REASON)


def _cleaned(typed: int | str, limit: int) -> str:
    return Redactor().clean(str(typed), limit).strip()


def noted(notes: Sequence[str]) -> str:
    """`(proposed) `, to put before the text that it is about; empty without notes."""
    return f"({', '.join(notes)}) " if notes else ""


def paragraph(text: str) -> Line:
    return line(Span(text, "dim"))


def tell(app: Cockpit, text: str) -> None:
    app.notify(text, timeout=3, markup=False)


def refuse(app: Cockpit, text: str) -> None:
    """Show a notice that says why nothing was done."""
    app.notify(text, severity="warning", markup=False)
