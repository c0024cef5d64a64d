"""Aggregates calls as they end: counts, sums and histograms by key in spans of 10 s, in bounded memory."""

from __future__ import annotations

import math
from collections import Counter
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from heapq import heappush, heappushpop
from typing import TypeGuard

from claude_tui.analysis.uptime.histogram import Histogram, bucket_of
from claude_tui.model.observation import Outcome
from claude_tui.model.traffic import (
    OTHER,
    SPANS,
    Call,
    CallEnd,
    KeptBecause,
    KeptCall,
    RolledUp,
    RollUp,
    RollUpKey,
    Tokens,
    TrafficSource,
)
from claude_tui.traffic.names import Names
from claude_tui.traffic.request_ids import digest

__all__ = ["Bounds", "CallAggregator", "ended_at"]

_SPAN_S = SPANS[0]
_DAY_S = 86400.0
_MOST_SEEN = 100_000
# The share of a minute's failed calls that may be kept in its first seconds.
_AT_ONCE = 1 / 3
# The fraction by which a limit must drop to be recorded before the minute is over.
_LESS = 0.1


@dataclass(frozen=True, slots=True)
class Bounds:
    """How much is counted separately in one process."""

    applications: int = 50
    """Names of applications; the rest are OTHER."""
    models: int = 30
    """Names of models."""
    error_types: int = 50
    """Types of errors."""
    rows: int = 1000
    """Rows between two flushes; further keys are counted by source and outcome only."""
    failed_a_minute: int = 30
    """Failed calls that are kept individually per minute, with some reserved for its last seconds."""
    failed_alike_a_minute: int = 6
    """How many of these may have the same application, model and kind of failure."""
    slowest_a_minute: int = 3
    """How many of the slowest successful calls are kept per minute."""
    models_with_limits: int = 5
    """For how many models rate limits are kept: once a minute, and when a limit has dropped by a tenth."""


def ended_at(call: Call) -> float:
    """When a call ended, in seconds since 1970."""
    return call.at.timestamp() + (call.total_s or 0.0)


class _Row:
    """The counts of one key and span while they grow."""

    __slots__ = (
        "abandoned",
        "answer",
        "asked_to_wait",
        "cache_read",
        "cache_write_1h",
        "cache_write_5m",
        "calls",
        "cost_usd",
        "counted",
        "cut",
        "early",
        "first_token",
        "input",
        "max_tokens",
        "output",
        "prompt",
        "refusals",
        "retried",
        "retried_tokens",
        "retried_usd",
        "retries_known",
        "total",
        "unpriced",
    )

    def __init__(self) -> None:
        self.calls = self.cut = self.abandoned = self.retried = self.retries_known = 0
        self.max_tokens = self.refusals = self.counted = self.unpriced = 0
        self.input = self.output = self.cache_read = self.cache_write_5m = self.cache_write_1h = 0
        self.asked_to_wait = self.early = self.retried_tokens = 0
        self.cost_usd = self.retried_usd = 0.0
        self.first_token: dict[int, int] = {}
        self.total: dict[int, int] = {}
        self.prompt: dict[int, int] = {}
        self.answer: dict[int, int] = {}

    def add(self, call: Call) -> None:
        several = 1 if call.together is None else call.together
        self.calls += several
        if call.end is not CallEnd.COMPLETE:
            self.cut += call.end is CallEnd.CUT
            self.abandoned += call.end is CallEnd.ABANDONED
        # A reported call counts once, with all its attempts.
        if call.retries is not None and call.source is TrafficSource.PROXY:
            self.retries_known += 1
            self.retried += call.retries > 0
            if call.retries and call.tokens is not None:
                self.retried_tokens += call.tokens.prompt + call.tokens.output
                self.retried_usd += call.cost_usd if _is_finite(call.cost_usd) else 0.0
        if call.early is not None:
            self.asked_to_wait += 1
            self.early += call.early
        if call.stop_reason is not None:
            self.max_tokens += call.stop_reason == "max_tokens"
            self.refusals += call.stop_reason == "refusal"
        _count(self.first_token, call.first_token_s, several)
        _count(self.total, call.total_s, several)
        if call.tokens is not None and several:
            self._add_tokens(call.tokens, call.cost_usd, several)

    def _add_tokens(self, tokens: Tokens, cost_usd: float | None, several: int) -> None:
        self.counted += several
        self.input += tokens.input
        self.output += tokens.output
        self.cache_read += tokens.cache_read
        self.cache_write_5m += tokens.cache_write_5m
        self.cache_write_1h += tokens.cache_write_1h
        _count(self.prompt, tokens.prompt / 1000 / several, several)
        if tokens.output:
            _count(self.answer, tokens.output / 1000 / several, several)
        if _is_finite(cost_usd):
            self.cost_usd += cost_usd
        else:
            self.unpriced += several

    def roll_up(self, start: int, key: RollUpKey) -> RollUp:
        return RollUp(
            at=datetime.fromtimestamp(start, UTC),
            span_s=_SPAN_S,
            key=key,
            calls=self.calls,
            cut=self.cut,
            abandoned=self.abandoned,
            retried=self.retried,
            retries_known=self.retries_known,
            max_tokens=self.max_tokens,
            refusals=self.refusals,
            counted=self.counted,
            tokens=Tokens(self.input, self.output, self.cache_read, self.cache_write_5m, self.cache_write_1h),
            cost_usd=self.cost_usd,
            unpriced=self.unpriced,
            first_token=Histogram.of_counts(self.first_token).to_bytes(),
            total=Histogram.of_counts(self.total).to_bytes(),
            prompt=Histogram.of_counts(self.prompt).to_bytes(),
            asked_to_wait=self.asked_to_wait,
            early=self.early,
            retried_tokens=self.retried_tokens,
            retried_usd=self.retried_usd,
            answer=Histogram.of_counts(self.answer).to_bytes(),
        )


