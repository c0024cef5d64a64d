"""What is worth knowing while all is well: what was, what it costs, and what is coming."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from claude_tui.model.verdict import Severity

__all__ = ["Outlook", "PastIncident", "Retirement", "Uptime"]


@dataclass(frozen=True, slots=True)
class PastIncident:
    """An incident that is over."""

    label: str
    """`INC-7`."""
    title: str
    """What it is called."""
    severity: Severity
    """As people set it; NONE where nobody did."""
    started_at: datetime
    """The first failure."""
    resolved_at: datetime
    """When it ended."""


@dataclass(frozen=True, slots=True)
class Uptime:
    """How much of a span the API was up, by our own messages."""

    span: timedelta
    """The span up to `at`."""
    share: float | None
    """The part that it was up, of what was watched; None where less than half of the span was."""
    coverage: float
    """The part of the span that was watched, 0..1."""
    at: datetime
    """When it was counted."""
    days: tuple[float | None, ...] = ()
    """For each 24 hours of it, oldest first, the share of the time that it was down by at least so much, as
    the history screen grades days; None for a day that nobody can judge."""


@dataclass(frozen=True, slots=True)
class Retirement:
    """A model that the endpoint lists with the date on which it will be gone."""

    model: str
    """Its id."""
    at: datetime
    """When requests to it begin to fail."""
    used: bool
    """Whether it is probed, or own traffic calls it."""


@dataclass(frozen=True, slots=True)
class Outlook:
    """What is known of it; nothing here is guessed."""

    incidents: tuple[PastIncident, ...] = ()
    """Those that are over, the one that ended last first; at most 20."""
    uptime: Uptime | None = None
    """None before it has been counted, and in the past."""
    certificate_expires_at: datetime | None = None
    """The expiry of the API's certificate, as a connection of the last minutes saw it; None without one."""
    retirements: tuple[Retirement, ...] = ()
    """Those ahead, the models in use first, then by date; empty where the endpoint names no dates."""

    @property
    def last_incident(self) -> PastIncident | None:
        """The incident that ended last; None where none was recorded."""
        return self.incidents[0] if self.incidents else None
