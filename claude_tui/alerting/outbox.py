"""The outbox: notifications queued per route, and how a newer one replaces an older one of its group."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from claude_tui.model.alert import DeliveryResult, Notification, NotificationKind

__all__ = [
    "GIVEN_UP_AFTER",
    "MAX_RETRY_AFTER_S",
    "QueuedNotification",
    "enqueue",
    "next_for",
    "requeued",
    "sending",
    "settle",
    "without_expired",
]

GIVEN_UP_AFTER = timedelta(hours=24)
# Between two deliveries of a notification; within a delivery, the sender retries by itself.
FIRST_WAIT = timedelta(seconds=30)
LONGEST_WAIT = timedelta(minutes=5)
MAX_RETRY_AFTER_S = 3600.0


@dataclass(frozen=True, slots=True)
class QueuedNotification:
    """One notification for one route."""

    route: str
    """The name of the route."""
    page: Notification
    """The notification to send."""
    queued_at: datetime
    """When it was queued."""
    sending: bool = False
    """True from before an attempt until its result is known."""
    tries: int = 0
    """How many attempts there have been."""
    not_before: datetime | None = None
    """When the next attempt may be made; None for at once."""
    refused: bool = False
    """The receiver refused it, and would refuse it again."""

    @property
    def key(self) -> tuple[str, str]:
        return self.route, self.page.id

    @property
    def thread(self) -> tuple[str, str]:
        return self.route, self.page.group


def enqueue(
    outbox: Sequence[QueuedNotification],
    pages: Iterable[tuple[Notification, Sequence[str]]],
    routes: Collection[str],
    at: datetime,
) -> tuple[QueuedNotification, ...]:
    """The outbox with each new notification queued for those of its routes that are in `routes`.

    A queued notification is replaced by a newer one of its group, so that a receiver that was down gets
    the current state once. One that is being sent stays.
    """
    after = list(outbox)
    for notification, names in pages:
        for name in names:
            if name in routes:
                after = _put(after, name, notification, at)
    return tuple(after)


def _put(
    outbox: Sequence[QueuedNotification], route: str, notification: Notification, at: datetime
) -> list[QueuedNotification]:
    new = QueuedNotification(route, notification, at)
    kept = []
    for queued in outbox:
        if queued.route != route or queued.sending or queued.page.dedup_key != notification.dedup_key:
            kept.append(queued)
        elif queued.thread == new.thread:
            new = _after(queued, new)
        elif not queued.refused:
            kept.append(queued)
    return [*kept, new]


def _merged(waiting: Notification, notification: Notification) -> Notification:
    """The newer notification.

    If the receiver does not know the incident yet, it is sent as the opening one, unless it resolves it.
    """
    kind = notification.kind
    if waiting.kind is NotificationKind.OPENED and kind is not NotificationKind.RESOLVED:
        kind = NotificationKind.OPENED
    return replace(notification, kind=kind, repeat=notification.repeat or waiting.repeat)


def next_for(outbox: Iterable[QueuedNotification], route: str, at: datetime) -> QueuedNotification | None:
    """The oldest queued notification of a route that may be sent now; None when there is none.

    A notification never overtakes an older one with the same dedup key: a late "resolved" would end the
    wrong incident.
    """
    blocked: set[str] = set()
    for queued in outbox:
        key = queued.page.dedup_key
        if queued.route != route or queued.refused or key in blocked:
            continue
        waits = queued.not_before is not None and at < queued.not_before
        if not (queued.sending or waits):
            return queued
        blocked.add(key)
    return None


def sending(
    outbox: Iterable[QueuedNotification], chosen: QueuedNotification
) -> tuple[QueuedNotification, ...]:
    """The outbox while `chosen` is being sent."""
    return tuple(
        replace(queued, sending=True, tries=queued.tries + 1) if queued.key == chosen.key else queued
        for queued in outbox
    )


def settle(
    outbox: Sequence[QueuedNotification], sent: QueuedNotification, result: DeliveryResult
) -> tuple[QueuedNotification, ...]:
    """The outbox after an attempt: without the notification if it arrived, else with its next attempt.

    A notification that did not arrive is replaced by a newer one of its group.
    """
    others = [queued for queued in outbox if queued.key != sent.key]
    if result.delivered or len(others) == len(outbox):
        return tuple(others)
    failed = _failed(sent, result)
    if not any(queued.thread == sent.thread for queued in others):
        return tuple(failed if queued.key == sent.key else queued for queued in outbox)
    return tuple(_after(failed, queued) if queued.thread == sent.thread else queued for queued in others)


def _after(failed: QueuedNotification, newer: QueuedNotification) -> QueuedNotification:
    not_before = None if failed.refused else failed.not_before
    return replace(newer, page=_merged(failed.page, newer.page), not_before=not_before)


def _failed(queued: QueuedNotification, result: DeliveryResult) -> QueuedNotification:
    wait = min(FIRST_WAIT * 2 ** min(queued.tries - 1, 10), LONGEST_WAIT)
    asked = timedelta(seconds=min(result.retry_after_s or 0.0, MAX_RETRY_AFTER_S))
    return replace(queued, sending=False, not_before=result.at + max(wait, asked), refused=result.permanent)


def requeued(outbox: Iterable[QueuedNotification]) -> tuple[QueuedNotification, ...]:
    """The outbox that a new process continues with.

    One that was being sent may have arrived. It is sent again and says so: twice is better than never.
    Refused ones are tried again, as the settings may have been corrected.
    """
    return tuple(
        replace(
            queued,
            page=replace(queued.page, repeat=queued.page.repeat or queued.sending),
            sending=False,
            refused=False,
            not_before=None if queued.refused else queued.not_before,
        )
        for queued in outbox
    )


def without_expired(outbox: Iterable[QueuedNotification], at: datetime) -> tuple[QueuedNotification, ...]:
    """The outbox without notifications queued for longer than GIVEN_UP_AFTER, except one being sent."""
    return tuple(queued for queued in outbox if queued.sending or at - queued.queued_at <= GIVEN_UP_AFTER)
