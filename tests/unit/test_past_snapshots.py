"""Snapshots of the past: what was known at an instant, whichever way it was reached."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from claude_tui.analysis.history.history import History
from claude_tui.analysis.snapshot import build_snapshot
from claude_tui.engine.conditions import Conditions
from claude_tui.engine.past import Past
from claude_tui.engine.window import finished_at
from claude_tui.model.arrangement import Panel
from claude_tui.model.observation import Outcome, Source
from claude_tui.model.past import MarkKind
from claude_tui.model.snapshot import EventKind, Focus, Snapshot
from claude_tui.model.verdict import Cause, Severity
from claude_tui.store import Store
from tests.builders import after, messages, models
from tests.recorded import END_S, OVERLOAD_S, SLOW_S, conditions, instants, observations, recorded_in


@pytest.fixture(scope="module")
def store(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Store]:
    store = recorded_in(tmp_path_factory.mktemp("record"))
    yield store
    store.close()


@pytest.fixture
def past(store: Store) -> Past:
    return Past(store, Conditions())


def same(one: Snapshot, other: Snapshot) -> None:
    """Part by part, so that a difference is legible."""
    assert one.verdict == other.verdict
    assert one.events == other.events
    assert one.engine == other.engine
    assert one == other


# -- what was known ---------------------------------------------------------------------


def test_an_exchange_in_flight_is_not_known(past: Past) -> None:
    began = OVERLOAD_S
    during = past.whole(after(began + SLOW_S - 1))
    ended = past.whole(after(began + SLOW_S))
    assert not [event for event in during.events if event.kind is EventKind.FAILURE]
    assert [event.at for event in ended.events if event.kind is EventKind.FAILURE] == [after(began)]
    (running,) = (probe for probe in during.engine.probes if probe.running)
    assert running.source is Source.MESSAGES


def test_only_what_was_known_counts_by_an_independent_account(past: Past) -> None:
    for at in instants(12):
        history = History()
        history.extend(observation for observation in observations() if finished_at(observation) <= at)
        expected = build_snapshot(history, at, past.whole(at).engine, conditions().options)
        found = past.whole(at)
        assert found.errors == expected.errors
        assert found.latency == expected.latency
        assert found.headroom == expected.headroom


def test_the_page_says_what_had_been_read_by_then(past: Past) -> None:
    def indicator(seconds: float) -> str | None:
        status = past.whole(after(seconds)).status.status
        return status.indicator if status is not None else None

    assert [indicator(second) for second in (4200, 4207.4, 4207.5, 6000, 6008)] == [
        "none", "none", "minor", "minor", "none",
    ]  # fmt: skip


def test_a_reading_of_the_page_that_brought_nothing_new_was_a_reading(past: Past) -> None:
    view = past.whole(after(4200)).status
    assert view.status is not None
    assert view.status.fetched_at == after(4147.4)
    assert view.checked_at == after(4147.4)
    assert not view.stale


def test_what_people_did_appears_when_they_did_it(past: Past) -> None:
    before, marked, noted = (past.whole(after(second)).engine for second in (3799, 3900, 4000))
    assert (before.step_marks, before.severity_marks) == ((), ())
    assert [mark.step for mark in marked.step_marks] == ["check_page"]
    assert [entry.text for entry in before.incident_entries] == ["529s"]
    assert [entry.text for entry in noted.incident_entries] == ["529s", "on Sonnet"]


def test_a_severity_that_somebody_set_holds_from_then_on(past: Past) -> None:
    computed, overridden = past.whole(after(3899)).verdict, past.whole(after(3901)).verdict
    assert computed.severity is Severity.P3
    assert overridden.severity is Severity.P1


def test_who_had_taken_it_had_it_from_then_on_until_the_trouble_ended(past: Past) -> None:
    before, since, over = (past.whole(after(second)).verdict for second in (3819, 3821, 7000))
    assert since.taken is not None
    assert (before.taken, since.taken.by, over.taken) == (None, "ben", None)


def test_the_thresholds_of_then_judge(past: Past) -> None:
    strict, lax = past.whole(after(3849)).verdict, past.whole(after(3851)).verdict
    assert strict.cause is lax.cause is Cause.PROVIDER_OVERLOADED
    assert (strict.severity, lax.severity) == (Severity.P2, Severity.P3)


def test_where_no_conditions_are_recorded_those_of_now_judge_and_it_says_so(tmp_path: Path) -> None:
    store = recorded_in(tmp_path, observations())
    snapshot = Past(store, conditions()).snapshot(after(3700))
    store.close()
    assert snapshot.engine.target == conditions().target
    notices = " ".join(notice.text for notice in snapshot.engine.notices)
    assert "not recorded: the current ones are used" in notices
    assert snapshot.engine.alerts.problem == "which alerts there were at that time is not recorded"


def test_the_alerts_are_those_of_then(past: Past) -> None:
    before, paged = past.whole(after(3699)), past.whole(after(3700))
    assert before.engine.alerts.journal == ()
    assert before.engine.alerts.problem is None
    assert [entry.text for entry in paged.engine.alerts.journal] == ["paged oncall"]
    assert "paged oncall" in [event.text for event in paged.events]


def test_the_cost_is_that_of_the_day_until_then(past: Past) -> None:
    assert past.whole(after(OVERLOAD_S - 31)).engine.spend.today_usd == 0.0
    assert past.whole(after(OVERLOAD_S)).engine.spend.today_usd == pytest.approx(0.02)
    # The day has changed.
    assert past.whole(after(-50_000)).engine.spend.today_usd == 0.0


def test_time_without_observations_is_unknown(past: Past) -> None:
    assert past.whole(after(-200_000)).verdict.cause is Cause.UNKNOWN
    assert past.whole(after(END_S + 90_000)).verdict.cause is Cause.UNKNOWN


# -- the way does not matter --------------------------------------------------------------


@settings(max_examples=15, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(way=st.lists(st.floats(-1800, END_S + 1800), min_size=1, max_size=8))
def test_any_way_leads_to_the_same_snapshot(store: Store, way: list[float]) -> None:
    walked = Past(store, Conditions())
    for seconds in way:
        walked.snapshot(after(seconds))
    same(walked.whole(after(way[-1])), Past(store, Conditions()).whole(after(way[-1])))


def test_steps_there_and_back_meet_the_same_snapshots(store: Store) -> None:
    past = Past(store, Conditions())
    at, there = after(OVERLOAD_S - 45), []
    past.whole(at)
    for _ in range(40):
        found = past.observation_near(at, later=True)
        assert found is not None
        at = found
        there.append(past.snapshot(at))
    assert [past_one.at for past_one in there] == sorted({past_one.at for past_one in there})
    for snapshot in reversed(there[:-1]):
        back = past.observation_near(at, later=False)
        assert back == snapshot.at
        at = back
        same(past.snapshot(at), snapshot)


def test_the_first_picture_has_the_errors_and_the_whole_one_the_usual_latency(store: Store) -> None:
    past, at = Past(store, Conditions()), after(4000)
    first = past.snapshot(at)
    whole = past.whole(at)
    assert first.past is not None
    assert whole.past is not None
    assert (first.past.complete, whole.past.complete) == (False, True)
    assert (first.errors, first.verdict.cause) == (whole.errors, whole.verdict.cause)
    spans = [series.baseline_span for series in whole.latency.series if series.name == "message"]
    assert spans[0] is not None
    assert spans[0] > timedelta(hours=20)


# -- where to go ------------------------------------------------------------------------


def test_events_are_stops_on_the_way(past: Past) -> None:
    at, stops = after(OVERLOAD_S), []
    while (found := past.event_near(at, later=True)) is not None:
        at = found
        stops.append((at - after(0)).total_seconds())
    assert stops == [3660, 3700, 3750, 3800, 3820, 3900, 4000, 4207.45, 5700, 6000, 6007.45]
    assert past.event_near(after(3700), later=False) == after(3660)
    assert past.event_near(after(-80_000), later=False) is None


def test_observations_are_stops_at_the_instant_they_were_known(past: Past) -> None:
    assert past.observation_near(after(OVERLOAD_S + 17), later=True) == after(OVERLOAD_S + SLOW_S)
    assert past.observation_near(after(END_S + 500), later=True) is None
    assert past.observation_near(after(-91_000), later=False) is None
    # Beyond what has been read, too.
    assert past.observation_near(after(-100_000), later=True) == finished_at(messages(-90_000))
    assert past.observation_near(after(END_S + 90_000), later=False) is not None


def test_the_scrubber_marks_what_happened_and_where_nobody_probed(past: Past) -> None:
    view = past.whole(after(3890)).past
    assert view is not None
    assert (view.start, view.end) == (after(2700), after(4800))
    kinds = [(mark.kind, mark.severity) for mark in view.marks if mark.at < after(4100)]
    assert kinds == [
        (MarkKind.VERDICT, "P2"),
        (MarkKind.ALERT, ""),
        (MarkKind.PERSON, ""),
        (MarkKind.PERSON, ""),
        (MarkKind.PERSON, ""),
        (MarkKind.PERSON, ""),
        (MarkKind.PERSON, ""),
    ]
    assert view.gaps == ()


def test_a_pause_of_the_program_is_a_gap(tmp_path: Path) -> None:
    store = recorded_in(tmp_path, [models(float(at)) for at in (*range(0, 600, 15), *range(1500, 1800, 15))])
    view = Past(store, Conditions()).whole(after(1600)).past
    store.close()
    assert view is not None
    ((start, end),) = [gap for gap in view.gaps if gap[0] > after(500)]
    assert (start, end) == (view.start, after(1500))


def test_a_chart_of_the_past_ends_there(past: Past) -> None:
    chart = past.snapshot(after(4000), Focus(Panel.LATENCY, timedelta(hours=1))).chart
    assert chart is not None
    assert chart.end == after(4000)
    assert all(at <= after(4000) for series in chart.series for at, _ in series.points)


# -- a record that grows ------------------------------------------------------------------


def test_what_is_recorded_meanwhile_is_read(tmp_path: Path) -> None:
    store = recorded_in(tmp_path, [models(float(at)) for at in range(0, 600, 15)])
    now = after(600)
    past = Past(store, Conditions(), lambda: now)
    assert past.snapshot(after(599)).events == ()
    # One that had begun before is recorded when it ends.
    store.write(models(594, Outcome.OVERLOADED, total=8.0))
    now = after(700)
    assert past.snapshot(after(601)).events == ()
    failures = [event.at for event in past.snapshot(after(602)).events if event.kind is EventKind.FAILURE]
    store.close()
    assert failures == [after(594)]


def test_a_window_grows_with_the_way_and_not_without_end(store: Store) -> None:
    past = Past(store, Conditions())
    at: datetime = after(-80_000)
    while at < after(END_S):
        at += timedelta(minutes=25)
        past.snapshot(at)
    same(past.whole(at), Past(store, Conditions()).whole(at))
    assert replace(past.snapshot(at), past=None).verdict.cause is not None
