"""Which kind leads in a sequence of kinds, whose older members count less and less."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Generic, TypeVar

__all__ = ["Leader", "leading"]

K = TypeVar("K")

# After this many further failures, the weight of a failure has halved.
HALF_LIFE = 8
_DECAY = 0.5 ** (1 / HALF_LIFE)
# A challenger must outweigh the leader by this factor, so that a mix of 60 to 40 keeps one leader.
CLEARLY = 1.6
# This many in a row of a previously rare kind are a change, not a mix.
CHANGED = 3
RARE = 0.2


@dataclass(frozen=True, slots=True)
class Leader(Generic[K]):
    """The leading kind, each kind's share of the weight, and the index of the last clear change."""

    kind: K
    shares: dict[K, float]
    since: int


def leading(kinds: Sequence[K]) -> Leader[K]:
    """The leader of `kinds`, which are oldest first and not empty."""
    weights: dict[K, float] = {}
    leader = previous = kinds[0]
    run = since = 0
    for index, kind in enumerate(kinds):
        run = run + 1 if kind == previous else 1
        previous = kind
        weights = {known: weight * _DECAY for known, weight in weights.items()}
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
    """The share of the weight that `kind` has without its current run."""
    own = sum(_DECAY**age for age in range(run))
    rest = sum(weights.values()) - own
    return max(weights[kind] - own, 0.0) / rest if rest > 0 else 0.0
