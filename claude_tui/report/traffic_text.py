"""Own traffic as plain text."""

from __future__ import annotations

from collections.abc import Iterator

from claude_tui.analysis.traffic.figures import By
from claude_tui.model.format import (
    NOT_AVAILABLE,
    ago,
    count,
    latency,
    money,
    percent,
    plain,
    plural,
    stamp,
)
from claude_tui.model.traffic import Call, KeptCall
from claude_tui.model.traffic_view import SourceState, TrafficFigures
from claude_tui.report.tables import aligned
from claude_tui.report.traffic_values import TrafficReport
from claude_tui.report.values import Heading

__all__ = ["traffic_text"]

_SHOWN = 5
_TITLES = {By.APPLICATION: "application", By.MODEL: "model", By.OUTCOME: "outcome"}
_HEAD = (
    "calls",
    "a second",
    "failing",
    "overloaded",
    "rate limited",
    "TTFT p50",
    "p95",
    "p99",
    "in/min",
    "out/min",
    "cached",
    "$/h",
    "$/1k",
)


def traffic_text(report: TrafficReport, heading: Heading) -> str:
    """A table, further figures of all calls, and the newest failures."""
    span = f"own traffic from {stamp(report.start)} to {stamp(report.at)}"
    return "\n".join((f"{heading.title}: {span}", "", *_lines(report)))


def _lines(report: TrafficReport) -> Iterator[str]:
    rows = [_row(row) for row in (*report.rows, report.all)]
    yield from aligned([(_TITLES[report.by], *_HEAD), *rows])
    yield ""
    yield from _of_all(report.all)
    for source in report.sources:
        yield _source(source, report)
    if report.failed_calls:
        yield ""
        yield f"newest failures (of {plural(report.all.failed, 'failed call')})"
        yield from (_failed(call) for call in report.failed_calls[:_SHOWN])
    if report.slowest_calls:
        yield ""
        yield "slowest calls of the last hour"
        yield from (_slow(call) for call in report.slowest_calls[:_SHOWN])


def _row(figures: TrafficFigures) -> tuple[str, ...]:
    first_token = figures.first_token
    return (
        figures.name,
        f"{figures.calls:,}",
        f"{figures.per_second:.1f}" if figures.per_second >= 0.05 or not figures.calls else "<0.1",
        _share(figures.failing),
        f"{figures.overloaded:,}",
        f"{figures.rate_limited:,}",
        _latency(first_token.p50),
        _latency(first_token.p95),
        _latency(first_token.p99),
        _count(figures.input_per_minute),
        _count(figures.output_per_minute),
        _share(figures.cache_share),
        _money(figures.usd_per_hour, figures),
        _money(figures.usd_per_1000, figures),
    )


def _of_all(figures: TrafficFigures) -> Iterator[str]:
    if figures.failures:
        kinds = ", ".join(
            f"{plain(failure.outcome.value)}{f' ({failure.error_type})' if failure.error_type else ''}"
            f" {failure.count:,}"
            for failure in figures.failures[:_SHOWN]
        )
        yield f"failures: {kinds}"
    attempts = f"{figures.attempts_per_call:.2f}" if figures.attempts_per_call is not None else "unknown"
    prompt = f"{count(figures.prompt_p95)} tokens" if figures.prompt_p95 is not None else NOT_AVAILABLE
    yield (
        f"attempts per call {attempts} · streams cut {figures.cut:,} · abandoned {figures.abandoned:,} · "
        f"stopped by max_tokens {_share(figures.max_tokens)} · refusals {_share(figures.refusals)} · "
        f"prompt p95 {prompt}"
    )
    if figures.cost_usd is not None or figures.unpriced:
        yield f"cost {_money(figures.cost_usd or 0.0, figures)}{_unpriced(figures)}"


def _unpriced(figures: TrafficFigures) -> str:
    return f" (without a price: {plural(figures.unpriced, 'call')})" if figures.unpriced else ""


def _source(source: SourceState, report: TrafficReport) -> str:
    heard = (
        f"quiet since {stamp(source.quiet_since)}"
        if source.quiet_since is not None
        else f"last call {ago(source.last_at, report.at)}"
    )
    absent = [
        f"{absence.what} {f'absent since {stamp(absence.since)}' if absence.since is not None else 'unknown'}"
        for absence in source.absent
    ]
    return f"source {source.source.value}: {', '.join((heard, *absent))}"


def _failed(kept: KeptCall) -> str:
    call = kept.call
    what = call.error_type or plain(call.outcome.value)
    status = f"{call.http_status} " if call.http_status is not None else ""
    return f"  {_who(call)}  {status}{what}  {call.request_id or ''}".rstrip()


def _slow(kept: KeptCall) -> str:
    call = kept.call
    first = f", first token {latency(call.first_token_s)}" if call.first_token_s is not None else ""
    return f"  {_who(call)}  {latency(call.total_s or 0.0)}{first}  {call.request_id or ''}".rstrip()


def _who(call: Call) -> str:
    return f"{stamp(call.at)}  {call.application}  {call.served_model or call.model}"


def _share(fraction: float | None) -> str:
    return NOT_AVAILABLE if fraction is None else percent(fraction)


def _latency(seconds: float | None) -> str:
    return NOT_AVAILABLE if seconds is None else latency(seconds)


def _count(number: float | None) -> str:
    return NOT_AVAILABLE if number is None else count(number)


def _money(dollars: float | None, figures: TrafficFigures) -> str:
    if dollars is None:
        return NOT_AVAILABLE
    return f"{'≥' if figures.unpriced else ''}{money(dollars)}"
