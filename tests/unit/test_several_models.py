"""Trouble with one of several probed models: the verdict names its scope, and a model that answers."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from claude_tui.analysis.diagnosis.asking import interval_s
from claude_tui.analysis.options import Options
from claude_tui.analysis.views.events import newest_events
from claude_tui.analysis.views.models import model_states
from claude_tui.engine import next_other_model, other_models
from claude_tui.model.observation import Observation, Outcome, Source, Timings
from claude_tui.model.verdict import Cause, Severity, Side
from claude_tui.settings import Settings
from tests.builders import (
    MODEL,
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
    texts,
)
from tests.diagnosed import HOUR, blamed, probed, verdict

OPUS, SONNET = "claude-opus-5-5", "claude-sonnet-5-5"


def to_model(model: str, at: float, outcome: Outcome = Outcome.OK, **details: object) -> Observation:
    return replace(messages(at, outcome, model=model), source=Source.OTHER_MODELS, **details)  # type: ignore[arg-type]


def others(*, opus: Outcome = Outcome.OK, sonnet: Outcome = Outcome.OK, failed: int = 3) -> list[Observation]:
    """An hour of messages to two further models, the last `failed` of which end as given."""
    seen = []
    for number in range(30):
        last = number >= 30 - failed
        at = HOUR - 120 * (29 - number)
        seen += [
            to_model(OPUS, at - 20, opus if last else Outcome.OK),
            to_model(SONNET, at - 80, sonnet if last else Outcome.OK),
        ]
    return seen


FIRST = [messages(30 * number) for number in range(121)]
BEFORE = [
    *FIRST,
    *(models(15 * number) for number in range(241)),
    *(page(60 * minute) for minute in range(61)),
]


def test_one_model_of_three_is_theirs_and_that_model_only() -> None:
    found = verdict(BEFORE, others(opus=Outcome.SERVER_ERROR))
    assert blamed(found) == (Cause.PROVIDER_ERRORS, Side.THEM)
    assert "Opus fails (500)" in found.summary
    assert "Opus only; Haiku and Sonnet answer." in found.summary
    assert found.next_step.startswith(f"Fall back to {MODEL}, which answers")
    assert found.severity is Severity.P2
    assert found.since == after(HOUR - 260)


def test_the_first_model_alone_is_named_with_one_that_answers() -> None:
    failing = probed(Outcome.OVERLOADED, start=HOUR + 30, count=5)
    still = [to_model(model, HOUR + at) for at, model in ((60, OPUS), (100, SONNET))]
    found = verdict(BEFORE, others(), failing, still)
    assert blamed(found) == (Cause.PROVIDER_OVERLOADED, Side.THEM)
    assert "Haiku is overloaded (529). Haiku only; Opus and Sonnet answer." in found.summary
    assert OPUS in found.next_step
    assert found.scope == "Haiku only; Opus and Sonnet answer"


def test_failures_of_all_are_an_outage_of_the_api() -> None:
    failing = probed(Outcome.SERVER_ERROR, start=HOUR + 30, count=9)
    also = [
        to_model(model, HOUR + at + shift, Outcome.SERVER_ERROR)
        for at, model in ((60, OPUS), (100, SONNET))
        for shift in (0, 10, 120)
    ]
    found = verdict(BEFORE, others(), failing, also)
    assert blamed(found) == (Cause.PROVIDER_OUTAGE, Side.THEM)
    assert found.scope == "Haiku, Opus and Sonnet alike"
    assert "Fall back" not in found.next_step


def test_a_further_model_that_does_not_exist_is_ours() -> None:
    found = verdict(BEFORE, others(opus=Outcome.MODEL_NOT_FOUND))
    assert blamed(found) == (Cause.MODEL_UNAVAILABLE, Side.US)
    assert "Opus" in found.summary


@pytest.mark.parametrize("failed", [0, 1])
def test_one_failure_of_a_further_model_may_be_chance(failed: int) -> None:
    found = verdict(BEFORE, others(opus=Outcome.SERVER_ERROR, failed=failed))
    assert not found.severity.trouble
    assert found.checking == bool(failed)


def test_a_first_failure_of_a_further_model_is_amber_while_it_is_asked_again() -> None:
    failed = to_model(OPUS, HOUR + 60, Outcome.SERVER_ERROR)
    found = verdict(BEFORE, [*others(), failed])
    assert found.checking
    assert found.summary.startswith("One failure, checking again. Opus")
    assert not found.severity.trouble
    answered = to_model(OPUS, HOUR + 63)
    assert verdict(BEFORE, [*others(), failed, answered]).cause is Cause.HEALTHY


def test_a_model_answers_again_after_three_good_messages() -> None:
    good = [to_model(OPUS, HOUR + 30 * number) for number in range(1, 4)]
    history = history_of(*others(opus=Outcome.SERVER_ERROR), *good)
    states = [
        next(
            state.fails for state in model_states(history, after(HOUR + at), Options()) if state.model == OPUS
        )
        for at in (0, 30, 60, 90)
    ]
    assert states == [True, True, True, False]


def test_a_network_that_fails_is_not_the_models() -> None:
    lost = others(opus=Outcome.NETWORK, sonnet=Outcome.NETWORK)
    failing = probed(Outcome.NETWORK, Outcome.NETWORK, start=HOUR - 240, count=9)
    kept = [observation for observation in BEFORE if observation.at < after(HOUR - 240)]
    assert verdict(kept, lost, failing).side is Side.PATH


def test_limits_of_a_further_model_are_not_those_of_the_first() -> None:
    history = history_of(
        messages(0, limits=[bucket("input", 900)]),
        to_model(OPUS, 10, rate_limits=(bucket("input", 10, 100),)),
    )
    bucket_column = history.buckets()["input"]
    (by,) = bucket_column.values
    assert bucket_column.reading(by).remaining == 900


def test_nothing_changes_without_further_models() -> None:
    assert model_states(history_of(*FIRST), after(HOUR), Options()) == ()
    assert verdict(BEFORE).scope == ""


def test_a_page_that_names_another_model_than_the_probed_says_so() -> None:
    reported = status(
        HOUR, api="degraded_performance", incidents=[incident(name="Elevated errors on Claude Opus 5")]
    )
    found = verdict(BEFORE, reported)
    assert found.cause is Cause.PROVIDER_NOTICE
    assert found.summary == "They report trouble with Opus, which you don't probe."
    assert "also_models" in found.next_step
    assert any("You probe Haiku: messages are answered" in sentence for sentence in texts(found))
    by_page = verdict(BEFORE, others(), reported)
    assert "our own probes are fine" in by_page.summary
    assert not any("You probe" in sentence for sentence in texts(by_page))


LISTED = catalogue(0, "claude-haiku-4-5", "claude-opus-4-8", OPUS, "claude-sonnet-4-5")


def test_a_family_is_its_newest_active_model_once_a_list_is_known() -> None:
    settings = Settings(also_models=("opus", "sonnet", "my/model", "haiku"))
    assert other_models(settings, history_of(), NOON) == ["my/model"]
    listed = replace(
        LISTED,
        models=tuple(
            replace(model, created_at=NOON + timedelta(days=number))
            for number, model in enumerate(LISTED.models)
        ),
    )
    assert other_models(settings, history_of(listed), NOON) == [OPUS, "claude-sonnet-4-5", "my/model"]


def test_further_models_are_asked_in_turn_and_one_that_failed_at_once() -> None:
    settings = Settings(also_models=(OPUS, SONNET))
    history = history_of(to_model(OPUS, 0), to_model(SONNET, 60))
    assert next_other_model(settings, history, after(61)) == OPUS
    history.add_observation(to_model(OPUS, 120, Outcome.SERVER_ERROR))
    assert next_other_model(settings, history, after(121)) == OPUS
    assert interval_s(history, Source.OTHER_MODELS, after(121), Options()) < 30
    history.add_observation(to_model(OPUS, 125))
    assert next_other_model(settings, history, after(126)) == SONNET
    assert interval_s(history, Source.OTHER_MODELS, after(126), Options()) == 120


def test_an_overloaded_further_model_is_asked_again_as_soon_as_messages_are() -> None:
    """Not at once, as it asks to back off; but its own pace of two minutes would hide an outage for four."""
    history = history_of(to_model(OPUS, 0), to_model(OPUS, 120, Outcome.OVERLOADED))
    assert interval_s(history, Source.OTHER_MODELS, after(121), Options()) == 30
    history.add_observation(to_model(OPUS, 150, Outcome.OVERLOADED))
    assert interval_s(history, Source.OTHER_MODELS, after(151), Options()) == 120


def test_an_event_of_a_further_model_names_the_model_and_another_ones_answer_is_no_recovery() -> None:
    history = history_of(to_model(OPUS, 0, Outcome.OVERLOADED), to_model(SONNET, 60))
    assert [event.subject for event in newest_events(history, after(61), Options())] == ["opus"]


def test_the_first_model_failing_asks_no_further_one_faster() -> None:
    """Nobody sends an overloaded service a message every three seconds."""
    history = history_of(
        messages(100, model=SONNET),
        to_model(OPUS, 120),
        messages(130, Outcome.OVERLOADED, model=SONNET),
    )
    assert interval_s(history, Source.OTHER_MODELS, after(131), Options()) == 120


def test_a_recovery_of_a_further_model_is_reported_and_followed_faster() -> None:
    failing = others(opus=Outcome.OVERLOADED)
    found = verdict(BEFORE, failing, to_model(OPUS, HOUR + 30), messages(HOUR + 31))
    assert found.recovery is not None
    assert (found.recovery.good, found.recovery.needed) == (1, 3)
    assert "529 overloaded" in found.recovery.of
    history = history_of(*FIRST, *failing, to_model(OPUS, HOUR + 30))
    assert interval_s(history, Source.OTHER_MODELS, after(HOUR + 31), Options()) == 30
    settings = Settings(also_models=(OPUS, SONNET))
    assert next_other_model(settings, history, after(HOUR + 31)) == OPUS
    again = [to_model(OPUS, HOUR + 30 * number) for number in (1, 2, 3)]
    assert verdict(BEFORE, failing, again, messages(HOUR + 91)).cause is Cause.HEALTHY


def test_a_model_that_fails_for_another_reason_is_not_alike() -> None:
    """Opus was over our limit, Haiku overloaded: `The API is overloaded. Haiku and Opus alike.`"""
    failing = probed(Outcome.OVERLOADED, start=HOUR + 30, count=5)
    limited = [to_model(OPUS, HOUR + at, Outcome.RATE_LIMITED) for at in (50, 80, 110, 140)]
    found = verdict(BEFORE, [other for other in others() if other.model == OPUS], failing, limited)
    assert found.scope == "Haiku only; Opus fails for another reason"
    served = [to_model(SONNET, HOUR + 140)]
    found = verdict(BEFORE, others(), failing, limited, served)
    assert found.scope == "Haiku only; Opus fails for another reason; Sonnet answers"


def test_a_further_model_that_is_slow_is_reported() -> None:
    """It was `All is well`, and nothing else."""
    slow = [to_model(OPUS, HOUR + at, timings=Timings(first_token=8.0, total=9.0)) for at in (20, 140)]
    quick = [to_model(OPUS, HOUR - 120 * number, timings=Timings(first_token=0.12)) for number in range(9)]
    found = verdict(BEFORE, quick, slow, at=HOUR + 150)
    assert "Opus is slow: its first token took 8.00 s, usually 120 ms." in found.note
    assert "slow" not in verdict(BEFORE, quick, slow[:1], at=HOUR + 150).note
    usual = [replace(observation, timings=Timings(first_token=7.0)) for observation in quick]
    assert "slow" not in verdict(BEFORE, usual, slow, at=HOUR + 150).note


def tokens(*seconds: float, start: float = HOUR) -> list[Observation]:
    """Answers of Opus two minutes apart, after an hour of fast ones, with these first tokens."""
    quick = [to_model(OPUS, start - 120 * number, timings=Timings(first_token=0.4)) for number in range(30)]
    later = [
        to_model(OPUS, start + 120 * number + 20, timings=Timings(first_token=first_token))
        for number, first_token in enumerate(seconds)
    ]
    return [*reversed(quick), *later]


def test_a_further_model_that_stays_slow_is_a_p4() -> None:
    """It was a remark beside "All is well", however long it lasted."""
    slow = tokens(8.0, 9.0, 8.0)
    found = verdict(BEFORE, [messages(HOUR + 30 * number) for number in range(9)], slow, at=HOUR + 270)
    assert (found.cause, found.side, found.severity) == (Cause.PROVIDER_SLOW, Side.THEM, Severity.P4)
    assert "Opus is slow to begin: first token after 8.00 s, 20.0× usual" in found.summary
    assert (found.since, found.detected_at) == (after(HOUR + 20), after(HOUR + 260))


@pytest.mark.parametrize(
    ("seconds", "expected"),
    [
        ((8.0, 8.0), "..."),
        ((8.0, 0.4, 8.0, 0.4, 8.0), "....."),
        ((8.0, 8.0, 8.0, 0.4, 0.4, 8.0, 0.4, 8.0), "..SSSSSS"),
        ((8.0, 8.0, 8.0, 0.4, 0.4, 0.4, 8.0, 0.4), "..SSS..."),
    ],
)
def test_a_further_model_does_not_turn_slow_and_fast_with_each_message(
    seconds: tuple[float, ...], expected: str
) -> None:
    seen = ""
    for number in range(1, len(seconds) + 1):
        now = HOUR + 120 * number - 60
        later = [messages(HOUR + 30 * index) for index in range(4 * number)]
        found = verdict(BEFORE, later, tokens(*seconds[:number]), at=now)
        seen += "S" if found.severity is Severity.P4 else "."
    assert seen == expected[: len(seconds)]


def test_a_further_model_that_is_always_slow_is_no_problem() -> None:
    always = [to_model(OPUS, 120 * number, timings=Timings(first_token=5.0)) for number in range(30)]
    assert verdict(BEFORE, always).cause is Cause.HEALTHY


def test_further_models_that_fail_for_different_reasons_are_distinguished() -> None:
    found = verdict(BEFORE, others(opus=Outcome.SERVER_ERROR, sonnet=Outcome.RATE_LIMITED, failed=3))
    only = {"Opus": "Sonnet", "Sonnet": "Opus"}
    named = next(name for name in only if f"{name} only" in found.scope)
    assert found.scope == f"{named} only; {only[named]} fails for another reason; Haiku answers"
    assert f"3 of 3 messages to {named} failed" in texts(found)[0]
