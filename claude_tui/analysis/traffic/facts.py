"""What a view of own traffic at an instant is computed from."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from claude_tui.model.traffic import KeptCall, RollUp, TrafficSource

__all__ = ["RECENT", "TOLD_SPAN", "USUAL_DAYS", "Told", "TrafficFacts", "usual_spans"]

RECENT = timedelta(minutes=15)
"""The time of which each roll-up is held."""
TOLD_SPAN = timedelta(hours=24)
"""How long a source is remembered that tells nothing any more."""
USUAL_DAYS = 7
"""How many days before are looked at for what is usual in an hour."""

_HOUR = timedelta(hours=1)
_DAY = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Told:
    """What a source told in a span of some minutes."""

    source: TrafficSource
    """Which one."""
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
    retries_told: int
    """Calls of which it is known whether they were the first attempt."""
    calls: int = 0
    """All calls."""


@dataclass(frozen=True, slots=True)
class TrafficFacts:
    """What is known of own traffic at an instant."""

    recent: tuple[RollUp, ...] = ()
    """The roll-ups of the last RECENT."""
    usual: tuple[RollUp, ...] = ()
    """Those of the same hour of the days before, or of the last day where there are none."""
    usual_days: int = 0
    """How many days those are from; 0 for the last day."""
    told: tuple[Told, ...] = ()
    """What each source told within TOLD_SPAN, oldest first."""
    kept: tuple[KeptCall, ...] = ()
    """The single calls that were recorded within RECENT."""
    earlier: tuple[RollUp, ...] = ()
    """Longer roll-ups of the time before, while a trouble lasts that may have begun then."""
    today_usd: float | None = None
    """What it has cost since midnight UTC; None where nothing has a price."""


def usual_spans(at: datetime) -> list[tuple[datetime, datetime]]:
    """The same hour of the days before, the newest first."""
    hour = at.replace(minute=0, second=0, microsecond=0)
    return [(hour - day * _DAY, hour - day * _DAY + _HOUR) for day in range(1, USUAL_DAYS + 1)]
