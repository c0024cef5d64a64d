"""Which group each firing alert belongs to, and which groups begin and end by that."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import Enum, auto

from claude_tui.alerting.metrics import VERDICT_SEVERITY
from claude_tui.alerting.rules import Rule
from claude_tui.alerting.templates import content_of_alerts, content_of_verdict
from claude_tui.alerting.topics import UNEXPLAINED, in_trouble, topic_of_cause
from claude_tui.model.alert import Alert, AlertGroup, Content, SeverityPeriod
from claude_tui.model.format import plain
from claude_tui.model.verdict import Severity, Verdict

__all__ = ["Regrouped", "regroup"]

# Beyond a rule's own window, for so long an alert may echo a trouble whose end has been told.
ECHO = timedelta(minutes=5)
Key = tuple[str, tuple[tuple[str, str], ...]]


class Role(Enum):
    """LEADER is the verdict itself, HOLDER stands for itself, FOLLOWER is a symptom of the verdict."""

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
    """`groups` are open ones, and those `closed` at this very instant; `alerts` know their groups.

    `members` are the rules of each open group's alerts by the group's id.
    """

    groups: tuple[AlertGroup, ...]
    alerts: tuple[Alert, ...]
    members: Mapping[str, tuple[tuple[Alert, Rule], ...]]


def regroup(
    groups: Sequence[AlertGroup],
    alerts: Sequence[Alert],
    rules: Mapping[str, Rule],
    verdict: Verdict,
    at: datetime,
) -> Regrouped:
    """The open groups after their alerts changed. At most one group per topic is open."""
    placed = _placed(groups, alerts, rules, verdict, at)
    standing = {group.topic: group for group in _rekeyed([each for each in groups if each.open], placed)}
    after: list[AlertGroup] = []
    homes: dict[Key, str] = {}
    for topic in dict.fromkeys((*standing, *placed)):
        members = placed.get(topic, ())
        group = standing.get(topic) or _opened(topic, members, [*standing.values(), *after], at)
        lives = _lives(group, members)
        after.append(_updated(group, members, verdict, at) if lives else _closed(group, alerts, placed, at))
        homes |= {member.alert.key: group.id for member in members}
    by_id = {group.id: group for group in after}
    return Regrouped(
        groups=tuple(after),
        alerts=tuple(_at_home(alert, homes, by_id, rules, at) for alert in alerts),
        members={
            group.id: tuple((member.alert, member.rule) for member in placed.get(group.topic, ()))
            for group in after
            if group.open
        },
    )


# -- where alerts belong -------------------------------------------------------------


def _placed(
    groups: Sequence[AlertGroup],
    alerts: Sequence[Alert],
    rules: Mapping[str, Rule],
    verdict: Verdict,
    at: datetime,
) -> dict[str, tuple[Member, ...]]:
    """The firing alerts by topic, the worst first."""
    firing = [alert for alert in alerts if alert.firing and alert.rule in rules]
    firing.sort(key=lambda alert: (alert.severity.rank, alert.status.since, alert.key))
    placed: dict[str, tuple[Member, ...]] = {}
    for alert in firing:
        rule = rules[alert.rule]
        place = _place(alert, rule, verdict, groups, at)
        if place is not None:
            topic, role = place
            placed[topic] = (*placed.get(topic, ()), Member(alert, rule, role))
    return placed


def _place(
    alert: Alert, rule: Rule, verdict: Verdict, groups: Sequence[AlertGroup], at: datetime
) -> tuple[str, Role] | None:
    """The topic of an alert and its role there; None when what it echoes was told to be over."""
    if rule.topic is not None:
        return rule.topic, Role.HOLDER
    if rule.metric.name == VERDICT_SEVERITY:
        return topic_of_cause(dict(alert.labels).get("cause", UNEXPLAINED)), Role.LEADER
    if in_trouble(verdict) and verdict.cause in rule.metric.explained_by:
        return topic_of_cause(verdict.cause), Role.FOLLOWER
    home = _home(alert, rule, groups, at)
    if home is not None and home.open:
        return home.topic, Role.FOLLOWER if home.from_verdict else Role.HOLDER
    if home is not None or (alert.quiet_until is not None and at < alert.quiet_until):
        return None
    return rule.metric.topic, Role.HOLDER


def _home(alert: Alert, rule: Rule, groups: Sequence[AlertGroup], at: datetime) -> AlertGroup | None:
    """The group that a symptom is in, or the trouble just past that it echoes; None when it stands alone."""
    if not rule.metric.explained_by:
        return None
    own = next((group for group in groups if group.id == alert.group and group.open), None)
    if own is not None or alert.quiet_until is not None:
        return own
    echoed = [
        group for group in groups if group.from_verdict and group.content.cause in rule.metric.explained_by
    ]
    latest = max(echoed, key=lambda group: group.closed_at or at, default=None)
    if latest is None or latest.closed_at is None:
        return latest
    return latest if at - latest.closed_at < rule.ask.window + ECHO else None


def _rekeyed(groups: list[AlertGroup], placed: Mapping[str, Sequence[Member]]) -> list[AlertGroup]:
    """What nothing explained goes on under the topic that now explains it: no second page for one cause."""
    taken = {group.topic for group in groups}
    if UNEXPLAINED not in taken or UNEXPLAINED in placed:
        return groups
    puzzle = next(group for group in groups if group.topic == UNEXPLAINED)
    for topic, members in placed.items():
        if topic not in taken and any(member.alert.group == puzzle.id for member in members):
            return [replace(group, topic=topic) if group is puzzle else group for group in groups]
    return groups


# -- groups that begin, go on and end --------------------------------------------------


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


def _lives(group: AlertGroup, members: Sequence[Member]) -> bool:
    """A group that the verdict led ends with it: its symptoms may echo for the length of their windows."""
    return any(member.role is not Role.FOLLOWER or not group.from_verdict for member in members)


def _closed(
    group: AlertGroup, alerts: Sequence[Alert], placed: Mapping[str, Sequence[Member]], at: datetime
) -> AlertGroup:
    """Where alerts of the group fire on, another group tells of them: the last page says which."""
    heirs = [
        topic
        for topic, members in placed.items()
        if topic != group.topic and any(member.alert.group == group.id for member in members)
    ]
    what = f"{group.content.what} (goes on as {plain(heirs[0])})" if heirs else group.content.what
    mine = [alert for alert in alerts if alert.group == group.id]
    # A trouble ends with its verdict; the windows of its symptoms are longer.
    led = [alert for alert in mine if dict(alert.labels).get("cause")] if group.from_verdict else []
    quiet = [alert.status.unmatched_since for alert in led or mine]
    ended_at = max((since for since in quiet if since is not None), default=at)
    return replace(group, closed_at=at, ended_at=ended_at, content=replace(group.content, what=what))


def _updated(group: AlertGroup, members: Sequence[Member], verdict: Verdict, at: datetime) -> AlertGroup:
    severity = Severity.worst(member.alert.severity for member in members)
    spells = group.severity_periods
    if not spells and in_trouble(verdict) and topic_of_cause(verdict.cause) == group.topic:
        # The first page is as bad as the screen says: a worse rule of the verdict may still be waiting.
        severity = Severity.worst((severity, verdict.severity))
    if severity is not group.severity:
        ended = (*spells[:-1], replace(spells[-1], until=at)) if spells else ()
        spells = (*ended, SeverityPeriod(severity, at))
    return replace(
        group,
        severity_periods=spells,
        content=_story(group, members, verdict, at),
        from_verdict=group.from_verdict or any(member.role is Role.LEADER for member in members),
        alerts=tuple(sorted({member.alert.rule for member in members})),
    )


def _story(group: AlertGroup, members: Sequence[Member], verdict: Verdict, at: datetime) -> Content:
    if in_trouble(verdict) and topic_of_cause(verdict.cause) == group.topic:
        told = content_of_verdict(verdict, at)
        # The verdict of a trouble that goes on may begin anew; the group has seen its beginning.
        return replace(told, since=min(told.since, group.content.since))
    own = [(member.alert, member.rule) for member in members if member.role is Role.HOLDER]
    led_now = any(member.role is Role.LEADER for member in members)
    return group.content if led_now or not own else content_of_alerts(group.topic, own)


def _at_home(
    alert: Alert,
    homes: Mapping[Key, str],
    groups: Mapping[str, AlertGroup],
    rules: Mapping[str, Rule],
    at: datetime,
) -> Alert:
    home = homes.get(alert.key)
    if home is None:
        return alert
    if groups[home].open:
        return (
            alert
            if (alert.group, alert.quiet_until) == (home, None)
            else replace(alert, group=home, quiet_until=None)
        )
    rule = rules[alert.rule]
    return replace(alert, group=home, quiet_until=at + rule.ask.window + rule.timing.keep + ECHO)
