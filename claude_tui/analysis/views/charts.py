"""The chart of a zoomed panel."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime, tzinfo
from typing import TypeVar

from claude_tui.analysis.history.columns import Column, length
from claude_tui.analysis.history.history import API_SOURCES, Bucket, History, WindowSample
from claude_tui.analysis.history.statistics import Bins, median
from claude_tui.analysis.options import Options
from claude_tui.analysis.views.errors import trends
from claude_tui.analysis.views.latency import MEASURES
from claude_tui.knowledge import knowledge
from claude_tui.model.arrangement import Panel
from claude_tui.model.observation import Observation, Source
from claude_tui.model.snapshot import FAILED_SERIES, Chart, ChartSeries, Focus

__all__ = ["MAX_BINS", "MAX_COUNT_BINS", "chart_of"]

MAX_BINS = 240
# Counts need bins wide enough to hold more than one exchange.
MAX_COUNT_BINS = 60
# 429 and 529 are always shown, other classes only if there were failures.
_ALWAYS = frozenset({"overloaded", "rate_limited"})

T = TypeVar("T")
Points = list[tuple[datetime, float | None]]


def chart_of(history: History, at: datetime, focus: Focus, options: Options) -> Chart | None:
    """The chart of a panel over a span that ends at `at`; None for panels without a chart."""
    build = _BUILDERS.get(focus.panel)
    if build is None:
        return None
    unit, series_of = build
    return Chart(focus, at - focus.span, at, unit, tuple(series_of(history, at, focus, options)))


def _latency(history: History, at: datetime, focus: Focus, options: Options) -> list[ChartSeries]:
    """For each measure the median of each bin and the maximum of bins with several samples; then failures."""
    bins = Bins.over(at.timestamp(), focus.span.total_seconds(), MAX_BINS)
    typical, highest = [], []
    for name, source in MEASURES:
        column = history.measure(name, at.timestamp())
        cuts = bins.cuts(column.at, at.timestamp())
        gap = max(options.stale_after_s(source), 2 * bins.width)
        points = _points(column, cuts, gap, lambda values: median(sorted(values)), at.tzinfo)
        typical.append(ChartSeries(name, tuple(points)))
        if any(length(cut) > 1 for cut in cuts):
            highest.append(ChartSeries(f"{name} max", tuple(_points(column, cuts, gap, max, at.tzinfo))))
    return typical + highest + _failures(history, bins, at)


def _failures(history: History, bins: Bins, at: datetime) -> list[ChartSeries]:
    """One point per bin with failures of any probe of the API, and no series without failures."""
    instant = at.timestamp()
    counts = [0] * bins.count
    for source in API_SOURCES:
        for index, cut in enumerate(bins.cuts(history.failures(source).at, instant)):
            counts[index] += length(cut)
    ends = (datetime.fromtimestamp(min(edge, instant), at.tzinfo) for edge in bins.edges()[1:])
    points = tuple((end, float(count)) for end, count in zip(ends, counts, strict=True) if count)
    return [ChartSeries(FAILED_SERIES, points)] if points else []


def _headroom(history: History, at: datetime, focus: Focus, options: Options) -> list[ChartSeries]:
    """For each bucket and each window, the lowest remaining share (0..1) of each bin."""
    bins = Bins.over(at.timestamp(), focus.span.total_seconds(), MAX_BINS)
    gap = max(options.stale_after_s(Source.MESSAGES), 2 * bins.width)
    series = [
        ChartSeries(name, _left(column, bins, at, gap, _bucket_left(column)))
        for name, column in history.buckets().items()
    ]
    series += [
        ChartSeries(f"{name} window", _left(column, bins, at, gap, _window_left))
        for name, column in history.windows().items()
    ]
    return sorted((one for one in series if one.points), key=lambda one: one.name)


def _left(
    column: Column[T], bins: Bins, at: datetime, gap: float, left: Callable[[T], float]
) -> tuple[tuple[datetime, float | None], ...]:
    def least(values: Sequence[T]) -> float:
        return min(max(min(map(left, values)), 0.0), 1.0)

    return tuple(_points(column, bins.cuts(column.at, at.timestamp()), gap, least, at.tzinfo))


def _bucket_left(bucket: Bucket) -> Callable[[Observation], float]:
    def left(by: Observation) -> float:
        reading = bucket.reading(by)
        return (reading.remaining or 0) / (reading.limit or 1)

    return left


def _window_left(sample: WindowSample) -> float:
    return 1.0 - (sample.reading.used or 0.0)


def _errors(history: History, at: datetime, focus: Focus, _options: Options) -> list[ChartSeries]:
    """For each class, the failures in each bin; a gap if no request was made."""
    instant = at.timestamp()
    bins = Bins.over(instant, focus.span.total_seconds(), MAX_COUNT_BINS)
    asked = [0] * bins.count
    for source in API_SOURCES:
        for index, cut in enumerate(bins.cuts(history.exchanges(source).items.at, instant)):
            asked[index] += length(cut)
    counts = trends(history, bins, instant)
    ends = [datetime.fromtimestamp(min(edge, instant), at.tzinfo) for edge in bins.edges()[1:]]
    return [
        ChartSeries(
            row.key,
            tuple(
                (end, float(count) if any_asked else None)
                for end, count, any_asked in zip(ends, counts[row.key], asked, strict=True)
            ),
        )
        for row in knowledge().classes
        if row.key in _ALWAYS or any(counts[row.key])
    ]


def _points(
    column: Column[T],
    cuts: Sequence[slice],
    gap: float,
    figure: Callable[[Sequence[T]], float],
    zone: tzinfo | None,
) -> Points:
    """One point per non-empty bin, at its newest sample, and a None at gaps of over `gap` seconds."""
    points: Points = []
    before: float | None = None
    for cut in cuts:
        if not length(cut):
            continue
        first, newest = column.at[cut.start], column.at[cut.stop - 1]
        if before is not None and first - before > gap:
            points.append((datetime.fromtimestamp((before + first) / 2, zone), None))
        points.append((datetime.fromtimestamp(newest, zone), figure(column.values[cut])))
        before = newest
    return points


_BUILDERS: dict[Panel, tuple[str, Callable[[History, datetime, Focus, Options], list[ChartSeries]]]] = {
    Panel.LATENCY: ("s", _latency),
    Panel.HEADROOM: ("fraction", _headroom),
    Panel.ERRORS: ("count", _errors),
}
