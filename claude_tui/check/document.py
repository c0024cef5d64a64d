"""The object that `check --json` prints, and its JSON Schema: both are a public contract."""

from __future__ import annotations

import json
from dataclasses import asdict
from datetime import datetime
from typing import Any

from claude_tui.check.probing import Findings
from claude_tui.model.format import rfc3339
from claude_tui.model.observation import Observation
from claude_tui.model.provider import ProviderStatus
from claude_tui.model.schemas import shipped_schema
from claude_tui.model.snapshot import Headroom, WindowUsage
from claude_tui.model.verdict import Verdict

__all__ = ["SCHEMA", "as_json", "schema_text", "to_json"]

SCHEMA = "claude-top/check@1"
_FILE = "check-1.schema.json"


def schema_text() -> str:
    """The JSON Schema (draft 2020-12) of the object."""
    return shipped_schema("claude_tui.check", _FILE)


def as_json(findings: Findings, *, ascii_only: bool = False) -> str:
    return json.dumps(to_json(findings), ensure_ascii=ascii_only, indent=2, allow_nan=False)


def to_json(findings: Findings) -> dict[str, Any]:
    """The object; values that were not measured are null."""
    snapshot = findings.snapshot
    target = snapshot.engine.target
    return {
        "schema": SCHEMA,
        "at": _instant(snapshot.at),
        "target": {"base_url": target.base_url, "model": target.model},
        "verdict": _verdict(snapshot.verdict),
        "probes": [_probe(observation) for observation in findings.observations],
        "status_page": _status_page(findings.status) if findings.status is not None else None,
        "headroom": [
            *(_headroom(bucket) for bucket in snapshot.headroom.buckets),
            *(_window_headroom(window) for window in snapshot.headroom.windows),
        ],
        "windows": [_window(window) for window in snapshot.headroom.windows],
        "models": [
            {"model": model.model, "fails": model.fails, "failed": len(model.failures), "asked": model.asked}
            for model in snapshot.models
        ],
    }


def _verdict(verdict: Verdict) -> dict[str, Any]:
    return {
        "cause": verdict.cause.value,
        "side": verdict.side.value,
        "severity": verdict.severity.value if verdict.severity.trouble else None,
        "confidence": verdict.confidence,
        "summary": verdict.summary,
        "evidence": [
            *(evidence.text for evidence in verdict.evidence),
            *([verdict.note] if verdict.note else []),
        ],
        "next_step": verdict.next_step,
        "scope": verdict.scope or None,
        "retry_after_s": verdict.retry_after_s,
        "recovering": _recovering(verdict),
        "checking": verdict.checking,
    }


def _recovering(verdict: Verdict) -> dict[str, int] | None:
    recovery = verdict.recovery
    return {"good": recovery.good, "more": recovery.remaining} if recovery is not None else None


def _probe(observation: Observation) -> dict[str, Any]:
    return {
        "name": observation.source.value,
        "model": observation.model,
        "outcome": observation.outcome.value,
        "http_status": observation.http_status,
        "error_type": observation.error_type,
        "request_id": observation.request_id,
        "message": observation.message,
        "timings_s": asdict(observation.timings),
    }


def _status_page(status: ProviderStatus) -> dict[str, Any]:
    return {
        "indicator": status.indicator,
        "description": status.description if status.known else status.unknown_reason,
        "source": status.source,
        "components": [
            {"name": component.name, "status": component.status} for component in status.components
        ],
        "incidents": [
            {"name": incident.name, "status": incident.status, "impact": incident.impact}
            for incident in status.incidents
        ],
    }


def _headroom(bucket: Headroom) -> dict[str, Any]:
    return {
        "bucket": bucket.bucket,
        "limit": bucket.limit,
        "remaining": bucket.remaining,
        "reset_at": _instant(bucket.reset_at),
        "fraction": round(bucket.fraction, 4),
    }


def _window_headroom(window: WindowUsage) -> dict[str, Any]:
    """A window among the buckets, which scripts read: a bucket of 100, in percent."""
    left = round(min(max(1 - window.used, 0.0), 1.0), 4)
    return {
        "bucket": f"{window.window} window",
        "limit": 100,
        "remaining": int(100 * left),
        "reset_at": _instant(window.reset_at),
        "fraction": left,
    }


def _window(window: WindowUsage) -> dict[str, Any]:
    return {
        "window": window.window,
        "used": round(window.used, 4),
        "status": window.status,
        "reset_at": _instant(window.reset_at),
    }


def _instant(at: datetime | None) -> str | None:
    return rfc3339(at) if at is not None else None
