"""Snapshots with given alerts, for tests of wording and dialogs. The pictures show `respond_scenes`."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from functools import cache

from claude_tui.model.alert import (
    Acknowledgement,
    Alert,
    AlertGroup,
    AlertState,
    AlertStatus,
    AlertsView,
    Content,
    DeliveryResult,
    RouteState,
    SeverityPeriod,
    Snooze,
)
from claude_tui.model.playbook import SeverityMark
from claude_tui.model.snapshot import Snapshot
from claude_tui.model.verdict import Severity, Side, Verdict
from tests.snapshots.pictures import AT, PICTURES, before, incident

__all__ = ["CALM", "OVERLOADED", "alert", "group", "low", "pictures", "scene_of"]

REMINDER = timedelta(hours=4)
CALM = AlertsView(rules=19, reminder_acknowledged=REMINDER, bell=True)

OVERLOADED = PICTURES["overloaded"]().verdict


def group(number: int = 1, severity: Severity = Severity.P1, what: str = "", **more: object) -> AlertGroup:
    opened = AlertGroup(
        id=f"provider-{number}",
        dedup_key="provider",
        topic="provider",
        opened_at=before(165),
        severity_periods=(SeverityPeriod(severity, before(165)),),
        content=Content(
            "provider_overloaded", Side.THEM, what or OVERLOADED.summary, before(202), "Back off."
        ),
        alerts=("verdict-p1", "overloaded", "errors"),
        from_verdict=number == 1,
        notified_routes=("screen", "oncall", "fallback"),
        pages=1,
        paged_at=before(165),
        paged_severity=severity,
    )
    return replace(opened, **more)  # type: ignore[arg-type]


def low(**more: object) -> AlertGroup:
    story = Content("headroom", Side.US, "Little is left of a rate limit: input-tokens 18%", before(1_290))
    spell = (SeverityPeriod(Severity.P4, before(1_170)),)
    defaults = {
        "content": story,
        "severity_periods": spell,
        "topic": "headroom",
        "notified_routes": ("screen",),
        "alerts": ("headroom-low",),
    }
    return group(2, Severity.P4, **(defaults | more))  # type: ignore[arg-type]


def alert(
    rule: str, severity: Severity, summary: str, words: str, state: AlertState = AlertState.FIRING,
    labels: tuple[tuple[str, str], ...] = (), since: float = 171,
) -> Alert:  # fmt: skip
    fired = before(since - 90) if state is not AlertState.PENDING else None
    ended = before(31) if state is AlertState.RESOLVED else None
    standing = AlertStatus(state, before(since), fired, before(331) if ended else None, ended)
    return Alert(rule, labels, severity, summary, standing, 1.0, words, "provider-1")


CAUSE = (("cause", "provider_overloaded"),)
ALERTS = (
    alert("verdict-p1", Severity.P1, "The verdict is P1", "P1", labels=CAUSE),
    alert("errors", Severity.P2, "Too many messages fail", "92%"),
    alert(
        "overloaded", Severity.P3, "More than 2% of messages are rejected as overloaded (529)", "88%"
    ),
    alert(
        "headroom-low", Severity.P4, "Little is left of a rate limit", "18%",
        labels=(("bucket", "input-tokens"),), since=1_290,
    ),
    alert("message-slow", Severity.P4, "Whole messages take longer than they should", "4.92 s",
          AlertState.PENDING, since=44),
    alert("ttft-slow", Severity.P4, "The first token takes longer than it should", "1.20 s",
          AlertState.RESOLVED, since=900),
)  # fmt: skip
ROUTES = (
    RouteState("oncall", "pagerduty", "https://events.pagerduty.com/…", last=DeliveryResult(
        "oncall", before(163), True, "arrived", http_status=202)),
    RouteState("fallback", "apprise", "slack://…", waiting=2, failing_since=before(160), last=DeliveryResult(
        "fallback", before(12), False, "HTTP 503 from hooks.slack.com, trying on", attempts=4)),
    RouteState("quota", "apprise", "…", problem="the environment variable QUOTA_SLACK_URL that url_env names "
               "is not set"),
    RouteState("am", "alertmanager", "http://alertmanager:9093"),
)  # fmt: skip


def with_alerts(snapshot: Snapshot, alerts: AlertsView) -> Snapshot:
    return replace(snapshot, engine=replace(snapshot.engine, alerts=alerts))


def scene_of(alerts: AlertsView, verdict: Verdict | None = None, scene: str = "overloaded") -> Snapshot:
    """A picture with these alerts; `verdict` is a variation of the one that analysis gives."""
    shown = with_alerts(PICTURES[scene](), alerts)
    return replace(shown, verdict=verdict or shown.verdict)


@cache
def pictures() -> dict[str, Snapshot]:
    """The states of a response, each under a verdict that analysis gives."""
    taken = Acknowledgement("Ada Lovelace", "talking to the vendor; fallback is on", before(61))
    quiet = Snooze("bob", before(600), AT + timedelta(hours=3, minutes=50), Severity.P4)
    grouped = replace(CALM, groups=(group(), low()), alerts=ALERTS, routes=ROUTES)
    mark = SeverityMark(before(90), Severity.P2, Severity.P1, "Ada Lovelace", "the fallback holds")
    silent = replace(grouped, routes=(), groups=(group(notified_routes=("screen",)),))
    degraded = replace(PICTURES["degraded_program"]().engine, alerts=silent)
    return {
        "open": scene_of(grouped),
        "taken": with_alerts(
            incident(mark),
            replace(grouped, groups=(group(acknowledged=taken), low(snoozed=quiet)), routes=ROUTES[:1]),
        ),
        "calm": scene_of(CALM, scene="healthy"),
        "unread": scene_of(
            AlertsView(problem="nothing is paged: /etc/alerts.toml: line 3: expected ]"), scene="page_unknown"
        ),
        "demo": replace(PICTURES["overloaded"](), engine=degraded),
    }
