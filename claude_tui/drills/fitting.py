"""Checks that the truth of a drill fits the responder's runbook."""

from __future__ import annotations

from collections.abc import Iterator

from claude_tui.model.errors import Problem
from claude_tui.runbook import Runbook
from claude_tui.simulator.scenario import ScenarioError
from claude_tui.simulator.truth import Truth

__all__ = ["misfits", "require_fit", "step_title"]


def require_fit(name: str, truth: Truth, runbook: Runbook) -> None:
    """Raises ScenarioError if the truth of a drill names parts that the runbook does not have."""
    if found := misfits(truth, runbook):
        raise ScenarioError([Problem(name, "truth", sentence) for sentence in found])


def misfits(truth: Truth, runbook: Runbook) -> tuple[str, ...]:
    """A sentence for each part that the truth names and the runbook does not have."""
    return tuple(_misfits(truth, runbook))


def _misfits(truth: Truth, runbook: Runbook) -> Iterator[str]:
    for step in (*truth.steps, *truth.harmful):
        if step_title(step, runbook) is None:
            yield f"the runbook has no step {step}"
    for node in truth.nodes:
        if node not in runbook.nodes or not runbook.nodes[node].is_answer:
            yield f"the decision tree has no answer {node}"


def step_title(step: str, runbook: Runbook) -> str | None:
    """The title of `playbook.step`; None if the runbook has no such step."""
    playbook, _, ident = step.partition(".")
    found = runbook.playbooks[playbook].step(ident) if playbook in runbook.playbooks else None
    return found.title if found is not None else None
