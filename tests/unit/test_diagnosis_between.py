"""What a verdict must not claim if something stands between us and the API."""

from __future__ import annotations

from dataclasses import replace

import pytest

from claude_tui.analysis.diagnosis.diagnose import EngineFacts
from claude_tui.analysis.options import Options
from claude_tui.analysis.views.latency import latency_view
from claude_tui.model.addresses import AddressFault, AddressKind, Bypassed
from claude_tui.model.observation import Observation, Outcome, Timings
from claude_tui.model.provider import Maintenance
from claude_tui.model.text import Redactor
from claude_tui.model.verdict import Cause, Side, Verdict
from claude_tui.probes.classify import classify_response
from tests.builders import API, after, bucket, history_of, messages, models, page, status
from tests.diagnosed import BEFORE, HOUR, OPENED, blamed, probed, verdict

GATEWAY = "http://gateway.corp.test:4000"
HOME = "https://api.anthropic.com"
PAGE = "<html><head><title>429 Too Many Requests</title></head><body><center>nginx</center></body></html>"
WHOLE = '{"type": "message", "role": "assistant", "content": [{"type": "text", "text": "OK"}]}'


def texts(found: Verdict) -> str:
    return " ".join([found.summary, found.note, *(sentence.text for sentence in found.evidence)])


@pytest.mark.parametrize(
    ("outcome", "http_status", "error_type"),
    [
        (Outcome.SERVER_ERROR, 500, None),
        (Outcome.SERVER_ERROR, 503, None),
        (Outcome.TRUNCATED_STREAM, 200, "cut_short"),
        (Outcome.TIMEOUT, 200, "read_timeout"),
        (Outcome.INVALID_RESPONSE, 200, "no_events"),
        (Outcome.INVALID_RESPONSE, 200, "unexpected_json"),
    ],
)
def test_what_a_gateway_may_have_done_is_not_blamed_on_the_api(
    outcome: Outcome, http_status: int, error_type: str | None
) -> None:
    details = {"http_status": http_status, "error_type": error_type, "request_id": None}
    through = verdict(BEFORE, probed(outcome, **details, target=GATEWAY))
    assert blamed(through) == (Cause.PROVIDER_ERRORS, Side.UNCLEAR)
    assert verdict(BEFORE, probed(outcome, **details, target=HOME)).side is Side.THEM


def test_an_error_of_the_api_stays_theirs_behind_a_gateway() -> None:
    details = {"http_status": 503, "error_type": "api_error", "request_id": None, "target": GATEWAY}
    assert verdict(BEFORE, probed(Outcome.SERVER_ERROR, **details)).side is Side.THEM


def test_a_stream_that_stalls_is_not_called_silence() -> None:
    found = verdict(BEFORE, probed(Outcome.TIMEOUT, http_status=200, error_type="read_timeout", target=HOME))
    assert "begin, but do not end" in found.summary


def test_silence_of_every_host_is_not_called_a_failure_to_connect() -> None:
    lost = {"http_status": None, "error_type": "read_timeout", "message": "connected, but no answer"}
    found = verdict(BEFORE, probed(Outcome.TIMEOUT, Outcome.TIMEOUT, fetched=Outcome.TIMEOUT, **lost))
    assert found.side is Side.PATH
    assert "connect to" not in found.summary
    assert "Nothing comes back" in found.summary


@pytest.mark.parametrize(
    ("body", "headers"),
    [
        (PAGE, {"server": "nginx", "content-type": "text/html"}),
        ("error code: 1015", {"server": "cloudflare"}),
        ("Too many requests, please try again later.", {}),
    ],
)
def test_a_limit_in_front_of_the_api_is_not_called_ours(body: str, headers: dict[str, str]) -> None:
    found = classify_response(429, headers, body, redactor=Redactor())
    assert (found.outcome, found.error_type) == (Outcome.RATE_LIMITED, "front_limit")
    limited = probed(Outcome.RATE_LIMITED, http_status=429, error_type="front_limit", message=found.message)
    judged = verdict(BEFORE, limited)
    assert blamed(judged) == (Cause.RATE_LIMITED, Side.UNCLEAR)
    assert "Our rate limit" not in judged.summary


