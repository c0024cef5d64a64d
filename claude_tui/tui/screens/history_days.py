"""Every day of the history, or every hour, as a table that can be filtered and sorted."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from itertools import groupby

from claude_tui.analysis.uptime.columns import Service
from claude_tui.analysis.uptime.listing import ORDERS, listed_periods
from claude_tui.analysis.uptime.report import Period, Report, by_outcome
from claude_tui.analysis.uptime.tally import LEAST_COVERAGE
from claude_tui.model.filtering import parse_filter
from claude_tui.model.format import NOT_AVAILABLE, clock_minute, percent, plural
from claude_tui.tui.panels.zoom_parts import heading, table_row
from claude_tui.tui.render.lines import Line, Lines, Span, cells_of, crop, line, pad, right
from claude_tui.tui.screens.history_figures import (
    Columns,
    fitting,
    loosened,
    quantile_text,
    role_of,
    share,
    time_in,
)

__all__ = ["HistoryListing", "table_of_periods"]

_PERIOD_COLUMNS: Columns = (
    ("uptime", 8),
    ("down", 8),
    ("ours", 8),
    ("cover", 6),
    ("TTFT p50", 9),
    ("p95", 8),
    ("p99", 8),
    ("message p95", 12),
    ("by page", 9),
)
_DATE = 7
_FAILURES_FROM, _FAILURES_TO = 16, 34
_PERIODS_LESS_NEEDED = ("by page", "p99", "ours", "message p95", "TTFT p50", "cover")


@dataclass(frozen=True, slots=True)
class HistoryListing:
    """How days and incidents are filtered and sorted."""

    order: str = ORDERS[0]
    """The column that the days are sorted by, one of `listing.ORDERS`."""
    filter_text: str = ""
    """A filter that can be parsed; empty for everything."""


def table_of_periods(report: Report, listing: HistoryListing, cells: int) -> Lines:
    """The kinds of failures are at the end, if there is room."""
    periods = listed_periods(report, parse_filter(listing.filter_text), listing.order)
    longest = max((len(_failed(period)) for period in periods), default=0)
    room = cells - _DATE - min(max(longest + 2, _FAILURES_FROM), _FAILURES_TO)
    needed = tuple(name for name in _PERIODS_LESS_NEEDED if name != listing.order)
    columns = loosened(fitting(_PERIOD_COLUMNS, room, needed), room)
    label = "hour" if report.by_the_hour else "day"
    head = table_row(
        [
            (label, _DATE, "faint"),
            *((name, -size, "text" if name == listing.order else "faint") for name, size in columns),
        ]
    )
    title = "By the hour" if report.by_the_hour else "By the day"
    order = _order_text(listing.order)
    if listing.filter_text:
        order += f", {len(periods)} of {plural(len(report.periods), label)}"
    last = Span("  failed", "text" if listing.order == "failed" else "faint")
    return (
        heading(title, order, cells),
        crop(line(*head, last), cells),
        *_rows(periods, columns, cells, report, in_time=listing.order == ORDERS[0]),
    )


def _rows(
    periods: Sequence[Period], columns: Columns, cells: int, report: Report, *, in_time: bool
) -> Iterator[Line]:
    """A row for each; consecutive ones without probes share a row."""
    for probed, alike in groupby(periods, key=_probed):
        if probed or not in_time:
            yield from (
                _period_row(period, columns, cells, by_the_hour=report.by_the_hour) for period in alike
            )
        else:
            yield _unprobed_row(list(alike), cells, by_the_hour=report.by_the_hour)


def _probed(period: Period) -> bool:
    api = period.tallies[Service.API]
    return bool(api.span) and api.span != api.unknown


def _unprobed_row(periods: Sequence[Period], cells: int, *, by_the_hour: bool) -> Line:
    newest, oldest = (_label(period, by_the_hour=by_the_hour) for period in (periods[0], periods[-1]))
    back = f" back to {oldest}" if len(periods) > 1 else ""
    return crop(
        line(Span(pad(newest, _DATE), "dim"), Span(right("nobody probed", 14) + back, "faint")), cells
    )


def _label(period: Period, *, by_the_hour: bool) -> str:
    return clock_minute(period.start) if by_the_hour else f"{period.start:%b %d}"


def _order_text(order: str) -> str:
    if order == ORDERS[0]:
        return "newest first"
    return f"most {order} first" if order in ("down", "failed") else f"highest {order} first"


def _period_row(period: Period, columns: Columns, cells: int, *, by_the_hour: bool) -> Line:
    api = period.tallies[Service.API]
    label = Span(pad(_label(period, by_the_hour=by_the_hour), _DATE), "dim")
    if not _probed(period):
        return crop(line(label, Span(right("nobody probed", 14), "faint")), cells)
    ttft, total = period.latency.ttft, period.latency.total
    contents: dict[str, Callable[[], tuple[str, str]]] = {
        "uptime": lambda: (share(api), role_of(api)),
        "down": lambda: (time_in(api, api.down), "bad" if api.down else "faint"),
        "ours": lambda: (time_in(api, api.ours), "warn" if api.ours else "faint"),
        "cover": lambda: (percent(api.coverage), "dim" if api.coverage >= LEAST_COVERAGE else "warn"),
        "TTFT p50": lambda: (quantile_text(ttft, 0.5), "text"),
        "p95": lambda: (quantile_text(ttft, 0.95), "text"),
        "p99": lambda: (quantile_text(ttft, 0.99), "text"),
        "message p95": lambda: (quantile_text(total, 0.95), "text"),
        "by page": lambda: (share(period.tallies[Service.PAGE]), "dim"),
    }
    drawn = [(*contents[name](), size) for name, size in columns]
    figures = (Span(right(text, size), _known_role(text, role)) for text, role, size in drawn)
    failed = _fitting_failures(period, cells - _DATE - sum(size for _, size in columns) - 2)
    return crop(line(label, *figures, Span(f"  {failed}", "dim")), cells)


def _failed(period: Period) -> str:
    """`server error 231 · timeout 4`: most frequent first."""
    return " · ".join(_kinds(period))


def _kinds(period: Period) -> list[str]:
    return [f"{name} {number:,}" for name, number in by_outcome(period.failures)]


def _fitting_failures(period: Period, cells: int) -> str:
    """As many whole kinds as fit, and the number of other failures; half a number would be wrong."""
    kinds, total = _kinds(period), sum(number for _, number in by_outcome(period.failures))
    if cells_of(" · ".join(kinds)) <= cells:
        return " · ".join(kinds)
    for kept in range(len(kinds) - 1, 0, -1):
        counted = sum(number for _, number in by_outcome(period.failures)[:kept])
        text = " · ".join((*kinds[:kept], f"{total - counted:,} more"))
        if cells_of(text) <= cells:
            return text
    text = f"{total:,}, {len(kinds)} kinds"
    return text if len(kinds) > 1 and cells_of(text) <= cells else f"{total:,}"


def _known_role(text: str, role: str) -> str:
    return "faint" if text == NOT_AVAILABLE else role
