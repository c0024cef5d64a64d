"""Latency: charts with their failures, percentiles, comparison with the usual, and the network phases."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from functools import lru_cache
from itertools import groupby
from math import ceil

from claude_tui.model.format import (
    NOT_AVAILABLE,
    clock,
    clock_minute,
    duration,
    latency_figure,
    latency_unit,
    milliseconds,
    plural,
    ratio,
    span_text,
)
from claude_tui.model.observation import Source, Timings
from claude_tui.model.snapshot import LatencySeries, LatencyView, Panel, Snapshot
from claude_tui.tui.panels.latency_zoom import unmeasured_usual
from claude_tui.tui.render.curve import fine_curve
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
    packed,
    pad,
    plain,
    right,
    width,
)
from claude_tui.tui.render.sparkline import resample, sparkline
from claude_tui.tui.render.staleness import outdated
from claude_tui.tui.render.time_axis import time_axis

__all__ = ["LatencyPanel", "latency_lines", "series_chart"]

Lines = tuple[Line, ...]

_NAME_CELLS = 9
_FIGURE_CELLS = 8
_USUAL_CELLS = 11
# The last of these rows is for the marks of failures.
_TALLEST_CHART = 9
# From this height on, a chart labels its upper edge.
_SCALED_FROM = 4
_ALL_FAILED, _SOME_FAILED = Span("✗", "bad"), Span("×", "warn")
# Below this, a label of the time axis tells less than how long the chart is.
_NARROWEST_AXIS = 18
# More failures than this since the last success are no chance.
_FEW_FAILED = 2
# A normal series fills a quarter of its height: only what is several times slower than usual looks tall.
_TOP_OVER_BASELINE = 4.0
_LABEL_CELLS = 4
_PHASES_OLD_S = 60.0
_SKEW_WORTH_SAYING_S = 2.0
_CERTIFICATE_WORTH_SAYING = timedelta(days=30)

Figure = tuple[str, Callable[[LatencySeries], float | None]]
_FIGURES: tuple[Figure, ...] = (
    ("now", lambda series: series.current),
    ("p50", lambda series: series.p50),
    ("p95", lambda series: series.p95),
    ("p99", lambda series: series.p99),
)


class LatencyPanel(SnapshotPanel):
    PANEL = Panel.LATENCY
    TITLE = "Latency"

    def subtitle(self, snapshot: Snapshot) -> str:
        return span_text(snapshot.latency.span)

    def lines(self, snapshot: Snapshot, width: int, height: int) -> Lines:
        return latency_lines(snapshot, width, height)


def latency_lines(snapshot: Snapshot, cells: int, rows: int) -> Lines:
    """One or more rows per measure, then notes, in at most `rows` rows."""
    view = snapshot.latency
    labelled = rows <= len(view.series)
    figures, chart_cells = _columns(cells, labelled=labelled)
    header = () if labelled else (_header(view, snapshot.at, figures, chart_cells),)
    notes = _notes(view, snapshot.at, cells)
    shown_notes = notes[: max(rows - len(header) - len(view.series), 0)]
    tall = _tallest(len(view.series), rows - len(header) - len(shown_notes))
    body: list[Line] = []
    for series in view.series:
        stale = series.now_at is not None and outdated(snapshot, _source(series), series.now_at)
        calm = not snapshot.verdict.severity.grave
        body += _series(series, figures, chart_cells, tall, labelled=labelled, stale=stale, calm=calm)
    gap: Lines = (BLANK,) if shown_notes and rows > len(header) + len(body) + len(shown_notes) else ()
    return clipped((*header, *body, *gap, *shown_notes), cells, rows)


def _tallest(charts: int, room: int) -> int:
    """How many rows each of `charts` charts gets: one, or several, the last of which marks failures."""
    fitting = (tall for tall in range(_TALLEST_CHART, 1, -1) if charts * tall <= room)
    return next(fitting, 1)


def _columns(cells: int, *, labelled: bool) -> tuple[tuple[Figure, ...], int]:
    """Which figures fit, and what that leaves for the chart. p99 is left out first, then p50.

    `labelled` figures include their names, as there is no header row.
    """
    chart = 0
    for least, names in ((36, "now p50 p95 p99"), (18, "now p50 p95"), (12, "now p95"), (0, "now")):
        figures = tuple(figure for figure in _FIGURES if figure[0] in names)
        chart = cells - _NAME_CELLS - _FIGURE_CELLS * len(figures) - _USUAL_CELLS - 1
        chart -= _LABEL_CELLS * (len(figures) - 1) if labelled else 0
        if chart >= least:
            return figures, chart
    return _FIGURES[:1], max(chart, 0)


def _header(view: LatencyView, at: datetime, figures: Sequence[Figure], chart_cells: int) -> Line:
    over = _axis(view, at, chart_cells) if chart_cells >= _NARROWEST_AXIS else BLANK
    if not over:
        span = span_text(view.span)
        over = line(Span(f"last {span}" if chart_cells > 8 else span, "faint"))
    return line(
        " " * _NAME_CELLS,
        *over,
        " " * (chart_cells - width(over)),
        *(Span(right(name, _FIGURE_CELLS - 2) + "  ", "faint") for name, _ in figures),
        Span(right("vs usual", _USUAL_CELLS), "faint"),
    )


def _axis(view: LatencyView, at: datetime, cells: int) -> Line:
    """The times above the charts, which move by a whole bin at a time."""
    bins = max((len(series.points) for series in view.series), default=0)
    if not bins:
        return BLANK
    bin_s = view.span.total_seconds() / bins
    end = datetime.fromtimestamp(ceil(at.timestamp() / bin_s) * bin_s, at.tzinfo)
    return time_axis(end - view.span, end, cells, "╷")


# A chart moves by a whole bin at a time, every quarter of a minute.
@lru_cache(maxsize=16)
def _series(
    series: LatencySeries,
    figures: tuple[Figure, ...],
    chart_cells: int,
    tall: int,
    *,
    labelled: bool,
    stale: bool,
    calm: bool,
) -> Lines:
    *chart, marks = series_chart(series, chart_cells, tall, calm=calm)
    unit = latency_unit(*(value(series) for _, value in figures))
    out = [Span(pad(series.name, _NAME_CELLS - 1) + " ", "text"), *(chart[-1] if chart else marks)]
    for name, value in figures:
        label = right(name, _LABEL_CELLS) if labelled and name != "now" else ""
        out += [Span(label, "faint"), *_figure(series, name, value(series), unit, stale)]
    scale = _scale(_top(series)) if tall >= _SCALED_FROM else ""
    above = tuple(
        line(Span(right("" if number else scale, _NAME_CELLS - 1) + " ", "faint"), *row)
        for number, row in enumerate(chart[:-1])
    )
    below = (line(" " * _NAME_CELLS, *marks) if plain(marks).strip() else BLANK,) if chart else ()
    return (*above, line(*out, *_usual(series, stale)), *below)


def _source(series: LatencySeries) -> Source:
    return Source.MODELS if series.name == "models" else Source.MESSAGES


def series_chart(series: LatencySeries, cells: int, rows: int, *, calm: bool) -> Lines:
    """The chart of one series, coloured by the limits that the verdict uses; in its last row the failures.

    Unless it is `calm`, what is as usual has no colour: in an outage, nothing here looks healthy.
    """

    def role_of(value: float) -> str:
        late = "bad" if value > series.slow_above_s else "warn" if value > series.warn_above_s else ""
        return late or ("info" if calm else "dim")

    top, marks = _top(series), _marks(series, cells)
    if rows < 2:
        return (_marked(sparkline(series.points, cells, top=top, role_of=role_of), marks),)
    shares = [None if value is None else value / (top or 1.0) for value in resample(series.points, 2 * cells)]
    drawn = fine_curve(shares, rows - 1, lambda share: role_of(share * top))
    return (*drawn, _marked(line(" " * cells), marks))


def _marks(series: LatencySeries, cells: int) -> list[Span | None]:
    """For each cell whether all failed that was sent in its time, or some, or none."""
    total = min(len(series.points), len(series.failed))
    out: list[Span | None] = []
    for cell in range(cells):
        start = cell * total // cells
        bins = slice(start, max((cell + 1) * total // cells, start + 1))
        answered = any(point is not None for point in series.points[bins])
        out.append((_SOME_FAILED if answered else _ALL_FAILED) if any(series.failed[bins]) else None)
    return out


def _marked(drawn: Line, marks: Sequence[Span | None]) -> Line:
    """The row with the marks in place of what is in their cells."""
    cells = [Span(char, span.role) for span in drawn for char in span.text]
    out = [mark or cell for cell, mark in zip(cells, marks, strict=True)]
    runs = groupby(out, key=lambda cell: cell.role)
    return tuple(Span("".join(cell.text for cell in run), role) for role, run in runs)


def _scale(top: float) -> str:
    unit = latency_unit(top)
    return f"{latency_figure(top, unit)}{unit}" if top else ""


def _top(series: LatencySeries) -> float:
    """Seconds at the upper edge of the chart."""
    highest = max((point for point in series.points if point is not None), default=0.0)
    if not series.baseline:
        return highest * 2
    return max(highest, series.baseline * _TOP_OVER_BASELINE)


def _figure(series: LatencySeries, name: str, value: float | None, unit: str, stale: bool) -> Line:
    """Right-aligned number, dim unit. `now` is bright, in the colour of its level, and n/a if it is stale."""
    if name == "now" and stale:
        value = None
    text = right(latency_figure(value, unit), _FIGURE_CELLS - 2)
    if value is None:
        return line(Span(text + "  ", "faint"))
    if name != "now":
        return line(Span(text, "text"), Span(pad(unit, 2), "dim"))
    if series.failed_since > _FEW_FAILED:
        return line(Span(text + pad(unit, 2), "dim"))
    role = level_mark(series.level).role if series.late else "text"
    return line(Span(text, role, bold=True), Span(pad(unit, 2), "dim"))


def _usual(series: LatencySeries, stale: bool) -> Line:
    """How `now` compares; instead of that, why it cannot be said."""
    if series.failed_since:
        role = "bad" if series.failed_since > _FEW_FAILED else "warn"
        # Since the last answer, which is not what the Errors panel counts.
        text = "failed" if series.failed_since == 1 else f"{series.failed_since:,} failed"
        return line(Span(right(text, _USUAL_CELLS), role, bold=role == "bad"))
    if series.samples == 0:
        return line(Span(right("no samples", _USUAL_CELLS), "faint"))
    if stale and series.now_at is not None:
        return line(Span(right(f"at {clock_minute(series.now_at)}", _USUAL_CELLS), "warn"))
    if series.current_ratio is None:
        return line(Span(right(plural(series.samples, "sample"), _USUAL_CELLS), "faint"))
    loud = series.late
    role = level_mark(series.level).role if loud else "dim"
    arrow = " ▲" if loud else "  "
    return line(Span(right(ratio(series.current_ratio) + arrow, _USUAL_CELLS), role, bold=loud))


def _notes(view: LatencyView, at: datetime, cells: int) -> Lines:
    """Warnings, then the phases of a new connection, then what `usual` means."""
    usual = _usual_is(view, cells)
    last = first_fitting((join((usual, _marks_are(view)), "   "), usual), cells)
    notes = [_skew(view), _certificate(view, at), *_phases(view, at, cells), last]
    return tuple(crop(note, cells) for note in notes if note)


def _skew(view: LatencyView) -> Line:
    if view.skew_s is None or abs(view.skew_s) <= _SKEW_WORTH_SAYING_S:
        return BLANK
    side = "behind" if view.skew_s > 0 else "ahead of"
    return line(
        Span("▲ ", "warn"), Span(f"this clock is {abs(view.skew_s):.1f}s {side} the server's", "text")
    )


def _certificate(view: LatencyView, at: datetime) -> Line:
    expires = view.tls_expires_at
    if expires is None or expires - at > _CERTIFICATE_WORTH_SAYING:
        return BLANK
    if expires <= at:
        return line(Span("✗ ", "bad"), Span(f"certificate expired {duration(at - expires)} ago", "text"))
    return line(Span("▲ ", "warn"), Span(f"certificate expires in {duration(expires - at)}", "text"))


def _phases(view: LatencyView, at: datetime, cells: int) -> Lines:
    """`dns 2ms  connect 14ms  first byte 135ms   server 119ms · network 16ms`, in one row or several."""
    if view.phases is None:
        return (line(Span("phases of a connection: not measured yet", "faint")),)
    parts = [_part(name, seconds) for name, seconds in _phase_figures(view.phases)]
    split: Line = ()
    if view.server_s is not None and view.network_s is not None:
        split = join((_part("server", view.server_s), _part("network", view.network_s)), " · ")
    old = view.phases_at is not None and (at - view.phases_at).total_seconds() > _PHASES_OLD_S
    when = line(Span(f"at {clock(view.phases_at)}", "warn")) if old and view.phases_at else BLANK
    for gap in ("  ", " "):
        whole = join((join(parts, gap), split, when), gap + " ")
        if width(whole) <= cells:
            return (whole,)
    for gap in ("  ", " "):
        row = join((join(parts, gap), when), gap)
        if width(row) <= cells:
            return (row, split)
    # In a narrow panel what was not measured goes first, then the rest takes another row.
    known = [_part(name, seconds) for name, seconds in _phase_figures(view.phases) if seconds is not None]
    return (*packed([*known, when], cells), split)


def _phase_figures(phases: Timings) -> tuple[tuple[str, float | None], ...]:
    return (
        ("dns", phases.dns),
        ("connect", phases.connect),
        ("tls", phases.tls),
        ("first byte", phases.first_byte),
    )


def _part(name: str, seconds: float | None) -> Line:
    """`connect 14ms`: each figure has its unit, as in the rows above."""
    if seconds is None:
        return line(Span(f"{name} ", "dim"), Span(NOT_AVAILABLE, "faint"))
    return line(Span(f"{name} ", "dim"), Span(milliseconds(seconds), "text"), Span("ms", "dim"))


def _marks_are(view: LatencyView) -> Line:
    """What the marks mean, if there are any."""
    if not any(any(series.failed) for series in view.series):
        return BLANK
    words = Span(" all failed  ", "faint"), Span(" some", "faint")
    return line(_ALL_FAILED, words[0], _SOME_FAILED, words[1])


def _usual_is(view: LatencyView, cells: int) -> Line:
    spans = [series.baseline_span for series in view.series if series.baseline_span is not None]
    if not spans:
        return unmeasured_usual()
    longest = max(spans)
    words = span_text(longest) if longest.total_seconds() % 3600 == 0 else duration(longest)
    forms = (f"the median of the last {words}", f"median of the last {words}", f"median of {words}")
    return first_fitting((line(Span(f"usual: {form}", "faint")) for form in forms), cells)
