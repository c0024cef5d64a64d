"""Problems on our side: limits, keys, models and requests, distinguished."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from itertools import pairwise

import pytest

from claude_tui.analysis.diagnosis.diagnose import EngineFacts
from claude_tui.model.no_key_reason import NoKeyReason
from claude_tui.model.observation import Observation, Outcome, Source, Timings, WindowReading
from claude_tui.model.provider import Catalogue, ModelInfo
from claude_tui.model.verdict import Cause, Severity, Side, Verdict
from tests.builders import NOON, bucket, catalogue, incident, messages, models, status, texts
from tests.diagnosed import BEFORE, HOUR, OPENED, blamed, probed, verdict

# -- ours ------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("outcome", "cause"),
    [
        (Outcome.NOT_PERMITTED, Cause.NOT_PERMITTED),
        (Outcome.BAD_REQUEST, Cause.BAD_REQUEST),
        (Outcome.SPEND_LIMIT, Cause.SPEND_LIMIT),
        (Outcome.MODEL_NOT_FOUND, Cause.MODEL_UNAVAILABLE),
        (Outcome.RATE_LIMITED, Cause.RATE_LIMITED),
    ],
)
def test_refusals_are_ours(outcome: Outcome, cause: Cause) -> None:
    found = verdict(BEFORE, probed(outcome))
    assert blamed(found) == (cause, Side.US)
    assert found.severity is Severity.P1
    assert (found.retry_after_s is None) is (outcome is not Outcome.RATE_LIMITED)


def test_a_key_that_is_rejected_from_the_first_probe_on_is_ours() -> None:
    found = verdict(probed(Outcome.KEY_REJECTED, Outcome.KEY_REJECTED))
    assert blamed(found) == (Cause.KEY_REJECTED, Side.US)
    assert "Deploy a valid key" in found.next_step


def test_a_key_that_worked_for_long_may_be_rejected_by_an_outage_of_theirs() -> None:
    """Nobody rotates good keys in the middle of an authentication outage because the dashboard said so."""
    found = verdict(BEFORE, probed(Outcome.KEY_REJECTED, Outcome.KEY_REJECTED))
    assert blamed(found) == (Cause.KEY_REJECTED, Side.UNCLEAR)
    assert found.severity is Severity.P1
    assert found.next_step.startswith("Do not rotate yet")


def test_a_key_that_is_accepted_in_between_is_rejected_by_them() -> None:
    seen = [
        messages(HOUR + 30 * number, Outcome.OK if number % 2 else Outcome.KEY_REJECTED)
        for number in range(7)
    ]
    found = verdict(BEFORE, seen)
    assert blamed(found) == (Cause.KEY_REJECTED, Side.THEM)
    assert found.next_step.startswith("Do not rotate any key")


def test_an_authentication_incident_on_the_page_settles_whose_fault_a_401_is() -> None:
    page = status(HOUR, incidents=[incident(name="Elevated authentication errors", impact="major")])
    found = verdict(page, probed(Outcome.KEY_REJECTED, Outcome.KEY_REJECTED))
    assert blamed(found) == (Cause.KEY_REJECTED, Side.THEM)


def test_401_on_everything_and_what_looks_wrong_with_the_key() -> None:
    found = verdict(
        BEFORE,
        probed(Outcome.KEY_REJECTED, Outcome.KEY_REJECTED),
        facts=EngineFacts(key_problem="ANTHROPIC_API_KEY contains white space"),
    )
    assert "model list fails too, 8 of 8: authentication_error" in found.evidence[0].text
    assert "ANTHROPIC_API_KEY contains white space." in texts(found)
    assert "Network fine." in texts(found)


def limited(**details: object) -> Verdict:
    return verdict(BEFORE, probed(Outcome.RATE_LIMITED, **details))


def test_the_bucket_of_a_429_is_named_by_its_headers() -> None:
    found = limited(rate_limits=(bucket("requests", 400), bucket("input", 0, 30_000)), retry_after_s=41.0)
    assert found.bucket == "input"
    assert found.summary == "It's us. Our rate limit is reached: input (429)."
    assert "input: 0 of 30,000 left at the refusal." in texts(found)
    assert found.retry_after_s is not None
    assert 20 < found.retry_after_s <= 41


def test_the_bucket_of_a_429_is_named_by_its_message() -> None:
    found = limited(message="This would exceed the rate limit of 20,000 output tokens per minute.")
    assert found.bucket == "output"
    assert limited(message="the limit of 50 requests per minute").bucket == "requests"


def test_a_429_that_no_limit_explains_may_be_a_throttle_of_theirs() -> None:
    named = limited(rate_limits=(bucket("requests", 0),))
    vague = limited(rate_limits=(bucket("requests", 900),))
    assert vague.bucket is None
    assert vague.confidence < named.confidence
    assert any("the provider may throttle" in sentence for sentence in texts(vague))


def test_a_window_that_is_used_up_is_named() -> None:
    found = limited(windows=(WindowReading("5h", 1.0, None, "rejected"),))
    assert found.bucket == "5h"
    assert "window" in found.summary


def test_ramp_limit_and_spend_limit_are_distinguished() -> None:
    ramp = limited(error_code="ramp_limit_exceeded")
    assert ramp.cause is Cause.RATE_LIMITED
    assert "grew too fast" in ramp.summary
    assert ramp.next_step != limited().next_step
    spent = verdict(BEFORE, probed(Outcome.SPEND_LIMIT, error_code="contract_spend_limit_reached"))
    assert "contract" in spent.summary
    assert spent.retry_after_s is None
    poor = verdict(
        BEFORE, probed(Outcome.SPEND_LIMIT, http_status=400, message="Your credit balance is too low.")
    )
    assert "billing problem" in poor.summary


def test_a_model_that_is_gone_is_held_against_the_list() -> None:
    gone = probed(Outcome.MODEL_NOT_FOUND)
    listed = verdict(BEFORE, catalogue(0, "claude-haiku-5-5", "claude-opus-5-5"), gone)
    assert "still listed" in listed.summary
    missing = verdict(catalogue(0, "claude-opus-5-5"), gone)
    assert "claude-haiku-5-5 is not among the 1 models listed." in texts(missing)
    assert "spelling" in missing.next_step
    dropped = verdict(BEFORE, catalogue(0, "claude-opus-5-5", "claude-haiku-4-5"), gone)
    assert "is no longer listed nor served (404)." in dropped.summary
    assert "successor" in dropped.next_step
    assert any("the newest Haiku listed is claude-haiku-4-5" in sentence for sentence in texts(dropped))
    retired = ModelInfo("claude-haiku-5-5", "", NOON, "active", NOON - timedelta(days=3))
    found = verdict(BEFORE, Catalogue(NOON, (retired,)), gone)
    assert "is retired" in found.summary
    assert any("3d 1h ago" in sentence for sentence in texts(found))


def test_a_key_that_is_rejected_among_other_failures_is_none_to_rotate() -> None:
    """A reader who follows `deploy a valid key` during an overload breaks what works."""
    kinds = (Outcome.KEY_REJECTED, Outcome.OVERLOADED, Outcome.RATE_LIMITED, Outcome.SERVER_ERROR)
    mixed = [seen for n in range(3) for seen in _in_turn(kinds, n)]
    assert verdict(BEFORE, mixed).cause is not Cause.KEY_REJECTED


def _in_turn(kinds: tuple[Outcome, ...], turn: int) -> list[Observation]:
    return [messages(HOUR + 30.0 * (len(kinds) * turn + place), kind) for place, kind in enumerate(kinds)]


# -- our proxy setting, and our URL ------------------------------------------------------

UNUSABLE = "HTTPS_PROXY cannot be used: it names no host"


def unsent(seen: list[Observation], *sources: Source) -> list[Observation]:
    return [
        replace(
            one,
            error_type="proxy_setting",
            message=UNUSABLE,
            http_status=None,
            request_id=None,
            timings=Timings(),
        )
        if one.source in sources
        else one
        for one in seen
    ]


def test_a_proxy_setting_that_cannot_be_used_is_ours_by_name() -> None:
    seen = probed(Outcome.NETWORK, Outcome.NETWORK)
    found = verdict(BEFORE, unsent(seen, Source.MESSAGES, Source.MODELS))
    assert blamed(found) == (Cause.NETWORK, Side.US)
    assert found.summary == f"It's us. {UNUSABLE}."
    assert found.severity is Severity.P1
    assert found.retry_after_s is None
    assert "model list fails too, 8 of 8" in found.evidence[0].text
    assert "Network fine." not in texts(found)


def test_a_status_page_behind_an_unusable_proxy_says_nothing_of_the_path() -> None:
    silent = probed(Outcome.NETWORK, fetched=Outcome.NETWORK, error_type="closed", timings=OPENED)
    lost = verdict(BEFORE, silent)
    assert lost.side is Side.PATH
    found = verdict(BEFORE, unsent(silent, Source.STATUS))
    assert found.side is Side.THEM


def stalled(seen: list[Observation], *sources: Source) -> list[Observation]:
    """Answers of these sources begin and do not end; those of the others do not even begin."""
    late = [replace(one, error_type="read_timeout", http_status=None) if one.failed else one for one in seen]
    return [replace(one, http_status=200) if one.source in sources else one for one in late]


@pytest.mark.parametrize("sources", [tuple(Source), (Source.MODELS, Source.STATUS)])
@pytest.mark.parametrize("url", ["https://api.anthropic.com", "https://gateway.example.com"])
def test_answers_of_several_hosts_that_do_not_end_are_the_networks(
    sources: tuple[Source, ...], url: str
) -> None:
    seen = stalled(probed(Outcome.TIMEOUT, Outcome.TIMEOUT, fetched=Outcome.TIMEOUT), *sources)
    found = verdict(BEFORE, [replace(one, target=url) for one in seen])
    assert blamed(found) == (Cause.NETWORK, Side.PATH)
    assert "MTU" in found.next_step


@pytest.mark.parametrize("page_answers", [Outcome.OK, Outcome.SERVER_ERROR])
def test_answers_of_the_api_alone_that_do_not_end_are_theirs(page_answers: Outcome) -> None:
    late = probed(Outcome.TIMEOUT, Outcome.TIMEOUT, fetched=page_answers)
    found = verdict(BEFORE, stalled(late, Source.MESSAGES, Source.MODELS))
    assert found.side is Side.THEM


@pytest.mark.parametrize(
    ("kind", "outcome", "step"),
    [
        ("tls_expired", Outcome.NETWORK, "certificate renewed"),
        ("tls_hostname", Outcome.NETWORK, "who answers there"),
        ("tls_untrusted", Outcome.NETWORK, "CA bundle"),
        ("tls_handshake", Outcome.NETWORK, "firewall"),
        ("tls_timeout", Outcome.TIMEOUT, "firewall"),
    ],
)
def test_each_failure_of_tls_has_a_step_that_can_help(kind: str, outcome: Outcome, step: str) -> None:
    """A CA bundle mends no expired certificate, and no clock a handshake that hangs."""
    found = verdict(probed(outcome, outcome, error_type=kind, http_status=None))
    assert blamed(found) == (Cause.NETWORK, Side.PATH)
    assert step in found.next_step
    assert ("CA bundle" in found.next_step) == (kind == "tls_untrusted")


def test_a_resolver_that_does_not_answer_is_not_a_name_that_does_not_exist() -> None:
    hangs = verdict(probed(Outcome.TIMEOUT, Outcome.TIMEOUT, error_type="dns_timeout", http_status=None))
    assert hangs.summary == "It's the network. The name server does not answer for the API in time."
    missing = verdict(probed(Outcome.NETWORK, Outcome.NETWORK, error_type="dns", http_status=None))
    assert "does not resolve" in missing.summary


def test_plain_http_and_tls_are_distinguished_by_name() -> None:
    words = "gateway:8443 answers without TLS, as a plain HTTP port does, whose URL begins with http://"
    found = verdict(BEFORE, probed(Outcome.NETWORK, error_type="not_tls", message=words))
    assert (blamed(found), found.summary) == (
        (Cause.NETWORK, Side.PATH),
        f"It's the network. {words}.",
    )
    found = verdict(BEFORE, probed(Outcome.INVALID_RESPONSE, error_type="needs_tls", http_status=400))
    assert blamed(found) == (Cause.NETWORK, Side.US)
    assert "expects TLS but gets plain HTTP (400)" in found.summary
    assert "https://" in found.next_step


def test_one_rejection_after_a_long_good_run_is_reported_and_pages_nobody() -> None:
    rejected = replace(messages(HOUR, Outcome.KEY_REJECTED), http_status=401)
    found = verdict(BEFORE, rejected)
    assert blamed(found) == (Cause.KEY_REJECTED, Side.UNCLEAR)
    assert found.severity in {Severity.P3, Severity.P4}
    assert found.next_step.startswith("Do not rotate yet")


def test_one_refusal_stays_decided_until_messages_are_accepted_again() -> None:
    refused = replace(messages(HOUR, Outcome.SPEND_LIMIT), http_status=429)
    good = [messages(HOUR + 10 * number) for number in range(1, 10)]
    causes = [verdict(BEFORE, refused, good[:count]).cause for count in range(10)]
    assert causes[0] is Cause.SPEND_LIMIT
    changes = sum(one is not other for one, other in pairwise(causes))
    assert changes <= 1


@pytest.mark.parametrize(
    "refusal",
    [
        {"rate_limits": (bucket("requests", 900), bucket("input", 0, 400_000)), "retry_after_s": 41.0},
        {"rate_limits": (bucket("input", 0, 0),)},
        {"windows": (WindowReading("5h", 1.0, None, "rejected"),)},
    ],
    ids=["an empty bucket", "nothing granted", "a rejected window"],
)
def test_one_429_that_reports_the_limit_it_is_for_needs_no_second(refusal: dict[str, object]) -> None:
    """The next message waits for the reset: until then the strip would say "checking again"."""
    found = verdict(BEFORE, probed(Outcome.RATE_LIMITED, count=1, **refusal))
    assert (found.cause, found.side, found.severity) == (Cause.RATE_LIMITED, Side.US, Severity.P2)
    assert found.bucket in {"input", "5h"}


def test_one_429_with_limits_left_is_checked_again() -> None:
    found = verdict(
        BEFORE, probed(Outcome.RATE_LIMITED, count=1, rate_limits=(bucket("input", 300_000, 400_000),))
    )
    assert found.cause is Cause.UNKNOWN
    assert found.checking


def test_a_base_url_with_the_path_that_the_sdk_adds_is_named() -> None:
    """`The API rejects our request` and `what was deployed last?` led nowhere."""
    details = {"http_status": 404, "error_type": "not_found_error", "target": "https://api.anthropic.com/v1"}
    found = verdict(probed(Outcome.BAD_REQUEST, Outcome.BAD_REQUEST, message="Not found", **details))
    assert blamed(found) == (Cause.BAD_REQUEST, Side.US)
    assert "/v1/v1" in found.summary
    assert found.next_step.startswith("Set ANTHROPIC_BASE_URL")
    other = verdict(probed(Outcome.BAD_REQUEST, **{**details, "target": "https://api.anthropic.com"}))
    assert "/v1/v1" not in other.summary


def test_without_a_key_trouble_on_the_page_is_a_notice() -> None:
    facts = EngineFacts(no_key_reason=NoKeyReason.MISSING)
    reported = status(60, "major_outage", incidents=[incident()])
    found = verdict(models(0), models(60), reported, facts=facts)
    assert (found.cause, found.severity) == (Cause.PROVIDER_NOTICE, Severity.P4)
    assert "messages are not probed" in found.summary
    assert "ANTHROPIC_API_KEY" in found.next_step
    assert verdict(models(0), models(60), status(60), facts=facts).cause is Cause.UNKNOWN


@pytest.mark.parametrize("outcome", [Outcome.NOT_PERMITTED, Outcome.MODEL_NOT_FOUND, Outcome.BAD_REQUEST])
def test_what_is_refused_and_accepted_in_turn_is_not_called_ours(outcome: Outcome) -> None:
    """A fifth of the same messages got a 403, and the verdict was that the key lacks the permission."""
    course = [probed(Outcome.OK if good else outcome, count=1, start=HOUR + 30 * n) for n, good in IN_TURN]
    found = verdict(BEFORE, *course)
    assert (found.side, found.severity.trouble) == (Side.UNCLEAR, True)
    assert "others just like them are answered" in found.summary
    assert "Change no key or model yet" in found.next_step
    ours = [probed(outcome, count=1, start=HOUR + 30 * n) for n, _ in IN_TURN]
    assert verdict(BEFORE, *ours).side is Side.US
    mended = verdict(BEFORE, *ours[:6], *course[6:10])
    assert mended.side is not Side.UNCLEAR or mended.recovery is None


IN_TURN = [(number, number % 3 != 0) for number in range(13)]
