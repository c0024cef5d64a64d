"""What screens and panels may ask of the application that shows them.

They depend on this Protocol, not on the app: the app imports its screens, so the other way round would be a
circle.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Protocol, TypeVar, cast

from claude_tui.analysis.uptime.record import Record
from claude_tui.model.incident import IncidentEntry
from claude_tui.model.playbook import SeverityMark, StepMark
from claude_tui.model.postmortem import FieldRevision
from claude_tui.model.snapshot import Focus, Snapshot
from claude_tui.tui.keys import KeyMap

if TYPE_CHECKING:
    from collections.abc import Sequence
    from typing import Any

    from textual.message_pump import MessagePump
    from textual.notifications import SeverityLevel
    from textual.screen import Screen

    from claude_tui.settings import Settings
    from claude_tui.tui.render.paint import Paint
    from claude_tui.tui.render.theme import Theme
    from claude_tui.tui.runbook_session import RunbookSession

__all__ = ["Backend", "Cockpit", "cockpit_of"]

ResultT = TypeVar("ResultT")


class Backend(Protocol):
    """Where Snapshots come from. `publish` is called from a thread of the backend's own."""

    def start(self, publish: Callable[[Snapshot], None]) -> None: ...

    def stop(self) -> None: ...

    def probe_now(self) -> object: ...

    def set_focus(self, focus: Focus | None) -> None: ...

    def mark_step(self, mark: StepMark) -> None: ...

    def mark_severity(self, mark: SeverityMark) -> None: ...

    def append(self, entry: IncidentEntry | FieldRevision) -> None: ...

    def record(self, at: datetime) -> Record:
        """The record of the last days before an instant. Call it in a thread; raises ClaudeTopError."""

    def acknowledge(self, group: str | None, *, by: str, reason: str) -> None: ...

    def snooze(self, group: str | None, *, by: str, until: datetime) -> None: ...


class Cockpit(Protocol):
    """The application as its screens see it."""

    responder: str
    """Who acts here: the name that goes with marks, acknowledgements and severities."""

    @property
    def newest(self) -> Snapshot:
        """The latest Snapshot, also while the display is frozen."""

    @property
    def shown(self) -> Snapshot:
        """The Snapshot on screen: the newest, or the one at which the display was frozen."""

    @property
    def paused(self) -> bool:
        """Whether the display is frozen."""

    @property
    def backend(self) -> Backend: ...

    @property
    def settings(self) -> Settings: ...

    @property
    def chosen_keys(self) -> KeyMap:
        """The keys that the settings replace."""

    @property
    def session(self) -> RunbookSession:
        """The runbook and the position in its decision tree. The first use reads the files, some 60 ms."""

    @property
    def paint(self) -> Paint: ...

    @property
    def user_themes(self) -> Path | None:
        """The directory of the user's own themes; None without a settings file."""

    def apply_theme(self, theme: Theme) -> None:
        """Draw everything in the colours of `theme`."""

    # -- Textual's own -----------------------------------------------------------------

    @property
    def screen(self) -> Screen[Any]: ...

    @property
    def screen_stack(self) -> Sequence[Screen[Any]]: ...

    def push_screen(
        self, screen: Screen[ResultT], callback: Callable[[ResultT | None], None] | None = None
    ) -> object: ...

    def pop_screen(self) -> object: ...

    def copy_to_clipboard(self, text: str) -> None: ...

    def notify(
        self,
        message: str,
        *,
        severity: SeverityLevel = "information",
        timeout: float | None = None,
        markup: bool = True,
    ) -> None: ...


def cockpit_of(node: MessagePump) -> Cockpit:
    """The cockpit in which a screen or widget is shown."""
    return cast("Cockpit", node.app)
