"""The alerts of the running program: opened after the first frame, evaluated with every Snapshot."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import TYPE_CHECKING

from claude_tui.engine.notices import fault_text
from claude_tui.model.alert import AlertsView
from claude_tui.model.conditions import AlertingState
from claude_tui.model.format import rfc3339
from claude_tui.model.request import ActionRequest, RequestedAction
from claude_tui.store import ALERTING_STATES

if TYPE_CHECKING:
    from claude_tui.alerting.manager import Alerting
    from claude_tui.alerting.persistence import StateBackend
    from claude_tui.analysis.history.history import History
    from claude_tui.analysis.options import Options
    from claude_tui.model.alert import AlertEntry
    from claude_tui.model.snapshot import Snapshot
    from claude_tui.model.verdict import Verdict
    from claude_tui.store import Store

__all__ = ["Attention", "OpenAlerting", "Paging", "PagingSetup", "StoreBackend", "kept_name"]

OpenAlerting = Callable[["StateBackend"], "Alerting"]
"""Reads rules and routes and builds an Alerting. Called in a thread; its errors are shown on screen."""

Attention = tuple[bool, bool]
"""Whether the settings ask for the terminal's bell, and for a notification by the terminal."""

# A page is sent only once it is in the store, but a slow disk must not delay it for long.
SAVE_WITHIN_S = 1.5
# As many entries as a ledger may have.
_REMEMBERED = 200


def kept_name(base_url: str) -> str:
    """The store's key for the alert state of a target."""
    return f"alerts {base_url}"


def _no_attention() -> Attention:
    return False, False


@dataclass(frozen=True, slots=True)
class PagingSetup:
    """How to open alerting."""

    open: OpenAlerting
    attention: Callable[[], Attention] = _no_attention
    """Alerting for a process that only watches. Called in a thread."""


class StoreBackend:
    """The StateBackend that keeps the alert state in the store.

    State that is queried "as of" an instant is appended: each state that differs in more than figures, and
    each journal entry. The newest state is also kept by name, with the instant of the last evaluation.
    """

    def __init__(self, store: Store, base_url: str, now: Callable[[], datetime]) -> None:
        self._store = store
        self._name = kept_name(base_url)
        self._now = now
        self._appended: deque[str] = deque(maxlen=_REMEMBERED)

    def load(self) -> bytes | None:
        if (kept := self._store.kept(self._name)) is not None:
            return kept
        newest = self._store.last_entry(ALERTING_STATES)
        return newest.body.encode("utf-8", "surrogatepass") if newest is not None else None

    def save(self, state: bytes, entries: Sequence[AlertEntry], *, essential: bool) -> None:
        # After a save that took too long, the holder tries again, and the store has the entries already.
        new = [entry for entry in entries if entry.key not in self._appended]
        self._appended.extend(entry.key for entry in new)
        states = []
        # An older version kept only the newest state: viewers would see no alerts until a change.
        if essential or self._store.last_entry(ALERTING_STATES) is None:
            states.append(AlertingState(self._now(), state.decode("utf-8", "surrogatepass")))
        self._store.keep(self._name, state, *new, *states)
        if not self._store.flush(SAVE_WITHIN_S):
            raise OSError("the store could not be written")

    def set_aside(self, state: bytes) -> None:
        self._store.keep(f"{self._name} unreadable {rfc3339(self._now())}", state)


class Paging:
    """Alerting in the engine's thread. If it cannot be opened, `view` says why."""

    def __init__(self, setup: PagingSetup, backend: StateBackend) -> None:
        self._setup = setup
        self._backend = backend
        self._alerting: Alerting | None = None
        self._fault: str | None = None
        self._view = AlertsView()

    @property
    def view(self) -> AlertsView:
        problem = self._fault or self._view.problem
        return replace(self._view, problem=problem) if problem != self._view.problem else self._view

    def resume(self, view: AlertsView) -> None:
        """Shows the alerts as another process knew them, until they are evaluated here."""
        self._view = replace(view, problem=None)

    def attention(self) -> Attention:
        return self._setup.attention()

    async def open(self) -> Alerting:
        """Opens alerting. Part of `run`."""
        alerting = await asyncio.to_thread(self._setup.open, self._backend)
        # Without the state, a view would say for a moment that nothing is wrong.
        await alerting.load()
        self._alerting = alerting
        return alerting

    async def run(self) -> None:
        """Opens alerting, then delivers notifications until cancelled."""
        try:
            alerting = await self.open()
            await alerting.run()
        except Exception as error:
            # Users who rely on pages must see that none will be sent.
            self._fault = f"nothing is paged: {fault_text(error)}"
            raise
        finally:
            # Another process may page from now on, so what is known here will soon be out of date.
            self._alerting = None

    def evaluate(self, snapshot: Snapshot, history: History, options: Options) -> None:
        """Evaluates the alerts at the Snapshot's instant and updates `view`."""
        if self._alerting is None:
            return
        from claude_tui.alerting.rule_context import RuleContext

        try:
            self._view = self._alerting.evaluate(RuleContext(snapshot, history, snapshot.verdict, options))
            self._fault = None
        except Exception as error:  # noqa: BLE001 - an error in alerting must not stop the dashboard
            self._fault = f"nothing is paged for now: {fault_text(error)}"

    def is_due(self, at: datetime, verdict: Verdict) -> bool:
        """Whether `evaluate` would change anything then."""
        return self._alerting is not None and self._alerting.is_due(at, verdict)

    async def carry_out(self, request: ActionRequest) -> None:
        """Acknowledges or snoozes; a request that has been carried out already changes nothing.

        Returns once that is stored, or once storing has failed.
        """
        if self._alerting is None or request.action is RequestedAction.TAKE:
            # The verdict carries it, and the next evaluation of the alerts gets it from there.
            return
        if request.action is RequestedAction.ACKNOWLEDGE:
            self._alerting.acknowledge(
                request.subject or None, by=request.by, reason=request.text, asked_at=request.at
            )
        elif request.action is RequestedAction.SNOOZE and request.until is not None:
            self._alerting.snooze(
                request.subject or None, by=request.by, until=request.until, asked_at=request.at
            )
        self._view = self._alerting.view()
        await self._alerting.save()
