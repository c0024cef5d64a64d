"""What a gateway says in its own name, and whose credential the next step is about."""

from __future__ import annotations

from datetime import timedelta

import pytest

from claude_tui.analysis.diagnosis.diagnose import EngineFacts
from claude_tui.model.observation import Observation, Outcome, WindowReading
from claude_tui.model.verdict import Cause, Severity, Side, Verdict
from tests.builders import NOON, bucket
from tests.diagnosed import BEFORE, HOUR, blamed, told, verdict


def texts(found: Verdict) -> str:
    return " ".join(each.text for each in found.evidence)


COOLING = "No deployments available for selected model, Try again in 60 seconds. cooldown_list=['1']"


def cooling(start: float, count: int = 4) -> list[Observation]:
    said = {"message": COOLING, "http_status": 429, "error_type": None, "retry_after_s": 60.0}
    return told(Outcome.SERVER_ERROR, count=count, start=start, **said)


def test_a_gateway_that_rests_its_deployments_proves_no_limit_of_ours() -> None:
    found = verdict(BEFORE, cooling(HOUR))
    assert blamed(found) == (Cause.PROVIDER_ERRORS, Side.UNCLEAR)
    assert "rate limit" not in found.summary.lower()
    assert "etwork" not in texts(found)
    assert 30 <= (found.retry_after_s or 0) <= 60


@pytest.mark.parametrize(
    ("outcome", "cause"),
    [
        (Outcome.KEY_REJECTED, Cause.KEY_REJECTED),
        (Outcome.OVERLOADED, Cause.PROVIDER_OVERLOADED),
        (Outcome.RATE_LIMITED, Cause.RATE_LIMITED),
    ],
)
def test_the_last_real_cause_is_kept_while_the_gateway_rests(outcome: Outcome, cause: Cause) -> None:
    real = told(outcome, count=3)
    found = verdict(BEFORE, real, cooling(HOUR + 90, count=20))
    assert found.cause is cause
    assert found.since == NOON + timedelta(seconds=HOUR)


def test_a_gateway_that_reaches_nobody_is_the_path() -> None:
    said = "litellm.APIConnectionError: AnthropicException - Failed to resolve 'api.anthropic.com'"
    found = verdict(BEFORE, told(Outcome.NETWORK, message=said, http_status=500, error_type="api_error"))
    assert blamed(found) == (Cause.NETWORK, Side.PATH)
    assert "cannot reach the provider (500)" in found.summary
    assert "fine" not in texts(found)


def test_a_page_in_front_of_a_gateway_clears_nothing() -> None:
    found = verdict(
        BEFORE, told(Outcome.SERVER_ERROR, message="502 (nginx)", http_status=502, error_type="gateway_page")
    )
    assert blamed(found) == (Cause.PROVIDER_ERRORS, Side.UNCLEAR)
    assert "etwork" not in texts(found)


def test_a_foreign_id_does_not_prove_that_the_api_was_reached() -> None:
    lists = {"http_status": 502, "request_id": "cf-ray 9f-FRA"}
    own = {"http_status": 502, "request_id": "req_1"}
    assert "etwork" not in texts(verdict(told(Outcome.SERVER_ERROR, **lists)[::3]))
    assert "etwork" in texts(verdict(told(Outcome.SERVER_ERROR, **own)[::3]))


@pytest.mark.parametrize(
    ("variable", "names"),
    [("ANTHROPIC_API_KEY", "API key"), ("ANTHROPIC_AUTH_TOKEN", "auth token")],
)
def test_the_next_step_names_the_credential_that_is_set(variable: str, names: str) -> None:
    found = verdict([], told(Outcome.KEY_REJECTED), facts=EngineFacts(credential=variable))
    assert variable in found.next_step
    assert names in found.summary
    other = {"ANTHROPIC_API_KEY", "ANTHROPIC_AUTH_TOKEN"} - {variable}
    assert not any(each in found.next_step for each in other)


def test_a_probe_that_asks_for_too_little_pages_nobody() -> None:
    said = "max_output_tokens: integer below minimum value. Expected a value >= 16, but got 8 instead."
    found = verdict(BEFORE, told(Outcome.BAD_REQUEST, message=said, http_status=400))
    assert blamed(found) == (Cause.UNKNOWN, Side.UNCLEAR)
    assert found.severity is Severity.NONE
    assert "max_tokens" in found.next_step
    assert ">= 16" in texts(found)


FULL = (bucket("requests", 1000, 1000), bucket("input", 30_000, 30_000))


def test_a_429_with_full_buckets_that_must_not_be_retried_is_a_request_that_is_too_large() -> None:
    no_retry = (("x-should-retry", "false"),)
    found = verdict(BEFORE, told(Outcome.RATE_LIMITED, rate_limits=FULL, headers=no_retry))
    assert "larger than our limit" in found.summary
    assert found.retry_after_s is None
    for more in ({"headers": no_retry, "rate_limits": (bucket("input", 0, 30_000),)}, {"rate_limits": FULL}):
        assert "larger" not in verdict(BEFORE, told(Outcome.RATE_LIMITED, **more)).summary


def test_a_429_beside_unused_windows_says_what_speaks_against_our_limit() -> None:
    unused = (WindowReading("5h", 0.12, None, "allowed"), WindowReading("7d", 0.3, None, "allowed"))
    found = verdict(BEFORE, told(Outcome.RATE_LIMITED, windows=unused))
    assert "None of the reported limits is nearly used up" in texts(found)


@pytest.mark.parametrize(
    ("reading", "said"),
    [
        (WindowReading("7d_oi", None, None, "rejected"), "The 7d_oi window is used up."),
        (WindowReading("5h", 1.02, None, "rejected"), "The 5h window is used up: 102%."),
    ],
)
def test_a_window_refuses_with_or_without_a_figure(reading: WindowReading, said: str) -> None:
    found = verdict(BEFORE, told(Outcome.RATE_LIMITED, windows=(reading,)))
    assert said in texts(found)
    assert found.bucket == reading.window
    assert found.retry_after_s is None


def test_a_limit_of_nothing_is_named() -> None:
    found = verdict(BEFORE, told(Outcome.RATE_LIMITED, rate_limits=(bucket("input", 0, 0),)))
    assert "input: 0 of 0 left at the refusal." in texts(found)
