"""How the displayed Snapshot relates to the present, and which screens draw Snapshots."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol, runtime_checkable

if TYPE_CHECKING:
    from datetime import datetime

    from claude_tui.model.snapshot import Snapshot

__all__ = ["ShowsSnapshots", "View"]


@dataclass(frozen=True, slots=True)
class View:
    """`now` is the newest Snapshot's instant; `stalled_s` is how long there has been none, None normally."""

    now: datetime
    paused: bool = False
    stalled_s: float | None = None


@runtime_checkable
class ShowsSnapshots(Protocol):
    """A screen that draws Snapshots. The app calls `show` on each one in the stack."""

    def show(self, snapshot: Snapshot, view: View) -> None: ...
