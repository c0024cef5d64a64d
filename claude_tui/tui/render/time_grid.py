"""Distributes chart points over a row of cells, each a fixed span of time."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from typing import NamedTuple

from claude_tui.model.snapshot import Chart, ChartSeries

__all__ = ["Grid", "chart_until", "values_per_cell"]

Points = Sequence[tuple[datetime, float | None]]


class Grid(NamedTuple):
    """`cells` spans of `cell_s` seconds, the last of which contains the chart's end.

    Cells are at multiples of their length, not at the chart's moving start: a point stays in its cell from
    one second to the next, and nothing is repainted until a whole cell has passed.
    """

    end_s: float
    cell_s: float
    cells: int

    @classmethod
    def over(cls, chart: Chart, cells: int) -> Grid:
        cell_s = chart.focus.span.total_seconds() / max(cells, 1)
        return cls(math.ceil(chart.end.timestamp() / cell_s) * cell_s, cell_s, cells)

    def times(self, chart: Chart) -> tuple[datetime, datetime]:
        """The instants at the left and at the right edge."""
        end = datetime.fromtimestamp(self.end_s, chart.end.tzinfo)
        return end - timedelta(seconds=self.cell_s * self.cells), end

    def cell_of(self, instant: datetime) -> int:
        """The cell of an instant; below 0 or at least `cells` if it is outside."""
        # Rounded, as a floating-point error must not move an instant across an edge.
        return self.cells - 1 - math.floor(round((self.end_s - instant.timestamp()) / self.cell_s, 6))


def values_per_cell(
    points: Points, grid: Grid, worst: Callable[[float, float], float]
) -> tuple[float | None, ...]:
    """One value per cell: the worst of its points, or else the value of the last point before it.

    A value holds until the next point or gap; the last one for as long as the last two were apart.
    """
    out: list[float | None] = [None] * grid.cells
    reach = _usual_distance(points, grid)
    for (instant, value), (later, _) in zip(points, (*points[1:], (None, None)), strict=True):
        if value is None:
            continue
        first = grid.cell_of(instant)
        last = grid.cell_of(later) - 1 if later is not None else first + reach
        for cell in range(max(first, 0), min(max(first, last) + 1, grid.cells)):
            before = out[cell]
            out[cell] = value if before is None else worst(before, value)
    return tuple(out)


def _usual_distance(points: Points, grid: Grid) -> int:
    """The number of cells between the last two points, for which the newest one remains valid."""
    if len(points) < 2:
        return 0
    return max(grid.cell_of(points[-1][0]) - grid.cell_of(points[-2][0]), 0)


def chart_until(chart: Chart, instant: datetime) -> Chart:
    """The chart up to `instant`, for a view that is paused while the backend goes on."""
    if instant >= chart.end:
        return chart
    series = (
        ChartSeries(charted.name, tuple(point for point in charted.points if point[0] <= instant))
        for charted in chart.series
    )
    return Chart(chart.focus, chart.start, instant, chart.unit, tuple(series))
