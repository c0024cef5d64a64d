"""The war room: what matters, large and masked, for a screen that everybody in the room can see."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from textual.app import ComposeResult
from textual.binding import BindingType
from textual.screen import Screen

from claude_tui.model.snapshot import Snapshot
from claude_tui.tui.actions import Scope
from claude_tui.tui.cockpit import Cockpit, cockpit_of
from claude_tui.tui.hints import Hint, footer, footer_of_the_past
from claude_tui.tui.keymap import bindings
from claude_tui.tui.panels.footer import FooterLine
from claude_tui.tui.panels.header import shared_header_line
from claude_tui.tui.panels.scrubber import banner_line, scrubber_line
from claude_tui.tui.panels.strip import strip_back
from claude_tui.tui.render.covered_repaint import covered_repaint
from claude_tui.tui.render.direct_output import DirectOutput
from claude_tui.tui.render.line_panel import LinePanel
from claude_tui.tui.render.lines import Lines
from claude_tui.tui.screens.closing import ClosesOnce
from claude_tui.tui.screens.war_room_lines import war_room_lines
from claude_tui.tui.screens.war_room_view import mask_of, masked_target, war_room_of
from claude_tui.tui.view import View

if TYPE_CHECKING:
    from textual.events import Resize

__all__ = ["WarRoomScreen", "toggle_war_room"]

_OFFERED = frozenset({"back", "time", "live", "pause", "play", "theme", "help"})


def toggle_war_room(app: Cockpit) -> None:
    """Opens the war room; closes it if it is open in front."""
    screen = app.screen
    if isinstance(screen, WarRoomScreen):
        screen.dismiss()
    elif not any(isinstance(stacked, WarRoomScreen) for stacked in app.screen_stack):
        app.clear_notifications()  # they are not masked
        app.push_screen(WarRoomScreen())


class WarRoomScreen(ClosesOnce, Screen[None], inherit_bindings=False):
    """The same Snapshot as the dashboard, in a few large values."""

    SCREEN_NAME = "war room"
    IS_SHARED = True
    DEFAULT_CSS = """
    WarRoomScreen { background: $background; overflow: hidden hidden; }
    WarRoomScreen > #footer { height: 1; }
    """
    BINDINGS: ClassVar[list[BindingType]] = [*bindings(Scope.WAR_ROOM)]
    AUTO_FOCUS = None

    @property
    def cockpit(self) -> Cockpit:
        return cockpit_of(self)

    def compose(self) -> ComposeResult:
        shown = self.cockpit.shown
        self.wall = _Wall(shown, View(self.cockpit.newest.at, self.cockpit.paused), self.cockpit.host)
        self.footer = FooterLine(self._hints(shown))
        self.wall.output = self._output = DirectOutput(self)
        yield self.wall
        yield self.footer

    def show(self, snapshot: Snapshot, view: View) -> None:
        """Draw `snapshot`."""
        if not self.is_mounted:
            return
        was_past = self.wall.snapshot.past is not None
        with self._output.collecting():
            self.wall.show(snapshot, view)
        if was_past != (snapshot.past is not None):
            self.footer.set_hints(self._hints(snapshot))

    def repaint(self) -> None:
        """Redraw everything, because the colours have changed."""
        for widget in self.query(LinePanel):
            widget.repaint()

    def on_resize(self, event: Resize) -> None:
        self.footer.display = event.size.height >= _ROWS_WITH_FOOTER

    def action_back(self) -> None:
        self.dismiss()

    def action_bottom(self) -> None:
        """Does nothing, as nothing scrolls; in the past, the app returns to live instead."""

    def _hints(self, snapshot: Snapshot) -> tuple[Hint, ...]:
        keys, past = self.cockpit.chosen_keys, snapshot.past
        found = (
            footer(Scope.WAR_ROOM, keys)
            if past is None
            else footer_of_the_past(Scope.WAR_ROOM, keys, replayed=past.playback is not None)
        )
        return tuple(hint for hint in found if hint.label in _OFFERED)

    def _compositor_refresh(self) -> None:
        super()._compositor_refresh()
        covered_repaint(self)


_ROWS_WITH_FOOTER = 6


class _Wall(LinePanel):
    """Everything but the footer."""

    def __init__(self, snapshot: Snapshot, view: View, host: str) -> None:
        super().__init__(id="wall")
        self.snapshot = snapshot
        self.view = view
        self._host = host

    def show(self, snapshot: Snapshot, view: View) -> None:
        self.snapshot, self.view = snapshot, view
        self.redraw()

    def draw(self, width: int, height: int) -> Lines:
        mask = mask_of(self.snapshot, self._host)
        masked, past = masked_target(self.snapshot, mask), self.snapshot.past
        if masked.past is not None and past is not None:
            head: Lines = (
                banner_line(masked, masked.past, self.view, width),
                scrubber_line(masked.past, masked.at, width),
            )
        else:
            head = (shared_header_line(masked, self.view, width),)
        if height < _ROWS_WITH_FOOTER:
            head = head[:1] if past is not None else ()
        room = war_room_of(self.snapshot, mask)
        return (*head, *war_room_lines(room, width, height - len(head), strip_back(self.snapshot)))
