"""What the scenes are built of: the instant, the target, and a builder for each part of a Snapshot."""

from __future__ import annotations

import math
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from math import inf

from claude_tui.model.alert import AlertGroup, AlertsView, Content, SeverityPeriod
from claude_tui.model.observation import FailureKind, Observation, Outcome, Source, Timings
from claude_tui.model.provider import Component, ProviderIncident, ProviderStatus
from claude_tui.model.snapshot import (
    EngineState,
    ErrorDetail,
    ErrorRow,
    ErrorWindow,
    Event,
    EventKind,
    Headroom,
    LatencySeries,
    LatencyView,
    Level,
    Notice,
    ProbeState,
    Snapshot,
    Spend,
    StatusView,
    Target,
)
from claude_tui.model.verdict import Cause, PageAgreement, Severity, Side, Verdict
from tests.builders import stated

AT = datetime(2026, 11, 20, 14, 5, 33, tzinfo=UTC)
TARGET = Target("prod", "https://api.anthropic.com", "api.anthropic.com", "claude-haiku-5-5")
API, WEB, CODE, CONSOLE = "k8w3r06qmzrp", "rwppv331jlwc", "yyzkbfz2thpt", "0qbwn08sd68x"
COMPONENTS = (
    Component(WEB, "claude.ai", "operational"),
    Component(CONSOLE, "Claude Console (platform.claude.com)", "operational"),
    Component(API, "Claude API (api.anthropic.com)", "operational"),
    Component(CODE, "Claude Code", "operational"),
    Component("bpp5gb3hpjcl", "Claude Cowork", "operational"),
    Component("0scnb50nvy53", "Claude for Government", "operational"),
)


def before(seconds: float) -> datetime:
    return AT - timedelta(seconds=seconds)


def later(snapshot: Snapshot, seconds: float) -> Snapshot:
    """The same world `seconds` later, with nothing measured since."""
    return replace(snapshot, at=snapshot.at + timedelta(seconds=seconds))


def probes(messages_held: str | None = None) -> tuple[ProbeState, ...]:
    return (
        ProbeState(Source.STATUS, 60.0, before(-46), False, before(14)),
        ProbeState(Source.MODELS, 15.0, before(-12), False, before(3)),
        ProbeState(Source.MESSAGES, 30.0, before(-28), False, before(2), None, messages_held),
    )


def engine(*notices: Notice, spent: float = 0.03, held: str | None = None) -> EngineState:
    return EngineState(TARGET, probes(held), Spend(spent, 0.50), notices)


def page(status: str = "operational", incidents: tuple[ProviderIncident, ...] = ()) -> ProviderStatus:
    components = tuple(replace(c, status=status) if c.id == API else c for c in COMPONENTS)
    return ProviderStatus(
        before(14), "https://status.claude.com/api/v2/summary.json", "none", "All Systems Operational",
        components, incidents,
    )  # fmt: skip


def status_view(status: ProviderStatus | None, level: Level, silent: float | None = None) -> StatusView:
    checked = status.fetched_at if status else None
    read = checked if status and status.known else None
    silent_since = before(silent) if silent is not None else None
    return StatusView(status, frozenset({API}), checked, read, level, silent_since)


def bucket(
    name: str, limit: int, remaining: int, level: Level = Level.OK, *, reset: float | None = 41,
    burn: float | None = None, out: float | None = None,
) -> Headroom:  # fmt: skip
    reset_at = before(-reset) if reset is not None else None
    exhausted = timedelta(seconds=out) if out is not None else None
    return Headroom(name, limit, remaining, reset_at, burn, exhausted, level, before(2))


def wave(count: int, base: float, swing: float, seed: float) -> tuple[float | None, ...]:
    return tuple(
        base * (1 + swing * abs(math.sin(seed + 1.7 * n) * math.cos(0.6 * seed + 0.9 * n)))
        for n in range(count)
    )


def series(
    name: str, points: tuple[float | None, ...], now: float | None, p50: float, p95: float, p99: float,
    baseline: float, level: Level = Level.OK, *, age: float = 2, samples: int = 30,
) -> LatencySeries:  # fmt: skip
    times = now / baseline if now is not None else None
    warn, slow = (max(ratio * baseline, baseline + 0.3, 0.5) for ratio in (2, 3))
    day = timedelta(hours=24)
    return LatencySeries(
        name, points, now, before(age), p50, p95, p99, samples, baseline, day, times, level,
        warn_above_s=warn, slow_above_s=slow if name == "TTFT" else inf,
    )  # fmt: skip


