"""Requests that got no answer at all, and whether it was the path that lost them."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from claude_tui.analysis.history.history import History
from claude_tui.model.observation import Observation, Outcome, Source

__all__ = ["LOSSY_SPAN", "is_lone_loss", "is_lossy", "is_lost", "last_loss", "took_until"]

_SILENT = frozenset({Outcome.TIMEOUT, Outcome.NETWORK})
LOSSY_SPAN = timedelta(minutes=15)
"""The span over which losses are compared between the sources."""
# With fewer losses than this, nothing can be compared.
_LEAST_LOST = 2
_OF_THE_SERVICE = frozenset({Outcome.OVERLOADED, Outcome.SERVER_ERROR})
# How many of a source's newest failures are searched for the last loss.
_NEWEST = 20
_MOST_LOST = 0.95
# A share of few exchanges is uncertain, so this many answered exchanges are added before it is computed.
_UNCERTAIN = 1
# A source is clean if it loses less than this fraction of what the others lose, and if so few losses are this
# improbable at their rate.
_MUCH_LESS = 1 / 3
_CLEAN = 0.02


def is_lost(observation: Observation) -> bool:
    """Whether there was no response at all.

    One request in a thousand is lost by chance, which is not the service's fault.
    """
    return observation.outcome in _SILENT and observation.http_status is None


def is_lone_loss(history: History, source: Source, at: datetime) -> bool:
    """Whether the newest exchange of a source was lost and the one before it was not, which may be chance."""
    items = history.exchanges(source).items
    newest = items.values[max(items.count_until(at.timestamp()) - 2, 0) : items.count_until(at.timestamp())]
    return [is_lost(exchange) for exchange in newest] == [False, True]


def is_lossy(history: History, at: datetime, since: datetime) -> bool:
    """Whether the path lost the requests that have been lost since `since`.

    It did if several sources have losses and none is too clean for that. While the API sends errors of its
    own, a single one elsewhere may be chance. One lucky exchange does not clear the path: a source is clean
    if its successes are improbable at the rate at which the others lose. What follows the last loss is a
    recovery, which does not show whose problem it was.
    """
    end = last_loss(history, since.timestamp(), at.timestamp())
    begin = max(since.timestamp(), end - LOSSY_SPAN.total_seconds())
    counts = {source: _losses(history, source, begin, end) for source in Source}
    if history.exchanges(Source.STATUS).state(begin - 1.0).failing_since is not None:
        counts[Source.STATUS] = _Losses(0, 0)
    lost = sum(losses.lost for losses in counts.values())
    api = [counts[Source.MESSAGES], counts[Source.MODELS]]
    answered = sum(losses.total - losses.lost for losses in api)
    if lost < _LEAST_LOST or not answered or sum(losses.lost > 0 for losses in counts.values()) < 2:
        return False
    elsewhere = lost - max(losses.lost for losses in counts.values())
    if elsewhere < _LEAST_LOST and _service_fails(history, begin, at.timestamp()):
        return False
    # Messages use a connection that is already open, which says nothing about new connections to two hosts.
    opened = counts[Source.MODELS].lost > 0 and counts[Source.STATUS].lost > 0
    compared = (Source.MODELS, Source.STATUS) if opened else tuple(Source)
    return not any(_is_clean(source, counts) for source in compared)


@dataclass(frozen=True, slots=True)
class _Losses:
    lost: int
    total: int


def last_loss(history: History, since: float, at: float) -> float:
    """When the last lost request was known to be lost, in POSIX seconds; `at` without a recent loss."""
    found = since
    for source in Source:
        items, failures = history.exchanges(source).items, history.failures(source)
        end = failures.count_until(at)
        for index in range(end - 1, max(end - _NEWEST, 0) - 1, -1):
            if failures.at[index] <= found:
                break
            if failures.values[index].outcome in _SILENT and failures.values[index].http_status is None:
                # Others may have been answered in the meantime, as a loss can take half a minute to show.
                found = max(found, took_until(items.values[items.index_at(failures.at[index])]))
                break
    return min(found, at) if found > since else at


def _losses(history: History, source: Source, begin: float, end: float) -> _Losses:
    items, failures = history.exchanges(source).items, history.failures(source)
    kinds = failures.values[failures.index_at(begin) : failures.count_until(end)]
    lost = sum(failure.outcome in _SILENT and failure.http_status is None for failure in kinds)
    return _Losses(lost, items.count_until(end) - items.index_at(begin))


def _service_fails(history: History, begin: float, end: float) -> bool:
    """Whether messages also got errors of the service, which no path makes."""
    return any(
        failure.outcome in _OF_THE_SERVICE
        for failure in history.failures(Source.MESSAGES).between(begin, end)
    )


def _is_clean(source: Source, counts: Mapping[Source, _Losses]) -> bool:
    """Whether a source loses so much less than the others that they do not share a lossy path."""
    own = counts[source]
    others = [losses for other, losses in counts.items() if other is not source]
    lost, total = sum(losses.lost for losses in others), sum(losses.total for losses in others)
    share = min(lost / (total + _UNCERTAIN), _MOST_LOST)
    if own.lost >= _MUCH_LESS * share * own.total:
        return False
    few = sum(
        math.comb(own.total, count) * share**count * (1 - share) ** (own.total - count)
        for count in range(own.lost + 1)
    )
    return few < _CLEAN


def took_until(observation: Observation) -> float:
    """When the result was known, in POSIX seconds."""
    return observation.at.timestamp() + (observation.timings.total or 0.0)
