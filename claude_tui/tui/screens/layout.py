"""The layout for a terminal of any size: there are breakpoints, but no minimum size.

It is pure arithmetic, so that tests can try every size. On a wide terminal, panels form a grid: a tree of
columns and rows, from which hidden panels are removed, so that the others share their space. On a narrow one
they form a column, and rows are handed out by importance.
"""

from __future__ import annotations

import itertools
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace

from claude_tui.model.arrangement import Preset
from claude_tui.tui.render.frame import Frame
from claude_tui.tui.screens.layout_tables import (
    COLUMNS,
    GRIDS,
    NARROW_GRIDS,
    TOP_ROWS_SHARE,
    WIDE_GRIDS,
    Column,
    Tree,
)

__all__ = ["Plan", "Slot", "arrange", "shows"]

_GRID_CELLS, _GRID_ROWS = 100, 18
_LINE_CELLS, _LINE_ROWS = 40, 10
_ROOMY = 30
_NARROW_CELLS = 116
# From this size on, there is a place for the record beside the other panels.
_WIDE_CELLS, _WIDE_ROWS = 160, 44
# A box needs its frame and a row; a narrower column shows nothing readable.
_LEAST_BOX, _LEAST_CELLS = 3, 18
_HIGHEST_TOP, _LEAST_TOP, _LEAST_BOTTOM = 18, 5, 7


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


@dataclass(frozen=True, slots=True)
class _Wanted:
    """The panels to arrange."""

    preset: Preset
    traffic: bool
    hidden: frozenset[str]

    def shows(self, panel: str) -> bool:
        if panel in self.hidden:
            return False
        return panel != "traffic" or self.traffic or self.preset is Preset.TRAFFIC


def shows(panel: str, preset: Preset, *, traffic: bool, hidden: frozenset[str] = frozenset()) -> bool:
    """Whether a preset has a place for a panel, given a terminal that is large enough."""
    known = {name for tree in (GRIDS[preset, traffic], WIDE_GRIDS[preset, traffic]) for name in _leaves(tree)}
    known |= {name for turn in COLUMNS[preset, traffic].growth for name, _ in turn}
    return panel in known and _Wanted(preset, traffic, hidden).shows(panel)


def arrange(
    cells: int,
    rows: int,
    strip_rows: Callable[[int, int], int],
    incident: int = 0,
    header_rows: int = 1,
    *,
    traffic: bool = False,
    preset: Preset = Preset.TRIAGE,
    hidden: frozenset[str] = frozenset(),
) -> Plan:
    """The plan for a terminal of `cells` by `rows`; the strip wants `strip_rows` at that size.

    `incident` is the number of rows for the line under the header, 0 or 1. A header of more than one row says
    that the picture is not live: it stays, however small the screen. With `traffic`, the panel of own traffic
    has a place; `hidden` panels have none.
    """
    wanted = _Wanted(preset, traffic, hidden)
    if header_rows == 1:
        return _arranged(cells, rows, strip_rows, incident, wanted)
    more = header_rows - 1
    if cells < _LINE_CELLS or rows - more < _LINE_ROWS:
        header = {"header": Slot(0, 0, cells, 1)}
        return Plan(header | ({"strip": Slot(0, 1, cells, rows - 1)} if rows > 1 else {}))
    plan = _arranged(cells, rows - more, strip_rows, incident, wanted)
    slots = {name: replace(slot, y=slot.y + more) for name, slot in plan.slots.items()}
    return Plan(slots | {"header": replace(plan.slots["header"], rows=header_rows)})


def _arranged(
    cells: int, rows: int, strip_rows: Callable[[int, int], int], incident: int, wanted: _Wanted
) -> Plan:
    if cells < _LINE_CELLS or rows < _LINE_ROWS:
        return Plan({"strip": Slot(0, 0, cells, rows)})
    if cells >= _GRID_CELLS and rows >= _GRID_ROWS:
        return _grid(cells, rows, strip_rows(cells, rows), incident, wanted)
    return _column(cells, rows, strip_rows(cells, rows), incident, wanted)


def _incident(cells: int, rows: int) -> dict[str, Slot]:
    return {"incident": Slot(0, 1, cells, rows)} if rows else {}


# -- the grid -------------------------------------------------------------------------------


