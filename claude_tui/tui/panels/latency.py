"""Latency: charts with their failures, percentiles, comparison with the usual, and the network phases."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime
from functools import lru_cache
from math import ceil
from typing import TYPE_CHECKING

from claude_tui.model.arrangement import Panel
from claude_tui.model.format import (
    clock_minute,
    latency_figure,
    latency_unit,
    plural,
    ratio,
    span_text,
)
from claude_tui.model.observation import Source
from claude_tui.model.snapshot import LatencySeries, LatencyView, Snapshot
from claude_tui.tui.panels.latency_chart import chart_scale, series_chart
from claude_tui.tui.panels.latency_notes import latency_notes, latency_warnings, phases_are_old
from claude_tui.tui.render.glyphs import level_mark
from claude_tui.tui.render.line_panel import SnapshotPanel
from claude_tui.tui.render.lines import (
    BLANK,
    Line,
    Lines,
    Span,
    clipped,
    line,
    pad,
    plain,
    right,
    spread,
    width,
)
from claude_tui.tui.render.staleness import outdated
from claude_tui.tui.render.time_axis import time_axis

if TYPE_CHECKING:
    from claude_tui.model.when import Local
    from claude_tui.tui.panels.latency_long import LongChart

__all__ = ["LatencyPanel", "is_large", "latency_lines"]

_NAME_CELLS = 9
_FIGURE_CELLS = 8
_USUAL_CELLS = 11
# The last of these rows is for the marks of failures.
_TALLEST_CHART = 9
# From this height on, a chart labels its upper edge.
_SCALED_FROM = 4
# On a narrower chart, its span is worth more than the labels of a time axis.
_NARROWEST_AXIS = 18
# More failures than this since the last success are not chance.
_FEW_FAILED = 2
_LABEL_CELLS = 4
# A shorter chart shows nothing, so it goes below its figures, across the panel.
_SHORTEST_CHART = 12
_ROWS_STACKED = 3
# With charts of a longer span, those of the last minutes get this many rows each.
_ROWS_BESIDE_LONG, _NARROWEST_LONG, _LARGE_FROM = 5, 56, 26
Figure = tuple[str, Callable[[LatencySeries], float | None]]
_FIGURES: tuple[Figure, ...] = (
    ("now", lambda series: series.current),
    ("p50", lambda series: series.p50),
    ("p95", lambda series: series.p95),
    ("p99", lambda series: series.p99),
)


class LatencyPanel(SnapshotPanel):
    PANEL = Panel.LATENCY
    TITLE = "Latency"

    def __init__(self, snapshot: Snapshot, key: str = "") -> None:
        super().__init__(snapshot, key)
        self.long: LongChart | None = None
        """A chart over a longer span, for which a large panel has room."""
        self._made: tuple[LatencyView, object, Lines] | None = None

    def subtitle(self, snapshot: Snapshot) -> str:
        return span_text(snapshot.latency.span)

    def lines(self, snapshot: Snapshot, width: int, height: int) -> Lines:
        view, made = snapshot.latency, self._made
        depends = width, height, self.long, self.paint.local, _other_inputs(snapshot)
        # A view stays the same object until a probe answers, or a bin of its charts is complete.
        if made is None or made[0] is not view or made[1] != depends:
            made = self._made = (
                view,
                depends,
                latency_lines(snapshot, width, height, self.long, self.paint.local),
            )
        return made[2]


def _other_inputs(snapshot: Snapshot) -> tuple[object, ...]:
    """Everything that the lines depend on besides the view: what the time changes, and the verdict."""
    view, at = snapshot.latency, snapshot.at
    return (
        [_is_stale(snapshot, series) for series in view.series],
        snapshot.verdict.severity.grave,
        _axis_end(view, at),
        phases_are_old(view, at),
        latency_warnings(view, at),
    )


def _is_stale(snapshot: Snapshot, series: LatencySeries) -> bool:
    return series.now_at is not None and outdated(snapshot, _source(series), series.now_at)


def latency_lines(
    snapshot: Snapshot, cells: int, rows: int, long: LongChart | None = None, local: Local | None = None
) -> Lines:
    """One or more rows per measure, then charts of `long`, then notes, in at most `rows` rows."""
    view = snapshot.latency
    labelled = rows <= len(view.series)
    figures, chart_cells = _columns(cells, labelled=labelled)
    stacked = chart_cells < _SHORTEST_CHART and rows > _ROWS_STACKED * len(view.series)
    if stacked:
        figures, chart_cells = _stacked_figures(cells), cells
    header = () if labelled else (_header(view, snapshot.at, figures, chart_cells, local, stacked=stacked),)
    notes = latency_notes(view, snapshot.at, cells)
    shown_notes = notes[: max(rows - len(header) - (_ROWS_STACKED if stacked else 1) * len(view.series), 0)]
    below = _long(snapshot, long, cells, rows - len(header) - len(shown_notes) - 1, local)
    chart_rows = _rows_per_chart(len(view.series), rows - len(header) - len(shown_notes) - len(below))
    body: list[Line] = []
    for series in view.series:
        stale = _is_stale(snapshot, series)
        colour_usual = not snapshot.verdict.severity.grave
        drawn = _stacked if stacked else _series
        body += drawn(
            series,
            figures,
            chart_cells,
            chart_rows,
            labelled=labelled,
            stale=stale,
            colour_usual=colour_usual,
        )
    body += below
    gap: Lines = (BLANK,) if shown_notes and rows > len(header) + len(body) + len(shown_notes) else ()
    return clipped((*header, *body, *gap, *shown_notes), cells, rows)


def is_large(cells: int, rows: int) -> bool:
    """Whether a panel of that size has room for charts of a longer span."""
    return cells >= _NARROWEST_LONG and rows >= _LARGE_FROM


def _long(snapshot: Snapshot, long: LongChart | None, cells: int, rows: int, local: Local | None) -> Lines:
    """The charts over a longer span, if there are rows for them below those of the last minutes."""
    least = len(snapshot.latency.series) * _ROWS_BESIDE_LONG
    if long is None or cells < _NARROWEST_LONG or rows < least:
        return ()
    from claude_tui.tui.panels.latency_long import long_lines

    return long_lines(snapshot, long, cells, rows - least, local)


def _rows_per_chart(charts: int, room: int) -> int:
    """How many rows each of `charts` charts gets: one, or several, the last of which marks failures."""
    fitting = (chart_rows for chart_rows in range(_TALLEST_CHART, 1, -1) if charts * chart_rows <= room)
    return next(fitting, 1)


def _columns(cells: int, *, labelled: bool) -> tuple[tuple[Figure, ...], int]:
    """Which figures fit, and what that leaves for the chart. p99 is left out first, then p50.

    `labelled` figures include their names, as there is no header row.
    """
    chart = 0
    for least, names in ((36, "now p50 p95 p99"), (18, "now p50 p95"), (12, "now p95"), (0, "now")):
        figures = tuple(figure for figure in _FIGURES if figure[0] in names)
        chart = cells - _NAME_CELLS - _FIGURE_CELLS * len(figures) - _USUAL_CELLS - 1
        chart -= _LABEL_CELLS * (len(figures) - 1) if labelled else 0
        if chart >= least:
            return figures, chart
    return _FIGURES[:1], max(chart, 0)


def _stacked_figures(cells: int) -> tuple[Figure, ...]:
    """Which figures fit beside a name, if the chart has rows of its own."""
    room = (cells - _NAME_CELLS - _USUAL_CELLS) // _FIGURE_CELLS
    names = ("now", "now p95", "now p50 p95")[min(max(room - 1, 0), 2)]
    return tuple(figure for figure in _FIGURES if figure[0] in names)


def _header(
    view: LatencyView,
    at: datetime,
    figures: Sequence[Figure],
    chart_cells: int,
    local: Local | None,
    *,
    stacked: bool,
) -> Line:
    if stacked:
        return _stacked_header(view, figures, chart_cells)
    over = _axis(view, at, chart_cells, local) if chart_cells >= _NARROWEST_AXIS else BLANK
    if not over:
        span = span_text(view.span)
        over = line(Span(f"last {span}" if chart_cells > 8 else span, "faint"))
    return line(
        " " * _NAME_CELLS,
        *over,
        " " * (chart_cells - width(over)),
        *(Span(right(name, _FIGURE_CELLS - 2) + "  ", "faint") for name, _ in figures),
        Span(right("vs usual", _USUAL_CELLS), "faint"),
    )


def _stacked_header(view: LatencyView, figures: Sequence[Figure], cells: int) -> Line:
    names = line(
        *(Span(right(name, _FIGURE_CELLS - 2) + "  ", "faint") for name, _ in figures),
        Span(right("vs usual", _USUAL_CELLS), "faint"),
    )
    return spread(line(Span(f"last {span_text(view.span)}", "faint")), names, cells)


def _axis(view: LatencyView, at: datetime, cells: int, local: Local | None) -> Line:
    """The times above the charts, which move by a whole bin at a time."""
    end = _axis_end(view, at)
    return time_axis(end - view.span, end, cells, "╷", local) if end is not None else BLANK


def _axis_end(view: LatencyView, at: datetime) -> datetime | None:
    bins = max((len(series.points) for series in view.series), default=0)
    if not bins:
        return None
    bin_s = view.span.total_seconds() / bins
    return datetime.fromtimestamp(ceil(at.timestamp() / bin_s) * bin_s, at.tzinfo)


# A chart moves by a whole bin at a time, every quarter of a minute.
@lru_cache(maxsize=16)
def _series(
    series: LatencySeries,
    figures: tuple[Figure, ...],
    chart_cells: int,
    chart_rows: int,
    *,
    labelled: bool,
    stale: bool,
    colour_usual: bool,
) -> Lines:
    *chart, marks = series_chart(series, chart_cells, chart_rows, colour_usual=colour_usual)
    unit = latency_unit(*(value(series) for _, value in figures))
    out = [Span(pad(series.name, _NAME_CELLS - 1) + " ", "text"), *(chart[-1] if chart else marks)]
    for name, value in figures:
        label = right(name, _LABEL_CELLS) if labelled and name != "now" else ""
        out += [Span(label, "faint"), *_figure(series, name, value(series), unit, stale)]
    scale = chart_scale(series) if chart_rows >= _SCALED_FROM else ""
    above = tuple(
        line(Span(right("" if number else scale, _NAME_CELLS - 1) + " ", "faint"), *row)
        for number, row in enumerate(chart[:-1])
    )
    below = (line(" " * _NAME_CELLS, *marks) if plain(marks).strip() else BLANK,) if chart else ()
    return (*above, line(*out, *_usual(series, stale)), *below)


@lru_cache(maxsize=16)
def _stacked(
    series: LatencySeries,
    figures: tuple[Figure, ...],
    chart_cells: int,
    chart_rows: int,
    *,
    labelled: bool,  # noqa: ARG001 (the header names the figures)
    stale: bool,
    colour_usual: bool,
) -> Lines:
    """Name and figures in the first row, the chart below them, as wide as the panel."""
    unit = latency_unit(*(value(series) for _, value in figures))
    out: list[Span] = []
    for name, value in figures:
        out += _figure(series, name, value(series), unit, stale)
    values = line(*out, *_usual(series, stale))
    head = spread(line(Span(series.name, "text")), values, chart_cells)
    return (head, *series_chart(series, chart_cells, chart_rows - 1, colour_usual=colour_usual))


def _source(series: LatencySeries) -> Source:
    return Source.MODELS if series.name == "models" else Source.MESSAGES


def _figure(series: LatencySeries, name: str, value: float | None, unit: str, stale: bool) -> Line:
    """Right-aligned number, dim unit. `now` is bright, in the colour of its level, and n/a if it is stale."""
    if name == "now" and stale:
        value = None
    text = right(latency_figure(value, unit), _FIGURE_CELLS - 2)
    if value is None:
        return line(Span(text + "  ", "faint"))
    if name != "now":
        return line(Span(text, "text"), Span(pad(unit, 2), "dim"))
    if series.failed_since > _FEW_FAILED:
        return line(Span(text + pad(unit, 2), "dim"))
    role = level_mark(series.level).role if series.late else "text"
    return line(Span(text, role, bold=True), Span(pad(unit, 2), "dim"))


def _usual(series: LatencySeries, stale: bool) -> Line:
    """How `now` compares with the usual, or why that is unknown."""
    if series.failed_since:
        role = "bad" if series.failed_since > _FEW_FAILED else "warn"
        # Counted since the last success, unlike the counts of the Errors panel.
        text = "failed" if series.failed_since == 1 else f"{series.failed_since:,} failed"
        return line(Span(right(text, _USUAL_CELLS), role, bold=role == "bad"))
    if series.samples == 0:
        return line(Span(right("no samples", _USUAL_CELLS), "faint"))
    if stale and series.now_at is not None:
        return line(Span(right(f"at {clock_minute(series.now_at)}", _USUAL_CELLS), "warn"))
    if series.current_ratio is None:
        return line(Span(right(plural(series.samples, "sample"), _USUAL_CELLS), "faint"))
    loud = series.late
    role = level_mark(series.level).role if loud else "dim"
    arrow = " ▲" if loud else "  "
    return line(Span(right(ratio(series.current_ratio) + arrow, _USUAL_CELLS), role, bold=loud))
