"""The application in a drill: the same screens, with a beginning and an end."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, ClassVar

from textual.binding import BindingType

from claude_tui.incident import incidents
from claude_tui.model.alert import AlertEntry
from claude_tui.model.drill import DrillAct, DrillEntry
from claude_tui.tui.actions import Scope
from claude_tui.tui.app import ClaudeTopApp
from claude_tui.tui.keymap import bindings, keymap_of_drill, textual_keymap
from claude_tui.tui.messages import SnapshotReady
from claude_tui.tui.screens.dashboard import DashboardScreen
from claude_tui.tui.screens.debrief import BriefScreen, DebriefScreen
from claude_tui.tui.screens.dialog_fields import refuse, tell
from claude_tui.tui.screens.drill_answer import DrillAnswer, ask_answer
from claude_tui.tui.screens.reader import ReaderScreen
from claude_tui.tui.screens.runbook_screen import bring_to_front

if TYPE_CHECKING:
    from claude_tui.drills.conclusion import Conclusion, Result
    from claude_tui.drills.record import DrillRecord
    from claude_tui.model.incident import IncidentEntry
    from claude_tui.model.snapshot import Snapshot
    from claude_tui.settings import Settings
    from claude_tui.tui.cockpit import Backend
    from claude_tui.tui.faults import Report

__all__ = ["Drill", "DrillApp"]


@dataclass(frozen=True, slots=True)
class Drill:
    """What the screens need to know about a drill, which does not include its scenario."""

    title: str
    brief: str
    conclusion: Conclusion
    load: Callable[[datetime, tuple[AlertEntry, ...]], DrillRecord | None]
    """Reads the record up to an instant, with what alerting remembers. May take a moment."""


class DrillApp(ClaudeTopApp, inherit_bindings=False):
    """Begins with the brief, ends with the debrief."""

    BINDINGS: ClassVar[list[BindingType]] = bindings(Scope.APP, Scope.DRILL, Scope.DRILL_OVER)

    def __init__(
        self,
        backend: Backend,
        settings: Settings,
        first: Snapshot,
        drill: Drill,
        report: Report | None = None,
    ) -> None:
        super().__init__(settings, report)
        self.begin(backend, first)
        self.drill = drill
        self._answer: DrillAnswer | None = None
        self._resolved: frozenset[str] = frozenset()
        self._seen: tuple[IncidentEntry, ...] = ()
        self._asks_to_end = False

    def offer_keys(self, *, read_only: bool) -> None:  # noqa: ARG002 (a drill is never read-only)
        self.chosen_keys = keymap_of_drill(self.settings.keys)
        self.set_keymap(textual_keymap(self.chosen_keys))

    # Textual calls the handler of each class, this one's first, so none may call that of its base.

    def on_ready(self) -> None:
        self.action_drill_brief()

    def conclude(self) -> Result | None:
        """The score, by the record up to now. Callable from any thread; it waits for the disk."""
        at, journal = self.newest.at, self.newest.engine.alerts.journal
        return self.drill.conclusion.conclude(lambda: self.drill.load(at, journal))

    # -- the end of the incident ----------------------------------------------------

    def on_snapshot_ready(self, message: SnapshotReady) -> None:
        entries = message.snapshot.engine.incident_entries
        if entries is not self._seen:
            self._seen = entries
            resolved = frozenset(
                incident.id for incident in incidents(entries) if incident.resolved_at is not None
            )
            self._asks_to_end |= bool(resolved - self._resolved)
            self._resolved = resolved
        # Not while somebody is typing into a dialog.
        if self._asks_to_end and not self.screen.is_modal and self.drill.conclusion.result is None:
            self._asks_to_end = False
            self._ask(end=True, resolved=True)

    # -- actions -------------------------------------------------------------------------

    def action_drill_brief(self) -> None:
        if bring_to_front(self, BriefScreen) is None:
            self.push_screen(BriefScreen(self.drill.title, self.drill.brief))

    def action_drill_answer(self) -> None:
        self._ask(end=False)

    def action_drill_end(self) -> None:
        self._ask(end=True)

    def action_drill_debrief(self) -> None:
        if (result := self.drill.conclusion.result) is not None:
            self._show_result(result)

    def _ask(self, *, end: bool, resolved: bool = False) -> None:
        ask_answer(self, self._answer or self._answer_of_tree(), self._answered, end=end, resolved=resolved)

    def _answer_of_tree(self) -> DrillAnswer:
        """The cause that the tree has led to, offered as the answer until the responder has given one."""
        walk = self.session.saved_walk
        node = self.session.runbook.nodes.get(walk.walk.node) if walk is not None else None
        if node is None or not node.is_answer:
            return DrillAnswer()
        return DrillAnswer(node.side, next(iter(node.causes)) if len(node.causes) == 1 else None)

    def _answered(self, answer: DrillAnswer) -> None:
        before = self._answer or DrillAnswer()
        if (answer.side, answer.cause) != (before.side, before.cause):
            self._record(DrillAct.ANSWERED, answer)
            self._answer = answer
            if not answer.ends:
                tell(self, "Noted. The last answer counts.")
        if answer.ends:
            self._record(DrillAct.ENDED, answer)
            self.run_worker(self._debrief(), exclusive=True)

    def _record(self, act: DrillAct, answer: DrillAnswer) -> None:
        entry = DrillEntry(self.newest.at, act, self.responder, self.host, answer.side, answer.cause)
        self.backend.record(entry)

    async def _debrief(self) -> None:
        result = await asyncio.to_thread(self.conclude)
        if result is None:
            refuse(self, "The drill has not started yet: there is nothing to score.")
        else:
            self.offer_what_is_left()
            self._show_result(result)

    def offer_what_is_left(self) -> None:
        """Offer the keys of a drill that is over."""
        self.chosen_keys = keymap_of_drill(self.settings.keys, over=True)
        self.set_keymap(textual_keymap(self.chosen_keys))
        for screen in self.screen_stack:
            if isinstance(screen, DashboardScreen):
                screen.offer(self.chosen_keys)
            elif isinstance(screen, ReaderScreen):
                screen.footer.set_hints(screen.hints())

    def _show_result(self, result: Result) -> None:
        if bring_to_front(self, DebriefScreen) is None:
            self.push_screen(DebriefScreen(result))
