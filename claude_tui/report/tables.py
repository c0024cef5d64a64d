"""The tables of a report as plain cells, which each format renders in its own way."""

from __future__ import annotations

from collections.abc import Sequence

from claude_tui.analysis.uptime.columns import Service
from claude_tui.analysis.uptime.report import Report, SpanUptime, by_outcome
from claude_tui.model.format import duration, plain, span_text
from claude_tui.report.values import covered, label, minute, quantile, share, spent

__all__ = [
    "INCIDENT_HEAD",
    "PERIOD_HEAD",
    "UPTIME_HEAD",
    "incident_rows",
    "period_rows",
    "uptime_rows",
]

Rows = list[tuple[str, ...]]

UPTIME_HEAD = (
    "span", "uptime", "up", "down", "ours", "unknown", "covered", "by page", "claude.ai", "models",
)  # fmt: skip
INCIDENT_HEAD = ("start", "lasted", "severity", "title", "cause")
PERIOD_HEAD = (
    "start", "uptime", "down", "ours", "covered", "TTFT p50", "p95", "p99", "message p95",
    "by page", "failed",
)  # fmt: skip


def uptime_rows(report: Report, *, only_its_span: bool = False) -> Rows:
    spans = [report.of_span] if only_its_span else list(report.spans)
    if all(span.span != report.span for span in spans):
        spans.append(report.of_span)
    return [_uptime_row(span) for span in spans]


def _uptime_row(span: SpanUptime) -> tuple[str, ...]:
    api = span.tallies[Service.API]
    times = (spent(api, part) for part in (api.up, api.down, api.ours, api.unknown))
    others = (share(span.tallies[service]) for service in (Service.PAGE, Service.CHAT, Service.MODELS))
    return (span_text(span.span), share(api), *times, covered(api), *others)


def incident_rows(report: Report) -> Rows:
    """The rows, newest first."""
    return [
        (
            minute(span.start),
            duration(span.length(report.at)) + ("" if span.end is not None else " so far"),
            str(span.severity) if span.severity.trouble else "",
            span.title,
            plain(span.cause.value) if span.cause is not None else "",
        )
        for span in report.incidents
    ]


def period_rows(report: Report) -> Rows:
    """The rows, newest first."""
    rows: Rows = []
    for period in reversed(report.periods):
        api = period.tallies[Service.API]
        rows.append(
            (
                label(period, report),
                share(api),
                spent(api, api.down),
                spent(api, api.ours),
                covered(api),
                *(quantile(period.latency.ttft, fraction) for fraction in (0.5, 0.95, 0.99)),
                quantile(period.latency.total, 0.95),
                share(period.tallies[Service.PAGE]),
                ", ".join(f"{words} {number:,}" for words, number in by_outcome(period.failures)),
            )
        )
    return rows


def aligned(rows: Sequence[Sequence[str]]) -> list[str]:
    """The rows as text, with the first column aligned left, figures right."""
    sizes = [max(map(len, column)) for column in zip(*rows, strict=True)]
    return [
        "  ".join(
            cell.rjust(size) if number else cell.ljust(size)
            for number, (cell, size) in enumerate(zip(row, sizes, strict=True))
        )
        for row in rows
    ]
