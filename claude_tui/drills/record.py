"""The record of one drill, and its score."""

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
    """Everything recorded from the start of a drill to its end. Each tuple is oldest first."""

    record: Record
    """Observations, verdicts, alerts, the path through the decision tree, and what people did."""
    entries: tuple[DrillEntry, ...] = ()
    """Its start, the answers, and its end."""
    revisions: tuple[FieldRevision, ...] = ()
    """The revisions of the postmortem."""

    @property
    def turns(self) -> tuple[WalkTurn, ...]:
        """The path through the decision tree."""
        return self.record.walk_turns


class Ending(StrEnum):
    """How a drill ended."""

    RESOLVED = "resolved"  # the responder resolved the incident
    STOPPED = "stopped"  # they stopped it before
    QUIT = "quit"  # the program ended first


@dataclass(frozen=True, slots=True)
class Completeness:
    """How complete a postmortem is."""

    filled: int
    """How many fields of the template have a text."""
    fields: int
    """How many there are."""
    findings: int
    """How many problems `claude-top postmortem lint` finds."""


@dataclass(frozen=True, slots=True)
class Score:
    """How a drill went. Values that did not happen or cannot be judged are None, never 0.

    Times are seconds from the start of the trouble, in real time, whatever the speed of the scenario.
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
    """Until they named the right side and kept to it."""
    cause_s: float | None = None
    """Until they named the right cause and kept to it."""
    acknowledged_s: float | None = None
    """Until they acknowledged an alert."""
    first_step_s: float | None = None
    """Until the first of the right steps was done."""
    side: Side | None = None
    """Their last answer."""
    cause: Cause | None = None
    """Their last answer."""
    side_right: bool | None = None
    """None if they gave no answer."""
    cause_right: bool | None = None
    """None if they gave no answer."""
    turns: int = 0
    """How often they took a branch of the decision tree."""
    wrong_turns: int | None = None
    """How many of those led away from every right answer; None if they did not use it."""
    hit: tuple[str, ...] = ()
    """The right steps that were done, as `playbook.step`."""
    missed: tuple[str, ...] = ()
    """The right steps that were not done."""
    harmful: tuple[str, ...] = ()
    """Steps that were done and made it worse."""
    began_well: bool | None = None
    """Whether the first step that was done is a good one to begin with; None if none was done."""
    pages: int = 0
    """How often somebody would have been paged."""
    false_pages: int = 0
    """How many of those were unnecessary."""
    missed_pages: int = 0
    """1 if somebody should have been paged and was not."""
    postmortem: Completeness | None = None
    """None if no incident was declared."""
    points: int | None = None
    """0 to 100, from everything that can be judged; None if nothing can."""
