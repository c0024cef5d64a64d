"""Filtering and sorting the days and incidents of the history."""

from __future__ import annotations

from datetime import timedelta
from functools import cache

import pytest

from claude_tui.analysis.uptime.columns import Service
from claude_tui.analysis.uptime.listing import (
    KNOWN_FIELDS,
    ORDERS,
    listed_incidents,
    listed_periods,
)
from claude_tui.analysis.uptime.report import Period, Report, build_report
from claude_tui.model.filtering import FilterError, parse_filter, refuse_unknown
from tests.snapshots.world import AT
from tests.uptime_values import OURS, ninety_days


@cache
def report() -> Report:
    return build_report(ninety_days(AT), timedelta(days=90), OURS)


def days(words: str, order: str = ORDERS[0]) -> list[Period]:
    return list(listed_periods(report(), parse_filter(words), order))


def outcomes(period: Period) -> set[str]:
    return {failure.outcome for failure in period.failures}


def test_without_a_filter_all_days_are_there_with_the_newest_first() -> None:
    assert days("") == list(reversed(report().periods))


@pytest.mark.parametrize(
    ("words", "outcome"),
    [
        ("status:529", "overloaded"),
        ("status:429", "rate_limited"),
        ("class:timeout", "timeout"),
        ("class:server_error", "server_error"),
        ("truncated", "truncated_stream"),
        ("class:overloaded_error", "overloaded"),
    ],
)
def test_a_filter_keeps_the_days_with_such_failures(words: str, outcome: str) -> None:
    kept = days(words)
    assert kept
    assert all(outcome in outcomes(day) for day in kept)
    assert len(kept) == sum(outcome in outcomes(period) for period in report().periods)
    assert len(days(f"-{words}")) == len(report().periods) - len(kept)


def test_terms_are_joined_and_since_takes_in_the_day_that_it_begins_in() -> None:
    week = days("since:7d")
    assert 7 <= len(week) <= 8
    assert week[-1].start <= AT - timedelta(days=7) < week[-2].start
    assert [outcomes(day) for day in days("since:3d status:529")] == [{"overloaded"}]


def test_days_that_nobody_probed_can_be_asked_for_and_left_out() -> None:
    unknown = days("nobody")
    assert unknown
    for span in unknown:
        assert span.tallies[Service.API].unknown == span.tallies[Service.API].span


def test_a_date_is_found_as_it_is_written() -> None:
    assert [f"{day.start:%b %d}" for day in days("2026-11-13")] == ["Nov 13"]


@pytest.mark.parametrize("order", ORDERS[1:])
def test_the_highest_figure_of_a_column_comes_first_and_the_unknown_last(order: str) -> None:
    ordered = days("", order)
    assert sorted(day.start for day in ordered) == [period.start for period in report().periods]
    if order == "down":
        figures = [day.tallies[Service.API].down for day in ordered]
        assert figures == sorted(figures, reverse=True)
        assert figures[0] > figures[-1]
    if order == "p95":
        seen = [day.latency.ttft.quantile(0.95) for day in ordered]
        known = [quantile for quantile in seen if quantile is not None]
        assert known == sorted(known, reverse=True)
        assert seen[len(known) :] == [None] * (len(seen) - len(known))


def test_incidents_are_found_by_title_cause_and_age() -> None:
    def titles(words: str) -> list[str]:
        return [incident.title for incident in listed_incidents(report().incidents, parse_filter(words), AT)]

    every = titles("")
    assert any("500s on all models" in title for title in every)
    assert titles("500s") == [title for title in every if "500s" in title]
    assert titles("class:provider_errors")
    assert set(titles("class:provider_errors")).isdisjoint(titles("-class:provider_errors"))
    assert titles("since:1h") == titles("since:1h status:529")


@pytest.mark.parametrize("words", ["app:checkout", "-model:opus"])
def test_what_the_history_does_not_know_is_refused(words: str) -> None:
    with pytest.raises(FilterError, match="is not known in the history"):
        refuse_unknown(parse_filter(words), KNOWN_FIELDS, "history")
    refuse_unknown(parse_filter("status:529 -timeout since:2d"), KNOWN_FIELDS, "history")
