"""The dashboard alone: requests to open another screen are only recorded."""

from __future__ import annotations

import threading
from dataclasses import replace

from textual.pilot import Pilot

from claude_tui.model.arrangement import Panel
from claude_tui.model.snapshot import Event, Snapshot
from claude_tui.settings import Settings
from claude_tui.tui.messages import EventChosen, ZoomRequested
from claude_tui.tui.screens.dashboard import DashboardScreen
from tests.functional.still import StillApp, StillBackend
from tests.snapshots.pictures import PICTURES

__all__ = ["Watched", "app_of", "arrives"]


class Watched(StillApp):
    """Keeps the messages that would open another screen, instead of opening it."""

    def __init__(self, first: Snapshot, **settings: object) -> None:
        self.fake = StillBackend()
        super().__init__(replace(Settings(), **settings))  # type: ignore[arg-type]
        self.asked: list[Panel | Event] = []
        self.begin(self.fake, first)

    def on_zoom_requested(self, message: ZoomRequested) -> None:
        message.prevent_default()
        self.asked.append(message.panel)

    def on_event_chosen(self, message: EventChosen) -> None:
        message.prevent_default()
        self.asked.append(message.event)

    @property
    def dashboard(self) -> DashboardScreen:
        screen = self.screen_stack[0]
        assert isinstance(screen, DashboardScreen)
        return screen

    def text(self) -> str:
        return "\n".join(strip.text.rstrip() for strip in self.dashboard._compositor.render_strips())


def app_of(name: str, **settings: object) -> Watched:
    return Watched(PICTURES[name](), **settings)


async def arrives(pilot: Pilot[None], snapshot: Snapshot) -> None:
    """Publishes `snapshot` from the backend's thread, and waits until it is on screen."""
    app = pilot.app
    assert isinstance(app, Watched)
    thread = threading.Thread(target=app.fake.publish, args=(snapshot,))
    thread.start()
    thread.join()
    await pilot.pause()
