"""The base of the runbook's screens: their data, copying, and how they stack."""

from __future__ import annotations

from collections.abc import Sequence, Set
from dataclasses import replace
from typing import TYPE_CHECKING, TypeVar

from textual.app import ComposeResult
from textual.containers import Container
from textual.screen import Screen
from textual.widget import Widget

from claude_tui.model.snapshot import Snapshot
from claude_tui.runbook import Command, facts_of
from claude_tui.tui.actions import Scope, of_scope
from claude_tui.tui.hints import Hint, footer
from claude_tui.tui.keys import KeyMap
from claude_tui.tui.render.line_bar import LineBar
from claude_tui.tui.render.lines import Lines
from claude_tui.tui.runbook_session import RunbookSession, placeholders_for
from claude_tui.tui.screens.cursor_pager import CursorPager
from claude_tui.tui.screens.reader import ReaderScreen
from claude_tui.tui.screens.runbook_parts import Page, key_of, warning
from claude_tui.tui.view import View

if TYPE_CHECKING:
    from textual import events

    from claude_tui.tui.cockpit import Cockpit

__all__ = ["RunbookScreen", "bring_to_front", "offered"]

# Hints that keep their rank in the footer.
_LEADING = frozenset({"back", "help"})
# Only offered in a drill.
_DRILL = frozenset({"answer", "end drill", "debrief"})
# On these screens people respond, and an alert may wait.
_RESPONDING = frozenset({Scope.WALK, Scope.PLAYBOOK, Scope.FIRST_FIVE, Scope.INCIDENT})
_LATER = 3

ScreenT = TypeVar("ScreenT", bound=Screen[None])


class RunbookScreen(ReaderScreen):
    """One column, or if there is room a second one beside or above it.

    Subclasses define the content: `column` is always there, `side_column` only if there is room. The data
    that they draw is updated with each displayed Snapshot.
    """

    DEFAULT_CSS = """
    RunbookScreen > #body { height: 1fr; layout: horizontal; }
    RunbookScreen > #body > Container { height: 1fr; width: 1fr; }
    """

    def column(self, cells: int, rows: int) -> Page:
        """What the main column shows."""
        raise NotImplementedError

    def side_title(self) -> str:
        """The title of the side column."""
        raise NotImplementedError

    def side_column(self, cells: int, rows: int) -> Page:
        """What the side column shows."""
        raise NotImplementedError

    def banner(self, cells: int) -> Lines:
        """The rows above both, which never scroll away."""
        return warning(self.session.problem, cells)

    def lay_out(self) -> None:
        """Set titles and sizes. Subclasses show or hide `side_box` and give it its size."""
        rows = len(self.banner(self.app.size.width))
        self.bar.display = rows > 0
        self.bar.styles.height = rows
        self.main.set_title(self.title_and_key()[0])
        self.side.set_title(self.side_title())

    def __init__(self, session: RunbookSession) -> None:
        super().__init__()
        self.session = session
        self._copies = 0

    def prepare(self) -> None:
        """Decide what to show first. The data is up to date when this is called."""

    def compose(self) -> ComposeResult:
        self.key = key_of(self.cockpit.chosen_keys)
        self.update_from(self.cockpit.shown)
        self.prepare()
        yield from super().compose()

    def bodies(self) -> tuple[Widget, ...]:
        title, _ = self.title_and_key()
        self.main = CursorPager(title, self.column)
        self.side = CursorPager(self.side_title(), self.side_column)
        self.pager = self.main
        self.side_box = Container(self.side, id="side")
        self.bar = LineBar(self.banner, id="banner")
        self.lay_out()
        return (self.bar, Container(self.side_box, Container(self.main, id="main"), id="body"))

    def on_resize(self, _: events.Resize) -> None:
        self.lay_out()

    # -- content -------------------------------------------------------------------------

    def update_from(self, snapshot: Snapshot) -> None:
        """Take facts and placeholders from a Snapshot."""
        self.snapshot = snapshot
        self.facts = facts_of(snapshot, snapshot.verdict)
        self.placeholders = placeholders_for(snapshot, self.cockpit.settings, self.session)

    def show(self, snapshot: Snapshot, view: View) -> None:
        if not self.is_mounted:
            return
        super().show(snapshot, view)
        self.update_from(snapshot)
        self.lay_out()
        self.redraw()

    def redraw(self) -> None:
        """Redraw everything, without scrolling."""
        self.bar.redraw()
        self.main.redraw()
        self.side.redraw()

    def follow_cursor(self) -> None:
        """Redraw everything, with the cursor in view."""
        self.bar.redraw()
        self.main.follow()
        self.side.follow()

    # -- copying ------------------------------------------------------------------------

    @property
    def copies(self) -> int:
        """How many commands have been copied, which decides the next one."""
        return self._copies

    def copy_from_start(self) -> None:
        """Make the first command the next one to copy."""
        self._copies = 0

    def copy_next(self, commands: Sequence[Command]) -> None:
        """Copy the next of the commands, and say which one."""
        command = commands[self._copies % len(commands)]
        self._copies += 1
        self.cockpit.copy_to_clipboard(command.text.rstrip("\n"))
        of = f" ({(self._copies - 1) % len(commands) + 1} of {len(commands)})" if commands[1:] else ""
        self.notify(f"Copied{of}: {command.title}", timeout=2, markup=False)
        self.redraw()


def offered(scope: Scope, keymap: KeyMap, without: Set[str]) -> tuple[Hint, ...]:
    """The footer hints, with the screen's own actions ranked before those that work everywhere."""
    leading = {action.label for action in of_scope(scope)} | _LEADING
    leading |= {"ack"} if scope in _RESPONDING else set()
    hints = (hint for hint in footer(scope, keymap) if hint.label not in without)
    return tuple(_ranked(hint, leading) for hint in hints)


def _ranked(hint: Hint, leading: Set[str]) -> Hint:
    if hint.label in _DRILL:
        return replace(hint, rank=1)
    return hint if hint.label in leading else replace(hint, rank=hint.rank + _LATER)


def bring_to_front(app: Cockpit, kind: type[ScreenT]) -> ScreenT | None:
    """The open screen of that kind, brought to the front; None if there is none.

    Going from the tree to a playbook and back to the tree thus returns, instead of opening a second tree.
    """
    found = next((screen for screen in reversed(app.screen_stack) if isinstance(screen, kind)), None)
    while found is not None and app.screen is not found:
        app.pop_screen()
    return found
