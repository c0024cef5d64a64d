"""The watching half of the engine: everything comes from the store, where another process writes it."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING

from claude_tui.engine.collector_state import KEPT_AS, AlertingFacts, CollectorState
from claude_tui.engine.memory import Memory
from claude_tui.model.alert import AlertsView
from claude_tui.model.watching import Watching
from claude_tui.probes.clock import Clock
from claude_tui.store import ALERTING_STATES

if TYPE_CHECKING:
    from claude_tui.model.conditions import AlertingState

__all__ = ["Viewer", "idle", "longest_probe"]

# Two minutes are more than any probe takes with the usual timeout.
_LEAST = timedelta(minutes=2)
_MARGIN = timedelta(seconds=30)
_UNREADABLE = "the state of the alerts was written by another version of claude-top"


def longest_probe(timeout_s: float) -> timedelta:
    """The longest time from the start of an exchange until it is recorded, which is at its end."""
    return max(_LEAST, timedelta(seconds=timeout_s) + _MARGIN)


class Viewer:
    """Follows what the collector records. Used in the engine's thread only, except for `load`."""

    def __init__(self, memory: Memory, clock: Clock, overlap: timedelta) -> None:
        self._memory = memory
        self._clock = clock
        self._overlap = overlap
        """How far back each read goes, as an observation is dated from its start, and recorded at its end."""
        self._read_until = clock.now()
        self._body = b""
        self._alerting: AlertingState | None = None
        self._ledger_view = AlertsView()
        self.state: CollectorState | None = None
        """The state that the collector recorded; None before it has recorded any."""
        self.alerts = AlertsView()
        """The alerts as the collector knows them."""
        self.attention = (False, False)
        """Whether the settings of this process ask for the terminal's bell, and for a notification."""

    def load(self) -> None:
        """Reads the collector's state for the first frame."""
        self._take_state(*self._read_state())

    async def read(self) -> None:
        """Reads what was recorded since the last call, with an overlap for exchanges that took long."""
        now = self._clock.now()
        since = min(self._read_until, now) - self._overlap
        await self._memory.read_again(since)
        self._take_state(*await asyncio.to_thread(self._read_state))
        self._read_until = now

    def _read_state(self) -> tuple[bytes, AlertingState | None]:
        store = self._memory.store
        return store.kept(KEPT_AS) or b"", store.last_entry(ALERTING_STATES)

    def _take_state(self, body: bytes, alerting: AlertingState | None) -> None:
        if body != self._body:
            self._body = body
            self.state = CollectorState.decode(body)
        if alerting != self._alerting:
            self._alerting = alerting
            self._ledger_view = _view_of(alerting)
        self.alerts = self._with_facts(self._ledger_view)

    def _with_facts(self, view: AlertsView) -> AlertsView:
        """The alerts with the collector's state of its routes, and this process's setting for the bell."""
        facts = self.state.alerting if self.state is not None else AlertingFacts()
        bell, notification = self.attention
        return replace(
            view,
            routes=facts.routes,
            problem=view.problem or facts.problem,
            rules=facts.rules,
            reminder_acknowledged=facts.reminder_acknowledged,
            bell=bell,
            notification=notification,
        )


def idle(state: CollectorState, watching: Watching) -> CollectorState:
    """`state` as it applies while nobody collects: no probe is due."""
    if watching.collector is not None:
        return state
    probes = tuple(replace(probe, next_at=None, running=False) for probe in state.probes)
    return replace(state, probes=probes)


def _view_of(state: AlertingState | None) -> AlertsView:
    if state is None:
        return AlertsView()
    from claude_tui.alerting.ledger import decode
    from claude_tui.alerting.views import view_of

    try:
        return view_of(decode(state.body.encode("utf-8", "surrogatepass")))
    except ValueError:
        return AlertsView(problem=_UNREADABLE)
