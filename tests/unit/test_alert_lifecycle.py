"""The lifecycle of one alert. Against Prometheus itself: tests/functional/test_promtool.py."""

from __future__ import annotations

import itertools
from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from claude_tui.alerting.lifecycle import RESOLVED_RETENTION, Timing, step, without_gap
from claude_tui.model.alert import AlertState, AlertStatus
from tests.builders import after

MATCHES = st.lists(st.sampled_from([True, False, None]), max_size=40)
TIMINGS = st.builds(
    lambda hold, keep: Timing(timedelta(seconds=hold), timedelta(seconds=keep)),
    st.sampled_from([0, 15, 40]),
    st.sampled_from([0, 15, 40]),
)


def course(timing: Timing, *matches: bool | None, every: float = 15) -> list[AlertStatus | None]:
    standing, statuses = None, []
    for index, matched in enumerate(matches):
        standing = step(timing, standing, matched, after(index * every))
        statuses.append(standing)
    return statuses


def states(*standings: AlertStatus | None) -> list[str]:
    return [standing.state.value if standing else "inactive" for standing in standings]


def test_from_pending_to_firing_to_resolved() -> None:
    statuses = course(Timing(timedelta(seconds=30)), True, True, True, True, False)
    assert states(*statuses) == ["pending", "pending", "firing", "firing", "resolved"]
    last = statuses[-1]
    assert last is not None
    assert (last.since, last.fired_at, last.resolved_at) == (after(0), after(30), after(60))


def test_what_was_pending_disappears_silently() -> None:
    assert course(Timing(timedelta(seconds=30)), True, False)[-1] is None


def test_it_is_kept_firing_and_forgets_that_when_it_matches_again() -> None:
    timing = Timing(keep=timedelta(seconds=30))
    statuses = course(timing, True, False, False, True, False, False, False)
    assert states(*statuses) == ["firing"] * 6 + ["resolved"]


def test_a_resolved_alert_is_remembered_for_a_while() -> None:
    resolved = course(Timing(), True, False)[-1]
    assert resolved is not None
    assert resolved.resolved_at is not None
    still = step(Timing(), resolved, False, resolved.resolved_at + RESOLVED_RETENTION)
    assert still == resolved
    assert step(Timing(), still, False, resolved.resolved_at + RESOLVED_RETENTION * 1.01) is None


def test_a_resolved_alert_that_matches_begins_anew() -> None:
    statuses = course(Timing(timedelta(seconds=15)), True, True, False, True, True)
    assert states(*statuses) == ["pending", "firing", "resolved", "pending", "firing"]
    assert statuses[-1] is not None
    assert statuses[-1].since == after(45)


@given(TIMINGS, MATCHES)
def test_no_data_changes_nothing(timing: Timing, matches: list[bool | None]) -> None:
    standing: AlertStatus | None = None
    for index, matched in enumerate(matches):
        before, standing = standing, step(timing, standing, matched, after(index * 15))
        if matched is None:
            assert standing is before


@given(TIMINGS, MATCHES)
def test_what_fires_has_matched_for_long_enough(timing: Timing, matches: list[bool | None]) -> None:
    for standing in course(timing, *matches):
        if standing is not None and standing.fired_at is not None:
            assert standing.fired_at - standing.since >= timing.hold
        if standing is not None and standing.state is AlertState.PENDING:
            assert (standing.fired_at, standing.resolved_at, standing.unmatched_since) == (None, None, None)


@given(TIMINGS, MATCHES)
def test_only_what_fired_resolves(timing: Timing, matches: list[bool | None]) -> None:
    statuses = course(timing, *matches)
    for before, standing in itertools.pairwise(statuses):
        if standing is not None and standing.state is AlertState.RESOLVED and standing != before:
            assert before is not None
            assert before.state is AlertState.FIRING


@pytest.mark.parametrize("gap_s", [60, 7200])
def test_time_in_which_nobody_looked_lets_nothing_run_out(gap_s: float) -> None:
    gap = timedelta(seconds=gap_s)
    pending = AlertStatus(AlertState.PENDING, after(0))
    assert without_gap(pending, gap, after(gap_s + 10)).since == after(gap_s)
    kept = AlertStatus(AlertState.FIRING, after(0), after(0), unmatched_since=after(5), closes_at=after(305))
    moved = without_gap(kept, gap, after(gap_s + 10))
    assert (moved.since, moved.unmatched_since) == (after(0), after(gap_s + 5))
    assert moved.closes_at == after(gap_s + 305)
    firing = AlertStatus(AlertState.FIRING, after(0), after(0))
    assert without_gap(firing, gap, after(gap_s)) is firing