def _grid(cells: int, rows: int, strip: int, incident: int, wanted: _Wanted) -> Plan:
    """The panels of a tree below the strip."""
    blank_rows = 1 if rows >= _ROOMY else 0
    # An incident takes the blank row above the strip, or a row of the strip, so that the panels do not move.
    strip, above = (strip, max(blank_rows, incident)) if blank_rows else (max(strip - incident, 1), incident)
    start = 1 + above + strip + blank_rows
    wide = cells >= _WIDE_CELLS and rows >= _WIDE_ROWS
    grids = WIDE_GRIDS if wide else NARROW_GRIDS if cells < _NARROW_CELLS else GRIDS
    tree = grids[wanted.preset, wanted.traffic]
    # By the terminal's height, not by what the strip leaves: a problem must not resize the top row.
    top = max(min(round(rows * TOP_ROWS_SHARE), _HIGHEST_TOP, rows - start - 1 - _LEAST_BOTTOM), _LEAST_TOP)
    panels: dict[str, Slot] = {}
    if (shown := _pruned(tree, wanted)) is not None:
        _place(shown, Slot(0, start, cells, rows - start - 1, Frame.BOX), top, panels)
    else:
        strip = rows - 2 - above
    return Plan(
        {
            "header": Slot(0, 0, cells, 1),
            **_incident(cells, incident),
            "strip": Slot(0, 1 + above, cells, strip),
            **panels,
            "footer": Slot(0, rows - 1, cells, 1),
        }
    )


def _leaves(tree: Tree) -> tuple[str, ...]:
    if isinstance(tree, str):
        return (tree,)
    return tuple(name for _, child in tree.parts for name in _leaves(child))


def _pruned(tree: Tree, wanted: _Wanted) -> Tree | None:
    """The tree without hidden panels; None if nothing is left."""
    if isinstance(tree, str):
        return tree if wanted.shows(tree) else None
    parts = tuple(
        (weight, child) for weight, part in tree.parts if (child := _pruned(part, wanted)) is not None
    )
    if len(parts) == 1:
        return parts[0][1]
    return replace(tree, parts=parts, topped=tree.topped and len(parts) == len(tree.parts)) if parts else None


def _place(tree: Tree, slot: Slot, top: int, into: dict[str, Slot]) -> None:
    """Divides `slot` among the panels of the tree; if it is too small, the last ones are left out first."""
    if isinstance(tree, str):
        into[tree] = slot
        return
    length, least = (slot.cells, _LEAST_CELLS) if tree.across else (slot.rows, _LEAST_BOX)
    parts = tree.parts[: max(length // least, 1)]
    if tree.topped and len(parts) > 1:
        first = min(top, length - least)
        sizes = [first, length - first]
    else:
        sizes = _divided(length, [weight for weight, _ in parts], least)
    at = 0
    for size, (_, child) in zip(sizes, parts, strict=True):
        place = (
            replace(slot, x=slot.x + at, cells=size)
            if tree.across
            else replace(slot, y=slot.y + at, rows=size)
        )
        _place(child, place, top, into)
        at += size


def _divided(length: int, weights: Sequence[float], least: int) -> list[int]:
    """`length` divided by weight into parts of at least `least`, rounded so that they add up."""
    whole, edges, passed = sum(weights), [0], 0.0
    for weight in weights:
        passed += weight
        edges.append(round(length * passed / whole))
    sizes = [after - before for before, after in itertools.pairwise(edges)]
    while len(sizes) > 1 and min(sizes) < least < max(sizes):
        sizes[sizes.index(max(sizes))] -= 1
        sizes[sizes.index(min(sizes))] += 1
    return sizes


# -- the column -----------------------------------------------------------------------------


def _column(cells: int, rows: int, strip: int, incident: int, wanted: _Wanted) -> Plan:
    """Everything in one column. Rows are handed out by importance; what is left goes to one panel."""
    table = COLUMNS[wanted.preset, wanted.traffic]
    strip = max(min(strip, rows - 4) - incident, 1)
    heights = _heights(rows - 2 - incident - strip, table, wanted)
    if not heights:
        strip = rows - 2 - incident
    slots = {
        "header": Slot(0, 0, cells, 1),
        **_incident(cells, incident),
        "strip": Slot(0, 1 + incident, cells, strip),
    }
    y = 1 + incident + strip
    for panel in table.order:
        if panel in heights:
            slots[panel] = Slot(0, y, cells, heights[panel], Frame.RULE)
            y += heights[panel]
    slots["footer"] = Slot(0, rows - 1, cells, 1)
    return Plan(slots)


def _heights(room: int, table: Column, wanted: _Wanted) -> dict[str, int]:
    heights: dict[str, int] = {}
    for panel, rows in (step for turn in table.growth for step in turn):
        if not wanted.shows(panel):
            continue
        more = rows - heights.get(panel, 0)
        if more > room:
            break
        heights[panel] = rows
        room -= more
    last = next((panel for panel in (*table.rest, *heights) if panel in heights), None)
    if last is not None:
        heights[last] += room
    return heights
