"""Notes on latency: warnings, the phases of a connection, and what the marks and `usual` mean."""

from __future__ import annotations

from datetime import datetime, timedelta

from claude_tui.model.format import NOT_AVAILABLE, clock, duration, milliseconds, span_text
from claude_tui.model.observation import Timings
from claude_tui.model.snapshot import LatencyView
from claude_tui.tui.panels.latency_chart import ALL_FAILED, SOME_FAILED
from claude_tui.tui.render.lines import (
    BLANK,
    Line,
    Lines,
    Span,
    crop,
    first_fitting,
    join,
    line,
    packed,
    width,
)

__all__ = [
    "CERTIFICATE_WARNING",
    "latency_notes",
    "latency_warnings",
    "phase_figures",
    "phases_are_old",
    "span_of_usual",
    "unmeasured_usual",
]

CERTIFICATE_WARNING = timedelta(days=30)
"""How long before a certificate expires a warning is shown."""

_SKEW_WARNING_S = 2.0
_PHASES_OLD_S = 60.0
_MILLISECONDS_CELLS = 3


def latency_notes(view: LatencyView, at: datetime, cells: int) -> Lines:
    """Warnings, then the phases of a new connection, then what `usual` means."""
    usual = _usual_note(view, cells)
    last = first_fitting((join((usual, _marks_note(view)), "   "), usual), cells)
    notes = [*latency_warnings(view, at), *_phases(view, at, cells), last]
    return tuple(crop(note, cells) for note in notes if note)


def latency_warnings(view: LatencyView, at: datetime) -> Lines:
    """A clock that differs from the server's, addresses that fail, a certificate that expires soon or has."""
    out: list[Line] = []
    if view.skew_s is not None and abs(view.skew_s) > _SKEW_WARNING_S:
        side = "behind" if view.skew_s > 0 else "ahead of"
        out.append(_warning(f"this clock is {abs(view.skew_s):.1f}s {side} the server's"))
    if view.bypassed is not None:
        out.append(_warning(str(view.bypassed)))
    expires = view.tls_expires_at
    if expires is not None and expires <= at:
        expired = Span(f"certificate expired {duration(at - expires)} ago", "text")
        out.append(line(Span("✗ ", "bad"), expired))
    elif expires is not None and expires - at <= CERTIFICATE_WARNING:
        out.append(_warning(f"certificate expires in {duration(expires - at)}"))
    return tuple(out)


def _warning(text: str) -> Line:
    return line(Span("▲ ", "warn"), Span(text, "text"))


def phases_are_old(view: LatencyView, at: datetime) -> bool:
    """Whether the phases were measured so long ago that the time of measurement has to be shown."""
    return view.phases_at is not None and (at - view.phases_at).total_seconds() > _PHASES_OLD_S


def phase_figures(phases: Timings) -> tuple[tuple[str, float | None], ...]:
    """The name and duration in seconds of each phase until the first byte; None if it was not measured."""
    return (
        ("dns", phases.dns),
        ("connect", phases.connect),
        ("tls", phases.tls),
        ("first byte", phases.first_byte),
    )


def unmeasured_usual() -> Line:
    """The note on `usual` while there is too little history to measure it."""
    return line(Span("usual: not enough history yet", "faint"))


def span_of_usual(span: timedelta) -> str:
    """`7d` for whole hours, `1h30m` otherwise."""
    return span_text(span) if span.total_seconds() % 3600 == 0 else duration(span)


def _phases(view: LatencyView, at: datetime, cells: int) -> Lines:
    """`dns 2ms  connect 14ms  first byte 135ms   server 119ms · network 16ms`, in one row or several."""
    if view.phases is None:
        return (line(Span("phases of a connection: not measured yet", "faint")),)
    figures = phase_figures(view.phases)
    when = BLANK
    if view.phases_at is not None and phases_are_old(view, at):
        when = line(Span(f"at {clock(view.phases_at)}", "warn"))
    for gap, min_cells in (("  ", _MILLISECONDS_CELLS), (" ", 0)):
        parts = [_part(name, seconds, min_cells) for name, seconds in figures]
        split = _split(view, min_cells)
        whole = join((join(parts, gap), split, when), gap + " ")
        if width(whole) <= cells:
            return (whole,)
        if min_cells and width(join((join(parts), when))) <= cells:
            return (join((join(parts), when)), split)
    for gap in ("  ", " "):
        row = join((join(parts, gap), when), gap)
        if width(row) <= cells:
            return (row, split)
    # A narrow panel leaves out what was not measured, then continues in another row.
    known = [_part(name, seconds, 0) for name, seconds in figures if seconds is not None]
    return (*packed([*known, when], cells, " · "), split)


def _split(view: LatencyView, min_cells: int) -> Line:
    """Shown even if unknown, so that nothing moves when only some connections report it."""
    return join(
        (_part("server", view.server_s, min_cells), _part("network", view.network_s, min_cells)), " · "
    )


def _part(name: str, seconds: float | None, min_cells: int) -> Line:
    """`connect 14ms`: every figure has its unit, as in the rows above, and `min_cells` cells to grow in."""
    if seconds is None:
        return line(Span(f"{name} ", "dim"), Span(NOT_AVAILABLE.rjust(min_cells and min_cells + 2), "faint"))
    figure = milliseconds(seconds).rjust(min_cells)
    return line(Span(f"{name} ", "dim"), Span(figure, "text"), Span("ms", "dim"))


def _marks_note(view: LatencyView) -> Line:
    """What the marks mean, if there are any."""
    if not any(any(series.failed) for series in view.series):
        return BLANK
    all_failed, some_failed = Span(" all failed  ", "faint"), Span(" some", "faint")
    return line(ALL_FAILED, all_failed, SOME_FAILED, some_failed)


def _usual_note(view: LatencyView, cells: int) -> Line:
    """Which span the usual latency is the median of, in the longest form that fits."""
    spans = [series.baseline_span for series in view.series if series.baseline_span is not None]
    if not spans:
        return unmeasured_usual()
    span = span_of_usual(max(spans))
    forms = (f"the median of the last {span}", f"median of the last {span}", f"median of {span}")
    return first_fitting((line(Span(f"usual: {form}", "faint")) for form in forms), cells)
