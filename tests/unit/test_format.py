"""How figures read on screen."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from claude_tui.tui.render.format import (
    age,
    ago,
    clock,
    count,
    duration,
    latency,
    latency_unit,
    milliseconds,
    moment,
    money,
    per_minute,
    percent,
    plural,
    ratio,
    span_words,
)

NOW = datetime(2026, 11, 20, 14, 5, 33, tzinfo=UTC)


@pytest.mark.parametrize(
    ("seconds", "text"),
    [
        (-5, "0s"),
        (0.9, "0s"),
        (41, "41s"),
        (185, "3m 05s"),
        (7_500, "2h 05m"),
        (273_600, "3d 4h"),
    ],
)
def test_duration(seconds: float, text: str) -> None:
    assert duration(seconds) == text
    assert duration(timedelta(seconds=seconds)) == text


@pytest.mark.parametrize(
    ("seconds", "text"), [(41, "41s"), (185, "3m"), (4_980, "1h 23m"), (1_656_000, "19d 4h")]
)
def test_age_has_no_seconds_once_there_are_minutes(seconds: float, text: str) -> None:
    assert age(seconds) == text


def test_ago_and_clock() -> None:
    assert ago(NOW - timedelta(seconds=14), NOW) == "14s ago"
    assert ago(NOW + timedelta(seconds=14), NOW) == "0s ago"
    assert clock(NOW) == "14:05:33"


def test_moment_names_the_day_when_it_is_another() -> None:
    assert moment(NOW - timedelta(hours=3), NOW) == "11:05:33"
    assert moment(NOW - timedelta(hours=15), NOW) == "Nov 19 23:05"
    assert moment(NOW - timedelta(days=700), NOW) == "2024-12-20"


@pytest.mark.parametrize(
    ("number", "text"),
    [
        (0, "0"),
        (812, "812"),
        (1_000, "1,000"),
        (9_999, "9,999"),
        (10_000, "10k"),
        (14_200, "14.2k"),
        (80_000, "80k"),
        (999_499, "999k"),
        (999_500, "1M"),
        (1_950_000, "1.95M"),
        (2_000_000, "2M"),
        (10**15, "1,000,000G"),
        (-3, "-3"),
    ],
)
def test_count(number: float, text: str) -> None:
    assert count(number) == text


@given(st.integers(0, 10**12), st.integers(0, 10**12))
def test_count_never_changes_places(small: int, large: int) -> None:
    def value(text: str) -> float:
        scale = {"k": 1e3, "M": 1e6, "G": 1e9}.get(text[-1], 1)
        return float(text.rstrip("kMG").replace(",", "")) * scale

    low, high = sorted((small, large))
    assert value(count(low)) <= value(count(high))
    assert value(count(low)) == pytest.approx(low, rel=0.006)


@pytest.mark.parametrize(
    ("fraction", "text"),
    [
        (-1, "0%"),
        (0, "0%"),
        (0.0001, "<1%"),
        (0.18, "18%"),
        (0.999, "99%"),
        (1, "100%"),
        (1.04, "104%"),
        (1e9, ">999%"),
    ],
)
def test_percent_rounds_neither_to_nothing_nor_to_all(fraction: float, text: str) -> None:
    assert percent(fraction) == text


@pytest.mark.parametrize(("times", "text"), [(1, "1.0×"), (9.84, "9.8×"), (12.3, "12×"), (1e6, ">999×")])
def test_ratio(times: float, text: str) -> None:
    assert ratio(times) == text


@pytest.mark.parametrize(
    ("usd", "text"), [(0, "$0.00"), (0.0004, "<$0.01"), (0.03, "$0.03"), (1234, "$1,234.00")]
)
def test_money(usd: float, text: str) -> None:
    assert money(usd) == text


def test_a_row_of_latencies_has_one_unit() -> None:
    unit = latency_unit(4.1, 0.41, None)
    assert unit == "s"
    assert [latency(value, unit) for value in (4.1, 0.41, None)] == ["4.10", "0.41", "n/a"]
    assert latency_unit(0.182, 0.171) == "ms"
    assert latency(0.182, "ms") == "182"


@pytest.mark.parametrize(
    ("seconds", "text"), [(9.999, "10.0"), (41.04, "41.0"), (600.4, "600"), (1e9, ">9999")]
)
def test_long_latencies_lose_their_decimals(seconds: float, text: str) -> None:
    assert latency(seconds, "s") == text


def test_small_things_are_not_nothing() -> None:
    assert milliseconds(0.0001) == "<1"
    assert milliseconds(0.0) == "0"
    assert per_minute(0.4) == "0.4/min"
    assert per_minute(4_480) == "4,480/min"


def test_words() -> None:
    assert plural(1, "call") == "1 call"
    assert plural(1_204, "call") == "1,204 calls"
    assert [span_words(timedelta(seconds=s)) for s in (60, 300, 3_600, 86_400, 90)] == [
        "1m",
        "5m",
        "1h",
        "24h",
        "1m 30s",
    ]
