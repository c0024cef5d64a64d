"""Decides when a figure is so old that the screen has to say so."""

from __future__ import annotations

from datetime import datetime

from claude_tui.model.observation import Source
from claude_tui.model.snapshot import ProbeState, Snapshot

__all__ = ["outdated", "probe_state"]

# One lost probe means little; three intervals without a probe do not.
_INTERVALS = 3
_LEAST_S = 15.0


def probe_state(snapshot: Snapshot, source: Source) -> ProbeState | None:
    return next((state for state in snapshot.engine.probes if state.source is source), None)


def outdated(snapshot: Snapshot, source: Source, read_at: datetime) -> bool:
    """Whether a reading of `source` at `read_at` is older than its interval explains."""
    state = probe_state(snapshot, source)
    interval_s = state.interval_s if state else 60.0
    return (snapshot.at - read_at).total_seconds() > max(interval_s * _INTERVALS, _LEAST_S)
