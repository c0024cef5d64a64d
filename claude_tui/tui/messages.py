"""The messages of the screens, all in one place."""

from __future__ import annotations

from dataclasses import dataclass

from textual.message import Message

from claude_tui.model.snapshot import Event, Panel, Snapshot

__all__ = ["EventChosen", "SnapshotReady", "ZoomRequested"]


@dataclass
class SnapshotReady(Message):
    """The engine has a newer picture. One that waits is replaced by the next: nobody draws the past."""

    snapshot: Snapshot

    def can_replace(self, message: Message) -> bool:
        return isinstance(message, SnapshotReady)


@dataclass
class ZoomRequested(Message):
    """The person asked to see one panel over the full screen."""

    panel: Panel


@dataclass
class EventChosen(Message):
    """The person asked for the detail of one event."""

    event: Event