def latency(*rows: LatencySeries, **more: object) -> LatencyView:
    view = LatencyView(
        series=rows,
        span=timedelta(minutes=15),
        phases=Timings(0.002, 0.014, 0.031, 0.135, None, 0.182),
        phases_at=before(3),
        server_s=0.119,
        network_s=0.016,
        skew_s=0.2,
        tls_expires_at=AT + timedelta(days=61),
    )
    return replace(view, **more)  # type: ignore[arg-type]


ROWS = (
    ("overloaded", "529 overloaded"),
    ("server_error", "500 api error"),
    ("rate_limited", "429 rate limit"),
    ("timeout", "timeouts"),
    ("yours", "client errors (4xx)"),
    ("network", "network"),
    ("bad_answer", "bad answer"),
)
KINDS: dict[str, tuple[Outcome, int | None, str]] = {
    "overloaded": (Outcome.OVERLOADED, 529, "overloaded_error"),
    "server_error": (Outcome.SERVER_ERROR, 500, "api_error"),
    "rate_limited": (Outcome.RATE_LIMITED, 429, "rate_limit_error"),
    "network": (Outcome.NETWORK, None, "unreachable"),
}


def errors(requests: int, levels: dict[str, Level], **trends: tuple[int, ...]) -> tuple[ErrorWindow, ...]:
    """The three windows. `trends` are failures per bin by class, oldest first."""
    windows = []
    for minutes, bins in ((1, 4), (5, 12), (60, 12)):
        total = max(round(requests * minutes / 5), 1) if requests else 0
        rows = []
        for key, label in ROWS:
            trend = (*((0,) * 12), *trends.get(key, ()))[-bins:]
            count = sum(trend)
            share = count / total if total else None
            rows.append(ErrorRow(key, label, count, share, trend, levels.get(key, Level.OK)))
        failures = sum(row.count for row in rows)
        details = (
            ErrorDetail(FailureKind(Source.MESSAGES, *KINDS[row.key]), row.count, before(2), row.key)
            for row in rows
            if row.count
        )
        windows.append(ErrorWindow(timedelta(minutes=minutes), total, failures, tuple(rows), tuple(details)))
    return tuple(windows)


def event(
    age: float,
    kind: EventKind,
    level: Level,
    subject: str,
    text: str,
    request_id: str | None = None,
    *,
    failed: str = "overloaded",
    retry_after_s: float | None = None,
) -> Event:
    """`failed` is a key of KINDS: what the observation of it was, where it has a request id."""
    at = before(age)
    seen = None
    if request_id is not None:
        outcome, status, error_type = KINDS[failed]
        seen = Observation(
            at, Source.MESSAGES, TARGET.base_url, outcome, status, error_type,
            message=failed.replace("_", " ").capitalize(), request_id=request_id or None,
            timings=Timings(total=0.21), retry_after_s=retry_after_s,
        )  # fmt: skip
    return Event(f"{kind}:{subject}:{at.isoformat()}", at, kind, level, subject, text, seen)


def failure(age: float, text: str, request_id: str, **more: object) -> Event:
    return event(age, EventKind.FAILURE, Level.BAD, "messages", text, request_id, **more)  # type: ignore[arg-type]


def newest_first(*events: Event) -> tuple[Event, ...]:
    return tuple(sorted(events, key=lambda event: event.at, reverse=True))


def verdict(**more: object) -> Verdict:
    """All is well, but for what is said otherwise."""
    well = Verdict(
        Cause.HEALTHY,
        Side.NONE,
        Severity.NONE,
        0.98,
        "All is well. Messages answer, first token after 412 ms.",
        stated(
            "29 of the last 29 message probes answered; models answer in 182 ms.",
            "Status page: no incident on your components.",
        ),
        "Nothing to do.",
        None,
        PageAgreement.AGREES,
        opening="All is well.",
    )
    return replace(well, **more)  # type: ignore[arg-type]


def group(
    topic: str,
    severity: Severity,
    what: str,
    side: Side,
    age: float,
    *alerts: str,
    led: bool = False,
    **more: object,
) -> AlertGroup:
    """An open group of alerts, of which one page has gone out."""
    at = before(age)
    opened = AlertGroup(
        f"{topic}@{at:%Y%m%dT%H%M%S}",
        topic,
        topic,
        at,
        (SeverityPeriod(severity, at),),
        Content(topic, side, what, at),
        alerts,
        led,
        ("screen", "oncall"),
        pages=1,
        paged_at=at,
        paged_severity=severity,
    )
    return replace(opened, **more)  # type: ignore[arg-type]


def alerted(state: EngineState, *groups: AlertGroup) -> EngineState:
    return replace(state, alerts=AlertsView(groups=groups))
