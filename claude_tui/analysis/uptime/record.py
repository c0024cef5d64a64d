"""The data of a report on the past, as read from the store."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from claude_tui.analysis.uptime.hours import HourRow
from claude_tui.model.gateway import Platform
from claude_tui.model.incident import IncidentEntry
from claude_tui.model.provider import ProviderStatus
from claude_tui.model.verdict import VerdictChange

__all__ = ["LONGEST", "Record"]

LONGEST = timedelta(days=90)
"""The longest span of the uptime table."""


@dataclass(frozen=True, slots=True)
class Record:
    """The record of one target up to an instant, empty for a target that nobody has watched."""

    at: datetime
    """The instant after which nothing is included."""
    rows: tuple[HourRow, ...] = ()
    """The roll-ups by hour, including the hour of `at`."""
    reports: tuple[ProviderStatus, ...] = ()
    """The changes of the status page, oldest first, from the one in force at the beginning."""
    acts: tuple[IncidentEntry, ...] = ()
    """Everything recorded about incidents, in the order of recording."""
    verdicts: tuple[VerdictChange, ...] = ()
    """Oldest first."""
    platform: Platform | None = None
    """The platform that is probed; None behind a gateway, which may lead anywhere."""
