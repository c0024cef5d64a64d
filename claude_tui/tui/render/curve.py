"""A thin curve of braille dots, used where a filled area would be the loudest thing on the screen."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from itertools import groupby

from claude_tui.tui.render.lines import Line, Lines, Span

__all__ = ["curve", "fine_curve"]

_DOTS_PER_ROW = 4
# The left and the right column of a cell, from the lowest dot up.
_DOTS = ((0x40, 0x04, 0x02, 0x01), (0x80, 0x20, 0x10, 0x08))
_EMPTY = 0x2800


def curve(values: Sequence[float | None], rows: int, role_of: Callable[[float], str]) -> Lines:
    """A curve through one value (0..1) per cell, as `rows` rows from the top; None leaves a gap.

    Every value is drawn across its cell and joined to the previous one, in the role of the value.
    """
    return fine_curve([value for value in values for _ in range(2)], rows, role_of)


def fine_curve(values: Sequence[float | None], rows: int, role_of: Callable[[float], str]) -> Lines:
    """A curve with two values per cell, the greater of which gives the cell its role."""
    top = rows * _DOTS_PER_ROW - 1
    cells = [[0] * (len(values) // 2) for _ in range(rows)]
    before: int | None = None
    for index, value in enumerate(values[: len(values) // 2 * 2]):
        if value is None:
            before = None
            continue
        level = round(min(max(value, 0.0), 1.0) * top)
        if before is None and values[index + 2 : index + 3] in ([], [None], (), (None,)):
            # A single dot is hard to see, so what lasts no longer than a cell is filled to the ground.
            before = 0
        joint = range(min(level, before), max(level, before) + 1) if before is not None else (level,)
        for dot in joint:
            cells[rows - 1 - dot // _DOTS_PER_ROW][index // 2] |= _DOTS[index % 2][dot % _DOTS_PER_ROW]
        before = level
    pairs = zip(values[::2], values[1::2], strict=False)
    known = [[value for value in pair if value is not None] for pair in pairs]
    roles = [role_of(max(pair)) if pair else "faint" for pair in known]
    return tuple(_row(row, roles) for row in cells)


def _row(row: Sequence[int], roles: Sequence[str]) -> Line:
    drawn = zip((chr(_EMPTY + dots) if dots else " " for dots in row), roles, strict=True)
    return tuple(
        Span("".join(char for char, _ in run), role) for role, run in groupby(drawn, key=lambda pair: pair[1])
    )
