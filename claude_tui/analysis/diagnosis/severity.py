"""The severity of a finding, and when somebody should respond."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterable, Sequence
from dataclasses import replace
from datetime import datetime, timedelta

from claude_tui.analysis.diagnosis.business_days import next_business_day
from claude_tui.analysis.diagnosis.episodes import DOWN, Episode, improbable_run
from claude_tui.analysis.diagnosis.losses import took_until
from claude_tui.analysis.history.columns import Column
from claude_tui.analysis.history.history import History
from claude_tui.analysis.options import Options, Thresholds
from claude_tui.model.observation import Observation, Outcome, Source
from claude_tui.model.playbook import SeverityMark
from claude_tui.model.verdict import Cause, Severity, Verdict

__all__ = [
    "many_fail",
    "most_fail",
    "respond_by",
    "severity_of_messages",
    "severity_of_rare",
    "with_set_severity",
]

# If five minutes have fewer than three messages, the last three within this span count instead.
SPARSE_S = 900.0
SPARSE_INTERVALS = 4.0
# An error share may be small, so it is counted over twenty minutes and over an hour: a share near the limit
# would otherwise alternate between P2 and P3.
LATE_S, LATE_INTERVALS = 1200.0, 40.0
# How far back the beginning of a P1 is searched, which lasts until fewer messages fail.
FOLLOWED_S = 3600.0
# From this many messages on, the share of five minutes is more than a run of luck.
LEAST_SHARED = 5
# The same once responses had returned: half of the messages fail like this in 3 of 1,000 dozens.
LEAST_SHARED_AGAIN = 12
# From this many messages on, the failure rate is known well enough to tell whether three in a row may be
# luck, and what share of streams breaks off; of fewer messages, a clearly larger share must break off.
_KNOWN, _CLEARLY = 10, 1.2
# How improbable a run of failures must be, at the rate so far, to make a problem P1: if few messages are
# known and some of them were answered, if many are known, and for a second P1.
_EARLY_CHANCE, _FIRST_CHANCE, _AGAIN_CHANCE = 0.02, 0.003, 0.00001
# This many failing model lists in a row show that the failure is not just one of them.
_LISTS, _LOOKED_AT = 2, 8
# Responses have returned with this many in a row, or this many of the last few.
_UP_RUN, _UP, _UP_OF = 3, 2, 5
# Counting begins with a failure, so a share of few messages is too high: 3 of 60 are the 5% of a P2.
RARE_LEAST = 60


def severity_of_messages(
    history: History,
    at: datetime,
    episode: Episode,
    cause: Cause,
    options: Options,
) -> Severity:
    """The severity of failing messages that are more than chance."""
    if most_fail(history, at, episode, options):
        return Severity.P1
    if _breaks_off_seldom(history, at, episode, options):
        return Severity.P4
    if cause is Cause.RATE_LIMITED:
        return Severity.P2
    begin = history.exchanges(Source.MESSAGES).items.at[episode.first]
    return Severity.P2 if many_fail(history, at, begin, options) else Severity.P3


def many_fail(history: History, at: datetime, begin: float, options: Options) -> bool:
    """Whether the share of a P2 fails, over twenty minutes or over an hour, among the messages since `begin`.

    Once it has, half of that share is enough, so that a problem near the limit does not alternate between P2
    and P3.
    """
    thresholds = options.thresholds
    items, failures = history.exchanges(Source.MESSAGES).items, history.failures(Source.MESSAGES)
    end = items.count_until(at.timestamp())
    late_s = max(LATE_S, LATE_INTERVALS * options.interval_s(Source.MESSAGES))
    hour_s = max(FOLLOWED_S, late_s)
    start = max(begin, items.at[end - 1] - hour_s)
    indexes = [
        items.index_at(failed_at)
        for failed_at in failures.at[failures.index_at(start) :]
        if failed_at <= items.at[end - 1]
    ]
    if len(indexes) < thresholds.ratio_failures:
        return False
    ever = any(_is_share(items, indexes, number, late_s, thresholds) for number in range(len(indexes)))
    asked = end - indexes[0]
    least = thresholds.errors / 2 if ever else thresholds.errors
    return len(indexes) >= least * asked


def _is_share(
    items: Column[Observation], indexes: Sequence[int], number: int, late_s: float, thresholds: Thresholds
) -> bool:
    """Whether the failures up to this one reach the share of a P2 over the last `late_s` seconds."""
    first = bisect_left(indexes, items.index_at(items.at[indexes[number]] - late_s))
    failed = number + 1 - first
    asked = indexes[number] + 1 - max(indexes[0], items.index_at(items.at[indexes[number]] - late_s))
    return failed >= thresholds.ratio_failures and failed >= thresholds.errors * asked


def most_fail(history: History, at: datetime, episode: Episode, options: Options) -> bool:
    """Whether nothing gets through: the last three messages failed, or nearly all in five minutes.

    Two are enough if the model list fails too. Once true, it stays true until responses return. From then on,
    and if some messages of the problem were answered before, only a run of failures that is improbable at its
    rate makes it true, so that a problem does not become P1 by luck. Only messages of the episode count, and
    counting ends with the last message, so time alone changes nothing.
    """
    items, all_failures = history.exchanges(Source.MESSAGES).items, history.failures(Source.MESSAGES)
    end = items.count_until(at.timestamp())
    begin = max(episode.first, items.index_at(items.at[end - 1] - FOLLOWED_S))
    earlier = all_failures.index_at(items.at[begin]) - all_failures.index_at(items.at[episode.first])
    span_s = max(SPARSE_S, SPARSE_INTERVALS * options.interval_s(Source.MESSAGES))
    five = _FiveMinutes(items, begin, options.thresholds)
    most = answered = False
    run, failures = 0, earlier
    for index in range(begin, end):
        failed = items.values[index].failed
        run = run + 1 if failed else 0
        failures += failed
        five.add(index)
        if most:
            newest = items.values[max(begin, index + 1 - _UP_OF) : index + 1]
            most = not _answers_come_back(newest, five)
            answered = not most
        elif failed:
            streak = run >= DOWN and items.at[index] - items.at[index - DOWN + 1] < span_s
            before = index + 1 - episode.first - run
            if answered or before:
                chance = _AGAIN_CHANCE if answered else _FIRST_CHANCE if before >= _KNOWN else _EARLY_CHANCE
                streak = streak and improbable_run(run, failures - run, before, chance)
            elif run == DOWN - 1:
                until = items.at[index + 1] if index + 1 < end else at.timestamp()
                streak = _list_fails_too(history, items.at[index - 1], items.values[index], until)
            most = streak or five.nearly_all_of(LEAST_SHARED if not answered else LEAST_SHARED_AGAIN)
    return most


def _list_fails_too(history: History, first: float, second: Observation, until: float) -> bool:
    """Whether the model list was known to fail by the second message, or by `until`: before the third.

    Only what had returned by then counts, as a newer response may have been on its way: what was P1 stays P1
    until messages are answered. An endpoint may have no model list and never answer.
    """
    items, failures = history.exchanges(Source.MODELS).items, history.failures(Source.MODELS)
    count = items.count_until(until)
    if count == failures.count_until(until):
        return False
    known_at = took_until(second)
    newest = [
        (took_until(observation), observation)
        for observation in items.values[max(count - _LOOKED_AT, 0) : count]
    ]
    before = [observation for came, observation in newest if came <= known_at]
    if any(not observation.failed for observation in before if observation.at.timestamp() > first):
        return False
    if len(before) >= _LISTS and all(observation.failed for observation in before[-_LISTS:]):
        return True
    after = [observation for came, observation in newest if came > known_at and observation.at > second.at]
    return bool(after) and after[0].failed


class _FiveMinutes:
    """The share of the messages of the last minutes that fail, as messages are added."""

    def __init__(self, items: Column[Observation], begin: int, thresholds: Thresholds) -> None:
        self._items = items
        self._start = begin
        self._thresholds = thresholds
        self.failed = self.total = 0

    def add(self, index: int) -> None:
        items = self._items
        self.failed += items.values[index].failed
        while items.at[self._start] <= items.at[index] - self._thresholds.severity_span_s:
            self.failed -= items.values[self._start].failed
            self._start += 1
        self.total = index + 1 - self._start

    def nearly_all_of(self, least: int) -> bool:
        """Whether there are at least `least` messages, nearly all of which failed."""
        return self.total >= least and self.failed >= self._thresholds.most_fail * self.total

    @property
    def fewer(self) -> bool:
        return self.failed < self._thresholds.most_fail_ends * self.total


def _answers_come_back(newest: Sequence[Observation], five: _FiveMinutes) -> bool:
    """Whether three messages in a row are answered, or some are and the share of five minutes has dropped."""
    answered = [not observation.failed for observation in newest]
    return all(answered[-_UP_RUN:]) or (answered.count(True) >= _UP and five.fewer)


def _breaks_off_seldom(history: History, at: datetime, episode: Episode, options: Options) -> bool:
    """Whether only streams break off, fewer than the share of messages that makes them errors.

    Once enough messages had shown that share, half of it is enough, so that a problem near the limit does not
    alternate between P2 and P4.
    """
    items, failures = history.exchanges(Source.MESSAGES).items, history.failures(Source.MESSAGES)
    end = items.count_until(at.timestamp())
    instant = items.at[end - 1]
    span = max(LATE_S, LATE_INTERVALS * options.interval_s(Source.MESSAGES))
    begin = max(episode.since.timestamp(), instant - span)
    failed = slice(failures.index_at(begin), failures.count_until(instant))
    if not failures.at[failed] or any(
        kind.outcome is not Outcome.TRUNCATED_STREAM for kind in failures.values[failed]
    ):
        return False
    first, bad = items.index_at(begin), options.thresholds.truncated_bad
    asked = [items.index_at(failed_at) + 1 - first for failed_at in failures.at[failed]]
    were_errors = any(
        total >= least and number >= share * total
        for least, share in ((_KNOWN, bad), (LEAST_SHARED, _CLEARLY * bad))
        for number, total in enumerate(asked, 1)
    )
    return len(asked) < (bad / 2 if were_errors else _CLEARLY * bad) * (end - first)


def severity_of_rare(failures: int, messages_failed: int, messages: int, thresholds: Thresholds) -> Severity:
    """The severity of intermittent failures of any API probe.

    `messages` is how many were sent since the first one.
    """
    share = messages_failed / max(messages, RARE_LEAST)
    if messages_failed >= thresholds.ratio_failures and share >= thresholds.errors:
        return Severity.P2
    return Severity.P3 if failures >= thresholds.ratio_failures else Severity.P4


def with_set_severity(
    verdict: Verdict, marks: Iterable[SeverityMark], at: datetime, thresholds: Thresholds
) -> Verdict:
    """The verdict with the severity that a person set for the current problem.

    It lapses with the problem, or when the computed severity becomes worse than it was then: somebody who
    rated a few errors P4 did not mean the outage that followed.
    """
    since, computed = verdict.since, verdict.severity
    if since is None or not computed.trouble:
        return verdict
    newest = max((mark for mark in marks if since <= mark.at <= at), key=lambda mark: mark.at, default=None)
    if newest is None or computed.worse_than(newest.instead_of):
        return verdict
    until = respond_by(newest.severity, verdict.detected_at or since, thresholds)
    return replace(
        verdict,
        severity=newest.severity,
        respond_by=until,
        set_by=newest.by,
        set_why=newest.why,
        computed=computed,
    )


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
            return next_business_day(
                detected_at, thresholds.business_hour, thresholds.time_zone, thresholds.working_days
            )
    return None
