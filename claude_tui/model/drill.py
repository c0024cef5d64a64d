"""What is recorded about a drill, in addition to what every incident records."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from claude_tui.model.verdict import Cause, Side

__all__ = ["DrillAct", "DrillEntry"]


class DrillAct(StrEnum):
    STARTED = (
        "started"  # the responder begins at this instant; `scenario` and `speed` say which, and how fast
    )
    ANSWERED = "answered"  # the responder says whose problem it is, and what; either may be None: not known
    ENDED = "ended"  # the responder ended it, and saw the score


@dataclass(frozen=True, slots=True)
class DrillEntry:
    """One act of a drill. Of several answers, each counts from its instant on."""

    at: datetime
    act: DrillAct
    by: str = ""
    """Who did it; redacted."""
    host: str = ""
    """On which machine; redacted."""
    side: Side | None = None
    """Whose problem it is, in the responder's opinion."""
    cause: Cause | None = None
    """Its cause, in the responder's opinion."""
    scenario: str = ""
    """The name of the scenario, or the path of its file."""
    speed: float = 1.0
    """How many times faster than real time it is played."""
    before_s: float = 0.0
    """How many seconds of the scenario were over when the drill began."""
