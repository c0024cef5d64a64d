"""What responders did and decided, shared by everyone who uses the same store."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from claude_tui.model.verdict import Severity

__all__ = ["SeverityMark", "StepMark", "StepState", "WalkTurn"]


class StepState(StrEnum):
    """The state of one step. Marking it OPEN withdraws an earlier mark."""

    OPEN = "open"
    DONE = "done"
    SKIPPED = "skipped"
    NOT_APPLICABLE = "not_applicable"


@dataclass(frozen=True, slots=True)
class StepMark:
    """Somebody set the state of a step. Marks are only ever added; the newest one of a step counts."""

    at: datetime
    """When it was set."""
    playbook: str
    """The id of the playbook."""
    step: str
    """The id of the step; "" means that the playbook was restarted."""
    state: StepState
    """The new state of the step."""
    by: str
    """Who set it; redacted."""
    note: str = ""
    """What they wrote; redacted."""
    host: str = ""
    """On which machine; redacted."""
    title: str = ""
    """The title of the step at that time, or of the playbook if `step` is ""."""


@dataclass(frozen=True, slots=True)
class SeverityMark:
    """Somebody overrode the computed severity."""

    at: datetime
    """When it was set."""
    severity: Severity
    """The severity that was set."""
    instead_of: Severity
    """The severity that was computed."""
    by: str
    """Who set it; redacted."""
    why: str = ""
    """Their reason; redacted."""
    host: str = ""
    """On which machine; redacted."""


@dataclass(frozen=True, slots=True)
class WalkTurn:
    """Somebody went from one node of the decision tree to another."""

    at: datetime
    node: str
    """The id of the node they left."""
    to: str
    """The id of the node they went to."""
    back: bool
    """Whether they went back, to the previous question or to the start, instead of taking a branch."""
    by: str
    """Who went; redacted."""
    host: str = ""
    """On which machine; redacted."""
    title: str = ""
    """The title of the node they went to, at that time."""
