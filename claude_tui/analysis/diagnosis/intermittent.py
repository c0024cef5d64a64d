"""Intermittent errors: occasional failures, counted over an hour."""

from __future__ import annotations

import math
from bisect import bisect_left, bisect_right
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta

from claude_tui.analysis.diagnosis.attribution import (
    LeadingCause,
    leading_cause,
    retry_after,
    specified,
    words_for,
)
from claude_tui.analysis.diagnosis.context import LEADING, DiagnosisContext
from claude_tui.analysis.diagnosis.cross_check import cross_check_at
from claude_tui.analysis.diagnosis.episodes import Episode, episodes_of
from claude_tui.analysis.diagnosis.evidence import kinds_of
from claude_tui.analysis.diagnosis.finding import Finding
from claude_tui.analysis.diagnosis.gateways import whose_words
from claude_tui.analysis.diagnosis.losses import is_lost
from claude_tui.analysis.diagnosis.rate import successes_to_recover
from claude_tui.analysis.diagnosis.severity import severity_of_rare
from claude_tui.analysis.history.history import API_SOURCES
from claude_tui.knowledge import Advice, knowledge
from claude_tui.model.format import duration, percent
from claude_tui.model.observation import Observation, Source
from claude_tui.model.verdict import Cause, Evidence, EvidenceKind, Severity, Side

__all__ = ["advice_if_occasional", "detect_intermittent", "is_older", "severity_before"]

# An hour of both API sources at the default pace. A problem with rarer failures ends with it.
LONGEST_RUN = 360
# At the default pace, 1.8 probes an hour are lost by chance; 10 or more happen once in 5 years (Poisson).
_LOST_DEVIATIONS, _LOST_COUNT = 4.0, 2
# An episode of three failures had its own verdict, so it is not counted as intermittent as well.
_BIG = 3
# The last day has at most about 900 intermittent failures: one in ten of 8,640 exchanges.
_DAY_S, _A_DAYS = 86_400.0, 1000
# Advice for when all calls fail, which does not suit occasional failures.
_AT_TIMES = frozenset({"errors", "errors_no_answer"})
_AT_TIMES_BY_GATEWAY = frozenset(
    {"gateway_odd", "gateway_or_api", "gateway_page", "gateway_silent", "gateway_streams"}
)


def detect_intermittent(context: DiagnosisContext) -> Finding | None:
    """A few failures of the API probes within an hour, unless enough successes have followed."""
    failures = _scattered(context, context.episodes, context.thresholds.rare_span_s)
    if not _is_enough(context, failures):
        return None
    first, last = failures[0].at.timestamp(), failures[-1].at.timestamp()
    asked = {source: _asked(context, source, first, last) for source in API_SOURCES}
    since_last = sum(_asked(context, source, last, None) for source in asked) - 1
    if since_last >= successes_to_recover(len(failures), sum(asked.values()), LONGEST_RUN):
        return None
    since, known_at = _beginning(context, failures)
    cross_check = cross_check_at(context.history, context.at, failures[-1].at, context.options)
    lead = leading_cause(failures, cross_check)
    lead = specified(context, lead, advice_if_occasional(whose_words(context, lead.explained, lead.advice)))
    calls = sum(_asked(context, source, first, None) for source in asked)
    span = duration(context.at - failures[0].at)
    words = words_for(context, lead)
    if lead.advice.id == "overloaded_rare":
        words["what"] = f"{len(failures)} of {calls} calls in {span}"
    messages = [failure for failure in failures if failure.source is Source.MESSAGES]
    return Finding(
        advice=lead.advice,
        confidence=round(0.9 * (1 - 0.5 ** len(failures)) * lead.certainty, 2),
        severity=severity_of_rare(
            len(failures), len(messages), _asked(context, Source.MESSAGES, first, None), context.thresholds
        ),
        evidence=(
            _counted(context, failures, calls, lead),
            lead.evidence,
        ),
        words=words,
        since=since,
        detected_at=known_at,
        retry=retry_after(context, lead.newest, lead.advice),
        failures=lead.explained,
        bucket=lead.bucket,
        also=lead.also,
    )


def severity_before(context: DiagnosisContext, until: datetime) -> Severity:
    """The severity, at an instant, of the intermittent failures up to one of them.

    Failures of the seconds before are of the same kind as those that follow, as nothing had been reported
    yet.
    """
    scattered = _scattered(context, context.episodes, context.thresholds.rare_span_s)
    known = [failure for failure in scattered if failure.at <= until]
    failures = (
        known if is_older(context, known, until) else [failure for failure in known if failure.at < until]
    )
    if not _is_enough(context, failures):
        return Severity.NONE
    first = failures[0].at.timestamp()
    messages = sum(failure.source is Source.MESSAGES for failure in failures)
    sent = _asked(context, Source.MESSAGES, first, until.timestamp())
    return severity_of_rare(len(failures), messages, sent, context.thresholds)


def is_older(context: DiagnosisContext, failures: Sequence[Observation], until: datetime) -> bool:
    """Whether some of them precede the seconds in which the failure at `until` is confirmed."""
    pace = context.options.confirmation
    breath = timedelta(seconds=pace.gap_s * (pace.messages + 1))
    return any(failure.at <= until - breath for failure in failures)


