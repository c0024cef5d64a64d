"""Parts that the zoomed panels share: headings, columns and running text."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta
from itertools import zip_longest

from claude_tui.tui.render.lines import BLANK, Line, Lines, Span, crop, line, pad, right, spread, width, wrap

__all__ = ["SPANS", "halves", "heading", "next_span", "paragraph", "side_by_side", "table_row"]

SPANS = (timedelta(minutes=15), timedelta(hours=1), timedelta(hours=6), timedelta(hours=24))
"""The spans that a chart may cover, shortest first."""

_LONGEST_TEXT_ROWS = 200
_BETWEEN = "  │ "


def next_span(span: timedelta, step: int) -> timedelta:
    """The span `step` places further in SPANS, stopping at either end."""
    return SPANS[min(max(SPANS.index(span) + step, 0), len(SPANS) - 1)]


def heading(title: str, note: str, cells: int) -> Line:
    """A title and a dim note, followed by a thin rule to the edge."""
    head = line(Span(f"{title} ", "text", bold=True), Span(f"{note} " if note else "", "dim"))
    return crop(line(*head, Span("─" * max(cells - width(head), 0), "edge")), cells)


def paragraph(text: str, cells: int, indent: int, role: str = "text") -> Lines:
    """Running text with its own line breaks, every row indented."""
    out: list[Line] = []
    for part in text.splitlines() or [""]:
        rows = wrap(part, cells - indent, _LONGEST_TEXT_ROWS) or ("",)
        out += [line(" " * indent, Span(row, role)) if row else BLANK for row in rows]
    return tuple(out[:_LONGEST_TEXT_ROWS])


def halves(cells: int) -> tuple[int, int]:
    """The widths of two columns of `cells` cells in all."""
    left = (cells - len(_BETWEEN)) // 2
    return left, cells - len(_BETWEEN) - left


def side_by_side(left: Lines, right: Lines, left_cells: int) -> Lines:
    """Two columns with a thin rule between them."""
    return tuple(
        line(*spread(left_row, BLANK, left_cells), Span(_BETWEEN, "edge"), *right_row)
        for left_row, right_row in zip_longest(left, right, fillvalue=BLANK)
    )


def table_row(columns: Sequence[tuple[str, int, str]]) -> Line:
    """Columns as (text, width, role). A positive width aligns to the left, a negative one to the right."""
    return line(
        *(Span(pad(text, size) if size > 0 else right(text, -size), role) for text, size, role in columns)
    )
