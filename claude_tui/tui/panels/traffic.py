"""Own traffic: pace, failures, latency, tokens and cost of the last minute, and whose they are."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, timedelta

from claude_tui.analysis.history.failure_kinds import failure_brief
from claude_tui.analysis.traffic.levels import attempts_level, failing_level
from claude_tui.model.arrangement import Panel
from claude_tui.model.format import (
    NOT_AVAILABLE,
    clock,
    clock_minute,
    latency_figure,
    latency_unit,
    plain,
    span_text,
)
from claude_tui.model.observation import FailureKind, Outcome, Source
from claude_tui.model.snapshot import Level, Snapshot
from claude_tui.model.traffic import KeptCall
from claude_tui.model.traffic_view import Quantiles, TrafficFigures, TrafficView
from claude_tui.tui.panels.traffic_figures import (
    NAME_CELLS,
    PACE_CELLS,
    SHARE_CELLS,
    WARNING_LEVELS,
    cost_row,
    dollars,
    ending_rows,
    failure_share,
    fitting,
    labelled,
    latency_row,
    pace,
    share,
    token_row,
    warning_role,
)
from claude_tui.tui.render.glyphs import level_mark
from claude_tui.tui.render.line_panel import SnapshotPanel
from claude_tui.tui.render.lines import (
    BLANK,
    Line,
    Lines,
    Span,
    cells_of,
    clipped,
    crop,
    first_fitting,
    join,
    line,
    pad,
    right,
    width,
    wrap,
)
from claude_tui.tui.render.sparkline import bars

__all__ = ["TrafficPanel", "traffic_lines"]

# The width of pace, share and p95 beside a name, and the width up to which a name is not cut.
_BESIDE_NAME, _NAME_IN_FULL = 30, 14
_TREND_FROM = 7
_TALLEST = 6
_ROWS_OF_CALLS, _ROWS_FOR_HEIGHT = 6, 4
# From this size on, figures stand in columns with names.
_TABLE_CELLS, _TABLE_ROWS = 60, 20
# The busiest span does not fill the chart, as a steady pace should not look like a wall.
_TOP_OVER_HIGHEST = 1.5
# They call for different responses, so they are named even without failures.
_NAMED = frozenset({Outcome.OVERLOADED, Outcome.RATE_LIMITED})


class TrafficPanel(SnapshotPanel):
    PANEL = Panel.TRAFFIC
    TITLE = "Traffic"

    def subtitle(self, snapshot: Snapshot) -> str:
        if snapshot.traffic is None:
            return ""
        over = _no_failure_since(snapshot.traffic)
        note = f"none failed since {clock(over)}, " if over is not None else ""
        return note + span_text(snapshot.traffic.span)

    def __init__(self, snapshot: Snapshot, key: str = "") -> None:
        super().__init__(snapshot, key)
        self._made: tuple[TrafficView, int, int, Lines] | None = None

    def lines(self, snapshot: Snapshot, width: int, height: int) -> Lines:
        view, made = snapshot.traffic, self._made
        if view is None:
            return _no_calls(width, height)
        # A view stays the same object for up to ten seconds, and says nothing that the time changes.
        if made is None or made[0] is not view or made[1:3] != (width, height):
            made = self._made = view, width, height, traffic_lines(view, width, height)
        return made[3]


def _no_failure_since(view: TrafficView) -> datetime | None:
    """Since when calls have succeeded, although the share still counts the failures before."""
    failing = [number for number, point in enumerate(view.trend) if point.failed]
    if not failing or failing[-1] + 1 == len(view.trend):
        return None
    later = view.trend[failing[-1] + 1 :]
    since = later[0].at
    fails_again = any(_ended_at(kept) >= since for kept in view.failed_calls)
    answered = any(point.calls for point in later)
    return since if since >= view.start and answered and not fails_again else None


def _ended_at(kept: KeptCall) -> datetime:
    return kept.call.at + timedelta(seconds=kept.call.total_s or 0.0)


def _no_calls(cells: int, rows: int) -> Lines:
    """How to send calls here, shown until there are any."""
    paragraphs = (
        ("No calls of your own seen yet.", "text"),
        ("With a proxy: run claude-top proxy and set ANTHROPIC_BASE_URL to its address.", "dim"),
        ("With OpenTelemetry: set otlp in the table [traffic] of the settings file.", "dim"),
        ("More: claude-top manual traffic", "faint"),
    )
    rows_of_text = (line(Span(row, role)) for text, role in paragraphs for row in wrap(text, cells, 3))
    return clipped(rows_of_text, cells, rows)


def traffic_lines(
    view: TrafficView, cells: int, rows: int, *, by_application: bool = True, curves: bool = True
) -> Lines:
    """The most important figures first; applications fill what is left, with a trend if there is room."""
    head = (_headline(view, cells), *_silent(view))
    figures = (
        latency_row(view, cells),
        token_row(view.all, cells),
        cost_row(view.all, cells),
        *ending_rows(view.all, cells, always=rows >= _TABLE_ROWS),
    )
    apps = _listed("application", view.applications, view, cells, rows) if by_application else ()
    left = rows - len(head) - len(figures) - len(apps)
    # A tall panel draws the trend higher, once models and some failed calls have their rows.
    chart_rows = 1 + max(left - len(view.models) - _ROWS_OF_CALLS, 0) // _ROWS_FOR_HEIGHT
    trend = _trend(view, cells, left, min(chart_rows, _TALLEST)) if curves and rows >= _TREND_FROM else ()
    room = rows - len(head) - len(trend)
    # If rows are scarce, knowing whose calls fail is worth more than tokens and cost. In a single row, so is
    # a failing application.
    least = 0 if room == 1 and apps and failing_level(_worst_first(view.applications)[0]) is Level.BAD else 1
    shown = figures[: max(room - min(len(apps), 2), least)]
    left = room - len(shown)
    listed = apps[:left] if len(apps) <= left else apps[: max(left, 0)]
    used = (*head, *trend, *shown, *listed)
    more = _more(view, cells, rows, rows - len(used)) if by_application and len(listed) == len(apps) else ()
    return clipped((*used, *more), cells, rows)


def _headline(view: TrafficView, cells: int) -> Line:
    """`30.7/s failing 22% overload 18% limited 0 attempts/call 1.6 ▲`.

    If it does not fit, kinds without a failure are left out first, then the last parts. If most calls fail
    for another reason, that comes before both: `failing 54% authentication 54% overload 0`.
    """
    figures = view.all
    silent = _all_quiet_since(view)
    if silent is not None:
        # It is unknown whether nobody calls or nobody reports calls, so "0/min" would be wrong.
        return crop(line(Span(f"no calls since {clock_minute(silent)}", "text")), cells)
    pieces = [
        labelled(pace(figures).rjust(PACE_CELLS), "", "text"),
        labelled(
            f"failing {share(figures.failing).rjust(SHARE_CELLS)}", "", warning_role(failing_level(figures))
        )
        if figures.failing is not None
        else line(Span(f"failing {NOT_AVAILABLE.rjust(SHARE_CELLS)}", "faint")),
        *_leading_failure(figures),
        overload := failure_share("overload", figures.overloaded, figures.calls),
        limited := failure_share("limited", figures.rate_limited, figures.calls),
    ]
    if figures.attempts_per_call is not None:
        level = attempts_level(figures)
        mark = f" {level_mark(level).glyph}" if level in WARNING_LEVELS else ""
        pieces.append(
            labelled(f"{figures.attempts_per_call:.1f}", "attempts/call ", warning_role(level), mark)
        )
    for failed, piece in ((figures.rate_limited, limited), (figures.overloaded, overload)):
        if not failed and width(join(pieces)) > cells:
            pieces.remove(piece)
    return fitting("", pieces, cells)


def _all_quiet_since(view: TrafficView) -> datetime | None:
    """The instant since which no source has reported a call; None while one does."""
    since = [source.quiet_since for source in view.sources if source.quiet_since is not None]
    return max(since) if since and len(since) == len(view.sources) and not view.all.calls else None


def _leading_failure(figures: TrafficFigures) -> Lines:
    """The most frequent failure, unless it is one of the two that are always named."""
    if not figures.failures or figures.failures[0].outcome in _NAMED:
        return ()
    most = figures.failures[0]
    name = failure_brief(FailureKind(Source.MESSAGES, most.outcome, None, most.error_type))
    return (failure_share(name, most.count, figures.calls),)


def _silent(view: TrafficView) -> Lines:
    """Sources that have fallen silent, in one row, and what other sources no longer report."""
    quiet = [source for source in view.sources if source.quiet_since is not None]
    out: list[Line] = []
    if quiet:
        # In one row: a dashboard of 24 rows has two for this panel.
        sources = ", ".join(
            f"{source.source.value} {'quiet ' if not number else ''}since {clock_minute(source.quiet_since)}"
            for number, source in enumerate(quiet)
            if source.quiet_since is not None
        )
        out.append(line(Span("▲ ", "warn"), Span(sources, "text")))
    for source in view.sources:
        out += [
            line(
                Span("▲ ", "warn"),
                Span(
                    f"{source.source.value}: {absence.what} absent since {clock_minute(absence.since)}",
                    "text",
                ),
            )
            for absence in source.absent
            if absence.since is not None
        ]
    return tuple(out)


def _more(view: TrafficView, cells: int, rows: int, room: int) -> Lines:
    """Models and the newest failed calls, if they fit."""
    models = _listed("model", _models(view), view, cells, rows)
    more: Lines = (BLANK, *models) if models and room > len(models) else ()
    if view.failed_calls and room - len(more) >= 3:
        failed = view.failed_calls[: room - len(more) - 1]
        more = (*more, BLANK, *(_failed_call(call, cells) for call in failed))
    return more


def _failed_call(kept: KeptCall, cells: int) -> Line:
    """`14:02:11 checkout 529 overloaded_error req_011C…`, the id only where it fits."""
    call = kept.call
    status = f"{call.http_status} " if call.http_status is not None else ""
    start = Span(f"{clock(call.at)} ", "dim"), Span(f"{call.application} ", "text")
    kind, brief = call.error_type or plain(call.outcome.value), plain(call.outcome.value)
    request_id = Span(f" {call.request_id}" if call.request_id else "", "dim")
    return first_fitting(
        (
            line(*start, Span(f"{status}{kind}", "bad"), request_id),
            line(*start, Span(f"{status}{kind}", "bad")),
            line(*start, Span(f"{status}{brief}", "bad")),
        ),
        cells,
    )


def _models(view: TrafficView) -> list[TrafficFigures]:
    """The figures of the models, by their short names."""
    return [replace(figures, name=figures.name.removeprefix("claude-")) for figures in view.models]


def _listed(title: str, found: Sequence[TrafficFigures], view: TrafficView, cells: int, rows: int) -> Lines:
    """A row for each, failing ones first: as a table in a large panel, otherwise with labelled figures.

    `checkout 9.1/s 38% p95 6.2s $4.10/h`
    """
    if len(found) < 2 and not any(figures.failed for figures in found):
        return ()
    if cells >= _TABLE_CELLS and rows >= _TABLE_ROWS:
        from claude_tui.tui.panels.traffic_table import table

        return tuple(crop(row, cells) for row in table(title, _worst_first(found), cells))
    # Models below applications have the same columns.
    longest = max(cells_of(figures.name) for figures in (*view.applications, *_models(view)))
    name = min(longest, max(cells // 4, min(cells - _BESIDE_NAME, _NAME_IN_FULL), 8))
    return tuple(crop(_row(figures, name, cells), cells) for figures in _worst_first(found))


def _worst_first(found: Sequence[TrafficFigures]) -> list[TrafficFigures]:
    return sorted(found, key=lambda figures: failing_level(figures) is not Level.BAD)


def _row(figures: TrafficFigures, name: int, cells: int) -> Line:
    level = failing_level(figures)
    columns = [
        line(Span(pad(figures.name, name), "text")),
        line(Span(right(pace(figures), 8), "text")),
        line(
            Span(right(share(figures.failing), 5), warning_role(level, "dim"), bold=level in WARNING_LEVELS)
        ),
        line(Span("p95 ", "dim"), *_p95(figures.first_token)),
        labelled(right(dollars(figures.usd_per_hour, figures), 8), "", "text", "/h"),
    ]
    while len(columns) > 3 and width(join(columns)) > cells:
        columns.pop()
    return join(columns)


def _p95(found: Quantiles) -> Line:
    unit = latency_unit(found.p95) if found.p95 is not None else "  "
    role = "text" if found.p95 is not None else "faint"
    return line(Span(right(latency_figure(found.p95, unit), 5), role), Span(pad(unit, 2), "dim"))


def _trend(view: TrafficView, cells: int, room: int, chart_rows: int) -> Lines:
    """Calls of the last quarter of an hour, and below them those that failed."""
    calls = [float(point.calls) for point in view.trend]
    failed = [float(point.failed) for point in view.trend]
    drawn = _curve("calls", calls, max(calls) * _TOP_OVER_HIGHEST, "info", cells, chart_rows)
    # A tall chart has its rows from the beginning, so that the first failure does not move what is below.
    if any(failed) or chart_rows > 1:
        # A few failures remain low, but visible.
        top = max(*failed, max(calls) / 4)
        drawn = (*drawn, *_curve("failed", failed, top, "bad", cells, -(-chart_rows // 2)))
    return drawn[: max(room, 0)]


def _curve(name: str, points: Sequence[float], top: float, role: str, cells: int, chart_rows: int) -> Lines:
    """A curve in `chart_rows` rows, with the name in the last of them."""
    rows = bars(
        points, cells - NAME_CELLS - 1, chart_rows, top=top, role_of=lambda value: role if value else "dim"
    )
    labels = [""] * (chart_rows - 1) + [name]
    return tuple(
        line(Span(pad(label, NAME_CELLS) + " ", "text"), *row)
        for label, row in zip(labels, rows, strict=True)
    )
