"""Decides which notifications the alert groups need: one per cause, not one per alert."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from claude_tui.alerting.grouping import regroup
from claude_tui.alerting.lifecycle import RESOLVED_RETENTION
from claude_tui.alerting.routes import SCREEN, Policy, Route
from claude_tui.alerting.rules import Rule
from claude_tui.alerting.templates import notification_of
from claude_tui.model.alert import Alert, AlertGroup, Notification, NotificationKind
from claude_tui.model.verdict import Severity, Verdict

__all__ = ["BETWEEN_PAGES", "AlertingConfig", "Planned", "plan_notifications"]

BETWEEN_PAGES = timedelta(minutes=1)
"""The shortest time between two pages to a route about one topic. Ends and acknowledgements do not wait."""


@dataclass(frozen=True, slots=True)
class AlertingConfig:
    """The configuration of notifications."""

    rules: Mapping[str, Rule]
    """The rules in force, by name."""
    routes: Sequence[Route]
    """The routes of the settings, without the screen."""
    policy: Policy
    """How often to send reminders."""
    target: str
    """The name of the monitored target in notifications."""
    dashboard: str = ""
    """Where the dashboard runs, and how to attach to it."""


@dataclass(frozen=True, slots=True)
class Planned:
    """Groups and alerts after an evaluation, and the notifications to send."""

    groups: tuple[AlertGroup, ...]
    """Open ones, and those closed recently."""
    alerts: tuple[Alert, ...]
    pages: tuple[tuple[Notification, tuple[str, ...]], ...]
    """Each with the names of its routes."""


def plan_notifications(
    groups: Sequence[AlertGroup],
    alerts: Sequence[Alert],
    verdict: Verdict,
    at: datetime,
    config: AlertingConfig,
) -> Planned:
    """The groups of these alerts, and the notifications to send about them at `at`.

    A route gets one when a group first matches it, and then only when the severity changes, when somebody
    acknowledges, as a reminder, and when the group is resolved. A second page within a minute waits, and then
    describes the state of that time.
    """
    regrouped = regroup(groups, alerts, config.rules, verdict, at)
    after: list[AlertGroup] = [group for group in groups if _just_closed(group, at)]
    pages: list[tuple[Notification, tuple[str, ...]]] = []
    for group in regrouped.groups:
        lately = _paged_lately(group, groups, at)
        notified, new = _paged(group, regrouped.members.get(group.id, ()), at, config, lately=lately)
        after.append(notified)
        pages += new
    return Planned(tuple(after), regrouped.alerts, tuple(pages))


def _just_closed(group: AlertGroup, at: datetime) -> bool:
    return group.closed_at is not None and at - group.closed_at <= RESOLVED_RETENTION


def _paged_lately(group: AlertGroup, known: Sequence[AlertGroup], at: datetime) -> frozenset[str]:
    """The routes that were paged about the topic within the last minute, so that new pages have to wait.

    The end of a group that opens again counts as a page.
    """
    found: set[str] = set()
    for notification in known:
        last = max(
            (instant for instant in (notification.paged_at, notification.closed_at) if instant), default=None
        )
        if notification.topic == group.topic and last is not None and at - last < BETWEEN_PAGES:
            found.update(notification.notified_routes)
    return frozenset(found)


def _paged(
    group: AlertGroup,
    members: Sequence[tuple[Alert, Rule]],
    at: datetime,
    config: AlertingConfig,
    *,
    lately: frozenset[str],
) -> tuple[AlertGroup, list[tuple[Notification, tuple[str, ...]]]]:
    pages: list[tuple[Notification, tuple[str, ...]]] = []

    def send(group: AlertGroup, kind: NotificationKind, routes: tuple[str, ...]) -> AlertGroup:
        notification = notification_of(
            group,
            kind,
            at,
            target=config.target,
            severity=_severity_to_report(group),
            policy=config.policy,
            dashboard=config.dashboard,
        )
        pages.append((notification, routes))
        return replace(group, pages=group.pages + 1)

    before = group.notified_routes
    if not group.open:
        return (send(group, NotificationKind.RESOLVED, before) if before else group), pages
    if not group.quiet(at):
        concerned = (
            (SCREEN,) if _held(group, at, config.policy) else _concerned(group, members, config.routes)
        )
        new = tuple(name for name in concerned if name not in before and name not in lately)
        if new:
            group = replace(send(group, NotificationKind.OPENED, new), notified_routes=(*before, *new))
            group = replace(group, opened_late=(*group.opened_late, *new)) if before else _marked(group, at)
    kind = _follow_up(group, members, at, config.policy) if before else None
    if kind is NotificationKind.SEVERITY:
        if lately.intersection(before):
            return group, pages
        before = tuple(name for name in before if name not in group.opened_late)
    if kind is not None:
        group = _marked(send(group, kind, before), at)
    return group, pages


def _held(group: AlertGroup, at: datetime, policy: Policy) -> bool:
    """Whether not to page yet, as somebody took on the problem before there was an alert.

    This lasts as long as the interval of reminders of an acknowledged group, unless it gets worse.
    """
    if not group.taken.trouble or group.severity.worse_than(group.taken):
        return False
    wait = policy.reminder_of(group.severity, acknowledged=True)
    return group.paged_at is None or at - group.paged_at < wait


def _severity_to_report(group: AlertGroup) -> Severity:
    """The current severity of an open group, the worst one of a closed group."""
    return (
        group.severity if group.open else Severity.worst(period.severity for period in group.severity_periods)
    )


def _marked(group: AlertGroup, at: datetime) -> AlertGroup:
    """The group after a notification about its current state."""
    over = group.snoozed is not None and at >= group.snoozed.until
    return replace(
        group,
        paged_at=at,
        paged_severity=group.severity,
        opened_late=(),
        acknowledged_notified=group.acknowledged is not None,
        snoozed=None if over else group.snoozed,
    )


def _concerned(
    group: AlertGroup, members: Iterable[tuple[Alert, Rule]], routes: Iterable[Route]
) -> tuple[str, ...]:
    """The routes that take the group, the screen first."""
    rules = [rule for _, rule in members]
    names = [SCREEN]
    for route in routes:
        mine = [rule for rule in rules if not rule.routes or route.name in rule.routes]
        if mine and route.match.takes(group, mine):
            names.append(route.name)
    return tuple(names)


def _follow_up(
    group: AlertGroup, members: Sequence[tuple[Alert, Rule]], at: datetime, policy: Policy
) -> NotificationKind | None:
    """The kind of notification due to routes that were notified before, if any."""
    if group.acknowledged is not None and not group.acknowledged_notified:
        return NotificationKind.ACKNOWLEDGED
    if group.quiet(at):
        return None
    if group.severity is not group.paged_severity and _holds(group, members, at, policy):
        return NotificationKind.SEVERITY
    return NotificationKind.REMINDER if _reminder_due(group, at, policy) else None


def _holds(group: AlertGroup, members: Iterable[tuple[Alert, Rule]], at: datetime, policy: Policy) -> bool:
    """Whether to notify a change of severity.

    Always when it became worse. When it became better, only once that has lasted, and while a rule still
    matches: alerts that are merely kept firing will resolve soon, and that is notified anyway.
    """
    if group.severity.worse_than(group.paged_severity):
        return True
    matching = Severity.worst(alert.severity for alert, _ in members if alert.matching)
    return matching is group.severity and at - group.severity_periods[-1].since >= policy.downgrade_after


def _reminder_due(group: AlertGroup, at: datetime, policy: Policy) -> bool:
    if group.paged_at is None:
        return False
    if group.snoozed is not None and at >= group.snoozed.until:
        return True
    usual = policy.reminder_of(group.severity, acknowledged=group.acknowledged is not None)
    return at - group.paged_at >= usual
