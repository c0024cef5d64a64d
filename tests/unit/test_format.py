"""How figures read on screen."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st

from claude_tui.model.format import (
    age,
    ago,
    clock,
    clock_minute,
    count,
    count_of,
    day,
    duration,
    latency,
    latency_figure,
    latency_unit,
    milliseconds,
    moment,
    money,
    parse_span,
    per_minute,
    percent,
    plural,
    ratio,
    rfc3339,
    span_text,
    stamp,
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


@pytest.mark.parametrize(
    ("seconds", "text"),
    [
        (59.95, "59s"),
        (60, "1m 00s"),
        (3_599.9, "59m 59s"),
        (3_600, "1h 00m"),
        (86_399, "23h 59m"),
        (86_400, "1d 0h"),
    ],
)
def test_a_duration_never_claims_a_unit_that_is_not_full(seconds: float, text: str) -> None:
    assert duration(seconds) == text


@pytest.mark.parametrize(
    ("seconds", "text"),
    [
        (0, "0s"),
        (119, "119s"),
        (120, "2m"),
        (5_400, "1h30m"),
        (86_400, "24h"),
        (90_000, "25h"),
        (604_800, "7d"),
    ],
)
def test_a_span_is_named_exactly(seconds: int, text: str) -> None:
    assert span_text(timedelta(seconds=seconds)) == text


@pytest.mark.parametrize("given", ["", "5", "-5m", "1m1h", "366d", "5 m", -1, 31_536_001, True, None, []])
def test_what_is_no_span(given: object) -> None:
    assert parse_span(given) is None


@pytest.mark.parametrize(
    ("given", "seconds"), [("90s", 90), (" 1h30m ", 5_400), ("2d", 172_800), (0, 0), (2.5, 2.5)]
)
def test_what_is_a_span(given: object, seconds: float) -> None:
    assert parse_span(given) == timedelta(seconds=seconds)


@pytest.mark.parametrize(
    ("seconds", "text"),
    [
        (0.0, "0 ms"),
        (0.0001, "<1 ms"),
        (0.182, "182 ms"),
        (0.9994, "999 ms"),
        (0.9996, "1.00 s"),
        (4.1, "4.10 s"),
        (9.996, "10.0 s"),
        (59.95, "60.0 s"),
        (99.96, "100 s"),
        (600.4, "600 s"),
    ],
)
def test_a_latency_in_a_sentence_has_three_figures(seconds: float, text: str) -> None:
    assert latency(seconds) == text


def test_instants() -> None:
    assert clock_minute(NOW) == "14:05"
    assert day(NOW) == "2026-11-20"
    assert stamp(NOW) == "2026-11-20 14:05:33 UTC"
    assert rfc3339(NOW.astimezone(timezone(timedelta(hours=2)))) == "2026-11-20T14:05:33Z"


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


@pytest.mark.parametrize(
    ("part", "whole", "text"),
    [
        (1_999_000, 2_000_000, "1.99M"),
        (2_000_000, 2_000_000, "2M"),
        (399_900, 400_000, "399k"),
        (999_999, 1_000_000, "999k"),
        (999, 1_000, "999"),
        (0, 2_000_000, "0"),
        (2_000_001, 2_000_000, "2M"),
        (401_900, 402_400, "401k"),
        (402_100, 402_400, "<402k"),
        (2_639_000, 2_641_000, "2.63M"),
    ],
)
def test_less_than_all_does_not_read_as_all(part: int, whole: int, text: str) -> None:
    assert count_of(part, whole) == text


@given(st.integers(1, 10**12), st.integers(1, 10**12))
def test_a_count_and_its_percentage_agree_on_what_is_whole(one: int, other: int) -> None:
    part, whole = sorted((one, other))
    assert (count_of(part, whole) == count(whole)) is (percent(part / whole) == "100%") is (part == whole)


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
        (0.004, "<1%"),
        (0.0099, "<1%"),
        (0.01, "1%"),
        (0.18, "18%"),
        (0.985, "98%"),
        (0.995, "99%"),
        (0.999, "99%"),
        (1, "100%"),
        (1.04, "104%"),
        (1e9, ">999%"),
    ],
)
def test_percent_rounds_neither_to_nothing_nor_to_all(fraction: float, text: str) -> None:
    assert percent(fraction) == text


@pytest.mark.parametrize(
    ("fraction", "text"),
    [(0, "0%"), (0.0004, "<0.1%"), (0.001, "0.1%"), (0.054, "5.4%"), (0.9996, "99.9%"), (1, "100.0%")],
)
def test_percent_with_decimals_keeps_the_rule(fraction: float, text: str) -> None:
    assert percent(fraction, 1) == text


@given(st.floats(1e-12, 1 - 1e-12), st.integers(0, 3))
def test_some_is_never_none_and_never_all(fraction: float, digits: int) -> None:
    text = percent(fraction, digits)
    assert text.startswith("<") or float(text.rstrip("%")) > 0
    assert text.startswith("<") or float(text.rstrip("%")) < 100


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
    assert [latency_figure(value, unit) for value in (4.1, 0.41, None)] == ["4.10", "0.41", "n/a"]
    assert latency_unit(0.182, 0.171) == "ms"
    assert latency_figure(0.182, "ms") == "182"


@pytest.mark.parametrize(
    ("seconds", "text"), [(9.999, "10.0"), (41.04, "41.0"), (600.4, "600"), (1e9, ">9999")]
)
def test_long_latencies_lose_their_decimals(seconds: float, text: str) -> None:
    assert latency_figure(seconds, "s") == text


def test_small_things_are_not_nothing() -> None:
    assert milliseconds(0.0001) == "<1"
    assert milliseconds(0.0) == "0"
    assert per_minute(0.4) == "0.4/min"
    assert per_minute(4_480) == "4,480/min"


def test_words() -> None:
    assert plural(1, "call") == "1 call"
    assert plural(1_204, "call") == "1,204 calls"
    assert [span_text(timedelta(seconds=s)) for s in (60, 300, 3_600, 86_400, 90)] == [
        "1m",
        "5m",
        "1h",
        "24h",
        "90s",
    ]
