"""Curves over time, drawn by plotext, as Lines.

plotext draws in colours. Each role has a colour here and is recognised by it afterwards, so that
the chart follows the theme, obeys NO_COLOR, and is repainted cell by cell like everything else. Axes
and labels are ours. Importing plotext takes a quarter of a second: it happens on first use, which
should be in a thread.
"""

from __future__ import annotations

import itertools
import math
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from typing import TYPE_CHECKING, NamedTuple

from claude_tui.model.format import count
from claude_tui.model.snapshot import FAILED_SERIES, Chart, ChartSeries
from claude_tui.tui.render.lines import Line, Lines, Span, line, right
from claude_tui.tui.render.time_axis import time_axis
from claude_tui.tui.render.time_grid import Grid

if TYPE_CHECKING:
    from textual_plotext import Plot

    from claude_tui.model.when import Local

__all__ = ["Curve", "curves_of", "nice_ticks", "plot_lines"]

Points = Sequence[tuple[datetime, float | None]]

_MARGIN = 7
_ROLES = ("text", "dim", "faint", "accent", "ok", "warn", "bad", "info")
_RED_OF = {role: number + 1 for number, role in enumerate(_ROLES)}
_ESCAPE = re.compile(r"\x1b\[([0-9;]*)m")
_MAX_SUFFIX = " max"
_BRAILLE = "braille"
_DOTS = 2  # side by side in a cell of braille


class Curve(NamedTuple):
    """How a series looks: its role, and the letter that draws it without colours."""

    role: str
    letter: str


CURVES: Mapping[str, Curve] = {
    "TTFT": Curve("info", "t"),
    "message": Curve("accent", "m"),
    "models": Curve("dim", "l"),
}


def curves_of(chart: Chart) -> tuple[str, ...]:
    """The names of the series for a legend, without their maxima."""
    return tuple(
        series.name
        for series in chart.series
        if not series.name.endswith(_MAX_SUFFIX) and series.name != FAILED_SERIES
    )


def plot_lines(
    chart: Chart,
    cells: int,
    rows: int,
    *,
    usual: float | None = None,
    plain: bool = False,
    local: Local | None = None,
) -> Lines:
    """The chart's series as curves in `cells` by `rows` cells, with axes. Values are seconds.

    `usual` is drawn as a faint level. `plain` draws letters instead of colours. Times of `local` are shown
    beside those in UTC.
    """
    failed = [series for series in chart.series if series.name == FAILED_SERIES]
    chart = replace(chart, series=tuple(series for series in chart.series if series.name != FAILED_SERIES))
    width, height = cells - _MARGIN, rows - 1 - len(failed)
    if width < 8 or height < 2:
        return ()
    grid = Grid.over(chart, width)
    values = [value for series in chart.series for _, value in series.points if value is not None]
    top, ticks = nice_ticks(max([*values, usual or 0.0]), height)
    labels = {min(int(tick / top * height), height - 1): text for tick, text in ticks}
    canvas = _canvas(chart, grid, height, top, usual, plain)
    body = [
        line(Span(right(labels.get(height - 1 - row, ""), _MARGIN - 2), "faint"), Span(" │", "edge"), *drawn)
        for row, drawn in enumerate(canvas)
    ]
    axis = line(" " * _MARGIN, *time_axis(*grid.times(chart), width, local=local))
    return (*body, *(_failures(series, grid) for series in failed), axis)


def _failures(series: ChartSeries, grid: Grid) -> Line:
    """A mark in every cell in which requests failed."""
    cells = {grid.cell_of(instant) for instant, _ in series.points}
    drawn = "".join("✗" if cell in cells else " " for cell in range(grid.cells))
    return line(Span(right(FAILED_SERIES[:4], _MARGIN - 2), "bad"), Span(" │", "edge"), Span(drawn, "bad"))


