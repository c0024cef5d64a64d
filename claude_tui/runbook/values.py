"""The parts of a runbook: a decision tree and playbooks, as read from TOML files."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from claude_tui.model.errors import ConfigError, Problem
from claude_tui.model.nearest import nearest
from claude_tui.model.toml_text import shown
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
    """A branch from one node to another."""

    label: str
    """What the user chooses."""
    to: str
    """The id of the node that it leads to."""
    when: Condition | None = None
    """The data points to this branch when this holds."""
    otherwise: bool = False
    """Whether the data points to it when no other branch can hold."""
    file: str = ""
    """The file that it comes from."""


@dataclass(frozen=True, slots=True)
class Node:
    """A question, which has branches, or an answer, which has none."""

    id: str
    """The name by which branches refer to it."""
    title: str
    """A few words, for the tree."""
    text: str
    """The question or the answer."""
    help: str = ""
    """How to decide the question, or why the answer holds."""
    first: str = ""
    """What to do first."""
    side: Side | None = None
    """Whose problem an answer says it is."""
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
    """Commands to copy."""
    branches: tuple[Branch, ...] = ()
    """The branches of a question, in order; an answer has none."""
    file: str = ""
    """The file that it comes from."""

    @property
    def is_answer(self) -> bool:
        return not self.branches


@dataclass(frozen=True, slots=True)
class Step:
    """One step of a playbook."""

    id: str
    """Unique within the playbook. Marks refer to it."""
    title: str
    """What to do, in a few words."""
    why: str
    """What the step is good for."""
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
    """Ordered steps for one kind of situation."""

    id: str
    """The name by which texts and commands refer to it."""
    title: str
    """A few words, for lists."""
    intro: str
    """What the situation is, and what matters in it."""
    over: str
    """When the responders may stop."""
    causes: frozenset[Cause]
    """The verdict causes that it is for."""
    steps: tuple[Step, ...]
    """In the order in which to do them."""
    file: str = ""
    """The file that it comes from."""

    def step(self, step_id: str) -> Step | None:
        return next((step for step in self.steps if step.id == step_id), None)


@dataclass(frozen=True, slots=True)
class Check:
    """One of the checks in the first five minutes."""

    key: str
    """One of CHECK_KEYS."""
    title: str
    """A few words, for the screen."""
    reads: str
    """How to read what its commands print."""
    commands: tuple[Command, ...]
    """How to do the check by hand."""


CHECK_KEYS = ("status", "connectivity", "limits")
"""The keys of all checks, in order; `first_five` has the code for each."""


@dataclass(frozen=True, slots=True)
class Runbook:
    """A validated runbook: every branch has a target, and every cause a playbook."""

    start: str
    """The id of the first node."""
    nodes: Mapping[str, Node]
    """The nodes of the tree, by id."""
    playbooks: Mapping[str, Playbook]
    """The playbooks, by id."""
    checks: tuple[Check, ...] = ()
    """The checks of the first five minutes, in order."""

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
