"""Where everything goes on a terminal of any size: breakpoints, not a size gate.

Pure arithmetic, so that every size can be tried in a test.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace

from claude_tui.tui.render.frame import Frame

__all__ = ["Plan", "Slot", "arrange"]

_GRID_CELLS, _GRID_ROWS = 100, 18
_LINE_CELLS, _LINE_ROWS = 40, 10
_ROOMY = 30

# One column: how the panels grow as rows are given out, in turn; each figure includes the rule on top.
# The first round is what must survive (worst gauge, last error), the second fills 80x24 exactly.
_GROWTH = (
    (("headroom", 2), ("events", 2), ("errors", 2), ("status", 2), ("latency", 2)),
    (("errors", 3), ("latency", 3), ("headroom", 3), ("status", 3), ("events", 3)),
    (("latency", 4), ("errors", 4), ("headroom", 4), ("events", 4)),
    (("events", 6), ("headroom", 5), ("latency", 5), ("errors", 5), ("latency", 6), ("status", 5)),
    (("events", 8), ("errors", 9), ("headroom", 8), ("status", 9), ("latency", 9), ("events", 12)),
    (("status", 12), ("headroom", 10), ("latency", 14)),
)
_ORDER = ("status", "headroom", "errors", "latency", "events")


@dataclass(frozen=True, slots=True)
class Slot:
    """A place in cells, and the frame that suits it."""

    x: int
    y: int
    cells: int
    rows: int
    frame: Frame = Frame.NONE


@dataclass(frozen=True, slots=True)
class Plan:
    """Slots by widget id; a widget without one is not shown."""

    slots: Mapping[str, Slot]


def arrange(cells: int, rows: int, strip_rows: Callable[[int, int], int], header_rows: int = 1) -> Plan:
    """The plan for a terminal of `cells` by `rows`; `strip_rows` says what the strip wants at that size.

    A header of more than one row says that the picture is not live: it stays, however little room there is.
    """
    if header_rows == 1:
        return _arranged(cells, rows, strip_rows)
    more = header_rows - 1
    if cells < _LINE_CELLS or rows - more < _LINE_ROWS:
        return Plan({"header": Slot(0, 0, cells, 1), "strip": Slot(0, 1, cells, max(rows - 1, 0))})
    plan = _arranged(cells, rows - more, strip_rows)
    slots = {name: replace(slot, y=slot.y + more) for name, slot in plan.slots.items()}
    return Plan(slots | {"header": replace(plan.slots["header"], rows=header_rows)})


def _arranged(cells: int, rows: int, strip_rows: Callable[[int, int], int]) -> Plan:
    if cells < _LINE_CELLS or rows < _LINE_ROWS:
        return Plan({"strip": Slot(0, 0, cells, rows)})
    if cells >= _GRID_CELLS and rows >= _GRID_ROWS:
        return _grid(cells, rows, strip_rows(cells, rows))
    return _column(cells, rows, strip_rows(cells, rows))


def _grid(cells: int, rows: int, strip: int) -> Plan:
    """Three panels over two, the strip above them."""
    air = 1 if rows >= _ROOMY else 0
    start = 1 + air + strip + air
    room = rows - start - 1
    # From the terminal's height, not from what the strip leaves: trouble must not reshape the top row.
    top = max(min(round(rows * 0.36), 18, room - 7), 5)
    status = max(round(cells * 0.275), 27)
    headroom = round(cells * 0.395)
    latency = round(cells * 0.58)
    slots = {
        "header": Slot(0, 0, cells, 1),
        "strip": Slot(0, 1 + air, cells, strip),
        "status": Slot(0, start, status, top, Frame.BOX),
        "headroom": Slot(status, start, headroom, top, Frame.BOX),
        "errors": Slot(status + headroom, start, cells - status - headroom, top, Frame.BOX),
        "latency": Slot(0, start + top, latency, room - top, Frame.BOX),
        "events": Slot(latency, start + top, cells - latency, room - top, Frame.BOX),
        "footer": Slot(0, rows - 1, cells, 1),
    }
    return Plan(slots)


def _column(cells: int, rows: int, strip: int) -> Plan:
    """Everything below each other; rows are given out by importance and the rest goes to the events."""
    strip = min(strip, rows - 4)
    heights = _heights(rows - 2 - strip)
    slots = {"header": Slot(0, 0, cells, 1), "strip": Slot(0, 1, cells, strip)}
    y = 1 + strip
    for panel in _ORDER:
        if panel in heights:
            slots[panel] = Slot(0, y, cells, heights[panel], Frame.RULE)
            y += heights[panel]
    slots["footer"] = Slot(0, rows - 1, cells, 1)
    return Plan(slots)


def _heights(room: int) -> dict[str, int]:
    heights: dict[str, int] = {}
    for panel, rows in (step for turn in _GROWTH for step in turn):
        more = rows - heights.get(panel, 0)
        if more > room:
            break
        heights[panel] = rows
        room -= more
    last = "events" if "events" in heights else next(iter(heights), None)
    if last is not None:
        heights[last] += room
    return heights
