"""Assigns each firing alert to a group, and opens and closes groups accordingly."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import Enum, auto

from claude_tui.alerting.metrics import VERDICT_SEVERITY
from claude_tui.alerting.rules import Rule
from claude_tui.alerting.templates import content_of_alerts, content_of_verdict, sanitize_for_chat
from claude_tui.alerting.topics import UNEXPLAINED, in_trouble, topic_of_cause
from claude_tui.model.alert import Acknowledgement, Alert, AlertGroup, Content, SeverityPeriod
from claude_tui.model.format import plain
from claude_tui.model.limits import MAX_NAME, MAX_REASON
from claude_tui.model.verdict import Severity, Verdict

__all__ = ["Regrouped", "regroup"]

# An alert may be a late symptom of a resolved problem for this long after the rule's window.
ECHO = timedelta(minutes=5)
Key = tuple[str, tuple[tuple[str, str], ...]]


class Role(Enum):
    """LEADER is the verdict's own alert, HOLDER is independent of it, FOLLOWER is a symptom of it."""

    LEADER = auto()
    HOLDER = auto()
    FOLLOWER = auto()


@dataclass(frozen=True, slots=True)
class Member:
    alert: Alert
    rule: Rule
    role: Role


@dataclass(frozen=True, slots=True)
class Regrouped:
    """Groups and alerts after an evaluation."""

    groups: tuple[AlertGroup, ...]
    """The open ones, and those that closed at this instant."""
    alerts: tuple[Alert, ...]
    """All alerts, each with the id of its group."""
    members: Mapping[str, tuple[tuple[Alert, Rule], ...]]
    """The firing alerts of each open group, with their rules, by the group's id."""


def regroup(
    groups: Sequence[AlertGroup],
    alerts: Sequence[Alert],
    rules: Mapping[str, Rule],
    verdict: Verdict,
    at: datetime,
) -> Regrouped:
    """The open groups after their alerts changed. At most one group per topic is open."""
    members_by_topic = _members_by_topic(groups, alerts, rules, verdict, at)
    open_groups = {
        group.topic: group
        for group in _rekeyed([candidate for candidate in groups if candidate.open], members_by_topic)
    }
    after: list[AlertGroup] = []
    group_ids: dict[Key, str] = {}
    for topic in dict.fromkeys((*open_groups, *members_by_topic)):
        members = members_by_topic.get(topic, ())
        group = open_groups.get(topic) or _opened(topic, members, [*open_groups.values(), *after], at)
        continues = _continues(group, members)
        after.append(
            _updated(group, members, verdict, at)
            if continues
            else _closed(group, alerts, members_by_topic, at)
        )
        group_ids |= {member.alert.key: group.id for member in members}
    by_id = {group.id: group for group in after}
    return Regrouped(
        groups=tuple(after),
        alerts=tuple(_assigned(alert, group_ids, by_id, rules, at) for alert in alerts),
        members={
            group.id: tuple((member.alert, member.rule) for member in members_by_topic.get(group.topic, ()))
            for group in after
            if group.open
        },
    )


# -- assigning alerts ----------------------------------------------------------------


def _members_by_topic(
    groups: Sequence[AlertGroup],
    alerts: Sequence[Alert],
    rules: Mapping[str, Rule],
    verdict: Verdict,
    at: datetime,
) -> dict[str, tuple[Member, ...]]:
    """The firing alerts by topic, the worst first."""
    firing = [alert for alert in alerts if alert.firing and alert.rule in rules]
    firing.sort(key=lambda alert: (alert.severity.rank, alert.status.since, alert.key))
    members_by_topic: dict[str, tuple[Member, ...]] = {}
    for alert in firing:
        rule = rules[alert.rule]
        assignment = _assignment(alert, rule, verdict, groups, at)
        if assignment is not None:
            topic, role = assignment
            members_by_topic[topic] = (*members_by_topic.get(topic, ()), Member(alert, rule, role))
    return members_by_topic


def _assignment(
    alert: Alert, rule: Rule, verdict: Verdict, groups: Sequence[AlertGroup], at: datetime
) -> tuple[str, Role] | None:
    """The topic and role of an alert; None for a late symptom of a problem that is resolved."""
    if rule.topic is not None:
        return rule.topic, Role.HOLDER
    if rule.metric.name == VERDICT_SEVERITY:
        return topic_of_cause(dict(alert.labels).get("cause", UNEXPLAINED)), Role.LEADER
    if in_trouble(verdict) and verdict.cause in rule.metric.explained_by:
        return topic_of_cause(verdict.cause), Role.FOLLOWER
    group = _group_of_symptom(alert, rule, groups, at)
    if group is not None and group.open:
        return group.topic, Role.FOLLOWER if group.from_verdict else Role.HOLDER
    if group is not None or (alert.quiet_until is not None and at < alert.quiet_until):
        return None
    return rule.metric.topic, Role.HOLDER


def _group_of_symptom(
    alert: Alert, rule: Rule, groups: Sequence[AlertGroup], at: datetime
) -> AlertGroup | None:
    """The group that a symptom is in, or the recently closed one it is a late symptom of; None otherwise."""
    if not rule.metric.explained_by:
        return None
    own = next((group for group in groups if group.id == alert.group and group.open), None)
    if own is not None or alert.quiet_until is not None:
        return own
    causes = [
        group for group in groups if group.from_verdict and group.content.cause in rule.metric.explained_by
    ]
    latest = max(causes, key=lambda group: group.closed_at or at, default=None)
    if latest is None or latest.closed_at is None:
        return latest
    return latest if at - latest.closed_at < rule.query.window + ECHO else None


