"""The alerts of the running program: opened after the first frame, evaluated with every Snapshot."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime
from typing import TYPE_CHECKING

from claude_tui.engine.notices import fault_text
from claude_tui.model.alert import AlertsView
from claude_tui.model.format import rfc3339

if TYPE_CHECKING:
    from claude_tui.alerting.manager import Alerting
    from claude_tui.alerting.persistence import StateBackend
    from claude_tui.analysis.history.history import History
    from claude_tui.analysis.options import Options
    from claude_tui.engine.lease import Lease
    from claude_tui.model.snapshot import Snapshot
    from claude_tui.store import Store

__all__ = ["OpenAlerting", "Paging", "PagingSetup", "StoreBackend", "kept_name"]

OpenAlerting = Callable[["StateBackend | None"], "Alerting"]
"""Reads rules and routes and builds an Alerting; without a backend, one that sends and stores nothing.
Called in a thread; its errors are shown on screen."""

# A page is sent only once it is in the store, but a slow disk must not delay it for long.
SAVE_WITHIN_S = 1.5
TRY_AGAIN_S = 5.0
_ELSEWHERE = "another claude-top on this data directory pages; acknowledge and snooze there"


def kept_name(base_url: str) -> str:
    """The store's key for the alert state of a target."""
    return f"alerts {base_url}"


@dataclass(frozen=True, slots=True)
class PagingSetup:
    """How alerting is opened. Of all processes that share `lease`, only the one that holds it pages."""

    open: OpenAlerting
    lease: Lease | None = None


class StoreBackend:
    """The StateBackend that keeps the alert state in the store."""

    def __init__(self, store: Store, base_url: str, now: Callable[[], datetime]) -> None:
        self._store = store
        self._name = kept_name(base_url)
        self._now = now

    def load(self) -> bytes | None:
        return self._store.kept(self._name)

    def save(self, state: bytes) -> None:
        self._store.keep(self._name, state)
        if not self._store.flush(SAVE_WITHIN_S):
            raise OSError("the store is not written")

    def set_aside(self, state: bytes) -> None:
        self._store.keep(f"{self._name} unreadable {rfc3339(self._now())}", state)


class Paging:
    """Alerting in the engine's thread. `view` is empty until alerting is open, or says why it cannot be.

    Of several dashboards on one data directory, one pages. The others show the alerts they evaluate
    themselves, and one of them takes over when the first ends.
    """

    def __init__(self, setup: PagingSetup, backend: StateBackend) -> None:
        self._open = setup.open
        self._backend = backend
        self._lease = setup.lease
        self._is_ours = setup.lease is None
        self._alerting: Alerting | None = None
        self._fault: str | None = None
        self._elsewhere: str | None = None
        self._view = AlertsView()

    @property
    def view(self) -> AlertsView:
        problem = self._fault or self._view.problem or self._elsewhere
        return replace(self._view, problem=problem) if problem != self._view.problem else self._view

    @property
    def is_ours(self) -> bool:
        """Whether this process pages, and not another one on the same data directory."""
        return self._is_ours

    async def run(self) -> None:
        """Opens alerting, then delivers notifications until cancelled."""
        try:
            while self._lease is not None and not self._lease.take():
                await self._show_only()
            self._is_ours = True
            self._alerting, self._elsewhere = await asyncio.to_thread(self._open, self._backend), None
            await self._alerting.run()
        except Exception as error:
            # Users who rely on pages must see that none will be sent.
            self._alerting = None
            self._fault = f"nothing is paged: {fault_text(error)}"
            raise
        finally:
            if self._lease is not None:
                self._lease.release()

    async def _show_only(self) -> None:
        """Shows the alerts while another process pages, until it is time to try again."""
        if self._alerting is None:
            alerting = await asyncio.to_thread(self._open, None)
            await alerting.load()
            self._alerting, self._elsewhere = alerting, _ELSEWHERE
        await asyncio.sleep(TRY_AGAIN_S)

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

    def acknowledge(self, group: str | None, *, by: str, reason: str) -> None:
        if self._alerting is not None:
            self._alerting.acknowledge(group, by=by, reason=reason)
            self._view = self._alerting.view()

    def snooze(self, group: str | None, *, by: str, until: datetime) -> None:
        if self._alerting is not None:
            self._alerting.snooze(group, by=by, until=until)
            self._view = self._alerting.view()
