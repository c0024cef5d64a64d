"""The chart of own traffic in full screen."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, datetime, timedelta

from claude_tui.analysis.traffic.figures import quantiles
from claude_tui.analysis.traffic.merging import grouped
from claude_tui.analysis.traffic.view import last_full_span
from claude_tui.model.observation import Outcome
from claude_tui.model.snapshot import Chart, ChartSeries, Focus
from claude_tui.model.traffic import SPANS, CallCount, RollUp

__all__ = ["CALLS", "FAILED", "TTFT_P50", "TTFT_P95", "bin_s", "traffic_chart"]

CALLS, FAILED, TTFT_P50, TTFT_P95 = "calls", "failed", "TTFT p50", "TTFT p95"
"""The names of the series: the first two in calls a second, the others in seconds."""

# Reading more roll-ups than this takes too long for a screen that is updated every second.
_MOST_BINS = 150


def bin_s(span: timedelta) -> int:
    """The length of roll-ups that a chart over `span` is drawn from."""
    return next((length_s for length_s in SPANS if span.total_seconds() / length_s <= _MOST_BINS), SPANS[-1])


def traffic_chart(rows: Iterable[RollUp | CallCount], focus: Focus, at: datetime) -> Chart:
    """Pace, failures and time to first token over a span that ends at `at`.

    Each bin is dated from its start. A bin without calls has pace 0 once a call has been recorded.
    """
    width = bin_s(focus.span)
    bins = grouped(rows, lambda row: int(row.at.timestamp()) // width)
    start, end = at - focus.span, last_full_span(at)
    numbers = [bin_number for bin_number in bins if bin_number * width >= start.timestamp() - width]
    points: dict[str, list[tuple[datetime, float | None]]] = {
        name: [] for name in (CALLS, FAILED, TTFT_P50, TTFT_P95)
    }
    for number in range(min(numbers), int(end.timestamp() - 1) // width + 1) if numbers else ():
        instant = datetime.fromtimestamp(number * width, UTC)
        found = bins.get(number, [])
        # The newest bin is not complete.
        seconds = min(width, max((end - instant).total_seconds(), SPANS[0]))
        failed = sum(row.calls for row in found if row.key.outcome is not Outcome.OK)
        calls, first = sum(row.calls for row in found), quantiles(row.first_token for row in found)
        values = (calls / seconds, failed / seconds, first.p50, first.p95)
        for name, value in zip(points, values, strict=True):
            points[name].append((instant, value))
    series = tuple(ChartSeries(name, tuple(values)) for name, values in points.items())
    return Chart(focus, start, at, "count", series)
