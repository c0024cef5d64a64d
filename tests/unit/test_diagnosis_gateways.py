"""What a gateway answers by itself, and whose credential the next step is about."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from claude_tui.analysis.diagnosis.diagnose import EngineFacts, engine_facts
from claude_tui.model.observation import Observation, Outcome, WindowReading
from claude_tui.model.verdict import Cause, Severity, Side, Verdict
from tests.builders import NOON, bucket, engine, healthy, messages, models, page, status
from tests.diagnosed import BEFORE, HOUR, OPENED, blamed, probed, verdict


def texts(found: Verdict) -> str:
    return " ".join(sentence.text for sentence in found.evidence)


GATEWAY = "http://gateway.corp.test:4000"
COOLING = "No deployments available for selected model, Try again in 60 seconds. cooldown_list=['1']"


def cooling(start: float, count: int = 4) -> list[Observation]:
    details = {
        "message": COOLING,
        "http_status": 429,
        "error_type": None,
        "retry_after_s": 60.0,
        "target": GATEWAY,
    }
    return probed(Outcome.SERVER_ERROR, count=count, start=start, **details)


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
    real = probed(outcome, count=3)
    found = verdict(BEFORE, real, cooling(HOUR + 90, count=20))
    assert found.cause is cause
    assert found.since == NOON + timedelta(seconds=HOUR)


def test_a_gateway_that_reaches_nobody_is_the_path() -> None:
    message = "litellm.APIConnectionError: AnthropicException - Failed to resolve 'api.anthropic.com'"
    failed = {"message": message, "http_status": 500, "error_type": "api_error", "target": GATEWAY}
    found = verdict(BEFORE, probed(Outcome.NETWORK, **failed))
    assert blamed(found) == (Cause.NETWORK, Side.PATH)
    assert "cannot reach the provider (500)" in found.summary
    assert "fine" not in texts(found)


def test_a_page_in_front_of_a_gateway_clears_nothing() -> None:
    found = verdict(
        BEFORE,
        probed(Outcome.SERVER_ERROR, message="502 (nginx)", http_status=502, error_type="gateway_page"),
    )
    assert blamed(found) == (Cause.PROVIDER_ERRORS, Side.UNCLEAR)
    assert "etwork" not in texts(found)


def test_a_foreign_id_does_not_prove_that_the_api_was_reached() -> None:
    lists = {"http_status": 502, "request_id": "cf-ray 9f-FRA"}
    own = {"http_status": 502, "request_id": "req_1"}
    assert "etwork" not in texts(verdict(probed(Outcome.SERVER_ERROR, **lists)[::3]))
    assert "etwork" in texts(verdict(probed(Outcome.SERVER_ERROR, **own)[::3]))


@pytest.mark.parametrize(
    ("variable", "names"),
    [("ANTHROPIC_API_KEY", "API key"), ("ANTHROPIC_AUTH_TOKEN", "auth token")],
)
def test_the_next_step_names_the_credential_that_is_set(variable: str, names: str) -> None:
    found = verdict([], probed(Outcome.KEY_REJECTED), facts=EngineFacts(credential=variable))
    assert variable in found.next_step
    assert names in found.summary
    other = {"ANTHROPIC_API_KEY", "ANTHROPIC_AUTH_TOKEN"} - {variable}
    assert not any(word in found.next_step for word in other)


def test_a_probe_that_asks_for_too_little_pages_nobody() -> None:
    message = "max_output_tokens: integer below minimum value. Expected a value >= 16, but got 8 instead."
    found = verdict(BEFORE, probed(Outcome.BAD_REQUEST, message=message, http_status=400))
    assert blamed(found) == (Cause.UNKNOWN, Side.UNCLEAR)
    assert found.severity is Severity.NONE
    assert "max_tokens" in found.next_step
    assert ">= 16" in texts(found)


FULL = (bucket("requests", 1000, 1000), bucket("input", 30_000, 30_000))


def test_a_429_with_full_buckets_that_must_not_be_retried_is_a_request_that_is_too_large() -> None:
    no_retry = (("x-should-retry", "false"),)
    found = verdict(BEFORE, probed(Outcome.RATE_LIMITED, rate_limits=FULL, headers=no_retry))
    assert "larger than our limit" in found.summary
    assert found.retry_after_s is None
    for more in ({"headers": no_retry, "rate_limits": (bucket("input", 0, 30_000),)}, {"rate_limits": FULL}):
        assert "larger" not in verdict(BEFORE, probed(Outcome.RATE_LIMITED, **more)).summary


def test_a_429_beside_unused_windows_says_what_speaks_against_our_limit() -> None:
    unused = (WindowReading("5h", 0.12, None, "allowed"), WindowReading("7d", 0.3, None, "allowed"))
    found = verdict(BEFORE, probed(Outcome.RATE_LIMITED, windows=unused))
    assert "None of the reported limits is nearly used up" in texts(found)


@pytest.mark.parametrize(
    ("reading", "clause"),
    [
        (WindowReading("7d_oi", None, None, "rejected"), "The 7d oi window is used up."),
        (WindowReading("5h", 1.02, None, "rejected"), "The 5h window is used up: 102%."),
    ],
)
def test_a_window_refuses_with_or_without_a_figure(reading: WindowReading, clause: str) -> None:
    found = verdict(BEFORE, probed(Outcome.RATE_LIMITED, windows=(reading,)))
    assert clause in texts(found)
    assert found.bucket == reading.window
    assert found.retry_after_s is None


def test_a_limit_of_nothing_is_named() -> None:
    found = verdict(BEFORE, probed(Outcome.RATE_LIMITED, rate_limits=(bucket("input", 0, 0),)))
    assert "input: 0 of 0 left at the refusal." in texts(found)


def relayed(
    outcome: Outcome, status: int | None, start: float = HOUR, **details: object
) -> list[Observation]:
    """Failures of messages sent through a gateway; lists of models are answered."""
    own = {"error_type": None, "request_id": None, "target": GATEWAY, "http_status": status}
    return probed(outcome, start=start, timings=OPENED, **{**own, **details})


@pytest.mark.parametrize(
    ("outcome", "status", "error_type"),
    [
        (Outcome.TIMEOUT, None, "read_timeout"),
        (Outcome.NETWORK, None, "closed"),
        (Outcome.TIMEOUT, 408, None),
        (Outcome.SERVER_ERROR, 502, None),
        (Outcome.SERVER_ERROR, 504, "timeout_error"),
    ],
)
def test_what_fails_behind_a_gateway_is_the_gateway_or_the_api(
    outcome: Outcome, status: int | None, error_type: str | None
) -> None:
    found = verdict(BEFORE, relayed(outcome, status, error_type=error_type))
    assert blamed(found) == (Cause.PROVIDER_ERRORS, Side.UNCLEAR)
    assert "gateway" in found.summary
    assert "gateway's health" in found.next_step
    assert "then the API directly" in found.next_step
    assert "etwork fine" not in texts(found)


@pytest.mark.parametrize("http_status", [521, 522, 525, 526, 530])
def test_a_content_network_that_cannot_reach_a_gateway_is_no_outage(http_status: int) -> None:
    """The gateway's own tunnel was down, and the verdict was `The API is down`."""
    page = {"request_id": "cf-ray 9f00aa11bb22cc33-FRA", "headers": (("server", "cloudflare"),)}
    found = verdict(BEFORE, relayed(Outcome.SERVER_ERROR, http_status, **page))
    assert found.side is Side.UNCLEAR
    direct = relayed(
        Outcome.SERVER_ERROR, http_status, target="https://api.anthropic.com/v1/messages", **page
    )
    assert verdict(BEFORE, direct).side is Side.THEM


