"""Which turns in the decision tree led astray."""

from __future__ import annotations

from collections.abc import Collection, Iterable

from claude_tui.model.playbook import WalkTurn
from claude_tui.runbook import Runbook

__all__ = ["leading_to", "wrong_turns"]


def wrong_turns(turns: Iterable[WalkTurn], right: Collection[str], runbook: Runbook) -> int | None:
    """How many branches led from where a right answer could be reached to where none can.

    None where nobody took a branch. Going back is not a wrong turn: it corrects one.
    """
    taken = [turn for turn in turns if not turn.back]
    if not taken:
        return None
    good = leading_to(right, runbook)
    return sum(turn.node in good and turn.to not in good for turn in taken)


def leading_to(right: Collection[str], runbook: Runbook) -> frozenset[str]:
    """The nodes from which one of `right` can be reached, themselves included."""
    good = {node for node in right if node in runbook.nodes}
    while more := {
        name
        for name, node in runbook.nodes.items()
        if name not in good and any(branch.to in good for branch in node.branches)
    }:
        good |= more
    return frozenset(good)
