"""Calls become roll-ups: nothing is lost, nothing grows without bound."""

from __future__ import annotations

from collections import Counter
from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from claude_tui.analysis.uptime.histogram import ERROR, Histogram
from claude_tui.model.observation import Outcome, RateLimitReading
from claude_tui.model.traffic import OTHER, Call, CallEnd, KeptBecause, RollUp, Tokens, TrafficSource
from claude_tui.traffic.aggregation import Bounds, CallAggregator
from claude_tui.traffic.names import Names
from tests.traffic_values import START, after, call, calls, rolled

NOW = START.timestamp() + 3600


def test_calls_of_one_kind_add_up_in_the_span_in_which_they_ended() -> None:
    first, second = rolled(
        call(9.9, total_s=2.0, tokens=Tokens(1, 2, 3, 4, 5), cost_usd=0.25, stop_reason="max_tokens"),
        call(3.0, total_s=1.0, tokens=Tokens(10, 20, 30, 40, 50), stop_reason="refusal", retries=2),
        call(8.0, total_s=5.0, end=CallEnd.ABANDONED, retries=0),
        call(10.0, total_s=30.0, end=CallEnd.CUT),
    ).rows
    assert (first.at, second.at) == (START, after(10))
    assert (first.calls, second.calls) == (3, 1)
    assert first.tokens == Tokens(11, 22, 33, 44, 55)
    assert (first.cost_usd, first.unpriced, first.counted) == (0.25, 1, 2)
    assert (first.max_tokens, first.refusals, first.abandoned, first.cut) == (1, 1, 1, 0)
    assert (first.retried, first.retries_known) == (1, 2)
    assert (second.cut, second.counted, second.first_token) == (1, 0, b"")


def test_calls_that_a_metric_reports_together_count_as_many() -> None:
    (row,) = rolled(
        call(5.0, source=TrafficSource.OTLP, together=4, total_s=2.0, tokens=Tokens(4000, 40), cost_usd=0.5),
        call(6.0, source=TrafficSource.OTLP, together=2, total_s=1.0, tokens=Tokens(100, 10)),
    ).rows
    assert (row.calls, row.counted, row.unpriced, row.tokens) == (6, 6, 2, Tokens(4100, 50))
    assert Histogram.from_bytes(row.total).count == 6
    assert Histogram.from_bytes(row.prompt).quantile(0.5) == pytest.approx(1.0, rel=ERROR)


def test_a_call_reported_with_its_retries_is_one_call_without_attempts() -> None:
    (row,) = rolled(call(1.0, source=TrafficSource.OTLP, retries=2)).rows
    assert (row.calls, row.retried, row.retries_known) == (1, 0, 0)


def test_each_source_application_model_outcome_and_error_type_is_counted_apart() -> None:
    plain = call()
    others = [
        call(source=TrafficSource.OTLP),
        call(application="batch"),
        call(model="claude-opus-5-5"),
        call(served_model="claude-haiku-5-5-20260901"),
        call(outcome=Outcome.OVERLOADED, error_type="overloaded_error"),
        call(outcome=Outcome.OVERLOADED),
    ]
    rows = rolled(plain, *others, plain).rows
    assert sorted(row.calls for row in rows) == [1, 1, 1, 1, 1, 1, 2]
    assert "claude-haiku-5-5-20260901" in {row.key.model for row in rows}


