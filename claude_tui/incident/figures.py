"""What is computed of an incident, not typed."""

from __future__ import annotations

from claude_tui.incident.values import Figures, Incident, Record

__all__ = ["figures"]


def figures(record: Record, incident: Incident) -> Figures:
    """The figures of an incident, as of the end of the record."""
    raise NotImplementedError
