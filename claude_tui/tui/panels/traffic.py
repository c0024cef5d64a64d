"""Own traffic: pace, failures, latency, tokens and cost of the last minute, and whose they are."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime

from rich.cells import cell_len

from claude_tui.analysis.history.failure_kinds import failure_brief
from claude_tui.analysis.traffic.levels import attempts_level, failing_level, first_token_level
from claude_tui.model.arrangement import Panel
from claude_tui.model.format import (
    NOT_AVAILABLE,
    clock,
    clock_minute,
    count,
    latency_figure,
    latency_unit,
    money,
    percent,
    plain,
    ratio,
    span_text,
)
from claude_tui.model.observation import FailureKind, Outcome, Source
from claude_tui.model.snapshot import Level, Snapshot
from claude_tui.model.traffic import KeptCall
from claude_tui.model.traffic_view import Quantiles, TrafficFigures, TrafficView
from claude_tui.tui.render.glyphs import level_mark
from claude_tui.tui.render.line_panel import SnapshotPanel
from claude_tui.tui.render.lines import (
    BLANK,
    Line,
    Span,
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

__all__ = ["TrafficPanel", "dollars", "pace", "share", "traffic_lines"]

Lines = tuple[Line, ...]

_NAME_CELLS = 6
# The room of a figure, so that nothing moves when it grows a digit: `30.7/s`, `100%`, `82.6k`, `≥$76.80`.
_PACE_CELLS, _SHARE_CELLS, _LATENCY_CELLS, _COUNT_CELLS, _MONEY_CELLS = 6, 4, 4, 5, 7
# Pace, share and p95 beside a name, which is not cut where it takes no more than this.
_BESIDE_NAME, _NAME_IN_FULL = 30, 14
_TREND_FROM = 7
_TALLEST = 6
_ROWS_OF_CALLS, _ROWS_FOR_HEIGHT = 6, 4
# From this size on, figures stand in columns with names.
_TABLE_CELLS, _TABLE_ROWS = 60, 20
# The busiest span does not fill the chart: a steady pace is no wall.
_AIR = 1.5
# They call for different responses, so that they are named even while there are none.
_NAMED = frozenset({Outcome.OVERLOADED, Outcome.RATE_LIMITED})
_LOUD = (Level.WARN, Level.BAD)


class TrafficPanel(SnapshotPanel):
    PANEL = Panel.TRAFFIC
    TITLE = "Traffic"

    def subtitle(self, snapshot: Snapshot) -> str:
        return span_text(snapshot.traffic.span) if snapshot.traffic is not None else ""

    def __init__(self, snapshot: Snapshot, key: str = "") -> None:
        super().__init__(snapshot, key)
        self._made: tuple[TrafficView, int, int, Lines] | None = None

    def lines(self, snapshot: Snapshot, width: int, height: int) -> Lines:
        view, made = snapshot.traffic, self._made
        if view is None:
            return _nothing_heard(width, height)
        # A view stays the same object for up to ten seconds, and says nothing that the time changes.
        if made is None or made[0] is not view or made[1:3] != (width, height):
            made = self._made = view, width, height, traffic_lines(view, width, height)
        return made[3]


def _nothing_heard(cells: int, rows: int) -> Lines:
    """How calls come here, while none have."""
    said = (
        ("No calls of your own seen yet.", "text"),
        ("With a proxy: run claude-top proxy and set ANTHROPIC_BASE_URL to its address.", "dim"),
        ("With OpenTelemetry: set otlp in the table [traffic] of the settings file.", "dim"),
        ("More: claude-top manual traffic", "faint"),
    )
    told = (line(Span(row, role)) for text, role in said for row in wrap(text, cells, 3))
    return clipped(told, cells, rows)


def traffic_lines(
    view: TrafficView, cells: int, rows: int, *, by_application: bool = True, curves: bool = True
) -> Lines:
    """What matters most first; applications fill what is left, and a trend where there is room."""
    head = (_headline(view, cells), *_silent(view))
    figures = (
        _latency(view, cells),
        _tokens(view.all, cells),
        _cost(view.all, cells),
        *_endings(view.all, cells, always=rows >= _TABLE_ROWS),
    )
    apps = _listed("application", view.applications, cells, rows) if by_application else ()
    left = rows - len(head) - len(figures) - len(apps)
    # A tall panel draws the trend higher, once models and some failed calls have their rows.
    tall = 1 + max(left - len(view.models) - _ROWS_OF_CALLS, 0) // _ROWS_FOR_HEIGHT
    trend = _trend(view, cells, left, min(tall, _TALLEST)) if curves and rows >= _TREND_FROM else ()
    room = rows - len(head) - len(trend)
    # Where rows are scarce, whose calls fail says more than tokens and cost.
    # In a single row, an application that fails does.
    least = 0 if room == 1 and apps and failing_level(_worst_first(view.applications)[0]) is Level.BAD else 1
    shown = figures[: max(room - min(len(apps), 2), least)]
    left = room - len(shown)
    listed = apps[:left] if len(apps) <= left else apps[: max(left, 0)]
    used = (*head, *trend, *shown, *listed)
    more = _more(view, cells, rows, rows - len(used)) if by_application and len(listed) == len(apps) else ()
    return clipped((*used, *more), cells, rows)


def _headline(view: TrafficView, cells: int) -> Line:
    """`30.7/s  failing 22%  overload 18%  limited 0  attempts/call 1.6 ▲`.

    Where it does not fit, kinds without a failure go first, then the last parts.

    If most fail for another reason, that comes before both: `failing 54%  authentication 54%  overload 0`.
    """
    figures = view.all
    silent = _all_quiet_since(view)
    if silent is not None:
        # Whether nobody calls or nobody reports it, nobody knows: "0/min" would be a figure.
        return crop(line(Span(f"no calls since {clock_minute(silent)}", "text")), cells)
    pieces = [
        _labelled(_held(pace(figures), _PACE_CELLS), "", "text"),
        _labelled(f"failing {_held(share(figures.failing), _SHARE_CELLS)}", "", _role(failing_level(figures)))
        if figures.failing is not None
        else line(Span(f"failing {_held(NOT_AVAILABLE, _SHARE_CELLS)}", "faint")),
        *_leading_failure(figures),
        overload := _class("overload", figures.overloaded, figures.calls),
        limited := _class("limited", figures.rate_limited, figures.calls),
    ]
    if figures.attempts_per_call is not None:
        level = attempts_level(figures)
        mark = f" {level_mark(level).glyph}" if level in _LOUD else ""
        pieces.append(_labelled(f"{figures.attempts_per_call:.1f}", "attempts/call ", _role(level), mark))
    for failed, piece in ((figures.rate_limited, limited), (figures.overloaded, overload)):
        if not failed and width(join(pieces)) > cells:
            pieces.remove(piece)
    return _fitting("", pieces, cells)


def _all_quiet_since(view: TrafficView) -> datetime | None:
    """Since when no source has told of a call; None while one does."""
    since = [source.quiet_since for source in view.sources if source.quiet_since is not None]
    return max(since) if since and len(since) == len(view.sources) and not view.all.calls else None


def _leading_failure(figures: TrafficFigures) -> tuple[Line, ...]:
    """The commonest failure, unless it is one of the two that are always named."""
    if not figures.failures or figures.failures[0].outcome in _NAMED:
        return ()
    most = figures.failures[0]
    words = failure_brief(FailureKind(Source.MESSAGES, most.outcome, None, most.error_type))
    return (_class(words, most.count, figures.calls),)


def _fitting(name: str, pieces: list[Line], cells: int) -> Line:
    """A row of pieces after its name; the last ones are left out where they do not fit."""
    start = line(Span(f"{pad(name, _NAME_CELLS)} ", "text")) if name else ()
    if name and not any(_is_known(piece) for piece in pieces):
        return crop(line(*start, Span(NOT_AVAILABLE, "faint")), cells)
    while len(pieces) > 1 and width(start) + width(join(pieces)) > cells:
        pieces.pop()
    return crop(line(*start, *join(pieces)), cells)


def _is_known(piece: Line) -> bool:
    """Whether it has a figure."""
    return not any(span.text.strip() == NOT_AVAILABLE for span in piece)


def _class(name: str, failed: int, calls: int) -> Line:
    words = percent(failed / calls) if failed and calls else "0"
    figure = _held(words, _SHARE_CELLS)
    return line(Span(f"{name} ", "dim"), Span(figure, "bad" if failed else "dim", bold=bool(failed)))


def _silent(view: TrafficView) -> Lines:
    """Sources that have fallen silent, in one row, and what others no longer tell."""
    quiet = [source for source in view.sources if source.quiet_since is not None]
    out: list[Line] = []
    if quiet:
        # In one row: a dashboard of 24 rows has two for this panel.
        words = ", ".join(
            f"{source.source.value} {'quiet ' if not number else ''}since {clock_minute(source.quiet_since)}"
            for number, source in enumerate(quiet)
            if source.quiet_since is not None
        )
        out.append(line(Span("▲ ", "warn"), Span(words, "text")))
    for source in view.sources:
        out += [
            line(
                Span("▲ ", "warn"),
                Span(f"{source.source.value}: {each.what} absent since {clock_minute(each.since)}", "text"),
            )
            for each in source.absent
            if each.since is not None
        ]
    return tuple(out)


def _latency(view: TrafficView, cells: int) -> Line:
    first = view.all.first_token
    unit = latency_unit(first.p50, first.p95, first.p99)
    pieces = [
        _labelled(_held(latency_figure(value, unit), _LATENCY_CELLS), f"{name} ", "text", unit)
        for name, value in (("p50", first.p50), ("p95", first.p95), ("p99", first.p99))
    ]
    level, times = first_token_level(view), view.first_token_ratio
    if times is not None:
        mark = f" {level_mark(level).glyph}" if level in _LOUD else ""
        words = Span(
            f"{_held(ratio(times), _SHARE_CELLS)} usual{mark}", _role(level, "dim"), bold=level in _LOUD
        )
        # More telling than p99.
        pieces.insert(2, line(words))
    return _fitting("TTFT", pieces, cells)


def _tokens(figures: TrafficFigures, cells: int) -> Line:
    pieces = [
        _labelled(_held(_number(figures.input_per_minute), _COUNT_CELLS), "in ", "text", "/min"),
        _labelled(_held(_number(figures.output_per_minute), _COUNT_CELLS), "out ", "text", "/min"),
        _labelled(_held(share(figures.cache_share), _SHARE_CELLS), "cached ", "text"),
    ]
    return _fitting("tokens", pieces, cells)


def _cost(figures: TrafficFigures, cells: int) -> Line:
    pieces = [
        _labelled(_held(dollars(figures.usd_per_hour, figures), _MONEY_CELLS), "", "text", "/h"),
        _labelled(_held(dollars(figures.usd_per_1000, figures), _MONEY_CELLS), "", "text", " per 1,000"),
        _labelled(_held(_number(figures.prompt_p95), _COUNT_CELLS), "prompt p95 ", "text"),
    ]
    return _fitting("cost", pieces, cells)


def _endings(figures: TrafficFigures, cells: int, *, always: bool) -> Lines:
    """How answers ended that did not end well, where there are any.

    With `always` the row is there without any as well, so that nothing below it moves when one comes.
    """
    pieces = []
    if figures.cut:
        pieces.append(_labelled(f"{figures.cut:,}", "cut ", "bad"))
    if figures.early:
        words = f"{figures.early:,} of {figures.asked_to_wait:,}"
        pieces.append(_labelled(words, "retry-after ignored ", "warn"))
    if figures.max_tokens:
        pieces.append(_labelled(_held(percent(figures.max_tokens), _SHARE_CELLS), "max_tokens ", "text"))
    if figures.refusals:
        pieces.append(_labelled(_held(percent(figures.refusals), _SHARE_CELLS), "refusals ", "text"))
    if figures.abandoned:
        pieces.append(_labelled(f"{figures.abandoned:,}", "abandoned ", "text"))
    if always and not pieces:
        pieces.append(line(Span("none early or cut", "dim")))
    return (_fitting("ended", pieces, cells),) if pieces else ()


def _more(view: TrafficView, cells: int, rows: int, room: int) -> Lines:
    """Models and the newest failed calls, where they fit."""
    named = [replace(each, name=each.name.removeprefix("claude-")) for each in view.models]
    models = _listed("model", named, cells, rows)
    more: Lines = (BLANK, *models) if models and room > len(models) else ()
    if view.failed_calls and room - len(more) >= 3:
        failed = view.failed_calls[: room - len(more) - 1]
        more = (*more, BLANK, *(_failed_call(each, cells) for each in failed))
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


def _listed(title: str, found: Sequence[TrafficFigures], cells: int, rows: int) -> Lines:
    """Each of several, those that fail first: as a table in a large panel, else with what each figure is.

    `checkout   9.1/s   38%  p95 6.2s   $4.10/h`
    """
    if len(found) < 2 and not any(each.failed for each in found):
        return ()
    if cells >= _TABLE_CELLS and rows >= _TABLE_ROWS:
        from claude_tui.tui.panels.traffic_table import table

        return tuple(crop(each, cells) for each in table(title, _worst_first(found), cells))
    longest = max((cell_len(each.name) for each in found), default=0)
    name = min(longest, max(cells // 4, min(cells - _BESIDE_NAME, _NAME_IN_FULL), 8))
    return tuple(crop(_row(each, name, cells), cells) for each in _worst_first(found))


def _worst_first(found: Sequence[TrafficFigures]) -> list[TrafficFigures]:
    return sorted(found, key=lambda each: failing_level(each) is not Level.BAD)


def _row(figures: TrafficFigures, name: int, cells: int) -> Line:
    level = failing_level(figures)
    columns = [
        line(Span(pad(figures.name, name), "text")),
        line(Span(right(pace(figures), 8), "text")),
        line(Span(right(share(figures.failing), 5), _role(level, "dim"), bold=level in _LOUD)),
        line(Span("p95 ", "dim"), *_p95(figures.first_token)),
        _labelled(right(dollars(figures.usd_per_hour, figures), 8), "", "text", "/h"),
    ]
    while len(columns) > 3 and width(join(columns)) > cells:
        columns.pop()
    return join(columns)


def _p95(found: Quantiles) -> Line:
    unit = latency_unit(found.p95) if found.p95 is not None else "  "
    role = "text" if found.p95 is not None else "faint"
    return line(Span(right(latency_figure(found.p95, unit), 5), role), Span(pad(unit, 2), "dim"))


def _trend(view: TrafficView, cells: int, room: int, tall: int) -> Lines:
    """Calls of the last quarter of an hour, and below them those that failed."""
    calls = [float(point.calls) for point in view.trend]
    failed = [float(point.failed) for point in view.trend]
    drawn = _curve("calls", calls, max(calls) * _AIR, "info", cells, tall)
    # A high chart has its rows from the beginning: the first failure must not move what is below.
    if any(failed) or tall > 1:
        # Few failures stay low, and are still seen.
        top = max(*failed, max(calls) / 4)
        drawn = (*drawn, *_curve("failed", failed, top, "bad", cells, -(-tall // 2)))
    return drawn[: max(room, 0)]


def _curve(name: str, points: Sequence[float], top: float, role: str, cells: int, tall: int) -> Lines:
    """`tall` rows, the name in the last of them."""
    rows = bars(
        points, cells - _NAME_CELLS - 1, tall, top=top, role_of=lambda value: role if value else "dim"
    )
    labels = [""] * (tall - 1) + [name]
    return tuple(
        line(Span(pad(label, _NAME_CELLS) + " ", "text"), *row)
        for label, row in zip(labels, rows, strict=True)
    )


def pace(figures: TrafficFigures) -> str:
    """`30.7/s`, `0.97/s`; below one in ten seconds, calls a minute: `5/min`."""
    # The unit changes where few applications stay: around one call a second it would flicker.
    if figures.per_second >= 0.095:
        return f"{figures.per_second:,.{1 if figures.per_second >= 0.995 else 2}f}/s"
    return f"{count(figures.per_second * 60)}/min"


def share(fraction: float | None) -> str:
    return NOT_AVAILABLE if fraction is None else percent(fraction)


def dollars(amount: float | None, figures: TrafficFigures) -> str:
    """`$4.10`, `≥$4.10` where calls without a price are among them, `n/a` where all are."""
    if amount is None:
        return NOT_AVAILABLE
    return f"{'≥' if figures.unpriced else ''}{money(amount)}"


def _number(value: float | None) -> str:
    return NOT_AVAILABLE if value is None else count(value)


def _held(figure: str, cells: int) -> str:
    """The figure at the right edge of its room; a longer one is never cut."""
    return figure.rjust(cells)


def _labelled(figure: str, label: str, role: str, unit: str = "") -> Line:
    """A bright figure between a dim label and a dim unit; a figure that is not known is dim as well."""
    known = figure.strip() != NOT_AVAILABLE
    return line(
        Span(label, "dim"),
        Span(figure, role if known else "faint", bold=known),
        Span(unit if known else " " * len(unit), "dim"),
    )


def _role(level: Level, otherwise: str = "text") -> str:
    return level_mark(level).role if level in _LOUD else otherwise
