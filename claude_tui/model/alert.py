"""Alerts: the state of each rule, what is told of them in one page, and how that went."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any

from claude_tui.model.verdict import Severity, Side

__all__ = [
    "STORED_AS",
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
"""Names and values in the order of the names. Together with the rule they are an alert's identity."""


STORED_AS = "stored_as"
"""The metadata key of a field whose saved state bears another name than the field."""


def _saved(name: str) -> dict[str, Any]:
    return {STORED_AS: name}


class AlertState(StrEnum):
    INACTIVE = "inactive"
    PENDING = "pending"
    FIRING = "firing"
    RESOLVED = "resolved"


@dataclass(frozen=True, slots=True)
class AlertStatus:
    """Where an alert stands in its lifecycle; an alert that has none is inactive.

    `since` is the first match of this activation. `unmatched_since` is the first evaluation that did
    not match while the alert is kept firing.
    """

    state: AlertState
    since: datetime
    fired_at: datetime | None = None
    unmatched_since: datetime | None = None
    resolved_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Acknowledgement:
    """Somebody looks after it. `by` and `reason` are as typed, made inert."""

    by: str
    reason: str
    at: datetime


@dataclass(frozen=True, slots=True)
class Snooze:
    """Quiet from `at` to `until`, unless it becomes worse than `severity`."""

    by: str
    at: datetime
    until: datetime
    severity: Severity


@dataclass(frozen=True, slots=True)
class Alert:
    """One label set of one rule. `value` and `words` (the value as text) are for display only.

    `group` is the id of the group that it is told in. Until `quiet_until` it opens no group of its own:
    what it tells of is over, and was told. `acknowledged` is its group's.
    """

    rule: str
    labels: Labels
    severity: Severity
    summary: str
    status: AlertStatus = field(metadata=_saved("standing"))
    value: float | None = None
    words: str = ""
    group: str | None = None
    quiet_until: datetime | None = None
    acknowledged: Acknowledgement | None = None

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
    """What a page says. `cause` is a verdict's cause or, for what no verdict covers, a topic."""

    cause: str
    side: Side
    what: str
    since: datetime
    next_step: str = ""
    evidence: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class SeverityPeriod:
    """From `since` to `until` (None: still) a group had this severity."""

    severity: Severity
    since: datetime
    until: datetime | None = None


@dataclass(frozen=True, slots=True)
class AlertGroup:
    """The alerts of one cause: what one page is about.

    `id` is of this group alone. `dedup_key` is what receivers know it by: no other open group has it, and
    it is the same for the next group of the topic, even when all state was lost. `spells` are oldest
    first; the last one is of now. `told` names the routes that a page of it was sent to. `paged_at` is
    the last page, `paged_severity` what it said. `ended_at` is when it was last seen, before it was closed
    for being quiet long enough. `led` says that the verdict itself was among its alerts.
    """

    id: str
    dedup_key: str
    topic: str
    opened_at: datetime
    severity_periods: tuple[SeverityPeriod, ...] = field(metadata=_saved("spells"))
    content: Content = field(metadata=_saved("story"))
    alerts: tuple[str, ...] = ()
    from_verdict: bool = field(default=False, metadata=_saved("led"))
    notified_routes: tuple[str, ...] = field(default=(), metadata=_saved("told"))
    pages: int = 0
    paged_at: datetime | None = None
    paged_severity: Severity = Severity.NONE
    acknowledged: Acknowledgement | None = None
    acknowledged_notified: bool = field(default=False, metadata=_saved("acknowledged_told"))
    snoozed: Snooze | None = None
    closed_at: datetime | None = None
    ended_at: datetime | None = None

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
    """What one message says. All text is inert and without secrets.

    `group` is the group's id and `dedup_key` its key for receivers. `repeat` says that an earlier try
    may have arrived: the program was stopped while it was being sent. `acknowledged` says that somebody
    has taken it on.
    """

    id: str
    group: str
    dedup_key: str
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
    repeat: bool = False
    acknowledged: bool = False

    @property
    def text(self) -> str:
        return "\n".join(self.lines)


@dataclass(frozen=True, slots=True)
class DeliveryResult:
    """How one delivery went. `detail` is in words and without secrets.

    `permanent` says that the same message would be refused again (a wrong key, a wrong URL).
    `retry_after_s` is what the receiver asked for.
    """

    route: str
    at: datetime
    delivered: bool
    detail: str
    permanent: bool = False
    http_status: int | None = None
    retry_after_s: float | None = None
    attempts: int = 1


@dataclass(frozen=True, slots=True)
class RouteState:
    """Where one route stands. `address` is masked; `problem` says why it cannot be used at all."""

    name: str
    kind: str
    address: str
    problem: str | None = None
    waiting: int = 0
    failing_since: datetime | None = None
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
    """Something that happened to alerts. `key` is stable over time and restarts.

    `subject` is a topic, or a route for deliveries; `severity` is none where there is none to tell.
    """

    key: str
    at: datetime
    kind: EntryKind
    severity: Severity
    subject: str
    text: str
    page: NotificationKind | None = None


@dataclass(frozen=True, slots=True)
class AlertsView:
    """All that a screen can show of alerts. Equal until something changes.

    `alerts` are firing, pending and recently resolved ones, worst first; `groups` the open ones, worst
    first; `journal` is oldest first. `rules` is how many rules are watched, None before any are;
    `reminder_acknowledged` is how soon at the earliest what somebody acknowledged is told again. `bell` and
    `notification` say how the terminal is to call for attention.
    """

    alerts: tuple[Alert, ...] = ()
    groups: tuple[AlertGroup, ...] = ()
    routes: tuple[RouteState, ...] = ()
    journal: tuple[AlertEntry, ...] = ()
    problem: str | None = None
    rules: int | None = None
    reminder_acknowledged: timedelta | None = None
    bell: bool = False
    notification: bool = False

    @property
    def firing(self) -> int:
        """For the badge: the number of open groups."""
        return len(self.groups)

    @property
    def failing_routes(self) -> tuple[RouteState, ...]:
        return tuple(route for route in self.routes if route.failing)
