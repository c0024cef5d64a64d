"""The data of a report on own traffic."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from claude_tui.analysis.traffic.figures import By
from claude_tui.model.traffic import KeptCall
from claude_tui.model.traffic_view import SourceState, TrafficFigures

__all__ = ["TrafficReport"]


@dataclass(frozen=True, slots=True)
class TrafficReport:
    """Own traffic in a span of time."""

    at: datetime
    """The instant of the report: the end of the span."""
    start: datetime
    """The start of the span."""
    by: By
    """What `rows` are grouped by."""
    all: TrafficFigures
    """The figures of all calls."""
    rows: tuple[TrafficFigures, ...]
    """The busiest first."""
    sources: tuple[SourceState, ...]
    """The sources of the data."""
    failed_calls: tuple[KeptCall, ...]
    """The newest individually kept failed calls of the last hour of the span."""
    slowest_calls: tuple[KeptCall, ...]
    """The slowest calls of that hour."""

    @property
    def span(self) -> timedelta:
        return self.at - self.start
