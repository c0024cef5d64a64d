"""The text that was copied last, to be selected with the mouse if the clipboard does not accept it."""

from __future__ import annotations

from typing import Any, ClassVar

from textual.app import App, ComposeResult
from textual.binding import Binding, BindingType
from textual.screen import ModalScreen

from claude_tui.tui.driver import GuardedDriver
from claude_tui.tui.render.line_panel import LinePanel
from claude_tui.tui.render.lines import BLANK, Lines, Span, crop, line, wrap
from claude_tui.tui.screens.closing import ClosesOnce

__all__ = ["CopiedScreen", "show_copied"]

_MOST_ROWS = 10_000


class _Plain(LinePanel):
    """Text from edge to edge, without a frame that would be selected with it."""

    def __init__(self, text: str, why: str) -> None:
        super().__init__()
        self._text = text
        self._why = line(Span(f"{why} " if why else "", "warn"))
        self._top = 0
        self._total = 0

    def draw(self, width: int, height: int) -> Lines:
        rows = tuple(line(row) for row in _rows(self._text, width))
        room = max(height - 2, 0)
        self._total = len(rows)
        self._top = max(min(self._top, self._total - room), 0)
        shown = rows[self._top : self._top + room]
        more = f"{self._top + 1}-{self._top + len(shown)} of {len(rows)} · " if len(rows) > room else ""
        keys = (Span("esc", "accent", bold=True), Span(" back", "dim"))
        hint = line(*self._why, Span(f"{more}Select it with the mouse · ", "dim"), *keys)
        return (*shown, *((BLANK,) * (room - len(shown))), BLANK, crop(hint, width))

    def move(self, rows: int) -> None:
        self._top = max(self._top + rows, 0)
        self.redraw()


def _rows(text: str, cells: int) -> list[str]:
    """The lines of the text; those that are too long are broken at spaces."""
    return [row for paragraph in text.split("\n") for row in (wrap(paragraph, cells, _MOST_ROWS) or ("",))]


class CopiedScreen(ClosesOnce, ModalScreen[None]):
    """While it is shown, the mouse belongs to the terminal."""

    DEFAULT_CSS = "CopiedScreen { background: $ct-background; }"
    SCREEN_NAME = "copied text"
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape,q,Y", "leave", show=False),
        Binding("up", "move(-1)", show=False),
        Binding("down", "move(1)", show=False),
        Binding("pageup", "page(-1)", show=False),
        Binding("pagedown", "page(1)", show=False),
    ]

    def __init__(self, text: str, why: str = "") -> None:
        super().__init__()
        self._plain = _Plain(text, why)

    def compose(self) -> ComposeResult:
        yield self._plain

    def on_mount(self) -> None:
        if isinstance(driver := self.app._driver, GuardedDriver):
            driver.leave_mouse_to_terminal(True)

    def on_unmount(self) -> None:
        if isinstance(driver := self.app._driver, GuardedDriver):
            driver.leave_mouse_to_terminal(False)

    def action_leave(self) -> None:
        self.dismiss(None)

    def action_move(self, rows: int) -> None:
        self._plain.move(rows)

    def action_page(self, pages: int) -> None:
        self._plain.move(pages * max(self.size.height - 3, 1))


def show_copied(app: App[Any], text: str, why: str = "") -> None:
    """Show the text that was copied last, and why it is shown unasked."""
    if not text:
        app.notify("Nothing has been copied yet.", timeout=3, markup=False)
    elif not isinstance(app.screen, CopiedScreen):
        app.push_screen(CopiedScreen(text, why))
