"""The score of a record against the truth about its scenario."""

from __future__ import annotations

from dataclasses import fields, replace
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from claude_tui.drills.points import WEIGHTS
from claude_tui.drills.record import Completeness, DrillRecord, Ending, Score
from claude_tui.drills.scoring import score
from claude_tui.incident import Record, Span
from claude_tui.model.alert import AlertEntry, EntryKind, NotificationKind
from claude_tui.model.drill import DrillAct, DrillEntry
from claude_tui.model.incident import PROGRAM, IncidentAct, IncidentEntry
from claude_tui.model.playbook import SeverityMark, StepMark, StepState, WalkTurn
from claude_tui.model.request import ActionRequest, RequestedAction
from claude_tui.model.verdict import Cause, Severity, Side
from claude_tui.runbook import shipped
from claude_tui.simulator.truth import Answer, Truth

RUNBOOK = shipped()
NOW = datetime(2026, 11, 20, 14, 0, tzinfo=UTC)
TROUBLE_S = 20.0
TRUTH = Truth(
    answer=Answer(Side.THEM, Cause.PROVIDER_OVERLOADED),
    phase="main",
    verdict=Cause.PROVIDER_OVERLOADED,
    brief="b",
    debrief="d",
    paged=True,
    steps=("outage.confirm", "outage.retries"),
    first=("outage.confirm",),
    harmful=("key_rejected.new_key",),
    nodes=("overloaded",),
)


def at(seconds: float) -> datetime:
    return NOW + timedelta(seconds=seconds)


STARTED = DrillEntry(at(0), DrillAct.STARTED, "ana", scenario="drill-01")


def answered(seconds: float, side: Side | None, cause: Cause | None) -> DrillEntry:
    return DrillEntry(at(seconds), DrillAct.ANSWERED, "ana", side=side, cause=cause)


def marked(seconds: float, step: str, state: StepState = StepState.DONE) -> StepMark:
    playbook, _, ident = step.partition(".")
    return StepMark(at(seconds), playbook, ident, state, "ana")


def turned(seconds: float, node: str, to: str, *, back: bool = False) -> WalkTurn:
    return WalkTurn(at(seconds), node, to, back, "ana")


def paged(seconds: float, severity: Severity = Severity.P1) -> AlertEntry:
    kind = NotificationKind.OPENED
    return AlertEntry("alert:1", at(seconds), EntryKind.PAGE, severity, "outage", "down", kind)


def acknowledged(seconds: float) -> AlertEntry:
    return AlertEntry("alert:2", at(seconds), EntryKind.ACKNOWLEDGED, Severity.P1, "outage", "a", by="ana")


def act(seconds: float, what: IncidentAct, by: str = "ana") -> IncidentEntry:
    return IncidentEntry(at(seconds), f"{what}{seconds}", "inc", what, at(seconds), by, text="t")


def scored(
    *entries: DrillEntry,
    turns: tuple[WalkTurn, ...] = (),
    truth: Truth = TRUTH,
    postmortem: Completeness | None = None,
    end: float = 600.0,
    speed: float = 1.0,
    **record: object,
) -> Score:
    whole = Record(Span(at(0), at(end)), walk_turns=turns, **record)  # type: ignore[arg-type]
    drill = DrillRecord(whole, (replace(STARTED, speed=speed), *entries))
    found = score(drill, truth, TROUBLE_S, RUNBOOK, postmortem)
    assert found is not None
    return found


def test_a_record_without_a_start_is_no_drill() -> None:
    assert score(DrillRecord(Record(Span(at(0), at(9)))), TRUTH, 0.0, RUNBOOK) is None


def test_nobody_who_does_nothing_gets_a_zero_that_was_not_measured() -> None:
    found = scored()
    times = (found.noticed_s, found.side_s, found.cause_s, found.acknowledged_s, found.first_step_s)
    assert times == (None,) * 5
    assert (found.side_right, found.cause_right, found.wrong_turns, found.postmortem) == (None,) * 4
    assert found.points is None
    assert found.ending is Ending.QUIT
    assert found.missed == TRUTH.steps


# -- when they noticed ---------------------------------------------------------------


@pytest.mark.parametrize(
    "record",
    [
        {"step_marks": (marked(65, "outage.watch"),)},
        {"severity_marks": (SeverityMark(at(65), Severity.P1, Severity.P2, "ana"),)},
        {"requests": (ActionRequest(at(65), "r", RequestedAction.PROBE, "ana"),)},
        {"alert_entries": (acknowledged(65),)},
        {"entries": (act(65, IncidentAct.DECLARED),)},
    ],
    ids=lambda record: next(iter(record)),
)
def test_the_first_thing_that_a_person_does_is_noticing(record: dict[str, object]) -> None:
    assert scored(**record).noticed_s == 45


