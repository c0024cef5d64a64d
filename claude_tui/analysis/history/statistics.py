"""Percentiles, shares and bins, each with a minimum number of samples."""

from __future__ import annotations

import math
from bisect import bisect_right
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

__all__ = ["MIN_REQUESTS", "Bins", "median", "nearest_rank", "percentile", "share"]

MIN_REQUESTS = 5
MIN_SAMPLES = 5
# Allowed widths of chart bins, in seconds: they divide minutes, hours and days.
WIDTHS = (5, 10, 15, 20, 30, 60, 90, 120, 180, 300, 360, 600, 900, 1200, 1800, 3600, 7200, 10_800, 21_600)


def nearest_rank(ordered: Sequence[float], fraction: float) -> float:
    """The smallest value that at least `fraction` of `ordered` (ascending, not empty) does not exceed.

    Always a measured value, never an interpolated one. Source: Hyndman and Fan, "Sample Quantiles in
    Statistical Packages" (1996), definition 1.
    """
    # The margin keeps 0.95 * 20 = 19.000000000000004 from counting as more than 19.
    rank = math.ceil(fraction * len(ordered) - 1e-9)
    return ordered[max(rank, 1) - 1]


def median(ordered: Sequence[float]) -> float:
    return nearest_rank(ordered, 0.5)


def percentile(ordered: Sequence[float], fraction: float) -> float | None:
    """`nearest_rank`, or None with too few samples.

    Below 1/(1 - fraction) samples (20 for p95, 100 for p99) the result would just be the
    maximum; below 5 samples there is no meaningful distribution.
    """
    enough = max(MIN_SAMPLES, round(1 / (1 - fraction)))
    return nearest_rank(ordered, fraction) if len(ordered) >= enough else None


def share(count: int, total: int) -> float | None:
    """count/total in 0..1; None with fewer than 5 requests, as the share would mean nothing."""
    return count / total if total >= MIN_REQUESTS else None


@dataclass(frozen=True, slots=True)
class Bins:
    """`count` bins of `width` seconds; the first begins at `start`, the last contains the requested instant.

    Edges are multiples of the width: a completed bin never changes, so a chart moves only when a new bin
    begins. A bin holds start < instant <= end.
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

    @property
    def last(self) -> float:
        """The start of the last bin."""
        return self.start + self.width * (self.count - 1)

    def edges(self) -> list[float]:
        """`count` + 1 instants, ascending."""
        return [self.start + self.width * index for index in range(self.count + 1)]

    def cuts(self, instants: Sequence[float], until: float) -> list[slice]:
        """For each bin, the slice of the ascending `instants` in it, up to and including `until`."""
        stop = bisect_right(instants, until)
        marks = [min(bisect_right(instants, edge), stop) for edge in self.edges()]
        return [slice(low, high) for low, high in pairwise(marks)]
