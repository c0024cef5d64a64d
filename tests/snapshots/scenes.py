"""Fixed Snapshots for tests of the screens: one function per state of the world, always the same values.

`at` is 2026-11-20 14:05:33 UTC. Everything else counts from there.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta

from claude_tui.model.observation import Observation, Outcome, Source, Timings
from claude_tui.model.provider import Component, IncidentUpdate, Maintenance, ProviderIncident, ProviderStatus
from claude_tui.model.snapshot import (
    EngineState,
    ErrorDetail,
    ErrorRow,
    ErrorWindow,
    Event,
    EventKind,
    Headroom,
    HeadroomView,
    LatencySeries,
    LatencyView,
    Level,
    Notice,
    ProbeState,
    Snapshot,
    Spend,
    StatusView,
    Summary,
    Target,
    WindowUsage,
)

__all__ = ["AT", "SCENES", "later"]

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
    return StatusView(status, frozenset({API}), checked, read, silent_since, level)


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
    return LatencySeries(
        name, points, now, before(age), p50, p95, p99, samples, baseline, timedelta(hours=24), times, level
    )


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
    ("yours", "4xx yours"),
    ("network", "network"),
    ("bad_answer", "bad answer"),
)
KINDS = {
    "overloaded": (Outcome.OVERLOADED, 529, "overloaded_error"),
    "server_error": (Outcome.SERVER_ERROR, 500, "api_error"),
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
            ErrorDetail(Source.MESSAGES, *KINDS[row.key], row.count, before(2), row.key)
            for row in rows
            if row.count
        )
        windows.append(ErrorWindow(timedelta(minutes=minutes), total, failures, tuple(rows), tuple(details)))
    return tuple(windows)


def event(
    age: float, kind: EventKind, level: Level, subject: str, text: str, request_id: str | None = None
) -> Event:
    at = before(age)
    seen = None
    if request_id is not None:
        seen = Observation(
            at, Source.MESSAGES, TARGET.base_url, Outcome.OVERLOADED, 529, "overloaded_error",
            message="Overloaded", request_id=request_id, timings=Timings(total=0.21),
        )  # fmt: skip
    return Event(f"{kind}:{subject}:{at.isoformat()}", at, kind, level, subject, text, seen)


def healthy() -> Snapshot:
    return Snapshot(
        at=AT,
        engine=engine(),
        summary=Summary(
            Level.OK,
            "All probes succeed",
            "Messages answer in 644 ms (TTFT 412 ms). Models answer in 182 ms. "
            "Status page reports no trouble.",
            None,
        ),
        status=status_view(page(), Level.OK),
        headroom=HeadroomView(
            (
                bucket("tokens", 2_400_000, 1_610_000, burn=41_200),
                bucket("input-tokens", 2_000_000, 1_550_000, burn=39_000),
                bucket("requests", 1_000, 981, burn=2.0),
                bucket("output-tokens", 400_000, 399_000, burn=16.0),
            ),
            (),
            before(2),
            "req_011CZkPqW3mF8sVbT2nXy7La",
            False,
        ),
        latency=latency(
            series("TTFT", wave(45, 0.36, 0.5, 1.0), 0.412, 0.405, 0.531, 0.588, 0.41),
            series("message", wave(45, 0.58, 0.4, 2.0), 0.644, 0.638, 0.792, 0.831, 0.64),
            series("models", wave(45, 0.165, 0.5, 3.0), 0.182, 0.171, 0.24, 0.26, 0.176, samples=60),
        ),
        errors=errors(58, {}),
        events=(
            event(610, EventKind.RECOVERY, Level.OK, "messages", "200  644 ms  after 31s of failures"),
            event(641, EventKind.FAILURE, Level.WARN, "messages", "500 api error", "req_011CZhXX"),
            event(
                3_700,
                EventKind.LIMIT,
                Level.INFO,
                "limit",
                "input-tokens limit rose from 80,000 to 400,000",
            ),
            event(9_000, EventKind.STATUS, Level.OK, "status", "resolved: Elevated errors on claude.ai"),
        ),
        catalogue=None,
    )


RAMP = (0, 0, 0, 0, 1, 1, 2, 3, 4, 4, 4, 5)


def overloaded() -> Snapshot:
    """The trouble of the mockups: 529 for three minutes, the status page not yet awake."""
    calm = healthy()
    climb = (0.9, 1.2, 1.6, 2.4, 2.2, 3.1, 3.8, 4.4, 4.1, 4.2, 3.9, 4.1)
    return replace(
        calm,
        summary=Summary(
            Level.BAD,
            "Messages fail: 24 of 26 in 5m, 529 overloaded_error",
            "Models answer in 182 ms. Status page silent for 3m 22s since the first failure.",
            before(202),
        ),
        status=status_view(page("degraded_performance"), Level.WARN, silent=202),
        headroom=HeadroomView(
            (
                bucket("input-tokens", 80_000, 14_200, Level.WARN, burn=4_480, out=190),
                bucket("tokens", 96_000, 30_100, burn=4_700, out=384),
                bucket("requests", 1_000, 812, burn=2.0),
                bucket("output-tokens", 16_000, 15_500, reset=None),
            ),
            (),
            before(2),
            "req_011CZkPqW3mF8sVbT2nXy7La",
            False,
        ),
        latency=latency(
            series("TTFT", (*wave(33, 0.36, 0.5, 1.0), *climb), 4.1, 0.41, 3.8, 4.3, 0.418, Level.BAD),
            series(
                "message",
                (*wave(33, 0.58, 0.4, 2.0), *(c + 0.6 for c in climb)),
                4.92,
                0.64,
                4.4,
                4.9,
                0.639,
                Level.BAD,
            ),
            calm.latency.series[2],
        ),
        errors=errors(
            26,
            {"overloaded": Level.BAD, "server_error": Level.WARN},
            overloaded=RAMP,
            server_error=(1, 0, 0, 0, 0, 0),
        ),
        events=(
            event(2, EventKind.FAILURE, Level.BAD, "messages", "529 overloaded", "req_011CZkPqW3"),
            event(35, EventKind.FAILURE, Level.BAD, "messages", "529 overloaded", "req_011CZhQrT5"),
            event(66, EventKind.FAILURE, Level.BAD, "messages", "529 overloaded", "req_011CZgLmN4"),
            event(95, EventKind.STATUS, Level.WARN, "status", "Claude API degraded performance"),
            event(128, EventKind.FAILURE, Level.WARN, "messages", "500 api error", "req_011CZfAbC2dE6gHj"),
            event(160, EventKind.LIMIT, Level.WARN, "limit", "input-tokens limit fell from 400k to 80k"),
            event(202, EventKind.FAILURE, Level.BAD, "messages", "529 overloaded", "req_011CZeWxY1"),
            *calm.events,
        ),
    )


def incident() -> Snapshot:
    """The page has woken up: an open incident of ours, one of others, and maintenance ahead."""
    scene = overloaded()
    ours = ProviderIncident(
        "9l93x2ht4s5w",
        "Elevated errors on requests to Claude Opus 5.5 and Claude Haiku 5.5",
        "identified",
        "major",
        before(2_520),
        (API, CODE),
        (
            IncidentUpdate(
                before(318),
                "identified",
                "We have identified the cause of the elevated error rates and are working on a fix. "
                "Customers may continue to see overloaded errors.",
            ),
            IncidentUpdate(before(2_520), "investigating", "We are investigating elevated errors."),
        ),
    )
    other = ProviderIncident(
        "kknx3x153yhp", "Login problems on claude.ai", "monitoring", "minor", before(5_000), (WEB,), ()
    )
    status = replace(
        page("major_outage", (other, ours)),
        maintenances=(
            Maintenance("m1", "Database upgrade", "scheduled", before(-7_300), before(-9_100), (CONSOLE,)),
        ),
    )
    detail = (
        "Models answer in 182 ms. Status page: Claude API major outage; identified, Elevated errors on "
        "requests to Claude Opus 5.5 and Claude Haiku 5.5."
    )
    summary = replace(scene.summary, detail=detail)
    return replace(scene, summary=summary, status=status_view(status, Level.BAD))


def no_key() -> Snapshot:
    calm = healthy()
    notice = Notice(
        "no-key", Level.WARN, "No key: set ANTHROPIC_API_KEY to measure messages and limits.", before(60)
    )
    return replace(
        calm,
        engine=replace(engine(notice, spent=0.0, held="no key"), target=replace(TARGET, model=None)),
        summary=Summary(
            Level.UNKNOWN,
            "Messages are not probed: no key",
            "Models answer in 182 ms. Status page reports no trouble.",
            None,
        ),
        headroom=HeadroomView((), (), None, None, False),
        latency=latency(replace(unmeasured("TTFT")), replace(unmeasured("message")), calm.latency.series[2]),
    )


def unmeasured(name: str) -> LatencySeries:
    return LatencySeries(name, (None,) * 45, None, None, None, None, None, 0, None, None, None, Level.UNKNOWN)


def nothing() -> Snapshot:
    """The first second of the first run: not one probe has come back."""
    calm = healthy()
    waiting = tuple(replace(probe, next_at=None, last_at=None, running=True) for probe in calm.engine.probes)
    return replace(
        calm,
        engine=EngineState(replace(TARGET, model=None), waiting, Spend(0.0, 0.50), ()),
        summary=Summary(
            Level.UNKNOWN, "No messages probe yet", "No models probe yet. Status page not read yet.", None
        ),
        status=status_view(None, Level.UNKNOWN),
        headroom=HeadroomView((), (), None, None, False),
        latency=LatencyView(
            tuple(unmeasured(name) for name in ("TTFT", "message", "models")),
            timedelta(minutes=15), None, None, None, None, None, None,
        ),
        errors=errors(0, {}),
        events=(),
    )  # fmt: skip


def page_unknown() -> Snapshot:
    """Every status host answers something that is not the status page; the last good read is old."""
    calm = healthy()
    unknown = ProviderStatus(
        before(14),
        "https://anthropic.statuspage.io/api/v2/summary.json",
        unknown_reason="HTTP 405 and an HTML page instead of JSON from all 3 hosts",
    )
    view = replace(status_view(unknown, Level.UNKNOWN, silent=None), read_at=before(1_234))
    detail = (
        "Messages answer in 644 ms (TTFT 412 ms). Models answer in 182 ms. "
        f"Status page unknown: {unknown.unknown_reason}."
    )
    return replace(calm, summary=replace(calm.summary, detail=detail), status=view)


def few_samples() -> Snapshot:
    """Two minutes after a first start: figures exist, percentiles and baselines do not."""
    calm = healthy()
    points = (*((None,) * 41), 0.44, None, 0.47, None)
    ttft = LatencySeries("TTFT", points, 0.47, before(100), None, None, None, 2, None, None, None, Level.OK)
    models = replace(
        calm.latency.series[2], baseline=0.176, baseline_span=timedelta(seconds=125), samples=8, p99=None
    )
    return replace(
        calm,
        latency=latency(ttft, replace(ttft, name="message", now=0.7), models, skew_s=-4.2,
                        tls_expires_at=AT + timedelta(days=12), server_s=None, network_s=None),
        headroom=replace(calm.headroom, read_at=before(260), stale=True),
        errors=errors(5, {}),
        events=(),
    )  # fmt: skip


def subscription() -> Snapshot:
    calm = healthy()
    return replace(
        calm,
        headroom=HeadroomView(
            (),
            (
                WindowUsage("5h", 0.97, before(-4_210), "allowed_warning", Level.BAD, before(2)),
                WindowUsage("7d", 0.62, before(-201_000), "allowed", Level.OK, before(2)),
                WindowUsage("7d_oi", 1.04, before(-201_000), "rejected", Level.BAD, before(2)),
            ),
            before(2),
            "req_011CZkPqW3mF8sVbT2nXy7La",
            False,
        ),
    )


def degraded_program() -> Snapshot:
    """The program's own troubles, several at once: memory only, budget spent, badge of a demo."""
    notices = (
        Notice("store", Level.WARN, "History is kept in memory only: /var/lib/claude-top is read-only.", AT),
        Notice("budget", Level.WARN, "probe budget spent: $0.50 of $0.50 today; messages are not probed "
               "until 00:00 UTC (daily_ceiling_usd)", AT),
        Notice("damaged", Level.INFO, "A damaged store was set aside as history.damaged-1.db.", AT),
    )  # fmt: skip
    state = replace(engine(*notices, spent=0.502, held="budget spent"), demo="tour", speed=4.0)
    return replace(healthy(), engine=state)


