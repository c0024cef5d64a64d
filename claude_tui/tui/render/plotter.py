"""Plots charts in a thread, and only if they differ from the last one by at least a cell."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from textual.dom import DOMNode

from claude_tui.model.snapshot import Chart, ChartSeries
from claude_tui.tui.render.lines import BLANK, Lines, Span, line
from claude_tui.tui.render.plot import plot_lines
from claude_tui.tui.render.time_grid import Grid

if TYPE_CHECKING:
    from claude_tui.model.when import Local

__all__ = ["Plotter"]


@dataclass(frozen=True, slots=True)
class _PlotRequest:
    """Everything that a plot depends on."""

    chart: Chart = field(compare=False)
    """The chart, which changes every second and is not compared."""
    series: Sequence[ChartSeries]
    """Its curves."""
    grid: Grid
    """The cells of the time axis, which moves by a whole cell at a time."""
    cells: int
    """The width."""
    rows: int
    """The height."""
    usual: float | None
    """The level of the usual latency, if known."""
    plain: bool
    """Whether to draw letters instead of colours."""
    local: Local | None
    """The zone whose times are shown beside those in UTC."""

    def plotted(self) -> Lines:
        return plot_lines(
            self.chart, self.cells, self.rows, usual=self.usual, plain=self.plain, local=self.local
        )


class Plotter:
    """Returns the newest plot, and calls `ready` when there is a newer one."""

    def __init__(self, owner: DOMNode, ready: Callable[[], None]) -> None:
        self._owner = owner
        self._ready = ready
        self._requested: _PlotRequest | None = None
        self._plotted: _PlotRequest | None = None
        self._lines: Lines = ()
        self._busy = False

    def lines(
        self,
        chart: Chart,
        cells: int,
        rows: int,
        *,
        usual: float | None,
        plain: bool,
        local: Local | None = None,
    ) -> Lines:
        """Exactly `rows` lines."""
        grid = Grid.over(chart, max(cells, 1))
        self._requested = _PlotRequest(chart, chart.series, grid, cells, rows, usual, plain, local)
        if self._requested != self._plotted and not self._busy:
            self._busy = True
            self._owner.run_worker(self._work(), group="plot")
        return (*self._lines, *((BLANK,) * rows))[:rows] if self._lines else _waiting(rows)

    async def _work(self) -> None:
        try:
            while (request := self._requested) is not None and request != self._plotted:
                self._lines = await asyncio.to_thread(request.plotted)
                self._plotted = request
                self._ready()
        finally:
            self._busy = False


def _waiting(rows: int) -> Lines:
    return (line(Span("plotting…", "faint")), *((BLANK,) * (rows - 1)))
