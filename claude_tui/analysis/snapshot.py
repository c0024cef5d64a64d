"""From observations and an instant to all that any screen can show."""

from __future__ import annotations

from datetime import datetime

from claude_tui.analysis.charts import chart_of
from claude_tui.analysis.errors import error_windows
from claude_tui.analysis.events import newest_events
from claude_tui.analysis.headroom import headroom_view
from claude_tui.analysis.history import History
from claude_tui.analysis.latency import latency_view
from claude_tui.analysis.options import Options
from claude_tui.analysis.status import status_view
from claude_tui.analysis.summary import summary_of
from claude_tui.model.snapshot import EngineState, Focus, Snapshot

__all__ = ["Options", "build_snapshot"]


def build_snapshot(
    history: History,
    at: datetime,
    engine: EngineState,
    options: Options,
    focus: Focus | None = None,
) -> Snapshot:
    """The Snapshot at `at` (aware UTC). What began later than `at` has no influence on it."""
    status = status_view(history, at, options)
    headroom = headroom_view(history, at, options)
    latency = latency_view(history, at, options)
    return Snapshot(
        at=at,
        engine=engine,
        summary=summary_of(history, at, engine, options, status=status, headroom=headroom, latency=latency),
        status=status,
        headroom=headroom,
        latency=latency,
        errors=error_windows(history, at),
        events=newest_events(history, at, options),
        catalogue=history.catalogue_at(at),
        chart=chart_of(history, at, focus, options) if focus is not None else None,
    )