@pytest.mark.parametrize(
    ("body", "headers"),
    [
        ("", {}),
        ("slow down", {"request-id": "req_1"}),
        (PAGE, {"anthropic-ratelimit-requests-remaining": "0"}),
        ('{"error": {"type": "rate_limit_error", "message": "slow down"}}', {}),
    ],
)
def test_a_limit_of_the_api_stays_one(body: str, headers: dict[str, str]) -> None:
    assert classify_response(429, headers, body, redactor=Redactor()).error_type != "front_limit"


def test_a_gateway_that_does_not_stream_is_named() -> None:
    found = classify_response(200, {}, WHOLE, redactor=Redactor())
    assert (found.outcome, found.error_type) == (Outcome.INVALID_RESPONSE, "not_streamed")
    judged = verdict(
        BEFORE, probed(found.outcome, http_status=200, error_type=found.error_type, target=GATEWAY)
    )
    assert "in one piece" in judged.summary
    assert judged.side is Side.UNCLEAR


def test_a_region_that_is_not_served_is_no_permission_of_the_key() -> None:
    words = "Access to Anthropic models is not allowed from unsupported countries, regions, or territories."
    refused = probed(Outcome.NOT_PERMITTED, http_status=403, error_type="forbidden", message=words)
    assert "region" in verdict(BEFORE, refused).summary


def test_an_error_after_http_200_is_not_shown_as_a_status_of_200() -> None:
    found = verdict(BEFORE, probed(Outcome.RATE_LIMITED, http_status=200, error_type="rate_limit_error"))
    assert "(rate_limit_error in a 200)" in found.summary


def test_where_all_hosts_are_slow_the_way_is() -> None:
    late = [messages(HOUR + 30 * n, ttft=5.5, total=6.0) for n in range(6)]
    lists = [models(HOUR + 15 * n, total=6.0) for n in range(12)]
    pages = [replace(page(HOUR + 60 * n), timings=Timings(total=6.0)) for n in range(3)]
    found = verdict(BEFORE, late, lists, pages)
    assert blamed(found) == (Cause.NETWORK, Side.PATH)
    assert "the status page 6.00 s" in texts(found)
    assert verdict(BEFORE, late, lists).side is Side.THEM
    assert verdict(BEFORE, late, [models(HOUR + 15 * n) for n in range(12)], pages).side is Side.THEM


def test_messages_without_text_leave_no_half_sentence() -> None:
    assert "after." not in verdict(messages(30 * n, ttft=None) for n in range(6)).summary


def test_a_list_that_fails_is_not_called_a_missing_one() -> None:
    good = [messages(30 * n) for n in range(6)]
    broken = models(1, Outcome.SERVER_ERROR, http_status=500, error_type="api_error")
    missing = models(1, Outcome.INVALID_RESPONSE, http_status=404, error_type="not_the_api")
    assert "has no list" not in verdict(good, broken).note
    assert "has no list" in verdict(good, missing).note


def test_addresses_that_the_probes_work_round_are_shown() -> None:
    def opened(at: float, bypassed: Bypassed | None, outcome: Outcome = Outcome.OK) -> Observation:
        return replace(models(at, outcome), timings=OPENED, bypassed=bypassed)

    note = "IPv6 gets no answer, IPv4 works: clients that do not try both at once are slow or fail."
    good = [messages(30 * n) for n in range(6)]
    silent = Bypassed(AddressKind.IPV6, AddressFault.NO_ANSWER)
    refused = Bypassed(AddressKind.IPV4, AddressFault.REFUSED)
    broken = [opened(15 * n, silent) for n in range(12)]
    assert verdict(good, broken).note == note
    assert verdict(good, broken[:-1], opened(165, None)).note == ""
    assert verdict(good[:1], broken[:1]).note == ""
    assert verdict(good, broken[:-1], opened(165, refused)).note == ""
    assert "IPv4 is refused, IPv6 works" in verdict(good, opened(150, refused), opened(165, refused)).note
    overloaded = [messages(30 * n, Outcome.OVERLOADED) for n in range(6)]
    assert verdict(overloaded, broken).note == note


