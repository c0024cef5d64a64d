"""What a report on own traffic is made of."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from claude_tui.analysis.traffic.figures import By
from claude_tui.model.traffic import KeptCall
from claude_tui.model.traffic_view import SourceState, TrafficFigures

__all__ = ["TrafficReport"]


@dataclass(frozen=True, slots=True)
class TrafficReport:
    """What was known of a span of time."""

    at: datetime
    """When it was asked for: the end of the span."""
    start: datetime
    """The start of the span."""
    by: By
    """What `rows` tells apart."""
    all: TrafficFigures
    """Everything."""
    rows: tuple[TrafficFigures, ...]
    """The busiest first."""
    sources: tuple[SourceState, ...]
    """Where it comes from."""
    failed_calls: tuple[KeptCall, ...]
    """The newest of the failed calls of the last hour of the span that are kept one by one."""
    slowest_calls: tuple[KeptCall, ...]
    """The slowest of that hour."""

    @property
    def span(self) -> timedelta:
        return self.at - self.start
