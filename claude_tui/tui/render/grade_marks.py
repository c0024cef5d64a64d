"""How bad a period was, as a mark: the lower the mark, the longer the service was down."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import groupby

from claude_tui.analysis.uptime.tally import Grade
from claude_tui.tui.render.lines import Line, Span, line

__all__ = ["GRADE_MARKS", "grade_legend", "mark_row"]

GRADE_MARKS: Mapping[Grade, tuple[str, str]] = {
    Grade.UNKNOWN: ("·", "faint"),
    Grade.FINE: ("▇", "dim"),
    Grade.SLIGHT: ("▅", "warn"),
    Grade.SOME: ("▄", "warn"),
    Grade.MUCH: ("▂", "bad"),
    Grade.MOST: ("▁", "bad"),
}
"""Glyph and colour of each grade."""


def mark_row(marks: Sequence[tuple[str, str]], size: int) -> Line:
    """Each mark in `size` cells, followed by a gap if there is room for one."""
    drawn = ((glyph * max(size - 1, 1) + (" " if size > 1 else ""), role) for glyph, role in marks)
    runs = groupby(drawn, key=lambda pair: pair[1])
    return tuple(Span("".join(text for text, _ in run), role) for role, run in runs)


def grade_legend() -> Line:
    """What each mark means."""
    parts = [Span(f"{GRADE_MARKS[Grade.FINE][0]} ", GRADE_MARKS[Grade.FINE][1]), Span("up  ", "faint")]
    for grade, (glyph, role) in GRADE_MARKS.items():
        if grade.value:
            parts += [Span(f"{glyph} ", role), Span(f"{grade.value * 100:g}%  ", "faint")]
    return line(*parts, Span("down or more  · unknown", "faint"))
