"""How the tables of the history write figures."""

from __future__ import annotations

from collections.abc import Sequence

from claude_tui.analysis.uptime.histogram import Histogram
from claude_tui.analysis.uptime.tally import Grade, Tally
from claude_tui.model.format import NOT_AVAILABLE, duration, latency, percent
from claude_tui.tui.render.grade_marks import GRADE_MARKS

__all__ = ["NONE", "Columns", "fitting", "loosened", "quantile_text", "role_of", "share", "time_in"]

NONE = "–"
_UPTIME_DIGITS = 2
_LOOSE = 2

Columns = Sequence[tuple[str, int]]


def fitting(columns: Columns, cells: int, less_needed: Sequence[str]) -> Columns:
    kept, leaving = list(columns), list(less_needed)
    while sum(size for _, size in kept) > cells and leaving:
        gone = leaving.pop(0)
        kept = [column for column in kept if column[0] != gone]
    return kept


def loosened(columns: Columns, cells: int) -> Columns:
    """The columns with up to two more cells each, if there is room."""
    spare = (cells - sum(size for _, size in columns)) // max(len(columns), 1)
    return [(name, size + max(min(spare, _LOOSE), 0)) for name, size in columns]


def share(tally: Tally) -> str:
    return NOT_AVAILABLE if tally.uptime is None else percent(tally.uptime, _UPTIME_DIGITS)


def role_of(tally: Tally) -> str:
    """The role of a percentage: colour only for a problem."""
    if tally.uptime is None:
        return "faint"
    return "text" if tally.grade is Grade.FINE else GRADE_MARKS[tally.grade][1]


def time_in(tally: Tally, part: int) -> str:
    return duration(tally.time(part)) if part >= 500_000 else NONE


def quantile_text(histogram: Histogram, fraction: float) -> str:
    found = histogram.quantile(fraction)
    return NOT_AVAILABLE if found is None else latency(found)
