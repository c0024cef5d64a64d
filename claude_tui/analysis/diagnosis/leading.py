"""Which of several kinds of failure leads, and how much of a service is down: neither flaps nor sticks."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Generic, TypeVar

__all__ = ["Leader", "is_down", "leading"]

K = TypeVar("K")

# A kind's weight halves with every so many failures.
HALF_LIFE = 8
_DECAY = 0.5 ** (1 / HALF_LIFE)
# The challenger must outweigh the leader by this, so that a mix of 60 to 40 keeps one leader.
CLEARLY = 1.6
# So many in a row of a kind that was rare before are a change, not a mix.
CHANGED = 3
RARE = 0.2

# The service is no longer down once so many of the last few exchanges went well, or so much of all of them.
_UP, _OF = 2, 5
_UP_SHARE = 0.2
# It is down again after a run of failures as improbable as this at the share that failed before.
_CHANCE = 0.01
_MOST_SHARE = 0.8


@dataclass(frozen=True, slots=True)
class Leader(Generic[K]):
    """The kind that leads, each kind's share of the weight, and the place of the last clear change."""

    kind: K
    shares: dict[K, float]
    since: int


def leading(kinds: Sequence[K]) -> Leader[K]:
    """The leader among `kinds`, which are oldest first and not empty."""
    weights: dict[K, float] = {}
    leader = previous = kinds[0]
    run = since = 0
    for index, kind in enumerate(kinds):
        run = run + 1 if kind == previous else 1
        previous = kind
        weights = {each: weight * _DECAY for each, weight in weights.items()}
        weights[kind] = weights.get(kind, 0.0) + 1.0
        if kind == leader:
            continue
        if run >= CHANGED and _share_before(weights, kind, run) < RARE:
            leader, weights, since = kind, {kind: float(run)}, index + 1 - run
        elif weights[kind] > CLEARLY * weights[leader]:
            leader = kind
    total = sum(weights.values())
    return Leader(leader, {kind: weight / total for kind, weight in weights.items()}, since)


def _share_before(weights: dict[K, float], kind: K, run: int) -> float:
    """What part of the weight `kind` has without the run of it that goes on now."""
    own = sum(_DECAY**age for age in range(run))
    rest = sum(weights.values()) - own
    return max(weights[kind] - own, 0.0) / rest if rest > 0 else 0.0


def is_down(failed: Sequence[bool]) -> bool:
    """Whether as good as everything fails, from the first failure (oldest first) on.

    Successes at the end leave it as it was: they are a recovery, or will be told apart by a failure.
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
            recent = failed[max(0, index + 1 - _OF) : index + 1]
            down = recent.count(False) < _UP and index + 1 - failures <= _UP_SHARE * (index + 1)
        elif before:
            share = min((failures - run) / before, _MOST_SHARE)
            down = share <= 0 or run >= math.log(_CHANCE) / math.log(share)
    return down
