"""The truth about a scenario that is played as a drill, against which the responder is measured."""

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
    """What is wrong, what should be done about it, and what must not be done."""

    answer: Answer
    """Whose problem it is, and what."""
    phase: str
    """The phase that the drill is about."""
    verdict: Cause
    """The program's own verdict in that phase, which is not the cause if the program is misled."""
    brief: str
    """The briefing of the responder, which must not reveal the cause."""
    debrief: str
    """The explanation at the end."""
    paged: bool
    """Whether somebody should be paged."""
    steps: tuple[str, ...]
    """The steps to take, as `playbook.step`."""
    first: tuple[str, ...] = ()
    """The steps to begin with; empty if any of `steps` is a good start."""
    harmful: tuple[str, ...] = ()
    """Steps that make it worse, as `playbook.step`."""
    accepted: tuple[Answer, ...] = ()
    """Other answers that count as right."""
    seen_after_s: float = 0.0
    """How many seconds of the scenario have passed when the responder begins."""
    nodes: tuple[str, ...] = ()
    """The right answers of the decision tree."""

    @property
    def answers(self) -> tuple[Answer, ...]:
        """Every answer that counts as right."""
        return (self.answer, *self.accepted)

    @property
    def good_beginnings(self) -> tuple[str, ...]:
        """The steps that are a good start."""
        return self.first or self.steps
