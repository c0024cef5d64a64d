"""The timeline fills itself from the record; people pin and correct, and nothing is rewritten."""

from __future__ import annotations

from dataclasses import replace

from claude_tui.incident import Record, TimelineEntry, TimelineKind, timeline
from claude_tui.model.alert import EntryKind
from claude_tui.model.incident import IncidentAct, IncidentEntry
from claude_tui.model.observation import Outcome
from claude_tui.model.playbook import StepMark, StepState, WalkTurn
from claude_tui.model.request import RequestedAction
from claude_tui.model.snapshot import Level
from tests.builders import after, healthy, incident, messages, models, status, unread
from tests.incident_values import (
    ACKNOWLEDGED,
    ASKED,
    BEGAN,
    GOOD,
    PAGED,
    RATED,
    STEP,
    declared,
    did,
    only,
    overload,
    record,
)


def drawn(kept: Record, *entries: IncidentEntry) -> tuple[TimelineEntry, ...]:
    return timeline(kept, only(*entries))


def of_kind(entries: tuple[TimelineEntry, ...], kind: TimelineKind) -> list[TimelineEntry]:
    return [entry for entry in entries if entry.kind is kind]


def test_a_delivery_that_arrived_is_an_entry_of_its_own() -> None:
    arrived = replace(
        PAGED,
        at=after(151),
        key="alert:3",
        kind=EntryKind.DELIVERED,
        text="the page reached oncall",
        routes=(),
    )
    (entry,) = (
        drawn_entry
        for drawn_entry in drawn(record(declared(), alert_entries=(PAGED, arrived)), declared())
        if drawn_entry.kind is TimelineKind.DELIVERY
    )
    assert (entry.happened_at, entry.level, entry.text) == (after(151), Level.OK, "the page reached oncall")


def test_who_took_it_is_an_entry_with_name_and_host() -> None:
    took = replace(ASKED, action=RequestedAction.TAKE, by="ana", subject="P2", text="looking")
    (entry,) = (
        drawn_entry
        for drawn_entry in drawn(record(declared(), requests=(took,)), declared())
        if drawn_entry.kind is TimelineKind.ACKNOWLEDGED
    )
    assert (entry.author, entry.host, entry.text) == ("ana", "ops-2", "has it: looking")


def test_it_tells_the_incident_in_the_order_in_which_it_happened() -> None:
    acts = (
        declared(),
        did(260, IncidentAct.NOTE, "at 12:03 we switched to the fallback", happened=180),
        did(800, IncidentAct.RESOLVED, "calm for a minute"),
    )
    kept = record(
        *acts,
        alert_entries=(PAGED, ACKNOWLEDGED),
        step_marks=(STEP,),
        severity_marks=(RATED,),
        requests=(ASKED,),
    )
    found = drawn(kept, *acts)
    assert [(f"{entry.happened_at:%H:%M:%S}", entry.kind.value, entry.author) for entry in found] == [
        ("12:02:00", "first_failure", ""),
        ("12:02:00", "failures", ""),
        ("12:02:20", "detected", ""),
        ("12:02:30", "paged", ""),
        ("12:02:48", "acknowledged", "ben"),
        ("12:03:00", "note", "ana"),
        ("12:03:20", "declared", "ana"),
        ("12:04:00", "runbook", "ana"),
        ("12:04:10", "probed", "ben"),
        ("12:04:50", "severity", "ana"),
        ("12:05:00", "severity", ""),
        ("12:06:20", "status_page", ""),
        ("12:06:40", "status_page", ""),
        ("12:12:10", "recovered", ""),
        ("12:12:40", "verdict", ""),
        ("12:13:20", "resolved", "ana"),
    ]
    texts = "\n".join(entry.text for entry in found)
    for line in (
        "paged oncall: P1 The API is overloaded",
        "investigating: Elevated errors: “We are seeing elevated error rates.”",
        "playbook provider: retries done: off for batch",
        "P2 instead of P1: checkout has a fallback",
        "resolved: calm for a minute",
    ):
        assert line in texts


def test_sixty_failures_of_one_kind_are_one_entry_that_holds_them_all() -> None:
    (folded,) = of_kind(drawn(record(), declared()), TimelineKind.FAILURES)
    assert (folded.count, len(folded.observations)) == (60, 60)
    assert "529 overloaded_error ×60" in folded.text
    assert folded.last_at == after(BEGAN + 590)
    assert len(folded.request_ids) == 52
    ids = [observation.request_id for observation in folded.observations]
    assert (folded.request_ids[0], folded.request_ids[-1]) == (ids[0], ids[-1])
    assert sorted(folded.request_ids, key=ids.index) == list(folded.request_ids)


def test_another_kind_and_the_same_after_a_long_pause_are_entries_of_their_own() -> None:
    seen = (
        messages(BEGAN, Outcome.OVERLOADED),
        messages(BEGAN + 10, Outcome.TIMEOUT),
        messages(BEGAN + 20, Outcome.OVERLOADED),
        messages(BEGAN + 30 * 60, Outcome.OVERLOADED),
    )
    found = drawn(record(observations=seen, until=3000), declared())
    assert [entry.count for entry in of_kind(found, TimelineKind.FAILURES)] == [2, 1, 1]


