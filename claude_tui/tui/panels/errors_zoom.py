"""Errors in full screen: each class over 1m, 5m, 1h and as a trend, then what exactly failed."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import TYPE_CHECKING

from claude_tui.model.format import (
    NOT_AVAILABLE,
    ago,
    clock,
    latency,
    percent,
    plain,
    plural,
    span_text,
)
from claude_tui.model.observation import Observation, Source
from claude_tui.model.snapshot import (
    Calls,
    Chart,
    ErrorDetail,
    ErrorRow,
    ErrorWindow,
    Event,
    EventKind,
    Level,
    Snapshot,
)
from claude_tui.tui.panels.errors import short_label
from claude_tui.tui.panels.times import Times
from claude_tui.tui.panels.zoom_parts import heading, table_row
from claude_tui.tui.render.glyphs import level_mark
from claude_tui.tui.render.lines import BLANK, Line, Lines, Span, cells_of, crop, line, pad, right
from claude_tui.tui.render.sparkline import bars
from claude_tui.tui.render.time_axis import time_axis
from claude_tui.tui.render.time_grid import Grid, values_per_cell

if TYPE_CHECKING:
    from claude_tui.model.when import Local

__all__ = ["errors_zoom"]

_LABEL_CELLS, _SHORT_LABEL_CELLS = 21, 15
_WINDOW_CELLS = 13
_SHORTEST_TREND = 12
_TALLEST = 4
# A bar of fewer failures is not of full height, or one failure would look like a hundred.
_FULL_HEIGHT = 4.0
# With fewer rows, the latest failures are left out.
_FEWEST_LATEST = 4
# Widths of count, share, a gap, source, outcome, status, type and last; negative ones are right-aligned.
_WIDE = (-6, -7, 2, 10, 18, 8, 24, 22)
_NARROW = (-5, -6, 2, 9, 17, 7, 19, 11)
# Without the outcome, which the type says more precisely.
_NARROWEST = (-5, -6, 2, 9, 0, 7, 17, 10)


def errors_zoom(
    snapshot: Snapshot, chart: Chart | None, window: int, cells: int, rows: int, local: Local | None = None
) -> Lines:
    """`window` is the index in `snapshot.errors` of the window whose kinds are listed below the classes."""
    windows = snapshot.errors
    if not windows:
        return ()
    chosen = windows[window % len(windows)]
    below = _kinds(snapshot, chosen, cells)
    drawn = sum(_failed_in(row, chart) for row in chosen.rows)
    # Classes without a failure have a single row.
    room = rows - len(below) - 4 - (len(chosen.rows) - drawn)
    chart_rows = min(max(room // max(drawn, 1), 1), _TALLEST)
    out = (*_classes(windows, chosen, chart, cells, chart_rows, local), BLANK, *below)
    left = rows - len(out) - 2
    return (*out, BLANK, *_latest(snapshot, cells, left, local)) if left >= _FEWEST_LATEST else out


def _failed_in(row: ErrorRow, chart: Chart | None) -> bool:
    """Whether the chart has failures of that class."""
    found = (series for series in (chart.series if chart is not None else ()) if series.name == row.key)
    return any(value for series in found for _, value in series.points)


def _classes(
    windows: Sequence[ErrorWindow],
    chosen: ErrorWindow,
    chart: Chart | None,
    cells: int,
    chart_rows: int,
    local: Local | None,
) -> Lines:
    # Labels lose their notes before the trend is left out.
    others = _WINDOW_CELLS * len(windows) + 2
    label_cells = _LABEL_CELLS if cells - others - _LABEL_CELLS >= _SHORTEST_TREND else _SHORT_LABEL_CELLS
    trend_cells = cells - label_cells - others
    grid = Grid.over(chart, trend_cells) if chart is not None and trend_cells >= _SHORTEST_TREND else None
    over = f"trend over {span_text(chart.focus.span)}" if chart is not None and grid is not None else ""
    head = line(
        " " * label_cells,
        *(
            Span(
                right(span_text(window.span), _WINDOW_CELLS),
                "text" if window is chosen else "faint",
                bold=window is chosen,
            )
            for window in windows
        ),
        Span(f"  {over}", "faint"),
    )
    out: list[Line] = [head]
    for index, row in enumerate(chosen.rows):
        counts = [window.rows[index] for window in windows]
        out += _class(row, counts, _trend(row, chart, grid, chart_rows), label_cells)
    messages, *lists = _totals(windows, label_cells)
    out.append(messages)
    if chart is not None and grid is not None:
        axis = time_axis(*grid.times(chart), grid.cells, local=local)
        out[-1] = line(*out[-1], "  ", *axis)
    return (*out, *lists)


def _class(row: ErrorRow, counts: Sequence[ErrorRow], trend: Lines, label_cells: int) -> Lines:
    quiet = not any(count.count for count in counts)
    label = row.label if cells_of(row.label) < label_cells else short_label(row.label)
    main = line(
        Span(pad(label, label_cells), "dim" if quiet else "text"),
        *(span for count in counts for span in _count(count)),
        "  ",
        *(trend[-1] if trend else ()),
    )
    margin = " " * (label_cells + _WINDOW_CELLS * len(counts) + 2)
    return (*(line(margin, *above) for above in trend[:-1]), main)


def _count(row: ErrorRow) -> Line:
    loud = row.level in (Level.WARN, Level.BAD) and row.count > 0
    role = level_mark(row.level).role if loud else "text" if row.count else "faint"
    share = percent(row.share) if row.count and row.share is not None else "–"
    return line(
        Span(right(f"{row.count:,}", _WINDOW_CELLS - 5), role, bold=row.count > 0),
        Span(right(share, 5), "dim" if row.count else "faint"),
    )


def _trend(row: ErrorRow, chart: Chart | None, grid: Grid | None, chart_rows: int) -> Lines:
    if chart is None or grid is None:
        return ()
    series = next((candidate for candidate in chart.series if candidate.name == row.key), None)
    values = values_per_cell(series.points, grid, max) if series is not None else ()
    if not any(values):
        return (line(Span("none", "faint")),)
    top = max((value for value in values if value is not None), default=0.0)
    role = level_mark(row.level).role if row.level in (Level.WARN, Level.BAD) else "info"
    full = max(top, _FULL_HEIGHT)
    # Rows that no bar reaches would stay empty.
    height = max(math.ceil(chart_rows * top / full), 1)
    return bars(
        values,
        grid.cells,
        height,
        top=full * height / chart_rows,
        role_of=lambda count: role if count else "faint",
    )


def _totals(windows: Sequence[ErrorWindow], label_cells: int) -> Lines:
    """How many messages failed, and how many lists if any did: the rows count both."""
    messages = _total("messages failed", [window.messages for window in windows], label_cells)
    if not any(window.models.failed for window in windows):
        return (messages,)
    return (messages, _total("lists failed", [window.models for window in windows], label_cells))


def _total(name: str, counted: Sequence[Calls], label_cells: int) -> Line:
    return line(
        Span(pad(name, label_cells), "dim"),
        *(Span(right(f"{calls.failed:,} of {calls.asked:,}", _WINDOW_CELLS), "dim") for calls in counted),
    )


def _kinds(snapshot: Snapshot, window: ErrorWindow, cells: int) -> Lines:
    """Source, outcome, status and type of what failed, the most frequent first."""
    span = span_text(window.span)
    title = heading("What failed", f"in the last {span}", cells)
    if not window.requests:
        return (title, line(Span(f"  no probes in {span}", "dim")))
    if not window.breakdown:
        return (
            title,
            line(Span(f"  nothing: {plural(window.requests, 'probe')} in {span}, none failed", "dim")),
        )
    fitting = (widths for widths in (_WIDE, _NARROW) if sum(map(abs, widths)) <= cells)
    columns = next(fitting, _NARROWEST)
    names = ("count", "share", "", "source", "outcome", "status", "type", "last")
    head = table_row([(name, size, "faint") for name, size in zip(names, columns, strict=True) if size])
    roles = {
        row.key: level_mark(row.level).role for row in window.rows if row.level in (Level.WARN, Level.BAD)
    }
    rows = (
        _kind(detail, window, snapshot, roles.get(detail.row, "text"), columns) for detail in window.breakdown
    )
    return (title, crop(head, cells), *(crop(row, cells) for row in rows))


def _latest(snapshot: Snapshot, cells: int, rows: int, local: Local | None) -> Lines:
    """The newest failures one by one, with what to quote, in up to `rows` rows below a heading."""
    failed = (event for event in snapshot.events if event.kind is EventKind.FAILURE)
    unfolded = (single for event in failed for single in (event.folded or (event,)))
    observed = [single for single in unfolded if single.observation is not None]
    newest = sorted(observed, key=lambda single: single.at, reverse=True)[:rows]
    if not newest:
        return ()
    times = Times(snapshot.at, local)
    return (
        heading("Latest failures", "newest first", cells),
        *(
            crop(_failure(single, single.observation, times), cells)
            for single in newest
            if single.observation
        ),
    )


def _failure(event: Event, observation: Observation, times: Times) -> Line:
    """`02:08:59  messages  529 overloaded_error  req_…  236 ms  Overloaded`."""
    status = str(observation.http_status) if observation.http_status is not None else NOT_AVAILABLE
    took = latency(observation.timings.total) if observation.timings.total is not None else NOT_AVAILABLE
    return line(
        Span(f"{times.moment(event.at)}  ", "dim"),
        Span(pad(observation.source.value, 10), "text"),
        Span(pad(f"{status} {observation.error_type or plain(observation.outcome.value)}", 24), "text"),
        Span(f"{observation.request_id or 'no request id'}  ", "dim"),
        Span(f"{took}  ", "dim"),
        Span(observation.message or "", "faint"),
    )


def _asked(window: ErrorWindow, detail: ErrorDetail) -> int:
    calls = window.messages if detail.kind.source is Source.MESSAGES else window.models
    return max(calls.asked, detail.count)


def _kind(
    detail: ErrorDetail, window: ErrorWindow, snapshot: Snapshot, role: str, columns: Sequence[int]
) -> Line:
    age = ago(detail.last_at, snapshot.at)
    values = (
        (f"{detail.count:,}", role),
        (percent(detail.count / _asked(window, detail)), "dim"),
        ("", "dim"),
        (detail.kind.source.value, "text"),
        (plain(detail.kind.outcome.value), "text"),
        (str(detail.kind.http_status) if detail.kind.http_status is not None else NOT_AVAILABLE, role),
        (detail.kind.error_type or "–", "text"),
        (f"{clock(detail.last_at)}, {age}" if columns is _WIDE else age, "dim"),
    )
    row = table_row([(text, size, role) for (text, role), size in zip(values, columns, strict=True) if size])
    return (row[0]._replace(bold=True), *row[1:])
