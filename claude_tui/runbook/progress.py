"""The progress of a playbook, computed from the marks of all responders."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from claude_tui.model.playbook import StepMark, StepState
from claude_tui.runbook.values import Playbook, Step

__all__ = ["QUIET", "Progress", "mark", "progress_of", "restart"]

QUIET = timedelta(hours=4)
"""After this long without a mark, the next one belongs to another incident: the playbook restarts."""

MAX_NOTE = 200


@dataclass(frozen=True, slots=True)
class Progress:
    """`marks` has, by step id, the newest mark of the current run. `started_at` is None before the first."""

    playbook: str
    started_at: datetime | None
    marks: Mapping[str, StepMark]

    def state(self, step: Step) -> StepState:
        found = self.marks.get(step.id)
        return found.state if found is not None else StepState.OPEN

    def mark_of(self, step: Step) -> StepMark | None:
        """The mark that closed a step; None for an open step."""
        return self.marks.get(step.id) if self.state(step) is not StepState.OPEN else None

    def next_step(self, playbook: Playbook) -> Step | None:
        """The first open step; None if there is none."""
        return next((step for step in playbook.steps if self.state(step) is StepState.OPEN), None)

    def settled(self, playbook: Playbook) -> int:
        """How many steps are not open."""
        return sum(self.state(step) is not StepState.OPEN for step in playbook.steps)


def progress_of(
    marks: Iterable[StepMark], playbook: Playbook, at: datetime, since: datetime | None = None
) -> Progress:
    """The progress according to the marks up to `at`. They may be in any order and of several playbooks.

    A run ends with a restart, or after four hours without a mark. Marks since `since`, the start of the
    current incident, always belong to one run.
    """
    ours = sorted(
        (step_mark for step_mark in marks if step_mark.playbook == playbook.id and step_mark.at <= at),
        key=_order,
    )
    run: list[StepMark] = []
    for step_mark in ours:
        if not step_mark.step or (run and _over(run[-1].at, step_mark.at, since)):
            run = []
        run.append(step_mark)
    if not run or _over(run[-1].at, at, since):
        return Progress(playbook.id, None, {})
    return Progress(
        playbook.id, run[0].at, {step_mark.step: step_mark for step_mark in run if step_mark.step}
    )


def _over(last: datetime, at: datetime, since: datetime | None) -> bool:
    return at - last > QUIET and (since is None or last < since)


def _order(mark: StepMark) -> tuple[datetime, str, str, str]:
    """By time; ties are broken in the same way for everyone who shares the store."""
    return mark.at, mark.step, mark.by, mark.state.value


def mark(
    playbook: Playbook, step: Step, state: StepState, *, by: str, at: datetime, note: str = ""
) -> StepMark:
    """The mark to store when somebody sets the state of a step. OPEN reopens a step.

    `by` and `note` must have passed the redactor. Raises ValueError for another playbook's step.
    """
    if playbook.step(step.id) is None:
        raise ValueError(f"playbook {playbook.id!r} has no step {step.id!r}")
    return StepMark(at, playbook.id, step.id, state, by, note[:MAX_NOTE], title=step.title)


def restart(playbook: Playbook, *, by: str, at: datetime) -> StepMark:
    """The mark to store when somebody restarts a playbook."""
    return StepMark(at, playbook.id, "", StepState.OPEN, by, title=playbook.title)
