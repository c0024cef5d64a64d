"""Alerting as the engine runs it: evaluates rules, persists the state, delivers, and reports on it."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import datetime, timedelta

from claude_tui.alerting.delivery import open_alertmanager, open_sender
from claude_tui.alerting.delivery.attempts import DELIVERY
from claude_tui.alerting.delivery.log_guard import LogGuard
from claude_tui.alerting.ledger import Ledger, differ_only_in_figures
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

# How often rules are evaluated; a changed verdict triggers an evaluation at once.
EVERY = timedelta(seconds=5)
# How often the instant of the last evaluation is saved while nothing else changes.
SAVE_EVERY = timedelta(minutes=5)

OpenWorker = Callable[[Route, StateHolder, Redactor], DeliveryWorker]


def target_text(target: Target) -> str:
    """The target as notifications name it: `prod (api.anthropic.com)`."""
    return inert(f"{target.name} ({target.host})" if target.name else target.host, 120)


class Alerting:
    """One per engine, used in the thread of its loop; `run` is a task of that loop.

    `secrets` are redacted in addition to those of the routes, such as the API key. `dashboard` tells notified
    people where this one runs and how to attach to it. Tests pass `open_worker`.
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
        open_worker: OpenWorker | None = None,
        dashboard: str = "",
    ) -> None:
        routes = settings.routes
        self._settings = settings
        self._redactor = Redactor((*secrets, *(secret for route in routes for secret in route.secrets)))
        self._config = AlertingConfig(
            {rule.name: rule for rule in rules}, routes, settings.policy, target_text(target), dashboard
        )
        self._now = now
        self._policy = policy or DELIVERY
        self._holder = StateHolder(backend, self._redactor)
        open_worker = open_worker or self._open_worker
        self._workers = [open_worker(route, self._holder, self._redactor) for route in routes]
        self._loaded = False
        self._due = True
        self._last_verdict: tuple[object, ...] = ()
        self._faults: dict[str, str] = {}
        self._unsaved = asyncio.Event()
        self._saved_at: datetime | None = None

    def _open_worker(self, route: Route, holder: StateHolder, redactor: Redactor) -> DeliveryWorker:
        if route.kind is RouteKind.ALERTMANAGER:
            receiver = open_alertmanager(route, redactor=redactor, now=self._now, policy=self._policy)
            config = self._config
            return AlertmanagerSync(route, holder, self._now, receiver, config.target, config.dashboard)
        sender = open_sender(route, redactor=redactor, now=self._now, policy=self._policy)
        return NotificationWorker(route, holder, self._now, sender)

    # -- from the engine, once a second ----------------------------------------------

    def evaluate(self, context: RuleContext) -> AlertsView:
        """The alerts at the instant of `context`. Does no I/O: `run` delivers.

        Nothing is evaluated before the state of an earlier run is loaded: known alerts would notify again.
        """
        before = self._holder.ledger
        if self.is_due(context.at, context.verdict):
            self._last_verdict, self._due = _verdict_key(context.verdict), False
            self._faults = {}
            self._holder.ledger = after = advanced(before, context, self._config, self._faults)
            self._publish(before, after)
        return self.view()

    def is_due(self, at: datetime, verdict: Verdict) -> bool:
        """Whether `evaluate` would evaluate the rules then."""
        last = self._holder.ledger.at
        if not self._loaded:
            return False
        if self._due or last is None or _verdict_key(verdict) != self._last_verdict:
            return True
        return not timedelta() <= at - last < EVERY

    def _publish(self, before: Ledger, after: Ledger) -> None:
        """Schedules a save and wakes the workers when the ledger has changed."""
        changed = not differ_only_in_figures(before, after)
        if changed or self._save_due(after.at):
            self._saved_at = after.at
            self._unsaved.set()
        if changed:
            for worker in self._workers:
                worker.wake()

    def _save_due(self, at: datetime | None) -> bool:
        return self._saved_at is None or at is None or abs(at - self._saved_at) > SAVE_EVERY

    def view(self) -> AlertsView:
        states = [worker.state() for worker in self._workers]
        return replace(
            view_of(self._holder.ledger, states, self._problem()),
            rules=len(self._config.rules),
            reminder_acknowledged=self._settings.policy.acknowledged,
            bell=self._settings.bell,
            notification=self._settings.notification,
        )

    def _problem(self) -> str | None:
        faults = (f"rule {name} cannot be evaluated: {fault}" for name, fault in self._faults.items())
        problems = [self._holder.problem, *(self._redactor.clean(fault, 200) for fault in faults)]
        return "; ".join(problem for problem in problems if problem) or None

    def acknowledge(
        self, group: str | None, *, by: str, reason: str, asked_at: datetime | None = None
    ) -> None:
        """Acknowledges an open group by its id; with None, all open groups.

        With `asked_at`, when the person did it, repeating the request changes nothing.
        """
        at = asked_at or self._now()
        self._holder.ledger = acknowledged(self._holder.ledger, group, by=by, reason=reason, at=at)
        self._due = True
        self._unsaved.set()

    def snooze(
        self, group: str | None, *, by: str, until: datetime, asked_at: datetime | None = None
    ) -> None:
        """Snoozes an open group, or all with None; an `until` in the past ends the snooze.

        `asked_at` as above.
        """
        at = asked_at or self._now()
        self._holder.ledger = snoozed(self._holder.ledger, group, by=by, until=until, at=at)
        self._due = True
        self._unsaved.set()

    async def save(self) -> None:
        """Returns once the current state is saved, or cannot be; then `view` says so."""
        await self._holder.save()

    # -- as a task ---------------------------------------------------------------------

    async def load(self) -> None:
        """Loads the state of an earlier run. Part of `run`."""
        await self._holder.load()
        self._loaded = True

    async def run(self) -> None:
        """Loads the state of an earlier run, then delivers and saves until cancelled."""
        guard = LogGuard(self._redactor)
        guard.install()
        try:
            if not self._loaded:
                await self.load()
            tasks = [asyncio.create_task(worker.run()) for worker in self._workers]
            tasks.append(asyncio.create_task(self._save_when_changed()))
            try:
                # `asyncio.gather` would cancel the tasks, and `_end` would then interrupt their clean-up.
                ended, _ = await asyncio.wait(tasks, return_when=asyncio.FIRST_EXCEPTION)
                for task in ended:
                    task.result()
            finally:
                await self._end(tasks)
        finally:
            guard.remove()

    async def _end(self, tasks: Sequence[asyncio.Task[None]]) -> None:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        await self.aclose()

    async def aclose(self) -> None:
        """Saves and closes all connections. Part of `run`."""
        for worker in self._workers:
            await worker.aclose()
        await self._holder.save()

    async def _save_when_changed(self) -> None:
        while True:
            await self._unsaved.wait()
            self._unsaved.clear()
            await self._holder.save()


def _verdict_key(verdict: Verdict) -> tuple[object, ...]:
    return verdict.cause, verdict.severity, verdict.taken
