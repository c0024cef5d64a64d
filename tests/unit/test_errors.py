"""Failures by class."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from claude_tui.analysis.history.failure_kinds import failure_name, failure_words
from claude_tui.analysis.snapshot import Options, build_snapshot
from claude_tui.analysis.views.errors import MAX_DETAILS, SPANS, error_windows
from claude_tui.knowledge import knowledge
from claude_tui.model.observation import Observation, Outcome, Source
from claude_tui.model.snapshot import ErrorRow, ErrorWindow, EventKind, Level
from tests.builders import after, engine, healthy, history_of, messages, models, page


def windows_of(*observations: Observation, at: float) -> tuple[ErrorWindow, ...]:
    return error_windows(history_of(*observations), after(at))


def rows(window: ErrorWindow) -> dict[str, ErrorRow]:
    return {row.key: row for row in window.rows}


def test_every_failed_outcome_is_in_exactly_one_row() -> None:
    listed = [outcome for row in knowledge().classes for outcome in row.outcomes]
    assert sorted(listed) == sorted(outcome for outcome in Outcome if outcome.failed)


def test_all_rows_are_there_with_nothing_in_them() -> None:
    for window in windows_of(at=0):
        assert [row.label for row in window.rows] == [
            "529 overloaded",
            "500 api error",
            "429 rate limit",
            "timeouts",
            "client errors (4xx)",
            "network",
            "bad response",
        ]
        assert (window.requests, window.failures, window.breakdown) == (0, 0, ())
        for row in window.rows:
            assert (row.count, row.share, row.level, set(row.trend)) == (0, None, Level.OK, {0})


def test_counts_and_shares_over_three_spans() -> None:
    observations = [messages(30.0 * n, Outcome.OVERLOADED if n >= 110 else Outcome.OK) for n in range(120)]
    observations += [models(15.0 * n + 1) for n in range(240)]
    minute, five, hour = windows_of(*observations, at=3600)
    assert (minute.requests, minute.failures) == (2 + 4 - 1, 1)
    assert five.requests == 9 + 20
    assert rows(five)["overloaded"].count == 9
    assert rows(five)["overloaded"].share == 1.0
    assert (five.messages.failed, five.messages.asked, five.models.failed, five.models.asked) == (9, 9, 0, 20)
    assert (five.messages.failing_share, five.models.failing_share) == (1.0, 0.0)
    assert rows(hour)["overloaded"].count == 10
    assert rows(hour)["rate_limited"].count == 0


def test_fetches_of_the_status_page_do_not_count() -> None:
    (minute, *_) = windows_of(page(1), page(2, Outcome.NETWORK), models(3), at=5)
    assert (minute.requests, minute.failures) == (1, 0)


def test_too_few_requests_have_no_share() -> None:
    (minute, *_) = windows_of(messages(1, Outcome.TIMEOUT), models(2), at=5)
    row = rows(minute)["timeout"]
    assert (row.count, row.share, row.level) == (1, None, Level.WARN)


def test_levels() -> None:
    observations = [*healthy(0, 300), *(messages(100.0 + n, Outcome.OVERLOADED) for n in range(3))]
    observations += [messages(120, Outcome.SERVER_ERROR), messages(121, Outcome.SERVER_ERROR)]
    observations += [messages(130.0 + n, Outcome.RATE_LIMITED) for n in range(3)]
    found = rows(windows_of(*observations, at=300)[1])
    assert found["overloaded"].level is Level.BAD
    assert found["server_error"].level is Level.WARN
    assert found["rate_limited"].level is Level.BAD
    assert found["network"].level is Level.OK


def test_a_few_failures_among_many_requests_are_a_warning() -> None:
    observations = [models(1.0 * n, Outcome.SERVER_ERROR if n % 50 == 0 else Outcome.OK) for n in range(250)]
    found = rows(windows_of(*observations, at=250)[1])["server_error"]
    assert (found.count, found.level) == (5, Level.WARN)


def test_a_spend_limit_is_ours_and_no_rate_limit() -> None:
    found = rows(windows_of(messages(1, Outcome.SPEND_LIMIT), at=2)[0])
    assert found["yours"].count == 1
    assert found["rate_limited"].count == 0


@pytest.mark.parametrize(
    ("statuses", "label"),
    [
        ([529, 529], "529 overloaded"),
        ([500, 500], "500 overloaded"),
        ([529, 500, 529], "529 overloaded"),
        ([500, 529, 500], "overloaded"),
        ([500, 503], "overloaded"),
        ([200, 200], "overloaded"),
    ],
)
def test_a_row_names_the_status_that_its_failures_had(statuses: list[int], label: str) -> None:
    observations = [
        messages(float(n), Outcome.OVERLOADED, http_status=status) for n, status in enumerate(statuses)
    ]
    found = rows(windows_of(*observations, at=9)[0])
    assert (found["overloaded"].label, found["overloaded"].count) == (label, len(statuses))
    assert found["server_error"].label == "500 api error"
    assert found["rate_limited"].label == "429 rate limit"


@pytest.mark.parametrize("status", [500, 529])
def test_row_breakdown_event_and_evidence_agree_on_a_masked_overload(status: int) -> None:
    """The API's own 500 that says Overloaded, and a 529 that a gateway passes on under its own type."""
    observations = [
        messages(
            float(n), Outcome.OVERLOADED, http_status=status, error_type="api_error", message="Overloaded"
        )
        for n in range(1, 9)
    ]
    found = build_snapshot(
        history_of(*(models(float(n)) for n in range(9)), *observations), after(9), engine(), Options()
    )
    (row,) = [row for row in found.errors[1].rows if row.count]
    assert row.label == f"{status} overloaded"
    assert failure_name(found.errors[1].breakdown[0].kind) == f"{status} api_error (overloaded)"
    assert {event.text for event in found.events if event.kind is EventKind.FAILURE} == {
        f"{status} overloaded"
    }
    assert found.verdict.evidence[0].text.startswith("8 of 8 failed: api_error (overloaded)")


