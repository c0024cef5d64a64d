"""Verdicts, and the runbook on them, for tests."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

from claude_tui.analysis.snapshot import Options, build_snapshot
from claude_tui.model.observation import Observation, Outcome
from claude_tui.model.provider import Catalogue, ProviderStatus
from claude_tui.model.snapshot import EngineState, Snapshot
from claude_tui.model.verdict import Cause, PageAgreement, Severity, Side, Verdict
from claude_tui.runbook import Facts, facts_of
from tests.builders import after, engine, history_of, messages

SIDES = {
    Cause.HEALTHY: Side.NONE,
    Cause.UNKNOWN: Side.UNCLEAR,
    Cause.NETWORK: Side.PATH,
    **dict.fromkeys(
        (
            Cause.PROVIDER_OUTAGE,
            Cause.PROVIDER_OVERLOADED,
            Cause.PROVIDER_ERRORS,
            Cause.PROVIDER_SLOW,
            Cause.PROVIDER_NOTICE,
        ),
        Side.THEM,
    ),
}


def verdict(
    cause: Cause,
    *,
    side: Side | None = None,
    severity: Severity | None = None,
    bucket: str | None = None,
    also: Iterable[Cause] = (),
    page: PageAgreement = PageAgreement.SILENT,
    retry_after_s: float | None = None,
    since: datetime | None = None,
) -> Verdict:
    calm = cause in {Cause.HEALTHY, Cause.UNKNOWN}
    return Verdict(
        cause=cause,
        side=side or SIDES.get(cause, Side.US),
        severity=severity or (Severity.NONE if calm else Severity.P1),
        confidence=0.9,
        summary="in words",
        evidence=(),
        next_step="",
        retry_after_s=retry_after_s,
        page=page,
        since=since,
        bucket=bucket,
        also=tuple(also),
    )


def snapshot(
    *items: Observation | ProviderStatus | Catalogue, at: float = 300.0, state: EngineState | None = None
) -> Snapshot:
    return build_snapshot(history_of(*items), after(at), state or engine(), Options())


def facts(
    found: Verdict | None,
    *items: Observation | ProviderStatus | Catalogue,
    at: float = 300.0,
    state: EngineState | None = None,
) -> Facts:
    return facts_of(snapshot(*items, at=at, state=state), found)


def failing(
    outcome: Outcome,
    count: int = 8,
    *,
    error_type: str | None = None,
    http_status: int | None = None,
    message: str | None = None,
) -> list[Observation]:
    """Message probes that fail alike, half a minute apart, the last at 270 s."""
    return [
        messages(270 - 30.0 * index, outcome, error_type=error_type, http_status=http_status, message=message)
        for index in range(count)
    ]
