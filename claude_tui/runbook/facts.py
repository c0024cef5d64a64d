"""The facts that a runbook may refer to, each with a value to compare and a sentence to show."""

from __future__ import annotations

from collections.abc import Mapping

from claude_tui.model.snapshot import Snapshot
from claude_tui.model.verdict import Verdict
from claude_tui.runbook.conditions import FactKind
from claude_tui.runbook.fact import Fact, FactDefinition
from claude_tui.runbook.fact_context import FactContext
from claude_tui.runbook.facts_failures import FAILURE_FACTS
from claude_tui.runbook.facts_limits import LIMIT_FACTS
from claude_tui.runbook.facts_place import PLACE_FACTS
from claude_tui.runbook.facts_traffic import TRAFFIC_FACTS
from claude_tui.runbook.facts_verdict import VERDICT_FACTS

__all__ = ["FACT_DEFINITIONS", "FACT_KINDS", "NO_FACTS", "Facts", "facts_of"]

Facts = Mapping[str, Fact]

FACT_DEFINITIONS: tuple[FactDefinition, ...] = (
    *VERDICT_FACTS,
    *FAILURE_FACTS,
    *LIMIT_FACTS,
    *TRAFFIC_FACTS,
    *PLACE_FACTS,
)
"""Every fact, in the order in which they are documented."""

FACT_KINDS: Mapping[str, FactKind] = {definition.name: definition.kind for definition in FACT_DEFINITIONS}
"""What expressions may refer to."""

NO_FACTS: Facts = {}
"""For a walk without live data."""


def facts_of(snapshot: Snapshot, verdict: Verdict | None) -> Facts:
    """Every fact at the snapshot's instant. Pure, and fast enough to call for every Snapshot."""
    context = FactContext(snapshot, verdict)
    return {definition.name: definition.read(context) for definition in FACT_DEFINITIONS}
