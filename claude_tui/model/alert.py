"""Alerts: their state, notifications about them, and the results of delivering those."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum

from claude_tui.model.json_values import saved_as
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
"""Names and values, sorted by name. With the rule, they identify an alert."""


class AlertState(StrEnum):
    INACTIVE = "inactive"
    PENDING = "pending"
    FIRING = "firing"
    RESOLVED = "resolved"


@dataclass(frozen=True, slots=True)
class AlertStatus:
    """The position of an alert in its lifecycle. An alert without a status is inactive."""

    state: AlertState
    """Pending, firing or resolved."""
    since: datetime
    """The first match of this activation."""
    fired_at: datetime | None = None
    """When it began to fire."""
    unmatched_since: datetime | None = None
    """The first evaluation that did not match, while the alert is kept firing."""
    resolved_at: datetime | None = None
    """When it was resolved."""
    closes_at: datetime | None = None
    """When it resolves unless it matches again, while the alert is kept firing."""


@dataclass(frozen=True, slots=True)
class Acknowledgement:
    """Somebody is working on a group. `by` and `reason` are as typed, made inert."""

    by: str
    reason: str
    at: datetime


@dataclass(frozen=True, slots=True)
class Snooze:
    """No reminders for a while, unless the group becomes worse."""

    by: str
    """Who snoozed it, as typed and made inert."""
    at: datetime
    """When it was snoozed."""
    until: datetime
    """When the snooze ends."""
    severity: Severity
    """The group's severity at the time: a worse one ends the snooze."""


@dataclass(frozen=True, slots=True)
class Alert:
    """One label set of one rule."""

    rule: str
    """The name of the rule."""
    labels: Labels
    """The label set that the rule matched."""
    severity: Severity
    """The severity of the rule."""
    summary: str
    """What the rule means, in one sentence."""
    status: AlertStatus = field(metadata=saved_as("standing"))
    """Its position in the lifecycle."""
    value: float | None = None
    """The last value that matched, for display only."""
    words: str = ""
    """`value` as text with its unit."""
    group: str | None = None
    """The id of the group in which it is notified."""
    quiet_until: datetime | None = None
    """Until then the alert opens no group, as it is a late symptom of a resolved problem."""
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
        """Whether it fires because it matches, not because it is kept firing."""
        return self.firing and self.status.unmatched_since is None


@dataclass(frozen=True, slots=True)
class Content:
    """The content of a group's notifications."""

    cause: str
    """The verdict's cause, or the topic if no verdict explains the alerts."""
    side: Side
    """Whose problem it is."""
    what: str
    """What is wrong, in one sentence."""
    since: datetime
    """When the problem began."""
    next_step: str = ""
    """What to do; "" if nothing is known to help."""
    evidence: tuple[str, ...] = ()
    """Sentences that support it, the strongest first."""


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
    """How receivers identify it. Unique among open groups; later groups of the topic reuse it."""
    topic: str
    """What it is about. At most one group per topic is open."""
    opened_at: datetime
    """When the first alert was added to it."""
    severity_periods: tuple[SeverityPeriod, ...] = field(metadata=saved_as("spells"))
    """The severities, oldest first; the last one is the current one."""
    content: Content = field(metadata=saved_as("story"))
    """The text of its notifications."""
    alerts: tuple[str, ...] = ()
    """The names of the rules that fire in it."""
    from_verdict: bool = field(default=False, metadata=saved_as("led"))
    """Whether the verdict's own alert is or was in it."""
    notified_routes: tuple[str, ...] = field(default=(), metadata=saved_as("told"))
    """The routes that have been sent a notification about it."""
    pages: int = 0
    """How many notifications there have been about it."""
    paged_at: datetime | None = None
    """When the last notification was created."""
    paged_severity: Severity = Severity.NONE
    """The severity that the last notification reported."""
    opened_late: tuple[str, ...] = ()
    """The routes first notified at the current severity, while the others are still to be notified."""
    acknowledged: Acknowledgement | None = None
    """Who is working on it, if anybody."""
    acknowledged_notified: bool = field(default=False, metadata=saved_as("acknowledged_told"))
    """Whether the acknowledgement has been notified."""
    taken: Severity = Severity.NONE
    """The severity of the verdict when somebody took it on before the group was opened; NONE if nobody
    did."""
    snoozed: Snooze | None = None
    """The snooze in force, or one that has just ended."""
    closed_at: datetime | None = None
    """When the last alert ended; None while it is open."""
    ended_at: datetime | None = None
    """When the problem was last observed, before the group closed."""

    @property
    def severity(self) -> Severity:
        return self.severity_periods[-1].severity if self.severity_periods else Severity.NONE

    @property
    def open(self) -> bool:
        return self.closed_at is None

    def quiet(self, at: datetime) -> bool:
        """Whether it is snoozed and has not become worse since."""
        snooze = self.snoozed
        return snooze is not None and at < snooze.until and not self.severity.worse_than(snooze.severity)


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
    """Unique: the group's id and a number."""
    group: str
    """The id of the group."""
    dedup_key: str
    """How receivers identify the incident."""
    kind: NotificationKind
    """Why it is sent."""
    at: datetime
    """When it was created."""
    severity: Severity
    """The severity that it reports."""
    topic: str
    """The topic of the group."""
    cause: str
    """The verdict's cause; the topic if no verdict explains the alerts."""
    side: Side
    """Whose problem it is."""
    target: str
    """The monitored target by name."""
    title: str
    """The severity, the target and what is wrong, in one line."""
    lines: tuple[str, ...]
    """The body, line by line."""
    since: datetime
    """When the problem began."""
    next_step: str = ""
    """What to do; "" if nothing is known to help."""
    alerts: tuple[str, ...] = ()
    """The names of the rules that fire."""
    repeat: bool = False
    """Whether it may have arrived before: the program was stopped while sending it."""
    acknowledged: bool = False
    """Whether somebody has acknowledged the group."""
    dashboard: str = ""
    """Where the dashboard runs, and how to attach to it; "" if that is not known."""

    @property
    def text(self) -> str:
        return "\n".join(self.lines)


