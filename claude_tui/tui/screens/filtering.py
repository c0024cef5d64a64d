"""Asking for a filter of a list: events, the timeline of an incident, calls, or the history."""

from __future__ import annotations

from collections.abc import Callable, Collection
from typing import TYPE_CHECKING

from claude_tui.model.filtering import (
    FILTER_HINT,
    FilterError,
    FilterField,
    parse_filter,
    refuse_unknown,
)
from claude_tui.tui.screens.dialog import Answers, DialogScreen, Question, TextField
from claude_tui.tui.screens.dialog_fields import paragraph

if TYPE_CHECKING:
    from claude_tui.tui.cockpit import Cockpit

__all__ = ["ask_filter"]

_MAX_FILTER = 60


def ask_filter(
    app: Cockpit,
    what: str,
    filter_text: str,
    answered: Callable[[str], None],
    hint: str = FILTER_HINT,
    *,
    known: Collection[FilterField] = tuple(FilterField),
) -> None:
    """Ask for the filter of `what`, which may use the `known` fields; an empty one shows everything."""

    def objection(answers: Answers) -> str:
        try:
            refuse_unknown(parse_filter(str(answers[0])), known, what)
        except FilterError as error:
            return str(error)
        return ""

    def done(answers: Answers | None) -> None:
        if answers is not None:
            answered(str(answers[0]))

    field = TextField("Only", filter_text, _MAX_FILTER, "words, a name, a kind, a request id; empty: all")
    question = Question(f"Filter the {what}", "show", (field,), (paragraph(hint),), objection=objection)
    app.push_screen(DialogScreen(question), done)