@given(st.lists(calls(40), min_size=5, max_size=60))
def test_no_call_is_lost_and_quantiles_are_right(made: list) -> None:  # type: ignore[type-arg]
    rows = rolled(*made).rows
    assert sum(row.calls for row in rows) == len(made)
    assert sum(row.tokens.prompt for row in rows) == sum(
        counted.tokens.prompt for counted in made if counted.tokens
    )
    by_outcome: Counter[Outcome] = Counter()
    for row in rows:
        by_outcome[row.key.outcome] += row.calls
    assert by_outcome == Counter(counted.outcome for counted in made)
    median = Histogram(sum(Histogram.from_bytes(row.total).packed for row in rows)).quantile(0.5)
    exact = sorted(counted.total_s for counted in made)[(len(made) + 1) // 2 - 1]
    assert median == pytest.approx(exact, rel=ERROR * 1.01)


@pytest.mark.parametrize("seconds", [-200_000.0, 9000.0])
def test_a_call_of_a_wrong_clock_counts_as_ending_now(seconds: float) -> None:
    aggregator = CallAggregator()
    aggregator.add(call(seconds), NOW)
    batch, _ = aggregator.take(NOW)
    assert batch is not None
    assert [row.at for row in batch.rows] == [after(3600)]


def names_of(rows: tuple[RollUp, ...]) -> Counter[str]:
    return Counter({row.key.application: row.calls for row in rows})


def test_beyond_the_bound_applications_are_other_and_known_ones_keep_their_name() -> None:
    aggregator = CallAggregator(Bounds(applications=2))
    for number in (*range(100), 0, 1):
        aggregator.add(call(application=f"app {number}"), NOW)
    batch, _ = aggregator.take(NOW)
    assert batch is not None
    assert names_of(batch.rows) == {"app 0": 2, "app 1": 2, OTHER: 98}


def test_a_name_that_is_not_used_for_an_hour_makes_room() -> None:
    names = Names(2)
    assert [names.known(name, 0.0) for name in ("a", "b", "c")] == ["a", "b", OTHER]
    assert names.known("b", 3000.0) == "b"
    assert [names.known(name, 3700.0) for name in ("c", "a", "b")] == ["c", OTHER, "b"]


def test_names_are_inert_and_short() -> None:
    (name,) = {row.key.application for row in rolled(call(application="\x1b[31m" + "x" * 500)).rows}
    assert "\x1b" not in name
    assert len(name) <= 80


def test_rows_are_bounded_and_still_no_call_is_lost() -> None:
    aggregator = CallAggregator(Bounds(rows=5))
    for number in range(200):
        aggregator.add(call(number % 50, application=f"{number % 40}"), NOW)
    batch, _ = aggregator.take(NOW)
    assert batch is not None
    assert len(batch.rows) <= 6
    assert sum(row.calls for row in batch.rows) == 200


def test_a_flood_of_one_failure_leaves_room_for_another() -> None:
    aggregator = CallAggregator()
    for number in range(1200):
        aggregator.add(call(outcome=Outcome.OVERLOADED, request_id="a"), NOW + number / 20)
    aggregator.add(call(outcome=Outcome.BAD_REQUEST, application="batch", request_id="b"), NOW + 59.9)
    assert aggregator.failing
    batch, kept = aggregator.take(NOW + 59.9)
    assert batch is not None
    assert Counter(kept_call.call.request_id for kept_call in kept) == {"a": 6, "b": 1}
    assert sum(row.calls for row in batch.rows) == 1201
    assert not aggregator.failing


def test_the_failed_calls_of_a_flood_are_not_only_its_first_ones() -> None:
    """A person who looks late in a minute wants to see what fails now."""
    aggregator = CallAggregator()
    aggregator.take(NOW)
    kept = []
    for second in range(60):
        for _ in range(20):
            aggregator.add(
                call(outcome=Outcome.OVERLOADED, total_s=None, request_id=f"{second}"), NOW + second
            )
        kept += [int(kept_call.call.request_id or "") for kept_call in aggregator.take(NOW + second)[1]]
    assert kept == [0, 0, 20, 30, 40, 50]


def test_failed_calls_are_bounded_by_the_minute() -> None:
    aggregator = CallAggregator()
    aggregator.take(NOW)
    kept = 0
    for second in range(120):
        for number in range(20):
            failed = call(outcome=Outcome.SERVER_ERROR, application=f"app {number}")
            aggregator.add(failed, NOW + second)
        kept += len(aggregator.take(NOW + second)[1])
    assert kept == 60


def test_the_slowest_calls_of_a_minute_come_once_it_is_over() -> None:
    aggregator = CallAggregator()
    aggregator.take(NOW)
    for seconds in (1.0, 9.0, 3.0, 7.0, 2.0, 8.0):
        aggregator.add(call(3600 - 1, total_s=seconds), NOW)
    assert aggregator.take(NOW + 1)[1] == []
    _, kept = aggregator.take(NOW + 60)
    assert [(kept_call.why, kept_call.call.total_s) for kept_call in kept] == [
        (KeptBecause.SLOW, 9.0),
        (KeptBecause.SLOW, 8.0),
        (KeptBecause.SLOW, 7.0),
    ]
    assert kept[0].at == after(3660)


def limited(seconds: float, remaining: int, model: str = "claude-opus-5-5") -> Call:
    reading = RateLimitReading("requests", 1000, remaining, None)
    return call(seconds, model=model, limits=(reading,), tokens=Tokens(1), message="secret")


def test_a_limit_that_has_lost_a_tenth_is_reported_before_the_minute_is_over() -> None:
    aggregator = CallAggregator()
    aggregator.take(NOW)

    def limits_reported(second: int, remaining: int) -> list[int | None]:
        aggregator.add(limited(3600 + second, remaining), NOW + second)
        return [kept_call.call.limits[0].remaining for kept_call in aggregator.take(NOW + second)[1]]

    assert [
        limits_reported(second, left)
        for second, left in ((1, 950), (11, 850), (21, 800), (31, 740), (41, 900))
    ] == [
        [],
        [850],
        [],
        [740],
        [],
    ]
    kept = [
        kept_call.call for kept_call in aggregator.take(NOW + 60)[1] if kept_call.why is KeptBecause.LIMITS
    ]
    assert [kept_call.limits[0].remaining for kept_call in kept] == [900]


def test_the_newest_limits_of_each_model_come_once_a_minute() -> None:
    aggregator = CallAggregator()
    aggregator.take(NOW)
    for limited_call in (
        limited(10, 950),
        limited(30, 930),
        limited(20, 940),
        limited(5, 905, "claude-haiku-5-5"),
    ):
        aggregator.add(limited_call, NOW)
    assert aggregator.take(NOW + 10)[1] == []
    kept = [kept_call for kept_call in aggregator.take(NOW + 60)[1] if kept_call.why is KeptBecause.LIMITS]
    found = {
        kept_call.call.model: (kept_call.call.at, kept_call.call.limits[0].remaining) for kept_call in kept
    }
    assert found == {"claude-opus-5-5": (after(30), 930), "claude-haiku-5-5": (after(5), 905)}
    assert {(kept_call.call.tokens, kept_call.call.message) for kept_call in kept} == {(None, None)}
    assert [
        kept_call for kept_call in aggregator.take(NOW + 120)[1] if kept_call.why is KeptBecause.LIMITS
    ] == []


def test_what_was_taken_is_not_taken_again() -> None:
    aggregator = CallAggregator()
    aggregator.add(call(), NOW)
    assert aggregator.take(NOW)[0] is not None
    assert aggregator.take(NOW + timedelta(minutes=5).total_seconds()) == (None, [])
