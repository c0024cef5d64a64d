"""One worker per route: takes what is queued for it, attempts delivery, and records the result."""

from __future__ import annotations

import asyncio
from abc import ABC, abstractmethod
from collections.abc import Callable
from datetime import datetime, timedelta

from claude_tui.alerting.delivery import NotificationSender
from claude_tui.alerting.delivery.alertmanager import RESEND, Alertmanager, alerts_of
from claude_tui.alerting.delivery.attempts import AttemptResult, FailedAttemptError
from claude_tui.alerting.outbox import MAX_RETRY_AFTER_S, QueuedNotification, next_for, sending, settle
from claude_tui.alerting.persistence import StateHolder
from claude_tui.alerting.routes import Route
from claude_tui.model.alert import AlertEntry, DeliveryResult, EntryKind, NotificationKind, RouteState
from claude_tui.model.format import duration
from claude_tui.model.verdict import Severity

__all__ = ["AlertmanagerSync", "DeliveryWorker", "NotificationWorker"]

# At exit, how long to wait for a message that is being sent.
GRACE_S = 0.8
MAX_SLEEP_S = 30.0
RETRY_PUSH = timedelta(seconds=30)


class DeliveryWorker(ABC):
    """The base of both kinds of worker. `wake` signals that there may be work."""

    def __init__(self, route: Route, holder: StateHolder, now: Callable[[], datetime]) -> None:
        self.route = route
        self._holder = holder
        self._now = now
        self._wake_event = asyncio.Event()
        self._last: DeliveryResult | None = None
        self._failing_since: datetime | None = None
        self._held_until = 0.0

    def wake(self) -> None:
        self._wake_event.set()

    def state(self) -> RouteState:
        waiting = sum(queued.route == self.route.name for queued in self._holder.ledger.outbox)
        return RouteState(
            name=self.route.name,
            kind=self.route.kind.value,
            address=self.route.address,
            problem=self.route.problem,
            waiting=waiting,
            failing_since=self._failing_since,
            last=self._last,
        )

    async def run(self) -> None:
        """Delivers until cancelled."""
        while True:
            self._wake_event.clear()
            try:
                sleep_s = await self.step()
            except Exception as error:  # noqa: BLE001 - one route's fault must not end the others
                self._record(
                    self._result(AttemptResult(1, FailedAttemptError(f"fault: {type(error).__name__}")))
                )
                sleep_s = MAX_SLEEP_S
            if sleep_s > 0:
                try:
                    async with asyncio.timeout(sleep_s):
                        await self._wake_event.wait()
                except TimeoutError:
                    continue

    @abstractmethod
    async def step(self) -> float:
        """Does the next piece of work and returns the seconds until there may be more."""

    @abstractmethod
    async def aclose(self) -> None:
        """Finishes work in progress and closes the connections."""

    def _result(self, tried: AttemptResult) -> DeliveryResult:
        failure = tried.failure
        return DeliveryResult(
            route=self.route.name,
            at=self._now(),
            delivered=failure is None,
            detail=failure.detail if failure else "arrived",
            permanent=failure.permanent if failure else False,
            http_status=failure.http_status if failure else None,
            retry_after_s=failure.retry_after_s if failure else None,
            attempts=tried.attempts,
        )

    def _record(self, result: DeliveryResult) -> None:
        """Adds a journal entry for the first failure, each refusal, and the first success afterwards."""
        self._last = result
        if result.retry_after_s and not result.delivered:
            self._held_until = _loop_time() + min(result.retry_after_s, MAX_RETRY_AFTER_S)
        failing_since = self._failing_since
        if result.delivered:
            self._failing_since = None
            if failing_since is not None:
                text = f"delivery to {result.route} works again, after {duration(result.at - failing_since)}"
                self._note(EntryKind.DELIVERY_WORKS, result, text)
            return
        self._failing_since = failing_since or result.at
        if result.permanent:
            text = f"{result.route} refused a message, which will not be tried again: {result.detail}"
            self._note(EntryKind.DELIVERY_FAILED, result, text)
        elif failing_since is None:
            text = f"delivery to {result.route} fails, still trying: {result.detail}"
            self._note(EntryKind.DELIVERY_FAILED, result, text)

    def _held_s(self) -> float:
        """Seconds left of the wait that the receiver asked for."""
        return max(self._held_until - _loop_time(), 0.0)

    def _note(self, kind: EntryKind, result: DeliveryResult, text: str) -> None:
        self._holder.note([AlertEntry("", result.at, kind, Severity.NONE, result.route, text)])


