"""The responder's answer, which can be given at any time of a drill and is asked for at its end."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from claude_tui.drills.words import CAUSES, SIDES, cause_text
from claude_tui.model.verdict import Cause, Side
from claude_tui.tui.screens.dialog import Answers, Choice, DialogScreen, Question
from claude_tui.tui.screens.dialog_fields import paragraph

if TYPE_CHECKING:
    from claude_tui.tui.cockpit import Cockpit

__all__ = ["DrillAnswer", "ask_answer"]

_UNKNOWN = "I don't know yet"
_SIDES = (_UNKNOWN, *(side.whose for side in SIDES))
_CAUSES = (_UNKNOWN, *(cause_text(cause) for cause in CAUSES))
_THEN = ("go on with the drill", "end the drill and see the score")


@dataclass(frozen=True, slots=True)
class DrillAnswer:
    """The answer."""

    side: Side | None = None
    cause: Cause | None = None
    ends: bool = False
    """Whether the drill ends with it."""


def ask_answer(
    app: Cockpit,
    before: DrillAnswer,
    answered: Callable[[DrillAnswer], None],
    *,
    end: bool,
    resolved: bool = False,
) -> None:
    """Ask for side and cause, and whether to go on, which is the default.

    `end` starts with that question. Ending is then the default, unless the question comes up because the
    incident is `resolved` and not because of the key for it.
    """
    why = "The incident is resolved. " if resolved else ""
    question = Question(
        "End the drill?" if end else "What is it?",
        "answer",
        (
            Choice("Whose", _SIDES, SIDES.index(before.side) + 1 if before.side in SIDES else 0),
            Choice("What", _CAUSES, CAUSES.index(before.cause) + 1 if before.cause in CAUSES else 0),
            Choice("Then", _THEN, int(end and not resolved)),
        ),
        (paragraph(f"{why}The last answer counts, and how early you had it right."),),
        first=2 if end else 0,
    )

    def done(answers: Answers | None) -> None:
        if answers is not None:
            side, cause, then = (int(answer) for answer in answers)
            answered(
                DrillAnswer(
                    SIDES[side - 1] if side else None, CAUSES[cause - 1] if cause else None, bool(then)
                )
            )

    app.push_screen(DialogScreen(question), done)
