"""Incidents follow from the acts on them: title, severity, roles, times, merges."""

from __future__ import annotations

from datetime import timedelta

from hypothesis import given
from hypothesis import strategies as st

from claude_tui.incident import find, incidents, open_incident
from claude_tui.model.incident import IncidentAct, IncidentEntry
from claude_tui.model.verdict import Severity
from tests.builders import after
from tests.incident_values import BEGAN, FIRST, SECOND, declared, did, only


def test_a_declaration_makes_an_open_incident_that_began_with_the_first_failure() -> None:
    found = only(declared(200, "Elevated 529s", by="ben"))
    assert (found.label, found.title, found.declared_by) == ("INC-1", "Elevated 529s", "ben")
    assert (found.started_at, found.declared_at) == (after(BEGAN), after(200))
    assert found.is_open
    assert found.severity is Severity.NONE


def test_the_newest_act_on_each_thing_counts() -> None:
    found = only(
        declared(),
        did(210, IncidentAct.SEVERITY, "P1"),
        did(220, IncidentAct.LEAD, "ana"),
        did(225, IncidentAct.COMMUNICATIONS, "eve"),
        did(230, IncidentAct.RENAMED, "Opus is overloaded"),
        did(240, IncidentAct.SEVERITY, "P2"),
        did(250, IncidentAct.LEAD, "ben"),
        did(255, IncidentAct.COMMUNICATIONS, ""),
    )
    assert (found.title, found.severity) == ("Opus is overloaded", Severity.P2)
    assert (found.lead, found.communications) == ("ben", "")


def test_a_severity_that_there_is_not_changes_nothing() -> None:
    assert only(declared(), did(210, IncidentAct.SEVERITY, "P9")).severity is Severity.NONE


def test_what_another_clock_recorded_before_the_declaration_still_counts() -> None:
    assert only(declared(200), did(199, IncidentAct.LEAD, "ana")).lead == "ana"


def test_resolving_ends_it_and_reopening_takes_back_that_it_was_mitigated() -> None:
    acts = [declared(), did(300, IncidentAct.MITIGATED), did(700, IncidentAct.RESOLVED, happened=650)]
    ended = only(*acts)
    assert not ended.is_open
    assert (ended.mitigated_at, ended.resolved_at, ended.resolved_recorded_at) == (
        after(300),
        after(650),
        after(700),
    )
    again = only(*acts, did(800, IncidentAct.REOPENED))
    assert again.is_open
    assert (again.mitigated_at, again.resolved_at) == (None, None)


def test_times_are_corrected_by_an_act_of_their_own() -> None:
    found = only(
        declared(),
        did(300, IncidentAct.MITIGATED),
        did(400, IncidentAct.CORRECTED, subject="started", happened=90),
        did(410, IncidentAct.CORRECTED, subject="mitigated", happened=280),
        did(420, IncidentAct.CORRECTED, subject="detected", happened=130),
    )
    assert (found.started_at, found.mitigated_at, found.detected_at) == (after(90), after(280), after(130))


def test_what_has_not_happened_cannot_be_corrected() -> None:
    found = only(declared(), did(300, IncidentAct.CORRECTED, subject="resolved", happened=280))
    assert found.resolved_at is None
    assert found.is_open


def test_an_incident_that_continues_another_began_with_it_and_has_its_entries() -> None:
    first, second = declared(200), declared(300, "Checkout fails", happened=250, incident=SECOND)
    merged = did(400, IncidentAct.MERGED, subject=SECOND)
    old, new = incidents([first, second, merged])
    assert not old.is_open
    assert (old.merged_into, new.merged) == (SECOND, (FIRST,))
    assert new.started_at == after(BEGAN)
    assert set(new.entries) == {first, second, merged}


def test_merges_in_a_circle_leave_one_of_them_open() -> None:
    found = incidents(
        [
            declared(200),
            declared(300, incident=SECOND),
            did(400, IncidentAct.MERGED, subject=SECOND),
            did(410, IncidentAct.MERGED, subject=FIRST, incident=SECOND),
            did(420, IncidentAct.MERGED, subject="nothing", incident=SECOND),
        ]
    )
    assert [incident.label for incident in found if incident.is_open] == ["INC-2"]


def test_an_incident_is_found_by_its_label_its_number_and_the_beginning_of_its_id() -> None:
    known = incidents([declared(), declared(300, incident=SECOND)])
    assert [find(known, name) for name in ("INC-2", "inc-2", "2", "bbbbbb")] == [known[1]] * 4
    assert [find(known, name) for name in ("INC-3", "bb", "", "zzzzzzzz")] == [None] * 4


def test_the_open_incident_is_the_one_declared_last() -> None:
    known = incidents([declared(), declared(300, incident=SECOND)])
    assert open_incident(known) is known[1]
    assert open_incident(()) is None


acts = st.builds(
    did,
    st.floats(-600, 600),
    st.sampled_from(IncidentAct),
    st.sampled_from(["", "P1", "P3", "ana", "a title"]),
    happened=st.floats(-600, 600),
    subject=st.sampled_from(["", FIRST, SECOND, "started", "resolved", "detected"]),
    incident=st.sampled_from([FIRST, SECOND, "c" * 32]),
)


@given(st.lists(acts, max_size=12))
def test_any_acts_make_incidents_that_hang_together(given_acts: list[IncidentEntry]) -> None:
    found = incidents(given_acts)
    ids = {incident.id for incident in found}
    assert ids == {act.incident for act in given_acts if act.act is IncidentAct.DECLARED}
    assert [incident.label for incident in found] == [f"INC-{number}" for number in range(1, len(found) + 1)]
    for incident in found:
        assert incident.merged_into in ids | {""}
        assert incident.merged_into != incident.id
        assert list(incident.entries) == sorted(incident.entries, key=lambda entry: entry.at)
    if found:
        # Of incidents that were merged one at least goes on.
        assert any(not incident.merged_into for incident in found)


@given(st.lists(acts, max_size=8), st.data())
def test_an_entry_that_is_there_twice_counts_once(
    given_acts: list[IncidentEntry], data: st.DataObject
) -> None:
    again = data.draw(st.lists(st.sampled_from(given_acts), max_size=4)) if given_acts else []
    assert incidents([*given_acts, *again]) == incidents(given_acts)


def test_an_incident_counts_time_from_its_start() -> None:
    found = only(declared(), did(700, IncidentAct.RESOLVED))
    assert found.resolved_at is not None
    assert found.resolved_at - found.started_at == timedelta(seconds=700 - BEGAN)
