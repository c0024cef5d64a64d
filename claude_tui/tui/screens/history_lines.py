"""The past as lines: uptime of several spans, a strip of days, latency, incidents, and every day."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from itertools import zip_longest

from claude_tui.analysis.uptime.columns import Service
from claude_tui.analysis.uptime.histogram import Histogram
from claude_tui.analysis.uptime.incidents import Incident
from claude_tui.analysis.uptime.listing import listed_incidents
from claude_tui.analysis.uptime.report import SPANS, Period, Report, SpanUptime
from claude_tui.analysis.uptime.tally import LEAST_COVERAGE
from claude_tui.model.filtering import parse_filter
from claude_tui.model.format import (
    NOT_AVAILABLE,
    day,
    duration,
    percent,
    plain,
    plural,
    span_text,
)
from claude_tui.tui.panels.verdict_text import severity_role
from claude_tui.tui.panels.zoom_parts import heading, table_row
from claude_tui.tui.render.grade_marks import GRADE_MARKS, grade_legend, mark_row
from claude_tui.tui.render.lines import BLANK, Line, Lines, Span, crop, line, pad, right, spread, width
from claude_tui.tui.render.sparkline import sparkline
from claude_tui.tui.screens.history_days import HistoryListing, table_of_periods
from claude_tui.tui.screens.history_figures import (
    Columns,
    fitting,
    loosened,
    quantile_text,
    role_of,
    share,
    time_in,
)

__all__ = ["TWO_COLUMNS_FROM", "history_lines", "next_span"]

TWO_COLUMNS_FROM = 110
_GAP = 3
_LEFT_SHARE = 0.555
_MOST_LEFT = 84
_MOST_INCIDENTS = 8
_LABEL, _LATENCY_LABEL = 6, 8
_WEEKDAYS = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")

_EVERYTHING = HistoryListing()


def history_lines(report: Report, cells: int, *, zone: str, listing: HistoryListing = _EVERYTHING) -> Lines:
    """The whole report in `cells` cells; `zone` names the time zone of days and hours."""
    if report.first_at is None:
        return _nothing(cells)
    if cells < TWO_COLUMNS_FROM:
        days = table_of_periods(report, listing, cells)
        if listing != _EVERYTHING:
            # What was requested comes first.
            return (
                *days,
                BLANK,
                *_incidents(report, listing, cells),
                BLANK,
                *_summary(report, None, cells, zone),
            )
        return (*_summary(report, listing, cells, zone), BLANK, *days)
    left = min(round(cells * _LEFT_SHARE), _MOST_LEFT)
    pairs = zip_longest(
        _summary(report, listing, left, zone),
        table_of_periods(report, listing, cells - left - _GAP),
        fillvalue=BLANK,
    )
    return tuple(
        line(*spread(left_row, BLANK, left), Span(" " * _GAP), *right_row) for left_row, right_row in pairs
    )


def _nothing(cells: int) -> Lines:
    rows = (
        line(Span("Nothing is recorded yet.", "text", bold=True)),
        BLANK,
        line(Span("Uptime, latency and incidents appear here as probes run;", "dim")),
        line(Span("leave the dashboard open, or run it where it may stay.", "dim")),
    )
    return tuple(crop(row, cells) for row in rows)


def _summary(report: Report, listing: HistoryListing | None, cells: int, zone: str) -> Lines:
    """The figures of the span, with its incidents unless `listing` is None."""
    incidents = () if listing is None else (BLANK, *_incidents(report, listing, cells))
    return (
        *_uptime(report, cells),
        BLANK,
        *_strip(report, cells, zone),
        BLANK,
        *_latencies(report, cells),
        *incidents,
        *(() if report.by_the_hour else (BLANK, *_week(report, cells, zone))),
    )


# -- uptime ----------------------------------------------------------------------------

_UPTIME_COLUMNS: Columns = (
    ("uptime", 7),
    ("up", 8),
    ("down", 8),
    ("ours", 8),
    ("unknown", 8),
    ("covered", 8),
    ("by page", 9),
    ("claude.ai", 10),
)
# If not all fit, these are left out in this order.
_LESS_NEEDED = ("up", "claude.ai", "unknown", "by page")


def _uptime(report: Report, cells: int) -> Lines:
    columns = loosened(fitting(_UPTIME_COLUMNS, cells - _LABEL, _LESS_NEEDED), cells - _LABEL)
    head = table_row([("", _LABEL, "faint"), *((name, -size, "faint") for name, size in columns)])
    since = f"of messages, by time; recorded since {day(report.first_at)}" if report.first_at else ""
    models = report.of_span.tallies[Service.MODELS]
    rows = [_uptime_row(span, columns, chosen=span.span == report.span) for span in report.spans]
    if all(span.span != report.span for span in report.spans):
        rows.append(_uptime_row(report.of_span, columns, chosen=True))
    return (
        heading("Uptime", since, cells),
        head,
        *rows,
        crop(
            line(
                Span(f"list of models, {span_text(report.span)}: ", "dim"),
                Span(share(models), "text"),
                Span(f" up, {percent(models.coverage)} covered", "dim"),
            ),
            cells,
        ),
    )


def _uptime_row(span: SpanUptime, columns: Columns, *, chosen: bool) -> Line:
    api = span.tallies[Service.API]
    contents = {
        "uptime": (share(api), role_of(api)),
        "up": (time_in(api, api.up), "text"),
        "down": (time_in(api, api.down), "bad" if api.down else "faint"),
        "ours": (time_in(api, api.ours), "warn" if api.ours else "faint"),
        "unknown": (time_in(api, api.unknown), "dim" if api.unknown else "faint"),
        "covered": (percent(api.coverage), "dim" if api.coverage >= LEAST_COVERAGE else "warn"),
        "by page": (share(span.tallies[Service.PAGE]), "dim"),
        "claude.ai": (share(span.tallies[Service.CHAT]), "dim"),
    }
    label = Span(pad(f"{'▸' if chosen else ' '} {span_text(span.span)}", _LABEL), "text", bold=chosen)
    return line(
        label, *(Span(right(contents[name][0], size), contents[name][1], chosen) for name, size in columns)
    )


# -- the strip of days, and the hours of the week -------------------------------------------


def _strip(report: Report, cells: int, zone: str) -> Lines:
    """A cell or more for each day, in as many rows as that takes."""
    unit = "Hours" if report.by_the_hour else "Days"
    periods = report.periods
    rows = -(-len(periods) // cells)
    of_row = -(-len(periods) // rows)
    size = max(min(cells // of_row, 3), 1)
    out = [heading(unit, f"last {span_text(report.span)}, {zone}", cells)]
    for start in range(0, len(periods), of_row):
        part = periods[start : start + of_row]
        out += [mark_row([GRADE_MARKS[period.tallies[Service.API].grade] for period in part], size)]
    first, last = (_date(period, by_the_hour=report.by_the_hour) for period in (periods[0], periods[-1]))
    out.append(spread(line(Span(first, "faint")), line(Span(last, "faint")), min(of_row * size, cells)))
    out.append(crop(grade_legend(), cells))
    return tuple(out)


def _date(period: Period, *, by_the_hour: bool) -> str:
    return f"{period.start:%a %H:%M}" if by_the_hour else f"{period.start:%b %d}"


def _week(report: Report, cells: int, zone: str) -> Lines:
    size = max(min((cells - 4) // 24, 3), 1)
    hours = "".join(pad(str(hour), size * 6) for hour in range(0, 24, 6))
    return (
        heading("Week", f"by weekday and hour, {zone}, {span_text(report.span)}", cells),
        line(Span("    " + hours, "faint")),
        *(
            line(Span(pad(name, 4), "dim"), *mark_row([GRADE_MARKS[tally.grade] for tally in of_day], size))
            for name, of_day in zip(_WEEKDAYS, report.week, strict=True)
        ),
    )


# -- latency ---------------------------------------------------------------------------------

_QUANTILES = (("p50", 0.5), ("p95", 0.95), ("p99", 0.99))
_FIGURE = 9


def _latencies(report: Report, cells: int) -> Lines:
    model = f"{report.latency.model}, " if report.latency.model else ""
    head = table_row([("", _LATENCY_LABEL, ""), *((name, -_FIGURE, "faint") for name, _ in _QUANTILES)])
    chart = "p95 by the hour" if report.by_the_hour else "p95 by the day"
    return (
        heading("Latency", f"{model}successes of {span_text(report.span)}", cells),
        crop(line(*head, Span(f"  {chart}", "faint")), cells),
        _latency_row("TTFT", report.latency.ttft, [period.latency.ttft for period in report.periods], cells),
        _latency_row(
            "message", report.latency.total, [period.latency.total for period in report.periods], cells
        ),
    )


def _latency_row(name: str, whole: Histogram, periods: Sequence[Histogram], cells: int) -> Line:
    figures = [quantile_text(whole, fraction) for _, fraction in _QUANTILES]
    points = [period.quantile(0.95) for period in periods]
    top = max((point for point in points if point is not None), default=0.0)
    label = line(
        Span(pad(name, _LATENCY_LABEL), "dim"),
        *(Span(right(text, _FIGURE), "faint" if text == NOT_AVAILABLE else "text") for text in figures),
        Span("  "),
    )
    room = cells - width(label)
    size = max(min(room // max(len(points), 1), 3), 1)
    chart = sparkline(points, min(len(points) * size, room), top=top, role_of=lambda _: "info")
    return crop(line(*label, *chart), cells)


# -- incidents -----------------------------------------------------------------------------


def _incidents(report: Report, listing: HistoryListing, cells: int) -> Lines:
    found = listed_incidents(report.incidents, parse_filter(listing.filter_text), report.at)
    number = plural(len(found), "incident") if found else "none declared"
    if listing.filter_text and report.incidents:
        number = f"{len(found)} of {plural(len(report.incidents), 'incident')}"
    rows = [_incident(incident, report.at, cells) for incident in found[:_MOST_INCIDENTS]]
    if len(found) > _MOST_INCIDENTS:
        rows.append(line(Span(f"and {len(found) - _MOST_INCIDENTS} more", "faint")))
    return (heading("Incidents", f"{number} in {span_text(report.span)}", cells), *rows)


def _incident(incident: Incident, at: datetime, cells: int) -> Line:
    """Start, duration, severity and title; the cause only beside a whole title."""
    lasted = duration(incident.length(at))
    severity = str(incident.severity) if incident.severity.trouble else ""
    cause = plain(incident.cause.value) if incident.cause is not None else "cause unknown"
    head = line(
        Span(f"{incident.start:%b %d %H:%M}", "dim"),
        Span(right(lasted, 9), "text" if incident.end else "warn"),
        Span(right(severity, 4), severity_role(incident.severity)),
        Span(f"  {incident.title}" + ("" if incident.end else " (open)"), "text"),
    )
    cause_line = line(Span(cause, "dim"))
    return (
        spread(head, cause_line, cells) if width(head) + 2 + width(cause_line) <= cells else crop(head, cells)
    )


def next_span(span: timedelta, step: int) -> timedelta:
    """The span `step` places further on in SPANS, stopping at either end."""
    return SPANS[min(max(SPANS.index(span) + step, 0), len(SPANS) - 1)]