@dataclass(frozen=True, slots=True)
class DeliveryResult:
    """The result of one delivery."""

    route: str
    """The name of the route."""
    at: datetime
    """When the last attempt ended."""
    delivered: bool
    """Whether the message arrived."""
    detail: str
    """What happened, in words and without secrets."""
    permanent: bool = False
    """Whether the same message would be refused again, as with a wrong key or URL."""
    http_status: int | None = None
    """The status that the receiver answered with."""
    retry_after_s: float | None = None
    """The wait that the receiver asked for."""
    attempts: int = 1
    """How many attempts there were."""


@dataclass(frozen=True, slots=True)
class RouteState:
    """The state of one route."""

    name: str
    """Its name in the settings."""
    kind: str
    """`apprise`, `pagerduty` or `alertmanager`."""
    address: str
    """The URL with its secrets masked."""
    problem: str | None = None
    """Why the route cannot be used at all, if so."""
    waiting: int = 0
    """How many notifications are queued."""
    failing_since: datetime | None = None
    """The first of the failures since the last success."""
    last: DeliveryResult | None = None
    """The last delivery in this run."""

    @property
    def failing(self) -> bool:
        return self.failing_since is not None or self.problem is not None


class EntryKind(StrEnum):
    PAGE = "page"
    ACKNOWLEDGED = "acknowledged"
    SNOOZED = "snoozed"
    DELIVERED = "delivered"
    DELIVERY_FAILED = "delivery_failed"
    DELIVERY_WORKS = "delivery_works"


@dataclass(frozen=True, slots=True)
class AlertEntry:
    """A journal entry: something that happened to alerts."""

    key: str
    """Unique, and stable over restarts."""
    at: datetime
    """When it happened."""
    kind: EntryKind
    """What happened."""
    severity: Severity
    """The severity; NONE for deliveries."""
    subject: str
    """The topic; for deliveries, the route."""
    text: str
    """What happened, in one line."""
    page: NotificationKind | None = None
    """The kind of a notification."""
    by: str = ""
    """Who did it, if a person did."""
    routes: tuple[str, ...] = ()
    """The routes that the notification goes to."""


@dataclass(frozen=True, slots=True)
class AlertsView:
    """Everything that the screens show about alerts. Equal until something changes."""

    alerts: tuple[Alert, ...] = ()
    """The alerts that are firing, pending or recently resolved, worst first."""
    groups: tuple[AlertGroup, ...] = ()
    """The open groups, worst first."""
    routes: tuple[RouteState, ...] = ()
    """The routes, in the order of the settings."""
    journal: tuple[AlertEntry, ...] = ()
    """The journal entries, oldest first."""
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
        """The number of open groups, for the badge."""
        return len(self.groups)

    @property
    def failing_routes(self) -> tuple[RouteState, ...]:
        return tuple(route for route in self.routes if route.failing)
