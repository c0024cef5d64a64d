"""A thin curve of braille dots, for where a filled area would be the loudest thing on the screen."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from itertools import groupby

from claude_tui.tui.render.lines import Line, Span

__all__ = ["curve"]

_DOTS_PER_ROW = 4
_LEFT = (0x40, 0x04, 0x02, 0x01)  # from the lowest dot of a cell up
_RIGHT = (0x80, 0x20, 0x10, 0x08)
_EMPTY = 0x2800


def curve(values: Sequence[float | None], rows: int, role_of: Callable[[float], str]) -> tuple[Line, ...]:
    """A curve through one value (0..1) per cell, as `rows` rows from the top; None leaves a gap.

    Every value is drawn across its cell and joined to the previous one, in the role of the value.
    """
    top = rows * _DOTS_PER_ROW - 1
    cells = [[0] * len(values) for _ in range(rows)]
    before: int | None = None
    for column, value in enumerate(values):
        if value is None:
            before = None
            continue
        level = round(min(max(value, 0.0), 1.0) * top)
        joint = range(min(level, before), max(level, before) + 1) if before is not None else (level,)
        for dot in joint:
            cells[rows - 1 - dot // _DOTS_PER_ROW][column] |= _LEFT[dot % _DOTS_PER_ROW]
        cells[rows - 1 - level // _DOTS_PER_ROW][column] |= _RIGHT[level % _DOTS_PER_ROW]
        before = level
    roles = ["faint" if value is None else role_of(value) for value in values]
    return tuple(_row(row, roles) for row in cells)


def _row(row: Sequence[int], roles: Sequence[str]) -> Line:
    drawn = zip((chr(_EMPTY + dots) if dots else " " for dots in row), roles, strict=True)
    return tuple(
        Span("".join(char for char, _ in run), role) for role, run in groupby(drawn, key=lambda pair: pair[1])
    )
