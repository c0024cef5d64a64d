"""Headroom in full screen: for each bucket its gauge, all its figures, and its history."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime
from typing import TYPE_CHECKING, NamedTuple

from claude_tui.model.format import (
    NOT_AVAILABLE,
    ago,
    clock,
    count,
    count_of,
    duration,
    moment,
    per_minute,
    percent,
    plain,
    span_text,
)
from claude_tui.model.snapshot import Chart, Headroom, Snapshot, WindowUsage
from claude_tui.tui.panels.headroom import bucket_label, headroom_lines
from claude_tui.tui.panels.zoom_parts import heading
from claude_tui.tui.render.curve import curve
from claude_tui.tui.render.gauge import gauge
from claude_tui.tui.render.glyphs import level_mark
from claude_tui.tui.render.lines import (
    BLANK,
    Line,
    Lines,
    Span,
    cells_of,
    crop,
    join,
    line,
    muted,
    pad,
    right,
    width,
)
from claude_tui.tui.render.time_axis import time_axis
from claude_tui.tui.render.time_grid import Grid, values_per_cell

if TYPE_CHECKING:
    from claude_tui.model.when import Local

__all__ = ["Thresholds", "headroom_zoom"]

Row = Headroom | WindowUsage

_LOWEST, _TALLEST = 2, 12
_SCALE_CELLS = 5


class Thresholds(NamedTuple):
    """The remaining fractions at which a gauge changes colour, from the settings."""

    low: float
    critical: float

    def role(self, left: float) -> str:
        return "bad" if left <= self.critical else "warn" if left <= self.low else "info"


def headroom_zoom(
    snapshot: Snapshot,
    chart: Chart | None,
    cells: int,
    rows: int,
    thresholds: Thresholds,
    local: Local | None = None,
) -> Lines:
    """Windows and buckets in the Snapshot's order, with charts as tall as `rows` allows."""
    view = snapshot.headroom
    listed: list[Row] = [*view.windows, *view.buckets]
    if not listed:
        return headroom_lines(snapshot, cells, rows)
    head: Lines = ()
    if chart is not None:
        head = (heading("History", f"over the last {span_text(chart.focus.span)}", cells),)
    entries = [_head(row, snapshot.at, listed, cells) for row in listed]
    room = rows - len(head) - 2 - sum(map(len, entries))
    gaps = len(listed) - 1 if room >= (_LOWEST + 1) * len(listed) - 1 else 0
    chart_rows = min(max((room - gaps) // len(listed), _LOWEST), _TALLEST)
    out = list(head)
    for row, entry in zip(listed, entries, strict=True):
        out += [*entry, *_history(row, chart, cells, chart_rows, thresholds), *((BLANK,) if gaps else ())]
    if gaps:
        out.pop()
    if chart is not None:
        grid = _grid(chart, cells)
        out.append(line(" " * _SCALE_CELLS, *time_axis(*grid.times(chart), grid.cells, local=local)))
    return (*out, _as_of(snapshot, cells))


def _grid(chart: Chart, cells: int) -> Grid:
    return Grid.over(chart, max(cells - _SCALE_CELLS, 1))


def _head(row: Row, at: datetime, listed: Sequence[Row], cells: int) -> Lines:
    """Gauge and facts in one row, or in two if they do not fit."""
    label_cells = min(max(cells_of(_label(listed_row)) for listed_row in listed), cells // 3)
    gauge_line = _gauge(row, label_cells, min(max(cells // 5, 10), 30))
    facts = join(_facts(row, at), " · ")
    whole = join((gauge_line, facts), "   ")
    rows = (whole,) if width(whole) <= cells else (gauge_line, line("  ", *facts))
    return tuple(crop(muted(drawn_row) if row.stale else drawn_row, cells) for drawn_row in rows)


def _gauge(row: Row, label_cells: int, cells: int) -> Line:
    mark = level_mark(row.level)
    share = row.used if isinstance(row, WindowUsage) else row.fraction
    label = "used" if isinstance(row, WindowUsage) else "left"
    return line(
        Span(f"{mark.glyph} ", mark.role),
        Span(pad(_label(row), label_cells) + "  ", "text", bold=True),
        *gauge(share, cells, mark.role),
        Span(right(percent(share), 6), mark.role, bold=True),
        Span(f" {label}", "dim"),
    )


def _label(row: Row) -> str:
    return f"{row.window} window" if isinstance(row, WindowUsage) else bucket_label(row.bucket)


def _facts(row: Row, at: datetime) -> Sequence[Line]:
    facts: list[Line] = []
    if isinstance(row, Headroom):
        facts.append(
            line(Span(count_of(row.remaining, row.limit), "text"), Span(f" of {count(row.limit)}", "dim"))
        )
        # An old pace says nothing about the present.
        if row.burn_per_minute is not None and not row.stale:
            facts.append(line(Span(per_minute(row.burn_per_minute), "text"), Span(" used", "dim")))
        if row.exhausted_in is not None:
            role = "bad" if row.runs_out_first else "dim"
            facts.append(line(Span(f"out in {duration(row.exhausted_in)}", role, bold=row.runs_out_first)))
    elif row.status:
        facts.append(line(Span(plain(row.status), level_mark(row.level).role)))
    # The reset of an old reading has passed, which says no more than the age of the reading.
    if not (row.stale and (row.reset_at is None or row.reset_at <= at)):
        facts.append(_reset(row.reset_at, at))
    if row.stale:
        facts.append(line(Span(f"as of {moment(row.read_at, at)}", "warn")))
    return facts


def _reset(reset_at: datetime | None, at: datetime) -> Line:
    if reset_at is None or reset_at <= at:
        return line(Span(f"reset {NOT_AVAILABLE}", "faint"))
    when = clock(reset_at) if reset_at.date() == at.date() else f"{reset_at:%b %d %H:%M}"
    return line(Span("resets in ", "dim"), Span(duration(reset_at - at), "text"), Span(f" at {when}", "dim"))


def _history(row: Row, chart: Chart | None, cells: int, chart_rows: int, thresholds: Thresholds) -> Lines:
    if chart is None:
        return ()
    series = next((candidate for candidate in chart.series if candidate.name == _series_name(row)), None)
    grid = _grid(chart, cells)
    if series is None:
        return (line(" " * _SCALE_CELLS, Span("no readings in this time", "faint")),)
    left = values_per_cell(series.points, grid, min)
    values, role_of = _as_shown(row, left, thresholds)
    drawn = curve(values, chart_rows, role_of)
    return tuple(
        line(Span(_scale(number, chart_rows), "faint"), *chart_row) for number, chart_row in enumerate(drawn)
    )


def _as_shown(
    row: Row, left: Sequence[float | None], thresholds: Thresholds
) -> tuple[Sequence[float | None], Callable[[float], str]]:
    """The values to draw. A window's chart shows what has been used, like its gauge."""
    if isinstance(row, Headroom):
        return left, thresholds.role
    return [None if value is None else 1 - value for value in left], lambda used: thresholds.role(1 - used)


def _series_name(row: Row) -> str:
    return f"{row.window} window" if isinstance(row, WindowUsage) else row.bucket


def _scale(number: int, chart_rows: int) -> str:
    """100% beside the top row and 0 beside the bottom row; nothing beside a single row."""
    text = "" if chart_rows == 1 else "100%" if number == 0 else "0" if number == chart_rows - 1 else ""
    return text.rjust(_SCALE_CELLS - 1) + " "


def _as_of(snapshot: Snapshot, cells: int) -> Line:
    view = snapshot.headroom
    if view.read_at is None:
        return BLANK
    when = f"{moment(view.read_at, snapshot.at)}, {ago(view.read_at, snapshot.at)}"
    by = f", message call {view.request_id}" if view.request_id else ""
    if view.stale:
        return crop(line(Span("▲ ", "warn"), Span(f"stale: as of {when}{by}", "warn")), cells)
    return crop(line(Span(f"as of {when}{by}", "faint")), cells)
