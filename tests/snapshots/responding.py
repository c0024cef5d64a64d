"""Snapshots for the screens of a response: a verdict in trouble, alerts that are open, routes that fail."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

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
from claude_tui.model.verdict import Cause, PageAgreement, Severity, Side, Verdict
from tests.builders import stated
from tests.snapshots.pictures import PICTURES, incident
from tests.snapshots.scenes import AT, SCENES, before

__all__ = ["CALM", "OVERLOADED", "alert", "group", "low", "pictures", "scene_of", "scenes"]

REMINDER = timedelta(hours=4)
CALM = AlertsView(rules=19, reminder_acknowledged=REMINDER, bell=True)

OVERLOADED = Verdict(
    Cause.PROVIDER_OVERLOADED,
    Side.THEM,
    Severity.P1,
    0.95,
    "It’s them. The API is overloaded (529).",
    stated(
        "24 of 26 messages failed in 5m, 23 with overloaded_error.",
        "Models answer in 182 ms, as usual.",
        "DNS, TCP and TLS are fine; the key is accepted.",
        "Limits have room: input tokens 18% left, resets in 41s.",
        "Status page: no incident on your components.",
    ),
    "Back off 30 to 60 s with jitter, shed load, use the fallback model or provider",
    34.0,
    PageAgreement.SILENT,
    since=before(202),
    detected_at=before(171),
    respond_by=before(171),
    also=(Cause.RATE_LIMITED,),
)


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
    told = {
        "content": story,
        "severity_periods": spell,
        "topic": "headroom",
        "notified_routes": ("screen",),
        "alerts": ("headroom-low",),
    }
    return group(2, Severity.P4, **(told | more))  # type: ignore[arg-type]


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


def scene_of(alerts: AlertsView, verdict: Verdict | None = None, scene: str = "overloaded") -> Snapshot:
    snapshot = SCENES[scene]()
    engine = replace(snapshot.engine, alerts=alerts)
    return replace(snapshot, engine=engine, verdict=verdict or snapshot.verdict)


def scenes() -> dict[str, Snapshot]:
    taken = Acknowledgement("Ada Lovelace", "talking to the vendor; fallback is on", before(61))
    quiet = Snooze("bob", before(600), AT + timedelta(hours=3, minutes=50), Severity.P4)
    told = replace(CALM, groups=(group(), low()), alerts=ALERTS, routes=ROUTES)
    return {
        "open": scene_of(told, OVERLOADED),
        "taken": scene_of(
            replace(told, groups=(group(acknowledged=taken), low(snoozed=quiet)), routes=ROUTES[:1]),
            replace(OVERLOADED, severity=Severity.P2, set_by="Ada Lovelace", computed=Severity.P1,
                    respond_by=before(-720), page=PageAgreement.CONFIRMS, lead=timedelta(minutes=8)),
        ),
        "calm": scene_of(CALM, scene="healthy"),
        "unread": scene_of(AlertsView(problem="nothing is paged: /etc/alerts.toml: line 3: expected ]"),
                           scene="page_unknown"),
        "demo": scene_of(replace(told, routes=(), groups=(group(notified_routes=("screen",)),)), OVERLOADED,
                         scene="degraded_program"),
    }  # fmt: skip


def pictures() -> dict[str, Snapshot]:
    """The same with verdicts that analysis gives, for the pictures."""
    made = scenes()

    def shown(name: str, snapshot: Snapshot) -> Snapshot:
        alerts = made[name].engine.alerts
        # A group of the verdict says what the verdict says.
        groups = tuple(
            replace(opened, content=replace(opened.content, what=snapshot.verdict.summary))
            if opened.from_verdict
            else opened
            for opened in alerts.groups
        )
        return replace(snapshot, engine=replace(snapshot.engine, alerts=replace(alerts, groups=groups)))

    mark = SeverityMark(before(90), Severity.P2, Severity.P1, "Ada Lovelace", "the fallback holds")
    demo = PICTURES["overloaded"]()
    return {
        "open": shown("open", PICTURES["overloaded"]()),
        "taken": shown("taken", incident(mark)),
        "calm": shown("calm", PICTURES["healthy"]()),
        "unread": shown("unread", PICTURES["page_unknown"]()),
        "demo": shown("demo", replace(demo, engine=PICTURES["degraded_program"]().engine)),
    }
