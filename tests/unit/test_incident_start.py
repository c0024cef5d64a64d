"""An incident starts with the first failure, not with its declaration, unless a person says otherwise."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from claude_tui.analysis.diagnosis.diagnose import diagnose
from claude_tui.analysis.diagnosis.first_failure import first_failure
from claude_tui.analysis.history.history import History
from claude_tui.analysis.options import Options
from claude_tui.incident import earlier_starts, figures, incidents, timeline
from claude_tui.incident.values import TimelineKind
from claude_tui.model.incident import FIRST_FAILURE, PROGRAM, IncidentAct, IncidentEntry
from claude_tui.model.observation import Outcome
from claude_tui.model.verdict import Severity, Verdict
from tests.builders import after, healthy, history_of, messages, models
from tests.incident_values import BEGAN, DETECTED, FIRST, SECOND, declared, did, only, overload, record
from tests.unit.test_incident_proposal import VERDICT

NEXT = BEGAN + 15
"""Seconds after NOON: after the first failure, before the verdict."""
UNTYPED = {"happened": NEXT, "subject": FIRST_FAILURE}


def began_at(history: History, second: float) -> float | None:
    at = after(second)
    found = first_failure(history, diagnose(history, at, Options()), at)
    return None if found is None else (found - after(0)).total_seconds()


def followed(*entries: IncidentEntry, verdict: Verdict = VERDICT) -> tuple[IncidentEntry, ...]:
    return earlier_starts(incidents(entries), verdict, after(DETECTED), "ops-1")


# -- the first failure of the trouble that goes on ----------------------------------------


def test_before_any_verdict_it_is_the_failure_that_is_being_checked() -> None:
    history = history_of(*healthy(-300, BEGAN), messages(BEGAN, Outcome.OVERLOADED))
    assert not diagnose(history, after(BEGAN + 5), Options()).severity.trouble
    assert began_at(history, BEGAN + 5) == BEGAN


def test_with_a_verdict_it_is_that_of_the_verdict() -> None:
    history = history_of(*overload())
    assert diagnose(history, after(400), Options()).severity.grave
    assert began_at(history, 400) == BEGAN


def test_when_it_is_over_or_never_was_there_is_none() -> None:
    history = history_of(*overload())
    assert began_at(history, BEGAN - 5) is None
    assert began_at(history, 1190) is None
    assert began_at(history_of(), 0) is None


def test_after_a_long_pause_a_failure_is_no_trouble_that_goes_on() -> None:
    history = history_of(messages(0, Outcome.OVERLOADED))
    assert began_at(history, 10) == 0
    assert began_at(history, 3600) is None


def test_an_endpoint_without_a_list_of_models_is_in_no_trouble() -> None:
    answered = [messages(second) for second in range(-300, 600, 10)]
    lists = [models(second, Outcome.MODEL_NOT_FOUND) for second in range(-300, 600, 60)]
    history = history_of(*answered, *lists)
    assert not diagnose(history, after(590), Options()).severity.trouble
    assert began_at(history, 590) is None


# -- the start follows the record -----------------------------------------------------------


def test_what_was_declared_before_the_verdict_starts_with_the_first_failure() -> None:
    before = declared(NEXT, **UNTYPED)
    (moved,) = followed(before)
    assert (moved.by, moved.act, moved.subject) == (PROGRAM, IncidentAct.CORRECTED, "started")
    assert only(before, moved).started_at == after(BEGAN)
    assert not followed(before, moved)


def test_everything_computed_follows() -> None:
    before = declared(NEXT, **UNTYPED)
    kept = record(before, *followed(before))
    (incident,) = incidents(kept.entries)
    computed = figures(kept, incident)
    assert computed.started == after(BEGAN)
    assert computed.after_start(computed.detected) == timedelta(seconds=DETECTED - BEGAN)
    assert computed.after_start(computed.declared) == timedelta(seconds=NEXT - BEGAN)
    late = figures(replace(kept, entries=(before,)), only(before))
    assert computed.failed == late.failed + 2
    assert sum((length for _, length in computed.per_severity), timedelta()) == computed.duration
    entries = timeline(kept, incident)
    first = next(entry for entry in entries if entry.kind is TimelineKind.FIRST_FAILURE)
    assert first.happened_at == after(BEGAN)
    assert any(
        "started corrected to" in entry.text and "the first failure" in entry.text for entry in entries
    )


def test_two_processes_record_it_once() -> None:
    before = declared(NEXT, **UNTYPED)
    (here,), (there,) = followed(before), followed(before)
    assert here.id == there.id
    assert len(only(before, here, there).entries) == 2


def test_a_start_that_a_person_typed_wins() -> None:
    assert not followed(declared(NEXT, happened=NEXT))
    untyped = declared(NEXT, **UNTYPED)
    typed = did(NEXT + 5, IncidentAct.CORRECTED, happened=BEGAN + 8, subject="started")
    assert not followed(untyped, typed)
    # Another process, which had not read the correction yet, may have recorded its own after it.
    (late,) = followed(untyped)
    assert only(untyped, typed, late).started_at == after(BEGAN + 8)


def test_trouble_of_its_own_changes_nothing() -> None:
    # It began after the declaration, or the incident is over, or it began within the incident before.
    assert not followed(declared(BEGAN - 60, happened=BEGAN - 60, subject=FIRST_FAILURE))
    assert not followed(declared(NEXT, **UNTYPED), did(NEXT + 1, IncidentAct.RESOLVED))
    before = (
        declared(60, happened=0, incident=SECOND),
        did(BEGAN + 5, IncidentAct.RESOLVED, incident=SECOND),
    )
    assert not followed(*before, declared(NEXT, **UNTYPED))


def test_a_clock_that_has_gone_back_moves_nothing() -> None:
    """Two hours back, trouble of now looks as if it had begun two hours before the declaration."""
    known = incidents([declared(NEXT + 7200, happened=NEXT + 7200, subject=FIRST_FAILURE)])
    assert not earlier_starts(known, VERDICT, after(DETECTED), "ops-1")


def test_without_trouble_nothing_moves() -> None:
    calm = replace(VERDICT, severity=Severity.NONE, since=None)
    assert not followed(declared(NEXT, **UNTYPED), verdict=calm)


@pytest.mark.parametrize("other_start", [0.0, 600.0])
def test_a_merged_incident_still_gives_the_earliest_start(other_start: float) -> None:
    untyped = declared(NEXT, **UNTYPED)
    other = declared(700, happened=other_start, incident=SECOND)
    merged = did(800, IncidentAct.MERGED, subject=FIRST, incident=SECOND)
    found = incidents([untyped, *followed(untyped), other, merged])
    assert found[0].started_at == after(min(BEGAN, other_start))
