"""For how long a trouble must be quiet before it is over, as brief ones come in series.

Answers in a row tell that the failing has stopped (see `rate`), and nothing about whether it begins again: a
service that fails for one minute in five answers every message of the other four. So what was brief is over
only after some minutes, and what comes in bursts, or has returned, after a multiple of its longest pause.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from itertools import pairwise

__all__ = ["comes_in_bursts", "quiet_s", "returns_soon"]

# All of this is in usual intervals of the probes, which are 30 s by default. A trouble of under three minutes
# is brief, and must be well for five; but not an outage that answered every
# request with an error, whose end is plain; a link that was lost is often lost again.
_BRIEF, _AFTER_BRIEF = 6, 10
# What comes back within half an hour is the same trouble.
_SOON = 60
# One that pauses must be well for ten minutes at least and fifteen at most, and between these for so many
# times its longest pause: with pauses of random lengths, one in 20 is as long.
_PAUSING, _LONGEST, _PAUSES = 20, 30, 3
# A pause is longer than this: single answers in an outage are none.
_PAUSE = 2
# The logarithm of how many times better bursts must explain the failures than one rate does: by chance once
# in a thousand (chi-squared with one degree of freedom).
_CLEARLY = 5.4


def quiet_s(lasted_s: float, pause_s: float, usual_s: float, *, full: bool = False) -> float:
    """The seconds of success that end a trouble, besides their number.

    `lasted_s` is from its first failure to its last; `pause_s` the longest of its pauses, 0 if it has none;
    `usual_s` the interval of the probes; `full` that every request was answered with an error.
    """
    brief = _AFTER_BRIEF * usual_s if lasted_s < _BRIEF * usual_s and not full else 0.0
    if pause_s <= _PAUSE * usual_s:
        return brief
    return min(max(_PAUSES * pause_s, _PAUSING * usual_s), _LONGEST * usual_s)


def returns_soon(paused_s: float, usual_s: float) -> bool:
    """Whether failures after such a pause belong to the trouble before it."""
    return paused_s < _SOON * usual_s


def comes_in_bursts(failed: Sequence[bool]) -> bool:
    """Whether a failure is followed by another clearly more often than a success is; oldest first.

    The likelihoods of a Markov chain and of independent failures are compared.
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
    """The logarithm of how probable such a sequence is at its own rate."""
    total = failures + successes
    return sum(count * math.log(count / total) for count in (failures, successes) if count)
