"""The share of calls that fail because of a problem and not by chance."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta

from claude_tui.analysis.options import TrafficThresholds
from claude_tui.analysis.traffic.change import LEAST_CALLS, Counted

__all__ = ["Shares", "chance_of_so_few"]

_MINUTE = timedelta(minutes=1)
# The highest probability that nearly all calls fail by chance. It is tested every few seconds.
_LUCK = 0.01


@dataclass(frozen=True, slots=True)
class Shares:
    """Whether calls fail as in a P1 (`nearly_all_fail`) or a P2 (`many_fail`), and are enough to tell."""

    nearly_all_fail: bool = False
    many_fail: bool = False
    has_enough_calls: bool = False

    @classmethod
    def of(cls, spans: Sequence[Counted], thresholds: TrafficThresholds) -> Shares:
        # The first span includes calls from before the problem.
        rest = spans[1:] if sum(span.calls for span in spans[1:]) >= LEAST_CALLS else spans
        nearly_all = many = False
        for index, one in enumerate(rest):
            start = one.end - _MINUTE
            window = [span for span in rest[max(index - 5, 0) : index + 1] if span.at >= start]
            window = window or [one]
            calls, failed = sum(span.calls for span in window), sum(span.failed for span in window)
            if calls < LEAST_CALLS / 2:
                continue
            nearly_all = (
                not _exceeds_share(calls - failed, calls, 1 - thresholds.most_fail_ends)
                if nearly_all
                else _nearly_all(failed, calls, thresholds)
            )
            # A few failures may be chance: a share counts less one standard deviation.
            surely = failed if many else failed - math.sqrt(failed)
            many = surely >= (thresholds.failing / 2 if many else thresholds.failing) * calls
        return cls(nearly_all, many, sum(span.calls for span in rest) >= LEAST_CALLS)


def _nearly_all(failed: int, calls: int, thresholds: TrafficThresholds) -> bool:
    """Whether enough calls fail for a P1: so many must be improbable at the share that ends a P1."""
    if failed < thresholds.most_fail * calls:
        return False
    return chance_of_so_few(calls - failed, calls, 1 - thresholds.most_fail_ends) <= _LUCK


def chance_of_so_few(count: int, calls: int, share: float) -> float:
    """An upper bound of the probability of so few failures at this usual share; 1 if they are not few.

    Chernoff's bound of the binomial distribution, which is exact for no failures.
    """
    if not calls or count >= share * calls:
        return 1.0
    observed = count / calls
    divergence = (1 - observed) * math.log((1 - observed) / (1 - share))
    if count:
        divergence += observed * math.log(observed / share)
    return math.exp(-calls * divergence)


def _exceeds_share(answered: int, calls: int, share: float) -> bool:
    """Whether more than this share is answered, allowing for one standard deviation."""
    return answered - math.sqrt(answered) > share * calls
