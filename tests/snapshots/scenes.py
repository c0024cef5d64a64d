"""Fixed Snapshots for tests of the screens: one function per state of the world, always the same values.

`at` is 2026-11-20 14:05:33 UTC. Everything else counts from there.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta

from claude_tui.model.alert import Acknowledgement
from claude_tui.model.provider import Component, IncidentUpdate, Maintenance, ProviderIncident, ProviderStatus
from claude_tui.model.snapshot import (
    EngineState,
    EventKind,
    HeadroomView,
    LatencySeries,
    LatencyView,
    Level,
    Notice,
    Snapshot,
    Spend,
    Target,
    WindowUsage,
)
from claude_tui.model.verdict import Cause, PageAgreement, Severity, Side, Verdict
from tests.builders import stated
from tests.snapshots import troubles
from tests.snapshots.parts import (
    API,
    AT,
    CODE,
    CONSOLE,
    TARGET,
    WEB,
    alerted,
    before,
    bucket,
    engine,
    errors,
    event,
    group,
    latency,
    later,
    newest_first,
    page,
    series,
    status_view,
    verdict,
    wave,
)
from tests.snapshots.troubles import healthy

__all__ = ["AT", "EVIL", "SCENES", "before", "engine", "event", "later", "verdict"]


OVERLOADED = "It’s them. The API is overloaded (529)."
RAMP = (0, 0, 0, 0, 1, 1, 2, 3, 4, 4, 4, 5)


def overloaded() -> Snapshot:
    """The trouble of the mockups: 529 for three minutes, the status page not yet awake."""
    calm = healthy()
    climb = (0.9, 1.2, 1.6, 2.4, 2.2, 3.1, 3.8, 4.4, 4.1, 4.2, 3.9, 4.1)
    return replace(
        calm,
        engine=alerted(
            calm.engine,
            group("provider", Severity.P1, OVERLOADED, Side.THEM, 160, "verdict-p1", from_verdict=True),
        ),
        verdict=verdict(
            cause=Cause.PROVIDER_OVERLOADED,
            side=Side.THEM,
            severity=Severity.P1,
            confidence=0.97,
            summary=OVERLOADED,
            evidence=stated(
                "25 of 26 failed: 24 overloaded_error, 1 other; models answer in 182 ms.",
                "Key, network fine.",
                "Status page: no incident on your components.",
            ),
            next_step="Back off 30–60 s, shed load, use the fallback",
            retry_after_s=30.0,
            page=PageAgreement.SILENT,
            since=before(202),
            detected_at=before(171),
            respond_by=before(171),
        ),
        status=status_view(page(), Level.OK, silent=202),
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
            event(
                128,
                EventKind.FAILURE,
                Level.BAD,
                "messages",
                "500 api error",
                "req_011CZfAbC2dE6gHj",
                failed="server_error",
            ),
            event(159, EventKind.ALERT, Level.BAD, "alert", f"[P1] prod (api.anthropic.com): {OVERLOADED}"),
            event(160, EventKind.VERDICT, Level.BAD, "verdict", f"P1 {OVERLOADED}"),
            event(171, EventKind.FAILURE, Level.BAD, "messages", "529 overloaded", "req_011CZeZab7"),
            event(188, EventKind.LIMIT, Level.WARN, "limit", "input-tokens limit fell from 400k to 80k"),
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
    eve = Acknowledgement("eve", "looking", before(2_500))
    told = group(
        "provider",
        Severity.P1,
        OVERLOADED,
        Side.THEM,
        2_700,
        "verdict-p1",
        from_verdict=True,
        acknowledged=eve,
    )
    judged = replace(
        scene.verdict,
        confidence=0.99,
        evidence=stated(
            "88 of 92 failed: overloaded_error; models answer in 182 ms.",
            "Key, network fine.",
            f"Status page: Claude API major outage; identified: {ours.name}.",
        ),
        page=PageAgreement.CONFIRMS,
        since=before(2_760),
        detected_at=before(2_729),
        respond_by=before(2_729),
        lead=timedelta(seconds=240),
    )
    acknowledged = event(
        2_500, EventKind.ALERT, Level.INFO, "alert", f"acknowledged by eve: looking · {OVERLOADED}"
    )
    seen = (each for each in scene.events if each.at > before(100))
    events = newest_first(*seen, acknowledged, *healthy().events)
    return replace(
        scene,
        engine=alerted(scene.engine, told),
        status=status_view(status, Level.BAD),
        verdict=judged,
        events=events,
    )


def no_key() -> Snapshot:
    calm = healthy()
    reason = "no key: set ANTHROPIC_API_KEY"
    notice = Notice("key", Level.BAD, reason, before(60))
    return replace(
        calm,
        engine=replace(engine(notice, spent=0.0, held=reason), target=replace(TARGET, model=None)),
        verdict=unknown(
            "Unknown. Inference is not probed: there is no usable key.",
            "Set ANTHROPIC_API_KEY and start again",
            "Models answer in 182 ms, which says nothing of inference.",
            f"{reason}.",
            "Status page: no incident on your components.",
        ),
        headroom=HeadroomView((), (), None, None, False),
        latency=latency(unmeasured("TTFT"), unmeasured("message"), calm.latency.series[2]),
        errors=errors(20, {}),
    )


def unknown(
    summary: str, next_step: str, *evidence: str, page: PageAgreement = PageAgreement.SILENT
) -> Verdict:
    return verdict(
        cause=Cause.UNKNOWN,
        side=Side.UNCLEAR,
        confidence=0.0,
        summary=summary,
        evidence=stated(*evidence),
        next_step=next_step,
        page=page,
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
        verdict=unknown(
            "Unknown yet. No probe has come back.",
            "Wait for the first probes, or press p to probe now",
            "Status page not read yet.",
            page=PageAgreement.UNKNOWN,
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
    unread = ProviderStatus(
        before(14),
        "https://anthropic.statuspage.io/api/v2/summary.json",
        unknown_reason="HTTP 405 and an HTML page instead of JSON from all 3 hosts",
    )
    view = replace(status_view(unread, Level.UNKNOWN), read_at=before(1_234))
    told = (calm.verdict.evidence[0].text, f"Status page unknown: {unread.unknown_reason}.")
    return replace(
        calm,
        verdict=verdict(evidence=stated(*told), confidence=0.98, page=PageAgreement.UNKNOWN),
        status=view,
    )


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
        verdict=verdict(
            confidence=0.75,
            summary="All is well. Messages answer, first token after 470 ms.",
            evidence=stated(
                "2 of the last 2 message probes answered; models answer in 182 ms.",
                "Status page: no incident on your components.",
            ),
        ),
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
            alerted(
                engine(Notice("n", Level.WARN, long, AT)),
                group("provider", Severity.P1, long, Side.THEM, 5),
            ),
            target=Target(EVIL, "https://x", "漢" * 80, EVIL),
        ),
        verdict=replace(
            scene.verdict, summary=long, next_step=long, note=long,
            evidence=stated(long, "Status page: " + long),
            bucket=EVIL, set_by=EVIL, computed=Severity.P4, since=before(10**9), also=tuple(Cause),
            retry_after_s=1e12, lead=timedelta(seconds=10**9), respond_by=before(-(10**9)),
        ),
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
    **troubles.SCENES,
}