def test_one_dead_address_of_several_is_named() -> None:
    """A resolver that changes their order makes every other connection begin with the dead one of two."""
    dead = Bypassed(AddressKind.IPV4, AddressFault.NO_ANSWER, "203.0.113.1", 2)
    good = [messages(30 * n) for n in range(6)]
    seen = [replace(models(15 * n), timings=OPENED, bypassed=dead if n % 2 == 0 else None) for n in range(12)]
    note = "Of the 2 addresses of api.example.test, 203.0.113.1 gets no answer"
    facts = EngineFacts(host="api.example.test")
    assert note in verdict(good, seen, facts=facts).note
    assert note in verdict(good, seen[:-1], facts=facts).note
    mended = [replace(models(180 + 15 * n), timings=OPENED) for n in range(7)]
    assert verdict(good, seen, mended, [messages(280), messages(285)], facts=facts).note == ""
    assert latency_view(history_of(*good, *seen), after(180), Options()).bypassed == dead


def test_a_wrong_clock_is_shown() -> None:
    assert "clock is 2h 00m behind" in verdict(messages(30 * n, skew_s=7200.0) for n in range(6)).note
    assert "clock" not in verdict(messages(30 * n, skew_s=3.0) for n in range(6)).note
    rejected = (messages(30 * n, Outcome.KEY_REJECTED, skew_s=7200.0) for n in range(6))
    assert "clock is 2h 00m behind" in verdict(rejected).note


def test_maintenance_is_not_called_an_incident() -> None:
    work = Maintenance("m1", "Upgrade", "in_progress", after(0), after(7200), (API,))
    under_way = replace(status(0, "under_maintenance"), maintenances=(work,))
    found = verdict((messages(30 * n) for n in range(6)), under_way)
    assert "Maintenance of what we use is under way" in found.note
    assert "green" not in found.note


LOGIN = "<html><head><title>401 Authorization Required</title></head></html>"


@pytest.mark.parametrize(("body", "headers"), [(LOGIN, {}), ("no", {"www-authenticate": 'Basic realm="x"'})])
def test_a_login_in_front_of_a_gateway_is_no_guest_network(body: str, headers: dict[str, str]) -> None:
    found = classify_response(401, headers, body, redactor=Redactor(), gateway=True)
    rejected = probed(
        found.outcome, http_status=401, error_type=found.error_type, message=found.message, target=GATEWAY
    )
    judged = verdict(BEFORE, rejected)
    assert blamed(judged) == (Cause.KEY_REJECTED, Side.US)
    assert "requires its own login" in judged.summary
    elsewhere = classify_response(401, {}, LOGIN, redactor=Redactor(), gateway=False)
    assert elsewhere.error_type == "html_page"


def by_gateway(http_status: int, error: str, **details: object) -> Verdict:
    """The verdict on a gateway that always answers with this error."""
    found = classify_response(http_status, {}, error, redactor=Redactor(), gateway=True)
    failed = probed(
        found.outcome,
        http_status=http_status,
        error_type=found.error_type,
        error_code=found.error_code,
        message=found.message,
        **{"request_id": None, "target": GATEWAY, **details},
    )
    return verdict(failed)


def test_a_gateway_that_waited_in_vain_has_connected() -> None:
    """LiteLLM calls it a connection that timed out when the provider accepts a request and stays silent."""
    words = (
        "litellm.Timeout: AnthropicException - litellm.Timeout: Connection timed out. Timeout passed=5.0, "
        "time taken=5.007 seconds"
    )
    silent = by_gateway(408, f'{{"type": "error", "error": {{"type": "api_error", "message": "{words}"}}}}')
    assert blamed(silent) == (Cause.PROVIDER_ERRORS, Side.UNCLEAR)
    assert "the gateway or the API" in silent.summary
    lost = by_gateway(500, '{"error": {"message": "dial tcp 10.0.0.1:443: connection timed out"}}')
    assert blamed(lost) == (Cause.NETWORK, Side.PATH)


