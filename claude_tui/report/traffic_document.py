"""Own traffic as JSON: claude-top/traffic@1. Unknown values are null, never zero."""

from __future__ import annotations

import json
from typing import Any

from claude_tui.model.format import rfc3339
from claude_tui.model.traffic import KeptCall, Tokens
from claude_tui.model.traffic_view import Quantiles, SourceState, TrafficFigures, Trim
from claude_tui.report.traffic_values import TrafficReport
from claude_tui.report.values import Heading

__all__ = ["SCHEMA", "traffic_json"]

SCHEMA = "claude-top/traffic@1"


def traffic_json(report: TrafficReport, heading: Heading) -> str:
    """One object, as `traffic --schema` describes it."""
    document = {
        "schema": SCHEMA,
        "at": rfc3339(report.at),
        "since": rfc3339(report.start),
        "target": {"base_url": heading.base_url, "name": heading.name or None},
        "sources": [_source(source) for source in report.sources],
        "all": _figures(report.all),
        "by": report.by.value,
        "rows": [_figures(row) for row in report.rows],
        "failed_calls": [_call(call) for call in report.failed_calls],
        "slowest_calls": [_call(call) for call in report.slowest_calls],
    }
    return json.dumps(document, indent=2, ensure_ascii=False)


def _figures(figures: TrafficFigures) -> dict[str, Any]:
    return {
        "name": figures.name,
        "calls": figures.calls,
        "per_second": _rounded(figures.per_second),
        "failed": figures.failed,
        "failing": _rounded(figures.failing),
        "failures": [
            {
                "outcome": failure.outcome.value,
                "error_type": failure.error_type or None,
                "count": failure.count,
                "share": _rounded(failure.share),
            }
            for failure in figures.failures
        ],
        "overloaded": figures.overloaded,
        "rate_limited": figures.rate_limited,
        "first_token_s": _quantiles(figures.first_token),
        "total_s": _quantiles(figures.total),
        "tokens": None if figures.tokens is None else _tokens(figures.tokens),
        "input_per_minute": _rounded(figures.input_per_minute),
        "output_per_minute": _rounded(figures.output_per_minute),
        "cache_share": _rounded(figures.cache_share),
        "prompt_p95": figures.prompt_p95,
        "cost_usd": _rounded(figures.cost_usd),
        "cost_is_at_least": figures.unpriced > 0,
        "unpriced_calls": figures.unpriced,
        "usd_per_hour": _rounded(figures.usd_per_hour),
        "usd_per_1000": _rounded(figures.usd_per_1000),
        "attempts_per_call": _rounded(figures.attempts_per_call),
        "repeats_asked_to_wait": figures.asked_to_wait,
        "repeats_too_early": figures.early,
        "lower_max_tokens": None if figures.trim is None else _trim(figures.trim),
        "cut": figures.cut,
        "abandoned": figures.abandoned,
        "max_tokens": _rounded(figures.max_tokens),
        "refusals": _rounded(figures.refusals),
    }


def _tokens(tokens: Tokens) -> dict[str, Any]:
    return {
        "input": tokens.input,
        "output": tokens.output,
        "cache_read": tokens.cache_read,
        "cache_write_5m": tokens.cache_write_5m,
        "cache_write_1h": tokens.cache_write_1h,
    }


def _trim(trim: Trim) -> dict[str, Any]:
    return {
        "max_tokens": trim.max_tokens,
        "cut": _rounded(trim.cut),
        "freed": _rounded(trim.freed),
        "freed_per_minute": _rounded(trim.freed_per_minute),
    }


def _quantiles(found: Quantiles) -> dict[str, Any]:
    return {
        "count": found.count,
        "p50": _rounded(found.p50),
        "p95": _rounded(found.p95),
        "p99": _rounded(found.p99),
    }


def _source(source: SourceState) -> dict[str, Any]:
    return {
        "source": source.source.value,
        "last_at": rfc3339(source.last_at),
        "quiet_since": None if source.quiet_since is None else rfc3339(source.quiet_since),
        "absent": [
            {"what": absence.what, "since": None if absence.since is None else rfc3339(absence.since)}
            for absence in source.absent
        ],
    }


def _call(kept: KeptCall) -> dict[str, Any]:
    call = kept.call
    return {
        "at": rfc3339(call.at),
        "source": call.source.value,
        "application": call.application,
        "model": call.served_model or call.model,
        "route": call.route,
        "outcome": call.outcome.value,
        "end": call.end.value,
        "http_status": call.http_status,
        "error_type": call.error_type,
        "request_id": call.request_id,
        "first_token_s": _rounded(call.first_token_s),
        "total_s": _rounded(call.total_s),
        "retries": call.retries,
        "retry_after_s": _rounded(call.retry_after_s),
    }


def _rounded(value: float | None) -> float | None:
    """Rounds to six decimals, which the cost of a single call may need."""
    return None if value is None else round(value, 6)
