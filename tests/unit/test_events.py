"""Events: failures, recoveries, changes of the page, of limits and of the model list."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from claude_tui.analysis.history.history import History
from claude_tui.analysis.options import Options
from claude_tui.analysis.views.events import filtered, newest_events
from claude_tui.model.filtering import FilterError, parse_filter
from claude_tui.model.observation import Observation, Outcome, WindowReading
from claude_tui.model.provider import Catalogue, Maintenance, ProviderStatus
from claude_tui.model.snapshot import Event, EventKind, Level
from tests.builders import (
    API,
    CHAT,
    NOON,
    after,
    bucket,
    catalogue,
    history_of,
    incident,
    messages,
    models,
    page,
    status,
    unread,
)


def events_of(
    *items: Observation | ProviderStatus | Catalogue, at: float = 1e5, options: Options | None = None
) -> tuple[Event, ...]:
    return newest_events(history_of(*items), after(at), options or Options())


def texts(*items: Observation | ProviderStatus | Catalogue) -> list[str]:
    """Oldest first."""
    return [f"{event.subject} {event.text}" for event in reversed(events_of(*items))]


def test_success_is_no_event() -> None:
    assert events_of(messages(0), models(1), page(2), status(3), catalogue(4, "a")) == ()


def test_every_failure_is_an_event_with_its_request() -> None:
    first, second = messages(0, Outcome.OVERLOADED, message="Overloaded"), messages(30, Outcome.OVERLOADED)
    newest, oldest = events_of(first, second)[0].folded
    assert (newest.at, oldest.at) == (after(30), after(0))
    assert (oldest.kind, oldest.level, oldest.subject) == (EventKind.FAILURE, Level.BAD, "messages")
    assert oldest.text == "529 overloaded"
    assert oldest.observation is first
    assert oldest.detail == "Overloaded"
    assert newest.key != oldest.key


def test_a_failed_fetch_of_the_page_is_reported_by_the_page_alone() -> None:
    assert texts(page(0, Outcome.NETWORK), unread(0, "no route")) == ["status page unreadable: no route"]


def test_recovery_says_how_long_it_failed() -> None:
    observations = [
        messages(0),
        messages(30, Outcome.TIMEOUT),
        messages(60, Outcome.OVERLOADED),
        messages(125),
    ]
    recovery = events_of(*observations)[0]
    assert (recovery.kind, recovery.level) == (EventKind.RECOVERY, Level.OK)
    assert recovery.text == "200 in 640 ms after 1m 35s of failures"
    assert recovery.observation == observations[-1]


def test_the_sources_recover_each_for_itself() -> None:
    kinds = [event.kind for event in events_of(messages(0, Outcome.TIMEOUT), models(1), models(2))]
    assert kinds == [EventKind.FAILURE]


def test_a_success_after_a_long_gap_does_not_claim_to_have_watched() -> None:
    recovery = events_of(messages(0, Outcome.TIMEOUT), messages(7200))[0]
    assert recovery.text.endswith("not probed since a failure 2h 00m ago")


def test_newest_first_and_bounded() -> None:
    observations = [messages(30.0 * n, limits=[bucket("tokens", 1, 40_000 + n % 2)]) for n in range(300)]
    found = events_of(*observations, options=Options(max_events=50))
    assert [event.at for event in found] == [after(30 * (299 - n)) for n in range(50)]


# -- folds -------------------------------------------------------------------------


def outage(first: int, last: int, outcome: Outcome = Outcome.OVERLOADED) -> list[Observation]:
    """A failing message every ten seconds, with both ends."""
    return [messages(float(second), outcome) for second in range(first, last + 1, 10)]


def test_failures_of_a_kind_are_one_event_at_the_time_of_the_last() -> None:
    (fold,) = events_of(*outage(0, 530))
    assert (fold.count, fold.first_at, fold.at) == (54, after(0), after(530))
    assert fold.text == "529 overloaded"
    assert [event.at for event in fold.folded] == [after(530 - 10 * n) for n in range(54)]


def test_each_kind_and_each_source_has_its_own() -> None:
    observations = [
        *outage(0, 50),
        *outage(60, 90, Outcome.TIMEOUT),
        *(models(float(n), Outcome.TIMEOUT) for n in (5, 15)),
    ]
    found = {(event.subject, event.text): event.count for event in events_of(*observations)}
    assert found == {("messages", "529 overloaded"): 6, ("messages", "timeout"): 4, ("models", "timeout"): 2}


def test_successes_between_do_not_split_a_partial_trouble() -> None:
    observations = [messages(10.0 * n, Outcome.OVERLOADED if n % 5 == 0 else Outcome.OK) for n in range(100)]
    counts = {event.kind: event.count for event in events_of(*observations)}
    assert counts == {EventKind.FAILURE: 20, EventKind.RECOVERY: 20}


def test_what_fails_again_after_a_recovery_is_reported_again() -> None:
    well = [messages(60.0 + 10 * n) for n in range(20)]
    found = events_of(*outage(0, 50), *well, *outage(300, 330))
    assert [(event.kind, event.count) for event in found] == [
        (EventKind.FAILURE, 4),
        (EventKind.RECOVERY, 1),
        (EventKind.FAILURE, 6),
    ]


def test_a_long_pause_begins_another_fold() -> None:
    found = events_of(*outage(0, 20), *outage(20 + 901, 20 + 941))
    assert [event.count for event in found] == [5, 3]


def test_a_verdict_stays_in_sight_during_hundreds_of_failures() -> None:
    judged = Event("v", after(0), EventKind.VERDICT, Level.BAD, "verdict", "P1 It's them.")
    found = newest_events(history_of(*outage(10, 20_000)), after(20_000), Options(), (judged,))
    assert [event.key for event in found][1:] == ["v"]
    assert found[0].count == 2000
    assert len(found[0].folded) == Options().max_events


def test_folds_are_those_of_the_instant() -> None:
    history = history_of(*outage(0, 3000))
    for second, expected in ((3000, 301), (75, 8), (0, 1)):
        (fold,) = newest_events(history, after(second), Options())
        assert (fold.count, fold.first_at or fold.at) == (expected, after(0))
        assert fold.key == "failure:messages:" + after(0).isoformat()


def test_a_late_observation_is_counted_where_it_belongs() -> None:
    observations = outage(0, 100)
    late = observations.pop(3)
    assert events_of(*observations, late)[0].count == events_of(*outage(0, 100))[0].count == 11


def only(words: str, *items: Observation | ProviderStatus | Catalogue, at: float = 1e3) -> list[str]:
    found = filtered(events_of(*items, at=at), parse_filter(words), after(at))
    return [f"{event.text} ×{event.count}" for event in found]


def test_a_filter_lets_a_part_of_a_fold_through() -> None:
    observations = [*outage(0, 90), messages(95, Outcome.TIMEOUT), status(40), status(60, "major_outage")]
    assert only("status:529", *observations) == ["529 overloaded ×10"]
    assert only("status:5xx since:940s", *observations) == ["529 overloaded ×4"]
    assert only("class:timeout", *observations) == ["timeout ×1"]
    assert only("-class:failure", *observations) == ["Claude API major outage ×1"]
    assert only("messages -529", *observations) == ["timeout ×1"]
    assert only("nothing like this", *observations) == []
    assert len(only("", *observations)) == 3


def test_a_filter_finds_a_request_id_within_a_fold() -> None:
    observations = outage(0, 90)
    known = replace(observations[4], request_id="req_011Cwanted")
    assert only("req_011Cwanted", *observations[:4], known, *observations[5:]) == ["529 overloaded ×1"]


@pytest.mark.parametrize("words", ["since:soon", "status:", "-class:"])
def test_a_filter_that_cannot_be_says_why(words: str) -> None:
    with pytest.raises(FilterError, match=words.strip("-").partition(":")[0]):
        parse_filter(words)


def test_a_time_is_no_field_of_a_filter() -> None:
    assert parse_filter("14:05") != parse_filter("14")


def test_keys_are_unique_and_stable_while_events_are_added() -> None:
    history = History()
    seen: set[str] = set()
    for second in range(0, 300, 3):
        outcome = Outcome.OVERLOADED if second % 4 else Outcome.OK
        history.add_observation(messages(float(second), outcome))
        history.add_observation(models(second + 1.0, outcome))
        keys = [event.key for event in newest_events(history, after(second + 2), Options())]
        assert len(keys) == len(set(keys))
        assert seen <= set(keys)
        seen = set(keys)


def test_events_are_as_of_an_instant() -> None:
    observations = [messages(0, Outcome.TIMEOUT), messages(30), status(40), status(60, "major_outage")]
    assert len(events_of(*observations, at=29)) == 1
    assert len(events_of(*observations, at=30)) == 2
    assert len(events_of(*observations, at=60)) == 3


def test_components_that_change() -> None:
    observations = [status(0), status(60, "major_outage"), status(120, "major_outage"), status(180)]
    assert texts(*observations) == ["status Claude API major outage", "status Claude API operational"]
    back, out = events_of(*observations)
    assert (out.level, back.level) == (Level.BAD, Level.OK)
    assert out.detail == "was operational"


def test_what_concerns_others_is_only_information() -> None:
    observations = [status(0), status(60, chat="major_outage", incidents=[incident(components=[CHAT])])]
    assert {event.level for event in events_of(*observations)} == {Level.INFO}
    mine = events_of(*observations, options=Options(ours=("claude.ai",)))
    assert {event.level for event in mine} == {Level.BAD}


@pytest.mark.parametrize(
    ("target", "level"),
    [
        ("https://api.anthropic.com", Level.INFO),
        ("https://bedrock-runtime.us-east-1.amazonaws.com", Level.BAD),
        ("https://gateway.example.com", Level.BAD),
    ],
)
def test_an_incident_of_another_platform_is_only_information(target: str, level: Level) -> None:
    elsewhere = incident(name="Elevated errors for Claude on Amazon Bedrock")
    probed = replace(messages(0), target=target)
    (found,) = events_of(probed, status(0), status(60, incidents=[elsewhere]))
    assert found.level is level


def test_the_course_of_an_incident() -> None:
    updated = incident(updates=["Found it.", "We are looking into it."])
    observations = [
        status(0),
        status(60, incidents=[incident()]),
        status(120, incidents=[incident()]),
        status(180, incidents=[updated]),
        status(240, incidents=[replace(updated, status="monitoring")]),
        status(300),
    ]
    assert texts(*observations) == [
        "status investigating: Elevated errors",
        "status updated: Elevated errors",
        "status monitoring: Elevated errors",
        "status resolved: Elevated errors",
    ]
    resolved, monitoring, *_, opened = events_of(*observations)
    assert [event.level for event in (opened, monitoring, resolved)] == [Level.BAD, Level.WARN, Level.OK]
    assert opened.detail == "impact major\nWe are looking into it."


def test_an_incident_marked_resolved_before_it_leaves_is_reported_once() -> None:
    observations = [
        status(0, incidents=[incident()]),
        status(60, incidents=[incident(stage="resolved")]),
        status(120),
    ]
    assert texts(*observations) == ["status resolved: Elevated errors"]
    assert events_of(*observations)[0].level is Level.OK


def test_maintenance_is_reported_when_it_begins() -> None:
    def planned(stage: str) -> Maintenance:
        return Maintenance("m1", "Database upgrade", stage, NOON, NOON + timedelta(hours=1), (API,))

    observations = [
        status(0),
        replace(status(60), maintenances=(planned("scheduled"),)),
        replace(status(120), maintenances=(planned("in_progress"),)),
        status(180),
    ]
    assert texts(*observations) == ["status maintenance in progress: Database upgrade"]


def test_the_page_goes_dark_and_comes_back_changed() -> None:
    observations = [status(0), unread(60), unread(120, "other reason"), status(180, "partial_outage")]
    assert texts(*observations) == [
        "status page unreadable: timeout",
        "status page readable again",
        "status Claude API partial outage",
    ] or texts(*observations) == [
        "status page unreadable: timeout",
        "status Claude API partial outage",
        "status page readable again",
    ]


def test_the_indicator() -> None:
    observations = [status(0), status(60, indicator="major"), status(120)]
    assert texts(*observations) == [
        "status page indicator none, now major",
        "status page indicator major, now none",
    ]
    assert [event.level for event in events_of(*observations)] == [Level.OK, Level.BAD]


def test_limits_that_change() -> None:
    observations = [
        messages(30.0 * n, limits=[bucket("tokens", 1, limit)])
        for n, limit in enumerate((80_000, 80_000, 40_000, 90_000))
    ]
    assert texts(*observations) == [
        "limit tokens limit fell from 80,000 to 40,000",
        "limit tokens limit rose from 40,000 to 90,000",
    ]
    assert [event.level for event in events_of(*observations)] == [Level.INFO, Level.WARN]


def test_the_limits_of_another_model_are_no_change() -> None:
    observations = [
        messages(0, limits=[bucket("tokens", 1, 80_000)]),
        messages(30, limits=[bucket("tokens", 1, 10_000)], model="another"),
        messages(60, limits=[bucket("tokens", 1, 80_000)]),
    ]
    assert events_of(*observations) == ()


def test_a_window_that_changes_its_status() -> None:
    observations = [
        messages(30.0 * n, windows=[WindowReading("5h", 0.9, None, word)])
        for n, word in enumerate(("allowed", "allowed_warning", "rejected"))
    ]
    assert texts(*observations) == [
        "limit 5h window allowed, now allowed warning",
        "limit 5h window allowed warning, now rejected",
    ]
    assert [event.level for event in events_of(*observations)] == [Level.BAD, Level.WARN]


def test_the_model_list() -> None:
    old = catalogue(0, "a", "b")
    retiring = replace(old.models[0], lifecycle="deprecated", retires_at=after(86_400 * 10))
    catalogues = [old, Catalogue(after(15), (retiring, catalogue(15, "c").models[0]))]
    assert sorted(texts(*catalogues)) == [
        "model a deprecated",
        "model a retires 2026-11-30",
        "model b no longer listed",
        "model c added",
    ]


def test_many_models_at_once_are_one_event() -> None:
    catalogues = [catalogue(0, *"abcdefgh"), catalogue(15)]
    assert texts(*catalogues) == ["model 8 models no longer listed"]
    assert events_of(*catalogues)[0].detail == "\n".join("abcdefgh")
