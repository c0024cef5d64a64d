"""How long a problem must be quiet before it is over, as short ones come in series.

Successes in a row show that the failures have stopped (see `rate`), and nothing about whether they start
again: a service that fails for one minute in five answers every message of the other four. A short problem is
therefore over only after some minutes, and one that comes in bursts, or has returned, after a multiple of its
longest pause.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from itertools import pairwise

__all__ = ["comes_in_bursts", "quiet_s", "returns_soon"]

# All of this is in usual intervals of the probes, 30 s by default. A problem of under three minutes is short,
# and must be quiet for five; but not an outage that answered every request with an error, whose end is clear.
# A link that lost requests often loses more.
_BRIEF, _AFTER_BRIEF = 6, 10
# A problem that returns within half an hour is the same problem.
_SOON = 60
# A problem with pauses must be quiet for ten to fifteen minutes, and within these bounds for this many times
# its longest pause: if pauses have random lengths, one in 20 is as long.
_PAUSING, _LONGEST, _PAUSES = 20, 30, 3
# A pause is longer than this: single answers during an outage are not pauses.
_PAUSE = 2
# The logarithm of how many times better bursts must explain the failures than a constant rate: by chance once
# in a thousand (chi-squared with one degree of freedom).
_CLEARLY = 5.4


def quiet_s(lasted_s: float, pause_s: float, usual_s: float, *, full: bool = False) -> float:
    """The seconds of success that end a problem, besides their number.

    `lasted_s` is the time from its first failure to its last; `pause_s` its longest pause, 0 without pauses;
    `usual_s` the interval of the probes; `full` whether every request was answered with an error.
    """
    brief = _AFTER_BRIEF * usual_s if lasted_s < _BRIEF * usual_s and not full else 0.0
    if pause_s <= _PAUSE * usual_s:
        return brief
    return min(max(_PAUSES * pause_s, _PAUSING * usual_s), _LONGEST * usual_s)


def returns_soon(paused_s: float, usual_s: float) -> bool:
    """Whether failures after such a pause belong to the problem before it."""
    return paused_s < _SOON * usual_s


def comes_in_bursts(failed: Sequence[bool]) -> bool:
    """Whether failures come in bursts: another follows a failure clearly more often than it follows a
    success.

    The values are oldest first. The likelihoods of a Markov chain and of independent failures are compared.
    """
    after = {(before, now): 0 for before in (False, True) for now in (False, True)}
    for before, now in pairwise(failed):
        after[before, now] += 1
    alike = _likelihood(after[False, True] + after[True, True], after[False, False] + after[True, False])
    apart = [_likelihood(after[before, True], after[before, False]) for before in (False, True)]
    if sum(apart) - alike < _CLEARLY:
        return False
    return after[True, True] * after[False, False] > after[True, False] * after[False, True]


def _likelihood(failures: int, successes: int) -> float:
    """The log-likelihood of such a sequence at its own rate."""
    total = failures + successes
    return sum(count * math.log(count / total) for count in (failures, successes) if count)
