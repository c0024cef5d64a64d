"""The objects that `uptime --json` and `report --format json` print: both are a public contract."""

from __future__ import annotations

import json
from typing import Any

from claude_tui.analysis.uptime.columns import Latency, Service
from claude_tui.analysis.uptime.histogram import Histogram
from claude_tui.analysis.uptime.incidents import Incident
from claude_tui.analysis.uptime.report import FailureCount, Period, Report, SpanUptime
from claude_tui.analysis.uptime.tally import Tally
from claude_tui.model.format import rfc3339, span_text
from claude_tui.model.schemas import shipped_schema
from claude_tui.report.values import Heading

__all__ = ["REPORT_SCHEMA", "UPTIME_SCHEMA", "report_json", "report_schema", "uptime_json", "uptime_schema"]

UPTIME_SCHEMA = "claude-top/uptime@1"
REPORT_SCHEMA = "claude-top/report@1"

_NAMES = {
    Service.API: "messages",
    Service.MODELS: "models",
    Service.PAGE: "status_page",
    Service.CHAT: "claude_ai",
}


def uptime_schema() -> str:
    """The JSON Schema of the output of `uptime_json`."""
    return shipped_schema("claude_tui.report", "uptime-1.schema.json")


def report_schema() -> str:
    """The JSON Schema of the output of `report_json`."""
    return shipped_schema("claude_tui.report", "report-1.schema.json")


def uptime_json(report: Report, heading: Heading, *, only_its_span: bool) -> str:
    spans = (report.of_span,) if only_its_span else report.spans
    return _text(_head(UPTIME_SCHEMA, report, heading) | {"spans": [_span(span) for span in spans]})


def report_json(report: Report, heading: Heading) -> str:
    return _text(
        _head(REPORT_SCHEMA, report, heading)
        | {
            "span": _span(report.of_span),
            "spans": [_span(span) for span in report.spans],
            "latency": _latency(report.latency),
            "failures": [_failure(failure) for failure in report.failures],
            "incidents": [_incident(incident, report) for incident in report.incidents],
            "period": "hour" if report.by_the_hour else "day",
            "periods": [_period(period) for period in report.periods],
            "week": [[_tally(tally) for tally in day] for day in report.week],
        }
    )


def _text(document: dict[str, Any]) -> str:
    return json.dumps(document, indent=2, allow_nan=False)


def _head(schema: str, report: Report, heading: Heading) -> dict[str, Any]:
    return {
        "schema": schema,
        "at": rfc3339(report.at),
        "target": {"name": heading.name, "base_url": heading.base_url},
        "recorded_since": rfc3339(report.first_at) if report.first_at is not None else None,
    }


def _span(span: SpanUptime) -> dict[str, Any]:
    return {"span": span_text(span.span), "start": rfc3339(span.start)} | _services(span.tallies)


def _services(tallies: dict[Service, Tally]) -> dict[str, Any]:
    return {name: _tally(tallies[service]) for service, name in _NAMES.items()}


def _tally(tally: Tally) -> dict[str, Any]:
    return {
        "uptime": None if tally.uptime is None else round(tally.uptime, 6),
        "coverage": round(tally.coverage, 6),
        "up_s": tally.up / 1e6,
        "down_s": tally.down / 1e6,
        "ours_s": tally.ours / 1e6,
        "unknown_s": tally.unknown / 1e6,
    }


def _latency(latency: Latency) -> dict[str, Any]:
    return {
        "model": latency.model or None,
        "samples": latency.total.count,
        "ttft_s": _quantiles(latency.ttft),
        "total_s": _quantiles(latency.total),
    }


def _quantiles(histogram: Histogram) -> dict[str, float | None]:
    found = {f"p{round(fraction * 100)}": histogram.quantile(fraction) for fraction in (0.5, 0.95, 0.99)}
    return {name: None if value is None else round(value, 6) for name, value in found.items()}


def _failure(failure: FailureCount) -> dict[str, Any]:
    return {"outcome": failure.outcome, "error_type": failure.error_type or None, "count": failure.count}


def _incident(incident: Incident, report: Report) -> dict[str, Any]:
    return {
        "id": incident.id,
        "title": incident.title,
        "start": rfc3339(incident.start),
        "end": rfc3339(incident.end) if incident.end is not None else None,
        "lasted_s": incident.length(report.at).total_seconds(),
        "severity": incident.severity.value if incident.severity.trouble else None,
        "cause": incident.cause.value if incident.cause is not None else None,
    }


def _period(period: Period) -> dict[str, Any]:
    return {
        "start": rfc3339(period.start),
        **_services(period.tallies),
        "latency": _latency(period.latency),
        "failures": [_failure(failure) for failure in period.failures],
    }
