"""Which events a list shows, and in a narrow panel the further rows of those whose text does not fit."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Sequence
from dataclasses import dataclass
from typing import NamedTuple

from claude_tui.model.snapshot import Event, EventKind, Level
from claude_tui.tui.render.lines import Line, Span, line, pad, width, wrap

__all__ = [
    "MOST_ROWS",
    "NARROW",
    "ROWS_WITH_ROOM",
    "Block",
    "EventRow",
    "blocks_from",
    "event_rows",
    "further_rows",
    "last_top",
    "top_after_update",
    "top_showing",
    "visible_rows",
]

Lines = tuple[Line, ...]

NARROW = 72
"""Panels of fewer cells cut most texts in a single row."""
MOST_ROWS = 2
"""The most rows of an event in such a panel."""
ROWS_WITH_ROOM = 5
"""The same, if there is room for the whole text of all events."""
# A problem produces many of these; the others say what it is and what was done about it.
_MANY = frozenset({EventKind.FAILURE, EventKind.RECOVERY, EventKind.LIMIT, EventKind.MODEL})


@dataclass(frozen=True, slots=True)
class EventRow:
    """One row of the list."""

    key: str
    """Identifies the row; for an event in a fold, the key of the fold precedes its own."""
    event: Event
    inner: bool = False
    """Whether it is listed below the fold that it is part of."""


class Block(NamedTuple):
    """The rows of one event."""

    number: int
    """Its place in the list."""
    lines: Lines


def further_rows(head: Line, text: Span, count: Span, cells: int, most: int) -> Lines:
    """`text` behind `head` in at most `most` rows; the count is in the last of them and never cut."""
    room = cells - width(head)
    rows = list(wrap(text.text, room, most))
    if not rows:
        return (line(*head, count),)
    left = room - width((count,))
    if width((Span(rows[-1]),)) > left:
        rows[-1:] = wrap(rows[-1], left, 1) if len(rows) == most else wrap(rows[-1], left, 2)
    drawn = [
        line(*(line(Span(pad("", width(head)))) if number else head), text._replace(text=row))
        for number, row in enumerate(rows)
    ]
    return (*drawn[:-1], line(*drawn[-1], count))


def blocks_from(top: int, total: int, rows: int, draw: Callable[[int], Lines]) -> Sequence[Block]:
    """The events from `top` on that fit into `rows` rows; the last one may lose its second row."""
    out: list[Block] = []
    for index in range(top, total):
        if rows <= 0:
            break
        drawn = draw(index)[:rows]
        out.append(Block(index, drawn))
        rows -= len(drawn)
    return out


def top_showing(index: int, top: int, rows: int, draw: Callable[[int], Lines]) -> int:
    """The first visible event, from `top` on, with which all rows of the one at `index` are visible."""
    first, left = index, rows - len(draw(index))
    while first > top and (above := len(draw(first - 1))) <= left:
        first, left = first - 1, left - above
    return min(first, index)


def last_top(total: int, rows: int, draw: Callable[[int], Lines]) -> int:
    """The first visible event where the oldest one stands at the end."""
    return top_showing(total - 1, 0, rows, draw) if total else 0


def event_rows(events: Iterable[Event], opened: Collection[str] = ()) -> tuple[EventRow, ...]:
    """A row for each event, and below one that is open a row for each of those folded into it."""
    rows: list[EventRow] = []
    for event in events:
        rows.append(EventRow(event.key, event))
        if event.key in opened:
            rows += (EventRow(f"{event.key}/{folded.key}", folded, inner=True) for folded in event.folded)
    return tuple(rows)


def visible_rows(rows: Sequence[EventRow], height: int) -> Sequence[EventRow]:
    """The newest rows; what is measured leaves half of the room to verdicts, alerts, posts and people."""
    if height < 2 or len(rows) <= height:
        return rows[: max(height, 0)]
    many = [_is_one_of_many(row.event) for row in rows]
    most = max((height + 1) // 2, height - many.count(False))
    kept: list[EventRow] = []
    for row, one_of_many in zip(rows, many, strict=True):
        most -= one_of_many
        if (not one_of_many or most >= 0) and len(kept) < height:
            kept.append(row)
    return kept


def _is_one_of_many(event: Event) -> bool:
    """Whether it is a measurement, or news of a component that we do not use."""
    return event.kind in _MANY or (event.kind is EventKind.STATUS and event.level is Level.INFO)


def top_after_update(before: Sequence[EventRow], after: Sequence[EventRow], top: int) -> int:
    """The new index of the first visible row, so that a scrolled list does not jump."""
    if not top or top >= len(before):
        return 0
    key = before[top].key
    return next((index for index, row in enumerate(after) if row.key == key), 0)