def test_what_the_program_does_by_itself_is_not_noticing() -> None:
    found = scored(entries=(act(30, IncidentAct.DECLARED, PROGRAM),), alert_entries=(paged(31),))
    assert found.noticed_s is None


def test_what_was_done_before_the_trouble_is_not_noticing_it() -> None:
    early, late = marked(5, "outage.watch"), marked(80, "outage.confirm")
    assert scored(step_marks=(early, late)).noticed_s == 60


def test_the_trouble_begins_sooner_at_a_higher_speed_and_the_times_are_those_that_were_lived() -> None:
    assert scored(answered(65, Side.THEM, None), speed=4).noticed_s == 60


# -- the side and the cause ----------------------------------------------------------


def test_the_last_answer_counts_and_since_when_it_has_been_right() -> None:
    right = (Side.THEM, Cause.PROVIDER_OVERLOADED)
    found = scored(answered(50, *right), answered(90, Side.US, Cause.RATE_LIMITED), answered(140, *right))
    assert (found.side_right, found.cause_right, found.side_s, found.cause_s) == (True, True, 120, 120)


def test_an_answer_that_was_right_once_and_is_not_at_the_end_is_wrong() -> None:
    right = (Side.THEM, Cause.PROVIDER_OVERLOADED)
    found = scored(answered(50, *right), answered(90, Side.US, Cause.RATE_LIMITED))
    assert (found.side_right, found.cause_right, found.side_s, found.cause_s) == (False, False, None, None)


def test_the_right_side_with_another_cause_is_half_of_it() -> None:
    found = scored(answered(50, Side.THEM, Cause.PROVIDER_SLOW))
    assert (found.side_right, found.cause_right, found.side_s, found.cause_s) == (True, False, 30, None)


def test_other_answers_that_the_truth_accepts_are_right_but_not_a_mixture_of_two() -> None:
    truth = replace(TRUTH, accepted=(Answer(Side.US, Cause.RATE_LIMITED),))
    assert scored(answered(50, Side.US, Cause.RATE_LIMITED), truth=truth).cause_right
    mixed = scored(answered(50, Side.US, Cause.PROVIDER_OVERLOADED), truth=truth)
    assert (mixed.side_right, mixed.cause_right) == (True, False)


def test_an_answer_of_the_tree_counts_until_they_give_one_of_their_own() -> None:
    turns = (turned(60, "start", "theirs"), turned(70, "theirs", "overloaded"))
    found = scored(answered(200, Side.THEM, Cause.PROVIDER_OVERLOADED), turns=turns)
    assert (found.side_s, found.cause_s) == (50, 50)
    later = (turned(250, "theirs", "outage"),)
    again = scored(answered(200, Side.THEM, Cause.PROVIDER_OVERLOADED), turns=(*turns, *later))
    assert again.cause_right is True


def test_who_knew_before_there_was_anything_to_know_knew_it_at_once() -> None:
    assert scored(answered(5, Side.THEM, Cause.PROVIDER_OVERLOADED)).cause_s == 0


# -- the tree ------------------------------------------------------------------------


def test_a_branch_that_leads_away_from_every_right_answer_is_a_wrong_turn_and_going_back_is_none() -> None:
    turns = (
        turned(30, "start", "limits"),
        turned(35, "limits", "limit_input"),
        turned(40, "limit_input", "start", back=True),
        turned(50, "start", "theirs"),
        turned(60, "theirs", "overloaded"),
    )
    found = scored(turns=turns)
    assert (found.turns, found.wrong_turns) == (4, 1)


def test_who_did_not_walk_it_has_no_wrong_turns_and_not_none_either() -> None:
    assert scored(turns=(turned(50, "start", "theirs"),)).wrong_turns == 0
    assert scored(turns=(turned(50, "theirs", "start", back=True),)).wrong_turns is None


# -- steps ---------------------------------------------------------------------------


def test_steps_are_hit_missed_or_harmful_by_their_last_state() -> None:
    found = scored(
        step_marks=(
            marked(50, "outage.retries"),
            marked(60, "outage.confirm"),
            marked(70, "outage.confirm", StepState.OPEN),
            marked(80, "key_rejected.new_key"),
            marked(90, "outage.queue"),
        )
    )
    assert (found.hit, found.missed) == (("outage.retries",), ("outage.confirm",))
    assert found.harmful == ("key_rejected.new_key",)
    assert found.first_step_s == 30
    assert found.began_well is False


def test_a_step_that_is_skipped_is_missed() -> None:
    assert scored(step_marks=(marked(50, "outage.confirm", StepState.SKIPPED),)).missed == TRUTH.steps


# -- pages, acknowledgement, end -------------------------------------------------------


