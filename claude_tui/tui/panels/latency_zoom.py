"""Latency in full screen: the curves, then all figures, then the network phases."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from claude_tui.model.format import (
    NOT_AVAILABLE,
    day,
    latency_figure,
    latency_unit,
    milliseconds,
    moment,
    ratio,
    span_text,
)
from claude_tui.model.snapshot import FAILED_SERIES, Chart, LatencySeries, LatencyView, Snapshot
from claude_tui.tui.panels.latency_notes import (
    CERTIFICATE_WARNING,
    latency_warnings,
    phase_figures,
    span_of_usual,
    unmeasured_usual,
)
from claude_tui.tui.panels.zoom_parts import heading
from claude_tui.tui.render.glyphs import level_mark
from claude_tui.tui.render.lines import BLANK, Line, Lines, Span, crop, join, line, pad, right, width
from claude_tui.tui.render.plot import CURVES, curves_of

__all__ = ["figures_zoom", "legend", "usual_of"]

_NAME_CELLS = 10
_COLUMN_CELLS = 9
_ROOMY = 28
# The most important first: if the table does not fit, columns at the end are left out.
_COLUMNS = ("now", "vs usual", "p50", "p95", "p99", "usual", "max", "samples", "failed")


def legend(chart: Chart, usual: LatencySeries | None, cells: int, *, plain: bool) -> Line:
    """Which curve is which, and if there is room, what dots, the dashed line and gaps mean."""
    pieces = [_curve(name, plain) for name in curves_of(chart)]
    failed = any(series.name == FAILED_SERIES for series in chart.series)
    if failed:
        pieces.append(line(Span("✗ ", "bad", bold=True), Span("failed", "text")))
    if usual is not None and usual.baseline is not None:
        unit = latency_unit(usual.baseline)
        mark, level = "…" if plain else "┄", f"{latency_figure(usual.baseline, unit)}{unit}"
        pieces.append(line(Span(f"{mark} usual {usual.name} {level}", "faint")))
    if any(series.name.endswith(" max") for series in chart.series):
        pieces.append(line(Span("dots: highest, lines: median", "faint")))
    pieces.append(line(Span("gap: no success", "faint")))
    while len(pieces) > 1 and width(join(pieces, "   ")) > cells:
        pieces.pop()
    return crop(join(pieces, "   "), cells)


def _curve(name: str, plain: bool) -> Line:
    curve = CURVES.get(name)
    glyph, role = (curve.letter if plain else "━━", curve.role) if curve else ("x", "text")
    return line(Span(f"{glyph} ", role), Span(name, "text"))


def figures_zoom(snapshot: Snapshot, cells: int, rows: int) -> Lines:
    """The table of figures, the phases of a connection, and notes on both.

    With few `rows` there are no headings, as the chart needs the space.
    """
    view, at = snapshot.latency, snapshot.at
    figures = tuple(_row(series, _columns(cells)) for series in view.series)
    notes = (*_failing(view, at), *latency_warnings(view, at))
    if rows < _ROOMY:
        body = (_header(f"last {span_text(view.span)}", cells), *figures, *notes, _phases_row(view, cells))
    else:
        body = (
            BLANK,
            heading("Figures", f"of successes, last {span_text(view.span)}", cells),
            _header("", cells),
            *figures,
            _usual(view),
            BLANK,
            heading("Phases", _phases_note(view, at), cells),
            *_phases(view),
            *notes,
            _certificate(view, at),
        )
    return tuple(crop(row, cells) for row in body)


def _columns(cells: int) -> Sequence[str]:
    return _COLUMNS[: max((cells - _NAME_CELLS) // _COLUMN_CELLS, 1)]


def _header(span: str, cells: int) -> Line:
    return line(
        Span(pad(span, _NAME_CELLS), "faint"),
        *(Span(right(name, _COLUMN_CELLS), "faint") for name in _columns(cells)),
    )


def _row(series: LatencySeries, columns: Sequence[str]) -> Line:
    name = line(Span(pad(series.name, _NAME_CELLS), "text"))
    if series.samples == 0:
        failed = f"; {series.failures} failed" if series.failures else ""
        return line(*name, Span(f"  no success in this time{failed}", "warn" if failed else "faint"))
    loud = level_mark(series.level).role if series.late else ""
    cells = {
        "now": _figure(series.current, "dim" if series.failed_since else loud or "text", bold=True),
        "p50": _figure(series.p50),
        "p95": _figure(series.p95),
        "p99": _figure(series.p99),
        "max": _figure(series.highest),
        "usual": _figure(series.baseline, "dim"),
        "vs usual": _times(series, loud),
        "samples": line(Span(right(f"{series.samples:,}", _COLUMN_CELLS), "dim")),
        "failed": line(
            Span(right(f"{series.failures:,}", _COLUMN_CELLS), "bad" if series.failures else "faint")
        ),
    }
    return line(*name, *(span for column in columns for span in cells[column]))


def _figure(seconds: float | None, role: str = "text", *, bold: bool = False) -> Line:
    if seconds is None:
        return line(Span(right(NOT_AVAILABLE, _COLUMN_CELLS), "faint"))
    unit = latency_unit(seconds)
    figure = right(latency_figure(seconds, unit), _COLUMN_CELLS - len(unit))
    return line(Span(figure, role, bold=bold), Span(unit, "dim"))


def _times(series: LatencySeries, loud: str) -> Line:
    if series.current_ratio is None:
        return line(Span(right(NOT_AVAILABLE, _COLUMN_CELLS), "faint"))
    return line(Span(right(ratio(series.current_ratio), _COLUMN_CELLS), loud or "dim", bold=bool(loud)))


def _failing(view: LatencyView, at: datetime) -> Lines:
    """Warns if `now` is old because everything since has failed."""
    return tuple(
        line(
            Span("▲ ", "warn"),
            Span(f"{series.name}: last success at {moment(series.now_at, at)}; ", "text"),
            Span(f"{series.failed_since} failed since", "bad"),
        )
        for series in view.series
        if series.failed_since and series.now_at is not None
    )


def _usual(view: LatencyView) -> Line:
    spans = [series.baseline_span for series in view.series if series.baseline_span is not None]
    if not spans:
        return unmeasured_usual()
    return line(
        Span(f"usual: the median of the last {span_of_usual(max(spans))}; n/a: too few samples", "faint")
    )


def _phases_note(view: LatencyView, at: datetime) -> str:
    if view.phases_at is None:
        return "not measured yet"
    return f"of a new connection at {moment(view.phases_at, at)}, in ms"


def _phases(view: LatencyView) -> Lines:
    if view.phases is None:
        return ()
    parts = join(
        _part(name, seconds) for name, seconds in (*phase_figures(view.phases), ("total", view.phases.total))
    )
    return parts, line(Span("of the first byte: ", "faint"), *_split(view))


def _phases_row(view: LatencyView, cells: int) -> Line:
    """The phases in one row, without what does not fit."""
    if view.phases is None:
        return line(Span("phases: not measured yet", "faint"))
    steps = line(
        *join(_part(name, seconds) for name, seconds in phase_figures(view.phases)), Span(" ms", "dim")
    )
    both = join((steps, _split(view)), "   ")
    return both if width(both) <= cells else steps


def _split(view: LatencyView) -> Line:
    return join((_part("server", view.server_s), _part("network", view.network_s)), " · ")


def _part(name: str, seconds: float | None) -> Line:
    known = seconds is not None
    figure = milliseconds(seconds) if seconds is not None else NOT_AVAILABLE
    return line(Span(f"{name} ", "dim"), Span(figure, "text" if known else "faint"))


def _certificate(view: LatencyView, at: datetime) -> Line:
    expires = view.tls_expires_at
    if expires is None or expires - at <= CERTIFICATE_WARNING:
        return BLANK
    return line(Span(f"certificate valid until {day(expires)}", "faint"))


def usual_of(view: LatencyView) -> LatencySeries | None:
    """The series whose usual level the chart draws, which is the first one (TTFT)."""
    return view.series[0] if view.series and view.series[0].baseline is not None else None
