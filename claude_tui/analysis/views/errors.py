"""Failures counted by class over one minute, five minutes and an hour."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from datetime import datetime, timedelta

from claude_tui.analysis.history.columns import length
from claude_tui.analysis.history.history import API_SOURCES, History
from claude_tui.analysis.history.statistics import Bins, share
from claude_tui.knowledge import ErrorClass, knowledge
from claude_tui.model.observation import FailureKind, Source
from claude_tui.model.snapshot import Calls, ErrorDetail, ErrorRow, ErrorWindow, Level

__all__ = ["SPANS", "error_windows", "trends"]

SPANS = (timedelta(minutes=1), timedelta(minutes=5), timedelta(hours=1))
TREND_BINS = 12
# Fewer failures than this may be chance, whatever their share of the requests.
MIN_BAD = 3
MAX_DETAILS = 50


def error_windows(history: History, at: datetime) -> tuple[ErrorWindow, ...]:
    """One window per span in `SPANS`. Reads of the status page do not count, as it is not the API."""
    return tuple(_window(history, at, span) for span in SPANS)


def _window(history: History, at: datetime, span: timedelta) -> ErrorWindow:
    """The windows; the same object until a failure is added, one leaves, or a new bin begins."""
    instant = at.timestamp()
    start = instant - span.total_seconds()
    counted = [
        (length(history.exchanges(source).items.span(start, instant)), failures.span(start, instant))
        for source in API_SOURCES
        for failures in [history.failures(source)]
    ]
    bins: Bins | None = None
    if any(length(part) for _, part in counted):
        bins = Bins.ending(instant, span.total_seconds() / TREND_BINS, TREND_BINS)
    versions = [history.failures(source).version for source in API_SOURCES]
    key = counted, bins, versions
    return history.cached(("errors", span), key, lambda: _counted(history, at, span))


def _counted(history: History, at: datetime, span: timedelta) -> ErrorWindow:
    instant = at.timestamp()
    start = instant - span.total_seconds()
    calls: dict[Source, Calls] = {}
    counts = Counter[FailureKind]()
    last: dict[FailureKind, float] = {}
    for source in API_SOURCES:
        asked = history.exchanges(source).items.span(start, instant)
        failures = history.failures(source)
        part = failures.span(start, instant)
        calls[source] = Calls(length(asked), length(part))
        counts.update(failures.values[part])
        last.update(zip(failures.values[part], failures.at[part], strict=True))
    bins = Bins.ending(instant, span.total_seconds() / TREND_BINS, TREND_BINS)
    trend = trends(history, bins, instant)
    by_class: dict[str, dict[FailureKind, int]] = {row.key: {} for row in knowledge().classes}
    for kind, count in counts.items():
        by_class[knowledge().class_of(kind.outcome).key][kind] = count
    return ErrorWindow(
        span=span,
        requests=sum(call.asked for call in calls.values()),
        failures=counts.total(),
        rows=tuple(_row(row, by_class[row.key], calls, trend[row.key]) for row in knowledge().classes),
        breakdown=_breakdown(counts, last, at),
        messages=calls[Source.MESSAGES],
        models=calls[Source.MODELS],
    )


def trends(history: History, bins: Bins, until: float) -> dict[str, tuple[int, ...]]:
    """Per class key, the number of failures in each bin, up to and including `until`."""
    counts = {row.key: [0] * bins.count for row in knowledge().classes}
    for source in API_SOURCES:
        failures = history.failures(source)
        if failures.count_until(until) == failures.count_until(bins.start):
            continue
        for index, cut in enumerate(bins.cuts(failures.at, until)):
            for kind, count in Counter(failures.values[cut]).items():
                counts[knowledge().class_of(kind.outcome).key][index] += count
    return {key: tuple(row) for key, row in counts.items()}


def _row(
    row: ErrorClass,
    failures: Mapping[FailureKind, int],
    calls: Mapping[Source, Calls],
    trend: tuple[int, ...],
) -> ErrorRow:
    """The row of a class with these failures.

    Their share is of the requests of the sources that have such failures. If answered model lists counted
    too, it would be a third even if every message failed.
    """
    statuses = Counter[int | None]()
    for kind, number in failures.items():
        statuses[kind.http_status] += number
    count, sources = sum(failures.values()), {kind.source for kind in failures}
    asked = sum(of_source.asked for source, of_source in calls.items() if source in sources or not sources)
    part = share(count, asked)
    return ErrorRow(row.key, row.label_for(statuses), count, part, trend, _level(row, count, part))


def _level(row: ErrorClass, count: int, part: float | None) -> Level:
    """A warning from the first failure on; bad if there are too many to be chance."""
    if not count:
        return Level.OK
    return Level.BAD if count >= MIN_BAD and (part is None or part > row.bad_share) else Level.WARN


def _breakdown(
    counts: Mapping[FailureKind, int], last: Mapping[FailureKind, float], at: datetime
) -> tuple[ErrorDetail, ...]:
    """The kinds of failures, most frequent first."""
    ranked = sorted(counts, key=lambda kind: (-counts[kind], -last[kind], str(tuple(kind))))
    return tuple(
        ErrorDetail(
            kind,
            count=counts[kind],
            last_at=datetime.fromtimestamp(last[kind], at.tzinfo),
            row=knowledge().class_of(kind.outcome).key,
        )
        for kind in ranked[:MAX_DETAILS]
    )
