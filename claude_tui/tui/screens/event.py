"""Everything that is known about one event."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from claude_tui.model.snapshot import Event, Snapshot
from claude_tui.tui.actions import Scope
from claude_tui.tui.hints import Hint, footer
from claude_tui.tui.keymap import bindings
from claude_tui.tui.panels.event_text import event_lines, event_text
from claude_tui.tui.render.lines import Lines
from claude_tui.tui.screens.reader import ReaderScreen

if TYPE_CHECKING:
    from claude_tui.tui.view import View

__all__ = ["EventScreen"]


class EventScreen(ReaderScreen):
    """The arrow keys go to the next or previous event, `y` copies the current one."""

    SCREEN_NAME = "event"
    BINDINGS = bindings(Scope.EVENT)

    def __init__(self, event: Event) -> None:
        super().__init__()
        self.event = event

    def title_and_key(self) -> tuple[str, str]:
        events, here = self._siblings(), self._place()
        return ("Event" if here is None else f"Event {here + 1} of {len(events)}"), ""

    def hints(self) -> tuple[Hint, ...]:
        return footer(Scope.EVENT, self.cockpit.chosen_keys)

    def content(self, cells: int, rows: int) -> Lines:  # noqa: ARG002 (it scrolls)
        return event_lines(self.event, cells, self.cockpit.paint.local)

    def action_copy(self) -> None:
        self.app.copy_to_clipboard(event_text(self.event))
        self.notify("Event copied.", timeout=2, markup=False)

    def action_newer(self) -> None:
        self._show_sibling(-1)

    def action_older(self) -> None:
        self._show_sibling(1)

    def show(self, snapshot: Snapshot, view: View) -> None:
        """A folded event continues to grow; any other stays as it is."""
        super().show(snapshot, view)
        newest = next((event for event in snapshot.events if event.key == self.event.key), None)
        if self.is_mounted and newest is not None and newest.count > 1 and self.event.count > 1:
            self.event = newest
            self.pager.redraw()

    def _siblings(self) -> Sequence[Event]:
        """The list that it belongs to: the events on screen, or those folded into one of them."""
        events = self.cockpit.shown.events
        if self.event.count == 1:
            folds = (event.folded for event in events if self.event in event.folded)
            return next(folds, events)
        return events

    def _place(self) -> int | None:
        """Its index in that list; None if it is no longer in it."""
        keys = (number for number, sibling in enumerate(self._siblings()) if sibling.key == self.event.key)
        return next(keys, None)

    def _show_sibling(self, step: int) -> None:
        events, here = self._siblings(), self._place()
        if here is not None and 0 <= here + step < len(events):
            self.event = events[here + step]
            self.pager.turn_to(*self.title_and_key())
