"""Which turns in the decision tree were wrong."""

from __future__ import annotations

from collections.abc import Collection, Iterable

from claude_tui.model.playbook import WalkTurn
from claude_tui.runbook import Runbook

__all__ = ["nodes_reaching", "wrong_turns"]


def wrong_turns(turns: Iterable[WalkTurn], right: Collection[str], runbook: Runbook) -> int | None:
    """How many turns led from a node from which a right answer can be reached to one from which none can.

    None if nobody took a branch. Going back corrects a wrong turn and is not one.
    """
    taken = [turn for turn in turns if not turn.back]
    if not taken:
        return None
    good = nodes_reaching(right, runbook)
    return sum(turn.node in good and turn.to not in good for turn in taken)


def nodes_reaching(right: Collection[str], runbook: Runbook) -> frozenset[str]:
    """The nodes from which one of `right` can be reached, including those."""
    good = {node for node in right if node in runbook.nodes}
    while more := {
        name
        for name, node in runbook.nodes.items()
        if name not in good and any(branch.to in good for branch in node.branches)
    }:
        good |= more
    return frozenset(good)