_KINDS = {
    NotificationKind.OPENED: "the page",
    NotificationKind.SEVERITY: "the new severity",
    NotificationKind.ACKNOWLEDGED: "the acknowledgement",
    NotificationKind.REMINDER: "the reminder",
    NotificationKind.RESOLVED: "the end",
    NotificationKind.TEST: "the test",
}


class NotificationWorker(DeliveryWorker):
    """Sends notifications one at a time. The ledger is saved before and after each attempt."""

    def __init__(
        self, route: Route, holder: StateHolder, now: Callable[[], datetime], sender: NotificationSender
    ) -> None:
        super().__init__(route, holder, now)
        self._sender = sender

    async def step(self) -> float:
        if self.route.problem is not None:
            return MAX_SLEEP_S
        if (held_s := self._held_s()) > 0:
            return min(held_s, MAX_SLEEP_S)
        queued = next_for(self._holder.ledger.outbox, self.route.name, self._now())
        if queued is None:
            return self._sleep_s()
        await self._deliver(queued)
        return 0.0

    async def _deliver(self, queued: QueuedNotification) -> None:
        self._holder.change(outbox=sending(self._holder.ledger.outbox, queued))
        await self._holder.save()
        task = asyncio.ensure_future(self._sender.send(queued.page))
        try:
            tried = await asyncio.shield(task)
        except asyncio.CancelledError:
            await self._wait_for_result(queued, task)
            raise
        except Exception as error:  # noqa: BLE001 - it must not stay marked as being sent
            tried = AttemptResult(1, FailedAttemptError(f"fault: {type(error).__name__}"))
        await self._finish(queued, tried)

    async def _wait_for_result(self, queued: QueuedNotification, task: asyncio.Future[AttemptResult]) -> None:
        """Waits briefly at exit, so that the next run does not repeat a message that arrives in that time."""
        done, _ = await asyncio.wait([task], timeout=GRACE_S)
        if done:
            await self._finish(queued, task.result())
        else:
            task.cancel()
            await asyncio.wait([task])

    async def _finish(self, queued: QueuedNotification, tried: AttemptResult) -> None:
        result = self._result(tried)
        attempted = next(
            (notification for notification in self._holder.ledger.outbox if notification.key == queued.key),
            queued,
        )
        self._holder.change(outbox=settle(self._holder.ledger.outbox, attempted, result))
        self._record(result)
        if result.delivered:
            self._note(EntryKind.DELIVERED, result, f"{_KINDS[queued.page.kind]} reached {result.route}")
        await self._holder.save()

    def _sleep_s(self) -> float:
        waits = [
            (queued.not_before - self._now()).total_seconds()
            for queued in self._holder.ledger.outbox
            if queued.route == self.route.name and queued.not_before is not None and not queued.refused
        ]
        return min(max(min(waits, default=MAX_SLEEP_S), 0.05), MAX_SLEEP_S)

    async def aclose(self) -> None:
        await self._sender.aclose()


class AlertmanagerSync(DeliveryWorker):
    """Pushes the state of the groups that were routed to an Alertmanager."""

    def __init__(
        self,
        route: Route,
        holder: StateHolder,
        now: Callable[[], datetime],
        receiver: Alertmanager,
        target: str,
        dashboard: str = "",
    ) -> None:
        super().__init__(route, holder, now)
        self._receiver = receiver
        self._target = target
        self._dashboard = dashboard
        self._pushed: object = None
        self._next_at = 0.0

    async def step(self) -> float:
        """Pushes changes at once, and unchanged groups every minute."""
        groups = [group for group in self._holder.ledger.groups if self.route.name in group.notified_routes]
        state = [(group.id, group.severity_periods, group.closed_at) for group in groups]
        clock = _loop_time()
        if self.route.problem is not None or not groups or self._held_s() > 0:
            return min(self._held_s(), MAX_SLEEP_S) or MAX_SLEEP_S
        if state == self._pushed and clock < self._next_at:
            return self._next_at - clock
        result = await self._push(alerts_of(groups, self._now(), self._target, self._dashboard))
        wait_s = (RESEND if result.delivered else RETRY_PUSH).total_seconds()
        self._pushed = state
        self._next_at = clock + wait_s
        return wait_s

    async def _push(self, alerts: list[dict[str, object]]) -> DeliveryResult:
        tried = await self._receiver.push(alerts) if alerts else AttemptResult(0)
        result = self._result(tried)
        if alerts:
            self._record(result)
        return result

    async def aclose(self) -> None:
        await self._receiver.aclose()


def _loop_time() -> float:
    """Seconds of the monotonic clock."""
    return asyncio.get_running_loop().time()
