"""The first frame comes before everything else: a thread imports and opens the engine behind it."""

from __future__ import annotations

import importlib
import threading
from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

from textual import events
from textual.message import Message

from claude_tui.model.arrangement import Preset
from claude_tui.tui.actions import ACTIONS
from claude_tui.tui.app import ClaudeTopApp
from claude_tui.tui.cockpit import Backend
from claude_tui.tui.keymap import textual_keymap
from claude_tui.tui.keys import in_keymap
from claude_tui.tui.permissions import action_name
from claude_tui.tui.screens.opening import OpeningScreen

if TYPE_CHECKING:
    from collections.abc import Callable

    from textual.actions import ActionParseResult
    from textual.screen import Screen

    from claude_tui.model.snapshot import Snapshot
    from claude_tui.settings import Settings
    from claude_tui.tui.faults import Report
    from claude_tui.tui.keys import KeyMap
    from claude_tui.tui.screens.opening import About

__all__ = ["Openable", "Opening", "OpeningApp"]

# Nobody types more than this in that time, but a paste into the wrong window may be longer.
_MOST_HELD = 200
_FINISH_S = 1.0
_DRAWN_BY = "claude_tui.tui.screens.dashboard"
_ENDS = frozenset({"quit", "interrupt"})


class Openable(Backend, Protocol):
    """A backend that has something to show before it starts: the engine."""

    def first_snapshot(self) -> Snapshot: ...

    def stand_aside(self) -> None: ...


@dataclass
class Opened(Message):
    """The engine is open, and this is its first Snapshot."""

    engine: Openable
    first: Snapshot


@dataclass
class NotOpened(Message):
    """The engine could not be opened."""

    error: Exception


class Opening:
    """Opens an engine in a thread, and stops it even if that is requested before it is open.

    `compose` imports and builds it. If it is stopped before, it gets `finish_s` to finish, so that what it
    has begun to write is complete.
    """

    def __init__(self, compose: Callable[[], Openable], finish_s: float = _FINISH_S) -> None:
        self._compose = compose
        self._finish_s = finish_s
        self._engine: Openable | None = None
        self._stopping = False
        self._lock = threading.Lock()
        self._thread: threading.Thread | None = None

    def start(self, tell: Callable[[Opened | NotOpened], object]) -> None:
        """`tell` is called once, in that thread, unless the opening is stopped before."""
        self._thread = threading.Thread(target=self._open, args=(tell,), name="opening", daemon=True)
        self._thread.start()

    def _open(self, tell: Callable[[Opened | NotOpened], object]) -> None:
        try:
            engine = self._compose()
            with self._lock:
                self._engine = engine
                stopping = self._stopping
            if stopping:
                engine.stop()
                return
            opened = Opened(engine, engine.first_snapshot())
            # Done here, where it delays no key.
            importlib.import_module(_DRAWN_BY)
        except Exception as error:  # noqa: BLE001 the app raises it where it is to be seen
            if not self._stopping:
                tell(NotOpened(error))
        else:
            tell(opened)

    def stop(self) -> None:
        """Stop the engine now, or as soon as it is open. Callable from any thread."""
        with self._lock:
            self._stopping = True
        if self._engine is None and self._thread is not None:
            self._thread.join(self._finish_s)
        elif self._engine is not None:
            self._engine.stop()

    def stand_aside(self) -> None:
        """Like the engine's."""
        if self._engine is not None:
            self._engine.stand_aside()


class OpeningApp(ClaudeTopApp):
    """The cockpit that opens its engine itself. Keys and clicks before that take effect afterwards."""

    def __init__(
        self,
        opening: Opening,
        settings: Settings,
        about: About,
        report: Report | None = None,
        *,
        newcomer: bool = False,
    ) -> None:
        super().__init__(settings, report, newcomer=newcomer, read_only=about.read_only)
        self._about = about
        self._opening = opening
        self._holds = True
        self._held: list[events.InputEvent | events.Paste] = []

    def get_default_screen(self) -> Screen[None]:
        if self.has_begun:
            return super().get_default_screen()
        chosen = self.settings
        return OpeningScreen(self._about, self.chosen_keys, Preset(chosen.layout), chosen.hidden_panels)

    # Textual calls the handler of each class, this one's first: it must not call that of its base.

    def on_ready(self) -> None:
        self._opening.start(self.post_message)

    async def on_opened(self, message: Opened) -> None:
        self.begin(message.engine, message.first)
        self.has_drawn = False  # the dashboard has not: a fault in it now ends the app, as in any first frame
        await self.show_default_screen()
        self.call_after_refresh(self._stand)

    async def _stand(self) -> None:
        self.has_drawn = True
        self.watch_backend()
        held, self._held = self._held, []
        self._holds = False
        for event in held:
            await self.on_event(event)

    def on_not_opened(self, message: NotOpened) -> None:
        self.end_with(message.error)

    async def on_event(self, event: events.Event) -> None:
        if not self._holds or not isinstance(event, events.InputEvent | events.Paste):
            await super().on_event(event)
        elif isinstance(event, events.Key) and self._ends(event):
            self.exit()
        elif len(self._held) < _MOST_HELD and not isinstance(event, events.MouseMove):
            self._held.append(event)

    def _ends(self, key: events.Key) -> bool:
        """Whether a key ends the program: a `q` behind other keys is meant for what these open."""
        always, quits = _leaving_keys(self.chosen_keys)
        return key.key in always or (not self._held and key.key in quits)

    def intercepts(self, action: str | ActionParseResult) -> bool:
        """Until the engine is open, only the end of the program can be asked for."""
        if self.has_begun:
            return super().intercepts(action)
        if action_name(action) in _ENDS:
            self.exit()
        return True


def _leaving_keys(chosen: KeyMap) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """The keys that always end the program, and those that quit."""
    action = next(candidate for candidate in ACTIONS if candidate.id == "quit")
    quits = textual_keymap({"quit": in_keymap("quit", action.keys, chosen)})["quit"]
    return action.always, tuple(quits.split(","))
