"""Plots charts in a thread, and only those that differ from the last one by at least a cell."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from textual.dom import DOMNode

from claude_tui.model.snapshot import Chart, ChartSeries
from claude_tui.tui.render.lines import BLANK, Line, Span, line
from claude_tui.tui.render.plot import plot_lines
from claude_tui.tui.render.time_grid import Grid

__all__ = ["Plotter"]

Lines = tuple[Line, ...]


@dataclass(frozen=True, slots=True)
class _Wish:
    """All that a plot depends on. `grid` moves on with time, a cell at once; the chart itself each second."""

    chart: Chart = field(compare=False)
    series: Sequence[ChartSeries]
    grid: Grid
    cells: int
    rows: int
    usual: float | None
    plain: bool

    def plotted(self) -> Lines:
        return plot_lines(self.chart, self.cells, self.rows, usual=self.usual, plain=self.plain)


class Plotter:
    """Hands out the newest plot there is; `ready` is called when a better one has been made."""

    def __init__(self, owner: DOMNode, ready: Callable[[], None]) -> None:
        self._owner = owner
        self._ready = ready
        self._wanted: _Wish | None = None
        self._made: _Wish | None = None
        self._lines: Lines = ()
        self._busy = False

    def lines(self, chart: Chart, cells: int, rows: int, *, usual: float | None, plain: bool) -> Lines:
        """Exactly `rows` lines."""
        grid = Grid.over(chart, max(cells, 1))
        self._wanted = _Wish(chart, chart.series, grid, cells, rows, usual, plain)
        if self._wanted != self._made and not self._busy:
            self._busy = True
            self._owner.run_worker(self._work(), group="plot")
        return (*self._lines, *((BLANK,) * rows))[:rows] if self._lines else _waiting(rows)

    async def _work(self) -> None:
        try:
            while (wish := self._wanted) is not None and wish != self._made:
                self._lines = await asyncio.to_thread(wish.plotted)
                self._made = wish
                self._ready()
        finally:
            self._busy = False


def _waiting(rows: int) -> Lines:
    return (line(Span("plotting…", "faint")), *((BLANK,) * (rows - 1)))
