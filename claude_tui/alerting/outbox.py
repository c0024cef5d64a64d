"""Pages on their way: what waits for which route, and what becomes of it when something newer comes."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from claude_tui.model.alert import DeliveryResult, Notification, NotificationKind

__all__ = [
    "GIVEN_UP_AFTER",
    "LONGEST_ASKED_S",
    "QueuedNotification",
    "enqueue",
    "next_for",
    "sending",
    "settle",
    "without_old",
    "woken",
]

GIVEN_UP_AFTER = timedelta(hours=24)
# Between rounds of tries; within one round the sender tries a few times by itself.
FIRST_WAIT = timedelta(seconds=30)
LONGEST_WAIT = timedelta(minutes=5)
LONGEST_ASKED_S = 3600.0


@dataclass(frozen=True, slots=True)
class QueuedNotification:
    """One page for one route. `sending` is from before a try until its result is known.

    `refused` says that the receiver would refuse the same again.
    """

    route: str
    page: Notification
    queued_at: datetime
    sending: bool = False
    tries: int = 0
    not_before: datetime | None = None
    refused: bool = False

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
    """The outbox with new pages for those of `routes` that they are for.

    What waits is replaced by what is newer of the same group: a receiver that was away is told how
    things stand, once. What is being sent stays.
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
    """The newer page; who was never told gets it as the first one, unless all is over."""
    kind = notification.kind
    if waiting.kind is NotificationKind.OPENED and kind is not NotificationKind.RESOLVED:
        kind = NotificationKind.OPENED
    return replace(notification, kind=kind, repeat=notification.repeat or waiting.repeat)


def next_for(outbox: Iterable[QueuedNotification], route: str, at: datetime) -> QueuedNotification | None:
    """The oldest parcel of a route; None when there is none that may be tried now.

    No page overtakes an older one with its dedup key: a late "resolved" would end the wrong incident.
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
    """The outbox after a try: without the page when it arrived, else with the time of the next try.

    A page that did not arrive gives way to a newer one of its group.
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
    asked = timedelta(seconds=min(result.retry_after_s or 0.0, LONGEST_ASKED_S))
    return replace(queued, sending=False, not_before=result.at + max(wait, asked), refused=result.permanent)


def woken(outbox: Iterable[QueuedNotification]) -> tuple[QueuedNotification, ...]:
    """The outbox as a program that has just started takes it up.

    What was being sent may have arrived, so it says so when it is sent again: a page twice is
    better than none. What was refused is tried again, as the settings may have been put right.
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


def without_old(outbox: Iterable[QueuedNotification], at: datetime) -> tuple[QueuedNotification, ...]:
    return tuple(queued for queued in outbox if queued.sending or at - queued.queued_at <= GIVEN_UP_AFTER)
