"""What the screens draw: a walk next to live data, and a playbook with its progress. Values only."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from claude_tui.model.playbook import StepMark, StepState
from claude_tui.runbook.facts import Facts
from claude_tui.runbook.placeholders import Placeholders
from claude_tui.runbook.progress import Progress
from claude_tui.runbook.values import Node, Playbook, Runbook, Step
from claude_tui.runbook.walk import Walk, suggest

__all__ = [
    "BranchView",
    "FactView",
    "NodeView",
    "Place",
    "PlaybookView",
    "StepView",
    "TreeLine",
    "WalkView",
    "playbook_view",
    "walk_view",
]


class Place(StrEnum):
    """The position of a line in the tree: already PASSED, HERE, or AHEAD (a branch to choose)."""

    PASSED = "passed"
    HERE = "here"
    AHEAD = "ahead"


@dataclass(frozen=True, slots=True)
class TreeLine:
    """One line of the tree on the left."""

    depth: int
    """How far to indent it."""
    place: Place
    """Where it is relative to the current node."""
    text: str
    """The title of the node, or for AHEAD of the node that the branch leads to."""
    branch: int | None = None
    """The index of the branch, for AHEAD only."""
    suggested: bool = False
    """Whether the data points to it."""
    answer: bool = False
    """Whether the node is an answer."""
    via: str = ""
    """The label of the branch that was taken from a PASSED node."""


@dataclass(frozen=True, slots=True)
class FactView:
    """A fact next to a node."""

    name: str
    """The name of the fact."""
    words: str
    """The fact as a sentence."""
    known: bool
    """Whether there is data for it."""
    points: bool = False
    """Whether the suggested branch rests on it."""


@dataclass(frozen=True, slots=True)
class BranchView:
    """A branch to choose."""

    index: int
    """Its index in the node."""
    label: str
    """What the user chooses."""
    to_title: str
    """The title of the node that it leads to."""
    suggested: bool
    """Whether the data points to it."""
    because: tuple[str, ...]
    """The facts behind the suggestion, in words."""


@dataclass(frozen=True, slots=True)
class NodeView:
    """The node on the right."""

    node: Node
    """The node, with its placeholders filled in."""
    facts: tuple[FactView, ...]
    """The facts to show beside it."""
    branches: tuple[BranchView, ...]
    """The branches to choose from."""
    playbook: Playbook | None
    """The playbook to offer; None for the verdict's."""


@dataclass(frozen=True, slots=True)
class WalkView:
    tree: tuple[TreeLine, ...]
    node: NodeView


@dataclass(frozen=True, slots=True)
class StepView:
    """One step of a playbook."""

    number: int
    """Its number, from 1."""
    step: Step
    """The step, with its placeholders filled in."""
    state: StepState
    """What the newest mark says."""
    mark: StepMark | None
    """Who set that state and when; None for an open step."""
    applies: bool | None
    """Whether it is meant for the current situation; None if that is unknown."""


@dataclass(frozen=True, slots=True)
class PlaybookView:
    """A playbook with its progress."""

    playbook: Playbook
    """The playbook, with its placeholders as they are."""
    steps: tuple[StepView, ...]
    """All steps, in order."""
    settled: int
    """How many steps are no longer open."""
    next: int | None
    """The number of the first open step that may apply; None if there is none."""


def walk_view(runbook: Runbook, walk: Walk, facts: Facts, placeholders: Placeholders) -> WalkView:
    """A walk next to live data. `facts` may be NO_FACTS."""
    node = _node_view(runbook, placeholders.node(runbook.nodes[walk.node]), facts)
    return WalkView(_tree(runbook, walk, node), node)


def _tree(runbook: Runbook, walk: Walk, node: NodeView) -> tuple[TreeLine, ...]:
    lines = [
        TreeLine(depth, Place.PASSED, passed.title, via=passed.branches[taken.branch].label)
        for depth, taken in enumerate(walk.path)
        for passed in (runbook.nodes[taken.node],)
    ]
    depth = len(lines)
    lines.append(TreeLine(depth, Place.HERE, node.node.title, answer=node.node.is_answer))
    lines += [
        TreeLine(
            depth + 1,
            Place.AHEAD,
            branch.to_title,
            branch.index,
            branch.suggested,
            runbook.nodes[node.node.branches[branch.index].to].is_answer,
        )
        for branch in node.branches
    ]
    return tuple(lines)


def _node_view(runbook: Runbook, node: Node, facts: Facts) -> NodeView:
    suggestion = suggest(node, facts)
    at = suggestion.branch if suggestion is not None else None
    because = suggestion.because if suggestion is not None else ()
    return NodeView(
        node=node,
        facts=_fact_views(node, facts, at),
        branches=tuple(
            BranchView(
                index,
                branch.label,
                runbook.nodes[branch.to].title,
                index == at,
                because if index == at else (),
            )
            for index, branch in enumerate(node.branches)
        ),
        playbook=runbook.playbooks[node.playbook] if node.playbook is not None else None,
    )


def _fact_views(node: Node, facts: Facts, suggested: int | None) -> tuple[FactView, ...]:
    """The facts that the node shows, preceded by the others that the suggestion rests on."""
    condition = node.branches[suggested].when if suggested is not None else None
    rests_on = [
        name
        for name in (condition.names if condition is not None else ())
        if name in facts and facts[name].value is not None
    ]
    shown = dict.fromkeys([name for name in rests_on if name not in node.shows] + list(node.shows))
    views = [
        FactView(name, facts[name].words, facts[name].value is not None, name in rests_on)
        for name in shown
        if name in facts
    ]
    # Several facts have the same words while nothing fails.
    first = {view.words: view for view in reversed(views)}
    return tuple(view for view in views if view.points or first[view.words] is view)


def playbook_view(
    playbook: Playbook, progress: Progress, facts: Facts, placeholders: Placeholders
) -> PlaybookView:
    """A playbook with who did what, and which steps apply now."""
    values = {name: fact.value for name, fact in facts.items()}
    steps = tuple(
        StepView(
            number,
            placeholders.step(step),
            progress.state(step),
            progress.mark_of(step),
            True if step.when is None else step.when.holds(values) if facts else None,
        )
        for number, step in enumerate(playbook.steps, 1)
    )
    open_steps = (step.number for step in steps if step.state is StepState.OPEN and step.applies is not False)
    return PlaybookView(playbook, steps, progress.settled(playbook), next(open_steps, None))
