"""The first five minutes: status page, connectivity, rate limits, as our probes find them."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from claude_tui.analysis.history.failure_kinds import failure_name
from claude_tui.model.format import duration, latency, percent
from claude_tui.model.observation import Observation, Source
from claude_tui.model.snapshot import Level, Snapshot
from claude_tui.model.text import truncate
from claude_tui.model.verdict import PageAgreement
from claude_tui.runbook.fact_context import FactContext
from claude_tui.runbook.facts import facts_of
from claude_tui.runbook.placeholders import Placeholders
from claude_tui.runbook.values import Check, Command, Runbook

__all__ = ["ANSWER_TIMEOUT_S", "CheckResult", "CheckState", "commands", "results"]

ANSWER_TIMEOUT_S = 25.0
"""Seconds to wait for an answer by default."""

_NAMES = {Source.STATUS: "Status page", Source.MODELS: "Models", Source.MESSAGES: "Messages"}
# A probe that was requested during a back-off is reported as held until it has started.
_STARTING_S = 2.0


class CheckState(StrEnum):
    """The state of a check. UNKNOWN: the probe cannot run, or its answer is not conclusive."""

    WAITING = "waiting"
    FINE = "fine"
    TROUBLE = "trouble"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True)
class CheckResult:
    """What our own probe found since the check was requested. `lines` are one to four short sentences."""

    check: Check
    state: CheckState
    lines: tuple[str, ...]


def commands(check: Check, placeholders: Placeholders) -> tuple[Command, ...]:
    """The commands of a check, filled in, to be shown and copied."""
    return tuple(placeholders.command(command) for command in check.commands)


def results(
    runbook: Runbook, snapshot: Snapshot, asked_at: datetime, answer_timeout_s: float = ANSWER_TIMEOUT_S
) -> tuple[CheckResult, ...]:
    """The results of the checks since `asked_at`, when the probes were requested.

    A probe that has not answered within `answer_timeout_s` seconds is reported as UNKNOWN.
    """
    asked = _Request(FactContext(snapshot, None), asked_at, answer_timeout_s)
    found = {"status": _status(asked), "connectivity": _connectivity(asked), "limits": _limits(asked)}
    return tuple(CheckResult(check, *found[check.key]) for check in runbook.checks)


_Found = tuple[CheckState, tuple[str, ...]]


@dataclass(frozen=True, slots=True)
class _Request:
    context: FactContext
    at: datetime
    answer_timeout_s: float

    def since(self, instant: datetime | None) -> bool:
        """Whether `instant` is not before the request."""
        return instant is not None and instant >= self.at

    def missing(self, source: Source) -> tuple[CheckState, str]:
        """Why there is no answer from a source."""
        name = _NAMES[source]
        waited_s = (self.context.at - self.at).total_seconds()
        probe = self.context.probe(source)
        if probe is not None and probe.held_reason is not None and not probe.running:
            can_be_forced = probe.held_until is not None and not self._no_budget(source)
            if not can_be_forced or waited_s >= _STARTING_S:
                return CheckState.UNKNOWN, f"{name}: not probed, {truncate(probe.held_reason)}"
        if waited_s > self.answer_timeout_s:
            return CheckState.UNKNOWN, f"{name}: nothing came back within {duration(self.answer_timeout_s)}"
        return CheckState.WAITING, f"{name}: checking"

    def _no_budget(self, source: Source) -> bool:
        return source is Source.MESSAGES and self.context.snapshot.engine.spend.stopped


def _status(asked: _Request) -> _Found:
    snapshot, at = asked.context.snapshot, asked.context.at
    view = snapshot.status
    if not asked.since(view.checked_at):
        state, line = asked.missing(Source.STATUS)
        return state, (line,)
    facts = facts_of(snapshot, None)
    states = {"fine": CheckState.FINE, "trouble": CheckState.TROUBLE}
    state = states.get(str(facts["status_page"].value), CheckState.UNKNOWN)
    lines = [facts["status_page"].words]
    if facts["others_trouble"].value is True:
        lines.append(facts["others_trouble"].words)
    # A green page while our requests fail is not good news.
    if view.silent_since is not None:
        state = CheckState.UNKNOWN
        lines.append(f"Nothing posted yet (we noticed {duration(at - view.silent_since)} ago)")
    elif snapshot.verdict.page is PageAgreement.RESOLVED:
        state = CheckState.UNKNOWN
        lines.append("It reported the problem, and says it is resolved")
    return state, tuple(lines)


def _connectivity(asked: _Request) -> _Found:
    found = [_exchange(asked, source) for source in (Source.MODELS, Source.MESSAGES)]
    states = [state for state, _ in found]
    worst = next(
        (state for state in (CheckState.TROUBLE, CheckState.WAITING, CheckState.UNKNOWN) if state in states),
        CheckState.FINE,
    )
    lines = [line for _, line in found]
    if found[0][0] is CheckState.FINE and found[1][0] is CheckState.TROUBLE:
        lines.append("The API can be reached, but does not generate")
    return worst, tuple(lines)


def _exchange(asked: _Request, source: Source) -> tuple[CheckState, str]:
    """The newest exchange of a source, if it is not before the request."""
    name, context = _NAMES[source], asked.context
    series, failed = context.series(source), context.newest_failure(source)
    good_at = series.now_at if series is not None else None
    if failed is not None and asked.since(failed.at) and (good_at is None or failed.at > good_at):
        return CheckState.TROUBLE, f"{name}: {_failure(failed)}"
    if series is not None and asked.since(good_at) and series.now is not None:
        return CheckState.FINE, f"{name}: HTTP 200 in {latency(series.now)}"
    return asked.missing(source)


def _failure(failure: Observation) -> str:
    words = truncate(failure_name(failure))
    if failure.message:
        words += f", {truncate(failure.message)}"
    return f"{words} ({failure.request_id})" if failure.request_id else words


def _limits(asked: _Request) -> _Found:
    context, view = asked.context, asked.context.snapshot.headroom
    if not asked.since(view.read_at):
        state, line = _exchange(asked, Source.MESSAGES)
        if state in (CheckState.FINE, CheckState.TROUBLE):
            return CheckState.UNKNOWN, ("No limits in this answer: successful messages carry them",)
        return state, (line,)
    lines = [_bucket_line(context, index) for index in range(min(3, len(view.buckets)))]
    lines += [f"{window.window} window: {percent(window.used)} used" for window in view.windows[:1]]
    levels = {bucket.level for bucket in view.buckets} | {window.level for window in view.windows}
    low = not levels.isdisjoint({Level.WARN, Level.BAD})
    return CheckState.TROUBLE if low else CheckState.FINE, tuple(lines)


def _bucket_line(context: FactContext, index: int) -> str:
    bucket = context.snapshot.headroom.buckets[index]
    words = f"{bucket.bucket}: {percent(bucket.fraction)} left, {bucket.remaining:,} of {bucket.limit:,}"
    return f"{words}, out in {duration(bucket.exhausted_in)}" if bucket.exhausted_in is not None else words