_Cell = tuple[int, TrafficSource, str, str, Outcome, str]


class CallAggregator:
    """Collects calls until they are taken. For one thread at a time; a call takes some microseconds.

    A call belongs to the span in which it ended. One that claims to have ended in the future, or more than
    a day ago, counts as ending now: such a clock cannot be right.
    """

    def __init__(self, bounds: Bounds | None = None) -> None:
        self._bounds = bounds or Bounds()
        self._applications = Names(self._bounds.applications)
        self._models = Names(self._bounds.models)
        self._error_types = Names(self._bounds.error_types)
        self._rows: dict[_Cell, _Row] = {}
        self._kept: list[Call] = []
        self._failed: Counter[tuple[str, str, Outcome, str]] = Counter()
        self._slowest: list[tuple[float, int, Call]] = []
        self._limits: dict[str, tuple[float, Call]] = {}
        self._limits_left: dict[str, float] = {}
        self._minute = self._failing_minute = 0
        self._order = 0
        self._seen: list[bytes] = []
        self.failing = False
        """Whether a failed call was added since the last `take`."""

    def add(self, call: Call, now: float) -> None:
        """Counts a call that ended by `now`, in seconds since 1970."""
        end = ended_at(call)
        if not now - _DAY_S <= end <= now:
            end = now
        start = int(end) // _SPAN_S * _SPAN_S
        application = self._applications.known(call.application, now)
        model = self._models.known(call.served_model or call.model, now)
        error_type = self._error_types.known(call.error_type, now) if call.error_type else ""
        cell = (start, call.source, application, model, call.outcome, error_type)
        row = self._rows.get(cell)
        if row is None:
            row = self._new_row(cell, int(now) // _SPAN_S * _SPAN_S)
        row.add(call)
        if call.outcome is not Outcome.OK:
            self.failing = True
            if call.together is None:
                self._keep_failed(call, (application, model, call.outcome, error_type), now)
        elif call.total_s is not None and call.together is None:
            self._keep_slow(call, call.total_s)
        if call.limits or call.windows:
            self._keep_limits(call, model, end)
        if call.request_id and call.source is TrafficSource.PROXY and len(self._seen) < _MOST_SEEN:
            self._seen.append(digest(call.request_id))

    def take(self, now: float, *, all_of_it: bool = False) -> tuple[RolledUp | None, list[KeptCall]]:
        """Returns everything since the last `take` and drops it; None if there was nothing.

        The slowest calls and the limits of a minute come once it is over, or with `all_of_it`.
        """
        recorded = datetime.fromtimestamp(now, UTC)
        kept = [KeptCall(recorded, KeptBecause.FAILED, call) for call in self._kept]
        minute = int(now) // 60
        turned = minute != self._minute or all_of_it
        if turned:
            slowest = sorted(self._slowest, reverse=True)
            kept += [KeptCall(recorded, KeptBecause.SLOW, call) for _, _, call in slowest]
            self._minute, self._slowest = minute, []
        kept += self._take_limits(recorded, every=turned)
        rows = tuple(
            row.roll_up(cell[0], RollUpKey(*cell[1:])) for cell, row in sorted(self._rows.items(), key=_at)
        )
        seen = b"".join(self._seen)
        self._rows, self._kept, self._seen, self.failing = {}, [], [], False
        return (RolledUp(None, rows, seen) if rows else None), kept

    def _new_row(self, cell: _Cell, current: int) -> _Row:
        if len(self._rows) >= self._bounds.rows:
            _, source, _, _, outcome, _ = cell
            cell = (current, source, OTHER, OTHER, outcome, "")
        return self._rows.setdefault(cell, _Row())

    def _take_limits(self, recorded: datetime, *, every: bool) -> list[KeptCall]:
        """The readings that are due: all of them, or those of limits that have dropped a lot."""
        due = [
            model
            for model, (_, call) in self._limits.items()
            if every or _least(call) <= self._limits_left.get(model, 1.0) - _LESS
        ]
        if every:
            self._limits_left.clear()
        taken = [self._limits.pop(model)[1] for model in due]
        self._limits_left |= {model: _least(call) for model, call in zip(due, taken, strict=True)}
        return [KeptCall(recorded, KeptBecause.LIMITS, call) for call in taken]

    def _keep_failed(self, call: Call, kind: tuple[str, str, Outcome, str], now: float) -> None:
        """Keeps failures from each part of a minute, so that not all of them are from its beginning."""
        minute, second = divmod(int(now), 60)
        if minute != self._failing_minute:
            self._failing_minute = minute
            self._failed.clear()
        bounds, gone = self._bounds, (second + 1) / 60
        every = math.ceil(bounds.failed_a_minute * max(gone, _AT_ONCE))
        alike = math.ceil(bounds.failed_alike_a_minute * max(gone, _AT_ONCE))
        if self._failed.total() < every and self._failed[kind] < alike:
            self._failed[kind] += 1
            self._kept.append(_named(call, kind))

    def _keep_limits(self, call: Call, model: str, end: float) -> None:
        """Keeps the newest readings of a model, which are dated from the end of their response."""
        newest = self._limits.get(model)
        if newest is None and len(self._limits) >= self._bounds.models_with_limits:
            return
        if newest is None or end >= newest[0]:
            at = datetime.fromtimestamp(end, UTC)
            self._limits[model] = (
                end,
                Call(
                    at,
                    call.source,
                    call.route,
                    call.application,
                    call.outcome,
                    model=model,
                    request_id=call.request_id,
                    limits=call.limits,
                    windows=call.windows,
                ),
            )

    def _keep_slow(self, call: Call, total_s: float) -> None:
        slowest = self._slowest
        self._order += 1  # calls cannot be compared
        if len(slowest) < self._bounds.slowest_a_minute:
            heappush(slowest, (total_s, self._order, call))
        elif total_s > slowest[0][0]:
            heappushpop(slowest, (total_s, self._order, call))


def _at(item: tuple[_Cell, _Row]) -> int:
    return item[0][0]


def _least(call: Call) -> float:
    """The lowest remaining share of any limit, 0..1."""
    left = [
        limit.remaining / limit.limit for limit in call.limits if limit.limit and limit.remaining is not None
    ]
    return min((*left, *(1 - window.used for window in call.windows if window.used is not None)), default=1.0)


def _named(call: Call, kind: tuple[str, str, Outcome, str]) -> Call:
    """The call, with the application name under which it is counted."""
    application, *_ = kind
    return call if application == call.application else replace(call, application=application)


def _is_finite(cost_usd: float | None) -> TypeGuard[float]:
    return cost_usd is not None and math.isfinite(cost_usd)


def _count(histogram: dict[int, int], value: float | None, several: int) -> None:
    if value is not None and several:
        bucket = bucket_of(value)
        histogram[bucket] = histogram.get(bucket, 0) + several
