"""The data that a view of own traffic at an instant is computed from."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from claude_tui.model.traffic import CallCount, KeptCall, RollUp, TrafficSource

__all__ = ["IN_FULL", "RECENT", "REPORTS_SPAN", "USUAL_DAYS", "SourceReport", "TrafficFacts", "usual_spans"]

RECENT = timedelta(minutes=15)
"""The period for which each span of 10 s is available."""
IN_FULL = timedelta(seconds=80)
"""The period for which everything is available: the minute of the figures, and two spans of 10 s since."""
REPORTS_SPAN = timedelta(hours=24)
"""How long a source that has fallen silent is remembered."""
USUAL_DAYS = 7
"""How many earlier days define what is usual in an hour."""

_HOUR = timedelta(hours=1)
_DAY = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class SourceReport:
    """What a source reported in a span of some minutes."""

    source: TrafficSource
    """The source."""
    start: datetime
    """The start of the span."""
    end: datetime
    """Its end."""
    answers: int
    """Calls that succeeded."""
    counted: int
    """Calls with token counts."""
    timed: int
    """Roll-ups with a time to first token."""
    retries_known: int
    """Calls of which it is known whether they were first attempts."""
    calls: int = 0
    """All calls."""


@dataclass(frozen=True, slots=True)
class TrafficFacts:
    """What is known of own traffic at an instant."""

    recent: tuple[RollUp, ...] = ()
    """The roll-ups of the last RECENT, at least those of the last IN_FULL."""
    before: tuple[CallCount, ...] = ()
    """The counts of the time before, from the start of RECENT to the first of `recent`."""
    usual: tuple[RollUp, ...] = ()
    """The roll-ups of the same hour on the days before, or of the last day if there are none."""
    usual_days: int = 0
    """How many days these are from; 0 for the last day."""
    reports: tuple[SourceReport, ...] = ()
    """What each source reported within REPORTS_SPAN, oldest first."""
    kept: tuple[KeptCall, ...] = ()
    """The single calls that were recorded within RECENT."""
    earlier: tuple[CallCount, ...] = ()
    """Counts in longer spans of the time before RECENT, during a problem that may have begun then."""
    today_usd: float | None = None
    """The cost since midnight UTC in dollars; None if nothing has a price."""

    @property
    def counts(self) -> list[CallCount]:
        """All counts of RECENT."""
        return [*self.before, *map(CallCount.of, self.recent)]


def usual_spans(at: datetime) -> list[tuple[datetime, datetime]]:
    """The starts of the same hour on the days before, newest first."""
    hour = at.replace(minute=0, second=0, microsecond=0)
    return [(hour - day * _DAY, hour - day * _DAY + _HOUR) for day in range(1, USUAL_DAYS + 1)]
