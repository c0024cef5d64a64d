"""What is worth knowing while all is well: past incidents, cost, and upcoming events."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from claude_tui.model.verdict import Severity

__all__ = ["SOON", "Outlook", "PastIncident", "Retirement", "Uptime"]

SOON = timedelta(days=30)
"""From when on the end of a certificate or of a model is worth a warning."""


@dataclass(frozen=True, slots=True)
class PastIncident:
    """An incident that is over."""

    label: str
    """Its label, such as `INC-7`."""
    title: str
    """Its title."""
    severity: Severity
    """The severity that people set; NONE if nobody did."""
    started_at: datetime
    """The first failure."""
    resolved_at: datetime
    """When it ended."""


@dataclass(frozen=True, slots=True)
class Uptime:
    """For how much of a span the API was up, judged by our own messages."""

    span: timedelta
    """The span up to `at`."""
    share: float | None
    """The fraction of the watched time that it was up; None if less than half of the span was watched."""
    coverage: float
    """The part of the span that was watched, 0..1."""
    at: datetime
    """When it was counted."""
    days: tuple[float | None, ...] = ()
    """For each 24 hours of the span, oldest first, the grade as a lower bound of the down time's share, as on
    the history screen; None for a day that cannot be graded."""


@dataclass(frozen=True, slots=True)
class Retirement:
    """A model that the endpoint lists with its retirement date."""

    model: str
    """Its id."""
    at: datetime
    """When requests to it begin to fail."""
    used: bool
    """Whether it is probed, or own traffic calls it."""


@dataclass(frozen=True, slots=True)
class Outlook:
    """Past incidents, uptime and upcoming events, as far as they are known."""

    incidents: tuple[PastIncident, ...] = ()
    """Past incidents, most recently ended first; at most 20."""
    uptime: Uptime | None = None
    """The uptime; None before it has been counted, and in the past."""
    certificate_expires_at: datetime | None = None
    """When the API's certificate expires, as a connection of the last minutes saw it; None without one."""
    retirements: tuple[Retirement, ...] = ()
    """Upcoming retirements, models in use first, then by date; empty if the endpoint reports no dates."""

    @property
    def last_incident(self) -> PastIncident | None:
        """The incident that ended last; None if none was recorded."""
        return self.incidents[0] if self.incidents else None
