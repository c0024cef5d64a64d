"""Pieces that the zoomed panels share: headings, columns, running text and an axis of times."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta

from claude_tui.model.format import clock_minute
from claude_tui.tui.render.lines import BLANK, Line, Span, crop, line, pad, right, width, wrap

__all__ = ["SPANS", "heading", "next_span", "paragraph", "time_axis", "time_ticks"]

Lines = tuple[Line, ...]

SPANS = (timedelta(minutes=15), timedelta(hours=1), timedelta(hours=6), timedelta(hours=24))
"""What a chart may cover, in the order of the keys."""

_LONGEST_TEXT_ROWS = 200
_TICK_STEPS = tuple(
    timedelta(minutes=minutes) for minutes in (1, 2, 5, 10, 15, 30, 60, 120, 180, 240, 360, 720)
)
_TICK_CELLS = 9


def next_span(span: timedelta, step: int) -> timedelta:
    """The span `step` places further on in SPANS, stopping at either end."""
    return SPANS[min(max(SPANS.index(span) + step, 0), len(SPANS) - 1)]


def heading(title: str, note: str, cells: int) -> Line:
    """A title with a thin rule to the edge and a dim note behind it."""
    head = line(Span(f"{title} ", "text", bold=True), Span(f"{note} " if note else "", "dim"))
    return crop(line(*head, Span("─" * max(cells - width(head), 0), "edge")), cells)


def paragraph(text: str, cells: int, indent: int, role: str = "text") -> Lines:
    """Running text with its own line breaks kept, every row indented."""
    out: list[Line] = []
    for part in text.splitlines() or [""]:
        rows = wrap(part, cells - indent, _LONGEST_TEXT_ROWS) or ("",)
        out += [line(" " * indent, Span(row, role)) if row else BLANK for row in rows]
    return tuple(out[:_LONGEST_TEXT_ROWS])


def time_ticks(start: datetime, end: datetime, cells: int) -> tuple[tuple[int, str], ...]:
    """Cells and labels (`14:05`) of round times between `start` and `end`, as many as read well."""
    span_s = (end - start).total_seconds()
    if cells < 2 or span_s <= 0:
        return ()
    wanted = max(cells // _TICK_CELLS - 1, 1)
    step = next((step for step in _TICK_STEPS if span_s / step.total_seconds() <= wanted), _TICK_STEPS[-1])
    step_s = step.total_seconds()
    first = (start.timestamp() // step_s + 1) * step_s
    ticks: list[tuple[int, str]] = []
    for number in range(int((end.timestamp() - first) // step_s) + 1):
        instant = first + number * step_s
        cell = int((instant - start.timestamp()) / span_s * cells)
        if cell < cells:
            ticks.append((cell, clock_minute(datetime.fromtimestamp(instant, start.tzinfo))))
    return tuple(ticks)


def time_axis(start: datetime, end: datetime, cells: int) -> Line:
    """The labels of `time_ticks` on one row, a tick at each one's cell; what would not fit is left out."""
    row = ""
    for cell, label in time_ticks(start, end, cells):
        if cell >= len(row) + (1 if row else 0) and cell + len(label) < cells:
            row = row.ljust(cell) + "╵" + label
    return line(Span(row, "faint"))


def table_row(columns: Sequence[tuple[str, int, str]]) -> Line:
    """Cells of text: (text, cells, role); a positive width is left-aligned, a negative one right-aligned."""
    return line(
        *(Span(pad(text, size) if size > 0 else right(text, -size), role) for text, size, role in columns)
    )
