"""Small charts of block characters: values over time as one or more Lines."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from itertools import groupby

from claude_tui.tui.render.lines import Line, Lines, Span

__all__ = ["GAP", "bars", "resample", "sparkline"]

BLOCKS = " ▁▂▃▄▅▆▇█"
GAP = "·"

RoleOf = Callable[[float], str]


def resample(points: Sequence[float | None], cells: int) -> tuple[float | None, ...]:
    """`points` resampled to exactly `cells` values: the maximum of several points, or repetitions of one.

    A cell is None only if all points in it are.
    """
    total = len(points)
    if not total or cells <= 0:
        return (None,) * max(cells, 0)
    out: list[float | None] = []
    for cell in range(cells):
        start = cell * total // cells
        end = max((cell + 1) * total // cells, start + 1)
        out.append(max((value for value in points[start:end] if value is not None), default=None))
    return tuple(out)


def sparkline(points: Sequence[float | None], cells: int, *, top: float, role_of: RoleOf) -> Line:
    """One row of `cells` cells, from 0 to `top` at full height. A gap is a faint dot."""
    return bars(points, cells, 1, top=top, role_of=role_of)[0]


def bars(points: Sequence[float | None], cells: int, rows: int, *, top: float, role_of: RoleOf) -> Lines:
    """`rows` rows of `cells` cells, uppermost first.

    Each column has the role of its value. A value of 0 still draws the lowest block, so that
    "measured, nothing" and "not measured" differ.
    """
    values = resample(points, cells)
    heights = [_height(value, rows, top) for value in values]
    roles = ["faint" if value is None else role_of(value) for value in values]
    return tuple(_row([_block(height, row) for height in heights], roles) for row in range(rows - 1, -1, -1))


def _height(value: float | None, rows: int, top: float) -> int | None:
    """Eighths of a cell, at least one."""
    if value is None:
        return None
    share = min(max(value / top, 0.0), 1.0) if top > 0 else 0.0
    return max(round(share * rows * 8), 1)


def _block(height: int | None, row: int) -> str:
    if height is None:
        return GAP if row == 0 else " "
    return BLOCKS[min(max(height - row * 8, 0), 8)]


def _row(blocks: Sequence[str], roles: Sequence[str]) -> Line:
    runs = groupby(zip(blocks, roles, strict=True), key=lambda pair: pair[1])
    return tuple(Span("".join(block for block, _ in run), role) for role, run in runs)
