"""The events, newest first: scrolls, and keeps its selection while new events arrive."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from rich.cells import cell_len
from textual import events as textual_events

from claude_tui.model.format import moment
from claude_tui.model.snapshot import Event, EventKind, Level, Panel, Snapshot
from claude_tui.tui.messages import EventChosen
from claude_tui.tui.render.frame import Frame
from claude_tui.tui.render.glyphs import event_mark
from claude_tui.tui.render.line_panel import SnapshotPanel
from claude_tui.tui.render.lines import Line, Span, clipped, crop, fit, line, pad, spread, width, wrap

__all__ = ["EventsPanel", "event_lines", "followed"]

Lines = tuple[Line, ...]

_SUBJECT_CELLS = 12
_SHORTEST_ID = 9
# The text of other events is clear without its subject.
_NEED_A_SUBJECT = (EventKind.FAILURE, EventKind.RECOVERY, EventKind.ALERT)


class EventsPanel(SnapshotPanel):
    PANEL = Panel.EVENTS
    TITLE = "Events"

    def __init__(self, snapshot: Snapshot, key: str = "") -> None:
        super().__init__(snapshot, key)
        self._selected: str | None = None
        self._top = 0

    @property
    def selected(self) -> Event | None:
        """The event under the cursor; None without a cursor, or if the event is gone."""
        index = self._index()
        return None if index is None else self.snapshot.events[index]

    def show(self, snapshot: Snapshot) -> None:
        self._top = followed(self.snapshot.events, snapshot.events, self._top)
        super().show(snapshot)

    def lines(self, snapshot: Snapshot, width: int, height: int) -> Lines:
        index = self._index()
        if index is not None:
            self._top = min(max(self._top, index - height + 1), index)
        self._top = max(min(self._top, len(snapshot.events) - height), 0)
        cursor = None if index is None else index - self._top
        shown = snapshot.events[self._top : self._top + max(height, 0)]
        return event_lines(shown, snapshot.at, width, height, cursor)

    def subtitle(self, snapshot: Snapshot) -> str:
        total, index = len(snapshot.events), self._index()
        if index is not None:
            return f"{index + 1} of {total}"
        return f"from {self._top + 1} of {total}" if self._top else ""

    def move(self, step: int) -> None:
        """Move the cursor by `step` events towards older ones. It starts on the newest visible event."""
        total = len(self.snapshot.events)
        if not total:
            return
        index = self._index()
        target = self._top if index is None else index + step
        self._select(min(max(target, 0), total - 1))

    def move_to_end(self, *, newest: bool) -> None:
        if self.snapshot.events:
            self._select(0 if newest else len(self.snapshot.events) - 1)

    @property
    def page(self) -> int:
        """The number of rows of a page."""
        return max(self.size.height - (1 if self.frame is Frame.RULE else 2), 1)

    def unselect(self) -> bool:
        """Remove the cursor and go back to the newest. Returns whether anything changed."""
        was, self._selected, self._top = self._selected is not None or self._top > 0, None, 0
        self.redraw()
        return was

    def _select(self, index: int) -> None:
        self._selected = self.snapshot.events[index].key
        self.redraw()

    def _index(self) -> int | None:
        if self._selected is None:
            return None
        keys = (number for number, event in enumerate(self.snapshot.events) if event.key == self._selected)
        return next(keys, None)

    def on_mouse_scroll_down(self, event: textual_events.MouseScrollDown) -> None:
        event.stop()
        self._scroll(3)

    def on_mouse_scroll_up(self, event: textual_events.MouseScrollUp) -> None:
        event.stop()
        self._scroll(-3)

    def _scroll(self, step: int) -> None:
        if self._selected is not None:
            self.move(step)
        else:
            self._top = max(self._top + step, 0)
            self.redraw()

    def on_click(self, event: textual_events.Click) -> None:
        row = event.y - 1
        if 0 <= row < self.page and self._top + row < len(self.snapshot.events):
            again = self._index() == self._top + row
            self._select(self._top + row)
            if again and (chosen := self.selected):
                self.post_message(EventChosen(chosen))


def followed(before: Sequence[Event], after: Sequence[Event], top: int) -> int:
    """The new index of the first visible event, so that a scrolled list does not jump."""
    if not top or top >= len(before):
        return 0
    key = before[top].key
    return next((index for index, event in enumerate(after) if event.key == key), 0)


def event_lines(
    events: Sequence[Event], at: datetime, cells: int, rows: int, cursor: int | None = None
) -> Lines:
    """One row per event. `cursor` is the selected row, marked by a glyph and by its background."""
    if not events:
        return clipped((line(Span("No events yet.", "dim")),), cells, rows)
    shown = events[:rows]
    times = [moment(event.at, at) for event in shown]
    time_cells = max(map(len, times))
    subject_cells = min(max(width((Span(event.subject),)) for event in shown), _SUBJECT_CELLS)
    out: list[Line] = []
    for row, (event, when) in enumerate(zip(shown, times, strict=True)):
        drawn = _event(event, when.ljust(time_cells), subject_cells, cells)
        out.append(_selected(drawn, cells) if row == cursor else drawn)
    return tuple(out)


def _event(event: Event, when: str, subject_cells: int, cells: int) -> Line:
    mark = event_mark(event)
    loud = event.level in (Level.WARN, Level.BAD)
    head = line(Span(f"{when} ", "dim"), Span(f"{mark.glyph} ", mark.role, bold=loud))
    subject = Span(pad(event.subject, subject_cells) + " ", "text")
    text = Span(event.text, mark.role if loud else "dim", bold=loud and event.kind is EventKind.VERDICT)
    row = line(*head, subject, text)
    if width(row) > cells and event.kind not in _NEED_A_SUBJECT:
        row = line(*head, text)
    row = row if event.kind is EventKind.FAILURE else _cut_at_a_word(row, cells)
    request_id = event.observation.request_id if event.observation else None
    if event.kind is not EventKind.FAILURE or not request_id or request_id in event.text:
        return crop(row, cells)
    room = cells - width(row) - 1
    # Wide rows show the whole id, to copy from the screen; narrow rows enough of it to recognise it.
    whole = cell_len(request_id) <= min(room, 40)
    short = fit(request_id.removeprefix("req_"), min(room, 30)) if room >= _SHORTEST_ID else ""
    end = request_id if whole else short
    return spread(row, line(Span(end, "faint")), cells)


def _cut_at_a_word(row: Line, cells: int) -> Line:
    """The line with its last piece of text cut between two words, if it is too long."""
    if width(row) <= cells:
        return row
    room = cells - width(row[:-1])
    cut = "".join(wrap(row[-1].text, room, 1))
    # But not if a long word would lose too much.
    return (*row[:-1], row[-1]._replace(text=cut)) if cell_len(cut) > room / 2 else crop(row, cells)


def _selected(drawn: Line, cells: int) -> Line:
    """The row in the colour of the cursor, with a mark in place of the blank before its glyph."""
    fill = Span(" " * (cells - width(drawn)))
    marked = [span._replace(back="track") for span in (*drawn, fill)]
    first = marked[0]
    marked[0] = first._replace(text=first.text[:-1] + "▸", role="accent", bold=True)
    return line(*marked)
