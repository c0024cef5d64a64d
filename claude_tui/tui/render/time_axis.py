"""The time axis below a chart."""

from __future__ import annotations

from datetime import datetime, timedelta
from functools import lru_cache
from typing import TYPE_CHECKING

from claude_tui.model.format import clock_minute
from claude_tui.tui.render.lines import Line, Span, line

if TYPE_CHECKING:
    from claude_tui.model.when import Local

__all__ = ["time_axis", "time_ticks"]

_TICK_STEPS = tuple(
    timedelta(minutes=minutes) for minutes in (1, 2, 5, 10, 15, 30, 60, 120, 180, 240, 360, 720)
)
_TICK_CELLS = 9
# A local time beside the one in UTC: ` 15:05`, and now and then a zone or a day.
_LOCAL_CELLS = 7


def time_ticks(
    start: datetime, end: datetime, cells: int, local: Local | None = None
) -> tuple[tuple[int, str], ...]:
    """Cells and labels (`14:05`) of round times between `start` and `end`, as many as are readable.

    With `local`, each has the local time beside it: `14:05 15:05`.
    """
    span_s = (end - start).total_seconds()
    if cells < 2 or span_s <= 0:
        return ()
    wanted = max(cells // (_TICK_CELLS + (_LOCAL_CELLS if local is not None else 0)) - 1, 1)
    step = next((step for step in _TICK_STEPS if span_s / step.total_seconds() <= wanted), _TICK_STEPS[-1])
    step_s = step.total_seconds()
    first = (start.timestamp() // step_s + 1) * step_s
    ticks: list[tuple[int, str]] = []
    for number in range(int((end.timestamp() - first) // step_s) + 1):
        instant = first + number * step_s
        cell = int((instant - start.timestamp()) / span_s * cells)
        if cell < cells:
            then = datetime.fromtimestamp(instant, start.tzinfo)
            local_time = f" {local.beside_utc(then, end)}" if local is not None else ""
            ticks.append((cell, f"{clock_minute(then)}{local_time}"))
    return tuple(ticks)


@lru_cache(maxsize=16)
def time_axis(
    start: datetime, end: datetime, cells: int, tick: str = "╵", local: Local | None = None
) -> Line:
    """The labels of `time_ticks` in one row, each with a tick at its cell, except those that do not fit."""
    row = ""
    for cell, label in time_ticks(start, end, cells, local):
        if cell >= len(row) + (1 if row else 0) and cell + len(label) < cells:
            row = row.ljust(cell) + tick + label
    return line(Span(row, "faint"))
