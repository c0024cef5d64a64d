"""A limit that was lowered is the cause, by name."""

from __future__ import annotations

from datetime import timedelta

import pytest

from claude_tui.analysis.diagnosis.lowered import lowered_limits
from claude_tui.model.observation import Observation, Outcome
from claude_tui.model.verdict import Cause, Side
from tests.builders import after, bucket, history_of, messages, models
from tests.diagnosed import blamed, verdict

HIGH, LOW = 2_000_000, 400_000
LOWERED_S = 7_320.0  # 14:02


def answers(
    *limits: int, start: float = LOWERED_S - 300, every: float = 30, used: float = 0.1
) -> list[Observation]:
    return [
        messages(at, limits=[bucket("input", int(limit * (1 - used)), limit), bucket("requests", 900, 1000)])
        for at, limit in ((start + every * number, limit) for number, limit in enumerate(limits))
    ]


def refusals(count: int, start: float, limit: int = LOW) -> list[Observation]:
    return [
        messages(start + 30 * number, Outcome.RATE_LIMITED, limits=[bucket("input", 0, limit)])
        for number in range(count)
    ]


LISTS = [models(15 * number) for number in range(488)]


def test_a_limit_that_was_lowered_is_the_cause_by_name() -> None:
    before = answers(*[HIGH] * 10, *[LOW] * 2)
    found = verdict(LISTS, before, refusals(3, LOWERED_S + 60))
    assert blamed(found) == (Cause.RATE_LIMITED, Side.US)
    assert "Our input limit was lowered: 2M → 400k at 14:02 UTC (429)." in found.summary
    assert "who lowered it" in found.next_step
    assert found.bucket == "input"


def test_the_refusal_itself_may_be_the_first_to_say_so() -> None:
    found = verdict(LISTS, answers(*[HIGH] * 10), refusals(3, LOWERED_S))
    assert "lowered: 2M → 400k at 14:02 UTC" in found.summary


@pytest.mark.parametrize(
    ("limits", "why"),
    [
        ([LOW] * 12, "it was never higher"),
        ([LOW] * 6 + [HIGH] * 6, "it was raised"),
        ([HIGH, LOW] * 6, "two keys or deployments alternate"),
        ([HIGH] * 2 + [LOW] * 10, "too few to tell"),
    ],
)
def test_a_limit_that_was_not_lowered_is_not_called_lowered(limits: list[int], why: str) -> None:
    history = history_of(*answers(*limits))
    assert lowered_limits(history, after(LOWERED_S + 60), timedelta(hours=6)) == [], why


def test_a_limit_lowered_long_ago_is_the_usual_one() -> None:
    history = history_of(*answers(*[HIGH] * 10, *[LOW] * 200))
    assert lowered_limits(history, after(LOWERED_S + 6000), timedelta(hours=6))
    assert not lowered_limits(history, after(LOWERED_S + 6000), timedelta(hours=1))


def test_another_models_limit_says_nothing() -> None:
    other = [messages(LOWERED_S + 30, limits=[bucket("input", LOW, LOW)], model="claude-opus-5-5")]
    history = history_of(*answers(*[HIGH] * 10), *other)
    assert lowered_limits(history, after(LOWERED_S + 60), timedelta(hours=6)) == []


def test_a_lowered_limit_is_reported_before_it_refuses_anything() -> None:
    found = verdict(LISTS, answers(*[HIGH] * 10, *[LOW] * 3), at=LOWERED_S + 70)
    assert found.cause is Cause.HEALTHY
    assert "The input limit was lowered 2M → 400k at 14:02 UTC." in found.note


def test_no_trouble_yet_is_not_reported_beside_a_429() -> None:
    nearly = answers(*[LOW] * 60, start=LOWERED_S - 1800, used=0.97)
    assert "No trouble yet" in verdict(LISTS, nearly, at=LOWERED_S).summary
    refused = messages(LOWERED_S - 1815, Outcome.RATE_LIMITED)
    found = verdict(LISTS, refused, nearly, at=LOWERED_S)
    assert found.cause is Cause.HEALTHY
    assert "No trouble yet" not in found.summary
    assert "refused a call lately" in found.summary
