"""The application: takes Snapshots from the backend, hands them to the screens, and wires keys to both."""

from __future__ import annotations

import asyncio
import gc
import os
import time
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from functools import cached_property
from typing import TYPE_CHECKING, Any, ClassVar, Self, cast

from claude_tui.model.arrangement import Panel, Preset
from claude_tui.tui.actions import Scope
from claude_tui.tui.keymap import bindings, keymap, textual_keymap
from claude_tui.tui.messages import EventChosen, SnapshotReady, ZoomRequested
from claude_tui.tui.notices import Notices, in_rows
from claude_tui.tui.painted import PaintedApp
from claude_tui.tui.permissions import action_name, offered, refusal
from claude_tui.tui.screen_actions import ScreenActions
from claude_tui.tui.served import is_served
from claude_tui.tui.view import ShowsSnapshots, View

if TYPE_CHECKING:
    from collections.abc import Callable

    from textual.actions import ActionParseResult
    from textual.await_complete import AwaitComplete
    from textual.binding import BindingType
    from textual.command import Provider
    from textual.screen import Screen

    from claude_tui.model.alert import AlertsView
    from claude_tui.model.past import Move
    from claude_tui.model.snapshot import Snapshot
    from claude_tui.settings import Settings
    from claude_tui.tui.cockpit import Backend
    from claude_tui.tui.faults import Report
    from claude_tui.tui.runbook_session import RunbookSession

__all__ = ["ClaudeTopApp"]

# The engine publishes at least every four seconds. After this long without a Snapshot, the display is marked
# as stalled.
_STALLED_AFTER_S = 6.0
# Slightly more than a second, so that a Snapshot of the engine comes first if there is one.
_NEXT_SECOND_S = 1.1
_THRESHOLDS = 2_000, 10, 200


def _palette() -> type[Provider]:
    from claude_tui.tui.palette import ActionCommands

    return ActionCommands


def _collect() -> None:
    gc.collect()


