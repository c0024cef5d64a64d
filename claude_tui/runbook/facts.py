"""The facts that a runbook may ask for, each with a value to compare and a sentence to show."""

from __future__ import annotations

from collections.abc import Mapping

from claude_tui.model.snapshot import Snapshot
from claude_tui.model.verdict import Verdict
from claude_tui.runbook.conditions import FactKind
from claude_tui.runbook.fact import Declared, Fact
from claude_tui.runbook.fact_context import FactContext
from claude_tui.runbook.facts_failures import FAILURE_FACTS
from claude_tui.runbook.facts_limits import LIMIT_FACTS
from claude_tui.runbook.facts_place import PLACE_FACTS
from claude_tui.runbook.facts_verdict import VERDICT_FACTS

__all__ = ["DECLARED", "FACT_KINDS", "NO_FACTS", "Facts", "facts_of"]

Facts = Mapping[str, Fact]

DECLARED: tuple[Declared, ...] = (*VERDICT_FACTS, *FAILURE_FACTS, *LIMIT_FACTS, *PLACE_FACTS)
"""Every fact, in the order in which they are documented."""

FACT_KINDS: Mapping[str, FactKind] = {each.name: each.kind for each in DECLARED}
"""What expressions may ask for."""

NO_FACTS: Facts = {}
"""For a walk without live data."""


def facts_of(snapshot: Snapshot, verdict: Verdict | None) -> Facts:
    """Every fact at the snapshot's instant; pure, and quick enough to ask for with each Snapshot."""
    context = FactContext(snapshot, verdict)
    return {each.name: each.read(context) for each in DECLARED}