EVIL = (
    "␛]0;owned␇␛[2J [bold red]markup[/] [@click=app.quit]x[/] "
    "<202E>drawkcab<202C> 漢字かな交じり文 🚀🔥👍🏽 👩🏽 é̂̃ עברית العربية "
)


def hostile() -> Snapshot:
    """What an attacker in the middle might send, as it looks after the redactor has made it inert."""
    scene = incident()
    long = (EVIL * 120)[:10_000]
    bad = replace(event(1, EventKind.FAILURE, Level.BAD, "messages", long, "req_" + EVIL), detail=long)
    update = IncidentUpdate(before(30), EVIL[:60], long)
    status = page(
        "[red]" + EVIL, (ProviderIncident("x", long, EVIL, "major", before(600), (API,), (update,)),)
    )
    status = replace(
        status,
        components=(
            *status.components,
            *(Component(f"c{n}", EVIL + str(n), "major_outage") for n in range(9)),
        ),
        source="https://" + "a" * 300 + ".example/",
    )
    return replace(
        scene,
        engine=replace(
            engine(Notice("n", Level.WARN, long, AT)),
            target=Target(EVIL, "https://x", "漢" * 80, EVIL),
        ),
        summary=Summary(Level.BAD, long, long, before(10**9)),
        status=status_view(status, Level.BAD),
        headroom=HeadroomView(
            (bucket(EVIL, 10**15, -5, Level.BAD, burn=1e12, out=1e9), bucket("漢" * 40, 0, 7, Level.BAD)),
            (WindowUsage(EVIL, 1e9, before(1e8), EVIL, Level.BAD, AT),),
            before(1e7), EVIL, True,
        ),
        latency=latency(series(EVIL, (1e9, None, 1e-9) * 15, 1e9, 1e-7, 1e5, 1e6, 1e-6, Level.BAD)),
        events=(bad, *(replace(bad, key=f"k{n}", subject=EVIL, at=before(n * 40_000)) for n in range(400))),
    )  # fmt: skip


SCENES: dict[str, Callable[[], Snapshot]] = {
    "healthy": healthy,
    "overloaded": overloaded,
    "incident": incident,
    "no_key": no_key,
    "nothing": nothing,
    "page_unknown": page_unknown,
    "few_samples": few_samples,
    "subscription": subscription,
    "degraded_program": degraded_program,
    "hostile": hostile,
}
