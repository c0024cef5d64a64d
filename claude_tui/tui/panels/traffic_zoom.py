"""Own traffic in full screen: all figures, tables by application and model, failed and slowest calls."""

from __future__ import annotations

from collections.abc import Sequence

from claude_tui.model.format import (
    NOT_AVAILABLE,
    ago,
    clock,
    count,
    latency_figure,
    latency_unit,
    plain,
    plural,
    span_text,
    stamp,
)
from claude_tui.model.snapshot import Snapshot
from claude_tui.model.traffic import KeptCall
from claude_tui.model.traffic_view import SourceState, TrafficFigures, TrafficView
from claude_tui.tui.panels.traffic import dollars, pace, share, traffic_lines
from claude_tui.tui.panels.zoom_parts import heading, paragraph
from claude_tui.tui.render.lines import BLANK, Line, Span, crop, line, pad, right

__all__ = ["traffic_zoom"]

Lines = tuple[Line, ...]

_FIGURE_ROWS = 9
_NAME_CELLS = 22
_COLUMN_CELLS = 10
# The most important first: what does not fit is left out.
_COLUMNS = ("calls", "pace", "failing", "529", "429", "TTFT p50", "p95", "p99", "in/min", "out/min", "cached",
            "cost/h", "per 1,000", "attempts", "prompt p95")  # fmt: skip
_NOTHING = (
    "No own traffic is recorded. Send your applications' calls through a proxy: "
    "`claude-top manual traffic` says what it counts."
)


def traffic_zoom(snapshot: Snapshot, cells: int) -> Lines:
    """Everything that the view has, from top to bottom."""
    view = snapshot.traffic
    if view is None:
        return (BLANK, *paragraph(_NOTHING, cells, 2, "dim"))
    span = f"last {span_text(view.span)}, until {clock(view.end)}"
    rows = (
        heading("All calls", span, cells),
        *traffic_lines(view, cells, _FIGURE_ROWS, by_application=False),
        BLANK,
        heading("By application", span, cells),
        *_table(view.applications, cells),
        BLANK,
        heading("By model", span, cells),
        *_table(view.models, cells),
        *_usual(view, cells),
        *_classes(view, cells),
        *_failed(view, cells),
        *_slowest(view, cells),
        BLANK,
        heading("Sources", "", cells),
        *(_source(each, snapshot) for each in view.sources),
    )
    return tuple(crop(each, cells) for each in rows)


def _table(rows: Sequence[TrafficFigures], cells: int) -> Lines:
    columns = _COLUMNS[: max((cells - _NAME_CELLS) // _COLUMN_CELLS, 1)]
    head = line(
        Span(" " * _NAME_CELLS, "faint"), *(Span(right(name, _COLUMN_CELLS), "faint") for name in columns)
    )
    return (head, *(_row(each, columns) for each in rows))


def _row(figures: TrafficFigures, columns: Sequence[str]) -> Line:
    first = figures.first_token
    attempts = figures.attempts_per_call
    values = {
        "calls": f"{figures.calls:,}",
        "pace": pace(figures),
        "failing": share(figures.failing),
        "529": f"{figures.overloaded:,}",
        "429": f"{figures.rate_limited:,}",
        "TTFT p50": _seconds(first.p50),
        "p95": _seconds(first.p95),
        "p99": _seconds(first.p99),
        "in/min": _count(figures.input_per_minute),
        "out/min": _count(figures.output_per_minute),
        "cached": share(figures.cache_share),
        "cost/h": dollars(figures.usd_per_hour, figures),
        "per 1,000": dollars(figures.usd_per_1000, figures),
        "attempts": "unknown" if attempts is None else f"{attempts:.2f}",
        "prompt p95": _count(figures.prompt_p95),
    }
    roles = {"failing": "bad" if figures.failed else "dim", "529": "bad" if figures.overloaded else "dim",
             "429": "bad" if figures.rate_limited else "dim"}  # fmt: skip
    return line(
        Span(pad(figures.name, _NAME_CELLS), "text"),
        *(
            Span(
                right(values[name], _COLUMN_CELLS),
                "faint" if values[name] in (NOT_AVAILABLE, "unknown") else roles.get(name, "text"),
            )
            for name in columns
        ),
    )


def _usual(view: TrafficView, cells: int) -> Lines:
    usual = view.usual
    if usual is None:
        return (line(Span("usual: not enough history yet", "faint")),)
    when = f"this hour on {plural(usual.days, 'day')} before" if usual.days else "the last day"
    return (BLANK, heading("Usual", when, cells), *_table((usual.figures,), cells))


def _classes(view: TrafficView, cells: int) -> Lines:
    if not view.all.failures:
        return ()
    rows = [
        line(
            Span(pad(plain(each.outcome.value), _NAME_CELLS), "text"),
            Span(right(f"{each.count:,}", _COLUMN_CELLS), "bad"),
            Span(right(share(each.share), _COLUMN_CELLS), "text"),
            Span(f"   {each.error_type}", "dim"),
        )
        for each in view.all.failures
    ]
    return (BLANK, heading("Failures", "by class", cells), *rows)


def _failed(view: TrafficView, cells: int) -> Lines:
    if not view.failed_calls:
        return ()
    note = f"{len(view.failed_calls)} of {view.failed_count:,} in the last 15m"
    return (BLANK, heading("Failed calls", note, cells), *map(_failed_call, view.failed_calls))


def _failed_call(kept: KeptCall) -> Line:
    call = kept.call
    status = f"{call.http_status} " if call.http_status is not None else ""
    what = f"{status}{call.error_type or plain(call.outcome.value)}"
    wait = f"  retry after {call.retry_after_s:g}s" if call.retry_after_s is not None else ""
    return line(*_who(kept), Span(pad(what, 26), "bad"), Span(f"{call.request_id or ''}{wait}", "dim"))


def _slowest(view: TrafficView, cells: int) -> Lines:
    if not view.slowest_calls:
        return ()
    return (BLANK, heading("Slowest calls", "in the last 15m", cells), *map(_slow_call, view.slowest_calls))


def _slow_call(kept: KeptCall) -> Line:
    call = kept.call
    first = f"TTFT {_seconds(call.first_token_s)}" if call.first_token_s is not None else ""
    return line(
        *_who(kept),
        Span(pad(_seconds(call.total_s), 10), "text"),
        Span(pad(first, 16), "dim"),
        Span(call.request_id or "", "dim"),
    )


def _who(kept: KeptCall) -> Line:
    call = kept.call
    model = call.served_model or call.model
    return line(
        Span(f"{clock(call.at)}  ", "dim"),
        Span(pad(call.application, 16), "text"),
        Span(pad(model, 22), "dim"),
    )


def _source(source: SourceState, snapshot: Snapshot) -> Line:
    heard = (
        f"quiet since {stamp(source.quiet_since)}"
        if source.quiet_since is not None
        else f"last call {ago(source.last_at, snapshot.at)}"
    )
    absent = [
        f"{each.what} {f'absent since {clock(each.since)}' if each.since is not None else 'unknown'}"
        for each in source.absent
    ]
    role = "warn" if source.quiet_since is not None else "text"
    return line(Span(pad(source.source.value, 8), "text"), Span(", ".join((heard, *absent)), role))


def _seconds(value: float | None) -> str:
    if value is None:
        return NOT_AVAILABLE
    unit = latency_unit(value)
    return f"{latency_figure(value, unit)} {unit}"


def _count(value: float | None) -> str:
    return NOT_AVAILABLE if value is None else count(value)
