"""The failure rate with its uncertainty: when failures are more than chance, and when a problem is over.

The share of requests that a problem fails is unknown; the counts tell how probable each share is. The problem
ends at some request (a change point). A run of successes has two explanations: it has ended, or the run is
luck at a failure rate of 2% or more. It is over once luck has a probability of less than 5%: after a few
successes following a full outage, after a few dozen if one request in five failed.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from functools import lru_cache

__all__ = [
    "LEAST_RUN",
    "LONGEST_RUN",
    "LOST_MESSAGES",
    "LOST_SHARE",
    "SETTLED",
    "first_conclusive",
    "is_suspicious",
    "successes_to_recover",
]

SETTLED = 3
"""How many successes clear a failure that is not more than chance yet."""
LEAST_RUN = 7
"""The fewest successes that end a problem: services that restart answer now and then before they are up."""
LONGEST_RUN = 120
"""The most successes that are required: an hour at the default pace."""
# The chance that a problem ends with any one request: as often as after an hour at the default pace.
_ENDS = 0.01
# The probability left for luck when a problem is considered over. Each failure begins a run that may be
# lucky, so many failures need more certainty: this is for a rate of 10% or less, a fifth of it for 50%.
_LUCK, _SELDOM = 0.05, 0.1

# The rates considered begin at 2%. Their steps are ratios, as 2% and 4% differ as much as 40% and 80%.
_MATTERS, _TOTAL = 0.02, 0.97
_PARTIAL = tuple(_MATTERS * (0.9 / _MATTERS) ** (step / 40) for step in range(41))
_PRIOR = (*((rate, rate) for rate in _PARTIAL), (_TOTAL, sum(_PARTIAL) / 3))

# The failure rates of a healthy day: error responses, and requests that get no response.
_ERROR_SHARE, LOST_SHARE = 0.0005, 0.005
# Messages use an open connection, which is lost less often than a new one fails to open.
LOST_MESSAGES = 0.0025
# Two lost in a row happen on a healthy day.
_LEAST_LOST = 3
# Failures are more than chance when a problem explains them this many times better. A problem begins with
# about one request in 5,000, so one such alarm in ten is chance.
_TIMES_BETTER = 50_000.0
# From this ratio on, failures are examined: two of 16, or three of 53.
_SUSPICIOUS = 100.0


@lru_cache(maxsize=4096)
def successes_to_recover(failures: int, total: int, longest: int = LONGEST_RUN) -> int:
    """How many successes in a row show that a problem in which `failures` of `total` failed is over."""
    # Counting begins with a failure, which says nothing about the rate.
    weights = _posterior(max(failures - 1, 0), max(total, failures, 1) - 1)
    low, high = LEAST_RUN, longest
    while low < high:
        run = (low + high) // 2
        luck = sum(weight * max(rate / _SELDOM, 1.0) * (1 - rate) ** run for rate, weight in weights)
        # The change may have come before any of the successes.
        ended = _ENDS * sum(weight * (1 - (1 - rate) ** (run + 1)) / rate for rate, weight in weights)
        low, high = (low, run) if luck <= _LUCK * (luck + ended) else (run + 1, high)
    return low


def _posterior(failures: int, total: int) -> list[tuple[float, float]]:
    """The probability of each rate considered, given that `failures` of `total` failed."""
    logs = [
        failures * math.log(rate) + (total - failures) * math.log(1 - rate) + math.log(prior)
        for rate, prior in _PRIOR
    ]
    most = max(logs)
    weights = [math.exp(logarithm - most) for logarithm in logs]
    whole = sum(weights)
    return [(rate, weight / whole) for (rate, _), weight in zip(_PRIOR, weights, strict=True) if weight > 0]


def first_conclusive(
    indexes: Sequence[int], lost: Sequence[bool], lost_share: float = LOST_SHARE, judged: int = 0
) -> tuple[int, int] | None:
    """Which failures are more than chance: the first of them and the one that showed it, by position.

    `indexes` are the positions of the failures among all exchanges, oldest first; `lost` says which of them
    got no response at all, which happens to `lost_share` of the requests on a healthy day. The first `judged`
    are known to be no more than chance among themselves.
    """
    for newest in range(max(judged, 1), len(indexes)):
        errors = misses = 0
        best: int | None = None
        for first in range(newest, -1, -1):
            total = indexes[newest] - indexes[first] + 1
            if total > LONGEST_RUN:
                break
            errors, misses = errors + (not lost[first]), misses + lost[first]
            if first < newest and _more_than_chance(errors, misses, total, lost_share):
                best = first
        if best is not None:
            return best, newest
    return None


def _more_than_chance(errors: int, misses: int, total: int, lost_share: float) -> bool:
    if not errors and misses < _LEAST_LOST:
        return False
    return _log_times_better(errors, misses, total, lost_share) >= math.log(_TIMES_BETTER)


def is_suspicious(misses: int, total: int) -> bool:
    """Whether `misses` lost of `total` are rare enough by chance to be examined."""
    return misses > 1 and _log_times_better(0, misses, total, LOST_SHARE) >= math.log(_SUSPICIOUS)


def _log_times_better(errors: int, misses: int, total: int, lost_share: float) -> float:
    """How many times better a problem explains these failures than chance, as a logarithm."""
    failures = errors + misses
    share = failures / total
    explained = failures * math.log(share)
    if failures < total:
        explained += (total - failures) * math.log(1 - share)
    return explained - errors * math.log(_ERROR_SHARE) - misses * math.log(lost_share)
