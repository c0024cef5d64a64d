"""The uptime table as plain text."""

from __future__ import annotations

from collections.abc import Sequence

from claude_tui.analysis.uptime.report import Report
from claude_tui.model.format import day
from claude_tui.report.tables import UPTIME_HEAD, uptime_rows
from claude_tui.report.values import Heading

__all__ = ["uptime_text"]


def uptime_text(report: Report, heading: Heading, *, only_its_span: bool) -> str:
    """A line for each span."""
    since = f", recorded since {day(report.first_at)}" if report.first_at is not None else ""
    rows = _aligned([UPTIME_HEAD, *uptime_rows(report, only_its_span=only_its_span)])
    return "\n".join((f"{heading.title}: uptime of messages{since}", "", *rows))


def _aligned(rows: Sequence[Sequence[str]]) -> list[str]:
    """The first column to the left, figures to the right."""
    sizes = [max(map(len, column)) for column in zip(*rows, strict=True)]
    return [
        "  ".join(
            cell.rjust(size) if number else cell.ljust(size)
            for number, (cell, size) in enumerate(zip(row, sizes, strict=True))
        )
        for row in rows
    ]
