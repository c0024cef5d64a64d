"""Percentiles, shares and bins, each with the number of samples below which it says nothing."""

from __future__ import annotations

import math
from bisect import bisect_right
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

__all__ = ["MIN_REQUESTS", "Bins", "median", "nearest_rank", "percentile", "share"]

MIN_REQUESTS = 5
MIN_SAMPLES = 5
# The widths that bins of a chart may have, in seconds: they divide minutes, hours and days.
WIDTHS = (5, 10, 15, 20, 30, 60, 90, 120, 180, 300, 360, 600, 900, 1200, 1800, 3600, 7200, 10_800, 21_600)


def nearest_rank(ordered: Sequence[float], fraction: float) -> float:
    """The smallest value that at least `fraction` of `ordered` (ascending, not empty) do not exceed.

    A value that was measured, never one between two. Source: Hyndman and Fan, "Sample Quantiles in
    Statistical Packages" (1996), definition 1.
    """
    # The margin keeps 0.95 * 20 = 19.000000000000004 from counting as more than 19.
    rank = math.ceil(fraction * len(ordered) - 1e-9)
    return ordered[max(rank, 1) - 1]


def median(ordered: Sequence[float]) -> float:
    return nearest_rank(ordered, 0.5)


def percentile(ordered: Sequence[float], fraction: float) -> float | None:
    """`nearest_rank`, or None with too few samples.

    Below 1/(1 - fraction) samples (20 for p95, 100 for p99) the result would only be the maximum
    under another name; below 5 samples there is no distribution to speak of.
    """
    enough = max(MIN_SAMPLES, round(1 / (1 - fraction)))
    return nearest_rank(ordered, fraction) if len(ordered) >= enough else None


def share(count: int, total: int) -> float | None:
    """count/total in 0..1; None below 5 requests, as one failure of two is not 50% of anything."""
    return count / total if total >= MIN_REQUESTS else None


@dataclass(frozen=True, slots=True)
class Bins:
    """`count` bins of `width` seconds; the first begins at `start`, the last holds the instant asked for.

    Edges are multiples of the width: a bin that is over never changes, so a chart moves only when time
    enters a new bin. A bin holds start < instant <= end.
    """

    start: float
    width: float
    count: int

    @classmethod
    def ending(cls, at: float, width: float, count: int) -> Bins:
        return cls((math.ceil(at / width) - count) * width, width, count)

    @classmethod
    def over(cls, at: float, span: float, most: int) -> Bins:
        """The narrowest bins of a round width that cover `span` seconds with at most `most` bins."""
        width = next((width for width in WIDTHS if span <= width * most), math.ceil(span / most))
        return cls.ending(at, width, max(math.ceil(span / width), 1))

    @property
    def end(self) -> float:
        return self.start + self.width * self.count

    def edges(self) -> list[float]:
        """`count` + 1 instants, ascending."""
        return [self.start + self.width * index for index in range(self.count + 1)]

    def cuts(self, instants: Sequence[float], upto: float) -> list[slice]:
        """Per bin, the part of the ascending `instants` in it and not later than `upto`."""
        stop = bisect_right(instants, upto)
        marks = [min(bisect_right(instants, edge), stop) for edge in self.edges()]
        return [slice(low, high) for low, high in pairwise(marks)]
