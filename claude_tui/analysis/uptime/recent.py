"""The uptime of the last 30 days in one figure, for the dashboard."""

from __future__ import annotations

from datetime import timedelta

from claude_tui.analysis.uptime.columns import Service, columns_of
from claude_tui.analysis.uptime.record import Record
from claude_tui.model.outlook import Uptime

__all__ = ["SPAN", "recent_uptime"]

SPAN = timedelta(days=30)


def recent_uptime(record: Record) -> Uptime:
    """That of the messages, as the history screen counts it."""
    hours = SPAN // timedelta(hours=1)
    columns = columns_of(record, hours, ())
    tally = columns.tally(Service.API, slice(0, len(columns)))
    return Uptime(SPAN, tally.uptime, tally.coverage, record.at)
