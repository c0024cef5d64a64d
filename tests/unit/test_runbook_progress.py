"""Playbook progress: a fold over marks, the same for everyone who watches, whatever order they arrive in."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from claude_tui.model.observation import Outcome
from claude_tui.model.playbook import StepMark, StepState
from claude_tui.model.verdict import Cause
from claude_tui.runbook import NO_FACTS, Placeholders, mark, playbook_view, progress_of, restart, shipped
from claude_tui.runbook.progress import QUIET
from claude_tui.runbook.values import Step
from tests.builders import NOON
from tests.runbook_values import facts, failing, verdict

OUTAGE = shipped().playbooks["outage"]
LIMITED = shipped().playbooks["rate_limited"]
FIRST, SECOND = OUTAGE.steps[:2]


def later(minutes: float) -> datetime:
    return NOON + timedelta(minutes=minutes)


def done(step: Step, minutes: float, by: str = "eve", state: StepState = StepState.DONE) -> StepMark:
    return mark(OUTAGE, step, state, by=by, at=later(minutes))


def test_before_the_first_mark_everything_is_open() -> None:
    found = progress_of([], OUTAGE, NOON)
    assert found.started_at is None
    assert found.next_step(OUTAGE) == FIRST
    assert found.settled(OUTAGE) == 0


def test_who_did_what_and_when() -> None:
    found = progress_of([done(FIRST, 1), done(SECOND, 2, "bob", StepState.SKIPPED)], OUTAGE, later(3))
    assert found.state(FIRST) is StepState.DONE
    assert found.mark_of(SECOND) == StepMark(
        later(2), "outage", SECOND.id, StepState.SKIPPED, "bob", title=SECOND.title
    )
    assert (found.settled(OUTAGE), found.next_step(OUTAGE)) == (2, OUTAGE.steps[2])
    assert found.started_at == later(1)


def test_a_mark_can_be_taken_back() -> None:
    found = progress_of([done(FIRST, 1), done(FIRST, 2, state=StepState.OPEN)], OUTAGE, later(3))
    assert found.state(FIRST) is StepState.OPEN
    assert found.mark_of(FIRST) is None


def test_marks_of_another_playbook_and_of_later_do_not_count() -> None:
    other = mark(LIMITED, LIMITED.steps[0], StepState.DONE, by="eve", at=NOON)
    assert progress_of([other, done(FIRST, 9)], OUTAGE, later(5)).settled(OUTAGE) == 0


def test_a_playbook_begun_anew_is_empty() -> None:
    marks = [done(FIRST, 1), restart(OUTAGE, by="eve", at=later(2))]
    found = progress_of(marks, OUTAGE, later(3))
    assert (found.settled(OUTAGE), found.started_at) == (0, later(2))


def test_after_hours_of_quiet_it_is_another_incident() -> None:
    quiet = QUIET.total_seconds() / 60 + 1
    marks = [done(FIRST, 0), done(SECOND, quiet)]
    assert progress_of(marks[:1], OUTAGE, later(quiet)).settled(OUTAGE) == 0
    assert set(progress_of(marks, OUTAGE, later(quiet)).marks) == {SECOND.id}


def test_a_long_incident_keeps_its_progress_however_quiet() -> None:
    marks = [done(FIRST, 5), done(SECOND, 900)]
    found = progress_of(marks, OUTAGE, later(2000), since=NOON)
    assert set(found.marks) == {FIRST.id, SECOND.id}


def test_another_playbooks_step_cannot_be_marked() -> None:
    with pytest.raises(ValueError, match="no step 'read_buckets'"):
        mark(OUTAGE, LIMITED.steps[0], StepState.DONE, by="eve", at=NOON)


def test_a_note_is_bounded() -> None:
    assert len(mark(OUTAGE, FIRST, StepState.DONE, by="eve", at=NOON, note="x" * 999).note) == 200


def test_the_next_step_skips_what_is_not_meant_for_this() -> None:
    """A spend limit of our own: the steps for tier, credit and contract are not the next ones."""
    playbook = shipped().playbooks["spend_limit"]
    found = facts(
        verdict(Cause.SPEND_LIMIT),
        *failing(Outcome.SPEND_LIMIT, http_status=400, message="your specified API usage limits"),
    )
    general = [step for step in playbook.steps if step.when is None][:3]
    marks = [mark(playbook, step, StepState.DONE, by="eve", at=NOON) for step in general]
    view = playbook_view(playbook, progress_of(marks, playbook, later(1)), found, Placeholders())
    assert view.next is not None
    assert view.steps[view.next - 1].step.id == "own_limit"
    assert [step.step.id for step in view.steps if step.applies is False] == [
        "tier_cap",
        "credit",
        "payment",
        "contract",
        "gateway_budget",
    ]


def test_without_data_no_step_is_ruled_out() -> None:
    view = playbook_view(LIMITED, progress_of([], LIMITED, NOON), NO_FACTS, Placeholders())
    assert [step.applies for step in view.steps if step.step.when is not None]
    assert not any(step.applies is False for step in view.steps)
    assert (view.next, view.settled) == (1, 0)


MARKS = st.builds(
    done,
    st.sampled_from(OUTAGE.steps[:4]),
    st.integers(0, 900).map(float),
    st.sampled_from(["eve", "bob"]),
    st.sampled_from(StepState),
)


@given(st.lists(MARKS, max_size=12), st.randoms())
def test_the_order_of_arrival_does_not_matter(marks: list[StepMark], random: object) -> None:
    shuffled = list(marks)
    random.shuffle(shuffled)  # type: ignore[attr-defined]
    assert progress_of(shuffled, OUTAGE, later(900)) == progress_of(marks, OUTAGE, later(900))


@given(st.lists(MARKS, max_size=12))
def test_of_one_step_the_newest_mark_counts(marks: list[StepMark]) -> None:
    found = progress_of(marks, OUTAGE, later(900), since=NOON)
    for step in OUTAGE.steps[:4]:
        own = [newer for newer in marks if newer.step == step.id]
        newest = {newer.state for newer in own if newer.at == max(newer.at for newer in own)}
        assert found.state(step) in (newest or {StepState.OPEN})
