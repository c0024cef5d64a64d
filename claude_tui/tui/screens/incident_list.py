"""The list of all incidents, in a chosen order."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta

from claude_tui.incident import Incident
from claude_tui.model.format import age, clock_minute
from claude_tui.model.verdict import Severity
from claude_tui.tui.panels.verdict_text import severity_role
from claude_tui.tui.render.lines import BLANK, Line, Span, crop, line, pad, spread, wrap
from claude_tui.tui.screens.runbook_parts import Page, under_cursor

__all__ = ["ORDERS", "list_page", "ordered"]

ORDERS = ("started", "severity", "lasted")
"""The orders of the list: newest first, most severe first, longest first."""

_LABEL_CELLS, _SEVERITY_CELLS, _LASTED_CELLS = 8, 10, 12
# In a narrow list the year makes room for the title.
_NARROW = 70
# In a wide one, the right edge is too far from the rest of the row.
_WIDE = 140
_STARTED_CELLS, _SHORT_STARTED_CELLS = 18, 14
_GRAVEST_FIRST = tuple(Severity)


def ordered(incidents: Sequence[Incident], order: str, at: datetime) -> tuple[Incident, ...]:
    """The incidents by one of ORDERS; newest first among equals."""
    newest_first = sorted(incidents, key=lambda incident: incident.started_at, reverse=True)
    if order == "severity":
        return tuple(sorted(newest_first, key=lambda incident: _GRAVEST_FIRST.index(incident.severity)))
    if order == "lasted":
        return tuple(sorted(newest_first, key=lambda incident: _lasted(incident, at), reverse=True))
    return tuple(newest_first)


def _lasted(incident: Incident, at: datetime) -> timedelta:
    return (incident.resolved_at or at) - incident.started_at


def list_page(
    incidents: Sequence[Incident],
    at: datetime,
    cursor: str,
    cells: int,
    declares: str,
    order: str = ORDERS[0],
) -> Page:
    """A row of names, then one for each incident in the given order; the column of `order` is marked."""
    if not incidents:
        text = f"No incident has been declared. {declares} declares one."
        return Page(tuple(line(Span(row, "dim")) for row in wrap(text, cells, 3)))
    out: list[Line] = [_head(order, cells)]
    chosen = range(0)
    for incident in incidents:
        row = _listed(incident, at, cells)
        if incident.id == cursor:
            chosen = range(len(out), len(out) + 1)
            row = under_cursor(row, cells)
        out.append(row)
    return Page(tuple(out), chosen, tuple(range(row, row + 1) for row in range(1, len(out))))


def _head(order: str, cells: int) -> Line:
    def name(column: str, room: int = 0) -> Span:
        marked = column == order
        return Span(pad(f"{column} ▾" if marked else column, room or len(column) + 2 * marked), _role(marked))

    left = line(
        name("started", _started_cells(cells)), Span(" " * _LABEL_CELLS), name("severity", _SEVERITY_CELLS)
    )
    return _laid_out(left, line(Span("title", "faint")), line(name("lasted")), cells)


def _laid_out(left: Line, title: Line, lasted: Line, cells: int) -> Line:
    if cells < _WIDE:
        return spread(line(*left, *title), lasted, cells)
    return crop(line(*left, *spread(BLANK, lasted, _LASTED_CELLS), "   ", *title), cells)


def _started_cells(cells: int) -> int:
    return _STARTED_CELLS if cells >= _NARROW else _SHORT_STARTED_CELLS


def _role(marked: bool) -> str:
    return "text" if marked else "faint"


def _listed(incident: Incident, at: datetime, cells: int) -> Line:
    severity = incident.severity
    badge = Span(pad(str(severity) if severity.trouble else "–", _SEVERITY_CELLS), severity_role(severity))
    at_start = incident.started_at
    day = f"{at_start:%Y-%m-%d}" if cells >= _NARROW else f"{at_start:%b %d}"
    left = line(
        Span(pad(f"{day} {clock_minute(at_start)}", _started_cells(cells)), "dim"),
        Span(pad(incident.label, _LABEL_CELLS), "text", bold=True),
        badge,
    )
    return _laid_out(left, line(incident.title), _listed_end(incident, at), cells)


def _listed_end(incident: Incident, at: datetime) -> Line:
    if incident.merged_into:
        return line(Span("merged", "dim"))
    if incident.resolved_at is None:
        return line(Span(f"open {age(_lasted(incident, at))}", "warn", bold=True))
    return line(Span(age(_lasted(incident, at)), "text"))
