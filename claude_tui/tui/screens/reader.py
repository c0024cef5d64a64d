"""The base of the screens above the dashboard: a header, scrollable content, and a footer."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from textual.app import ComposeResult
from textual.screen import Screen
from textual.widget import Widget

from claude_tui.tui.cockpit import Cockpit, cockpit_of
from claude_tui.tui.hints import Hint
from claude_tui.tui.messages import ItemClicked
from claude_tui.tui.panels.footer import FooterLine
from claude_tui.tui.panels.header import HeaderLine
from claude_tui.tui.panels.incident_line import IncidentLine
from claude_tui.tui.panels.strip import StripPanel
from claude_tui.tui.render.covered_repaint import covered_repaint
from claude_tui.tui.render.line_panel import LinePanel
from claude_tui.tui.render.lines import Lines
from claude_tui.tui.render.pager import Pager
from claude_tui.tui.screens.closing import ClosesOnce
from claude_tui.tui.view import View

if TYPE_CHECKING:
    from claude_tui.model.snapshot import Snapshot

__all__ = ["ReaderScreen"]


class ReaderScreen(ClosesOnce, Screen[None], inherit_bindings=False):
    """Header, the strip in one line, a Pager, footer. Subclasses provide the content of the Pager."""

    DEFAULT_CSS = """
    ReaderScreen { background: $background; overflow: hidden hidden; }
    ReaderScreen > #header, ReaderScreen > #incident, ReaderScreen > #strip, ReaderScreen > #footer {
        height: 1;
    }
    """
    AUTO_FOCUS = None
    ENTER: ClassVar[str] = ""
    """The method for the enter key on an item; "" for none."""

    def content(self, cells: int, rows: int) -> Lines:
        """All lines of the content, at most `cells` wide. `rows` of them are visible at once."""
        raise NotImplementedError

    def hints(self) -> tuple[Hint, ...]:
        """The hints in the footer."""
        raise NotImplementedError

    def title_and_key(self) -> tuple[str, str]:
        """The frame's title, and the key shown with it."""
        raise NotImplementedError

    @property
    def cockpit(self) -> Cockpit:
        return cockpit_of(self)

    def compose(self) -> ComposeResult:
        snapshot = self.cockpit.shown
        self.header = HeaderLine(snapshot)
        self.header.view = self._view()
        self.incident_line = IncidentLine(snapshot)
        self.incident_line.display = self.incident_line.rows > 0
        self.strip = StripPanel(snapshot)
        title, key = self.title_and_key()
        self.pager = Pager(title, self.content, key=key)
        self.footer = FooterLine(self.hints())
        yield self.header
        yield self.incident_line
        yield self.strip
        yield from self.bodies()
        yield self.footer

    def bodies(self) -> tuple[Widget, ...]:
        """The widgets between strip and footer."""
        return (self.pager,)

    def _compositor_refresh(self) -> None:
        super()._compositor_refresh()
        covered_repaint(self)

    def show(self, snapshot: Snapshot, view: View) -> None:
        """Draw what this screen shows of `snapshot`."""
        if not self.is_mounted:
            return
        self.header.show(snapshot, view)
        self.incident_line.show(snapshot)
        self.incident_line.display = self.incident_line.rows > 0
        self.strip.show(snapshot)

    def repaint(self) -> None:
        """Redraw everything, because the colours have changed."""
        for widget in self.query(LinePanel):
            widget.repaint()

    def action_back(self) -> None:
        self.dismiss()

    def _view(self) -> View:
        return View(self.cockpit.newest.at, self.cockpit.paused)

    def on_item_clicked(self, message: ItemClicked) -> None:
        """A click puts the cursor on an item; on the item under the cursor, it acts like the enter key."""
        message.stop()
        if self.choose(message.index) and self.ENTER:
            self.call_later(self.app.run_action, self.ENTER, self)

    def choose(self, index: int) -> bool:  # noqa: ARG002 (here nothing has a cursor)
        """Put the cursor on an item. Returns whether it was there already."""
        return False

    def move(self, rows: int) -> None:
        self.pager.move(rows)

    def move_to_end(self, *, start: bool) -> None:
        self.pager.move_to_end(start=start)

    def page(self) -> int:
        """The number of rows in a page."""
        return self.pager.page

    def action_cursor_up(self) -> None:
        self.move(-1)

    def action_cursor_down(self) -> None:
        self.move(1)

    def action_page_up(self) -> None:
        self.move(-self.page())

    def action_page_down(self) -> None:
        self.move(self.page())

    def action_top(self) -> None:
        self.move_to_end(start=True)

    def action_bottom(self) -> None:
        self.move_to_end(start=False)
