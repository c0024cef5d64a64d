"""The uptime table as plain text."""

from __future__ import annotations

from claude_tui.analysis.uptime.report import Report
from claude_tui.model.format import day
from claude_tui.report.tables import UPTIME_HEAD, aligned, uptime_rows
from claude_tui.report.values import Heading

__all__ = ["uptime_text"]


def uptime_text(report: Report, heading: Heading, *, only_its_span: bool) -> str:
    """A line for each span."""
    since = f", recorded since {day(report.first_at)}" if report.first_at is not None else ""
    rows = aligned([UPTIME_HEAD, *uptime_rows(report, only_its_span=only_its_span)])
    return "\n".join((f"{heading.title}: uptime of messages{since}", "", *rows))
