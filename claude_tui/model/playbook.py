"""What responders did with the steps of a playbook: shared by everyone who watches the same store."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

__all__ = ["StepMark", "StepState"]


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
