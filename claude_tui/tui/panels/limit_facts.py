"""The facts about a rate limit, wherever it is shown."""

from __future__ import annotations

from datetime import datetime, timedelta

from claude_tui.model.format import duration, plain
from claude_tui.model.snapshot import Headroom, Level, WindowUsage
from claude_tui.tui.render.lines import fit

__all__ = ["Row", "limit_facts", "resets"]

Row = Headroom | WindowUsage


def limit_facts(row: Row, at: datetime) -> list[str]:
    """How low it is, when it runs out, when it resets, and the status of a window that refuses requests."""
    facts = {Level.BAD: ["critical"], Level.WARN: ["low"]}.get(row.level, [])
    if isinstance(row, WindowUsage):
        facts = ["used up"] if row.used >= 1 else facts
        refused = row.status is not None and not row.status.startswith("allowed")
        return [*facts, *resets(row, at), *([fit(plain(str(row.status)), 20)] if refused else [])]
    if row.remaining <= 0:
        return ["used up", *resets(row, at)]
    if row.exhausted_in is not None:
        facts = [*facts, f"out in {duration(row.exhausted_in)}"]
    return [*facts, *resets(row, at)]


def resets(row: Row, at: datetime) -> list[str]:
    """When it resets; nothing if that is unknown or now."""
    if row.reset_at is None or row.reset_at - at < timedelta(seconds=1):
        return []
    return [f"resets in {duration(row.reset_at - at)}"]