def test_a_refusal_in_a_foreign_form_is_the_gateways_or_the_apis_and_says_why() -> None:
    message = "This route accepts JSON schema 3 only"
    found = verdict(BEFORE, relayed(Outcome.BAD_REQUEST, 400, message=message))
    assert blamed(found) == (Cause.BAD_REQUEST, Side.US)
    assert "by the gateway, or by the API behind it" in found.summary
    assert f"The answer says: {message}." in texts(found)


def test_the_provider_itself_is_no_gateway() -> None:
    at_provider = relayed(Outcome.SERVER_ERROR, 502, target="https://api.anthropic.com")
    assert verdict(BEFORE, at_provider).side is Side.THEM


@pytest.mark.parametrize(
    "mark",
    [
        {"request_id": "req_011C"},
        {"request_id": "cf-ray 9f00-FRA"},
        {"headers": (("server", "cloudflare"),)},
    ],
)
def test_an_answer_with_the_apis_own_mark_came_from_the_api(mark: dict[str, object]) -> None:
    assert verdict(BEFORE, relayed(Outcome.SERVER_ERROR, 502, **mark)).side is Side.THEM


def test_the_edges_mark_says_nothing_about_json_that_only_a_gateway_sends() -> None:
    """Gateways of other makers stand behind the same content network, and every answer bears its mark."""
    mark = {"request_id": "cf-ray 9f00-FRA", "headers": (("server", "cloudflare"),)}
    own = {"message": "Internal server error", "error_code": "2002", "error_type": None}
    assert verdict(BEFORE, relayed(Outcome.SERVER_ERROR, 500, **mark, **own)).side is Side.UNCLEAR
    typed = {"message": "Internal server error", "error_type": "api_error"}
    assert verdict(BEFORE, relayed(Outcome.SERVER_ERROR, 500, **mark, **typed)).side is Side.THEM
    of_edge = {"message": "Error 502: Bad gateway", "request_id": "ray_id 9f00", "error_type": None}
    assert verdict(BEFORE, relayed(Outcome.SERVER_ERROR, 502, **of_edge)).side is Side.THEM
    page = {"message": "HTTP 502 Bad Gateway: error code: 502", "error_type": None}
    assert verdict(BEFORE, relayed(Outcome.SERVER_ERROR, 502, **mark, **page)).side is Side.THEM