def _counted(
    context: DiagnosisContext, failures: Sequence[Observation], calls: int, lead: LeadingCause
) -> Evidence:
    """`3 of 118 calls (3%) failed in 34m: 2 api_error, 1 other; last failure 2m ago`."""
    share = percent(len(failures) / calls)
    span, ago = duration(context.at - failures[0].at), duration(context.at - failures[-1].at)
    kinds = kinds_of([failure.kind for failure in failures], lead.failures)
    return Evidence(
        EvidenceKind.FAILURES,
        (f"{len(failures)} of {calls} calls ({share}) failed in {span}: {kinds}", f"last failure {ago} ago"),
        (("failed", len(failures)), ("asked", calls)),
        tuple(failures),
    )


def advice_if_occasional(advice: Advice) -> Advice:
    """The advice for occasional failures.

    A key or model that is refused only now and then is hardly our fault.
    """
    if advice.id in _AT_TIMES:
        return knowledge().advice["errors_rare"]
    if advice.id in _AT_TIMES_BY_GATEWAY:
        return knowledge().advice["gateway_rare"]
    if advice.cause is Cause.PROVIDER_OVERLOADED:
        return knowledge().advice["overloaded_rare"]
    refused = advice.side is Side.US and advice.cause is not Cause.RATE_LIMITED
    return knowledge().advice["refused_rare"] if refused else advice


def _scattered(
    context: DiagnosisContext, among: Mapping[Source, Sequence[Episode]], back_s: float, most: int = LEADING
) -> list[Observation]:
    """Failures of the last `back_s` seconds outside confirmed episodes of three or more, oldest first."""
    start = context.at.timestamp() - back_s
    if context.traffic_well_from is not None:
        start = max(start, context.traffic_well_from.timestamp())
    found = [
        failure
        for episodes in among.values()
        for episode in episodes
        if not _is_big(episode)
        for failure in context.failures_of(episode, most)
        if failure.at.timestamp() > start and not context.never_supported(failure)
    ]
    # A probe that crashed says nothing about the API.
    known = [failure for failure in found if knowledge().of(failure).cause is not Cause.UNKNOWN]
    return sorted(known, key=lambda failure: failure.at)


def _is_big(episode: Episode) -> bool:
    return episode.confirmed_at is not None and episode.failures >= _BIG


def _asked(context: DiagnosisContext, source: Source, start: float, end: float | None) -> int:
    """The number of exchanges from `start` to `end`, both included."""
    items = context.history.exchanges(source).items
    return items.count_until(context.at.timestamp() if end is None else end) - items.index_at(start)


def _beginning(context: DiagnosisContext, newest: Sequence[Observation]) -> tuple[datetime, datetime]:
    """When the current run of failures began, and when it was more than chance."""
    interval_s = context.options.interval_s
    episodes = {
        source: episodes_of(context.history, source, context.at, _DAY_S, interval_s(source))
        for source in API_SOURCES
    }
    day = _scattered(context, episodes, _DAY_S, most=_A_DAYS)
    failures = [*(failure for failure in day if failure.at < newest[0].at), *newest]
    at = [failure.at.timestamp() for failure in failures]
    first = confirming = len(failures) - 1
    for index in range(len(failures) - 1, -1, -1):
        start = bisect_right(at, at[index] - context.thresholds.rare_span_s, 0, index)
        enough = _is_enough(context, failures[start : index + 1])
        if index + 1 < len(at) and not _continues(context, at[start : index + 2], enough=enough):
            break
        first, confirming = index, index if enough else confirming
    return failures[first].at, failures[confirming].at


def _continues(context: DiagnosisContext, at: Sequence[float], *, enough: bool) -> bool:
    """Whether the last failure continues the earlier ones, which had not ended or were too few to tell."""
    first, last, then = at[0], at[-2], at[-1]
    if not enough:
        return then - last < context.thresholds.rare_span_s
    clean = asked = 0
    for source in API_SOURCES:
        instants = context.history.exchanges(source).items.at
        end = bisect_right(instants, last)
        asked += end - bisect_left(instants, first)
        clean += bisect_left(instants, then) - end
    return clean < successes_to_recover(len(at) - 1, asked, LONGEST_RUN)


def _is_enough(context: DiagnosisContext, failures: Sequence[Observation]) -> bool:
    """Whether they are more than chance; a lost probe counts for less."""
    needed = context.thresholds.rare_failures
    lost = sum(failure.http_status is None and is_lost(failure) for failure in failures)
    weight = len(failures) - lost + (lost * needed / _lost_needed(context) if lost else 0.0)
    return round(weight, 6) >= needed


def _lost_needed(context: DiagnosisContext) -> int:
    """How many lost probes an hour are more than chance: 5 at the default pace, 12 at one every 2 s."""
    start = context.at.timestamp() - context.thresholds.rare_span_s
    usual = context.thresholds.lost_share * sum(
        _asked(context, source, start, None) for source in API_SOURCES
    )
    return math.ceil(usual + _LOST_DEVIATIONS * math.sqrt(usual) + _LOST_COUNT)
