"""All messages of the screens."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from textual.message import Message

if TYPE_CHECKING:
    from claude_tui.model.arrangement import Panel
    from claude_tui.model.snapshot import Event, Snapshot

__all__ = ["EventChosen", "ItemClicked", "SelectionMoved", "SnapshotReady", "ZoomRequested"]


@dataclass
class SnapshotReady(Message):
    """The engine has published a Snapshot. A newer one replaces it while it is still in the queue."""

    snapshot: Snapshot

    def can_replace(self, message: Message) -> bool:
        return isinstance(message, SnapshotReady) and self._is_past == message._is_past

    @property
    def _is_past(self) -> bool:
        return self.snapshot.past is not None


@dataclass
class ZoomRequested(Message):
    """The user asked for one panel in full screen."""

    panel: Panel


@dataclass
class EventChosen(Message):
    """The user asked for the details of one event."""

    event: Event


@dataclass
class SelectionMoved(Message):
    """Another event is under the cursor, or other events are listed."""


@dataclass
class ItemClicked(Message):
    """Somebody clicked on one of the items that the cursor of a screen moves between."""

    index: int
    """Its index among them."""
