"""Copying the current state: at once as a summary for chat, or as another text on choice."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from textual.binding import Binding, BindingType

from claude_tui.tui.panels.summary_text import summary_text
from claude_tui.tui.panels.ticket_text import ticket_text
from claude_tui.tui.panels.users_text import users_text
from claude_tui.tui.screens.dialog import Answers, Choice, DialogScreen, Question
from claude_tui.tui.screens.dialog_fields import paragraph
from claude_tui.tui.screens.runbook_parts import key_of

if TYPE_CHECKING:
    from claude_tui.tui.cockpit import Cockpit

__all__ = ["CopyScreen", "copy_state"]

_TEXTS = (
    ("the summary for chat: copied already", "Summary", summary_text),
    ("a text for users: plain, nothing internal", "Text for users", users_text),
    ("a support ticket: request ids, times, errors", "Support ticket", ticket_text),
)


def _explanation(app: Cockpit) -> str:
    key = key_of(app.chosen_keys)("show_copied")
    shown = f"; {key} shows it" if key else ""
    return (
        f"The summary is in the terminal's clipboard, if the terminal allows that{shown}. "
        "Another text replaces it. Read it before you send it."
    )


class CopyScreen(DialogScreen):
    """Offers the other texts.

    The key that opened it confirms, so that pressing it twice copies the summary.
    """

    SCREEN_NAME = "choice of a text"
    BINDINGS: ClassVar[list[BindingType]] = [Binding("y", "confirm", show=False)]


def copy_state(app: Cockpit) -> None:
    """Copy the summary, and offer the other texts for the same Snapshot."""
    snapshot = app.shown

    def copy(number: int) -> str:
        _, name, text_of = _TEXTS[number]
        app.copy_to_clipboard(text_of(snapshot))
        return name

    def answered(answers: Answers | None) -> None:
        if answers is not None and answers[0]:
            app.notify(f"{copy(int(answers[0]))} sent to the terminal's clipboard.", timeout=2, markup=False)

    # The dialog says that it was copied.
    copy(0)
    choice = Choice("Copy", tuple(offered for offered, *_ in _TEXTS))
    question = Question("Copied", "copy", (choice,), (paragraph(_explanation(app)),))
    app.push_screen(CopyScreen(question), answered)