@pytest.mark.parametrize(
    "host",
    ["openrouter.ai/api", "api.portkey.ai", "gateway.ai.cloudflare.com/v1/a/b/anthropic", "a.b.workers.dev"],
)
def test_the_edges_mark_says_nothing_at_a_gateway_that_it_serves_itself(host: str) -> None:
    mark = {"request_id": "cf-ray 9f00-FRA", "headers": (("server", "cloudflare"),)}
    failed = relayed(Outcome.SERVER_ERROR, 502, target=f"https://{host}", **mark)
    assert verdict(BEFORE, failed).side is Side.UNCLEAR
    named = relayed(Outcome.SERVER_ERROR, 502, target=f"https://{host}", request_id="req_011C")
    assert verdict(BEFORE, named).side is Side.THEM


def test_an_incident_on_the_page_tells_that_it_is_the_api() -> None:
    reported = status(HOUR + 60, api="major_outage", indicator="major")
    found = verdict(BEFORE, relayed(Outcome.SERVER_ERROR, 504), reported)
    assert blamed(found) == (Cause.PROVIDER_OUTAGE, Side.THEM)


def test_the_simulator_of_a_demo_stands_for_the_api() -> None:
    """Also once it runs and has an address of its own, which is none of the provider's."""
    failed = relayed(Outcome.SERVER_ERROR, 504)
    for state, side in ((replace(engine(), demo="outage"), Side.THEM), (engine(), Side.UNCLEAR)):
        assert verdict(BEFORE, failed, facts=engine_facts(state)).side is side


def test_a_few_calls_that_fail_behind_a_gateway_are_unclear_too() -> None:
    failed = [
        observation
        for start in (900, 1500, 2100)
        for observation in relayed(Outcome.SERVER_ERROR, 502, start)[:1]
    ]
    quiet = [
        observation
        for observation in healthy(0, 2130)
        if all(abs((observation.at - one.at).total_seconds()) > 20 for one in failed)
    ]
    found = verdict(quiet, failed)
    assert blamed(found) == (Cause.PROVIDER_ERRORS, Side.UNCLEAR)


def test_a_list_of_models_that_fails_behind_a_gateway_is_not_theirs_for_sure() -> None:
    lists = [
        replace(models(HOUR + 15 * number, Outcome.SERVER_ERROR), target=GATEWAY, http_status=502)
        for number in range(6)
    ]
    found = verdict(BEFORE, [messages(HOUR + 30 * number) for number in range(3)], lists)
    assert found.side is Side.UNCLEAR
    assert "messages work" in found.summary


def test_a_gateway_that_cannot_be_reached_is_asked_whether_it_runs() -> None:
    details = {"target": GATEWAY, "error_type": "refused", "http_status": None, "request_id": None}
    lists = [replace(models(HOUR + 15 * number, Outcome.NETWORK), **details) for number in range(8)]
    messages_too = [replace(messages(HOUR + 30 * number, Outcome.NETWORK), **details) for number in range(4)]
    found = verdict(BEFORE, messages_too, lists)
    assert blamed(found) == (Cause.NETWORK, Side.PATH)
    assert "whether the gateway runs" in found.next_step


def test_a_key_that_a_gateway_or_its_provider_rejects_from_the_start_is_ours() -> None:
    found = verdict([], relayed(Outcome.KEY_REJECTED, 401, error_type="authentication_error"))
    assert blamed(found) == (Cause.KEY_REJECTED, Side.US)
    assert "by the gateway, or by the API" in found.summary
    assert "gateway's own key" in found.next_step