def test_a_single_failure_is_reported_once() -> None:
    found = drawn(record(observations=(messages(BEGAN, Outcome.OVERLOADED),)), declared())
    assert [entry.kind for entry in found if entry.observations] == [TimelineKind.FIRST_FAILURE]


def turn(second: float, node: str, to: str, *, back: bool = False, by: str = "ana") -> WalkTurn:
    return WalkTurn(after(second), node, to, back, by, "ops-1")


def test_a_walk_through_the_decision_tree_is_one_entry_with_the_way_in_the_end() -> None:
    turns = (
        turn(210, "start", "page"),
        turn(215, "page", "silent"),
        turn(216, "start", "key", by="ben"),
        turn(220, "silent", "page", back=True),
        turn(225, "page", "overloaded"),
        turn(900, "start", "key", by="ben"),
    )
    found = of_kind(drawn(record(walk_turns=turns), declared()), TimelineKind.RUNBOOK)
    assert [(entry.author, entry.text, entry.detail) for entry in found] == [
        ("ana", "the decision tree led to overloaded", "start → page → overloaded"),
        ("ben", "the decision tree led to key", "start → key"),
    ]
    assert (found[0].happened_at, found[0].last_at, found[0].count) == (after(210), after(225), 4)


def test_a_walk_that_began_again_is_back_at_the_start() -> None:
    turns = (turn(210, "start", "page"), turn(220, "page", "start", back=True))
    (entry,) = of_kind(drawn(record(walk_turns=turns), declared()), TimelineKind.RUNBOOK)
    assert entry.text == "the decision tree is back at start"


def test_a_walk_is_described_by_the_titles_of_then() -> None:
    titled = [
        replace(turn(210, "start", "theirs"), title="5xx and 529"),
        replace(turn(215, "theirs", "overloaded"), title="Overloaded\x1b[2J"),
    ]
    (entry,) = of_kind(drawn(record(walk_turns=tuple(titled)), declared()), TimelineKind.RUNBOOK)
    assert entry.text.startswith("the decision tree led to “Overloaded")
    assert entry.detail.startswith("start → 5xx and 529 → Overloaded")
    assert "\x1b" not in entry.text + entry.detail


def test_steps_of_a_playbook_are_described_by_the_titles_of_then() -> None:
    mark = StepMark(after(210), "outage", "retries", StepState.DONE, "ana", title="Set the retries right")
    marks = (
        mark,
        replace(mark, at=after(220), state=StepState.SKIPPED, note="no batch", title="Set \x1b[2Jthem"),
        replace(mark, at=after(230), title=""),
        StepMark(after(240), "outage", "", StepState.OPEN, "ana", title="Outage and overload"),
    )
    found = of_kind(drawn(record(step_marks=marks), declared()), TimelineKind.RUNBOOK)
    texts = [entry.text for entry in found]
    assert texts[0] == "“Set the retries right” done"
    assert texts[1].endswith("them” skipped: no batch")
    assert "\x1b" not in texts[1]
    assert texts[2:] == ["playbook outage: retries done", "playbook “Outage and overload”: restarted"]


def test_the_note_keeps_the_time_at_which_it_was_written() -> None:
    acts = (declared(), did(260, IncidentAct.NOTE, "switched", happened=180))
    (note,) = of_kind(drawn(record(*acts), *acts), TimelineKind.NOTE)
    assert (note.happened_at, note.recorded_at) == (after(180), after(260))
    assert note.kind.by_people


def test_a_pin_holds_until_it_is_taken_off() -> None:
    note = did(260, IncidentAct.NOTE, "switched")
    pin = did(270, IncidentAct.PINNED, subject=f"entry:{note.id}")
    acts = (declared(), note, pin)
    assert [entry.pinned for entry in of_kind(drawn(record(), *acts), TimelineKind.NOTE)] == [True]
    acts = (*acts, did(280, IncidentAct.UNPINNED, subject=f"entry:{note.id}"))
    assert [entry.pinned for entry in of_kind(drawn(record(), *acts), TimelineKind.NOTE)] == [False]


def test_a_correction_shows_the_new_text_and_keeps_the_old_one() -> None:
    note = did(260, IncidentAct.NOTE, "switched to Haiku")
    fix = did(300, IncidentAct.CORRECTED, "switched to Sonnet", subject=f"entry:{note.id}", happened=250)
    (shown,) = of_kind(drawn(record(), declared(), note, fix), TimelineKind.NOTE)
    assert (shown.text, shown.original, shown.happened_at) == (
        "switched to Sonnet",
        "switched to Haiku",
        after(250),
    )
    assert shown.corrections == (fix,)
    assert (shown.author, shown.recorded_at) == ("ana", after(260))