def test_breakdown_by_source_status_and_type() -> None:
    observations = [messages(float(n), Outcome.OVERLOADED) for n in range(1, 5)]
    observations += [messages(10, Outcome.OVERLOADED, http_status=500), models(11, Outcome.OVERLOADED)]
    observations += [messages(12, Outcome.NETWORK)]
    five = windows_of(*observations, at=20)[1]
    first = five.breakdown[0]
    assert first.kind == (Source.MESSAGES, Outcome.OVERLOADED, 529, "overloaded_error")
    assert (first.count, first.last_at, first.row) == (4, after(4), "overloaded")
    assert sum(detail.count for detail in five.breakdown) == five.failures == 7
    assert len(five.breakdown) == 4


def test_a_server_that_invents_types_does_not_make_an_endless_list() -> None:
    observations = [messages(n / 10, Outcome.SERVER_ERROR, error_type=f"t{n}") for n in range(2500)]
    five = windows_of(*observations, at=250)[1]
    assert five.failures == 2500
    assert len(five.breakdown) == MAX_DETAILS
    assert five.breakdown[0].kind.error_type == "t2499"


instants = st.lists(st.tuples(st.integers(0, 4000), st.sampled_from(list(Outcome))), max_size=60)


@given(instants)
def test_windows_agree_with_counting_by_hand(outcomes: list[tuple[int, Outcome]]) -> None:
    unique = dict(outcomes)
    observations = [messages(float(at), outcome) for at, outcome in unique.items()]
    for window, span in zip(windows_of(*observations, at=4000), SPANS, strict=True):
        inside = [outcome for at, outcome in unique.items() if 4000 - span.total_seconds() < at]
        assert window.requests == len(inside)
        assert window.failures == sum(outcome.failed for outcome in inside)
        for row, listed in zip(window.rows, knowledge().classes, strict=True):
            assert row.count == sum(outcome in listed.outcomes for outcome in inside)
            assert sum(row.trend) <= row.count
            assert len(row.trend) == 12
            listed_below = sum(part.count for part in window.breakdown if part.row == row.key)
            assert row.count == listed_below or len(window.breakdown) == MAX_DETAILS


def test_the_trend_is_oldest_first() -> None:
    found = rows(windows_of(messages(3590, Outcome.TIMEOUT), messages(300, Outcome.TIMEOUT), at=3600)[2])
    assert found["timeout"].trend == (1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1)


@pytest.mark.parametrize(
    ("observation", "words", "name"),
    [
        (messages(0, Outcome.OVERLOADED), "529 overloaded", "529 overloaded_error"),
        (messages(0, Outcome.OVERLOADED, http_status=200), "200 overloaded", "200 overloaded_error"),
        (messages(0, Outcome.SERVER_ERROR), "500 api error", "500 api_error"),
        (messages(0, Outcome.RATE_LIMITED), "429 rate limit", "429 rate_limit_error"),
        (messages(0, Outcome.SPEND_LIMIT), "429 spend limit", "429 spend limit"),
        (messages(0, Outcome.MODEL_NOT_FOUND), "404 model not found", "404 not_found_error"),
        (messages(0, Outcome.KEY_REJECTED), "401 authentication", "401 authentication_error"),
        (messages(0, Outcome.TIMEOUT), "timeout", "timeout"),
        (
            messages(0, Outcome.TIMEOUT, error_type="read_timeout"),
            "timeout: no answer in time",
            "timeout: no answer in time",
        ),
        (
            messages(0, Outcome.TIMEOUT, error_type="timeout_error", http_status=504),
            "504 timeout",
            "504 timeout",
        ),
        (
            messages(0, Outcome.NETWORK, error_type="refused"),
            "network: connection refused",
            "network: connection refused",
        ),
        (
            messages(0, Outcome.INVALID_RESPONSE, error_type="html_page"),
            "200 html page",
            "200 html page",
        ),
        (messages(0, Outcome.INVALID_RESPONSE), "200 invalid response", "200 invalid response"),
        (messages(0, Outcome.TRUNCATED_STREAM), "200 truncated stream", "200 truncated stream"),
    ],
)
def test_how_a_failure_reads(observation: Observation, words: str, name: str) -> None:
    assert failure_words(observation) == words
    assert failure_name(observation) == name