class ClaudeTopApp(ScreenActions, PaintedApp, inherit_bindings=False):
    """Wiring only. `begin` gives it a backend before it runs; the caller stops that backend afterwards.

    `report` writes crash files; without it, the first fault ends the app. A `newcomer` is greeted.
    """

    COMMANDS: ClassVar[set[type[Provider] | Callable[[], type[Provider]]]] = {_palette}
    BINDINGS: ClassVar[list[BindingType]] = [*bindings(Scope.APP)]
    TITLE = "claude-top"
    COLLECT_EVERY_S = 60.0
    """Seconds between two garbage collections.

    Textual's strips are in reference cycles, as their caches contain themselves. Left to the collector, the
    oldest would wait for half an hour, which is 7 MB.
    """
    # The palette's magnifying glass is an emoji, which few server terminals have. In the terminal's own
    # colours, the cursor of Textual's fields would be black and white, and reversed.
    CSS = """
    SearchIcon { display: none; }
    Toast { width: auto; max-width: 100%; margin-top: 0; padding: 0 1; background: $ct-track; }
    Toast:ansi { background: $ansi-background; }
    Input:ansi > .input--cursor { background: ansi_default; color: ansi_default; text-style: reverse; }
    Input:ansi > .input--selection { background: ansi_default; color: ansi_default; text-style: reverse; }
    """

    backend: Backend
    newest: Snapshot
    shown: Snapshot
    responder: str
    host: str

    def __init__(
        self,
        settings: Settings,
        report: Report | None = None,
        *,
        newcomer: bool = False,
        read_only: bool = False,
    ) -> None:
        super().__init__(report, settings.theme, settings.themes_dir, settings.symbols)
        self.animation_level = "none"
        self.settings = settings
        self._newcomer = newcomer
        self._notices = Notices()
        self.has_begun = False
        self.paused = False
        self.copied = ""
        self.travelling = False
        self._next_second: asyncio.TimerHandle | None = None
        self.served = is_served(os.environ)
        self.offer_keys(read_only=read_only)

    def begin(self, backend: Backend, first: Snapshot) -> Self:
        """Show what `backend` publishes from now on, starting with `first`."""
        from claude_tui.engine import host_name, login_name

        self.backend = backend
        self.newest = self.shown = first
        self._watching_since = first.at
        self.responder = self.settings.responder or login_name()
        self.host = host_name()
        self._arrived_at = time.monotonic()
        self.has_begun = True
        self.offer_keys(read_only=first.engine.watching.read_only)
        return self

    def offer_keys(self, *, read_only: bool) -> None:
        """Use the keys of the settings, without those of actions that are not allowed here."""
        self.chosen_keys = offered(keymap(self.settings.keys), read_only=read_only, served=self.served)
        self.set_keymap(textual_keymap(self.chosen_keys))

    def get_default_screen(self) -> Screen[None]:
        from claude_tui.tui.screens.dashboard import DashboardScreen

        chosen = self.settings
        return DashboardScreen(
            self.shown,
            self.chosen_keys,
            Preset(chosen.layout),
            chosen.hidden_panels,
            newcomer=self._newcomer,
        )

    def on_ready(self) -> None:
        """The first frame is on screen, so there is time for everything else."""
        if self.has_begun:
            self.watch_backend()

    def watch_backend(self) -> None:
        """Start the backend, and draw what it publishes."""
        from claude_tui.model.garbage import freeze_existing

        freeze_existing()
        # A full collection takes a tenth of a second, which would delay keys and probes. It is left to the
        # timer; small collections free young garbage.
        gc.set_threshold(*_THRESHOLDS)
        gc.enable()
        self.set_interval(self.COLLECT_EVERY_S, _collect)
        asyncio.get_running_loop().call_later(_STALLED_AFTER_S, self._watch_for_silence)
        self.backend.start(self._publish)

    def _publish(self, snapshot: Snapshot) -> None:
        # The event loop may have closed by now, in which case nothing draws this Snapshot.
        try:
            self.post_message(SnapshotReady(snapshot))
        except RuntimeError:
            return

    @cached_property
    def session(self) -> RunbookSession:
        from claude_tui.tui.runbook_session import open_session

        opened = open_session(self.settings, os.environ)
        if opened.problem:
            self.notify(opened.problem, severity="warning", timeout=10, markup=False)
        return opened

    # -- Snapshots --------------------------------------------------------------

    def on_snapshot_ready(self, message: SnapshotReady) -> None:
        if (follow_size := getattr(self._driver, "follow_size", None)) is not None:
            follow_size()
        snapshot = message.snapshot
        if snapshot.past is not None and snapshot.past.playback is None:
            # One that was computed before the return to live is too late.
            if self.travelling:
                self.shown = snapshot
                self._show()
            return
        before, self.newest = self.newest.engine.alerts, snapshot
        self._arrived_at = time.monotonic()
        if snapshot.past is None:
            self._call_attention(before, self.newest.engine.alerts)
        self._show_newest()
        if self._next_second is not None:
            self._next_second.cancel()
        if snapshot.past is None:
            self._show_in_a_second(snapshot, _NEXT_SECOND_S)

    def _show_newest(self) -> None:
        if not (self.paused or self.travelling):
            self.shown = self.newest
        self._show()

    def _show_in_a_second(self, snapshot: Snapshot, after_s: float) -> None:
        """Show `snapshot` a second later. The engine skips some while nothing is new; the clock does not."""

        def show() -> None:
            if self.is_running and time.monotonic() - self._arrived_at < _STALLED_AFTER_S:
                panels_at = snapshot.panels_at or snapshot.at
                at = snapshot.at + timedelta(seconds=1)
                self.newest = replace(snapshot, at=at, panels_at=panels_at)
                self._show_newest()
                self._show_in_a_second(self.newest, 1.0)

        self._next_second = asyncio.get_running_loop().call_later(after_s, show)

    def _call_attention(self, before: AlertsView, after: AlertsView) -> None:
        """Call attention to new pages."""
        if after.journal is before.journal:
            return
        from claude_tui.tui.attention import call_attention

        call_attention(self, before, after, self._watching_since, self._masked if self._is_shared else None)

    # -- a shared screen --------------------------------------------------------

    @property
    def _is_shared(self) -> bool:
        """Whether the war room is open, even if it is under other screens."""
        return any(getattr(screen, "IS_SHARED", False) for screen in self.screen_stack)

    def _masked(self, text: str) -> str:
        from claude_tui.tui.screens.war_room_view import mask_of

        return mask_of(self.newest, self.host)(text)

    def notify(self, message: str, *, about: str = "", timeout: float | None = None, **options: Any) -> None:
        """Show a notice, masked while others see the screen, in place of an earlier one `about` the same."""
        text = self._masked(message) if self._is_shared else message
        shown_s = self.NOTIFICATION_TIMEOUT if timeout is None else timeout
        self.post_message(self._notices.notice(in_rows(text, self.size.width), about, shown_s, **options))

    def _show(self, stalled_s: float | None = None) -> None:
        """Draw every visible screen: the one in front, and if that is a dialog the one beneath it.

        A covered screen must not change, or Textual repaints all of the screen above it.
        """
        view = View(self.newest.at, self.paused, stalled_s)
        for screen in reversed(self.screen_stack):
            if isinstance(screen, ShowsSnapshots):
                self._show_on(screen, view)
            if not screen.is_modal:
                break

    def _show_on(self, screen: ShowsSnapshots, view: View) -> None:
        try:
            screen.show(self.shown, view)
        except Exception as error:  # noqa: BLE001 a failing screen must not keep the others from drawing
            self.contain(error, cast("Screen[object]", screen), harmless=False)

    def pop_screen(self) -> AwaitComplete:
        popped = super().pop_screen()
        self._show()
        return popped

    def _watch_for_silence(self) -> None:
        if not self.is_running:
            return
        silence = time.monotonic() - self._arrived_at
        if silence > _STALLED_AFTER_S and not self.plays_recording:
            self._show(silence)
        # Checked once a second only while it is silent, as an arriving Snapshot sets no timer.
        pause = max(_STALLED_AFTER_S - silence, 1.0)
        asyncio.get_running_loop().call_later(pause, self._watch_for_silence)

    def action_command_palette(self) -> None:
        from claude_tui.tui.palette import Palette

        if not isinstance(self.screen, Palette):
            self.push_screen(Palette(id="--command-palette"))

    # -- actions -------------------------------------------------

    def intercepts(self, action: str | ActionParseResult) -> bool:
        """Refuses actions that are not allowed here; in the past, the end key returns to live."""
        name = action_name(action)
        if name == "bottom" and self.travelling:
            self.return_to_live()
            return True
        if name == "bottom" and self.plays_recording:
            self._play_to_the_end()
            return True
        why = refusal(
            name,
            served=self.served,
            read_only=self.newest.engine.watching.read_only,
            recording=self.plays_recording,
            travelling=self.travelling,
        )
        if why:
            self.notify(why, severity="warning", timeout=3, markup=False)
        return bool(why)

    # -- time travel -------------------------------------------------------------------

    @property
    def plays_recording(self) -> bool:
        """Whether a recording is played."""
        return self.newest.past is not None

    @property
    def marked(self) -> Snapshot:
        return self.shown if self.travelling else self.newest

    def action_travel(self, kind: str, steps: int) -> None:
        from claude_tui.model.past import Move, MoveKind

        self._travel(Move(MoveKind(kind), steps))

    def travel_to(self, instant: datetime) -> None:
        from claude_tui.model.past import Move, MoveKind

        self._travel(Move(MoveKind.INSTANT, to=instant))

    def _play_to_the_end(self) -> None:
        from claude_tui.model.past import Move, MoveKind

        self.backend.travel(Move(MoveKind.INSTANT, to=datetime.max.replace(tzinfo=UTC)))

    def _travel(self, move: Move) -> None:
        if not self.plays_recording:
            self.travelling, self.paused = True, False
        self.backend.travel(move)

    def return_to_live(self) -> None:
        if self.travelling:
            self.travelling = False
            self.backend.return_to_live()
            self.shown = self.newest
            self._show()

    def action_live(self) -> None:
        self.return_to_live()

    async def action_quit(self) -> None:
        """Close the screen above the dashboard, or end the program, at once if there is no reason to stay."""
        if len(self.screen_stack) > 1:
            self.screen.dismiss(None)
        else:
            self._quit()

    def action_interrupt(self) -> None:
        """End the program from any screen. If there is a reason to stay, only the first time asks."""
        from claude_tui.tui.screens.quitting import QuitScreen

        if any(isinstance(screen, QuitScreen) for screen in self.screen_stack):
            self.exit()
        else:
            self._quit()

    def _quit(self) -> None:
        from claude_tui.tui.screens.quitting import ask_to_quit, reasons_to_stay

        if reasons := reasons_to_stay(self.newest):
            ask_to_quit(self, reasons, self.exit)
        else:
            self.exit()

    def action_probe(self) -> None:
        self.backend.probe_now(by=self.responder)

    def action_pause(self) -> None:
        if self.plays_recording:
            self.backend.toggle_playback()
            return
        if self.travelling:
            return  # the past does not move anyway
        self.paused = not self.paused
        if not self.paused:
            self.shown = self.newest
        self._show()

    def copy_to_clipboard(self, text: str) -> None:
        from claude_tui.tui.clipboard import Copied, copy

        self.copied = text
        outcome = copy(self, text, os.environ)
        if outcome is not Copied.SENT:
            self.call_later(self._show_instead, outcome.value)

    def _show_instead(self, why: str) -> None:
        if self._is_shared:
            text = f"{why} It is not shown while others see the screen."
            self.call_later(self._notify_instead, text)
            return
        from claude_tui.tui.screens.copied import show_copied

        show_copied(self, self.copied, why)
        # The caller reports that the text was sent, and its notice comes after this.
        self.call_later(self.clear_notifications)

    def _notify_instead(self, text: str) -> None:
        self.clear_notifications()
        self.notify(text, timeout=6, markup=False)

    def action_zone(self) -> None:
        from claude_tui.tui.local_times import next_zone

        local, announcement = next_zone(self.paint.local, self.newest.at)
        self.show_local(local)
        self._show()
        self.notify(announcement, about="zone", timeout=3, markup=False)

    def action_show_copied(self) -> None:
        from claude_tui.tui.screens.copied import show_copied

        show_copied(self, self.copied)

    def action_save_screen(self) -> None:
        from claude_tui.tui.screens.saving import save_screen

        save_screen(self, self.newest.at)

    def on_zoom_requested(self, message: ZoomRequested) -> None:
        if message.panel is Panel.RECORD:
            self.action_incident() if self.shown.incident is not None else self.action_history()
            return
        from claude_tui.tui.screens.zoom import ZoomScreen

        self.push_screen(ZoomScreen(message.panel))

    def on_event_chosen(self, message: EventChosen) -> None:
        from claude_tui.tui.screens.event import EventScreen

        self.push_screen(EventScreen(message.event))
