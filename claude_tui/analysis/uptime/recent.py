"""The uptime of the last 30 days in one figure, for the dashboard."""

from __future__ import annotations

from datetime import timedelta

from claude_tui.analysis.uptime.columns import Service, columns_of
from claude_tui.analysis.uptime.record import Record
from claude_tui.model.outlook import Uptime

__all__ = ["SPAN", "recent_uptime"]

SPAN = timedelta(days=30)
_DAY = 24


def recent_uptime(record: Record) -> Uptime:
    """The uptime of messages, as the history screen counts it."""
    hours = SPAN // timedelta(hours=1)
    columns = columns_of(record, hours, ())
    tally = columns.tally(Service.API, slice(0, len(columns)))
    # The current, incomplete hour belongs to the last day.
    ends = range(len(columns) - 1 - hours + _DAY, len(columns), _DAY)
    parts = (slice(end - _DAY, end if end < len(columns) - 1 else len(columns)) for end in ends)
    days = tuple(columns.tally(Service.API, part).grade.value for part in parts)
    return Uptime(SPAN, tally.uptime, tally.coverage, record.at, days)
