"""What screens and panels may use of the application that shows them.

They depend on this Protocol and not on the app, which imports its screens: anything else would be a
cycle.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol, TypeVar, cast

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from datetime import datetime
    from pathlib import Path
    from typing import Any

    from textual.message_pump import MessagePump
    from textual.notifications import SeverityLevel
    from textual.screen import Screen

    from claude_tui.analysis.uptime.record import Record as HistoryRecord
    from claude_tui.engine.drafting import Answer
    from claude_tui.incident import Record
    from claude_tui.model.drill import DrillEntry
    from claude_tui.model.incident import IncidentEntry
    from claude_tui.model.past import Move
    from claude_tui.model.playbook import SeverityMark, StepMark, WalkTurn
    from claude_tui.model.postmortem import FieldRevision
    from claude_tui.model.snapshot import Focus, Snapshot
    from claude_tui.model.verdict import Severity
    from claude_tui.settings import Settings
    from claude_tui.tui.keys import KeyMap
    from claude_tui.tui.render.paint import Paint
    from claude_tui.tui.render.theme import Theme
    from claude_tui.tui.runbook_session import RunbookSession

__all__ = ["Backend", "Cockpit", "cockpit_of"]

ResultT = TypeVar("ResultT")


class Backend(Protocol):
    """Where Snapshots come from. `publish` is called in a thread of the backend."""

    def start(self, publish: Callable[[Snapshot], None]) -> None: ...

    def stop(self) -> None: ...

    def probe_now(self, *, by: str) -> object: ...

    def set_focus(self, focus: Focus | None) -> None: ...

    def mark_step(self, mark: StepMark) -> None: ...

    def mark_severity(self, mark: SeverityMark) -> None: ...

    def append(self, entry: IncidentEntry | FieldRevision) -> None: ...

    def record(self, row: WalkTurn | DrillEntry) -> None:
        """Stores what no screen shows: a turn in the decision tree, an act of a drill."""

    def incident_record(self, ident: str, at: datetime | None = None) -> Record | None:
        """Everything recorded about an incident. May take long: not for the screen's thread."""

    def draft(self, model: str, system: str, text: str) -> Answer:
        """Asks a model. Takes long: not for the screen's thread. Raises DraftError."""

    def history_record(self, at: datetime) -> HistoryRecord:
        """The record of the last days before an instant. Call it in a thread; raises ClaudeTopError."""

    def acknowledge(self, group: str | None, *, by: str, reason: str) -> None: ...

    def snooze(self, group: str | None, *, by: str, until: datetime) -> None: ...

    def take(self, severity: Severity, *, by: str, reason: str) -> None:
        """Records that somebody takes on the problem of the verdict, which has this severity now."""

    def travel(self, move: Move) -> None:
        """Publish the Snapshot of the past that `move` leads to, unless another move follows at once."""

    def return_to_live(self) -> None: ...

    def toggle_playback(self) -> None:
        """Resume or pause a recording; does nothing if none is played."""


class Cockpit(Protocol):
    """The application as its screens see it."""

    responder: str
    """The name that is recorded with marks, acknowledgements and severities."""
    host: str
    """The name of this machine, recorded with what people do."""
    served: bool
    """Whether it is shown in a browser, to somebody on another machine."""

    @property
    def newest(self) -> Snapshot:
        """The latest Snapshot, even while the display is frozen."""

    @property
    def shown(self) -> Snapshot:
        """The Snapshot on screen: the newest, one of the past, or the one at which the display was frozen."""

    @property
    def marked(self) -> Snapshot:
        """The Snapshot whose marks are shown: the newest, even while paused, or the past one."""

    @property
    def travelling(self) -> bool:
        """Whether the display shows the past, or is about to."""

    def return_to_live(self) -> None:
        """Show the newest Snapshot again."""

    def travel_to(self, instant: datetime) -> None:
        """Show what was known at `instant`."""

    @property
    def paused(self) -> bool:
        """Whether the display is frozen."""

    @property
    def backend(self) -> Backend: ...

    @property
    def settings(self) -> Settings: ...

    @property
    def chosen_keys(self) -> KeyMap:
        """The keys that the settings change."""

    @property
    def session(self) -> RunbookSession:
        """The runbook and the position in its decision tree.

        The first access reads the files, in about 60 ms.
        """

    @property
    def paint(self) -> Paint: ...

    @property
    def user_themes(self) -> Path | None:
        """The directory of the user's own themes; None without a settings file."""

    def apply_theme(self, theme: Theme) -> None:
        """Draw everything in the colours of `theme`."""

    def follow_theme(self, name: str) -> None:
        """Watch the file of the theme called `name` from now on, and apply its changes."""

    # -- of Textual's App ----------------------------------------------------------------

    @property
    def screen(self) -> Screen[Any]: ...

    @property
    def screen_stack(self) -> Sequence[Screen[Any]]: ...

    def push_screen(
        self, screen: Screen[ResultT], callback: Callable[[ResultT | None], None] | None = None
    ) -> object: ...

    def pop_screen(self) -> object: ...

    def copy_to_clipboard(self, text: str) -> None: ...

    def clear_notifications(self) -> None: ...

    def notify(
        self,
        message: str,
        *,
        about: str = "",
        severity: SeverityLevel = "information",
        timeout: float | None = None,
        markup: bool = True,
    ) -> None: ...


def cockpit_of(node: MessagePump) -> Cockpit:
    """The cockpit in which a screen or widget is shown."""
    return cast("Cockpit", node.app)
