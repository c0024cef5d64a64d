"""The chart of one series of latencies: a curve with its failures, in the colours of the verdict's limits."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from itertools import groupby

from claude_tui.model.format import latency_figure, latency_unit
from claude_tui.model.snapshot import LatencySeries
from claude_tui.tui.render.curve import fine_curve
from claude_tui.tui.render.lines import Line, Lines, Span, line
from claude_tui.tui.render.sparkline import resample, sparkline

__all__ = ["ALL_FAILED", "SOME_FAILED", "chart_scale", "role_by", "series_chart"]

ALL_FAILED, SOME_FAILED = Span("✗", "bad"), Span("×", "warn")
"""The marks of the time in which all requests failed, or some of them."""

# A normal series fills a quarter of its height: only what is several times slower than usual looks tall.
_TOP_OVER_BASELINE = 4.0


def series_chart(series: LatencySeries, cells: int, rows: int, *, colour_usual: bool) -> Lines:
    """The chart of one series, coloured by the limits that the verdict uses; failures in its last row.

    Usual values have a colour only with `colour_usual`, so that nothing looks healthy in an outage.
    """

    role_of = role_by(series.warn_above_s, series.slow_above_s, colour_usual=colour_usual)
    top, marks = _top(series), _marks(series, cells)
    if rows < 2:
        return (_marked(sparkline(series.points, cells, top=top, role_of=role_of), marks),)
    shares = [None if value is None else value / (top or 1.0) for value in resample(series.points, 2 * cells)]
    drawn = fine_curve(shares, rows - 1, lambda share: role_of(share * top))
    return (*drawn, _marked(line(" " * cells), marks))


def role_by(warn_above_s: float, slow_above_s: float, *, colour_usual: bool) -> Callable[[float], str]:
    """The role of a latency in seconds, by the limits of a series."""

    def role_of(value: float) -> str:
        late = "bad" if value > slow_above_s else "warn" if value > warn_above_s else ""
        return late or ("info" if colour_usual else "dim")

    return role_of


def _marks(series: LatencySeries, cells: int) -> list[Span | None]:
    """For each cell, whether all requests of its time failed, or some, or none."""
    total = min(len(series.points), len(series.failed))
    out: list[Span | None] = []
    for cell in range(cells):
        start = cell * total // cells
        bins = slice(start, max((cell + 1) * total // cells, start + 1))
        answered = any(point is not None for point in series.points[bins])
        out.append((SOME_FAILED if answered else ALL_FAILED) if any(series.failed[bins]) else None)
    return out


def _marked(drawn: Line, marks: Sequence[Span | None]) -> Line:
    """The row with the marks in place of the content of their cells."""
    cells = [Span(char, span.role) for span in drawn for char in span.text]
    out = [mark or cell for cell, mark in zip(cells, marks, strict=True)]
    runs = groupby(out, key=lambda cell: cell.role)
    return tuple(Span("".join(cell.text for cell in run), role) for role, run in runs)


def chart_scale(series: LatencySeries) -> str:
    """The value at the upper edge of its chart, such as `3.55s`."""
    top = _top(series)
    unit = latency_unit(top)
    return f"{latency_figure(top, unit)}{unit}" if top else ""


def _top(series: LatencySeries) -> float:
    """Seconds at the upper edge of the chart."""
    highest = max((point for point in series.points if point is not None), default=0.0)
    if not series.baseline:
        return highest * 2
    return max(highest, series.baseline * _TOP_OVER_BASELINE)
