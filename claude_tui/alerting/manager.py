"""Alerting as the engine runs it: evaluate, remember, deliver, and say how that goes."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import datetime, timedelta

from claude_tui.alerting.delivery import open_alertmanager, open_sender
from claude_tui.alerting.delivery.log_guard import LogGuard
from claude_tui.alerting.delivery.tries import DELIVERY
from claude_tui.alerting.ledger import Ledger, same_but_for_figures
from claude_tui.alerting.notifications import AlertingConfig
from claude_tui.alerting.persistence import StateBackend, StateHolder
from claude_tui.alerting.routes import AlertSettings, Route, RouteKind
from claude_tui.alerting.rule_context import RuleContext
from claude_tui.alerting.rules import Rule
from claude_tui.alerting.step import acknowledged, advanced, snoozed
from claude_tui.alerting.views import view_of
from claude_tui.alerting.workers import AlertmanagerSync, DeliveryWorker, NotificationWorker
from claude_tui.model.alert import AlertsView
from claude_tui.model.retry import RetryPolicy
from claude_tui.model.snapshot import Target
from claude_tui.model.text import Redactor, inert
from claude_tui.model.verdict import Verdict

__all__ = ["Alerting", "OpenWorker", "target_text"]

# Rules need no more often; a changed verdict does not wait for it.
EVERY = timedelta(seconds=5)
# The instant of the last evaluation is saved so often while nothing else changes.
SAVE_EVERY = timedelta(minutes=5)

OpenWorker = Callable[[Route, StateHolder, Redactor], DeliveryWorker]


def target_text(target: Target) -> str:
    """How pages name what is watched: `prod (api.anthropic.com)`."""
    return inert(f"{target.name} ({target.host})" if target.name else target.host, 120)


class Alerting:
    """One per engine, used in the thread of its loop; `run` is a task of that loop.

    `secrets` are whatever else must not be told (the API key); those of the routes are known.
    `open_courier` is an argument for the sake of tests.
    """

    def __init__(
        self,
        rules: Sequence[Rule],
        settings: AlertSettings,
        *,
        target: Target,
        backend: StateBackend,
        now: Callable[[], datetime],
        secrets: Sequence[str] = (),
        policy: RetryPolicy | None = None,
        open_courier: OpenWorker | None = None,
    ) -> None:
        routes = settings.routes
        self._settings = settings
        self._redactor = Redactor((*secrets, *(secret for route in routes for secret in route.secrets)))
        self._desk = AlertingConfig(
            {rule.name: rule for rule in rules}, routes, settings.policy, target_text(target)
        )
        self._now = now
        self._policy = policy or DELIVERY
        self._kept = StateHolder(backend, self._redactor)
        opens = open_courier or self._open_courier
        self._couriers = [opens(route, self._kept, self._redactor) for route in routes]
        self._loaded = False
        self._due = True
        self._judged: tuple[object, ...] = ()
        self._faults: dict[str, str] = {}
        self._unsaved = asyncio.Event()
        self._saved_at: datetime | None = None

    def _open_courier(self, route: Route, kept: StateHolder, redactor: Redactor) -> DeliveryWorker:
        if route.kind is RouteKind.ALERTMANAGER:
            receiver = open_alertmanager(route, redactor=redactor, now=self._now, policy=self._policy)
            return AlertmanagerSync(route, kept, self._now, receiver, self._desk.target)
        sender = open_sender(route, redactor=redactor, now=self._now, policy=self._policy)
        return NotificationWorker(route, kept, self._now, sender)

    # -- from the engine, once a second ----------------------------------------------

    def evaluate(self, context: RuleContext) -> AlertsView:
        """The alerts at the Scene's instant. Quick, and without I/O: `run` delivers.

        Until what an earlier run left has been read, nothing is evaluated: it would be paged anew.
        """
        before = self._kept.ledger
        if self._loaded and self._is_due(before, context):
            self._judged, self._due = _judgement(context.verdict), False
            self._faults = {}
            self._kept.ledger = after = advanced(before, context, self._desk, self._faults)
            self._told(before, after)
        return self.view()

    def _is_due(self, ledger: Ledger, context: RuleContext) -> bool:
        if self._due or ledger.at is None or _judgement(context.verdict) != self._judged:
            return True
        return not timedelta() <= context.at - ledger.at < EVERY

    def _told(self, before: Ledger, after: Ledger) -> None:
        """Has the ledger saved, and wakes the couriers, if there is anything new in it."""
        changed = not same_but_for_figures(before, after)
        if changed or self._save_due(after.at):
            self._saved_at = after.at
            self._unsaved.set()
        if changed:
            for worker in self._couriers:
                worker.wake()

    def _save_due(self, at: datetime | None) -> bool:
        return self._saved_at is None or at is None or abs(at - self._saved_at) > SAVE_EVERY

    def view(self) -> AlertsView:
        states = [worker.state() for worker in self._couriers]
        return replace(
            view_of(self._kept.ledger, states, self._problem()),
            rules=len(self._desk.rules),
            reminder_acknowledged=self._settings.policy.acknowledged,
            bell=self._settings.bell,
            notification=self._settings.notification,
        )

    def _problem(self) -> str | None:
        faults = (f"rule {name} cannot be judged: {fault}" for name, fault in self._faults.items())
        problems = [self._kept.problem, *(self._redactor.clean(each, 200) for each in faults)]
        return "; ".join(each for each in problems if each) or None

    def acknowledge(self, group: str | None, *, by: str, reason: str) -> None:
        """Takes on an open group by its id, or all of them with None."""
        now = self._now()
        self._kept.ledger = acknowledged(self._kept.ledger, group, by=by, reason=reason, at=now)
        self._due = True
        self._unsaved.set()

    def snooze(self, group: str | None, *, by: str, until: datetime) -> None:
        """Quiet until then; an instant that has passed ends a snooze."""
        now = self._now()
        self._kept.ledger = snoozed(self._kept.ledger, group, by=by, until=until, at=now)
        self._due = True
        self._unsaved.set()

    # -- as a task ---------------------------------------------------------------------

    async def load(self) -> None:
        """Takes up what an earlier run left. Part of `run`."""
        await self._kept.load()
        self._loaded = True

    async def run(self) -> None:
        """Reads what an earlier run left, then delivers and saves until cancelled."""
        guard = LogGuard(self._redactor)
        guard.install()
        try:
            if not self._loaded:
                await self.load()
            workers = [asyncio.create_task(worker.run()) for worker in self._couriers]
            workers.append(asyncio.create_task(self._keep_saving()))
            try:
                # Not gather: it would cancel them, and then `_end` again, in the middle of their farewell.
                ended, _ = await asyncio.wait(workers, return_when=asyncio.FIRST_EXCEPTION)
                for worker in ended:
                    worker.result()
            finally:
                await self._end(workers)
        finally:
            guard.remove()

    async def _end(self, workers: Sequence[asyncio.Task[None]]) -> None:
        for worker in workers:
            worker.cancel()
        await asyncio.gather(*workers, return_exceptions=True)
        await self.aclose()

    async def aclose(self) -> None:
        """Saves and closes all connections. Part of `run`."""
        for worker in self._couriers:
            await worker.aclose()
        await self._kept.save()

    async def _keep_saving(self) -> None:
        while True:
            await self._unsaved.wait()
            self._unsaved.clear()
            await self._kept.save()


def _judgement(verdict: Verdict) -> tuple[object, ...]:
    return verdict.cause, verdict.severity
