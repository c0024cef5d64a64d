"""From one ledger to the next: an evaluation, an acknowledgement, a snooze. Pure."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from datetime import datetime

from claude_tui.alerting.evaluate import evaluate
from claude_tui.alerting.grouping import Desk, plan
from claude_tui.alerting.ledger import Ledger, noted, on_clock
from claude_tui.alerting.outbox import Parcel, enqueue, without_old
from claude_tui.alerting.routes import SCREEN, RouteKind
from claude_tui.alerting.scene import Scene
from claude_tui.alerting.wording import calm
from claude_tui.model.alert import Acknowledgement, AlertEntry, AlertGroup, EntryKind, Page, Snooze
from claude_tui.model.verdict import Severity

__all__ = ["acknowledged", "advanced", "snoozed"]

NAME, REASON = 60, 200


def advanced(ledger: Ledger, scene: Scene, desk: Desk, faults: dict[str, str] | None = None) -> Ledger:
    """The ledger after an evaluation at the Scene's instant, with the pages that it calls for.

    What breaks a rule comes into `faults`, by the rule's name.
    """
    at = scene.at
    ledger = on_clock(ledger, at)
    alerts = evaluate(desk.rules.values(), ledger.alerts, scene, faults)
    planned = plan(ledger.groups, alerts, scene.verdict, at, desk)
    # An Alertmanager is not paged: it is told the groups again and again.
    paged = {route.name for route in desk.routes if route.kind is not RouteKind.ALERTMANAGER}
    waiting = tuple(parcel for parcel in without_old(ledger.outbox, at) if parcel.route in paged)
    entries = [_page_entry(page) for page, routes in planned.pages if SCREEN in routes]
    entries += _given_up(ledger.outbox, waiting, at)
    after = replace(
        ledger,
        at=at,
        alerts=planned.alerts,
        groups=planned.groups,
        outbox=enqueue(waiting, planned.pages, paged, at),
    )
    return noted(after, entries)


def _page_entry(page: Page) -> AlertEntry:
    text = _without_target(page)
    return AlertEntry("", page.at, EntryKind.PAGE, page.severity, page.topic, text, page.kind)


def _without_target(page: Page) -> str:
    """The title for our own screen, which names the target already."""
    return page.title.replace(f" {page.target}:", "", 1)


def _given_up(before: Sequence[Parcel], after: Sequence[Parcel], at: datetime) -> Iterator[AlertEntry]:
    kept = {parcel.key for parcel in after}
    for parcel in before:
        if parcel.key not in kept:
            text = f"a message to {parcel.route} was given up: {parcel.page.title}"
            kind = EntryKind.DELIVERY_FAILED
            yield AlertEntry("", at, kind, Severity.NONE, parcel.route, calm(text))


def acknowledged(ledger: Ledger, group: str | None, *, by: str, reason: str, at: datetime) -> Ledger:
    """The ledger after somebody took on an open group, or all of them with None."""
    name, why = calm(by, NAME).strip() or "somebody", calm(reason, REASON).strip()

    def taken(each: AlertGroup) -> AlertGroup:
        return replace(each, acknowledged=Acknowledgement(name, why, at), acknowledged_told=False)

    words = f"acknowledged by {name}" + (f": {why}" if why else "")
    return _with(ledger, group, taken, EntryKind.ACKNOWLEDGED, words, at)


def snoozed(ledger: Ledger, group: str | None, *, by: str, until: datetime, at: datetime) -> Ledger:
    """The ledger after somebody asked for quiet; an `until` that is not to come ends a snooze."""
    name = calm(by, NAME).strip() or "somebody"
    quiet = until > at

    def hushed(each: AlertGroup) -> AlertGroup:
        return replace(each, snoozed=Snooze(name, at, until, each.severity) if quiet else None)

    words = f"snoozed by {name} until {until:%H:%M} UTC" if quiet else f"snooze ended by {name}"
    return _with(ledger, group, hushed, EntryKind.SNOOZED, words, at)


def _with(
    ledger: Ledger,
    group: str | None,
    change: Callable[[AlertGroup], AlertGroup],
    kind: EntryKind,
    words: str,
    at: datetime,
) -> Ledger:
    chosen = [each for each in ledger.groups if each.open and group in (None, each.id)]
    entries = [
        AlertEntry("", at, kind, each.severity, each.topic, f"{words} · {each.story.what}") for each in chosen
    ]
    groups = tuple(change(each) if each in chosen else each for each in ledger.groups)
    return noted(replace(ledger, groups=groups), entries) if chosen else ledger
