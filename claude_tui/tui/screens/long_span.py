"""A chart over a longer span for the dashboard, requested from time to time and kept in between."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from claude_tui.model.arrangement import Panel
from claude_tui.model.snapshot import Chart, Focus, Snapshot
from claude_tui.tui.panels.latency_long import LongChart

if TYPE_CHECKING:
    from claude_tui.tui.cockpit import Backend

__all__ = ["LongSpan"]

# A day in 240 bins moves every six minutes; computing it each second would cost more than all of the rest.
_EVERY = timedelta(minutes=1)
_SPANS = (timedelta(hours=1), timedelta(hours=6), timedelta(hours=24))
# A chart whose history begins within this share of its left edge may have more before it.
_WHOLE = 0.05
# With less room to grow than this, the two spans would alternate.
_ROOM_LEFT = 0.9


class LongSpan:
    """The newest chart of latency over the shortest span that covers everything recorded in the last day."""

    def __init__(self) -> None:
        self.held: LongChart | None = None
        self._span = _SPANS[-1]
        self._asked: Focus | None = None

    def take(self, snapshot: Snapshot, backend: Backend, *, wanted: bool) -> None:
        """Takes what the Snapshot brings, and requests what is due. `wanted` says whether there is room."""
        if not wanted:
            self.held = None
            self._ask(backend, None)
            return
        found = snapshot.chart
        if found is not None and found.focus.panel is Panel.LATENCY and found.focus.span in _SPANS:
            self.held, self._span = LongChart(found), _fitting(found)
        if self.chart is not None and self.chart.end > snapshot.at:
            self.held = None  # it knows what came after an instant of the past
        # Each step through the past needs a chart of its own.
        due = snapshot.past is not None or self._is_due(snapshot.at)
        self._ask(backend, Focus(Panel.LATENCY, self._span) if due else None)

    @property
    def chart(self) -> Chart | None:
        """The current chart."""
        return self.held.chart if self.held is not None else None

    def forget(self) -> None:
        """Another screen has requested something else in the meantime."""
        self._asked = None

    def _is_due(self, at: datetime) -> bool:
        chart = self.chart
        return chart is None or chart.focus.span != self._span or at - chart.end >= _EVERY

    def _ask(self, backend: Backend, focus: Focus | None) -> None:
        if focus != self._asked:
            self._asked = focus
            backend.set_focus(focus)


def _fitting(chart: Chart) -> timedelta:
    """The shortest of the spans that covers everything recorded in the chart's own span."""
    first = min((series.points[0][0] for series in chart.series if series.points), default=chart.end)
    if first - chart.start <= chart.focus.span * _WHOLE:
        return _SPANS[-1]
    return next(span for span in _SPANS if chart.end - first <= span * _ROOM_LEFT or span == _SPANS[-1])