def test_a_wrong_key_at_a_gateway_without_a_database_is_our_key() -> None:
    """LiteLLM answers this with 400, as it tries to look the key up."""
    judged = by_gateway(400, '{"error": {"message": "No connected db.", "type": "no_db_connection"}}')
    assert blamed(judged) == (Cause.KEY_REJECTED, Side.US)
    assert "The gateway rejects the key" in judged.summary


@pytest.mark.parametrize(
    "body",
    [
        '{"message":"API rate limit exceeded"}',
        '{"message":"Too Many Requests"}',
        '{"statusCode": 429, "message": "Rate limit is exceeded. Try again in 41 seconds."}',
        '{"error":{"message":"Rate limit exceeded for api_key","type":"throttling_error","code":"429"}}',
        '{"success":false,"error":[{"code":2003,"message":"Rate limited"}]}',
        '{"error":"rate_limit_exceeded","detail":"60 per minute"}',
        '{"__type":"TooManyRequestsException","message":"Limit Exceeded"}',
    ],
)
def test_a_limit_that_a_gateway_states_in_its_own_way_may_be_its_own(body: str) -> None:
    """Every JSON 429 without a sign of the API read `Our rate limit is reached`."""
    found = by_gateway(429, body)
    assert blamed(found) == (Cause.RATE_LIMITED, Side.UNCLEAR)
    assert "that of the gateway" in found.summary
    assert "whoever runs the gateway" in found.next_step


@pytest.mark.parametrize(
    ("body", "details"),
    [
        ('{"type":"error","error":{"type":"rate_limit_error","message":"slow down"}}', {}),
        ('{"error":{"message":"This request would exceed your organization’s rate limit"}}', {}),
        ('{"error":{"message":"slow down"}}', {"request_id": "req_011CZ"}),
        ('{"error":{"message":"slow down"}}', {"rate_limits": (bucket("requests", 0, 50),)}),
        ('{"message":"Too Many Requests"}', {"target": "https://api.anthropic.com"}),
        (
            '{"__type":"ThrottlingException","message":"Too many tokens"}',
            {"target": "https://x.amazonaws.com"},
        ),
        ('{"error":"Too many","message":"Too many concurrent requests. Limit: 3"}', {}),
    ],
)
def test_a_limit_of_the_api_that_a_gateway_passes_on_is_ours(body: str, details: dict[str, object]) -> None:
    assert "gateway" not in by_gateway(429, body, **details).summary


def test_a_lost_request_before_an_overload_does_not_name_the_network() -> None:
    """One message was lost by chance minutes before: the first minute of 529s read as the network, at P1."""
    lost = replace(messages(HOUR, Outcome.TIMEOUT, error_type="connect_timeout"), http_status=None)
    busy = [messages(HOUR + 60 + 30 * n, Outcome.OVERLOADED) for n in range(3)]
    others = [one for n in range(10) for one in (models(HOUR + 15 * n + 1), page(HOUR + 15 * n + 2))]
    good = [messages(HOUR + 20), messages(HOUR + 40)]
    for count in (1, 2, 3):
        found = verdict(BEFORE, lost, good, busy[:count], others, at=HOUR + 65 + 30 * (count - 1))
        assert found.side is not Side.PATH
    assert blamed(found) == (Cause.PROVIDER_OVERLOADED, Side.THEM)
    down = [replace(one, outcome=Outcome.NETWORK, http_status=None, error_type="connect") for one in others]
    silent = [replace(one, outcome=Outcome.TIMEOUT, http_status=None, error_type=None) for one in busy]
    assert verdict(BEFORE, lost, silent, down).side is Side.PATH
