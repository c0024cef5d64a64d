"""Walks through the decision tree, purely. The data suggests a branch; the user decides."""

from __future__ import annotations

from dataclasses import dataclass

from claude_tui.model.verdict import Cause
from claude_tui.runbook.conditions import Value
from claude_tui.runbook.facts import Facts
from claude_tui.runbook.values import Branch, Node, Playbook, Runbook

__all__ = ["Suggestion", "Taken", "Walk", "back", "begin", "follow", "playbook_now", "suggest", "take"]


@dataclass(frozen=True, slots=True)
class Taken:
    """A branch that was taken: the node, and the index of the branch in it."""

    node: str
    branch: int


@dataclass(frozen=True, slots=True)
class Walk:
    """The current node, and the branches that led to it."""

    node: str
    path: tuple[Taken, ...] = ()


@dataclass(frozen=True, slots=True)
class Suggestion:
    """The index of the branch that the data points to, and the facts behind it, in words."""

    branch: int
    because: tuple[str, ...]


def begin(runbook: Runbook) -> Walk:
    return Walk(runbook.start)


def take(runbook: Runbook, walk: Walk, branch: int) -> Walk:
    """The walk after taking a branch, whatever the data says. Raises ValueError if it does not exist."""
    branches = runbook.nodes[walk.node].branches
    if not 0 <= branch < len(branches):
        raise ValueError(f"node {walk.node!r} has {len(branches)} branches, no number {branch}")
    return Walk(branches[branch].to, (*walk.path, Taken(walk.node, branch)))


def back(walk: Walk) -> Walk:
    """The walk without its last branch; at the start, the walk itself."""
    return Walk(walk.path[-1].node, walk.path[:-1]) if walk.path else walk


def suggest(node: Node, facts: Facts) -> Suggestion | None:
    """The first branch whose condition holds; else the `otherwise` branch, if no other can hold.

    None if the data does not decide.
    """
    values = {name: fact.value for name, fact in facts.items()}
    found = [_holds(branch, values) for branch in node.branches]
    if True in found:
        return _suggestion(node, found.index(True), facts)
    fallback = next((index for index, branch in enumerate(node.branches) if branch.otherwise), None)
    open_still = any(
        holds is None and branch.when is not None for holds, branch in zip(found, node.branches, strict=True)
    )
    if fallback is None or not facts or open_still:
        return None
    return Suggestion(fallback, ("nothing points to another branch",))


def _holds(branch: Branch, values: dict[str, Value | None]) -> bool | None:
    return None if branch.when is None else branch.when.holds(values)


def _suggestion(node: Node, index: int, facts: Facts) -> Suggestion:
    condition = node.branches[index].when
    names = condition.names if condition is not None else ()
    because = (facts[name] for name in names if name in facts)
    return Suggestion(index, tuple(dict.fromkeys(fact.words for fact in because if fact.value is not None)))


def follow(runbook: Runbook, facts: Facts, walk: Walk | None = None) -> Walk:
    """Follows the suggestions from the start or from `walk`; stops before visiting a node twice."""
    walk = walk or begin(runbook)
    visited = {walk.node}
    while (suggestion := suggest(runbook.nodes[walk.node], facts)) is not None:
        further = take(runbook, walk, suggestion.branch)
        if further.node in visited:
            break
        visited.add(further.node)
        walk = further
    return walk


def playbook_now(runbook: Runbook, facts: Facts, cause: Cause) -> Playbook:
    """The playbook of the answer that the data leads to, or else the one for the verdict's cause."""
    answer = runbook.nodes[follow(runbook, facts).node]
    if answer.is_answer and answer.playbook is not None and cause in answer.causes:
        return runbook.playbooks[answer.playbook]
    return runbook.playbook_for(cause)