def _rekeyed(groups: list[AlertGroup], members_by_topic: Mapping[str, Sequence[Member]]) -> list[AlertGroup]:
    """Moves an unexplained group to the topic that now explains it, so that one cause notifies once."""
    taken = {group.topic for group in groups}
    if UNEXPLAINED not in taken or UNEXPLAINED in members_by_topic:
        return groups
    unexplained = next(group for group in groups if group.topic == UNEXPLAINED)
    for topic, members in members_by_topic.items():
        if topic not in taken and any(member.alert.group == unexplained.id for member in members):
            return [replace(group, topic=topic) if group is unexplained else group for group in groups]
    return groups


# -- opening, updating and closing groups ----------------------------------------------


def _opened(topic: str, members: Sequence[Member], others: Sequence[AlertGroup], at: datetime) -> AlertGroup:
    taken = {group.dedup_key for group in others}
    dedup_key = next(key for key in _keys(topic) if key not in taken)
    content = content_of_alerts(topic, [(member.alert, member.rule) for member in members])
    return AlertGroup(
        id=f"{dedup_key}@{at:%Y%m%dT%H%M%S.%f}",
        dedup_key=dedup_key,
        topic=topic,
        opened_at=at,
        severity_periods=(),
        content=content,
    )


def _keys(topic: str) -> Iterable[str]:
    yield topic
    yield from (f"{topic}-{number}" for number in range(2, 1000))


def _continues(group: AlertGroup, members: Sequence[Member]) -> bool:
    """Whether a group stays open. One opened by the verdict ends with it, even if symptoms still fire."""
    return any(member.role is not Role.FOLLOWER or not group.from_verdict for member in members)


def _closed(
    group: AlertGroup, alerts: Sequence[Alert], members_by_topic: Mapping[str, Sequence[Member]], at: datetime
) -> AlertGroup:
    """The closed group. If alerts of it still fire in another group, its last notification names that one."""
    successors = [
        topic
        for topic, members in members_by_topic.items()
        if topic != group.topic and any(member.alert.group == group.id for member in members)
    ]
    what = f"{group.content.what} (continues as {plain(successors[0])})" if successors else group.content.what
    mine = [alert for alert in alerts if alert.group == group.id]
    # The end of the verdict's own alert counts: symptoms end later, as their windows are longer.
    own = [alert for alert in mine if dict(alert.labels).get("cause")] if group.from_verdict else []
    quiet = [alert.status.unmatched_since for alert in own or mine]
    ended_at = max((since for since in quiet if since is not None), default=at)
    return replace(group, closed_at=at, ended_at=ended_at, content=replace(group.content, what=what))


def _updated(group: AlertGroup, members: Sequence[Member], verdict: Verdict, at: datetime) -> AlertGroup:
    severity = Severity.worst(member.alert.severity for member in members)
    periods = group.severity_periods
    if not periods and in_trouble(verdict) and topic_of_cause(verdict.cause) == group.topic:
        # The first notification has the severity on screen: a worse rule of the verdict may still be pending.
        severity = Severity.worst((severity, verdict.severity))
    if severity is not group.severity:
        ended = (*periods[:-1], replace(periods[-1], until=at)) if periods else ()
        periods = (*ended, SeverityPeriod(severity, at))
        group = replace(group, opened_late=())
    group = _taken(group, verdict)
    return replace(
        group,
        severity_periods=periods,
        content=_content(group, members, verdict, at),
        from_verdict=group.from_verdict or any(member.role is Role.LEADER for member in members),
        alerts=tuple(sorted({member.alert.rule for member in members})),
    )


def _taken(group: AlertGroup, verdict: Verdict) -> AlertGroup:
    """The group, acknowledged if somebody has taken on the problem that the verdict reports."""
    taken = verdict.taken
    if taken is None or not in_trouble(verdict) or topic_of_cause(verdict.cause) != group.topic:
        return group
    if group.acknowledged is not None and group.acknowledged.at >= taken.at:
        return group
    acknowledged = Acknowledgement(
        sanitize_for_chat(taken.by, MAX_NAME), sanitize_for_chat(taken.reason, MAX_REASON), taken.at
    )
    if group.severity_periods:
        return replace(group, acknowledged=acknowledged, acknowledged_notified=False)
    # It has only just opened, so nobody needs to be notified of the acknowledgement.
    return replace(group, acknowledged=acknowledged, acknowledged_notified=True, taken=taken.severity)


def _content(group: AlertGroup, members: Sequence[Member], verdict: Verdict, at: datetime) -> Content:
    if in_trouble(verdict) and topic_of_cause(verdict.cause) == group.topic:
        content = content_of_verdict(verdict, at)
        lesser = verdict.severity is Severity.P4 and group.severity.worse_than(verdict.severity)
        if group.alerts and (verdict.recovery is not None or lesser):
            # The last headline keeps what was wrong, not the progress of the recovery, nor what was left of
            # it.
            content = replace(content, what=group.content.what)
        # The verdict may start over while the problem lasts; the group remembers the earlier start.
        return replace(content, since=min(content.since, group.content.since))
    own = [(member.alert, member.rule) for member in members if member.role is Role.HOLDER]
    led_by_verdict = any(member.role is Role.LEADER for member in members)
    return group.content if led_by_verdict or not own else content_of_alerts(group.topic, own)


def _assigned(
    alert: Alert,
    group_ids: Mapping[Key, str],
    groups: Mapping[str, AlertGroup],
    rules: Mapping[str, Rule],
    at: datetime,
) -> Alert:
    group_id = group_ids.get(alert.key)
    if group_id is None:
        return alert
    if groups[group_id].open:
        return (
            alert
            if (alert.group, alert.quiet_until) == (group_id, None)
            else replace(alert, group=group_id, quiet_until=None)
        )
    rule = rules[alert.rule]
    return replace(alert, group=group_id, quiet_until=at + rule.query.window + rule.timing.keep + ECHO)
