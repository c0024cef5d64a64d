"""The verdict of one round of probes, after which none follows."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

import pytest

from claude_tui.analysis.diagnosis.diagnose import EngineFacts, engine_facts
from claude_tui.analysis.diagnosis.round_policy import CONTINUOUS
from claude_tui.check.one_round import ONE_ROUND, policy_after
from claude_tui.model.no_key_reason import NoKeyReason
from claude_tui.model.observation import Outcome
from claude_tui.model.verdict import Cause, Severity, Side, Verdict
from tests.builders import engine, messages, models, status, texts
from tests.diagnosed import NO_KEY, Item, blamed, verdict


def once(*items: Item | Iterable[Item], facts: EngineFacts | None = None) -> Verdict:
    """The verdict of `check` on a round of probes."""
    return verdict(*items, facts=facts, policy=ONE_ROUND)


def test_the_policy_of_one_round_holds_where_messages_were_asked() -> None:
    assert policy_after([messages(1)]) is ONE_ROUND
    assert policy_after([]) is CONTINUOUS


def test_a_list_of_models_that_fails_beside_good_messages_is_in_the_headline() -> None:
    """It was "All is well"; a gateway that has no list is well."""
    good = [messages(number) for number in range(1, 4)]
    failed = once(models(0, Outcome.SERVER_ERROR, error_type="api_error"), good)
    assert failed.cause is Cause.HEALTHY
    assert failed.summary == "Messages succeed, but the list of models failed (api_error)."
    missing = once(models(0, Outcome.INVALID_RESPONSE, http_status=404, error_type="not_the_api"), good)
    assert missing.summary.startswith("All is well.")


def test_two_lost_messages_of_a_round_are_no_chance() -> None:
    """Two of six without an answer were `Messages succeed, but …` and exit code 0."""
    answered = [messages(number) for number in range(2, 6)]
    lost = {"error_type": "read_timeout", "http_status": None}
    one = once(models(0), messages(0, Outcome.TIMEOUT, **lost), answered)  # type: ignore[arg-type]
    assert (one.cause, one.severity) == (Cause.HEALTHY, Severity.NONE)
    two = once(models(0), [messages(at, Outcome.TIMEOUT, **lost) for at in (0, 1)], answered)  # type: ignore[arg-type]
    assert (two.cause, two.severity) == (Cause.PROVIDER_ERRORS, Severity.P4)
    assert "2 of 6 failed" in texts(two)[0]
    behind = replace(messages(0, Outcome.SERVER_ERROR, http_status=502), error_type=None, request_id=None)
    behind = replace(behind, target="http://gateway.corp.test:4000")
    few = once(models(0), behind, answered)
    assert few.summary == "Unclear. Now and then a call through the API fails: by the gateway or by the API."


def test_where_others_succeeded_before_one_429_stays_unknown() -> None:
    """Also while the probe cannot run for now."""
    facts = engine_facts(engine(held="waiting for the list of models"))
    found = verdict(models(0), messages(1), messages(31, Outcome.RATE_LIMITED), facts=facts)
    assert (found.cause, found.severity) == (Cause.UNKNOWN, Severity.NONE)


@pytest.mark.parametrize(
    ("outcome", "cause", "severity"),
    [
        (Outcome.RATE_LIMITED, Cause.RATE_LIMITED, Severity.P2),
        (Outcome.SPEND_LIMIT, Cause.SPEND_LIMIT, Severity.P1),
        (Outcome.KEY_REJECTED, Cause.KEY_REJECTED, Severity.P1),
        (Outcome.NOT_PERMITTED, Cause.NOT_PERMITTED, Severity.P1),
        (Outcome.BAD_REQUEST, Cause.BAD_REQUEST, Severity.P1),
        (Outcome.MODEL_NOT_FOUND, Cause.MODEL_UNAVAILABLE, Severity.P1),
    ],
)
def test_one_answer_that_says_the_same_again_is_enough(
    outcome: Outcome, cause: Cause, severity: Severity
) -> None:
    found = once(models(0), messages(1, outcome))
    assert blamed(found) == (cause, Side.US)
    assert found.severity is severity
    assert found.confidence > 0.7


@pytest.mark.parametrize("outcome", [Outcome.SPEND_LIMIT, Outcome.KEY_REJECTED, Outcome.NOT_PERMITTED])
def test_one_refusal_of_what_we_are_decides_on_the_dashboard_too(outcome: Outcome) -> None:
    found = verdict(models(0), messages(1, outcome))
    assert blamed(found) == blamed(once(models(0), messages(1, outcome)))
    assert found.severity is Severity.P2
    assert found.confidence > 0.7


@pytest.mark.parametrize("outcome", [Outcome.BAD_REQUEST, Outcome.MODEL_NOT_FOUND, Outcome.SERVER_ERROR])
def test_any_other_failure_is_checked_by_the_next_probe(outcome: Outcome) -> None:
    assert verdict(models(0), messages(1, outcome)).cause is Cause.UNKNOWN


def test_one_rejection_among_accepted_messages_of_a_round_rotates_no_key() -> None:
    rejected = messages(1, Outcome.KEY_REJECTED, error_type="authentication_error", http_status=401)
    for round_ in ((rejected, messages(3), messages(5)), (messages(0.5), rejected)):
        found = once(models(0), *round_)
        assert blamed(found) == (Cause.KEY_REJECTED, Side.THEM)
        assert "Deploy a valid key" not in found.next_step


def test_a_key_that_is_rejected_from_one_message_on_may_have_been_revoked() -> None:
    """`Their authentication rejects valid keys` was the verdict on a key that was revoked in between."""
    rejected = [
        messages(at, Outcome.KEY_REJECTED, error_type="authentication_error", http_status=401)
        for at in (2, 3, 4)
    ]
    found = once(models(0), messages(1), rejected)
    assert blamed(found) == (Cause.KEY_REJECTED, Side.UNCLEAR)
    assert "revoked, or their outage" in found.summary
    assert blamed(once(models(0), rejected, messages(5))) == (Cause.KEY_REJECTED, Side.THEM)


def test_the_providers_list_of_models_fails_in_part_also_if_it_never_answered() -> None:
    lists = [models(at, Outcome.SERVER_ERROR) for at in (0, 5, 6)]
    found = once(lists, [messages(at) for at in (1, 2, 3)])
    assert (found.side, found.severity) == (Side.THEM, Severity.P3)
    assert "The list of models fails" in found.summary
    elsewhere = [replace(listing, target="http://gateway.example") for listing in lists]
    assert once(elsewhere, [messages(at) for at in (1, 2, 3)]).cause is Cause.HEALTHY


def test_so_is_one_that_asks_to_wait() -> None:
    asked = replace(messages(1, Outcome.OVERLOADED), retry_after_s=30.0)
    found = once(models(0), asked, facts=EngineFacts(held="2 of 3 left out"))
    assert blamed(found) == (Cause.PROVIDER_OVERLOADED, Side.THEM)
    assert found.severity is Severity.P2
    assert found.retry_after_s == 30
    assert "Not asked again: 2 of 3 left out." in texts(found)


def test_what_a_broken_stream_had_in_its_head_is_no_wish_to_wait() -> None:
    broken = replace(messages(1, Outcome.TRUNCATED_STREAM), retry_after_s=30.0)
    assert once(models(0), broken).cause is Cause.UNKNOWN
    again = replace(messages(2, Outcome.TRUNCATED_STREAM), retry_after_s=30.0)
    assert once(models(0), broken, again).retry_after_s == 1


@pytest.mark.parametrize("outcome", [Outcome.SERVER_ERROR, Outcome.OVERLOADED, Outcome.TIMEOUT])
def test_one_of_any_other_kind_is_not(outcome: Outcome) -> None:
    found = once(models(0), messages(1, outcome))
    assert found.cause is Cause.UNKNOWN
    assert found.summary.startswith("Unknown. 1 message probe so far, 1 failed (")
    assert found.summary.endswith("); a verdict needs 2.")
    assert found.next_step == "Run the check again, with --samples 3 or more"


def test_one_success_is_no_health_either() -> None:
    found = once(models(0), messages(1))
    assert found.summary == "Unknown. 1 message probe so far; a verdict needs 2."


@pytest.mark.parametrize("lone", [1, 2, 3])
def test_a_lone_failure_among_three_is_not_called_healthy(lone: int) -> None:
    seen = [messages(at, Outcome.SERVER_ERROR if at == lone else Outcome.OK) for at in (1, 2, 3)]
    found = once(models(0), seen)
    assert found.cause is Cause.UNKNOWN
    assert found.summary == (
        "Unknown. 3 message probes so far, 1 failed (api_error): too few to tell chance from a real problem."
    )
    assert found.next_step == "Run the check again, with --samples 6 or more"
    live = verdict(models(0), seen)
    assert live.cause is Cause.UNKNOWN
    assert live.next_step.startswith("Wait for the next message probe")


def test_it_is_chance_once_three_in_a_row_were_good_and_is_still_reported() -> None:
    seen = [messages(1, Outcome.TIMEOUT), *(messages(at) for at in (2, 3, 4))]
    found = once(models(0), seen)
    assert found.cause is Cause.HEALTHY
    assert found.evidence[0].text.startswith("3 of the last 4 message probes answered, 1 failed (timeouts)")


@pytest.mark.parametrize("course", ["xooooo", "ooxooo", "ooooox", "x" + 19 * "o"])
@pytest.mark.parametrize(
    ("outcome", "cause"),
    [
        (Outcome.OVERLOADED, Cause.PROVIDER_OVERLOADED),
        (Outcome.SERVER_ERROR, Cause.PROVIDER_ERRORS),
        (Outcome.TRUNCATED_STREAM, Cause.PROVIDER_ERRORS),
    ],
)
def test_one_error_in_a_whole_round_is_a_warning(course: str, outcome: Outcome, cause: Cause) -> None:
    """On a healthy day one message in 2,000 gets one: "all is well" is the less likely of the two."""
    outcomes = [outcome if mark == "x" else Outcome.OK for mark in course]
    found = once(models(0), [messages(at, answer) for at, answer in enumerate(outcomes, 1)])
    assert blamed(found) == (cause, Side.THEM)
    assert found.severity is Severity.P4
    assert found.evidence[0].text.startswith(f"1 of {len(course)} failed: ")
    assert found.confidence <= 0.5


def test_one_error_in_a_whole_round_outranks_what_the_page_reports() -> None:
    """That our own probes are fine would not be true."""
    troubled = status(2, "degraded_performance")
    seen = [messages(at, Outcome.SERVER_ERROR if at == 2 else Outcome.OK) for at in range(1, 7)]
    assert once(models(0), seen, troubled).cause is Cause.PROVIDER_ERRORS


def test_one_lost_message_of_a_round_is_healthy_and_in_the_headline() -> None:
    seen = [messages(at, Outcome.TIMEOUT if at == 2 else Outcome.OK) for at in range(1, 7)]
    found = once(models(0), seen)
    assert (found.cause, found.severity) == (Cause.HEALTHY, Severity.NONE)
    assert found.summary == "Messages succeed, but 1 of 6 got no answer."
    assert found.next_step.startswith("Run the check again")


def test_one_slow_message_of_a_round_is_healthy_and_in_the_headline() -> None:
    found = once(models(0), [messages(at, ttft=8.1 if at == 1 else 0.1) for at in (1, 12, 15)])
    assert (found.cause, found.severity) == (Cause.HEALTHY, Severity.NONE)
    assert found.summary == "Messages succeed, but 1 of 3 first tokens took 8.10 s."


@pytest.mark.parametrize("course", ["ooxxoo", "xoooxx", "ooxxx"])
def test_where_some_of_one_round_answer_it_is_no_outage(course: str) -> None:
    outcomes = [Outcome.SERVER_ERROR if mark == "x" else Outcome.OK for mark in course]
    found = once(models(0), [messages(at, outcome) for at, outcome in enumerate(outcomes, 1)])
    assert blamed(found) == (Cause.PROVIDER_ERRORS, Side.THEM)
    assert found.severity in {Severity.P2, Severity.P3}
    assert found.evidence[0].text.startswith(f"{course.count('x')} of {len(course)} failed: ")


def test_where_all_fail_it_is_an_outage() -> None:
    down = once(models(0), [messages(at, Outcome.SERVER_ERROR) for at in (1, 2, 3)])
    assert blamed(down) == (Cause.PROVIDER_OUTAGE, Side.THEM)
    assert down.severity is Severity.P1


def test_slow_without_a_past_is_what_exceeds_the_limit() -> None:
    found = once(models(0), [messages(at, ttft=3.5) for at in (1, 5, 9)])
    assert blamed(found) == (Cause.PROVIDER_SLOW, Side.THEM)
    assert found.summary == "It's them. Time to first token is high: 3.50 s."
    assert found.evidence[0].text == "First token after 3.50 s, no errors."


def test_without_a_key_the_next_step_names_it_whatever_fails() -> None:
    lists = [models(at, Outcome.SERVER_ERROR) for at in (0, 2, 4)]
    found = verdict(lists, facts=EngineFacts(held=NO_KEY, no_key_reason=NoKeyReason.MISSING))
    assert found.cause is Cause.PROVIDER_OUTAGE
    assert "ANTHROPIC_API_KEY" in found.next_step
    lost = [models(at, Outcome.NETWORK, error_type="dns") for at in (0, 2, 4)]
    found = verdict(lost, facts=EngineFacts(held=NO_KEY, no_key_reason=NoKeyReason.MISSING))
    assert found.cause is Cause.NETWORK
    assert found.next_step.endswith("; set ANTHROPIC_API_KEY to probe inference as well")
