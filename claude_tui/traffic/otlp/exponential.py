"""Exponential histograms converted to ones with explicit bounds."""

from __future__ import annotations

from collections.abc import Sequence

__all__ = ["MOST_BUCKETS", "as_buckets"]

MOST_BUCKETS = 2_000
# A base of 2 ** (2 ** 10) has one bucket for all numbers.
_SCALES = range(-10, 21)
_MOST_POWER = 1000.0


def as_buckets(
    scale: int, offset: int, counts: Sequence[int], zeros: int
) -> tuple[tuple[float, ...], tuple[int, ...]]:
    """Bounds and counts; empty for a scale that no sender uses.

    Bucket i holds values in (base ** (offset + i), base ** (offset + i + 1)], with base = 2 ** (2 ** -scale).
    """
    if scale not in _SCALES or len(counts) > MOST_BUCKETS:
        return (), ()
    powers = [(offset + index) * 2.0**-scale for index in range(len(counts) + 1)]
    bounds = tuple(2.0 ** max(min(power, _MOST_POWER), -_MOST_POWER) for power in powers)
    return bounds, (zeros, *counts, 0)