def test_a_page_that_nobody_needed_is_false_and_one_that_did_not_come_is_missed() -> None:
    calm = replace(TRUTH, paged=False)
    assert scored(alert_entries=(paged(40),), truth=calm).false_pages == 1
    assert scored(truth=calm).missed_pages == 0
    assert scored().missed_pages == 1
    assert scored(alert_entries=(paged(40, Severity.P4),)).missed_pages == 1
    found = scored(alert_entries=(paged(40), acknowledged(100)))
    assert (found.pages, found.missed_pages, found.false_pages, found.acknowledged_s) == (1, 0, 0, 80)


def test_it_ends_resolved_stopped_or_left() -> None:
    declared, resolved = act(60, IncidentAct.DECLARED), act(300, IncidentAct.RESOLVED)
    ended = DrillEntry(at(310), DrillAct.ENDED, "ana")
    assert scored(ended, entries=(declared, resolved)).ending is Ending.RESOLVED
    assert scored(ended, entries=(declared,)).ending is Ending.STOPPED
    assert scored(entries=(declared,)).ending is Ending.QUIT


# -- points --------------------------------------------------------------------------

PERFECT = {
    "step_marks": (marked(60, "outage.confirm"), marked(70, "outage.retries")),
    "alert_entries": (paged(40), acknowledged(50)),
}


def test_all_that_can_be_done_is_worth_a_hundred_and_the_weights_sum_to_it() -> None:
    turns = (turned(45, "start", "theirs"), turned(46, "theirs", "overloaded"))
    found = scored(
        answered(55, Side.THEM, Cause.PROVIDER_OVERLOADED),
        turns=turns,
        postmortem=Completeness(8, 8, 0),
        **PERFECT,
    )
    assert found.points == 100
    assert sum(WEIGHTS.values()) == 100


def test_harm_a_wrong_answer_and_a_wrong_turn_each_cost_points() -> None:
    right = answered(55, Side.THEM, Cause.PROVIDER_OVERLOADED)
    best = scored(right, **PERFECT).points
    marks = (*PERFECT["step_marks"], marked(90, "key_rejected.new_key"))
    harm = scored(right, **PERFECT | {"step_marks": marks})
    wrong = scored(answered(55, Side.US, Cause.RATE_LIMITED), **PERFECT)
    turn = scored(right, turns=(turned(45, "start", "limits"),), **PERFECT)
    assert best == 100
    for found in (harm, wrong, turn):
        assert found.points is not None
        assert found.points < 100


def test_an_unwritten_postmortem_costs_points() -> None:
    right = answered(55, Side.THEM, Cause.PROVIDER_OVERLOADED)
    half = scored(right, postmortem=Completeness(4, 8, 0), **PERFECT)
    assert half.points == 97  # 2.5 of 95, as nobody walked the tree


SECONDS = st.floats(-100, 1000).map(lambda seconds: round(seconds, 3))
ENTRIES = st.builds(
    answered,
    SECONDS,
    st.none() | st.sampled_from(Side),
    st.none() | st.sampled_from(Cause),
)
STEPS = st.sampled_from((*TRUTH.steps, *TRUTH.harmful, "outage.queue", "gone.gone"))
NODES = st.sampled_from((*RUNBOOK.nodes, "gone"))


@given(
    entries=st.lists(ENTRIES, max_size=5),
    marks=st.lists(st.builds(marked, SECONDS, STEPS, st.sampled_from(StepState)), max_size=8),
    turns=st.lists(st.builds(turned, SECONDS, NODES, NODES, back=st.booleans()), max_size=8),
    alerts=st.lists(st.builds(paged, SECONDS) | st.builds(acknowledged, SECONDS), max_size=5),
    speed=st.floats(0.1, 100),
    end=SECONDS,
)
def test_whatever_was_recorded_no_time_is_negative_and_nothing_unknown_is_zero(
    entries: list[DrillEntry],
    marks: list[StepMark],
    turns: list[WalkTurn],
    alerts: list[AlertEntry],
    speed: float,
    end: float,
) -> None:
    found = scored(
        *sorted(entries, key=lambda entry: entry.at),
        turns=tuple(sorted(turns, key=lambda turn: turn.at)),
        speed=speed,
        end=end,
        step_marks=tuple(sorted(marks, key=lambda mark: mark.at)),
        alert_entries=tuple(sorted(alerts, key=lambda alert: alert.at)),
    )
    times = [getattr(found, field.name) for field in fields(found) if field.name.endswith("_s")]
    assert all(time is None or time >= 0 for time in times)
    assert found.points is None or 0 <= found.points <= 100
    assert set(found.hit) | set(found.missed) == set(TRUTH.steps)
    assert not set(found.hit) & set(found.missed)
    assert (found.side_s is not None) <= (found.side_right is True)
    assert (found.wrong_turns is None) == (found.turns == 0)
    if found.wrong_turns is not None:
        assert found.wrong_turns <= found.turns
    assert (found.acknowledged_s is None) or any(alert.kind is EntryKind.ACKNOWLEDGED for alert in alerts)
