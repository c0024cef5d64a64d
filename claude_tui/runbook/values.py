"""The parts of a runbook: a decision tree and playbooks, as read from TOML files."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from claude_tui.model.errors import ConfigError, Problem
from claude_tui.model.toml_table import nearest, shown
from claude_tui.model.verdict import Cause, Severity, Side
from claude_tui.runbook.conditions import Condition

__all__ = ["CHECK_KEYS", "Branch", "Check", "Command", "Node", "Playbook", "Runbook", "RunbookError", "Step"]


class RunbookError(ConfigError):
    """A runbook is invalid, or does not have the requested part."""


@dataclass(frozen=True, slots=True)
class Command:
    """A command to copy and run. `text` may contain `{{placeholders}}`."""

    title: str
    text: str


@dataclass(frozen=True, slots=True)
class Branch:
    """A way on from a node. The data points to it when `when` holds; to `otherwise` when no other can."""

    label: str
    to: str
    when: Condition | None = None
    otherwise: bool = False
    file: str = ""


@dataclass(frozen=True, slots=True)
class Node:
    """A question, which has branches, or an answer, which has none."""

    id: str
    title: str
    text: str
    """The question or the answer."""
    help: str = ""
    """How to decide the question, or why the answer holds."""
    first: str = ""
    """What to do first."""
    side: Side | None = None
    causes: frozenset[Cause] = frozenset()
    """The causes of a verdict that an answer covers."""
    severity: Severity | None = None
    """A severity to consider."""
    playbook: str | None = None
    """The id of the playbook to offer."""
    probe: bool = False
    """Probing now helps here."""
    shows: tuple[str, ...] = ()
    """The names of the facts to show beside it."""
    commands: tuple[Command, ...] = ()
    branches: tuple[Branch, ...] = ()
    file: str = ""
    """The file that it comes from."""

    @property
    def is_answer(self) -> bool:
        return not self.branches


@dataclass(frozen=True, slots=True)
class Step:
    """One step of a playbook."""

    id: str
    title: str
    why: str
    how: str
    """What to do."""
    check: str
    """How to know that it worked."""
    roles: tuple[str, ...] = ()
    """Who does it."""
    shell: str = ""
    """Shell commands to copy."""
    python: str = ""
    """Python code to copy."""
    when: Condition | None = None
    """When the step applies; None for always."""


@dataclass(frozen=True, slots=True)
class Playbook:
    """Ordered steps. `causes` are the verdicts whose playbook it is; `over` says when one may stop."""

    id: str
    title: str
    intro: str
    over: str
    causes: frozenset[Cause]
    steps: tuple[Step, ...]
    file: str = ""

    def step(self, step_id: str) -> Step | None:
        return next((step for step in self.steps if step.id == step_id), None)


@dataclass(frozen=True, slots=True)
class Check:
    """One of the first five minutes' checks. `reads` says how to read what its commands print."""

    key: str
    title: str
    reads: str
    commands: tuple[Command, ...]


CHECK_KEYS = ("status", "connectivity", "limits")
"""The keys of all checks, in order; `first_five` has the code for each."""


@dataclass(frozen=True, slots=True)
class Runbook:
    """A validated runbook: every branch has a target, and every cause a playbook."""

    start: str
    nodes: Mapping[str, Node]
    playbooks: Mapping[str, Playbook]
    checks: tuple[Check, ...] = ()

    def playbook_for(self, cause: Cause) -> Playbook:
        return next(playbook for playbook in self.playbooks.values() if cause in playbook.causes)

    def playbook_named(self, name: str) -> Playbook:
        """The playbook with this name, or the one for the cause with this name. Raises RunbookError."""
        if name in self.playbooks:
            return self.playbooks[name]
        if name in set(Cause):
            return self.playbook_for(Cause(name))
        causes, playbooks = [cause.value for cause in Cause], list(self.playbooks)
        expected = f"one of the causes {', '.join(causes)}, or of the playbooks {', '.join(playbooks)}"
        near = nearest(name, [*causes, *playbooks])
        raise RunbookError([Problem("", "cause", shown(name), expected, near)])
