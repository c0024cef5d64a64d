"""What responders did and decided, by playbook or tree: shared by everyone who watches the same store."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from claude_tui.model.verdict import Severity

__all__ = ["SeverityMark", "StepMark", "StepState"]


class StepState(StrEnum):
    """Where one step stands. OPEN is also how a mark is taken back."""

    OPEN = "open"
    DONE = "done"
    SKIPPED = "skipped"
    NOT_APPLICABLE = "not_applicable"


@dataclass(frozen=True, slots=True)
class StepMark:
    """Somebody said where a step stands. Marks are only ever added; of one step the newest counts.

    With an empty `step` it says that the playbook was begun anew, whatever was marked before. `by` and
    `note` come from a person and have passed the redactor.
    """

    at: datetime
    playbook: str
    step: str
    state: StepState
    by: str
    note: str = ""


@dataclass(frozen=True, slots=True)
class SeverityMark:
    """Somebody set how bad it is, whatever was worked out: `instead_of` is what that was.

    `by` and `why` have passed the redactor.
    """

    at: datetime
    severity: Severity
    instead_of: Severity
    by: str
    why: str = ""
