"""History over a longer span, for a panel in full screen."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from claude_tui.model.arrangement import Panel

__all__ = ["FAILED_SERIES", "Chart", "ChartSeries", "Focus"]


@dataclass(frozen=True, slots=True)
class Focus:
    """The panel and the span of time that a zoomed screen shows."""

    panel: Panel
    span: timedelta


FAILED_SERIES = "failed"
"""The series of a latency chart that counts the failures of each bin with any."""


@dataclass(frozen=True, slots=True)
class ChartSeries:
    """`points` are (instant, value), with the value None at a gap, in the unit of the chart."""

    name: str
    points: tuple[tuple[datetime, float | None], ...]


@dataclass(frozen=True, slots=True)
class Chart:
    """History for a zoomed panel."""

    focus: Focus
    """The panel and span that it is for."""
    start: datetime
    """The left edge."""
    end: datetime
    """The right edge."""
    unit: str
    """`s` (latency), `fraction` (headroom) or `count` (errors)."""
    series: tuple[ChartSeries, ...]
    """The curves, in the order of the legend."""
