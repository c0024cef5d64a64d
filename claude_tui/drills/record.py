"""The record of one drill, and the score that it gives."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from claude_tui.incident import Record
from claude_tui.model.drill import DrillEntry
from claude_tui.model.playbook import WalkTurn
from claude_tui.model.postmortem import FieldRevision
from claude_tui.model.verdict import Cause, Side

__all__ = ["Completeness", "DrillRecord", "Ending", "Score"]


@dataclass(frozen=True, slots=True)
class DrillRecord:
    """All that was recorded from the start of a drill to its end. Each tuple is oldest first."""

    record: Record
    """Observations, verdicts, alerts, the way through the decision tree, and what people did."""
    entries: tuple[DrillEntry, ...] = ()
    """When it started, what was answered, and when it ended."""
    revisions: tuple[FieldRevision, ...] = ()
    """What was written into the postmortem."""

    @property
    def turns(self) -> tuple[WalkTurn, ...]:
        """The way through the decision tree."""
        return self.record.walk_turns


class Ending(StrEnum):
    """How a drill ended."""

    RESOLVED = "resolved"  # the responder resolved the incident
    STOPPED = "stopped"  # they stopped it before
    QUIT = "quit"  # the program ended first


@dataclass(frozen=True, slots=True)
class Completeness:
    """How far a postmortem is written."""

    filled: int
    """The fields of the template that have a text."""
    fields: int
    """All of them."""
    findings: int
    """What `claude-top postmortem lint` finds in it."""


@dataclass(frozen=True, slots=True)
class Score:
    """How a drill went. None is what did not happen or cannot be told; it is never 0.

    Times are seconds from the start of the trouble, as the responder lived them, whatever the speed.
    """

    at: datetime
    """When the drill started."""
    scenario: str
    by: str
    speed: float
    ending: Ending
    length_s: float
    """From the start of the drill to its end."""
    noticed_s: float | None = None
    """Until the first thing that the responder did."""
    side_s: float | None = None
    """Until they took it for the right side's problem, and stayed with that."""
    cause_s: float | None = None
    """Until they had the right cause, and stayed with that."""
    acknowledged_s: float | None = None
    """Until they acknowledged an alert."""
    first_step_s: float | None = None
    """Until the first of the right steps was done."""
    side: Side | None = None
    """Their last answer."""
    cause: Cause | None = None
    """Their last answer."""
    side_right: bool | None = None
    """None where they gave no answer."""
    cause_right: bool | None = None
    """None where they gave no answer."""
    turns: int = 0
    """How often they took a branch of the decision tree."""
    wrong_turns: int | None = None
    """How many of those led away from every right answer; None where they did not walk it."""
    hit: tuple[str, ...] = ()
    """The right steps that were done, as `playbook.step`."""
    missed: tuple[str, ...] = ()
    """The right steps that were not."""
    harmful: tuple[str, ...] = ()
    """Steps that were done and make it worse."""
    began_well: bool | None = None
    """Whether the first step that was done is a good one to begin with; None where none was done."""
    pages: int = 0
    """How often somebody would have been paged."""
    false_pages: int = 0
    """How many of those nobody needed."""
    missed_pages: int = 0
    """1 where somebody ought to have been paged, and was not."""
    postmortem: Completeness | None = None
    """None where no incident was declared."""
    points: int | None = None
    """0 to 100, of all that can be told; None where nothing can."""
