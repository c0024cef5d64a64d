"""The screens of a response: verdicts that analysis gives, and alerts that the shipped rules raise from them.

Given are only what was observed, what people did, and what became of notifications. Ages are seconds before
AT.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace
from datetime import datetime, timedelta
from functools import cache

from claude_tui.alerting.ledger import Ledger
from claude_tui.alerting.notifications import AlertingConfig
from claude_tui.alerting.routes import AlertSettings, read_settings
from claude_tui.alerting.rule_context import RuleContext
from claude_tui.alerting.rules import load_rules, named_thresholds
from claude_tui.alerting.step import acknowledged, advanced, snoozed
from claude_tui.alerting.views import view_of
from claude_tui.analysis.snapshot import Options, build_snapshot
from claude_tui.model.alert import AlertsView, DeliveryResult, RouteState
from claude_tui.model.observation import Observation
from claude_tui.model.playbook import SeverityMark
from claude_tui.model.provider import ProviderStatus
from claude_tui.model.snapshot import Snapshot
from claude_tui.model.verdict import Severity
from claude_tui.settings import Settings
from tests.snapshots.pictures import (
    AT,
    PICTURES,
    fine,
    incident,
    incident_found,
    known_of,
    limits,
    overloaded_found,
    picture,
)
from tests.snapshots.world import before, engine

__all__ = ["RESPOND_SCENES"]

Found = Iterable[Observation | ProviderStatus]
Act = Callable[[Ledger, datetime], Ledger]

_TARGET = "prod (api.anthropic.com)"
_AGES = (*range(3_000, 600, -30), *range(600, -1, -6))
_ROUTES = {
    "oncall": {"kind": "pagerduty", "routing_key_env": "PAGERDUTY_KEY"},
    "fallback": {"kind": "apprise", "url_env": "SLACK_URL"},
    "quota": {"kind": "apprise", "url_env": "QUOTA_SLACK_URL", "match": {"severity": ["P4"]}},
    "am": {"kind": "alertmanager", "url": "http://alertmanager:9093"},
}
_ENVIRON = {"PAGERDUTY_KEY": "0" * 32, "SLACK_URL": "slack://AAAAAAAAA/BBBBBBBBB/CCCCCCCCCCCCCCCCCCCCCCCC"}
_DELIVERED = {
    "oncall": {"last": DeliveryResult("oncall", before(163), True, "arrived", http_status=202)},
    "fallback": {
        "waiting": 2,
        "failing_since": before(160),
        "last": DeliveryResult(
            "fallback", before(12), False, "HTTP 503 from hooks.slack.com, trying on", attempts=4
        ),
    },
}


def _settings(names: Iterable[str]) -> AlertSettings:
    routes = {name: _ROUTES[name] for name in names}
    return read_settings({"routes": routes}, file="settings.toml", environ=_ENVIRON)


def judged(found: Found, acts: Mapping[int, Act] | None = None, routes: Iterable[str] = ()) -> AlertsView:
    """The alerts at AT, after the evaluations of the last 50 minutes; `acts` are what people did, by age."""
    known, options, settings = known_of(found), Options(), _settings(routes)
    rules = load_rules(thresholds=named_thresholds(Settings()))
    config = AlertingConfig({rule.name: rule for rule in rules}, settings.routes, settings.policy, _TARGET)
    ledger = Ledger(at=before(_AGES[0]))
    for age in _AGES:
        snapshot = build_snapshot(known, before(age), engine(), options)
        ledger = advanced(ledger, RuleContext(snapshot, known, snapshot.verdict, options), config)
        if acts and age in acts:
            ledger = acts[age](ledger, snapshot.at)
    states = [
        RouteState(
            route.name,
            route.kind.value,
            route.address,
            problem=route.problem,
            **_DELIVERED.get(route.name, {}),  # type: ignore[arg-type]
        )
        for route in settings.routes
    ]
    return replace(
        view_of(ledger, states),
        rules=len(rules),
        reminder_acknowledged=settings.policy.acknowledged,
        bell=settings.bell,
    )


def _with(snapshot: Snapshot, alerts: AlertsView) -> Snapshot:
    return replace(snapshot, engine=replace(snapshot.engine, alerts=alerts))


def _group_of(ledger: Ledger, rule: str) -> str:
    return next(group.id for group in ledger.groups if rule in group.alerts)


def _low(age: float) -> Observation:
    """An answer by which little is left of the input tokens."""
    return replace(fine(age), rate_limits=tuple(limits(input_left=360_000)))


@cache
def _open() -> Snapshot:
    """Two groups that nobody has acknowledged, and routes in every state."""
    found = overloaded_found(_low)
    return _with(picture(found), judged(found, routes=_ROUTES))


@cache
def _taken() -> Snapshot:
    """An incident that somebody is on: acknowledged, and with another severity than computed."""

    def takes(ledger: Ledger, at: datetime) -> Ledger:
        reason = "talking to the vendor; fallback is on"
        return acknowledged(ledger, _group_of(ledger, "verdict-p1"), by="Ada Lovelace", reason=reason, at=at)

    def waits(ledger: Ledger, at: datetime) -> Ledger:
        until = AT + timedelta(hours=3, minutes=50)
        return snoozed(ledger, _group_of(ledger, "headroom-low"), by="bob", until=until, at=at)

    mark = SeverityMark(before(90), Severity.P2, Severity.P1, "Ada Lovelace", "the fallback holds")
    return _with(incident(mark), judged(incident_found(_low), {60: takes, 2_790: waits}, ["oncall"]))


@cache
def _calm() -> Snapshot:
    shown = PICTURES["healthy"]()
    return _with(shown, judged(()))


@cache
def _unread() -> Snapshot:
    problem = "nothing is paged: /etc/alerts.toml: line 3: expected ]"
    return _with(PICTURES["page_unknown"](), AlertsView(problem=problem))


@cache
def _demo() -> Snapshot:
    """A demo with all of the program's own problems, which pages nobody."""
    found = overloaded_found()
    state = replace(PICTURES["degraded_program"]().engine, alerts=judged(found))
    return replace(PICTURES["overloaded"](), engine=state)


RESPOND_SCENES: dict[str, Callable[[], Snapshot]] = {
    "open": _open,
    "taken": _taken,
    "calm": _calm,
    "unread": _unread,
    "demo": _demo,
}
