"""`claude-top alerts test [ROUTE]` and `claude-top alerts list`."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import replace
from datetime import datetime

from claude_tui.alerting.delivery import open_alertmanager, open_sender
from claude_tui.alerting.delivery.alertmanager import trial_alert
from claude_tui.alerting.delivery.attempts import DELIVERY, AttemptResult, FailedAttemptError
from claude_tui.alerting.delivery.log_guard import LogGuard
from claude_tui.alerting.ledger import decode
from claude_tui.alerting.metrics import METRICS
from claude_tui.alerting.routes import AlertSettings, Route, RouteKind
from claude_tui.alerting.rules import AlertsConfigError, Rule
from claude_tui.alerting.templates import dashboard_lines
from claude_tui.alerting.views import view_of
from claude_tui.model.alert import Alert, Notification, NotificationKind
from claude_tui.model.errors import Problem
from claude_tui.model.format import duration
from claude_tui.model.nearest import nearest
from claude_tui.model.retry import RetryPolicy
from claude_tui.model.text import Redactor
from claude_tui.model.toml_text import shown
from claude_tui.model.verdict import Severity, Side

__all__ = ["list_lines", "metric_lines", "try_routes"]

EXIT_OK, EXIT_FAILED = 0, 1
_TEST_POLICY = replace(DELIVERY, retries=1, timeout_s=20.0)


def try_routes(
    settings: AlertSettings,
    name: str | None,
    *,
    target: str,
    now: Callable[[], datetime],
    emit: Callable[[str], None],
    secrets: Sequence[str] = (),
    policy: RetryPolicy = _TEST_POLICY,
    narrate: Callable[[str], None] = lambda _: None,
    dashboard: str = "",
) -> int:
    """Sends a test message to one route, or to all, and emits a line for each. Returns 0 if all arrived.

    Raises AlertsConfigError when there is no such route, or no route at all.
    """
    routes = _chosen(settings.routes, name)
    names = ", ".join(route.name for route in routes)
    narrate(f"sending a test message to {names}; a route that does not answer takes half a minute")
    redactor = Redactor((*secrets, *(secret for route in routes for secret in route.secrets)))
    guard = LogGuard(redactor)
    guard.install()
    try:
        results = asyncio.run(_try_all(routes, target, dashboard, now, redactor, policy))
    finally:
        guard.remove()
    width = max(len(route.name) for route in routes)
    for route, tried in zip(routes, results, strict=True):
        failure = tried.failure
        outcome = "arrived" if failure is None else f"FAILED: {failure.detail}"
        emit(f"{route.name:{width}}  {route.kind:12}  {route.address}  {outcome}")
    return EXIT_FAILED if any(tried.failure for tried in results) else EXIT_OK


def _chosen(routes: Sequence[Route], name: str | None) -> Sequence[Route]:
    if not routes:
        reason = "no routes are declared: add [alerts.routes.NAME] to the settings file"
        raise AlertsConfigError([Problem("", "", reason)])
    if name is None:
        return routes
    known = [route.name for route in routes]
    if name not in known:
        expected = "one of " + ", ".join(known)
        raise AlertsConfigError([Problem("route", "", shown(name), expected, nearest(name, known))])
    return [route for route in routes if route.name == name]


async def _try_all(
    routes: Sequence[Route],
    target: str,
    dashboard: str,
    now: Callable[[], datetime],
    redactor: Redactor,
    policy: RetryPolicy,
) -> list[AttemptResult]:
    return await asyncio.gather(*(_try(route, target, dashboard, now, redactor, policy) for route in routes))


async def _try(
    route: Route,
    target: str,
    dashboard: str,
    now: Callable[[], datetime],
    redactor: Redactor,
    policy: RetryPolicy,
) -> AttemptResult:
    if route.problem is not None:
        return AttemptResult(0, FailedAttemptError(route.problem, permanent=True))
    if route.kind is RouteKind.ALERTMANAGER:
        receiver = open_alertmanager(route, redactor=redactor, now=now, policy=policy)
        try:
            return await receiver.push([trial_alert(now(), target, dashboard)])
        finally:
            await receiver.aclose()
    sender = open_sender(route, redactor=redactor, now=now, policy=policy)
    try:
        return await sender.send(_test_notification(target, dashboard, now()))
    finally:
        await sender.aclose()


def _test_notification(target: str, dashboard: str, at: datetime) -> Notification:
    return Notification(
        id=f"test/{at.timestamp():.0f}",
        group="test",
        dedup_key="test",
        kind=NotificationKind.TEST,
        at=at,
        severity=Severity.P4,
        topic="test",
        cause="test",
        side=Side.NONE,
        target=target,
        title=f"[test] {target}: a test of claude-top's alerts",
        lines=(
            "Nothing is wrong: somebody is testing this route (claude-top alerts test).",
            *dashboard_lines(dashboard),
        ),
        since=at,
        dashboard=dashboard,
    )


# -- alerts list -----------------------------------------------------------------------


def list_lines(
    rules: Iterable[Rule], settings: AlertSettings, state: bytes | None, *, at: datetime
) -> Iterator[str]:
    """The alerts as a dashboard last saved them, then every rule and every route."""
    yield from _alert_lines(state, at)
    yield ""
    yield "rules"
    for rule in rules:
        yield f"  {rule.name:20} {rule.severity}  {rule.condition}"
    yield ""
    yield "routes"
    if not settings.routes:
        yield "  none: notifications go to the screen only ([alerts.routes.NAME] in the settings file)"
    for route in settings.routes:
        problem = f"  ({route.problem})" if route.problem else ""
        yield f"  {route.name:20} {route.kind:12}  {route.address}{problem}"


def _alert_lines(state: bytes | None, at: datetime) -> Iterator[str]:
    if state is None:
        yield "alerts: unknown, as no dashboard has saved any for this target in this data directory"
        return
    try:
        ledger = decode(state)
    except ValueError as error:
        yield f"alerts: the saved state cannot be read: {Redactor().clean(str(error), 200)}"
        return
    age = f" (as of {duration(at - ledger.at)} ago)" if ledger.at is not None else ""
    yield f"alerts{age}"
    view = view_of(ledger)
    for group in view.groups:
        since = duration(at - group.content.since)
        taken = f" · acknowledged by {group.acknowledged.by}" if group.acknowledged else ""
        yield f"  {group.severity} {group.topic}: {group.content.what} · {since}{taken}"
    for alert in view.alerts:
        yield f"  {_alert_line(alert, at)}"
    if not view.alerts:
        yield "  none"


def _alert_line(alert: Alert, at: datetime) -> str:
    labels = [f"{name}={value}" for name, value in alert.labels]
    ending = alert.firing and not alert.matching
    state, value = ("closing", f"last {alert.words}") if ending else (alert.state.value, alert.words)
    words = [f"{state:9}", alert.rule, *labels, value]
    return f"{' '.join(word for word in words if word)} · {duration(at - alert.status.since)}"


def metric_lines() -> Iterator[str]:
    """A line for each metric that a rule may name."""
    for metric in METRICS.values():
        labels = f" [{', '.join(metric.labels)}]" if metric.labels else ""
        window = " (over a window)" if metric.windowed else ""
        yield f"{metric.name:32} {metric.unit:6} {metric.doc}{labels}{window}"
