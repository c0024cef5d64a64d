"""Mergeable histograms of latency: logarithmic buckets, as DDSketch has them.

Source: Masson, Rim and Lee, "DDSketch: A Fast and Fully-Mergeable Quantile Sketch with Relative-Error
Guarantees" (2019). The bounds of the buckets are fixed, so that any two histograms can be added.
"""

from __future__ import annotations

import math
import struct
from bisect import bisect_left
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

from claude_tui.analysis.history.statistics import MIN_SAMPLES

__all__ = ["EMPTY", "ERROR", "LARGEST_S", "SMALLEST_S", "Histogram", "bucket_of", "merged"]

ERROR = 0.025
"""The largest relative error of a quantile between SMALLEST_S and LARGEST_S."""
SMALLEST_S = 0.001
"""Anything shorter counts as this many seconds."""
LARGEST_S = 3600.0
"""Anything longer counts as this many seconds."""

_GROWTH = (1 + ERROR) / (1 - ERROR)
_LAST = math.ceil(math.log(LARGEST_S / SMALLEST_S) / math.log(_GROWTH))
# The largest value of each bucket but the last, with room for the errors of computing it.
_BOUNDS = [SMALLEST_S * _GROWTH ** (bucket + 1e-9) for bucket in range(_LAST)]
# A bucket's count has 32 bits: enough for a probe every 10 ms for a year, so it never carries over.
_BITS = 32
_BYTES = _BITS // 8


@dataclass(frozen=True, slots=True)
class Histogram:
    """How many values fall into each bucket, as one integer with 32 bits per bucket: adding two merges them.

    Adding 6,000 of them takes 1 ms; lists of counts took 80 ms.
    """

    packed: int = 0

    @classmethod
    def of(cls, values: Iterable[float]) -> Histogram:
        """The histogram of values in seconds."""
        return cls.of_counts(Counter(map(bucket_of, values)))

    @classmethod
    def of_counts(cls, counts: Mapping[int, int]) -> Histogram:
        """The histogram with this many values in each bucket, numbered as by `bucket_of`."""
        return cls(sum(number << (_BITS * bucket) for bucket, number in counts.items()))

    def __add__(self, other: Histogram) -> Histogram:
        return Histogram(self.packed + other.packed)

    @property
    def count(self) -> int:
        return sum([number for _, number in self._buckets()])

    def quantile(self, fraction: float) -> float | None:
        """The nearest-rank quantile in seconds, off by at most ERROR; None with too few values.

        Too few are, as for `statistics.percentile`, fewer than 1/(1 - fraction) or 5.
        """
        return self.quantiles(fraction)[0]

    def quantiles(self, *fractions: float) -> list[float | None]:
        """`quantile` of each fraction."""
        buckets = list(self._buckets())
        total = sum([number for _, number in buckets])
        return [_ranked(buckets, total, fraction) for fraction in fractions]

    def over(self, limit: float) -> tuple[int, float]:
        """How many values exceed `limit`, and by how many seconds in total.

        A bucket counts as its middle, which makes both inexact.
        """
        larger = [(_MIDDLES[k] - limit, number) for k, number in self._buckets() if _MIDDLES[k] > limit]
        return sum(number for _, number in larger), sum(more * number for more, number in larger)

    def to_bytes(self) -> bytes:
        """Two bytes for the first bucket in use, then four for each bucket up to the last; b"" if none.

        Part of the store's format.
        """
        if not self.packed:
            return b""
        first = next(self._buckets())[0]
        dense = self.packed >> (_BITS * first)
        length = -(-dense.bit_length() // _BITS) * _BYTES
        return first.to_bytes(2, "little") + dense.to_bytes(length, "little")

    @classmethod
    def from_bytes(cls, stored: bytes) -> Histogram:
        """The inverse of `to_bytes`. Raises ValueError for bytes that it cannot have made."""
        return cls(cls.unpacked(stored))

    @classmethod
    def unpacked(cls, stored: bytes) -> int:
        """The `packed` of `from_bytes`, without creating an object."""
        if not stored:
            return 0
        return int.from_bytes(stored[2:], "little") << (_BITS * cls.check(stored))

    @staticmethod
    def check(stored: bytes) -> int:
        """The number of the first bucket of non-empty bytes. Raises the same as `from_bytes`."""
        if len(stored) % _BYTES != 2:
            raise ValueError("not a histogram")
        first = stored[0] | stored[1] << 8
        if first + len(stored) // _BYTES > _LAST + 1:
            raise ValueError("a histogram with more buckets than there are")
        return first

    def _buckets(self) -> Iterator[tuple[int, int]]:
        """The buckets in use and how many values each has, the shortest first."""
        length = -(-self.packed.bit_length() // _BITS)
        counts = struct.unpack(f"<{length}I", self.packed.to_bytes(length * _BYTES, "little"))
        return ((bucket, number) for bucket, number in enumerate(counts) if number)


EMPTY = Histogram()


def _ranked(buckets: Iterable[tuple[int, int]], total: int, fraction: float) -> float | None:
    if total < max(MIN_SAMPLES, round(1 / (1 - fraction))):
        return None
    # The margin keeps 0.95 * 20 = 19.000000000000004 from counting as more than 19.
    rank = max(math.ceil(fraction * total - 1e-9), 1)
    for bucket, number in buckets:
        rank -= number
        if rank <= 0:
            return _MIDDLES[bucket]
    raise AssertionError("unreachable")


def merged(histograms: Iterable[Histogram]) -> Histogram:
    """The sum of all of them."""
    return Histogram(sum(histogram.packed for histogram in histograms))


def bucket_of(seconds: float) -> int:
    """The number of the bucket for a value. Raises ValueError for NaN.

    Bucket k holds values above SMALLEST_S * _GROWTH ** (k - 1) and at most SMALLEST_S * _GROWTH ** k.
    """
    if math.isnan(seconds):
        raise ValueError("not a latency")
    return bisect_left(_BOUNDS, seconds)


def _middle(bucket: int) -> float:
    """The value that differs by at most ERROR from everything in the bucket."""
    if bucket == 0:
        return SMALLEST_S
    return min(SMALLEST_S * 2 * _GROWTH**bucket / (_GROWTH + 1), LARGEST_S)


_MIDDLES = tuple(map(_middle, range(_LAST + 1)))