@pytest.mark.parametrize(
    "message",
    [
        "invalid x-api-key",
        "Authentication Error, LiteLLM Virtual Key expected. Received=sk-1, expected to start with 'sk-'.",
        "litellm.AuthenticationError: AnthropicException - invalid x-api-key",
    ],
)
@pytest.mark.parametrize("mixed", [True, False])
def test_a_good_key_that_a_gateway_begins_to_reject_is_not_rotated(message: str, mixed: bool) -> None:
    rejected = relayed(Outcome.KEY_REJECTED, 401, message=message)
    if mixed:
        rejected += probed(count=1, start=HOUR + 120) + relayed(Outcome.KEY_REJECTED, 401, HOUR + 150)
    found = verdict(BEFORE, rejected)
    assert blamed(found) == (Cause.KEY_REJECTED, Side.UNCLEAR)
    assert "Do not rotate yet" in found.next_step
    assert "gateway" in found.next_step


def test_a_413_without_a_type_is_the_gateways_limit_as_well_as_the_apis() -> None:
    """The 32 MB of the API are no help to somebody whose gateway takes 1 MB."""
    found = verdict(BEFORE, relayed(Outcome.BAD_REQUEST, 413, error_type=None, message="Too large"))
    assert blamed(found) == (Cause.BAD_REQUEST, Side.US)
    assert "by a limit of its own or by the API's" in found.summary
    assert "raise the gateway's limit" in found.next_step
    typed = verdict(BEFORE, relayed(Outcome.BAD_REQUEST, 413, error_type="request_too_large"))
    assert "32 MB" in typed.next_step
    assert "gateway" not in typed.next_step


def test_capacity_that_a_cloud_shares_out_is_theirs() -> None:
    message = "Resource exhausted. Please try again later."
    full = relayed(Outcome.OVERLOADED, 429, error_type="RESOURCE_EXHAUSTED", message=message)
    found = verdict(BEFORE, full)
    assert blamed(found) == (Cause.PROVIDER_OVERLOADED, Side.THEM)
    assert "not our limit" in found.summary
    assert "send less" not in found.next_step


@pytest.mark.parametrize(
    ("outcome", "http_status", "error_type"),
    [
        (Outcome.INVALID_RESPONSE, 426, "not_json"),
        (Outcome.INVALID_RESPONSE, 405, "html_page"),
        (Outcome.INVALID_RESPONSE, 200, "html_page"),
        (Outcome.SERVER_ERROR, 503, "upstream_unavailable"),
    ],
)
def test_what_a_gateway_answers_in_a_form_of_its_own_is_not_theirs_for_sure(
    outcome: Outcome, http_status: int, error_type: str
) -> None:
    """The verdict was theirs, or a guest network that let the list of models through."""
    found = verdict(BEFORE, relayed(outcome, http_status, error_type=error_type))
    assert blamed(found) == (Cause.PROVIDER_ERRORS, Side.UNCLEAR)
    assert "guest network" not in found.next_step


def test_a_page_in_place_of_everything_is_a_guest_network_all_the_same() -> None:
    page_of_it = {"error_type": "html_page", "http_status": 200}
    lists = [
        models(HOUR + 1 + 15 * number, Outcome.INVALID_RESPONSE, **page_of_it)  # type: ignore[arg-type]
        for number in range(8)
    ]
    shown = [
        messages(HOUR + 30 * number, Outcome.INVALID_RESPONSE, **page_of_it)  # type: ignore[arg-type]
        for number in range(4)
    ]
    found = verdict(BEFORE, lists, shown)
    assert found.side is Side.PATH
    assert "guest network" in found.next_step
    past_it = verdict(BEFORE, lists, shown, page(HOUR + 30))
    assert past_it.side is Side.PATH
    assert "other hosts are reached" in past_it.summary
    assert "guest network" not in past_it.next_step


def test_an_empty_answer_to_everything_is_no_guest_network_while_the_page_is_read() -> None:
    """Caddy answers requests without a route with an empty 200."""
    empty = {"error_type": "empty_body", "http_status": 200, "target": GATEWAY}
    silent = probed(Outcome.INVALID_RESPONSE, Outcome.INVALID_RESPONSE, **empty)
    lists = [replace(observation, **empty) for observation in silent]  # type: ignore[arg-type]
    found = verdict(BEFORE, lists, page(HOUR + 30))
    assert found.side is Side.PATH
    assert "Ask whoever runs the proxy, firewall or gateway" in found.next_step
