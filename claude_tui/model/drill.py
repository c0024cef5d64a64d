"""What is recorded of a drill besides what every incident leaves behind."""

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
    """One act of a drill. Of several answers each counts from its instant on."""

    at: datetime
    act: DrillAct
    by: str = ""
    """Who did it; redacted."""
    host: str = ""
    """On which machine; redacted."""
    side: Side | None = None
    """Whose problem the responder takes it for."""
    cause: Cause | None = None
    """What the responder takes for its cause."""
    scenario: str = ""
    """The name of the scenario, or the path of its file."""
    speed: float = 1.0
    """How many times as fast as written it is played."""
    before_s: float = 0.0
    """How many seconds of the scenario were over by then."""
