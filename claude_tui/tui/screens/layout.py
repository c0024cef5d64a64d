"""The layout for a terminal of any size: there are breakpoints, but no minimum size.

It is pure arithmetic, so that tests can try every size.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace

from claude_tui.tui.render.frame import Frame

__all__ = ["Plan", "Slot", "arrange"]

_GRID_CELLS, _GRID_ROWS = 100, 18
_LINE_CELLS, _LINE_ROWS = 40, 10
_ROOMY = 30

_Growth = Sequence[Sequence[tuple[str, int]]]

# One column: how the panels grow in turn as rows are handed out. Each figure includes the rule on top.
# The first round is the minimum (worst gauge, last error), the second fills 80x24 exactly.
_GROWTH = (
    (("headroom", 2), ("events", 2), ("errors", 2), ("status", 2), ("latency", 2)),
    (("errors", 3), ("latency", 3), ("headroom", 3), ("status", 3), ("events", 3)),
    (("latency", 4), ("errors", 4), ("headroom", 4), ("events", 4)),
    (("events", 6), ("headroom", 5), ("latency", 5), ("errors", 5), ("latency", 6), ("status", 5)),
    (("events", 8), ("errors", 9), ("headroom", 8), ("status", 9), ("latency", 9), ("events", 12)),
    (("status", 12), ("headroom", 10), ("latency", 14)),
)
# The same with own traffic, which says more than latencies of a few probes.
_GROWTH_WITH_TRAFFIC = (
    (("headroom", 2), ("events", 2), ("errors", 2), ("traffic", 2), ("status", 2), ("latency", 2)),
    (("traffic", 3), ("errors", 3), ("headroom", 3), ("status", 3), ("events", 3)),
    (("traffic", 4), ("latency", 3), ("errors", 4), ("latency", 4), ("headroom", 4), ("events", 4)),
    (("traffic", 6), ("events", 6), ("headroom", 5), ("latency", 5), ("errors", 5), ("status", 5)),
    (("traffic", 10), ("events", 8), ("errors", 9), ("headroom", 8), ("status", 9), ("latency", 9)),
    (("traffic", 14), ("status", 12), ("headroom", 10), ("latency", 14)),
)
_ORDER = ("status", "headroom", "errors", "latency", "traffic", "events")


@dataclass(frozen=True, slots=True)
class Slot:
    """A place in cells, and the frame for it."""

    x: int
    """The column of its left edge."""
    y: int
    """The row of its upper edge."""
    cells: int
    """The width."""
    rows: int
    """The height."""
    frame: Frame = Frame.NONE
    """The frame for it."""


@dataclass(frozen=True, slots=True)
class Plan:
    """Slots by widget id; a widget without one is not shown."""

    slots: Mapping[str, Slot]


def arrange(
    cells: int,
    rows: int,
    strip_rows: Callable[[int, int], int],
    incident: int = 0,
    header_rows: int = 1,
    *,
    traffic: bool = False,
) -> Plan:
    """The plan for a terminal of `cells` by `rows`; `strip_rows` says what the strip wants at that size.

    `incident` is the number of rows for the line under the header, 0 or 1. A header of more than one row says
    that the picture is not live: it stays, however little room there is. With `traffic` the panel of own
    traffic has a place.
    """
    if header_rows == 1:
        return _arranged(cells, rows, strip_rows, incident, traffic)
    more = header_rows - 1
    if cells < _LINE_CELLS or rows - more < _LINE_ROWS:
        return Plan({"header": Slot(0, 0, cells, 1), "strip": Slot(0, 1, cells, max(rows - 1, 0))})
    plan = _arranged(cells, rows - more, strip_rows, incident, traffic)
    slots = {name: replace(slot, y=slot.y + more) for name, slot in plan.slots.items()}
    return Plan(slots | {"header": replace(plan.slots["header"], rows=header_rows)})


def _arranged(
    cells: int, rows: int, strip_rows: Callable[[int, int], int], incident: int, traffic: bool
) -> Plan:
    if cells < _LINE_CELLS or rows < _LINE_ROWS:
        return Plan({"strip": Slot(0, 0, cells, rows)})
    if cells >= _GRID_CELLS and rows >= _GRID_ROWS:
        return _grid(cells, rows, strip_rows(cells, rows), incident, traffic)
    return _column(cells, rows, strip_rows(cells, rows), incident, traffic)


def _grid(cells: int, rows: int, strip: int, incident: int, traffic: bool) -> Plan:
    """Three panels over two, or over three with own traffic; the strip above them."""
    air = 1 if rows >= _ROOMY else 0
    start = 1 + incident + air + strip + air
    room = rows - start - 1
    # By the terminal's height, not by what the strip leaves: trouble must not resize the top row.
    top = max(min(round(rows * 0.36), 18, room - 7), 5)
    status = max(round(cells * 0.275), 27)
    headroom = round(cells * 0.395)
    latency = round(cells * 0.31) if traffic else round(cells * 0.58)
    events = latency + (round(cells * 0.39) if traffic else 0)
    slots = {
        "header": Slot(0, 0, cells, 1),
        **_incident(cells, incident),
        "strip": Slot(0, 1 + incident + air, cells, strip),
        "status": Slot(0, start, status, top, Frame.BOX),
        "headroom": Slot(status, start, headroom, top, Frame.BOX),
        "errors": Slot(status + headroom, start, cells - status - headroom, top, Frame.BOX),
        "latency": Slot(0, start + top, latency, room - top, Frame.BOX),
        "events": Slot(events, start + top, cells - events, room - top, Frame.BOX),
        "footer": Slot(0, rows - 1, cells, 1),
    }
    if traffic:
        slots["traffic"] = Slot(latency, start + top, events - latency, room - top, Frame.BOX)
    return Plan(slots)


def _column(cells: int, rows: int, strip: int, incident: int, traffic: bool) -> Plan:
    """Everything in one column. Rows are handed out by importance; the events get the rest."""
    strip = min(strip, rows - 4 - incident)
    heights = _heights(rows - 2 - incident - strip, _GROWTH_WITH_TRAFFIC if traffic else _GROWTH)
    slots = {
        "header": Slot(0, 0, cells, 1),
        **_incident(cells, incident),
        "strip": Slot(0, 1 + incident, cells, strip),
    }
    y = 1 + incident + strip
    for panel in _ORDER:
        if panel in heights:
            slots[panel] = Slot(0, y, cells, heights[panel], Frame.RULE)
            y += heights[panel]
    slots["footer"] = Slot(0, rows - 1, cells, 1)
    return Plan(slots)


def _incident(cells: int, rows: int) -> dict[str, Slot]:
    return {"incident": Slot(0, 1, cells, rows)} if rows else {}


def _heights(room: int, growth: _Growth) -> dict[str, int]:
    heights: dict[str, int] = {}
    for panel, rows in (step for turn in growth for step in turn):
        more = rows - heights.get(panel, 0)
        if more > room:
            break
        heights[panel] = rows
        room -= more
    last = "events" if "events" in heights else next(iter(heights), None)
    if last is not None:
        heights[last] += room
    return heights
