"""Pages on their way: what waits for which route, and what becomes of it when something newer comes."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from claude_tui.model.alert import DeliveryResult, Page, PageKind

__all__ = [
    "GIVEN_UP_AFTER",
    "LONGEST_ASKED_S",
    "Parcel",
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
class Parcel:
    """One page for one route. `sending` is from before a try until its result is known.

    `refused` says that the receiver would refuse the same again.
    """

    route: str
    page: Page
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
    outbox: Sequence[Parcel],
    pages: Iterable[tuple[Page, Sequence[str]]],
    routes: Collection[str],
    at: datetime,
) -> tuple[Parcel, ...]:
    """The outbox with new pages for those of `routes` that they are for.

    What waits is replaced by what is newer of the same group: a receiver that was away is told how
    things stand, once. What is being sent stays.
    """
    after = list(outbox)
    for page, names in pages:
        for name in names:
            if name in routes:
                after = _put(after, name, page, at)
    return tuple(after)


def _put(outbox: Sequence[Parcel], route: str, page: Page, at: datetime) -> list[Parcel]:
    new = Parcel(route, page, at)
    kept = []
    for parcel in outbox:
        if parcel.route != route or parcel.sending or parcel.page.dedup_key != page.dedup_key:
            kept.append(parcel)
        elif parcel.thread == new.thread:
            new = _after(parcel, new)
        elif not parcel.refused:
            kept.append(parcel)
    return [*kept, new]


def _merged(waiting: Page, page: Page) -> Page:
    """The newer page; who was never told gets it as the first one, unless all is over."""
    kind = page.kind
    if waiting.kind is PageKind.OPENED and kind is not PageKind.RESOLVED:
        kind = PageKind.OPENED
    return replace(page, kind=kind, repeat=page.repeat or waiting.repeat)


def next_for(outbox: Iterable[Parcel], route: str, at: datetime) -> Parcel | None:
    """The oldest parcel of a route; None when there is none that may be tried now.

    No page overtakes an older one with its dedup key: a late "resolved" would end the wrong incident.
    """
    blocked: set[str] = set()
    for parcel in outbox:
        key = parcel.page.dedup_key
        if parcel.route != route or parcel.refused or key in blocked:
            continue
        waits = parcel.not_before is not None and at < parcel.not_before
        if not (parcel.sending or waits):
            return parcel
        blocked.add(key)
    return None


def sending(outbox: Iterable[Parcel], chosen: Parcel) -> tuple[Parcel, ...]:
    """The outbox while `chosen` is being sent."""
    return tuple(
        replace(parcel, sending=True, tries=parcel.tries + 1) if parcel.key == chosen.key else parcel
        for parcel in outbox
    )


def settle(outbox: Sequence[Parcel], sent: Parcel, result: DeliveryResult) -> tuple[Parcel, ...]:
    """The outbox after a try: without the page when it arrived, else with the time of the next try.

    A page that did not arrive gives way to a newer one of its group.
    """
    others = [parcel for parcel in outbox if parcel.key != sent.key]
    if result.delivered or len(others) == len(outbox):
        return tuple(others)
    failed = _failed(sent, result)
    if not any(parcel.thread == sent.thread for parcel in others):
        return tuple(failed if parcel.key == sent.key else parcel for parcel in outbox)
    return tuple(_after(failed, parcel) if parcel.thread == sent.thread else parcel for parcel in others)


def _after(failed: Parcel, newer: Parcel) -> Parcel:
    not_before = None if failed.refused else failed.not_before
    return replace(newer, page=_merged(failed.page, newer.page), not_before=not_before)


def _failed(parcel: Parcel, result: DeliveryResult) -> Parcel:
    wait = min(FIRST_WAIT * 2 ** min(parcel.tries - 1, 10), LONGEST_WAIT)
    asked = timedelta(seconds=min(result.retry_after_s or 0.0, LONGEST_ASKED_S))
    return replace(parcel, sending=False, not_before=result.at + max(wait, asked), refused=result.permanent)


def woken(outbox: Iterable[Parcel]) -> tuple[Parcel, ...]:
    """The outbox as a program that has just started takes it up.

    What was being sent may have arrived, so it says so when it is sent again: a page twice is
    better than none. What was refused is tried again, as the settings may have been put right.
    """
    return tuple(
        replace(
            parcel,
            page=replace(parcel.page, repeat=parcel.page.repeat or parcel.sending),
            sending=False,
            refused=False,
            not_before=None if parcel.refused else parcel.not_before,
        )
        for parcel in outbox
    )


def without_old(outbox: Iterable[Parcel], at: datetime) -> tuple[Parcel, ...]:
    return tuple(parcel for parcel in outbox if parcel.sending or at - parcel.queued_at <= GIVEN_UP_AFTER)
