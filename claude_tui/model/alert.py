"""Alerts: their state, the notifications about them, and the results of delivery."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any

from claude_tui.model.json_values import STORED_AS
from claude_tui.model.verdict import Severity, Side

__all__ = [
    "Acknowledgement",
    "Alert",
    "AlertEntry",
    "AlertGroup",
    "AlertState",
    "AlertStatus",
    "AlertsView",
    "Content",
    "DeliveryResult",
    "EntryKind",
    "Labels",
    "Notification",
    "NotificationKind",
    "RouteState",
    "SeverityPeriod",
    "Snooze",
]

Labels = tuple[tuple[str, str], ...]
"""Names and values, sorted by name. Together with the rule they identify an alert."""


def _saved(name: str) -> dict[str, Any]:
    return {STORED_AS: name}


class AlertState(StrEnum):
    INACTIVE = "inactive"
    PENDING = "pending"
    FIRING = "firing"
    RESOLVED = "resolved"


@dataclass(frozen=True, slots=True)
class AlertStatus:
    """The position of an alert in its lifecycle; an alert without one is inactive."""

    state: AlertState
    since: datetime
    """The first match of this activation."""
    fired_at: datetime | None = None
    unmatched_since: datetime | None = None
    """The first evaluation that did not match, while the alert is kept firing."""
    resolved_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Acknowledgement:
    """Somebody has taken charge of a group. `by` and `reason` are as typed, made inert."""

    by: str
    reason: str
    at: datetime


@dataclass(frozen=True, slots=True)
class Snooze:
    """No reminders from `at` to `until`, unless the group becomes worse than `severity`."""

    by: str
    at: datetime
    until: datetime
    severity: Severity


@dataclass(frozen=True, slots=True)
class Alert:
    """One label set of one rule."""

    rule: str
    labels: Labels
    severity: Severity
    summary: str
    status: AlertStatus = field(metadata=_saved("standing"))
    value: float | None = None
    """The last value that matched, for display only."""
    words: str = ""
    """`value` as text with its unit."""
    group: str | None = None
    """The id of the group in which it is notified."""
    quiet_until: datetime | None = None
    """Until then it opens no group: it is a late symptom of a problem whose end was notified."""
    acknowledged: Acknowledgement | None = None
    """The acknowledgement of its group."""

    @property
    def key(self) -> tuple[str, Labels]:
        return self.rule, self.labels

    @property
    def state(self) -> AlertState:
        return self.status.state

    @property
    def firing(self) -> bool:
        return self.status.state is AlertState.FIRING

    @property
    def matching(self) -> bool:
        """Firing because it matched at the last evaluation, not because it is kept firing."""
        return self.firing and self.status.unmatched_since is None


@dataclass(frozen=True, slots=True)
class Content:
    """What notifications of a group say."""

    cause: str
    """A verdict's cause; a topic where no verdict explains the alerts."""
    side: Side
    what: str
    """What is wrong, in one sentence."""
    since: datetime
    next_step: str = ""
    evidence: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class SeverityPeriod:
    """A group had this severity from `since` to `until`, which is None for the current one."""

    severity: Severity
    since: datetime
    until: datetime | None = None


@dataclass(frozen=True, slots=True)
class AlertGroup:
    """The alerts of one cause, which are notified together."""

    id: str
    """Unique to this group."""
    dedup_key: str
    """How receivers identify it. Unique among open groups; the next group of the topic gets the same one."""
    topic: str
    opened_at: datetime
    severity_periods: tuple[SeverityPeriod, ...] = field(metadata=_saved("spells"))
    """Oldest first; the last one is the current one."""
    content: Content = field(metadata=_saved("story"))
    alerts: tuple[str, ...] = ()
    """The names of the rules that fire in it."""
    from_verdict: bool = field(default=False, metadata=_saved("led"))
    """The verdict's own alert is or was in it."""
    notified_routes: tuple[str, ...] = field(default=(), metadata=_saved("told"))
    """The routes that were sent a notification of it."""
    pages: int = 0
    """How many notifications were made of it."""
    paged_at: datetime | None = None
    """When the last notification was made."""
    paged_severity: Severity = Severity.NONE
    """The severity that the last notification reported."""
    acknowledged: Acknowledgement | None = None
    acknowledged_notified: bool = field(default=False, metadata=_saved("acknowledged_told"))
    """The acknowledgement was notified."""
    snoozed: Snooze | None = None
    closed_at: datetime | None = None
    ended_at: datetime | None = None
    """When the problem was last observed, before the group closed."""

    @property
    def severity(self) -> Severity:
        return self.severity_periods[-1].severity if self.severity_periods else Severity.NONE

    @property
    def open(self) -> bool:
        return self.closed_at is None


