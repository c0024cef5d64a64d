"""What is left of the limits."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from claude_tui.analysis.history.history import History
from claude_tui.analysis.options import Options
from claude_tui.analysis.views.headroom import burn_per_minute, headroom_view
from claude_tui.model.observation import Observation, Outcome, WindowReading
from claude_tui.model.snapshot import Headroom, HeadroomView, Level
from tests.builders import after, bucket, history_of, messages


def view_of(*observations: Observation, at: float) -> HeadroomView:
    return headroom_view(history_of(*observations), after(at), Options())


def one(*observations: Observation, at: float) -> Headroom:
    (found,) = view_of(*observations, at=at).buckets
    return found


def falling(
    *remaining: int, name: str = "input", limit: int = 80_000, every: float = 30
) -> list[Observation]:
    return [
        messages(index * every, limits=[bucket(name, left, limit, 50, at=index * every)])
        for index, left in enumerate(remaining)
    ]


def test_nothing_reported_is_an_empty_view() -> None:
    assert headroom_view(History(), after(0), Options()) == HeadroomView((), (), None, None, False)
    assert view_of(messages(0), at=1).read_at is None


def test_worst_first_with_levels_at_20_and_5_percent() -> None:
    limits = [
        bucket("requests", 810),
        bucket("tokens", 200),
        bucket("input", 50),
        bucket("output", 201),
    ]
    view = view_of(messages(0, limits=limits), at=5)
    assert [(found.bucket, found.level) for found in view.buckets] == [
        ("input", Level.BAD),
        ("output", Level.OK),
        ("tokens", Level.WARN),
        ("requests", Level.OK),
    ]
    assert view.request_id == messages(0).request_id
    assert view.read_at == after(0)
    assert not view.stale


@pytest.mark.parametrize(("limit", "remaining"), [(None, 5), (1000, None), (-3, 1)])
def test_a_reading_without_usable_figures_is_no_gauge(limit: int | None, remaining: int | None) -> None:
    view = view_of(messages(0, limits=[bucket("requests", remaining, limit)]), at=1)
    assert view.buckets == ()
    assert view.read_at == after(0)


@pytest.mark.parametrize("remaining", [0, None, 7])
def test_a_bucket_that_grants_nothing_is_shown_and_is_not_low(remaining: int | None) -> None:
    view = view_of(messages(0, limits=[bucket("requests", 900), bucket("fast-input", remaining, 0)]), at=1)
    assert [(reading.bucket, reading.limit, reading.level) for reading in view.buckets] == [
        ("requests", 1000, Level.OK),
        ("fast-input", 0, Level.INFO),
    ]
    assert not view.is_nearly_exhausted


def test_a_window_that_only_states_a_refusal_is_used_up_until_it_states_another_status() -> None:
    refused = WindowReading("7d_oi", None, after(9000), "rejected")
    known = WindowReading("5h", 0.2, after(900), "allowed")
    view = view_of(messages(0, windows=[known, refused]), at=1)
    assert [(reading.window, reading.used, reading.level) for reading in view.windows] == [
        ("7d_oi", 1.0, Level.BAD),
        ("5h", 0.2, Level.OK),
    ]
    allowed = WindowReading("7d_oi", None, after(9000), "allowed")
    view = view_of(messages(0, windows=[refused]), messages(30, windows=[known, allowed]), at=31)
    assert [reading.window for reading in view.windows] == ["5h"]


def test_an_unusable_reading_leaves_the_last_usable_one() -> None:
    found = one(
        messages(0, limits=[bucket("requests", 400)]), messages(30, limits=[bucket("requests", None)]), at=31
    )
    assert (found.remaining, found.read_at) == (400, after(0))


def test_remaining_beyond_the_limit_is_a_full_gauge() -> None:
    assert one(messages(0, limits=[bucket("requests", 1200)]), at=1).fraction == 1.0
    assert one(messages(0, limits=[bucket("requests", -5)]), at=1).fraction == 0.0


def test_a_reset_that_has_passed_is_none() -> None:
    epoch = datetime(1970, 1, 1, tzinfo=UTC)
    found = one(messages(0, limits=[bucket("requests", 5, reset_in=-1)]), at=1)
    assert found.reset_at is None
    # It was past when it was told: that says nothing, and the reading holds.
    assert not found.stale
    assert found.level is Level.BAD
    past = bucket("requests", 1)
    past = type(past)(past.bucket, past.limit, past.remaining, epoch)
    assert one(messages(0, limits=[past]), at=1).reset_at is None


def test_a_reading_from_before_its_reset_is_stale() -> None:
    reading = messages(0, limits=[bucket("requests", 5, reset_in=20)])
    assert one(reading, at=19).level is Level.BAD
    late = one(reading, at=21)
    assert late.stale
    assert late.level is Level.UNKNOWN
    assert late.exhausted_in is None


def test_a_wrong_clock_does_not_shift_the_reset() -> None:
    reading = messages(0, limits=[bucket("requests", 500, reset_in=340)], skew_s=300)
    assert one(reading, at=1).reset_at == after(40)
    near = messages(0, limits=[bucket("requests", 500, reset_in=40)], skew_s=0.8)
    assert one(near, at=1).reset_at == after(40)


def test_old_readings_are_stale() -> None:
    reading = messages(0, limits=[bucket("requests", 5)])
    assert not view_of(reading, at=89).stale
    view = view_of(reading, at=91)
    assert view.stale
    assert view.buckets[0].level is Level.UNKNOWN


def test_a_429_without_headers_keeps_the_old_reading_with_its_age() -> None:
    view = view_of(
        messages(0, limits=[bucket("requests", 0, reset_in=60)]), messages(30, Outcome.RATE_LIMITED), at=31
    )
    assert view.buckets[0].remaining == 0
    assert view.read_at == after(0)


def test_a_bucket_left_out_once_is_kept_and_for_an_hour_is_gone() -> None:
    both = messages(0, limits=[bucket("requests", 5), bucket("tokens", 9)])
    assert len(view_of(both, messages(30, limits=[bucket("tokens", 8)]), at=31).buckets) == 2
    assert len(view_of(both, messages(3700, limits=[bucket("tokens", 8)]), at=3701).buckets) == 1


def test_burn_and_time_to_exhaustion() -> None:
    found = one(*falling(40_000, 36_000, 32_000, 28_000), at=90)
    assert found.burn_per_minute == pytest.approx(8000)
    assert found.exhausted_in == timedelta(minutes=3.5)
    assert not found.runs_out_first


def test_time_to_exhaustion_counts_down_between_readings() -> None:
    found = one(*falling(40_000, 36_000, 32_000, 28_000), at=100)
    assert found.exhausted_in == timedelta(minutes=3.5, seconds=-10)


def test_empty_before_the_reset() -> None:
    assert one(*falling(40_000, 26_000, 8_000), at=60).runs_out_first
    assert not one(*falling(40_000, 36_000, 32_000), at=60).runs_out_first


def test_a_refill_is_no_negative_burn() -> None:
    found = one(*falling(40_000, 20_000, 80_000, 60_000), at=90)
    assert found.burn_per_minute == pytest.approx(40_000)


def test_a_bucket_that_fills_up_again_is_not_running_out() -> None:
    found = one(*falling(60_000, 40_000, 20_000, 31_000, 45_000, 60_000), at=151)
    assert (found.burn_per_minute, found.exhausted_in) == (0, None)


def test_one_reading_says_nothing_of_burn() -> None:
    found = one(*falling(40_000), at=1)
    assert found.burn_per_minute is None
    assert found.exhausted_in is None


def test_rounding_of_tokens_is_not_burn_but_requests_are_exact() -> None:
    assert one(*falling(80_000, 79_000, 80_000, 79_000, 80_000), at=121).burn_per_minute == 0
    assert one(*falling(80_000, 79_000, 80_000, 79_000), at=91).exhausted_in is None
    assert one(*falling(50, 49, name="requests", limit=50), at=31).burn_per_minute == pytest.approx(2)


def test_a_bucket_that_wobbles_near_its_top_is_not_running_out() -> None:
    wobble = (994, 999, 991, 996, 990, 998, 993)
    found = one(*falling(*wobble, name="requests", limit=1000), at=181)
    assert (found.burn_per_minute, found.exhausted_in) == (0, None)


def test_a_changed_limit_or_model_begins_a_new_count() -> None:
    old = messages(0, limits=[bucket("tokens", 80_000, 80_000)])
    new = messages(30, limits=[bucket("tokens", 40_000, 40_000)])
    assert one(old, new, at=31).burn_per_minute is None
    other = messages(30, limits=[bucket("tokens", 40_000, 80_000)], model="another")
    assert one(old, other, at=31).burn_per_minute is None


def test_a_bucket_with_nothing_left_does_not_run_out_any_more() -> None:
    found = one(*falling(2_000, 0, limit=50_000), at=31)
    assert found.burn_per_minute
    assert found.exhausted_in is None


def test_a_reset_in_thousands_of_years_is_a_mistake_of_the_server() -> None:
    never = 3000 * 365 * 86_400.0
    window = WindowReading("5h", 0.5, after(never), "allowed")
    seen = replace(messages(0, limits=[bucket("requests", 10, reset_in=never)]), windows=(window,))
    view = view_of(seen, at=1)
    assert [usage.reset_at for usage in (*view.buckets, *view.windows)] == [None, None]


def test_what_would_take_hours_is_no_time_to_exhaustion() -> None:
    found = one(*falling(50_000, 48_000, limit=50_000, every=280), at=281)
    assert found.burn_per_minute
    assert found.exhausted_in is not None
    slow = one(*falling(200_000, 197_900, limit=200_000, every=280), at=281)
    assert slow.exhausted_in is None


readings = st.lists(st.integers(0, 100_000), min_size=0, max_size=30).map(
    lambda remaining: [(10.0 * index, left) for index, left in enumerate(remaining)]
)


@given(readings, st.sampled_from([0, 1000]))
def test_burn_is_never_negative_nor_beyond_the_falls(
    samples: list[tuple[float, int]], resolution: int
) -> None:
    burn = burn_per_minute(samples, noise=resolution, refill=resolution)
    falls = sum(max(a[1] - b[1], 0) for a, b in pairwise(samples))
    assert burn is None or 0 <= burn <= falls * 6 + 1e-6


@given(st.integers(1, 5000), st.integers(2, 20))
def test_steady_burn_is_found_exactly(per_step: int, steps: int) -> None:
    samples = [(10.0 * step, 10**6 - per_step * step) for step in range(steps)]
    assert burn_per_minute(samples, noise=0, refill=0) == pytest.approx(per_step * 6)


def window(name: str, used: float, status: str | None = "allowed", reset_in: float = 3600) -> WindowReading:
    return WindowReading(name, used, after(reset_in), status)


def test_windows_are_judged_by_what_is_used() -> None:
    windows = [window("7d", 0.5), window("5h", 0.80), window("7d_oi", 0.95)]
    view = view_of(messages(0, windows=windows), at=1)
    assert [(usage.window, usage.level) for usage in view.windows] == [
        ("7d_oi", Level.BAD),
        ("5h", Level.WARN),
        ("7d", Level.OK),
    ]
    assert view.windows[0].reset_at == after(3600)


def test_a_rejected_window_is_bad_but_overage_is_a_policy() -> None:
    windows = [
        window("5h", 0.1, "rejected"),
        window("overage", 0.0, "rejected"),
        window("7d", 0.2, "allowed_warning"),
    ]
    levels = {usage.window: usage.level for usage in view_of(messages(0, windows=windows), at=1).windows}
    assert levels == {"5h": Level.BAD, "overage": Level.OK, "7d": Level.WARN}


def test_a_window_past_its_reset_is_stale() -> None:
    (usage,) = view_of(messages(0, windows=[window("5h", 0.99, reset_in=10)]), at=11).windows
    assert usage.stale
    assert usage.level is Level.UNKNOWN
    assert usage.reset_at is None
