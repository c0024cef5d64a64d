"""Charts of latency over hours, below those of the last minutes, on a dashboard that is large enough."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING, NamedTuple

from claude_tui.model.format import latency_figure, latency_unit, span_text
from claude_tui.model.snapshot import FAILED_SERIES, Chart, ChartSeries, Snapshot
from claude_tui.tui.panels.latency_chart import role_by
from claude_tui.tui.render.curve import fine_curve
from claude_tui.tui.render.lines import Line, Lines, Span, line, pad, right
from claude_tui.tui.render.time_axis import time_axis
from claude_tui.tui.render.time_grid import Grid, values_per_cell

if TYPE_CHECKING:
    from claude_tui.model.when import Local

__all__ = ["LongChart", "long_lines"]

_NAME_CELLS = 9
_LOWEST, _TALLEST = 4, 8
# Over hours a median hardly moves; a peak of twice the usual is worth seeing.
_TOP_OVER_USUAL = 3.0


@dataclass(frozen=True, eq=False)
class LongChart:
    """A chart that is compared by identity, so that what is drawn of it can be reused."""

    chart: Chart


class _Limits(NamedTuple):
    """What a curve depends on besides its points."""

    name: str
    baseline: float | None
    warn_above_s: float
    slow_above_s: float


def long_lines(snapshot: Snapshot, long: LongChart, cells: int, rows: int, local: Local | None) -> Lines:
    """Axis, charts and failures in at most `rows` rows: as many of the series as fit."""
    limits = tuple(
        _Limits(series.name, series.baseline, series.warn_above_s, series.slow_above_s)
        for series in snapshot.latency.series
    )
    return _drawn(long, limits, cells, rows, local, colour_usual=not snapshot.verdict.severity.grave)


# The chart stays the same for a minute.
@lru_cache(maxsize=2)
def _drawn(
    long: LongChart,
    limits: tuple[_Limits, ...],
    cells: int,
    rows: int,
    local: Local | None,
    *,
    colour_usual: bool,
) -> Lines:
    chart = long.chart
    failed = next((series for series in chart.series if series.name == FAILED_SERIES), None)
    room = rows - 1 - (failed is not None)
    drawn = [
        (series, points)
        for series in limits
        if (
            points := next(
                (chart_series for chart_series in chart.series if chart_series.name == series.name), None
            )
        )
        is not None
    ][: max(room // _LOWEST, 0)]
    if not drawn:
        return ()
    chart_rows = min(room // len(drawn), _TALLEST)
    grid = Grid.over(chart, cells - _NAME_CELLS)
    head = line(Span(pad(span_text(chart.focus.span), _NAME_CELLS), "faint"))
    axis = time_axis(*grid.times(chart), grid.cells, "╷", local)
    body = [
        row
        for series, points in drawn
        for row in _curve(series, points, chart, grid.cells, chart_rows, colour_usual=colour_usual)
    ]
    marks = (_failures(failed, grid),) if failed is not None else ()
    return (line(*head, *axis), *body, *marks)


def _curve(
    series: _Limits, points: ChartSeries, chart: Chart, cells: int, chart_rows: int, *, colour_usual: bool
) -> Lines:
    """The median of each bin, coloured by the current limits, which the past is compared with."""
    values = values_per_cell(points.points, Grid.over(chart, 2 * cells), max)
    highest = max((value for value in values if value is not None), default=0.0)
    top = max(highest, (series.baseline or 0.0) * _TOP_OVER_USUAL) or 1.0
    role_of = role_by(series.warn_above_s, series.slow_above_s, colour_usual=colour_usual)
    shares = [None if value is None else value / top for value in values]
    rows = fine_curve(shares, chart_rows, lambda share: role_of(share * top))
    unit = latency_unit(top)
    scale = f"{latency_figure(top, unit)}{unit}"
    labels = [(scale, "faint"), *[("", "faint")] * (chart_rows - 2), (series.name, "text")]
    return tuple(
        line(Span(_label(text, role), role), *row) for (text, role), row in zip(labels, rows, strict=True)
    )


def _label(text: str, role: str) -> str:
    return (pad(text, _NAME_CELLS - 1) if role == "text" else right(text, _NAME_CELLS - 1)) + " "


def _failures(series: ChartSeries, grid: Grid) -> Line:
    """A mark in every cell in which requests failed."""
    cells = {grid.cell_of(instant) for instant, _ in series.points}
    drawn = "".join("×" if cell in cells else " " for cell in range(grid.cells))
    return line(Span(pad("failed", _NAME_CELLS), "dim"), Span(drawn, "warn"))
