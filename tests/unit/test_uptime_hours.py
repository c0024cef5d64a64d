"""Uptime in time: every microsecond of a span is up, down, ours or unknown, and a gap is never up."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from claude_tui.analysis.options import Options
from claude_tui.analysis.uptime.hours import (
    DEFAULT_REACH,
    HOUR,
    LONGEST_WAIT,
    Sample,
    State,
    hour_rows,
    reach_of,
    state_of,
)
from claude_tui.analysis.uptime.tally import LEAST_COVERAGE, Tally, source_tally
from claude_tui.model.observation import Outcome, Source

SECOND = 1_000_000
REACH = DEFAULT_REACH[Source.MESSAGES]
FIRST = 490_000
START = FIRST * HOUR


def sample(at_s: float, outcome: Outcome = Outcome.OK, source: Source = Source.MESSAGES) -> Sample:
    """An answer that took a tenth of a second, `at_s` after START."""
    return Sample(START + round(at_s * SECOND), source, "haiku", outcome, "", 0.05, 0.1)


def tally(*samples: Sample, hours: int = 1, until_s: float | None = None) -> Tally:
    until = None if until_s is None else START + round(until_s * SECOND)
    rows = hour_rows(samples, FIRST, FIRST + hours, DEFAULT_REACH, until=until)
    return source_tally(rows, Source.MESSAGES, hours * HOUR)


samples = st.lists(
    st.builds(
        Sample,
        at=st.integers(START - 2 * HOUR, START + 5 * HOUR),
        source=st.sampled_from(Source),
        model=st.sampled_from(["", "haiku", "opus"]),
        outcome=st.sampled_from(Outcome),
        error_type=st.sampled_from(["", "overloaded_error"]),
        first_token_s=st.none() | st.floats(0, 100),
        total_s=st.none() | st.floats(-1, 2000),
    ),
    max_size=60,
)


@given(samples, st.integers(1, 4), st.none() | st.integers(0, 4 * HOUR))
def test_the_parts_add_up_to_the_span_and_none_is_negative(
    found: list[Sample], hours: int, until: int | None
) -> None:
    rows = hour_rows(
        found, FIRST, FIRST + hours, DEFAULT_REACH, until=None if until is None else START + until
    )
    for source in Source:
        parts = source_tally(rows, source, hours * HOUR)
        assert parts.up + parts.down + parts.ours + parts.unknown == parts.span
        assert min(parts.up, parts.down, parts.ours, parts.unknown) >= 0
    begun = [observation for observation in found if START <= observation.at < START + hours * HOUR]
    assert sum(row.observed for row in rows) == len(begun)


@given(samples)
def test_hours_one_by_one_are_the_hours_together(found: list[Sample]) -> None:
    together = hour_rows(found, FIRST, FIRST + 3, DEFAULT_REACH)
    one_by_one = [
        row for hour in range(FIRST, FIRST + 3) for row in hour_rows(found, hour, hour + 1, DEFAULT_REACH)
    ]
    assert one_by_one == together


@given(st.lists(st.integers(0, 3599), min_size=1, max_size=80, unique=True), st.data())
def test_failing_more_never_looks_better(seconds: list[int], data: st.DataObject) -> None:
    before = [sample(second) for second in seconds]
    index = data.draw(st.integers(0, len(seconds) - 1))
    after = [
        answer._replace(outcome=Outcome.OVERLOADED) if n == index else answer
        for n, answer in enumerate(before)
    ]
    assert tally(*after).up <= tally(*before).up
    assert tally(*after).down >= tally(*before).down


@given(st.lists(st.integers(0, 3599), min_size=1, max_size=80, unique=True), st.data())
def test_a_probe_that_is_missing_never_adds_to_what_is_up(seconds: list[int], data: st.DataObject) -> None:
    found = [sample(second) for second in seconds]
    fewer = [observation for observation in found if data.draw(st.booleans())]
    assert tally(*fewer).up <= tally(*found).up


def test_a_probe_on_time_every_half_minute_covers_the_hour() -> None:
    found = tally(*(sample(30 * number) for number in range(-1, 121)))
    assert found == Tally(HOUR, up=HOUR)
    assert found.uptime == 1.0


def test_one_failure_counts_until_the_next_probe() -> None:
    every = [sample(30 * number) for number in range(121)]
    every[10] = sample(300, Outcome.OVERLOADED)
    assert tally(*every).down == 30 * SECOND


def test_nobody_probed_is_unknown() -> None:
    found = tally(sample(0), sample(1800))
    assert found.up == 2 * (REACH + SECOND // 10)
    assert found.unknown == HOUR - found.up
    assert found.uptime is None


@pytest.mark.parametrize(("apart", "known"), [(600, True), (3600, True), (3601, False)])
def test_a_wait_between_two_failures_is_down_for_up_to_an_hour(apart: int, known: bool) -> None:
    found = tally(sample(-1, Outcome.OVERLOADED), sample(apart - 1, Outcome.OVERLOADED), hours=2)
    lasted = REACH + SECOND // 10
    assert found.down == ((apart - 1) * SECOND if known else lasted - SECOND) + lasted


def test_a_wait_between_a_failure_and_a_success_is_unknown() -> None:
    found = tally(sample(0, Outcome.OVERLOADED), sample(600), sample(1200, Outcome.TIMEOUT))
    assert (found.down, found.up) == (2 * (REACH + SECOND // 10), REACH + SECOND // 10)


def test_our_faults_are_ours_and_leave_the_provider_unjudged() -> None:
    found = tally(*(sample(30 * number, Outcome.KEY_REJECTED) for number in range(121)))
    assert found == Tally(HOUR, ours=HOUR)
    assert (found.coverage, found.uptime) == (0.0, None)


def test_what_is_ours() -> None:
    ours = {outcome.value for outcome in Outcome if state_of(outcome) is State.OURS}
    assert ours == {
        "rate_limited", "spend_limit", "key_rejected", "not_permitted", "bad_request", "model_not_found",
        "network",
    }  # fmt: skip


def test_a_slow_answer_says_how_it_was_while_it_was_awaited() -> None:
    slow = replace_total(sample(0, Outcome.TIMEOUT), 120.0)
    assert tally(slow, sample(300)).down == 120 * SECOND + REACH


def replace_total(found: Sample, seconds: float) -> Sample:
    return found._replace(total_s=seconds)


def test_nothing_is_known_after_the_present() -> None:
    assert tally(sample(0), until_s=10).up == 10 * SECOND


def test_half_the_span_is_enough_for_a_percentage() -> None:
    half = Tally(span=100, up=45, down=5)
    assert half.coverage == LEAST_COVERAGE
    assert half.uptime == 0.9
    assert replace(half, up=44).uptime is None


def test_the_reach_follows_the_interval() -> None:
    reach = reach_of(Options(messages_interval_s=60, models_interval_s=20, status_interval_s=120))
    assert reach == {
        Source.MESSAGES: 90 * SECOND,
        Source.MODELS: 30 * SECOND,
        Source.STATUS: 180 * SECOND,
        Source.OTHER_MODELS: 180 * SECOND,
    }
    assert LONGEST_WAIT == HOUR
