"""Going to a time: the whole dashboard shows what was known then."""

from __future__ import annotations

from typing import TYPE_CHECKING

from claude_tui.model.format import stamp
from claude_tui.model.when import WhenError, parse_when
from claude_tui.tui.screens.dialog import Answers, DialogScreen, Question, TextField
from claude_tui.tui.screens.dialog_fields import paragraph

if TYPE_CHECKING:
    from datetime import datetime

    from claude_tui.tui.cockpit import Cockpit

__all__ = ["go_to"]

_LIMIT = 40
_EXPLANATION = (
    "14:03 · 2026-11-08 14:00 · -20m and +5m from what is on screen. Times are UTC; for another zone write "
    "“local”, its name or its offset behind it: 14:03 local, 14:03 EST, 14:03 +02:00."
)


def go_to(app: Cockpit) -> None:
    """Ask for a time, and show what was known then."""
    shown, played = app.shown.at, app.newest.past and app.newest.past.playback
    # A time of day in a recording belongs to its last day.
    now = played.end if played else app.newest.at
    field = TextField("Time", "", _LIMIT, stamp(shown))

    def instant_of(answers: Answers) -> datetime:
        return parse_when(str(answers[0]), now, shown=shown)

    def objection(answers: Answers) -> str:
        try:
            instant_of(answers)
        except WhenError as error:
            return str(error)
        return ""

    def answered(answers: Answers | None) -> None:
        if answers is not None:
            app.travel_to(instant_of(answers))

    question = Question("Go to a time", "go", (field,), (paragraph(_EXPLANATION),), objection=objection)
    app.push_screen(DialogScreen(question), answered)
