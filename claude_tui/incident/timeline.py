"""The timeline of an incident."""

from __future__ import annotations

from claude_tui.incident.values import Incident, Record, TimelineEntry

__all__ = ["timeline"]


def timeline(record: Record, incident: Incident) -> tuple[TimelineEntry, ...]:
    """Everything that happened, oldest first; failures of one kind are folded into one entry."""
    raise NotImplementedError
