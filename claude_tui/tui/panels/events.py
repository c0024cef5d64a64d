"""The events, newest first: scrolls, and keeps its selection while new events arrive."""

from __future__ import annotations

from collections.abc import Sequence

from textual import events as textual_events

from claude_tui.analysis.views.events import filtered
from claude_tui.model.arrangement import Panel
from claude_tui.model.filtering import Filter, parse_filter
from claude_tui.model.snapshot import Event, Snapshot
from claude_tui.tui.messages import EventChosen, SelectionMoved
from claude_tui.tui.panels.event_lines import (
    blocks_in_full,
    event_block,
    event_lines,
    event_time,
    selected_block,
)
from claude_tui.tui.panels.event_rows import (
    MOST_ROWS,
    NARROW,
    EventRow,
    blocks_from,
    event_rows,
    last_top,
    top_after_update,
    top_showing,
    visible_rows,
)
from claude_tui.tui.render.frame import Frame
from claude_tui.tui.render.line_panel import SnapshotPanel
from claude_tui.tui.render.lines import (
    Line,
    Lines,
    Span,
    cells_of,
    clipped,
    line,
)

__all__ = ["EventsPanel"]

# With fewer rows, more events are worth more than longer texts.
_LEAST_ROWS_OF_BLOCKS = 5


