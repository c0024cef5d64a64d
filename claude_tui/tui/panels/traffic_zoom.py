"""Own traffic in full screen: all figures, tables by application and model, failed and slowest calls."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from claude_tui.analysis.traffic.chart import CALLS, FAILED, TTFT_P95
from claude_tui.analysis.traffic.listing import (
    OF_APPLICATIONS,
    OF_MODELS,
    listed_applications,
    listed_calls,
    listed_models,
    terms_about,
)
from claude_tui.model.filtering import parse_filter
from claude_tui.model.format import (
    NOT_AVAILABLE,
    ago,
    clock,
    latency_figure,
    latency_unit,
    plain,
    plural,
    span_text,
    stamp,
)
from claude_tui.model.observation import Outcome
from claude_tui.model.snapshot import Chart, ChartSeries, Snapshot
from claude_tui.model.traffic import KeptCall
from claude_tui.model.traffic_view import SourceState, TrafficFigures, TrafficView
from claude_tui.tui.panels.traffic import traffic_lines
from claude_tui.tui.panels.traffic_figures import dollars, number, pace, share
from claude_tui.tui.panels.traffic_limits import limits_by_model
from claude_tui.tui.panels.zoom_parts import heading, paragraph
from claude_tui.tui.render.lines import BLANK, Line, Lines, Span, crop, line, pad, right
from claude_tui.tui.render.sparkline import bars
from claude_tui.tui.render.time_axis import time_axis
from claude_tui.tui.render.time_grid import Grid, values_per_cell

if TYPE_CHECKING:
    from claude_tui.model.when import Local

__all__ = ["Listing", "traffic_zoom"]

_FIGURE_ROWS = 9
# The name and the highest value of a curve.
_LABEL_CELLS = 22
# From here on, a row has room for a model beside a request id.
_WIDE_FROM = 92
_SHORTEST_CHART = 20
_TOP_OVER_HIGHEST = 1.25
_NAME_CELLS = 22
_COUNT_CELLS = 10
# From left to right, each with its width.
_COLUMNS = {"calls": 8, "pace": 8, "failing": 9, "overload": 10, "limited": 9, "TTFT p50": 10, "TTFT p95": 10,
            "TTFT p99": 10, "cost/h": 10, "in/min": 10, "out/min": 9, "attempts": 10, "cached": 8,
            "per 1,000": 11, "prompt p95": 12}  # fmt: skip
# Those that do not fit are left out, the last ones here first.
_MOST_NEEDED = ("calls", "pace", "failing", "overload", "limited", "TTFT p95", "TTFT p50", "cost/h", "in/min",
                "attempts", "TTFT p99", "out/min", "cached", "per 1,000", "prompt p95")  # fmt: skip
_NOTHING = (
    "No own traffic is recorded. Send your applications' calls through a proxy: "
    "`claude-top manual traffic` says what it counts."
)


@dataclass(frozen=True, slots=True)
class Listing:
    """How tables and lists are filtered and sorted."""

    order: str = "calls"
    """The column that the tables are sorted by, one of `listing.ORDERS`."""
    filter_text: str = ""
    """A filter that can be parsed; empty for everything."""


_EVERYTHING = Listing()


def traffic_zoom(
    snapshot: Snapshot,
    cells: int,
    chart: Chart | None = None,
    listing: Listing = _EVERYTHING,
    local: Local | None = None,
) -> Lines:
    """The chart, then everything that the view has, from top to bottom."""
    view = snapshot.traffic
    if view is None:
        return (BLANK, *paragraph(_NOTHING, cells, 2, "dim"))
    span = f"last {span_text(view.span)}, until {clock(view.end)}"
    wanted, at = parse_filter(listing.filter_text), snapshot.at
    only = _only(listing.filter_text)
    applications = listed_applications(view.applications, wanted, listing.order, at)
    models = listed_models(view.models, wanted, listing.order, at)
    failed = listed_calls(view.failed_calls, wanted, at)
    slowest = listed_calls(view.slowest_calls, wanted, at)
    rows = (
        *(_chart(chart, cells, local) if chart is not None else ()),
        heading("All calls", span, cells),
        *traffic_lines(view, cells, _FIGURE_ROWS, by_application=False, curves=chart is None),
        BLANK,
        heading("By application", f"{span}{_only(terms_about(listing.filter_text, OF_APPLICATIONS))}", cells),
        *_table(applications, cells, listing.order),
        BLANK,
        heading("By model", f"{span}{_only(terms_about(listing.filter_text, OF_MODELS))}", cells),
        *_table(models, cells, listing.order),
        *_limits(snapshot, cells),
        *_usual(view, cells),
        *_classes(view, cells),
        *_failed(view, failed, only, cells),
        *_slowest(view, slowest, only, cells),
        BLANK,
        heading("Sources", "", cells),
        *(_source(source, snapshot) for source in view.sources),
    )
    return tuple(crop(row, cells) for row in rows)


def _only(filter_text: str) -> str:
    return f", only “{filter_text}”" if filter_text else ""


def _chart(chart: Chart, cells: int, local: Local | None) -> Lines:
    """Pace, failures and time to first token over the chosen span; empty while nothing is recorded."""
    grid = Grid.over(chart, cells - _LABEL_CELLS - 1)
    if grid.cells < _SHORTEST_CHART or not any(series.points for series in chart.series):
        return ()
    out: list[Line] = []
    for series in chart.series:
        out += _curve(series, chart, grid)
    axis = time_axis(*grid.times(chart), grid.cells, local=local)
    return (*out, line(" " * (_LABEL_CELLS + 1), *axis), BLANK)


def _curve(series: ChartSeries, chart: Chart, grid: Grid) -> Lines:
    values = values_per_cell(series.points, grid, max) if series.points else (None,) * grid.cells
    highest = max((value for value in values if value is not None), default=0.0)
    paces = [value or 0.0 for charted in chart.series if charted.name == CALLS for _, value in charted.points]
    busiest = max(paces, default=0.0)
    chart_rows = 2 if series.name in (CALLS, TTFT_P95) else 1
    role = "bad" if series.name == FAILED else "info"
    if series.name in (CALLS, FAILED):
        unit, figure = "/s", f"{highest:,.1f}"
        top = highest * _TOP_OVER_HIGHEST if series.name == CALLS else max(highest, busiest / 4)
    else:
        unit = latency_unit(highest)
        figure, top = latency_figure(highest, unit), highest * _TOP_OVER_HIGHEST
    label = f"{pad(series.name, 9)}{right(f'max {figure}{unit}' if highest else '–', 12)}"
    rows = bars(values, grid.cells, chart_rows, top=top, role_of=lambda value: role if value else "dim")
    margin = " " * (_LABEL_CELLS + 1)
    return (
        *(line(margin, *row) for row in rows[:-1]),
        line(Span(pad(label, _LABEL_CELLS) + " ", "text"), *rows[-1]),
    )


def _table(rows: Sequence[TrafficFigures], cells: int, order: str = "") -> Lines:
    """Rows of figures, with the column `order` marked, which is always shown."""
    columns = _fitting(cells - _NAME_CELLS, order)
    head = line(
        Span(" " * _NAME_CELLS, "faint"),
        *(
            Span(right(f"{name}▾", _COLUMNS[name]), "text")
            if name == order
            else Span(right(name, _COLUMNS[name]), "faint")
            for name in columns
        ),
    )
    if not rows:
        return (head, line(Span("no calls", "faint")))
    return (head, *(_row(row, columns) for row in rows))


def _fitting(cells: int, order: str) -> tuple[str, ...]:
    """The columns that fit; the one that the table is sorted by takes the place of others."""
    room, chosen = cells - _COLUMNS.get(order, 0), {order}
    for name in (column for column in _MOST_NEEDED if column != order):
        if room < _COLUMNS[name]:
            break
        chosen.add(name)
        room -= _COLUMNS[name]
    return tuple(name for name in _COLUMNS if name in chosen)


def _row(figures: TrafficFigures, columns: Sequence[str]) -> Line:
    first = figures.first_token
    attempts = figures.attempts_per_call
    values = {
        "calls": f"{figures.calls:,}",
        "pace": pace(figures),
        "failing": share(figures.failing),
        "overload": share(figures.share_of(Outcome.OVERLOADED)),
        "limited": share(figures.share_of(Outcome.RATE_LIMITED)),
        "TTFT p50": _seconds(first.p50),
        "TTFT p95": _seconds(first.p95),
        "TTFT p99": _seconds(first.p99),
        "in/min": number(figures.input_per_minute),
        "out/min": number(figures.output_per_minute),
        "cached": share(figures.cache_share),
        "cost/h": dollars(figures.usd_per_hour, figures),
        "per 1,000": dollars(figures.usd_per_1000, figures),
        "attempts": "unknown" if attempts is None else f"{attempts:.2f}",
        "prompt p95": number(figures.prompt_p95),
    }
    failed = {"failing": figures.failed, "overload": figures.overloaded, "limited": figures.rate_limited}
    roles = {name: "bad" if count else "dim" for name, count in failed.items()}
    return line(
        Span(pad(figures.name, _NAME_CELLS), "text"),
        *(
            Span(
                right(values[name], _COLUMNS[name]),
                "faint" if values[name] in (NOT_AVAILABLE, "unknown") else roles.get(name, "text"),
            )
            for name in columns
        ),
    )


def _limits(snapshot: Snapshot, cells: int) -> Lines:
    rows = limits_by_model(snapshot, cells)
    return (BLANK, heading("Limits by model", "as of the last calls", cells), *rows) if rows else ()


def _usual(view: TrafficView, cells: int) -> Lines:
    usual = view.usual
    if usual is None:
        return (BLANK, line(Span("usual: not enough history yet", "faint")))
    when = f"this hour on {plural(usual.days, 'day')} before" if usual.days else "the last day"
    return (BLANK, heading("Usual", when, cells), *_table((usual.figures,), cells))


def _classes(view: TrafficView, cells: int) -> Lines:
    if not view.all.failures:
        return ()
    rows = [
        line(
            Span(pad(plain(failure.outcome.value), _NAME_CELLS), "text"),
            Span(right(f"{failure.count:,}", _COUNT_CELLS), "bad"),
            Span(right(share(failure.share), _COUNT_CELLS), "text"),
            Span(f"   {failure.error_type}", "dim"),
        )
        for failure in view.all.failures
    ]
    return (BLANK, heading("Failures", "by class", cells), *rows)


def _failed(view: TrafficView, listed: Sequence[KeptCall], only: str, cells: int) -> Lines:
    if not view.failed_calls:
        return ()
    note = f"{len(listed)} of {view.failed_count:,} in the last 15m{only}"
    narrow = cells < _WIDE_FROM
    return (
        BLANK,
        heading("Failed calls", note, cells),
        *_calls(listed, lambda call: _failed_call(call, narrow=narrow)),
    )


def _calls(listed: Sequence[KeptCall], drawn: Callable[[KeptCall], Line]) -> Lines:
    return tuple(map(drawn, listed)) or (line(Span("none match the filter", "faint")),)


def _failed_call(kept: KeptCall, *, narrow: bool) -> Line:
    """Without the model if the request id would not fit otherwise, as support asks for that."""
    call = kept.call
    status = f"{call.http_status} " if call.http_status is not None else ""
    what = pad(f"{status}{call.error_type or plain(call.outcome.value)}", 23 if narrow else 25)
    wait = f"  retry after {call.retry_after_s:g}s" if call.retry_after_s is not None else ""
    early = "  too early" if call.early else ""
    tail = Span(f"{call.request_id or ''}{wait}{early}", "dim")
    return line(*_who(kept, narrow=narrow), Span(what, "bad"), tail)


def _slowest(view: TrafficView, listed: Sequence[KeptCall], only: str, cells: int) -> Lines:
    if not view.slowest_calls:
        return ()
    heads = heading("Slowest calls", f"in the last 15m{only}", cells)
    narrow = cells < _WIDE_FROM
    return (BLANK, heads, *_calls(listed, lambda call: _slow_call(call, narrow=narrow)))


def _slow_call(kept: KeptCall, *, narrow: bool) -> Line:
    call = kept.call
    first = f"TTFT {_seconds(call.first_token_s)}" if call.first_token_s is not None else ""
    return line(
        *_who(kept, narrow=narrow),
        Span(pad(_seconds(call.total_s), 9), "text"),
        Span(pad(first, 14), "dim"),
        Span(call.request_id or "", "dim"),
    )


def _who(kept: KeptCall, *, narrow: bool) -> Line:
    call = kept.call
    model = (call.served_model or call.model).removeprefix("claude-")
    return line(
        Span(f"{clock(call.at)}  ", "dim"),
        Span(pad(call.application, 12 if narrow else 16), "text"),
        Span("" if narrow else f"{pad(model, 18)}  ", "dim"),
    )


def _source(source: SourceState, snapshot: Snapshot) -> Line:
    heard = (
        f"quiet since {stamp(source.quiet_since)}, {ago(source.last_at, snapshot.at)}"
        if source.quiet_since is not None
        else f"last call {ago(source.last_at, snapshot.at)}"
    )
    absent = [
        f"{absence.what} {f'absent since {clock(absence.since)}' if absence.since is not None else 'unknown'}"
        for absence in source.absent
    ]
    role = "warn" if source.quiet_since is not None else "text"
    return line(Span(pad(source.source.value, 8), "text"), Span(", ".join((heard, *absent)), role))


def _seconds(value: float | None) -> str:
    if value is None:
        return NOT_AVAILABLE
    unit = latency_unit(value)
    return f"{latency_figure(value, unit)}{unit}"
