"""What a report on the past is made of, as it was read from the store."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from claude_tui.analysis.uptime.hours import HourRow
from claude_tui.model.incident import IncidentEntry
from claude_tui.model.provider import ProviderStatus
from claude_tui.model.verdict import VerdictChange

__all__ = ["LONGEST", "Record"]

LONGEST = timedelta(days=90)
"""The longest span of the uptime table."""


@dataclass(frozen=True, slots=True)
class Record:
    """The record of one target up to an instant. All of it is empty for a target that nobody has watched."""

    at: datetime
    """Nothing after this instant is in it."""
    rows: tuple[HourRow, ...] = ()
    """By hour, the one that `at` is in included."""
    reports: tuple[ProviderStatus, ...] = ()
    """The changes of the status page, oldest first, from the one in force at the beginning on."""
    acts: tuple[IncidentEntry, ...] = ()
    """All that was recorded about incidents, in the order of recording."""
    verdicts: tuple[VerdictChange, ...] = ()
    """Oldest first."""
