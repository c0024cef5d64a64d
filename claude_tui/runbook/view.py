"""What the screens draw: the walk with its data, and a playbook with its progress. Values only."""

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
    """Where a line of the tree stands: PASSED on the way, HERE, or AHEAD: a branch one may take."""

    PASSED = "passed"
    HERE = "here"
    AHEAD = "ahead"


@dataclass(frozen=True, slots=True)
class TreeLine:
    """One line of the tree on the left. `depth` indents it; `branch` is its number where it is AHEAD.

    `text` is a node's title, for AHEAD of the one it leads to; `via` is the label of the branch that was
    taken from a node that was PASSED.
    """

    depth: int
    place: Place
    text: str
    branch: int | None = None
    suggested: bool = False
    answer: bool = False
    via: str = ""


@dataclass(frozen=True, slots=True)
class FactView:
    """What the live data says. `known` is False where it says nothing.

    `points` says that the branch which the data points to rests on it.
    """

    name: str
    words: str
    known: bool
    points: bool = False


@dataclass(frozen=True, slots=True)
class BranchView:
    """A branch to choose. Where the data points to it, `because` says what it rests on."""

    index: int
    label: str
    to_title: str
    suggested: bool
    because: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class NodeView:
    """The node on the right, blanks filled in. `playbook` is the one to offer, None for the verdict's."""

    node: Node
    facts: tuple[FactView, ...]
    branches: tuple[BranchView, ...]
    playbook: Playbook | None


@dataclass(frozen=True, slots=True)
class WalkView:
    tree: tuple[TreeLine, ...]
    node: NodeView


@dataclass(frozen=True, slots=True)
class StepView:
    """One step, blanks filled in. `applies`: whether it is meant for what goes on; None is not known."""

    number: int
    step: Step
    state: StepState
    mark: StepMark | None
    applies: bool | None


@dataclass(frozen=True, slots=True)
class PlaybookView:
    """`settled` of `steps` are no longer open; `next` is the number of the first open one that may apply."""

    playbook: Playbook
    steps: tuple[StepView, ...]
    settled: int
    next: int | None


def walk_view(runbook: Runbook, walk: Walk, facts: Facts, placeholders: Placeholders) -> WalkView:
    """A walk next to the data of the moment. `facts` may be NO_FACTS."""
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
    """What the node shows, and before it whatever else the suggestion rests on."""
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
    # Several facts have the same words where nothing fails.
    first = {view.words: view for view in reversed(views)}
    return tuple(view for view in views if view.points or first[view.words] is view)


def playbook_view(
    playbook: Playbook, progress: Progress, facts: Facts, placeholders: Placeholders
) -> PlaybookView:
    """A playbook with who did what, and which steps the situation asks for."""
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
    open_steps = (each.number for each in steps if each.state is StepState.OPEN and each.applies is not False)
    return PlaybookView(playbook, steps, progress.settled(playbook), next(open_steps, None))
