"""Own traffic by application and by model as tables, in a panel that has room for columns with names."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from claude_tui.analysis.traffic.levels import failing_level
from claude_tui.model.format import NOT_AVAILABLE, latency_figure, latency_unit, percent
from claude_tui.model.traffic_view import TrafficFigures
from claude_tui.tui.panels.traffic_figures import dollars, number, pace_parts, warning_role
from claude_tui.tui.render.lines import Line, Lines, Span, cells_of, line, pad, right

__all__ = ["table"]


# Wide enough for most names: two tables below each other then have the same columns.
_NARROWEST_NAME, _WIDEST_NAME = 13, 24


def table(title: str, rows: Sequence[TrafficFigures], cells: int) -> Lines:
    """A row of names, then one for each application or model; columns that do not fit are left out."""
    longest = max((cells_of(row.name) for row in rows), default=0)
    name_cells = max(min(longest, _WIDEST_NAME), _NARROWEST_NAME) + 1
    columns: list[_Column] = []
    room = cells - name_cells
    for column in _COLUMNS:
        if column[1] > room:
            break
        columns.append(column)
        room -= column[1]
    head = line(
        Span(pad(title, name_cells), "faint"),
        *(Span(right(name, size - units) + " " * units, "faint") for name, size, units, _ in columns),
    )
    return (head, *(_row(row, name_cells, columns) for row in rows))


def _row(figures: TrafficFigures, name_cells: int, columns: Sequence[_Column]) -> Line:
    out = [Span(pad(figures.name, name_cells), "text")]
    for _, size, units, figure in columns:
        number, unit, role = figure(figures)
        known = number != NOT_AVAILABLE
        loud = role in ("warn", "bad")
        out.append(Span(right(number, size - units), role if known else "faint", bold=known and loud))
        out.append(Span(pad(unit if known else "", units), "dim"))
    return line(*out)


_Figure = tuple[str, str, str]
"""The number, its unit and the role of the number."""
_Column = tuple[str, int, int, Callable[[TrafficFigures], _Figure]]
"""The name, the width, how much of it is for units (so that numbers are aligned), and the figure."""


def _pace(figures: TrafficFigures) -> _Figure:
    return *pace_parts(figures), "text"


def _failing(figures: TrafficFigures) -> _Figure:
    if figures.failing is None:
        return NOT_AVAILABLE, "", "faint"
    level = failing_level(figures)
    return percent(figures.failing), "", warning_role(level, "dim")


def _seconds(value: float | None) -> _Figure:
    unit = latency_unit(value) if value is not None else ""
    return latency_figure(value, unit), unit, "text"


def _tokens(value: float | None) -> _Figure:
    return number(value), "", "text"


def _cost(figures: TrafficFigures) -> _Figure:
    return dollars(figures.usd_per_hour, figures), "", "text"


def _attempts(figures: TrafficFigures) -> _Figure:
    attempts = figures.attempts_per_call
    return (NOT_AVAILABLE if attempts is None else f"{attempts:.1f}"), "", "text"


# The most telling columns first: those at the end are left out if there is no room.
_COLUMNS: tuple[_Column, ...] = (
    ("calls", 10, 4, _pace),
    ("failing", 8, 0, _failing),
    ("TTFT p50", 12, 2, lambda figures: _seconds(figures.first_token.p50)),
    ("p95", 9, 2, lambda figures: _seconds(figures.first_token.p95)),
    ("cost/h", 9, 0, _cost),
    ("in/min", 9, 0, lambda figures: _tokens(figures.input_per_minute)),
    ("out/min", 9, 0, lambda figures: _tokens(figures.output_per_minute)),
    ("attempts", 10, 0, _attempts),
    ("total p95", 13, 2, lambda figures: _seconds(figures.total.p95)),
)
