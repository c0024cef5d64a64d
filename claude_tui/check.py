"""`claude-top check`: probe once, say what is found, exit as monitoring plugins do. No Textual."""

from __future__ import annotations

import asyncio
import json
import sys
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass, replace
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from claude_tui.analysis.history import History
from claude_tui.analysis.kinds import failure_name
from claude_tui.analysis.snapshot import build_snapshot
from claude_tui.engine import Endpoint, Pace, make_plans, options_from, pick_model, target_of
from claude_tui.model.observation import Observation, Outcome, Source
from claude_tui.model.provider import ProviderStatus
from claude_tui.model.snapshot import EngineState, Headroom, Snapshot, Spend
from claude_tui.model.text import inert
from claude_tui.probes.clock import Clock, SystemClock

if TYPE_CHECKING:
    from claude_tui.probes.report import Report
    from claude_tui.probes.schedule import Plan
    from claude_tui.settings import Settings

__all__ = ["SCHEMA", "Findings", "as_text", "exit_code", "run", "to_json"]

SCHEMA = "claude-top/check@1"
# Asking again at once would only make it worse.
_LEAVE_ALONE = frozenset({Outcome.RATE_LIMITED, Outcome.SPEND_LIMIT})
EXIT_OK, EXIT_CRITICAL, EXIT_UNKNOWN = 0, 2, 3


@dataclass(frozen=True, slots=True)
class Findings:
    """What one round of probes found.

    `not_run` says why fewer messages were probed than asked for, `problem` what is wrong with the key.
    """

    snapshot: Snapshot
    observations: tuple[Observation, ...]
    status: ProviderStatus | None
    not_run: str | None
    problem: str | None


def run(
    settings: Settings, environ: Mapping[str, str], *, as_json: bool, samples: int, timeout_s: float | None
) -> int:
    """Probe once and print; returns the exit code. stdout is data, stderr narration."""
    if timeout_s is not None:
        settings = replace(settings, timeout_s=timeout_s)
    findings = asyncio.run(_probe(settings, Endpoint.of(settings, environ), samples, clock=SystemClock()))
    if as_json and findings.problem is not None:
        sys.stderr.write(f"claude-top: {findings.problem}\n")
    text = json.dumps(to_json(findings), ensure_ascii=False, indent=2) if as_json else as_text(findings)
    # None when the caller has closed it: then the exit code is the answer.
    if sys.stdout is not None:
        sys.stdout.write(text + "\n")
        sys.stdout.flush()
    return exit_code(findings)


async def _probe(settings: Settings, endpoint: Endpoint, samples: int, *, clock: Clock) -> Findings:
    """The free probes side by side, then `samples` message probes one after the other."""
    history = History()
    seen: list[Observation] = []
    latest_status: list[ProviderStatus] = []
    pace = Pace.of(settings)

    def keep(report: Report) -> None:
        seen.append(report.observation)
        history.add_observation(report.observation)
        if report.status is not None:
            history.add_status(report.status)
            latest_status.append(report.status)
        if report.catalogue is not None:
            history.add_catalogue(report.catalogue)

    plans = make_plans(
        settings,
        endpoint,
        pace,
        lambda: pick_model(settings, history, clock.now()),
        clock=clock,
        models_tried=lambda: True,
    )
    by_source = {plan.probe.source: plan for plan in plans}
    try:
        status = asyncio.create_task(by_source[Source.STATUS].probe.run())
        keep(await by_source[Source.MODELS].probe.run())
        not_run = await _sample_messages(by_source[Source.MESSAGES], samples, keep)
        keep(await status)
    finally:
        for plan in plans:
            await plan.probe.aclose()
    now = clock.now()
    target = replace(target_of(settings, endpoint.credentials), model=pick_model(settings, history, now))
    state = EngineState(
        target, probes=(), spend=Spend(sum(o.cost_usd for o in seen), settings.daily_ceiling_usd), notices=()
    )
    problem = endpoint.credentials.problem
    snapshot = build_snapshot(history, now, state, options_from(settings, pace))
    return Findings(snapshot, tuple(seen), latest_status[-1] if latest_status else None, not_run, problem)


async def _sample_messages(plan: Plan, samples: int, keep: Callable[[Report], None]) -> str | None:
    """Why fewer than `samples` were taken, or None. A limit that was hit is not hit again."""
    for taken in range(1, samples + 1):
        if (reason := plan.ready()) is not None:
            return reason
        report = await plan.probe.run()
        keep(report)
        if taken < samples and report.observation.outcome in _LEAVE_ALONE:
            return f"{samples - taken} of {samples} left out after {failure_name(report.observation)}"
    return None