def test_a_corrected_start_is_an_entry_that_says_so() -> None:
    acts = (declared(), did(300, IncidentAct.CORRECTED, "by the logs", subject="started", happened=60))
    (change,) = of_kind(drawn(record(), *acts), TimelineKind.CHANGE)
    assert change.text == "started corrected to 2026-11-20 12:01:00 UTC: by the logs"
    assert change.happened_at == after(300)


def test_time_without_probes_is_an_entry_that_says_unknown() -> None:
    hole_from, hole_to = after(BEGAN + 100), after(700)
    seen = tuple(observation for observation in overload() if not hole_from < observation.at < hole_to)
    (hole,) = of_kind(drawn(record(observations=seen), declared()), TimelineKind.UNKNOWN)
    assert hole.level is Level.UNKNOWN
    assert "nobody probed for 6m 30s" in hole.text
    assert hole.last_at is not None
    assert hole.happened_at < hole.last_at <= after(GOOD)


def test_the_page_is_reported_post_by_post_at_the_time_that_it_gives() -> None:
    first = incident(updates=("We are looking into it.",))
    later = replace(
        incident(stage="resolved", updates=("Fixed.", "We are looking into it.")),
        updates=(
            replace(first.updates[0], at=after(500), status="resolved", body="Fixed.\nSorry."),
            first.updates[0],
        ),
    )
    pages = (status(-200), status(400, incidents=[first]), status(560, incidents=[later]), status(700))
    found = of_kind(drawn(record(statuses=pages), declared()), TimelineKind.STATUS_PAGE)
    assert [(entry.happened_at, entry.recorded_at, entry.text, entry.level) for entry in found] == [
        (after(0), after(400), "investigating: Elevated errors: “We are looking into it.”", Level.BAD),
        (after(500), after(560), "resolved: Elevated errors: “Fixed.”", Level.OK),
    ]
    assert found[1].detail == "Fixed.\nSorry."


def test_a_page_that_could_not_be_read_is_reported() -> None:
    found = drawn(record(statuses=(status(-200), unread(400), status(500))), declared())
    assert [entry.text for entry in of_kind(found, TimelineKind.STATUS_PAGE)] == [
        "page unreadable: timeout",
        "page readable again",
    ]


def test_trouble_with_what_others_use_is_no_alarm() -> None:
    pages = (status(-200), status(400, chat="major_outage"))
    (entry,) = of_kind(drawn(record(statuses=pages), declared()), TimelineKind.STATUS_PAGE)
    assert entry.level is Level.INFO


def test_recovery_is_where_the_good_run_begins() -> None:
    (entry,) = of_kind(drawn(record(), declared()), TimelineKind.RECOVERED)
    assert entry.happened_at == after(GOOD)


def test_nothing_has_recovered_while_the_verdict_is_grave() -> None:
    assert not of_kind(drawn(record(until=740), declared()), TimelineKind.RECOVERED)


def test_without_a_verdict_three_successes_in_a_row_are_a_recovery() -> None:
    for successes, recoveries in ((2, 0), (3, 1)):
        good = [messages(BEGAN + 30 * number) for number in range(1, successes + 1)]
        seen = (messages(BEGAN, Outcome.OVERLOADED), *good)
        kept = record(observations=seen, verdict_changes=(), until=300)
        assert len(of_kind(drawn(kept, declared()), TimelineKind.RECOVERED)) == recoveries


def test_what_happened_before_and_after_is_left_out() -> None:
    acts = (declared(), did(800, IncidentAct.RESOLVED))
    early = replace(PAGED, at=after(-100))
    late = (*overload(), messages(900, Outcome.OVERLOADED))
    found = drawn(record(*acts, alert_entries=(early,), observations=late), *acts)
    assert not of_kind(found, TimelineKind.PAGED)
    assert sum(entry.count for entry in of_kind(found, TimelineKind.FAILURES)) == 60


def test_as_of_an_instant_nothing_later_is_known() -> None:
    acts = (declared(), did(260, IncidentAct.NOTE, "switched"), did(800, IncidentAct.RESOLVED))
    kept = record(until=250, alert_entries=(PAGED,))
    known = tuple(act for act in acts if act.at <= after(250))
    assert timeline(kept, only(*acts)) == timeline(kept, only(*known))


def test_keys_are_the_same_whatever_comes_later() -> None:
    declaration = declared()
    early, late = drawn(record(until=500), declaration), drawn(record(until=1000), declaration)
    assert {entry.key for entry in early} <= {entry.key for entry in late}
    assert len({entry.key for entry in late}) == len(late)


def test_healthy_probes_alone_tell_nothing() -> None:
    kept = record(observations=tuple(healthy(-300, 1000)), statuses=(), verdict_changes=())
    assert [entry.kind for entry in drawn(kept, declared())] == [TimelineKind.DECLARED]


def test_the_model_list_is_called_so() -> None:
    kept = record(observations=(models(BEGAN, Outcome.SERVER_ERROR),), statuses=(), verdict_changes=())
    assert drawn(kept, declared())[0].text == "first failure: models list 500 api_error"
