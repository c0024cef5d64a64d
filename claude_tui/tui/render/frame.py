"""Thin frames around a panel's lines: a rounded box, or a single rule if rows are scarce."""

from __future__ import annotations

from enum import StrEnum
from functools import lru_cache

from claude_tui.tui.render.lines import BLANK, Line, Lines, Span, crop, fit, line, spread, width

__all__ = ["Frame", "framed", "inner_size"]


class Frame(StrEnum):
    """The kind of frame. BOX takes two rows and four columns, RULE one row and two columns."""

    BOX = "box"
    RULE = "rule"
    NONE = "none"


def inner_size(frame: Frame, cells: int, rows: int) -> tuple[int, int]:
    """The space for content in a frame of `cells` by `rows`, never below 0."""
    if frame is Frame.BOX:
        return max(cells - 4, 0), max(rows - 2, 0)
    if frame is Frame.RULE:
        return max(cells - 2, 0), max(rows - 1, 0)
    return cells, rows


def framed(
    content: Lines,
    cells: int,
    rows: int,
    *,
    frame: Frame,
    title: str,
    key: str = "",
    note: str = "",
    focused: bool = False,
) -> Lines:
    """`content` in a frame, as exactly `rows` lines. Focus is shown by a mark as well as a colour."""
    if frame is Frame.NONE:
        return content[:rows]
    inner_cells, inner_rows = inner_size(frame, cells, rows)
    body = content[:inner_rows] + (BLANK,) * (inner_rows - len(content))
    label = _label(title, key, focused)
    if frame is Frame.RULE:
        head = _rule(label, note, cells, focused)
        return (head, *(line(" ", *crop(row, inner_cells)) for row in body))
    edge = _edge(focused)
    return (
        _top(label, cells, edge),
        *(_sided(row, inner_cells, edge) for row in body),
        _bottom(note, cells, edge),
    )


def _edge(focused: bool) -> str:
    return "accent" if focused else "edge"


@lru_cache(maxsize=64)
def _label(title: str, key: str, focused: bool) -> Line:
    mark = Span("▸", "accent", bold=True) if focused else Span("")
    number = Span(f"{key} " if key else "", "accent")
    return line(mark, " ", number, Span(title, "text" if focused else "dim", bold=focused), " ")


@lru_cache(maxsize=64)
def _top(label: Line, cells: int, edge: str) -> Line:
    start = "╭" if any(span.text == "▸" for span in label) else "╭─"
    label = crop(label, max(cells - len(start) - 2, 0))
    rest = cells - len(start) - width(label) - 1
    return line(Span(start, edge), *label, Span("─" * rest + "╮", edge))


@lru_cache(maxsize=64)
def _bottom(note: str, cells: int, edge: str) -> Line:
    note = f" {fit(note, cells - 8)} " if note and cells > 12 else ""
    rest = cells - width((Span(note),)) - 3
    return line(Span("╰" + "─" * rest, edge), Span(note, "dim"), Span("─╯", edge))


# Most rows stay as they are from one second to the next.
@lru_cache(maxsize=512)
def _sided(row: Line, inner: int, edge: str) -> Line:
    row = crop(row, inner)
    fill = " " * (inner - width(row))
    return line(Span("│ ", edge), *row, Span(f"{fill} "), Span("│", edge))


def _rule(label: Line, note: str, cells: int, focused: bool) -> Line:
    edge = _edge(focused)
    start = "" if focused else "─"
    head = line(Span(start, edge), *label)
    tail = line(Span(f" {note} ", "dim"), Span("─", edge)) if note else BLANK
    rest = cells - width(head) - width(tail)
    if rest < 0:
        return spread(head, BLANK, cells)
    return line(*head, Span("─" * rest, edge), *tail)