class EventsPanel(SnapshotPanel):
    """With `unfolds`, a folded event can be opened in place; otherwise it is opened like any other."""

    PANEL = Panel.EVENTS
    TITLE = "Events"

    def __init__(self, snapshot: Snapshot, key: str = "", *, unfolds: bool = False) -> None:
        super().__init__(snapshot, key)
        self.filter_text = ""
        """The filter as typed."""
        self._wanted = Filter()
        self._unfolds = unfolds
        self._opened: frozenset[str] = frozenset()
        self._selected: str | None = None
        self._top = 0
        self._made: tuple[tuple[Event, ...], object, tuple[EventRow, ...]] | None = None
        self._rows = self._listed(snapshot)
        self._shown: Sequence[EventRow] = ()

    @property
    def selected(self) -> Event | None:
        """The event under the cursor; None without a cursor, or if the event is gone."""
        index = self._index()
        return None if index is None else self._rows[index].event

    @property
    def newest(self) -> Event | None:
        """The newest of the listed events."""
        return self._rows[0].event if self._rows else None

    def show(self, snapshot: Snapshot) -> None:
        before, self._rows = self._rows, self._listed(snapshot)
        self._top = top_after_update(before, self._rows, self._top)
        super().show(snapshot)

    def _listed(self, snapshot: Snapshot) -> tuple[EventRow, ...]:
        made, of = self._made, (self._wanted, self._opened)
        # A filter may be about the time: then they are listed anew.
        if made is None or made[0] is not snapshot.events or made[1] != of or self._wanted.terms:
            rows = event_rows(filtered(snapshot.events, self._wanted, snapshot.at), self._opened)
            made = self._made = snapshot.events, of, rows
        return made[2]

    def lines(self, snapshot: Snapshot, width: int, height: int) -> Lines:
        index = self._index()
        if 0 < width < NARROW and height > _LEAST_ROWS_OF_BLOCKS and self._rows:
            return self._in_blocks(snapshot, width, height, index)
        if index is not None:
            self._top = min(max(self._top, index - height + 1), index)
        self._top = max(min(self._top, len(self._rows) - height), 0)
        cursor = None if index is None else index - self._top
        shown: Sequence[EventRow] = self._rows[self._top : self._top + max(height, 0)]
        if index is None and not self._top:
            shown = visible_rows(self._rows, height)
        self._shown = shown
        if not shown and self.filter_text:
            return clipped((line(Span(f"Nothing matches “{self.filter_text}”.", "dim")),), width, height)
        return event_lines(shown, snapshot.at, width, height, cursor, self.paint.local)

    def _in_blocks(self, snapshot: Snapshot, width: int, height: int, index: int | None) -> Lines:
        """One or more rows for each event, depending on its text and the space available."""
        at, local = snapshot.at, self.paint.local
        rows = self._rows
        if index is None and not self._top:
            # As many as fit, chosen as if each of them took a row.
            rows = tuple(visible_rows(rows, height))
        lowest, highest = min(self._top, index or 0), max(self._top, index or 0)
        near = rows[max(lowest - height, 0) : highest + height]
        times = max(cells_of(event_time(row.event, at, local)) for row in near)

        def block(row: EventRow, most: int) -> Lines:
            return event_block(row, at, times, width, local, most)

        whole = blocks_in_full(rows, height, block)

        def draw(number: int) -> Lines:
            return whole[number] if whole else block(rows[number], MOST_ROWS)

        if index is not None:
            self._top = min(self._top, index)
            self._top = top_showing(index, self._top, height, draw)
        self._top = max(min(self._top, last_top(len(rows), height, draw)), 0)
        out: list[Line] = []
        shown: list[EventRow] = []
        for visible in blocks_from(self._top, len(rows), height, draw):
            chosen = index is not None and rows[visible.number] is self._rows[index]
            out += selected_block(visible.lines, width) if chosen else visible.lines
            shown += [rows[visible.number]] * len(visible.lines)
        self._shown = shown
        return tuple(out)

    def subtitle(self, snapshot: Snapshot) -> str:  # noqa: ARG002 (its rows are known)
        total, index = len(self._rows), self._index()
        only = f"only “{self.filter_text}” · " if self.filter_text else ""
        if index is not None:
            return f"{only}{index + 1} of {total}"
        return f"{only}from {self._top + 1} of {total}" if self._top else only.removesuffix(" · ")

    def apply_filter(self, filter_text: str) -> None:
        """Show only what matches a filter; everything if it is empty. Raises FilterError."""
        self._wanted, self.filter_text = parse_filter(filter_text), filter_text
        self._selected, self._top = None, 0
        self._list_again()

    def open_or_close(self) -> bool:
        """Open or close the folded event under the cursor. Returns whether there is one."""
        index = self._index()
        if not self._unfolds or index is None:
            return False
        row = self._rows[index]
        if not row.event.folded or row.inner:
            return False
        self._opened ^= {row.key}
        self._list_again()
        return True

    def _list_again(self) -> None:
        self._rows = self._listed(self.snapshot)
        self._moved()

    def _moved(self) -> None:
        self.redraw()
        self.post_message(SelectionMoved())

    def move(self, step: int) -> None:
        """Move the cursor by `step` rows towards older ones. It starts on the newest visible row."""
        total = len(self._rows)
        if not total:
            return
        index = self._index()
        target = self._top if index is None else index + step
        self._select(min(max(target, 0), total - 1))

    def move_to_end(self, *, newest: bool) -> None:
        if self._rows:
            self._select(0 if newest else len(self._rows) - 1)

    @property
    def page(self) -> int:
        """The number of rows of a page."""
        return max(self.size.height - (1 if self.frame is Frame.RULE else 2), 1)

    def unselect(self) -> bool:
        """Remove the cursor, then the filter, and go back to the newest. Returns whether anything changed."""
        was, self._selected, self._top = self._selected is not None or self._top > 0, None, 0
        if not was and self.filter_text:
            self.apply_filter("")
            return True
        self.redraw()
        return was

    def _select(self, index: int) -> None:
        self._selected = self._rows[index].key
        self._moved()

    def _index(self) -> int | None:
        if self._selected is None:
            return None
        return next((number for number, row in enumerate(self._rows) if row.key == self._selected), None)

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

    def clicked(self, y: int) -> None:
        """A click on the title opens all events; on a row, it selects the row, or opens the selected one."""
        row = y - 1
        if row < 0 and self.key and not self._unfolds:
            super().clicked(y)
        elif 0 <= row < min(self.page, len(self._shown)):
            clicked = self._rows.index(self._shown[row])
            again = self._index() == clicked
            self._select(clicked)
            if again and not self.open_or_close() and (chosen := self.selected):
                self.post_message(EventChosen(chosen))
