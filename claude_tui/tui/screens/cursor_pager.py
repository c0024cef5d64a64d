"""A Pager that keeps the cursor in view."""

from __future__ import annotations

from collections.abc import Callable

from textual import events

from claude_tui.tui.messages import ItemClicked
from claude_tui.tui.render.lines import Lines
from claude_tui.tui.render.pager import Pager
from claude_tui.tui.screens.runbook_parts import Page

__all__ = ["CursorPager", "top_for"]


class CursorPager(Pager):
    """Scrolls with the cursor of its pages, until the user scrolls by hand."""

    def __init__(self, title: str, page: Callable[[int, int], Page], *, key: str = "") -> None:
        super().__init__(title, self._followed, key=key)
        self._page = page
        self._follows = True
        self._items: tuple[range, ...] = ()

    def on_click(self, event: events.Click) -> None:
        row = event.y - 1 + self._top
        if event.y > 0 and event.y - 1 < self.shown_rows:
            for index, rows in enumerate(self._items):
                if row in rows:
                    event.stop()
                    self.post_message(ItemClicked(index))

    def _followed(self, cells: int, rows: int) -> Lines:
        page = self._page(cells, rows)
        self._items = page.items
        if self._follows:
            self._top = top_for(page.cursor, self._top, rows)
        return page.lines

    def follow(self) -> None:
        """Draw again, with the cursor in view."""
        self._follows = True
        self.redraw()

    def move(self, rows: int) -> None:
        self._follows = False
        super().move(rows)

    def move_to_end(self, *, start: bool) -> None:
        self._follows = False
        super().move_to_end(start=start)


def top_for(cursor: range, top: int, rows: int) -> int:
    """The first row to show: scrolls just far enough to show all of `cursor`, or as much as fits."""
    if not cursor or rows <= 0:
        return top
    if len(cursor) >= rows or cursor.start < top:
        return cursor.start
    return max(top, cursor.stop - rows)
