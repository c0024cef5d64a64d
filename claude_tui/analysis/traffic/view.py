"""Own traffic at an instant, as screens, rules and commands show it."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta

from claude_tui.analysis.options import TrafficThresholds
from claude_tui.analysis.traffic.facts import RECENT, SourceReport, TrafficFacts
from claude_tui.analysis.traffic.figures import By, figures_by, figures_of, quantiles
from claude_tui.analysis.traffic.merging import grouped
from claude_tui.analysis.traffic.troubles import troubles_of
from claude_tui.model.observation import Outcome
from claude_tui.model.traffic import SPANS, CallCount, KeptBecause, KeptCall, TrafficSource
from claude_tui.model.traffic_trouble import TrafficTrouble
from claude_tui.model.traffic_view import (
    ALL,
    Absent,
    SourceState,
    TrafficPoint,
    TrafficView,
    Usual,
)

__all__ = ["MINUTE", "detail_from", "last_full_span", "sources_of", "traffic_view", "usual_of"]

MINUTE = timedelta(minutes=1)
_STEP = timedelta(seconds=SPANS[0])
_USUAL_HOUR_S = 3600.0
_READING = timedelta(seconds=1)
"""Roll-ups of a span are available this long after its end."""
_QUIET_AFTER = timedelta(minutes=1)
_QUIET_GAPS = 10
_LEAST_CALLS = 5
# Only responses that stream have a first token, and an application may stream now and then.
_LEAST_STREAMS = 50
_MOST_CALLS = 50
_MOST_SLOW = 20


def traffic_view(
    facts: TrafficFacts,
    at: datetime,
    span: timedelta = MINUTE,
    thresholds: TrafficThresholds | None = None,
    usual: Usual | None = None,
) -> TrafficView | None:
    """The figures of the last `span`, all of which `facts` covers; None if no source has reported.

    Pass `usual` if `usual_of` has been computed for the same hour.
    """
    if not (facts.reports or facts.recent or facts.before):
        return None
    end = last_full_span(at)
    start = end - span
    rows = [row for row in facts.recent if start <= row.at < end]
    unfinished = [row for row in facts.recent if end <= row.at <= at]
    seconds = span.total_seconds()
    counts = facts.counts
    recent = [row for row in counts if end - RECENT <= row.at <= at]
    kept = [call for call in facts.kept if at - RECENT <= call.at <= at]
    return TrafficView(
        start=start,
        end=end,
        all=figures_of(ALL, rows, seconds, unfinished),
        applications=figures_by(By.APPLICATION, rows, seconds, unfinished),
        models=figures_by(By.MODEL, rows, seconds, unfinished),
        usual=usual or usual_of(facts),
        sources=sources_of(facts.reports, counts, at),
        trend=_trend(recent, end),
        failed_calls=_failed(kept),
        failed_count=sum(row.calls for row in recent if row.key.outcome is not Outcome.OK),
        slowest_calls=_slowest(kept),
        limits=_limits(kept),
        readings=tuple(
            sorted((call for call in kept if call.why is KeptBecause.LIMITS), key=lambda call: call.call.at)
        ),
        today_usd=facts.today_usd,
        troubles=_troubles(facts, counts, kept, at, thresholds or TrafficThresholds()),
    )


def _troubles(
    facts: TrafficFacts,
    counts: Sequence[CallCount],
    kept: Sequence[KeptCall],
    at: datetime,
    thresholds: TrafficThresholds,
) -> tuple[TrafficTrouble, ...]:
    end, start = last_full_span(at), detail_from(at)
    recent = [row for row in counts if start <= row.at <= at]
    earlier = [row for row in facts.earlier if row.at < start]
    # The last day includes the problem itself.
    usual = facts.usual if facts.usual_days else ()
    return troubles_of(recent, earlier, usual, kept, end, thresholds)


def detail_from(at: datetime) -> datetime:
    """The full minute from which on roll-ups of 10 s are used, and longer ones before."""
    return (last_full_span(at) - RECENT).replace(second=0, microsecond=0)


def last_full_span(at: datetime) -> datetime:
    """The end of the last span of 10 s whose roll-ups are complete."""
    seconds = int((at - _READING).timestamp()) // SPANS[0] * SPANS[0]
    return datetime.fromtimestamp(seconds, UTC)


def usual_of(facts: TrafficFacts) -> Usual | None:
    """The usual figures; None while there is nothing to compare with."""
    if not facts.usual:
        return None
    # An hour that has not been merged yet has many shorter rows.
    hours = len({row.at.replace(minute=0, second=0) for row in facts.usual})
    return Usual(facts.usual_days, figures_of(ALL, facts.usual, hours * _USUAL_HOUR_S))


def sources_of(
    reported: Sequence[SourceReport], counts: Sequence[CallCount], at: datetime
) -> tuple[SourceState, ...]:
    """Every source that has reported, and what it does not report."""
    reports = grouped_by_source([*reported, *_recent_reports(counts)])
    return tuple(_state(source, reports[source], at) for source in TrafficSource if source in reports)


def grouped_by_source(reports: Sequence[SourceReport]) -> dict[TrafficSource, list[SourceReport]]:
    found: dict[TrafficSource, list[SourceReport]] = {}
    for report in sorted(reports, key=lambda report: report.end):
        found.setdefault(report.source, []).append(report)
    return found


def _recent_reports(rows: Sequence[CallCount]) -> list[SourceReport]:
    spans: dict[tuple[TrafficSource, datetime], tuple[int, list[int]]] = {}
    for at, span_s, key, calls, counted, retries_known, first_token in rows:
        where = key.source, at
        if (found := spans.get(where)) is None:
            found = spans[where] = span_s, [0, 0, 0, 0, 0]
        amounts = found[1]
        if key.outcome is Outcome.OK:
            amounts[0] += calls
        amounts[1] += counted
        amounts[2] += bool(first_token)
        amounts[3] += retries_known
        amounts[4] += calls
    return [
        SourceReport(source, at, at + timedelta(seconds=span_s), *amounts)
        for (source, at), (span_s, amounts) in spans.items()
    ]


def _state(source: TrafficSource, reports: Sequence[SourceReport], at: datetime) -> SourceState:
    # Longer spans that are not over end in the future.
    last_at = min(max((report.end if report.end <= at else report.start) for report in reports), at)
    absent = (
        _absent("tokens", reports, [report.counted for report in reports]),
        _absent("time to first token", reports, [report.timed for report in reports], least=_LEAST_STREAMS),
        _absent("attempts", reports, [report.retries_known for report in reports]),
    )
    quiet = at - last_at > max(_QUIET_AFTER, _QUIET_GAPS * _gap(reports, last_at))
    return SourceState(
        source,
        last_at,
        last_at if quiet else None,
        tuple(absence for absence in absent if absence is not None),
    )


def _gap(reports: Sequence[SourceReport], last_at: datetime) -> timedelta:
    """The mean time between two calls before a source fell silent."""
    known = [report for report in reports if report.end > last_at - RECENT]
    calls = sum(report.calls for report in known)
    observed = last_at - max(min(report.start for report in known), last_at - RECENT)
    return observed / calls if calls else RECENT


def _absent(
    what: str, reports: Sequence[SourceReport], amounts: Sequence[int], *, least: int = _LEAST_CALLS
) -> Absent | None:
    """What a source no longer reports, although enough later responses could have it; None otherwise."""
    last = next((number for number in reversed(range(len(reports))) if amounts[number]), -1)
    if sum(report.answers for report in reports[last + 1 :]) < (least if last >= 0 else _LEAST_CALLS):
        return None
    return Absent(what, reports[last].end if last >= 0 else None)


def _trend(rows: Sequence[CallCount], end: datetime) -> tuple[TrafficPoint, ...]:
    spans = grouped(rows, lambda row: row.at)
    start = end - RECENT
    return tuple(_point(start + number * _STEP, spans) for number in range(RECENT // _STEP))


def _point(at: datetime, spans: dict[datetime, list[CallCount]]) -> TrafficPoint:
    rows = spans.get(at, [])
    return TrafficPoint(
        at,
        calls=sum(row.calls for row in rows),
        failed=sum(row.calls for row in rows if row.key.outcome is not Outcome.OK),
        first_token=quantiles(row.first_token for row in rows).p50 if rows else None,
    )


def _failed(kept: Sequence[KeptCall]) -> tuple[KeptCall, ...]:
    failed = [call for call in kept if call.why is KeptBecause.FAILED]
    return tuple(sorted(failed, key=lambda call: call.call.at, reverse=True)[:_MOST_CALLS])


def _limits(kept: Sequence[KeptCall]) -> tuple[KeptCall, ...]:
    readings = [call for call in kept if call.why is KeptBecause.LIMITS]
    newest = {reading.call.model: reading for reading in sorted(readings, key=lambda call: call.call.at)}
    return tuple(newest[model] for model in sorted(newest))


def _slowest(kept: Sequence[KeptCall]) -> tuple[KeptCall, ...]:
    slow = [call for call in kept if call.why is KeptBecause.SLOW]
    return tuple(sorted(slow, key=lambda call: call.call.total_s or 0.0, reverse=True)[:_MOST_SLOW])
