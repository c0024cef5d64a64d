"""Histograms of latency: exact merging, quantiles within the promised error, bytes that give them back."""

from __future__ import annotations

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from claude_tui.analysis.history.statistics import nearest_rank
from claude_tui.analysis.uptime.histogram import (
    EMPTY,
    ERROR,
    LARGEST_S,
    SMALLEST_S,
    Histogram,
    bucket_of,
    merged,
)

seconds = st.floats(SMALLEST_S, LARGEST_S)
any_seconds = st.floats(allow_nan=False, allow_infinity=False, min_value=-1e9, max_value=1e9)
fractions = st.sampled_from([0.5, 0.9, 0.95])


@given(st.lists(seconds, min_size=20, max_size=200), fractions)
def test_a_quantile_is_off_by_at_most_the_promised_error(values: list[float], fraction: float) -> None:
    exact = nearest_rank(sorted(values), fraction)
    found = Histogram.of(values).quantile(fraction)
    assert found is not None
    assert abs(found - exact) <= ERROR * exact * (1 + 1e-6)


@given(any_seconds | seconds)
def test_a_bucket_is_the_logarithm_of_its_values(value: float) -> None:
    """As documented, so that histograms of earlier versions can be added."""
    growth = (1 + ERROR) / (1 - ERROR)
    inside = min(max(value, SMALLEST_S), LARGEST_S)
    exact = math.log(inside / SMALLEST_S) / math.log(growth)
    assert exact - 1e-6 <= bucket_of(value) < exact + 1 + 1e-6


def test_the_largest_value_of_a_bucket_belongs_to_it() -> None:
    growth = (1 + ERROR) / (1 - ERROR)
    assert [bucket_of(SMALLEST_S * growth**bucket) for bucket in range(300)] == list(range(300))
    assert bucket_of(math.inf) == bucket_of(LARGEST_S) == bucket_of(LARGEST_S / growth) + 1


def test_what_is_no_number_has_no_bucket() -> None:
    with pytest.raises(ValueError, match="not a latency"):
        bucket_of(math.nan)


@given(st.lists(st.lists(any_seconds, max_size=40), max_size=6))
def test_merging_is_as_if_all_had_been_counted_together(parts: list[list[float]]) -> None:
    together = Histogram.of(value for part in parts for value in part)
    assert merged(map(Histogram.of, parts)) == together
    assert merged(map(Histogram.of, reversed(parts))) == together
    assert together.count == sum(map(len, parts))


@given(st.lists(any_seconds, max_size=60))
def test_bytes_give_back_the_histogram(values: list[float]) -> None:
    histogram = Histogram.of(values)
    assert Histogram.from_bytes(histogram.to_bytes()) == histogram


@given(st.binary(max_size=40))
def test_other_bytes_are_refused_or_are_a_histogram(stored: bytes) -> None:
    try:
        histogram = Histogram.from_bytes(stored)
    except ValueError:
        return
    assert histogram.count >= 0
    assert Histogram.from_bytes(histogram.to_bytes()) == histogram


def test_an_hour_takes_a_few_hundred_bytes() -> None:
    values = [0.3 + 0.01 * number for number in range(120)]
    assert len(Histogram.of(values).to_bytes()) < 250


@pytest.mark.parametrize(("fraction", "fewest"), [(0.5, 5), (0.95, 20), (0.99, 100)])
def test_too_few_values_have_no_quantile(fraction: float, fewest: int) -> None:
    assert Histogram.of([0.4] * (fewest - 1)).quantile(fraction) is None
    assert Histogram.of([0.4] * fewest).quantile(fraction) == pytest.approx(0.4, rel=ERROR)
    assert EMPTY.quantile(fraction) is None
