"""A report as Markdown."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from claude_tui.analysis.uptime.report import Report, by_outcome
from claude_tui.model.format import span_text
from claude_tui.report.tables import (
    INCIDENT_HEAD,
    PERIOD_HEAD,
    UPTIME_HEAD,
    incident_rows,
    period_rows,
    uptime_rows,
)
from claude_tui.report.values import METHOD, Heading, minute, quantile

__all__ = ["report_markdown"]

_SPECIAL = re.compile(r"([\\`*_{}\[\]<>#|~&!])")


def report_markdown(report: Report, heading: Heading) -> str:
    return "\n".join(_parts(report, heading)).rstrip() + "\n"


def _parts(report: Report, heading: Heading) -> Iterator[str]:
    span = span_text(report.span)
    yield f"# {_safe(heading.title)}: the last {span}"
    yield ""
    yield f"From {minute(report.start)} to {minute(report.at)}."
    yield ""
    yield "## Uptime"
    yield ""
    yield from _table(UPTIME_HEAD, uptime_rows(report))
    yield ""
    yield "## Latency"
    yield ""
    model = f"Successful messages of {_safe(report.latency.model)}." if report.latency.model else ""
    yield from (model, "") if model else ()
    ttft, total = report.latency.ttft, report.latency.total
    yield from _table(
        ("", "p50", "p95", "p99"),
        [
            (name, *(quantile(of, fraction) for fraction in (0.5, 0.95, 0.99)))
            for name, of in (("TTFT", ttft), ("message", total))
        ],
    )
    yield ""
    yield "## Failures"
    yield ""
    failures = [(words, f"{number:,}") for words, number in by_outcome(report.failures)]
    yield from _table(("outcome", "messages"), failures) if failures else ("No message failed.",)
    yield ""
    yield "## Incidents"
    yield ""
    yield from _incidents(report)
    yield ""
    yield f"## By the {'hour' if report.by_the_hour else 'day'}"
    yield ""
    yield from _table(PERIOD_HEAD, period_rows(report))
    yield ""
    yield "## How this was measured"
    yield ""
    yield METHOD


def _incidents(report: Report) -> Iterator[str]:
    if not report.incidents:
        yield "None was declared."
        return
    yield from _table(INCIDENT_HEAD, [tuple(map(_safe, row)) for row in incident_rows(report)])


def _table(head: Sequence[str], rows: Sequence[Sequence[str]]) -> Iterator[str]:
    """A table with the first column aligned left, the others right."""
    yield f"| {' | '.join(head)} |"
    yield f"|---|{'---:|' * (len(head) - 1)}"
    for row in rows:
        yield f"| {' | '.join(row)} |"


def _safe(text: str) -> str:
    """Foreign text with all markup escaped."""
    return _SPECIAL.sub(r"\\\1", " ".join(text.split()))
