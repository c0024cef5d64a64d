"""Scenes of the verdict and the alerts: whose it is, how bad, and who is at it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta

from claude_tui.model.alert import Acknowledgement, Snooze
from claude_tui.model.observation import Timings
from claude_tui.model.provider import IncidentUpdate, ProviderIncident, ProviderStatus
from claude_tui.model.snapshot import EventKind, HeadroomView, Level, Snapshot
from claude_tui.model.verdict import Cause, PageAgreement, RetrySource, Severity, Side
from tests.builders import stated
from tests.snapshots.parts import (
    API,
    AT,
    alerted,
    before,
    bucket,
    engine,
    errors,
    event,
    failure,
    group,
    latency,
    newest_first,
    page,
    series,
    status_view,
    verdict,
    wave,
)

__all__ = ["SCENES", "healthy"]

MONDAY = datetime(2026, 11, 23, 9, 0, tzinfo=UTC)
NOTHING_OF_OURS = "Status page: no incident on your components."
LIMITED = "It’s us. Our rate limit is reached: input (429)."
UNREACHABLE = "It’s the network between us and the API. Can’t connect (api.anthropic.com): no route to host."
RARE = "It’s them. A few calls fail now and then (500)."
SLOW = "It’s them. Time to first token is high: 1.60 s, 3.9× usual."


def healthy() -> Snapshot:
    return Snapshot(
        at=AT,
        engine=engine(),
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
        events=newest_first(
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
        verdict=verdict(),
        catalogue=None,
    )


def rate_limited() -> Snapshot:
    """Our own limit, and an overload of theirs beside it; the server says how long to wait."""
    calm = healthy()
    failed = [
        failure(age, "429 rate limit", request_id, failed="rate_limited", retry_after_s=43.0)
        for age, request_id in ((2, "req_011CZkPqW3"), (64, "req_011CZhQrT5"), (250, "req_011CZeWxY1"))
    ]
    return replace(
        calm,
        engine=alerted(
            calm.engine, group("rate_limited", Severity.P2, LIMITED, Side.US, 130, from_verdict=True)
        ),
        headroom=HeadroomView(
            (
                bucket("input-tokens", 80_000, 0, Level.BAD, reset=41, burn=81_000),
                bucket("tokens", 96_000, 15_400, Level.WARN, burn=82_000),
                bucket("requests", 1_000, 812, burn=2.0),
                bucket("output-tokens", 16_000, 15_500, reset=None),
            ),
            (),
            before(2),
            "req_011CZkPqW3mF8sVbT2nXy7La",
            False,
        ),
        errors=errors(
            26,
            {"rate_limited": Level.BAD, "overloaded": Level.WARN},
            rate_limited=(0, 0, 1, 1, 0, 2, 1, 1, 2, 1, 1, 1),
            overloaded=(0, 0, 0, 0, 0, 1, 0, 0, 0, 1, 0, 0),
        ),
        events=newest_first(
            *failed[:2],
            event(220, EventKind.VERDICT, Level.BAD, "verdict", f"P2 {LIMITED}"),
            failed[2],
            *calm.events,
        ),
        verdict=verdict(
            cause=Cause.RATE_LIMITED,
            side=Side.US,
            severity=Severity.P2,
            confidence=0.93,
            summary=LIMITED,
            evidence=stated(
                "13 of 26 failed: 11 rate_limit_error, 2 other; models answer in 182 ms.",
                "Key, network fine.",
                "input-tokens: 0 of 80,000 left at the refusal.",
                "Also, of the last 13 failures: 2 overloaded_error.",
                NOTHING_OF_OURS,
            ),
            next_step="Wait for retry-after, send less: queue or batch what can wait",
            retry_after_s=41.0,
            retry_source=RetrySource.SERVER,
            bucket="input",
            also=(Cause.PROVIDER_OVERLOADED,),
            since=before(250),
            detected_at=before(220),
            respond_by=before(220 - 900),
        ),
    )


def notice() -> Snapshot:
    """They report trouble with what we use; our own probes see none."""
    calm = healthy()
    ours = ProviderIncident(
        "9l93x2ht4s5w",
        "Elevated errors on Claude Opus 5.5",
        "investigating",
        "minor",
        before(1_500),
        (API,),
        (IncidentUpdate(before(1_500), "investigating", "We are investigating elevated errors."),),
    )
    return replace(
        calm,
        status=status_view(page("degraded_performance", (ours,)), Level.WARN),
        events=newest_first(
            event(1_488, EventKind.STATUS, Level.WARN, "status", f"investigating: {ours.name}"),
            *calm.events,
        ),
        verdict=verdict(
            cause=Cause.PROVIDER_NOTICE,
            side=Side.THEM,
            severity=Severity.P4,
            confidence=0.8,
            summary="They report trouble; our own probes are fine.",
            evidence=stated(
                "Messages answer in 644 ms, as usual.",
                f"Status page: Claude API degraded performance; investigating: {ours.name}.",
            ),
            next_step="Check your own error rates, follow the incident, hold off risky changes",
            page=PageAgreement.CONTRADICTS,
            since=before(1_500),
            detected_at=before(1_500),
            respond_by=MONDAY,
        ),
    )  # fmt: skip


def slow() -> Snapshot:
    calm = healthy()
    late = tuple(1.2 + 0.1 * (number % 5) for number in range(9))
    return replace(
        calm,
        latency=latency(
            series("TTFT", (*wave(36, 0.36, 0.5, 1.0), *late), 1.6, 0.44, 1.66, 1.7, 0.41, Level.BAD),
            series(
                "message",
                (*wave(36, 0.58, 0.4, 2.0), *(one + 0.3 for one in late)),
                1.93,
                0.7,
                1.98,
                2.0,
                0.64,
                Level.BAD,
            ),
            calm.latency.series[2],
        ),
        events=newest_first(event(190, EventKind.VERDICT, Level.WARN, "verdict", f"P4 {SLOW}"), *calm.events),
        verdict=verdict(
            cause=Cause.PROVIDER_SLOW,
            side=Side.THEM,
            severity=Severity.P4,
            confidence=0.9,
            summary=SLOW,
            evidence=stated(
                "First token after 1.60 s against 412 ms usually, no errors.",
                "The server itself takes 1.48 s; the network is as usual.",
                NOTHING_OF_OURS,
            ),
            next_step="Stream, allow longer timeouts, prefer a faster model, keep the fallback ready",
            page=PageAgreement.SILENT,
            since=before(250),
            detected_at=before(190),
            respond_by=MONDAY,
        ),
    )  # fmt: skip


def network() -> Snapshot:
    """Nothing gets out: neither the API nor the status page answers."""
    calm = healthy()
    reason = "no route to host"
    unread = ProviderStatus(
        before(14), "https://status.claude.com/api/v2/summary.json", unknown_reason=reason
    )
    failed = [
        event(age, EventKind.FAILURE, Level.BAD, source, f"network: {reason}", "", failed="network")
        for age, source in ((2, "messages"), (3, "models"), (18, "models"), (32, "messages"), (95, "models"))
    ]
    return replace(
        calm,
        status=replace(status_view(unread, Level.UNKNOWN), read_at=before(134)),
        latency=latency(
            *(replace(each, failed_since=3, now_at=before(100)) for each in calm.latency.series),
            phases=Timings(),
            server_s=None,
            network_s=None,
        ),
        errors=errors(30, {"network": Level.BAD}, network=(2, 2, 2, 3)),
        events=newest_first(*failed, *calm.events),
        verdict=verdict(
            cause=Cause.NETWORK,
            side=Side.PATH,
            severity=Severity.P1,
            confidence=0.95,
            summary=UNREACHABLE,
            evidence=stated(
                "4 of 4 message calls failed: network errors (unreachable); models fail too, 6 of 6: "
                "network errors (unreachable).",
                f"Status page unknown: {reason}.",
            ),
            next_step="Try another network; check DNS, proxy, firewall and VPN; call the network team",
            retry_after_s=0.5,
            page=PageAgreement.UNKNOWN,
            since=before(95),
            detected_at=before(80),
            respond_by=before(80),
        ),
    )


def _rare(**more: object) -> Snapshot:
    """A few errors within the hour."""
    calm = healthy()
    told = verdict(
        cause=Cause.PROVIDER_ERRORS,
        side=Side.THEM,
        severity=Severity.P3,
        confidence=0.86,
        summary=RARE,
        evidence=stated(
            "3 of 118 message calls failed within 48m 20s with api_error; the last one 4m 10s ago.",
            NOTHING_OF_OURS,
        ),
        next_step="Let the SDK retry; collect request ids for their support",
        retry_after_s=1.0,
        page=PageAgreement.SILENT,
        since=before(5_100),
        detected_at=before(2_400),
        respond_by=before(2_400 - 3_600),
    )
    return replace(
        calm,
        errors=errors(58, {"server_error": Level.WARN}, server_error=(0, 1, 0)),
        events=newest_first(
            failure(250, "500 api error", "req_011CZk7Q", failed="server_error"),
            event(2_400, EventKind.VERDICT, Level.WARN, "verdict", f"P3 {RARE}"),
            failure(2_400, "500 api error", "req_011CZh2M", failed="server_error"),
            failure(3_150, "500 api error", "req_011CZg1X", failed="server_error"),
            *calm.events[2:],
        ),
        verdict=replace(told, **more),  # type: ignore[arg-type]
    )  # fmt: skip


def severity_set() -> Snapshot:
    """A few errors that somebody knows to be worse than they look."""
    scene = _rare(
        severity=Severity.P1,
        set_by="eve",
        computed=Severity.P3,
        respond_by=before(2_400),
        also=(Cause.NETWORK,),
    )
    marked = event(120, EventKind.PERSON, Level.INFO, "severity", "P1 set by eve: checkout is down")
    return replace(scene, events=(marked, *scene.events))


def overdue() -> Snapshot:
    """Nobody has responded within the hour."""
    return _rare(detected_at=before(5_000), respond_by=before(1_400))


def alert_while_healthy() -> Snapshot:
    """All is well now, and yet there is something to see to: one new, one taken on, one put off."""
    calm = healthy()
    certificate = "The API's TLS certificate expires within 14 days: 12 days"
    model = "A model retires within 30 days: claude-sonnet-4-5 in 10 days"
    budget = "Today's budget for probes is spent: messages are no longer probed: 100%"
    groups = (
        group("certificate", Severity.P4, certificate, Side.PATH, 900, "certificate"),
        group(
            "model", Severity.P4, model, Side.US, 7_200, "model-retiring",
            acknowledged=Acknowledgement("eve", "moving to 5.5", before(6_000)),
        ),
        group(
            "budget", Severity.P4, budget, Side.US, 5_000, "budget-spent",
            snoozed=Snooze("bob", before(4_000), before(-3_267), Severity.P4),
        ),
    )  # fmt: skip
    return replace(
        calm,
        engine=alerted(engine(), *groups),
        latency=replace(calm.latency, tls_expires_at=AT + timedelta(days=12)),
        events=newest_first(
            event(900, EventKind.ALERT, Level.WARN, "alert", f"[P4] prod (api.anthropic.com): {certificate}"),
            event(4_000, EventKind.ALERT, Level.INFO, "alert", f"snoozed by bob until 15:00 UTC · {budget}"),
            event(
                6_000, EventKind.ALERT, Level.INFO, "alert", f"acknowledged by eve: moving to 5.5 · {model}"
            ),
            *calm.events,
        ),
    )


SCENES: dict[str, Callable[[], Snapshot]] = {
    "rate_limited": rate_limited,
    "notice": notice,
    "slow": slow,
    "network": network,
    "severity_set": severity_set,
    "overdue": overdue,
    "alert_while_healthy": alert_while_healthy,
}
