"""The severity of a finding, and by when somebody should respond."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from datetime import datetime, time, timedelta

from claude_tui.analysis.diagnosis.episodes import Episode
from claude_tui.analysis.history.history import History
from claude_tui.analysis.options import Options, Thresholds
from claude_tui.model.observation import Outcome, Source
from claude_tui.model.playbook import SeverityMark
from claude_tui.model.verdict import Cause, Severity, Verdict

__all__ = ["as_set", "most_fail", "respond_by", "severity_of_messages", "severity_of_rare"]

# If five minutes have fewer than three messages, the last three within this span count instead.
SPARSE_S = 900.0
SPARSE_INTERVALS = 4.0
# An error share may be small, so it is counted over twenty minutes: 5% of 40 messages are two.
LATE_S, LATE_INTERVALS = 1200.0, 40.0
# How far back to search for the beginning of a P1, which lasts until fewer messages fail.
FOLLOWED_S = 900.0
# Counting begins with a failure, so a share of few messages is too high: 3 of 60 are the 5% of a P2.
RARE_LEAST = 60
_SATURDAY = 5


def severity_of_messages(
    history: History,
    at: datetime,
    episode: Episode,
    cause: Cause,
    options: Options,
    thresholds: Thresholds,
) -> Severity:
    """The severity of failing messages that are more than chance."""
    if most_fail(history, at, episode, options, thresholds):
        return Severity.P1
    failed, total, broken_off = _counts(history, at, episode, options)
    if failed and broken_off == failed and failed < thresholds.truncated_bad * total:
        return Severity.P4
    if cause is Cause.RATE_LIMITED:
        return Severity.P2
    many = failed >= thresholds.ratio_failures and failed >= thresholds.errors * total
    return Severity.P2 if many else Severity.P3


def most_fail(
    history: History, at: datetime, episode: Episode, options: Options, thresholds: Thresholds
) -> bool:
    """Whether nearly all messages fail: a share of `most_fail` in the last five minutes, and at least 3.

    Only messages of the episode count, not the successes before it. Once true, it stays true until fewer
    than `most_fail_ends` fail. Counting ends with the last message, so time alone changes nothing.
    """
    items = history.exchanges(Source.MESSAGES).items
    end = items.count_until(at.timestamp())
    instant = items.at[end - 1]
    begin = max(episode.first, items.index_at(instant - FOLLOWED_S))
    least = thresholds.ratio_failures
    most, start, failed = False, begin, 0
    for index in range(begin, end):
        failed += items.values[index].failed
        while items.at[start] <= items.at[index] - thresholds.severity_span_s:
            failed -= items.values[start].failed
            start += 1
        total = index + 1 - start
        if total >= least:
            most = failed >= (thresholds.most_fail_ends if most else thresholds.most_fail) * total
    within = instant - thresholds.severity_span_s
    if end - items.count_until(within) >= least:
        return most
    last = items.values[max(episode.first, end - least) : end]
    oldest = instant - max(SPARSE_S, SPARSE_INTERVALS * options.interval_s(Source.MESSAGES))
    return len(last) == least and last[0].at.timestamp() > oldest and all(each.failed for each in last)


def _counts(history: History, at: datetime, episode: Episode, options: Options) -> tuple[int, int, int]:
    """The numbers of recent failures, messages and truncated streams in the episode."""
    items, failures = history.exchanges(Source.MESSAGES).items, history.failures(Source.MESSAGES)
    end = items.count_until(at.timestamp())
    instant = items.at[end - 1]
    span = max(LATE_S, LATE_INTERVALS * options.interval_s(Source.MESSAGES))
    begin = max(episode.since.timestamp(), instant - span)
    kinds = failures.values[failures.index_at(begin) : failures.count_until(instant)]
    broken_off = sum(kind.outcome is Outcome.TRUNCATED_STREAM for kind in kinds)
    return len(kinds), end - items.index_at(begin), broken_off


def severity_of_rare(failures: int, messages_failed: int, messages: int, thresholds: Thresholds) -> Severity:
    """The severity of intermittent failures of any API probe. `messages` were sent since the first one."""
    share = messages_failed / max(messages, RARE_LEAST)
    if messages_failed >= thresholds.ratio_failures and share >= thresholds.errors:
        return Severity.P2
    return Severity.P3 if failures >= thresholds.ratio_failures else Severity.P4


def as_set(verdict: Verdict, marks: Iterable[SeverityMark], at: datetime, thresholds: Thresholds) -> Verdict:
    """The verdict with the severity that a person set for the current incident.

    It lapses with the incident, or when the computed severity becomes worse than it was then: somebody who
    rated a few errors P4 did not mean the outage that followed.
    """
    since, computed = verdict.since, verdict.severity
    if since is None or not computed.trouble:
        return verdict
    newest = max((each for each in marks if since <= each.at <= at), key=lambda each: each.at, default=None)
    if newest is None or computed.worse_than(newest.instead_of):
        return verdict
    until = respond_by(newest.severity, verdict.detected_at or since, thresholds)
    return replace(verdict, severity=newest.severity, respond_by=until, set_by=newest.by, computed=computed)


def respond_by(severity: Severity, detected_at: datetime, thresholds: Thresholds) -> datetime | None:
    """By when somebody should respond: at once, in minutes, in an hour, or on the next business day."""
    match severity:
        case Severity.P1:
            return detected_at
        case Severity.P2:
            return detected_at + timedelta(seconds=thresholds.respond_p2_s)
        case Severity.P3:
            return detected_at + timedelta(seconds=thresholds.respond_p3_s)
        case Severity.P4:
            return _next_business_day(detected_at, thresholds.business_hour)
    return None


def _next_business_day(after: datetime, hour: int) -> datetime:
    day = after.date() + timedelta(days=1)
    while day.weekday() >= _SATURDAY:
        day += timedelta(days=1)
    return datetime.combine(day, time(hour), after.tzinfo)
