"""Pure transitions from one ledger to the next: an evaluation, an acknowledgement, a snooze."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import replace
from datetime import datetime

from claude_tui.alerting.evaluate import evaluate
from claude_tui.alerting.ledger import Ledger, adjusted_for_clock, noted
from claude_tui.alerting.notifications import AlertingConfig, plan_notifications
from claude_tui.alerting.outbox import QueuedNotification, enqueue, without_expired
from claude_tui.alerting.routes import SCREEN, RouteKind
from claude_tui.alerting.rule_context import RuleContext
from claude_tui.alerting.templates import sanitize_for_chat
from claude_tui.model.alert import Acknowledgement, AlertEntry, AlertGroup, EntryKind, Notification, Snooze
from claude_tui.model.format import clock_minute
from claude_tui.model.limits import MAX_NAME, MAX_REASON
from claude_tui.model.verdict import Severity

__all__ = ["acknowledged", "advanced", "snoozed"]


def advanced(
    ledger: Ledger, context: RuleContext, config: AlertingConfig, faults: dict[str, str] | None = None
) -> Ledger:
    """The ledger after an evaluation at the instant of `context`, with its notifications queued.

    When evaluating a rule raises, its name and the error are added to `faults`.
    """
    at = context.at
    ledger = adjusted_for_clock(ledger, at)
    alerts = evaluate(config.rules.values(), ledger.alerts, context, faults)
    planned = plan_notifications(ledger.groups, alerts, context.verdict, at, config)
    # An Alertmanager gets no notifications: the state of the groups is pushed to it periodically.
    paged = {route.name for route in config.routes if route.kind is not RouteKind.ALERTMANAGER}
    waiting = tuple(queued for queued in without_expired(ledger.outbox, at) if queued.route in paged)
    entries = [
        _page_entry(notification, routes) for notification, routes in planned.pages if SCREEN in routes
    ]
    entries += _given_up(ledger.outbox, waiting, at)
    after = replace(
        ledger,
        at=at,
        alerts=planned.alerts,
        groups=planned.groups,
        outbox=enqueue(waiting, planned.pages, paged, at),
    )
    return noted(after, entries)


def _page_entry(notification: Notification, routes: Iterable[str]) -> AlertEntry:
    text = _without_target(notification)
    return AlertEntry(
        "",
        notification.at,
        EntryKind.PAGE,
        notification.severity,
        notification.topic,
        text,
        notification.kind,
        routes=tuple(route for route in routes if route != SCREEN),
    )


def _without_target(notification: Notification) -> str:
    """The title without the target, which the dashboard shows elsewhere."""
    return notification.title.replace(f" {notification.target}:", "", 1)


def _given_up(
    before: Sequence[QueuedNotification], after: Sequence[QueuedNotification], at: datetime
) -> Iterator[AlertEntry]:
    kept = {queued.key for queued in after}
    for queued in before:
        if queued.key not in kept:
            text = f"a message to {queued.route} was given up: {queued.page.title}"
            kind = EntryKind.DELIVERY_FAILED
            yield AlertEntry("", at, kind, Severity.NONE, queued.route, sanitize_for_chat(text))


def acknowledged(ledger: Ledger, group: str | None, *, by: str, reason: str, at: datetime) -> Ledger:
    """The ledger after somebody acknowledged an open group by its id; with None, all open groups."""
    name, why = (
        sanitize_for_chat(by, MAX_NAME).strip() or "somebody",
        sanitize_for_chat(reason, MAX_REASON).strip(),
    )
    acknowledgement = Acknowledgement(name, why, at)

    def acknowledge(alert_group: AlertGroup) -> AlertGroup:
        if alert_group.acknowledged == acknowledgement:
            return alert_group
        return replace(alert_group, acknowledged=acknowledgement, acknowledged_notified=False)

    words = f"acknowledged by {name}" + (f": {why}" if why else "")
    return _with(ledger, group, acknowledge, EntryKind.ACKNOWLEDGED, words, name, at)


def snoozed(ledger: Ledger, group: str | None, *, by: str, until: datetime, at: datetime) -> Ledger:
    """The ledger after somebody snoozed an open group; an `until` in the past ends the snooze."""
    name = sanitize_for_chat(by, MAX_NAME).strip() or "somebody"
    quiet = until > at

    def snooze(alert_group: AlertGroup) -> AlertGroup:
        if not quiet:
            return replace(alert_group, snoozed=None)
        known = alert_group.snoozed
        if known is not None and (known.by, known.at, known.until) == (name, at, until):
            return alert_group
        return replace(alert_group, snoozed=Snooze(name, at, until, alert_group.severity))

    words = f"snoozed by {name} until {clock_minute(until)} UTC" if quiet else f"snooze ended by {name}"
    return _with(ledger, group, snooze, EntryKind.SNOOZED, words, name, at)


def _with(
    ledger: Ledger,
    group: str | None,
    change: Callable[[AlertGroup], AlertGroup],
    kind: EntryKind,
    words: str,
    by: str,
    at: datetime,
) -> Ledger:
    # A group that the same act has changed already stays as it is: a request may be carried out twice.
    chosen = [
        candidate
        for candidate in ledger.groups
        if candidate.open and group in (None, candidate.id) and change(candidate) != candidate
    ]
    entries = [
        AlertEntry("", at, kind, changed.severity, changed.topic, f"{words} · {changed.content.what}", by=by)
        for changed in chosen
    ]
    groups = tuple(change(old) if old in chosen else old for old in ledger.groups)
    return noted(replace(ledger, groups=groups), entries) if chosen else ledger
