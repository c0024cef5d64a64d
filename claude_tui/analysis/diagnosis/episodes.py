"""Troubles of one source: where one begins, when it is more than chance, and when it is over.

The clusters of failures that `course` folds (ended by three successes in a row) are joined into
troubles: what ends one is a run of successes that would be improbable if failures went on at their rate.
A full outage so ends with the third good probe, one that hits half of the requests after four or
five, one in ten after two dozen: it neither flaps nor sticks.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import datetime

from claude_tui.analysis.diagnosis.cross_check import is_lost, took_until
from claude_tui.analysis.history.history import History
from claude_tui.analysis.options import Thresholds
from claude_tui.model.observation import Observation, Source

__all__ = ["BACK_SOON", "RECENT", "Episode", "episodes_of", "successes_to_recover"]

RECENT = 24
"""So many exchanges at the end of a trouble say how much fails now."""

SETTLED = 3
# Longer runs of successes end any trouble: what fails less often is counted over an hour instead.
LONGEST_RUN = 60
# Clusters looked at; more than that is many hours of trouble at the quickest pace.
MOST_CLUSTERS = 240
# A trouble that was over, and comes back within so many times the successes that ended it, is the same.
BACK_SOON = 3
# After so long without a look (and no success since), a failure begins a new trouble.
LONGEST_GAP_S = 7200.0
# Failures looked through for the one that made the trouble certain.
_FIRST = 30
_WITHIN = 3
_ANY, _OF = 3, 6


@dataclass(frozen=True, slots=True)
class Episode:
    """Failures that belong together. `first` and `last` are the places of the first and last one.

    `clean` counts the successes since, `clean_needed` how many of them end it. `share` is the part that
    fails, at its end. `confirmed_at` is when it was known to be more than chance (POSIX seconds).
    """

    source: Source
    first: int
    last: int
    since: datetime
    failures: int
    share: float
    clean: int
    successes_to_recover: int
    confirmed_at: float | None

    @property
    def open(self) -> bool:
        return self.clean < self.successes_to_recover

    @property
    def active(self) -> bool:
        return self.open and self.confirmed_at is not None

    @property
    def total(self) -> int:
        """Exchanges from the first failure to the last."""
        return self.last - self.first + 1


@dataclass(frozen=True, slots=True)
class _Cluster:
    """Failures joined so far; `confirmed_at` as in Trouble."""

    first: int
    last: int
    since: datetime
    failures: int
    confirmed_at: float | None = None


def successes_to_recover(failures: int, total: int, chance: float) -> int:
    """Successes in a row that are improbable (below `chance`) where `failures` of `total` fail.

    The rate is taken a little lower than seen, as a trouble is counted from failure to failure.
    """
    if failures < 2:
        return SETTLED
    rate = min(failures / (total + 1), 0.999)
    return max(SETTLED, math.ceil(math.log(chance) / math.log(1 - rate)))


def episodes_of(
    history: History, source: Source, at: datetime, thresholds: Thresholds, back_s: float
) -> list[Episode]:
    """Oldest first; those of the last `back_s` seconds, and all that joins them. The last may be over."""
    count = history.exchanges(source).items.count_until(at.timestamp())
    found: list[Episode] = []
    joined: _Cluster | None = None
    for cluster in _clusters(history, source, at.timestamp(), back_s):
        if joined is not None:
            clean = cluster.first - joined.last - 1
            if _goes_on(history, source, joined, cluster, thresholds):
                cluster = replace(
                    cluster,
                    first=joined.first,
                    since=joined.since,
                    failures=joined.failures + cluster.failures,
                    confirmed_at=joined.confirmed_at,
                )
            else:
                found.append(_trouble(history, source, joined, clean, thresholds))
        joined = cluster if cluster.confirmed_at is not None else _confirmed(history, source, cluster)
    if joined is not None:
        found.append(_trouble(history, source, joined, count - joined.last - 1, thresholds))
    return found


def _goes_on(
    history: History, source: Source, joined: _Cluster, cluster: _Cluster, thresholds: Thresholds
) -> bool:
    """Whether failures belong to a trouble: one that was not over, or that comes back soon after."""
    clean = cluster.first - joined.last - 1
    at = history.exchanges(source).items.at
    if at[cluster.first] - at[joined.last] > LONGEST_GAP_S:
        return False
    times = BACK_SOON if joined.confirmed_at is not None else 1
    if clean < times * SETTLED:
        return True
    failed, total = _recent(history, source, joined)
    return clean < times * successes_to_recover(failed, total, thresholds.chance)


def _clusters(history: History, source: Source, at: float, back_s: float) -> list[_Cluster]:
    """Oldest first: back from `at`, as long as they are recent or may belong to a recent one."""
    found: list[_Cluster] = []
    later: int | None = None
    for cluster in _backwards(history, source, at):
        recent = history.exchanges(source).items.at[cluster.last] > at - back_s
        if not recent and (later is None or later - cluster.last > LONGEST_RUN):
            break
        found.append(cluster)
        later = cluster.first
        if len(found) == MOST_CLUSTERS:
            break
    return found[::-1]


def _backwards(history: History, source: Source, at: float) -> Iterator[_Cluster]:
    exchanges, failures = history.exchanges(source), history.failures(source)
    index = failures.count_until(at)
    while index:
        last = exchanges.items.index_at(failures.at[index - 1])
        state = exchanges.states[last]
        began = state.trouble_since
        # The state of a failure always has a trouble; only what was trimmed away can be missing.
        first = exchanges.items.index_at(began.timestamp()) if began is not None else last
        yield _Cluster(first, last, began or exchanges.items.values[last].at, state.failures)
        index = failures.index_at(exchanges.items.at[first])


def _recent(history: History, source: Source, joined: _Cluster) -> tuple[int, int]:
    """Failures and exchanges at the end; at least its last three failures, as one alone has no rate."""
    if joined.first == joined.last:
        return 1, 1
    items, failures = history.exchanges(source).items, history.failures(source)
    last = failures.count_until(items.at[joined.last])
    third = items.index_at(failures.at[max(last - 3, 0)])
    start = max(joined.first, min(joined.last - RECENT + 1, third))
    return last - failures.index_at(items.at[start]), joined.last - start + 1


def _trouble(
    history: History, source: Source, joined: _Cluster, clean: int, thresholds: Thresholds
) -> Episode:
    failed, total = _recent(history, source, joined)
    return Episode(
        source=source,
        first=joined.first,
        last=joined.last,
        since=joined.since,
        failures=joined.failures,
        share=failed / total,
        clean=clean,
        successes_to_recover=successes_to_recover(failed, total, thresholds.chance),
        confirmed_at=joined.confirmed_at,
    )


def _confirmed(history: History, source: Source, joined: _Cluster) -> _Cluster:
    """With the instant of the failure that made it certain, if there is one."""
    if joined.failures == 1:
        return joined
    items, failures = history.exchanges(source).items, history.failures(source)
    start = failures.index_at(items.at[joined.first])
    places = [items.index_at(at) for at in failures.at[start : start + _FIRST] if at <= items.at[joined.last]]
    index = _certain(items.values, places, pairs=source is Source.MESSAGES)
    return joined if index is None else replace(joined, confirmed_at=took_until(items.values[index]))


def _certain(exchanges: list[Observation], places: list[int], *, pairs: bool) -> int | None:
    """The first of the failures (at `places`) that is more than chance with those before it.

    Two that were answered, with at most two successes between; or next to each other, unless both are
    lost, as that happens: then only with `pairs`; or any three of six.
    """
    for number, index in enumerate(places):
        near = [before for before in places[max(0, number - _OF + 1) : number] if index - before < _OF]
        lost = is_lost(exchanges[index])
        for before in near:
            both = lost and is_lost(exchanges[before])
            close = index - before <= (_WITHIN if not lost and not is_lost(exchanges[before]) else 1)
            if close and (pairs or not both):
                return index
        if len(near) >= _ANY - 1:
            return index
    return None
