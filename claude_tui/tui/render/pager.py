"""A scrollable frame for lines that may not all fit on the screen."""

from __future__ import annotations

from collections.abc import Callable

from textual import events

from claude_tui.tui.render.frame import Frame, framed, inner_size
from claude_tui.tui.render.line_panel import LinePanel
from claude_tui.tui.render.lines import Lines

__all__ = ["Pager"]


class Pager(LinePanel):
    """Shows what `content(cells, rows)` returns, in a frame with its title.

    `rows` is the visible height: content that adapts to it need not scroll. Above another screen, `keys` are
    those that work here, and the frame is that of a dialog.
    """

    def __init__(
        self, title: str, content: Callable[[int, int], Lines], *, key: str = "", keys: str = ""
    ) -> None:
        super().__init__(id="pager")
        self._title = title
        self._content = content
        self._key = key
        self._keys = keys
        self._top = 0
        self._total = 0
        self.shown_rows = 0
        """How many rows are visible between title and lower edge."""

    def turn_to(self, title: str, key: str = "") -> None:
        """Change the title, and show the content from its start."""
        self._title, self._key, self._top = title, key, 0
        self.redraw()

    def set_title(self, title: str) -> None:
        """Change the title without changing the scroll position."""
        self._title = title

    def draw(self, width: int, height: int) -> Lines:
        frame = Frame.BOX if height > 12 else Frame.RULE
        cells, rows = inner_size(frame, width, height)
        lines = self._content(cells, rows)
        self._total, self.shown_rows = len(lines), rows
        self._top = max(min(self._top, self._total - rows), 0)
        shown = lines[self._top : self._top + rows]
        note = " · ".join(part for part in (self._place(rows), self._keys) if part)
        return framed(
            shown,
            width,
            height,
            frame=frame,
            title=self._title,
            key=self._key,
            note=note,
            focused=bool(self._keys),
        )

    def _place(self, rows: int) -> str:
        """The visible range, if not everything is visible."""
        if self._total <= rows:
            return ""
        return f"{self._top + 1}-{min(self._top + rows, self._total)} of {self._total}"

    @property
    def page(self) -> int:
        """How many rows a page scrolls: one row stays visible."""
        return max(self.size.height - 3, 1)

    def move(self, rows: int) -> None:
        self._top = max(self._top + rows, 0)
        self.redraw()

    def move_to_end(self, *, start: bool) -> None:
        self._top = 0 if start else self._total
        self.redraw()

    def on_mouse_scroll_down(self, event: events.MouseScrollDown) -> None:
        event.stop()
        self.move(3)

    def on_mouse_scroll_up(self, event: events.MouseScrollUp) -> None:
        event.stop()
        self.move(-3)
