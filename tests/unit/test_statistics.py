"""Percentiles, shares and bins."""

from __future__ import annotations

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from claude_tui.analysis.history.statistics import Bins, median, nearest_rank, percentile, share

figures = st.floats(0, 1e6, allow_nan=False)
fractions = st.sampled_from([0.5, 0.9, 0.95, 0.99])


@given(st.lists(figures, min_size=1).map(sorted), fractions)
def test_nearest_rank_is_the_smallest_value_that_covers_the_fraction(
    ordered: list[float], fraction: float
) -> None:
    value = nearest_rank(ordered, fraction)
    covered = sum(other <= value for other in ordered)
    below = sum(other < value for other in ordered)
    assert value in ordered
    assert covered >= fraction * len(ordered) - 1e-6
    assert below < fraction * len(ordered)


def test_nearest_rank_of_the_textbook() -> None:
    ordered = [15.0, 20.0, 35.0, 40.0, 50.0]
    assert [nearest_rank(ordered, p) for p in (0.05, 0.30, 0.40, 0.50, 1.00)] == [15, 20, 20, 35, 50]
    assert median([1.0, 2.0, 3.0, 4.0]) == 2.0


@pytest.mark.parametrize(("fraction", "enough"), [(0.50, 5), (0.95, 20), (0.99, 100)])
def test_a_percentile_needs_samples(fraction: float, enough: int) -> None:
    assert percentile([1.0] * (enough - 1), fraction) is None
    assert percentile([1.0] * enough, fraction) == 1.0


def test_p95_of_twenty_is_not_the_maximum() -> None:
    assert percentile([float(n) for n in range(1, 21)], 0.95) == 19


def test_one_failure_of_two_is_no_share() -> None:
    assert share(1, 2) is None
    assert share(1, 5) == 0.2
    assert share(0, 0) is None


@given(
    at=st.floats(1e9, 2e9),
    width=st.sampled_from([5.0, 25.0, 45.0, 300.0]),
    count=st.integers(1, 60),
    offsets=st.lists(st.floats(0, 4000), max_size=60),
)
def test_every_instant_in_the_bins_is_in_exactly_one(
    at: float, width: float, count: int, offsets: list[float]
) -> None:
    instants = sorted(at + 100 - offset for offset in offsets)
    bins = Bins.ending(at, width, count)
    cuts = bins.cuts(instants, at)
    inside = [instant for instant in instants if bins.start < instant <= at]
    assert len(cuts) == count
    assert [instant for cut in cuts for instant in instants[cut]] == inside
    assert bins.end - width <= at <= bins.end + 1e-6
    for index, cut in enumerate(cuts):
        low = bins.start + index * width
        assert all(low < instant <= low + width for instant in instants[cut])


@given(at=st.floats(1e9, 2e9), span=st.sampled_from([900.0, 3600.0, 21_600.0, 86_400.0, 1234.5]))
def test_bins_over_a_span_cover_it_with_few_enough(at: float, span: float) -> None:
    bins = Bins.over(at, span, 240)
    assert bins.count <= 240
    assert bins.count * bins.width >= span
    assert bins.end >= at - 1e-6


def test_bins_stand_still_within_a_bin() -> None:
    assert Bins.ending(1_000_000_001, 30, 10) == Bins.ending(1_000_000_009.5, 30, 10)
    assert math.isclose(Bins.ending(1_000_000_011, 30, 10).start % 30, 0)
