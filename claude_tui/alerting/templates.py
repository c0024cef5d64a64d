"""The text of notifications: what is wrong, whose problem it is, since when, how bad, and what to do next."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from datetime import datetime

from claude_tui.alerting.routes import Policy
from claude_tui.alerting.rules import Rule
from claude_tui.model.alert import Alert, AlertGroup, Content, Notification, NotificationKind
from claude_tui.model.format import duration, span_text, stamp
from claude_tui.model.limits import MAX_LINE
from claude_tui.model.text import inert
from claude_tui.model.verdict import Severity, Verdict

__all__ = [
    "content_of_alerts",
    "content_of_verdict",
    "dashboard_lines",
    "notification_of",
    "sanitize_for_chat",
]

MAX_EVIDENCE = 4
MAX_NAMES = 12

# Markup in text from a server that a chat program would act on or turn into a link.
_MENTION = re.compile(r"<(?=[!@#/A-Za-z])")
_CHAT_SAFE = str.maketrans({"@": "＠", "`": "'"})


def sanitize_for_chat(text: str, limit: int = MAX_LINE) -> str:
    """Foreign text for a chat message: one inert line of at most `limit` characters, no mentions or links."""
    safe = _MENTION.sub("‹", inert(text, limit).translate(_CHAT_SAFE))
    return inert(safe.replace("://", "[:]//").replace("](", "] ("), limit)


def content_of_verdict(verdict: Verdict, at: datetime) -> Content:
    return Content(
        cause=verdict.cause.value,
        side=verdict.side,
        what=sanitize_for_chat(verdict.summary),
        since=verdict.since or verdict.detected_at or at,
        next_step=sanitize_for_chat(verdict.next_step),
        evidence=tuple(sanitize_for_chat(evidence.text) for evidence in verdict.evidence[:MAX_EVIDENCE]),
    )


def content_of_alerts(topic: str, alerts: Sequence[tuple[Alert, Rule]]) -> Content:
    """The content for alerts that no verdict explains; `alerts` has the worst first."""
    leading, rule = alerts[0]
    same = [alert for alert, _ in alerts if alert.rule == leading.rule]
    others = [alert for alert, _ in alerts if alert.rule != leading.rule]
    return Content(
        cause=topic,
        side=rule.side,
        what=sanitize_for_chat(f"{rule.summary}: {_values(same)}"),
        since=min(alert.status.since for alert, _ in alerts),
        next_step=inert(rule.next_step, MAX_LINE),
        evidence=tuple(
            sanitize_for_chat(f"{alert.summary}: {_values([alert])}") for alert in others[:MAX_EVIDENCE]
        ),
    )


def _values(alerts: Sequence[Alert]) -> str:
    values = [" ".join([*(value for _, value in alert.labels), alert.words]).strip() for alert in alerts[:3]]
    more = f" and {len(alerts) - 3} more" if len(alerts) > 3 else ""
    return ", ".join(values) + more


def notification_of(
    group: AlertGroup,
    kind: NotificationKind,
    at: datetime,
    *,
    target: str,
    severity: Severity,
    policy: Policy,
    dashboard: str = "",
) -> Notification:
    """The next notification of a group; `severity` is the one to report."""
    content = group.content
    lines = _lines(group, kind, severity, at, policy)
    return Notification(
        id=f"{group.id}/{group.pages + 1}",
        group=group.id,
        dedup_key=group.dedup_key,
        kind=kind,
        at=at,
        severity=severity,
        topic=group.topic,
        cause=content.cause,
        side=content.side,
        target=target,
        title=inert(f"{_head(group, kind, severity, at)} {target}: {content.what}", MAX_LINE),
        lines=(*lines, *dashboard_lines(dashboard)),
        since=content.since,
        next_step=content.next_step,
        alerts=group.alerts[:MAX_NAMES],
        acknowledged=group.acknowledged is not None,
        dashboard=dashboard,
    )


def dashboard_lines(dashboard: str) -> tuple[str, ...]:
    """The line that says where the dashboard is, if that is known."""
    return (f"Dashboard: {dashboard}",) if dashboard else ()


def _head(group: AlertGroup, kind: NotificationKind, severity: Severity, at: datetime) -> str:
    lasted = duration(at - group.content.since)
    match kind:
        case NotificationKind.SEVERITY:
            return f"[{severity}, was {group.paged_severity}]"
        case NotificationKind.ACKNOWLEDGED:
            return f"[{severity}, acknowledged by {group.acknowledged.by if group.acknowledged else '?'}]"
        case NotificationKind.REMINDER:
            return f"[{severity}, still after {lasted}]"
        case NotificationKind.RESOLVED:
            return f"[resolved after {duration((group.ended_at or at) - group.content.since)}]"
    return f"[{severity}]"


def _response(severity: Severity, policy: Policy) -> str:
    match severity:
        case Severity.P1:
            return "respond now"
        case Severity.P2:
            return f"respond within {span_text(policy.respond_p2)}"
        case Severity.P3:
            return f"respond within {span_text(policy.respond_p3)}"
        case Severity.P4:
            return "respond on the next business day"
    return "no hurry"


def _lines(
    group: AlertGroup, kind: NotificationKind, severity: Severity, at: datetime, policy: Policy
) -> Iterator[str]:
    content = group.content
    resolved = kind is NotificationKind.RESOLVED
    yield f"What: {content.what}"
    yield f"Whose: {content.side.whose}"
    if resolved:
        yield f"From: {stamp(content.since)}"
        yield f"To: {stamp(group.ended_at or at)}, and quiet since"
        yield f"How bad: it was {severity}"
    else:
        yield f"Since: {stamp(content.since)} ({duration(at - content.since)})"
        yield f"How bad: {severity}, {_response(severity, policy)}"
    for sentence in content.evidence:
        yield f"- {sentence}"
    if content.next_step and not resolved:
        yield f"Next: {content.next_step}"
    if group.acknowledged is not None:
        reason = f": {group.acknowledged.reason}" if group.acknowledged.reason else ""
        yield sanitize_for_chat(
            f"Acknowledged by {group.acknowledged.by} at {stamp(group.acknowledged.at)}{reason}"
        )
    if group.alerts:
        more = f" and {len(group.alerts) - MAX_NAMES} more" if len(group.alerts) > MAX_NAMES else ""
        yield f"Alerts: {', '.join(group.alerts[:MAX_NAMES])}{more}"
