"""Verdicts, rules and contexts for tests of alerts; a test spells out only what it is about."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from types import SimpleNamespace
from typing import cast

from claude_tui.alerting.command import try_routes
from claude_tui.alerting.delivery.attempts import AttemptResult, FailedAttemptError
from claude_tui.alerting.ledger import Ledger
from claude_tui.alerting.lifecycle import Timing
from claude_tui.alerting.manager import Alerting
from claude_tui.alerting.metric import Metric, Query, Reading, Sample, Unit
from claude_tui.alerting.metrics import METRICS, VERDICT_SEVERITY
from claude_tui.alerting.notifications import AlertingConfig
from claude_tui.alerting.persistence import StateBackend, StateHolder
from claude_tui.alerting.routes import AlertSettings, Policy, Route, RouteKind
from claude_tui.alerting.rule_context import RuleContext
from claude_tui.alerting.rules import Rule
from claude_tui.alerting.step import advanced
from claude_tui.alerting.topics import ALL_CAUSES, UNEXPLAINED
from claude_tui.alerting.workers import DeliveryWorker, NotificationWorker
from claude_tui.model.alert import AlertGroup, AlertsView, Notification, NotificationKind
from claude_tui.model.retry import RetryPolicy
from claude_tui.model.snapshot import Target
from claude_tui.model.text import Redactor
from claude_tui.model.verdict import Cause, PageAgreement, Severity, Side, Verdict
from tests.builders import NOON, stated

TARGET = Target("prod", "https://api.example.test", "api.example.test", "claude-haiku-5-5")
MINUTE = timedelta(minutes=1)

REFUSED = FailedAttemptError("HTTP 404", permanent=True, http_status=404)
GONE = FailedAttemptError("ConnectError: connection refused")

_SIDES = {Cause.HEALTHY: Side.NONE, Cause.UNKNOWN: Side.UNCLEAR, Cause.NETWORK: Side.PATH}


def verdict(cause: Cause = Cause.HEALTHY, severity: Severity = Severity.NONE, **values: object) -> Verdict:
    """A verdict with a cause, from which sides and words follow."""
    theirs = cause.value.startswith("provider_")
    given = Verdict(
        cause=cause,
        side=_SIDES.get(cause, Side.THEM if theirs else Side.US),
        severity=severity,
        confidence=0.9,
        summary=f"It is {cause.value}",
        evidence=stated(
            "24 of 26 messages failed.",
        ),
        next_step="Back off.",
        retry_after_s=30.0,
        page=PageAgreement.SILENT,
    )
    return replace(given, **values)  # type: ignore[arg-type]


HEALTHY = verdict()
UNKNOWN = verdict(Cause.UNKNOWN)
OUTAGE = verdict(Cause.PROVIDER_OUTAGE, Severity.P1)

Readings = Mapping[str, Reading]


def scene(at: datetime, judged: Verdict = HEALTHY, readings: Readings | None = None) -> RuleContext:
    """The readings of rules made by `rule`, by name; a rule without a reading does not match."""
    return cast(RuleContext, SimpleNamespace(at=at, verdict=judged, readings=readings or {}))


MATCH: Reading = (Sample(1.0),)
NO_MATCH: Reading = (Sample(0.0),)


def rule(
    name: str,
    severity: Severity = Severity.P3,
    *,
    hold_s: float = 0,
    keep_s: float = 0,
    topic: str = UNEXPLAINED,
    explained_by: frozenset[Cause] = ALL_CAUSES,
    routes: Sequence[str] = (),
    own_topic: str | None = None,
) -> Rule:
    """A rule that fires while its reading is 1."""

    def read(context: RuleContext, _query: Query) -> Reading:
        return cast(Readings, context.readings).get(name, NO_MATCH)  # type: ignore[attr-defined]

    metric = Metric(f"test.{name}", Unit.COUNT, "", read, topic=topic, explained_by=explained_by)
    timing = Timing(timedelta(seconds=hold_s), timedelta(seconds=keep_s))
    return Rule(
        name=name,
        summary=f"{name} is bad",
        metric=metric,
        comparison="==",
        threshold=1.0,
        severity=severity,
        query=Query(timedelta(), 1),
        timing=timing,
        routes=tuple(routes),
        topic=own_topic,
    )


def verdict_rules(hold_s: float = 0, keep_s: float = 300) -> list[Rule]:
    """The four rules of the verdict: P1 fires at once, the others after `hold_s`."""
    return [
        Rule(
            name=f"verdict-{severity.value.lower()}",
            summary=f"{severity.value}",
            metric=METRICS[VERDICT_SEVERITY],
            comparison="<=",
            threshold=level,
            severity=severity,
            query=Query(timedelta(), 1),
            timing=Timing(timedelta(seconds=hold_s if level > 1 else 0), timedelta(seconds=keep_s)),
        )
        for level, severity in enumerate((Severity.P1, Severity.P2, Severity.P3, Severity.P4), 1)
    ]


def desk(rules: Sequence[Rule], routes: Sequence[Route] = (), policy: Policy | None = None) -> AlertingConfig:
    return AlertingConfig(
        {given_rule.name: given_rule for given_rule in rules},
        routes,
        policy or Policy(),
        "prod (api.example.test)",
    )


def chat(name: str = "chat", **values: object) -> Route:
    return replace(Route(name, RouteKind.APPRISE, "json://127.0.0.1/x"), **values)  # type: ignore[arg-type]


class Clock:
    """A wall clock that tests move."""

    def __init__(self, at: datetime = NOON) -> None:
        self.at = at

    def __call__(self) -> datetime:
        return self.at

    def forward(self, seconds: float) -> datetime:
        self.at += timedelta(seconds=seconds)
        return self.at


@dataclass
class Receiver:
    """Receives pages; `answer` decides how each attempt ends."""

    answer: Callable[[Notification], FailedAttemptError | None] = lambda _page: None
    pages: list[Notification] = field(default_factory=list)

    async def send(self, page: Notification) -> AttemptResult:
        failure = self.answer(page)
        if failure is None:
            self.pages.append(page)
        return AttemptResult(1, failure)

    async def aclose(self) -> None:
        return None


class Memory:
    """A state backend with a variable for a disk."""

    def __init__(self, state: bytes | None = None) -> None:
        self.state = state
        self.aside: list[bytes] = []

    def load(self) -> bytes | None:
        return self.state

    def save(self, state: bytes, entries: object = (), *, essential: bool = True) -> None:
        self.state = state

    def set_aside(self, state: bytes) -> None:
        self.aside.append(state)


PAGE = Notification(
    id="provider@1/1",
    group="provider@1",
    dedup_key="provider",
    kind=NotificationKind.OPENED,
    at=NOON + MINUTE,
    severity=Severity.P1,
    topic="provider",
    cause="provider_outage",
    side=Side.THEM,
    target="prod (api.example.test)",
    title="[P1] prod (api.example.test): all messages fail",
    lines=("What: all messages fail", "Next: back off"),
    since=NOON,
    next_step="back off",
    alerts=("verdict-p1",),
)


@dataclass
class Night:
    """Consecutive evaluations, and every page they called for, as (route, page)."""

    desk: AlertingConfig
    clock: Clock = field(default_factory=Clock)
    ledger: Ledger = field(default_factory=Ledger)
    pages: list[tuple[str, Notification]] = field(default_factory=list)

    def sees(
        self, judged: Verdict = HEALTHY, readings: Readings | None = None, *, after_s: float = 5
    ) -> AlertGroup | None:
        """One evaluation; returns the worst open group."""
        self.clock.forward(after_s)
        self.ledger = advanced(self.ledger, scene(self.clock.at, judged, readings), self.desk)
        self.pages += [(parcel.route, parcel.page) for parcel in self.ledger.outbox]
        self.ledger = replace(self.ledger, outbox=())
        return next((group for group in self.ledger.groups if group.open), None)

    def stays(
        self, judged: Verdict, readings: Readings | None = None, *, for_s: float, every_s: float = 5
    ) -> None:
        for _ in range(int(for_s / every_s)):
            self.sees(judged, readings, after_s=every_s)

    def kinds(self, route: str = "chat") -> list[NotificationKind]:
        return [page.kind for name, page in self.pages if name == route]

    def severities(self, route: str = "chat") -> list[tuple[NotificationKind, Severity]]:
        return [(page.kind, page.severity) for name, page in self.pages if name == route]


def night(*rules: object, routes: Sequence[Route] = (chat(),), policy: Policy | None = None) -> Night:
    return Night(desk([*verdict_rules(), *rules], routes, policy))  # type: ignore[list-item]


@dataclass
class Watch:
    """Alerting that evaluates on demand; `receiver` gets the pages of every route."""

    backend: StateBackend = field(default_factory=Memory)
    receiver: Receiver = field(default_factory=Receiver)
    routes: Sequence[Route] = (chat(),)
    keep_s: float = 60
    clock: Clock = field(default_factory=Clock)
    couriers: list[NotificationWorker] = field(default_factory=list)
    receivers: dict[str, Receiver] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.alerting = Alerting(
            verdict_rules(keep_s=self.keep_s),
            AlertSettings(routes=tuple(self.routes)),
            target=TARGET,
            backend=self.backend,
            now=self.clock,
            open_worker=self._open,
        )

    def _open(self, route: Route, kept: StateHolder, _redactor: Redactor) -> DeliveryWorker:
        courier = NotificationWorker(route, kept, self.clock, self.receivers.get(route.name, self.receiver))
        self.couriers.append(courier)
        return courier

    def sees(self, judged: Verdict = HEALTHY, *, after_s: float = 5) -> AlertsView:
        return self.alerting.evaluate(scene(self.clock.forward(after_s), judged))

    async def deliver(self) -> None:
        for courier in self.couriers:
            while await courier.step() == 0:
                pass


@asynccontextmanager
async def running(watch: Watch) -> AsyncIterator[asyncio.Task[None]]:
    task = asyncio.create_task(watch.alerting.run())
    try:
        yield task
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)


async def eventually(true: Callable[[], object]) -> None:
    async with asyncio.timeout(60):
        while not true():  # noqa: ASYNC110 - what is waited for has no Event
            await asyncio.sleep(0)


async def loaded(watch: Watch) -> Watch:
    await watch.alerting.load()
    return watch


def tried(*routes: Route, name: str | None = None) -> tuple[int, list[str]]:
    """The exit code and the output of `claude-top alerts test` with these routes."""
    lines: list[str] = []
    code = try_routes(
        AlertSettings(routes=routes),
        name,
        target="prod",
        now=lambda: NOON,
        emit=lines.append,
        policy=RetryPolicy(),
    )
    return code, lines


def routes_toml(host: str) -> str:
    """Settings with two routes to `host`, both with a secret."""
    return f"""
        name = "prod"
        [alerts.routes.chat]
        kind = "apprise"
        url = "json://user:s3cretpass@{host}/hookSECRET"
        [alerts.routes.pager]
        kind = "pagerduty"
        url = "http://{host}/v2/enqueue"
        routing_key_env = "PAGERDUTY_KEY"
        """
