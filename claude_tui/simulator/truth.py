"""The truth about a scenario that is played as a drill: what the responder is measured against."""

from __future__ import annotations

from dataclasses import dataclass

from claude_tui.model.verdict import Cause, Side

__all__ = ["Answer", "Truth"]


@dataclass(frozen=True, slots=True)
class Answer:
    """Whose problem it is, and what."""

    side: Side
    cause: Cause


@dataclass(frozen=True, slots=True)
class Truth:
    """What is wrong, what ought to be done about it, and what must not be done."""

    answer: Answer
    """Whose problem it is, and what."""
    phase: str
    """The phase that the drill is about."""
    verdict: Cause
    """What the program's own verdict comes to in that phase: where it is misled, not the cause."""
    brief: str
    """What the responder is told at the beginning; it must not give the cause away."""
    debrief: str
    """What the responder is told at the end."""
    paged: bool
    """Whether somebody ought to be paged."""
    steps: tuple[str, ...]
    """The steps to take, as `playbook.step`."""
    first: tuple[str, ...] = ()
    """Those of them to begin with; empty where any of them is a good start."""
    harmful: tuple[str, ...] = ()
    """Steps that make it worse, as `playbook.step`."""
    accepted: tuple[Answer, ...] = ()
    """Other answers that count as right."""
    seen_after_s: float = 0.0
    """How much of the scenario is over when the responder begins to look."""
    nodes: tuple[str, ...] = ()
    """The answers of the decision tree that are right."""

    @property
    def answers(self) -> tuple[Answer, ...]:
        """Every answer that counts as right."""
        return (self.answer, *self.accepted)

    @property
    def good_beginnings(self) -> tuple[str, ...]:
        """The steps of which one should be the first."""
        return self.first or self.steps
