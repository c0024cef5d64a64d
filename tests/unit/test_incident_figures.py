"""What is computed of an incident: its times, what they cost, and how much of them is known."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

from hypothesis import given
from hypothesis import strategies as st

from claude_tui.incident import Span, figures
from claude_tui.model.incident import IncidentAct
from claude_tui.model.observation import Outcome
from claude_tui.model.request import RequestedAction
from claude_tui.model.verdict import Cause, Severity, VerdictChange
from tests.builders import after, incident, messages, models, page, status
from tests.incident_values import (
    ACKNOWLEDGED,
    ASKED,
    BEGAN,
    DETECTED,
    GOOD,
    VERDICTS,
    declared,
    did,
    only,
    overload,
    record,
    turned,
)

ACTS = (declared(), did(400, IncidentAct.MITIGATED, happened=350), did(800, IncidentAct.RESOLVED))


def test_the_times_of_an_incident_and_what_lies_between() -> None:
    found = figures(record(alert_entries=(ACKNOWLEDGED,)), only(*ACTS))
    assert (found.started, found.detected, found.acknowledged) == (
        after(BEGAN),
        after(DETECTED),
        ACKNOWLEDGED.at,
    )
    assert found.acknowledged_by == "ben"
    assert (found.mitigated, found.recovered, found.resolved) == (after(350), after(GOOD), after(800))
    assert found.duration == timedelta(seconds=800 - BEGAN)
    assert found.after_start(found.detected) == timedelta(seconds=20)
    assert found.after_start(None) is None
    assert not found.ongoing


def test_taking_the_verdict_counts_as_acknowledged() -> None:
    took = replace(ASKED, at=after(140), action=RequestedAction.TAKE, by="ana", subject="P2")
    found = figures(record(alert_entries=(ACKNOWLEDGED,), requests=(ASKED, took)), only(*ACTS))
    assert (found.acknowledged, found.acknowledged_by) == (after(140), "ana")
    later = replace(took, at=after(200))
    found = figures(record(alert_entries=(ACKNOWLEDGED,), requests=(later,)), only(*ACTS))
    assert (found.acknowledged, found.acknowledged_by) == (ACKNOWLEDGED.at, "ben")


def test_who_acknowledges_after_the_recovery_has_acknowledged() -> None:
    late = replace(ACKNOWLEDGED, at=after(850))
    over = did(900, IncidentAct.RESOLVED, happened=800)
    assert figures(record(alert_entries=(late,)), only(declared(), over)).acknowledged == after(850)
    earlier = did(840, IncidentAct.RESOLVED, happened=800)
    assert figures(record(alert_entries=(late,)), only(declared(), earlier)).acknowledged is None


def test_while_it_is_open_it_lasts_until_now() -> None:
    found = figures(record(until=500), only(declared()))
    assert found.ongoing
    assert (found.end, found.resolved, found.recovered) == (after(500), None, None)


def test_how_many_failed_and_of_what() -> None:
    slow = messages(760, ttft=4.5)
    seen = tuple(sorted((*overload(), messages(425, Outcome.TIMEOUT), slow), key=lambda event: event.at))
    found = figures(record(observations=seen), only(*ACTS))
    assert found.failed == 61
    assert found.requests == 61 + 40 + sum(
        observation.at >= after(GOOD) for observation in seen if observation.at <= after(800)
    )
    assert [(error.name, error.count) for error in found.errors] == [
        ("529 overloaded_error", 60),
        ("timeout", 1),
    ]
    assert (found.worst, found.worst_s) == (slow, 4.5)
    assert len(found.request_ids) == 52


def test_the_minutes_of_each_severity_are_those_of_the_verdict() -> None:
    found = dict(figures(record(), only(*ACTS)).per_severity)
    assert found == {
        Severity.P1: timedelta(seconds=160),
        Severity.P2: timedelta(seconds=460),
        Severity.NONE: timedelta(seconds=20 + 40),
    }


def test_what_is_left_of_an_earlier_verdict_is_not_shown() -> None:
    found = figures(record(), only(*ACTS))
    short = replace(found, per_severity=(*found.per_severity, (Severity.P4, timedelta(seconds=0.2))))
    assert short.shown_severities == found.per_severity


def test_detection_that_came_before_the_start_counts_from_the_start() -> None:
    found = figures(record(), only(declared(happened=200)))
    assert found.detected == found.started == after(200)


def test_somebody_may_correct_when_it_was_detected() -> None:
    acts = (*ACTS, did(850, IncidentAct.CORRECTED, subject="detected", happened=125))
    assert figures(record(), only(*acts)).detected == after(125)


def test_the_lead_over_the_page_is_positive_when_the_probes_were_first() -> None:
    report = status(400, incidents=[replace(incident(), started_at=after(360), updates=())])
    found = figures(record(statuses=(status(-200), report)), only(*ACTS))
    assert (found.page_posted, found.detection_lead) == (after(360), timedelta(seconds=240))


def test_the_lead_over_the_page_is_negative_when_the_page_was_first() -> None:
    report = status(30, incidents=[replace(incident(), started_at=after(20), updates=())])
    found = figures(record(statuses=(status(-200), report)), only(*ACTS))
    assert found.detection_lead == timedelta(seconds=20 - BEGAN)


def test_a_silent_page_and_one_about_others_give_no_lead() -> None:
    for pages in ((status(-200),), (status(-200), status(300, chat="major_outage"))):
        found = figures(record(statuses=pages), only(*ACTS))
        assert (found.page_posted, found.detection_lead) == (None, None)


def test_a_page_that_was_never_read_during_the_incident_is_not_silent() -> None:
    lost = tuple(page(second, Outcome.TIMEOUT) for second in range(150, 800, 60))
    for looks, statuses, is_read in (
        (lost, (status(-200),), False),
        ((*lost, page(700)), (status(-200),), True),
        ((), (), False),
    ):
        observed = record(statuses=statuses)
        found = figures(replace(observed, observations=(*observed.observations, *looks)), only(*ACTS))
        assert (found.page_posted, found.page_read) == (None, is_read)


def test_time_without_probes_is_unknown_and_not_calm() -> None:
    seen = (messages(BEGAN, Outcome.OVERLOADED), messages(700))
    found = figures(record(observations=seen), only(*ACTS))
    # An exchange says something for 90 s at the usual pace.
    assert found.unknown == (Span(after(BEGAN + 90), after(700)), Span(after(790), after(800)))
    assert found.coverage == 1 - found.unknown_time / found.duration
    assert dict(found.per_severity)[Severity.P1] == timedelta(seconds=70)


def test_a_verdict_that_did_not_know_is_unknown_and_not_calm() -> None:
    verdicts = (*VERDICTS[:2], turned(300, Cause.UNKNOWN, Severity.NONE), *VERDICTS[3:])
    found = figures(record(verdict_changes=verdicts), only(*ACTS))
    assert Span(after(300), after(760)) in found.unknown


def test_an_incident_that_ended_before_it_began_has_no_length() -> None:
    found = figures(record(), only(declared(), did(300, IncidentAct.RESOLVED, happened=60)))
    assert (found.duration, found.coverage, found.requests) == (timedelta(), 1.0, 1)


instants = st.integers(-200, 1000).map(float)


@given(
    st.lists(st.tuples(instants, st.sampled_from([*Outcome]), st.booleans()), max_size=30),
    st.lists(st.tuples(instants, st.sampled_from([*Cause]), st.sampled_from([*Severity])), max_size=8),
    instants,
)
def test_severities_and_unknown_time_add_up_to_the_duration(
    seen: list[tuple[float, Outcome, bool]], verdicts: list[tuple[float, Cause, Severity]], end: float
) -> None:
    observations = tuple(
        sorted(
            (messages(at, outcome) if paid else models(at, outcome) for at, outcome, paid in seen),
            key=lambda event: event.at,
        )
    )
    changes: list[VerdictChange] = sorted(
        (turned(*verdict) for verdict in verdicts), key=lambda event: event.at
    )
    kept = record(observations=observations, verdict_changes=tuple(changes))
    found = figures(kept, only(declared(), did(1000, IncidentAct.RESOLVED, happened=end)))
    known = sum((length for _, length in found.per_severity), timedelta())
    assert known + found.unknown_time == found.duration
    assert 0 <= found.coverage <= 1
    assert found.failed <= found.requests
    assert sum(error.count for error in found.errors) == found.failed
    assert all(found.started <= gap.start < gap.end <= found.end for gap in found.unknown)