class NotificationKind(StrEnum):
    OPENED = "opened"
    SEVERITY = "severity"
    ACKNOWLEDGED = "acknowledged"
    REMINDER = "reminder"
    RESOLVED = "resolved"
    TEST = "test"


@dataclass(frozen=True, slots=True)
class Notification:
    """One message about a group. All text is inert and without secrets."""

    id: str
    group: str
    """The id of the group."""
    dedup_key: str
    """How receivers identify the incident."""
    kind: NotificationKind
    at: datetime
    severity: Severity
    topic: str
    cause: str
    side: Side
    target: str
    title: str
    lines: tuple[str, ...]
    since: datetime
    next_step: str = ""
    alerts: tuple[str, ...] = ()
    """The names of the rules that fire."""
    repeat: bool = False
    """It may have arrived before: the program was stopped while it was being sent."""
    acknowledged: bool = False
    """Somebody has acknowledged the group."""

    @property
    def text(self) -> str:
        return "\n".join(self.lines)


@dataclass(frozen=True, slots=True)
class DeliveryResult:
    """The result of one delivery."""

    route: str
    at: datetime
    delivered: bool
    detail: str
    """What happened, in words and without secrets."""
    permanent: bool = False
    """The same message would be refused again, as with a wrong key or a wrong URL."""
    http_status: int | None = None
    retry_after_s: float | None = None
    """The wait that the receiver asked for."""
    attempts: int = 1


@dataclass(frozen=True, slots=True)
class RouteState:
    """The state of one route."""

    name: str
    kind: str
    address: str
    """The URL with its secrets masked."""
    problem: str | None = None
    """Why the route cannot be used at all, if so."""
    waiting: int = 0
    """How many notifications are queued."""
    failing_since: datetime | None = None
    """The first of the failures since the last success."""
    last: DeliveryResult | None = None

    @property
    def failing(self) -> bool:
        return self.failing_since is not None or self.problem is not None


class EntryKind(StrEnum):
    PAGE = "page"
    ACKNOWLEDGED = "acknowledged"
    SNOOZED = "snoozed"
    DELIVERY_FAILED = "delivery_failed"
    DELIVERY_WORKS = "delivery_works"


@dataclass(frozen=True, slots=True)
class AlertEntry:
    """A journal entry: something that happened to alerts."""

    key: str
    """Unique, and stable over restarts."""
    at: datetime
    kind: EntryKind
    severity: Severity
    """NONE for deliveries."""
    subject: str
    """A topic; for deliveries a route."""
    text: str
    page: NotificationKind | None = None
    by: str = ""
    """Who did it, where somebody did."""
    routes: tuple[str, ...] = ()
    """The routes that the notification goes to."""


@dataclass(frozen=True, slots=True)
class AlertsView:
    """Everything that screens show of alerts. Equal until something changes."""

    alerts: tuple[Alert, ...] = ()
    """Firing, pending and recently resolved ones, worst first."""
    groups: tuple[AlertGroup, ...] = ()
    """The open ones, worst first."""
    routes: tuple[RouteState, ...] = ()
    journal: tuple[AlertEntry, ...] = ()
    """Oldest first."""
    problem: str | None = None
    """What is wrong with alerting itself."""
    rules: int | None = None
    """How many rules are evaluated; None before that is known."""
    reminder_acknowledged: timedelta | None = None
    """The shortest time between reminders of an acknowledged group."""
    bell: bool = False
    """Ring the terminal's bell."""
    notification: bool = False
    """Ask the terminal for a desktop notification (OSC 9)."""

    @property
    def firing(self) -> int:
        """For the badge: the number of open groups."""
        return len(self.groups)

    @property
    def failing_routes(self) -> tuple[RouteState, ...]:
        return tuple(route for route in self.routes if route.failing)