def nice_ticks(highest: float, rows: int) -> tuple[float, tuple[tuple[float, str], ...]]:
    """The top of the axis, slightly above `highest` seconds, and the round labelled values below it."""
    top = max(highest * 1.05, 0.01)
    wanted = max(min(rows // 3, 6), 3)
    power = 10.0 ** math.floor(math.log10(top / wanted))
    step = next(size * power for size in (1, 2, 5, 10) if top / (size * power) <= wanted)
    last = math.floor(top / step + 1e-9)
    return top, tuple((number * step, _seconds(number * step, step)) for number in range(last + 1))


def _seconds(value: float, step: float) -> str:
    if value == 0:
        return "0"
    if step < 0.1:
        return f"{value * 1000:.0f}ms"
    return f"{value:.1f}s" if step < 1 else f"{count(value)}s"


def _canvas(chart: Chart, grid: Grid, height: int, top: float, usual: float | None, plain: bool) -> Lines:
    from textual_plotext import Plot

    plot = Plot()
    plot.plotsize(grid.cells, height)
    plot._set_size(grid.cells, height)  # plotsize alone does not last: textual-plotext issue 5
    plot.theme("clear")
    plot.frame(False)
    plot.xticks([])
    plot.yticks([])
    start_s = grid.end_s - grid.cell_s * grid.cells
    plot.xlim(start_s, grid.end_s)
    plot.ylim(0, top)
    if usual is not None:
        _draw(plot, _dashes(start_s, usual, grid), Curve("faint", "."), plain, dots=True)
    # Where curves share a cell, the last one is visible: TTFT, which is first in the chart.
    for series in reversed(chart.series):
        name = series.name.removesuffix(_MAX_SUFFIX)
        curve = CURVES.get(name, Curve("text", "x"))
        dots = name != series.name
        curve = Curve(curve.role, "'") if dots else curve
        known = [
            (instant.timestamp(), value) for instant, value in _thinned(series.points, grid, highest=dots)
        ]
        for piece in _pieces(known, start_s, top):
            _draw(plot, piece, curve, plain, dots=dots)
    return tuple(_lines(plot.build(), height))


def _dashes(start_s: float, level: float, grid: Grid) -> list[tuple[float, float]]:
    """A level in dashes of two cells: drawn through, it would look like one of the curves."""
    dots = (dot for dot in range(grid.cells * _DOTS) if dot // (2 * _DOTS) % 2 == 0)
    return [(start_s + (dot + 0.5) * grid.cell_s / _DOTS, level) for dot in dots]


def _thinned(points: Points, grid: Grid, *, highest: bool) -> Points:
    """At most one point per cell, the median or the highest, as more would be drawn over each other.

    A gap within a cell that has points is too short to be seen.
    """
    if len(points) <= grid.cells:
        return points
    out: list[tuple[datetime, float | None]] = []
    for _, found in itertools.groupby(points, key=lambda point: grid.cell_of(point[0])):
        run = list(found)
        values = sorted(value for _, value in run if value is not None)
        place = len(values) - 1 if highest else (len(values) - 1) // 2
        out.append((run[-1][0], values[place] if values else None))
    return out


def _pieces(
    points: Sequence[tuple[float, float | None]], start_s: float, top: float
) -> Iterator[list[tuple[float, float]]]:
    """Runs of points without gaps, clipped to the canvas, as plotext would draw beyond it."""
    for known, run in itertools.groupby(points, key=lambda point: point[1] is not None):
        if known:
            yield [(x, min(max(y, 0.0), top)) for x, y in run if y is not None and x >= start_s]


def _draw(
    plot: Plot, points: Sequence[tuple[float, float]], curve: Curve, plain: bool, *, dots: bool = False
) -> None:
    if not points:
        return
    marker = curve.letter if plain else _BRAILLE
    xs, ys = [x for x, _ in points], [y for _, y in points]
    colour = (_RED_OF[curve.role], 0, 0)
    if dots or len(points) == 1:
        plot.scatter(xs, ys, marker=marker, color=colour)
    else:
        plot.plot(xs, ys, marker=marker, color=colour)


def _lines(drawn: str, height: int) -> Iterable[Line]:
    rows = drawn.split("\n")[:height]
    return (tuple(_spans(row)) for row in rows)


def _spans(row: str) -> Iterator[Span]:
    """The text of one row, with roles instead of colours."""
    role = "text"
    pieces = _ESCAPE.split(row)
    for text, codes in itertools.zip_longest(pieces[::2], pieces[1::2], fillvalue=""):
        if text:
            yield Span(text, role)
        role = _role_of(codes, role)


def _role_of(codes: str, current: str) -> str:
    parts = codes.split(";")
    if parts[:2] == ["38", "2"]:
        return _ROLES[int(parts[2]) - 1] if 0 < int(parts[2]) <= len(_ROLES) else "text"
    return current if parts[0] == "48" else "text"