def exit_code(findings: Findings) -> int:
    """0 when every probe succeeded, 2 when a message probe failed, else 3."""
    if any(o.failed for o in findings.observations if o.source is Source.MESSAGES):
        return EXIT_CRITICAL
    if findings.not_run is not None or any(o.failed for o in findings.observations):
        return EXIT_UNKNOWN
    return EXIT_OK


def to_json(findings: Findings) -> dict[str, Any]:
    """The object that `check --json` prints: schema `claude-top/check@1`; what was not measured is null."""
    snapshot = findings.snapshot
    target = snapshot.engine.target
    return {
        "schema": SCHEMA,
        "at": _instant(snapshot.at),
        "target": {"base_url": target.base_url, "model": target.model},
        "verdict": None,
        "probes": [_probe_json(observation) for observation in findings.observations],
        "status_page": _status_json(findings.status),
        "headroom": [_headroom_json(bucket) for bucket in snapshot.headroom.buckets],
    }


def _probe_json(observation: Observation) -> dict[str, Any]:
    return {
        "name": observation.source.value,
        "outcome": observation.outcome.value,
        "http_status": observation.http_status,
        "error_type": observation.error_type,
        "request_id": observation.request_id,
        "message": observation.message,
        "timings_s": asdict(observation.timings),
    }


def _status_json(status: ProviderStatus | None) -> dict[str, Any] | None:
    if status is None:
        return None
    return {
        "indicator": status.indicator,
        "description": status.description if status.known else status.unknown_reason,
        "source": status.source,
        "components": [{"name": c.name, "status": c.status} for c in status.components],
        "incidents": [{"name": i.name, "status": i.status, "impact": i.impact} for i in status.incidents],
    }


def _headroom_json(bucket: Headroom) -> dict[str, Any]:
    return {
        "bucket": bucket.bucket,
        "limit": bucket.limit,
        "remaining": bucket.remaining,
        "reset_at": _instant(bucket.reset_at),
        "fraction": round(bucket.fraction, 4),
    }


def _instant(at: datetime | None) -> str | None:
    return at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ") if at is not None else None


def as_text(findings: Findings) -> str:
    """One screen for a person or a pager message."""
    snapshot = findings.snapshot
    target = snapshot.engine.target
    lines = [f"claude-top check · {target.host} · {target.model or 'no model'} · {_instant(snapshot.at)}"]
    lines += [f"  {_probe_line(observation)}" for observation in findings.observations]
    if findings.not_run is not None:
        lines.append(f"  messages not probed: {findings.not_run}")
    if findings.problem is not None and findings.problem != findings.not_run:
        lines.append(f"  key: {findings.problem}")
    lines += _status_lines(findings.status, snapshot)
    lines += [
        f"  headroom {b.bucket:<10} {b.fraction:>4.0%}  {b.remaining:,} of {b.limit:,}"
        for b in snapshot.headroom.buckets
    ]
    return "\n".join(lines)


def _probe_line(observation: Observation) -> str:
    mark = "✗" if observation.failed else "✓"
    total = observation.timings.total
    words = [mark, f"{observation.source.value:<9}", observation.outcome.value]
    if observation.http_status is not None:
        words.append(f"HTTP {observation.http_status}")
    if observation.error_type:
        words.append(observation.error_type)
    if total is not None:
        words.append(f"{total * 1000:.0f} ms")
    if observation.request_id:
        words.append(observation.request_id)
    line = "  ".join(words)
    # A 401 to a request without a key is an answer too, and its message says so.
    telling = observation.message and (observation.failed or observation.error_type)
    return f"{line}\n      {inert(observation.message or '', 160)}" if telling else line


def _status_lines(status: ProviderStatus | None, snapshot: Snapshot) -> list[str]:
    if status is None or not status.known:
        why = status.unknown_reason if status is not None else "not fetched"
        return [f"  status page unknown: {why}"]
    lines = [f"  status page: {status.description or f'indicator {status.indicator}'} ({status.source})"]
    ours = snapshot.status.ours
    lines += [
        f"    {c.name}: {c.status}" for c in status.components if c.id in ours or c.status != "operational"
    ]
    if status.components and not ours:
        lines.append("    none of its components is yours: see the setting status_components")
    lines += [f"    incident: {i.name} ({i.status}, {i.impact})" for i in status.incidents]
    return lines
