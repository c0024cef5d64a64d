"""Episodes of failures of one source: when they begin, when they are more than chance, and when they end.

Clusters of failures (see `streaks`; three successes in a row end one) are joined into episodes. An episode
ends with a run of successes that would be improbable at the failure rate so far: three where everything
failed, four or five where half did, two dozen where one in ten did. This keeps a verdict
from flapping and from sticking.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from claude_tui.analysis.diagnosis.cross_check import is_lost, took_until
from claude_tui.analysis.history.history import History
from claude_tui.analysis.options import Thresholds
from claude_tui.model.observation import Observation, Source

__all__ = ["BACK_SOON", "RECENT", "Episode", "episodes_of", "is_down", "successes_to_recover"]

RECENT = 24
"""How many exchanges at the end of an episode give its current rate: 12 minutes at the default pace."""

# Three successes in a row happen in 5% of cases while 63% still fail, and less often while more do.
SETTLED = 3
# With 5% failing, 60 successes in a row happen in 5% of cases; rarer failures are counted over an hour.
LONGEST_RUN = 60
# Bounds the work: a cluster spans at least 4 exchanges, so these are 8 hours at one message in 30 s.
MOST_CLUSTERS = 240
# To the person on call, an outage that "is fixed" and returns shortly after is one incident.
BACK_SOON = 3
# After two hours without probes (a laptop that slept), what happened is unknown: a new episode begins.
LONGEST_GAP_S = 7200.0
# Bounds the work: if 30 failures do not confirm an episode, they are counted over an hour instead.
_FIRST = 30
# Error responses are never chance; two with at most two successes between them are a pattern.
_WITHIN = 3
# Three of six: for lost probes (1 in 1,000) the chance of that is 2 in 10^8.
_ANY, _OF = 3, 6


@dataclass(frozen=True, slots=True)
class Episode:
    """Failures that belong together. Without share, clean and successes_to_recover: those joined so far."""

    source: Source
    """The source whose exchanges failed."""
    first: int
    """The index of the first failure among the exchanges of the source."""
    last: int
    """The index of the last failure."""
    since: datetime
    """When the first one was requested."""
    failures: int
    """How many there are."""
    confirmed_at: float | None = None
    """When it was known to be more than chance, in POSIX seconds."""
    share: float = 1.0
    """The share of recent exchanges that failed, in 0..1."""
    clean: int = 0
    """The successes since the last failure."""
    successes_to_recover: int = SETTLED
    """How many successes end the episode."""

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


def successes_to_recover(failures: int, total: int, chance: float) -> int:
    """How many successes in a row are improbable (below `chance`) while `failures` of `total` fail.

    The assumed rate is a little lower than the counted one, as an episode begins and ends with a failure.
    """
    if failures < 2:
        return SETTLED
    rate = min(failures / (total + 1), 0.999)
    return max(SETTLED, math.ceil(math.log(chance) / math.log(1 - rate)))


def episodes_of(
    history: History, source: Source, at: datetime, thresholds: Thresholds, back_s: float
) -> list[Episode]:
    """The episodes of the last `back_s` seconds, oldest first. The last one may have ended."""
    count = history.exchanges(source).items.count_until(at.timestamp())
    found: list[Episode] = []
    joined: Episode | None = None
    for cluster in _clusters(history, source, at.timestamp(), back_s):
        if joined is not None:
            clean = cluster.first - joined.last - 1
            if _continues(history, joined, cluster, thresholds):
                cluster = replace(
                    cluster,
                    first=joined.first,
                    since=joined.since,
                    failures=joined.failures + cluster.failures,
                    confirmed_at=joined.confirmed_at,
                )
            else:
                found.append(_counted(history, joined, clean, thresholds))
        joined = cluster if cluster.confirmed_at is not None else _confirmed(history, cluster)
    if joined is not None:
        found.append(_counted(history, joined, count - joined.last - 1, thresholds))
    return found


def _continues(history: History, joined: Episode, cluster: Episode, thresholds: Thresholds) -> bool:
    """Whether `cluster` continues the episode `joined`: it was not over, or comes back soon after."""
    clean = cluster.first - joined.last - 1
    at = history.exchanges(joined.source).items.at
    if at[cluster.first] - at[joined.last] > LONGEST_GAP_S:
        return False
    times = BACK_SOON if joined.confirmed_at is not None else 1
    if clean < times * SETTLED:
        return True
    failed, total = _recent(history, joined)
    return clean < times * successes_to_recover(failed, total, thresholds.chance)


def _clusters(history: History, source: Source, at: float, back_s: float) -> list[Episode]:
    """Clusters before `at`, oldest first, that are recent or may belong to a recent one."""
    found: list[Episode] = []
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


def _backwards(history: History, source: Source, at: float) -> Iterator[Episode]:
    exchanges, failures = history.exchanges(source), history.failures(source)
    index = failures.count_until(at)
    while index:
        last = exchanges.items.index_at(failures.at[index - 1])
        state = exchanges.states[last]
        began = state.trouble_since
        # The state after a failure always has a beginning, but that may have been trimmed away.
        first = exchanges.items.index_at(began.timestamp()) if began is not None else last
        yield Episode(source, first, last, began or exchanges.items.values[last].at, state.failures)
        index = failures.index_at(exchanges.items.at[first])


def _recent(history: History, joined: Episode) -> tuple[int, int]:
    """Recent failures and exchanges of an episode; at least three failures, as fewer give no rate."""
    if joined.first == joined.last:
        return 1, 1
    items, failures = history.exchanges(joined.source).items, history.failures(joined.source)
    last = failures.count_until(items.at[joined.last])
    third = items.index_at(failures.at[max(last - 3, 0)])
    start = max(joined.first, min(joined.last - RECENT + 1, third))
    return last - failures.index_at(items.at[start]), joined.last - start + 1


def _counted(history: History, joined: Episode, clean: int, thresholds: Thresholds) -> Episode:
    """The episode with its share of failures, and with the successes since and those that end it."""
    failed, total = _recent(history, joined)
    needed = successes_to_recover(failed, total, thresholds.chance)
    return replace(joined, share=failed / total, clean=clean, successes_to_recover=needed)


def _confirmed(history: History, joined: Episode) -> Episode:
    """The cluster with the instant of the failure that confirmed it, if there is one."""
    if joined.failures == 1:
        return joined
    items, failures = history.exchanges(joined.source).items, history.failures(joined.source)
    start = failures.index_at(items.at[joined.first])
    indexes = [
        items.index_at(at) for at in failures.at[start : start + _FIRST] if at <= items.at[joined.last]
    ]
    index = _first_conclusive(items.values, indexes, pairs=joined.source is Source.MESSAGES)
    return joined if index is None else replace(joined, confirmed_at=took_until(items.values[index]))


def _first_conclusive(exchanges: list[Observation], indexes: list[int], *, pairs: bool) -> int | None:
    """The first of the failures (at `indexes`) that, together with those before it, is more than chance.

    That takes two error responses with at most two successes in between, two adjacent failures, or any
    three of six exchanges. Two adjacent lost probes are enough only with `pairs`.
    """
    for number, index in enumerate(indexes):
        near = [before for before in indexes[max(0, number - _OF + 1) : number] if index - before < _OF]
        lost = is_lost(exchanges[index])
        for before in near:
            both = lost and is_lost(exchanges[before])
            close = index - before <= (_WITHIN if not lost and not is_lost(exchanges[before]) else 1)
            if close and (pairs or not both):
                return index
        if len(near) >= _ANY - 1:
            return index
    return None


# The service is no longer down once this many of the last few succeeded, or this share of all.
_UP, _UP_OF = 2, 5
_UP_SHARE = 0.2
# It is down again after a run of failures that is this improbable at the previous rate.
_DOWN_CHANCE = 0.01
_MOST_SHARE = 0.8


def is_down(failed: Sequence[bool]) -> bool:
    """Whether nearly everything fails; `failed` is oldest first and begins with a failure.

    Successes at the end change nothing yet: they are a recovery unless another failure follows.
    """
    down, run, failures = True, 0, 0
    for index, one in enumerate(failed):
        if not one:
            run = 0
            continue
        run += 1
        failures += 1
        before = index + 1 - run
        if down:
            recent = failed[max(0, index + 1 - _UP_OF) : index + 1]
            down = recent.count(False) < _UP and index + 1 - failures <= _UP_SHARE * (index + 1)
        elif before:
            share = min((failures - run) / before, _MOST_SHARE)
            down = share <= 0 or run >= math.log(_DOWN_CHANCE) / math.log(share)
    return down
