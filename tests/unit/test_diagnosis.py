"""What is wrong and whose it is, told by contrast between the sources."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from claude_tui.analysis.diagnosis import Facts, diagnose, facts_of
from claude_tui.analysis.history import History
from claude_tui.analysis.options import Options
from claude_tui.model.observation import Observation, Outcome, Source, Timings, WindowReading
from claude_tui.model.provider import Catalogue, ModelInfo, ProviderStatus
from claude_tui.model.verdict import Cause, PageStance, Severity, Side, Verdict
from tests.builders import (
    NOON,
    after,
    bucket,
    catalogue,
    engine,
    healthy,
    history_of,
    incident,
    messages,
    models,
    page,
    status,
    unread,
)

HOUR = 3600.0
OPENED = Timings(dns=0.002, connect=0.014, tls=0.031)
NO_KEY = "ANTHROPIC_API_KEY is not set (nor ANTHROPIC_AUTH_TOKEN)"
Item = Observation | ProviderStatus | Catalogue


def told(
    message: Outcome = Outcome.OK,
    model: Outcome = Outcome.OK,
    /,
    *,
    count: int = 4,
    start: float = HOUR,
    fetched: Outcome | None = None,
    **details: object,
) -> list[Observation]:
    """`count` message probes 30 s apart and twice as many lists of models, all with the same outcome."""
    timings = details.pop("timings", None)
    seen: list[Observation] = []
    for number in range(count):
        at = start + 30 * number
        seen.append(replace(messages(at, message), **details))  # type: ignore[arg-type]
        for later in (1, 16):
            one = models(at + later, model)
            seen.append(replace(one, timings=timings) if isinstance(timings, Timings) else one)
        if fetched is not None and number % 2 == 0:
            seen.append(page(at + 2, fetched))
    return seen


def verdict(*items: Item | Iterable[Item], at: float | None = None, facts: Facts | None = None) -> Verdict:
    flat: list[Item] = []
    for item in items:
        flat += [item] if isinstance(item, Observation | ProviderStatus | Catalogue) else list(item)
    newest = max(item.at if isinstance(item, Observation) else item.fetched_at for item in flat)
    return diagnose(history_of(*flat), newest if at is None else after(at), Options(), facts)


def blamed(found: Verdict) -> tuple[Cause, Side]:
    return found.cause, found.side


BEFORE = [*healthy(0, HOUR), *(page(number * 60) for number in range(60)), status(HOUR - 60)]


# -- theirs ------------------------------------------------------------------------


def test_messages_overloaded_while_the_list_answers() -> None:
    found = verdict(BEFORE, told(Outcome.OVERLOADED))
    assert blamed(found) == (Cause.PROVIDER_OVERLOADED, Side.THEM)
    assert found.summary == "It’s them. The API is overloaded (529)."
    assert found.evidence[0] == "4 of 4 message calls failed with overloaded_error; models answer in 182 ms."
    assert found.evidence[1] == "Key, network fine."
    assert found.next_step == "Back off 30–60 s, shed load, use the fallback"
    assert found.retry_after_s == 30
    assert found.severity is Severity.P1
    assert found.since == after(HOUR)
    assert found.confidence > 0.9


def test_limits_are_fine_when_they_were_told_lately() -> None:
    limits = [bucket("requests", 810), bucket("input", 15_000, 20_000)]
    found = verdict(BEFORE, messages(HOUR - 5, limits=limits), told(Outcome.OVERLOADED))
    assert found.evidence[1] == "Key, network, limits fine."


def test_every_call_failing_is_an_outage_and_some_are_errors() -> None:
    down = verdict(BEFORE, told(Outcome.SERVER_ERROR))
    assert blamed(down) == (Cause.PROVIDER_OUTAGE, Side.THEM)
    assert down.summary == "It’s them. The API is down: message calls fail (500)."
    mixed = [*told(Outcome.SERVER_ERROR), *told(start=HOUR + 120, count=1)]
    mixed += [*told(Outcome.SERVER_ERROR, start=HOUR + 150, count=1), *told(start=HOUR + 180, count=1)]
    mixed += told(Outcome.SERVER_ERROR, start=HOUR + 210, count=1)
    some = verdict(BEFORE, mixed)
    assert blamed(some) == (Cause.PROVIDER_ERRORS, Side.THEM)
    assert some.evidence[0].startswith("6 of 8 message calls failed with api_error")


@pytest.mark.parametrize(
    ("outcome", "status_code", "error_type", "words"),
    [
        (Outcome.OVERLOADED, 500, "api_error", "(a 500 that says Overloaded)"),
        (Outcome.OVERLOADED, 500, "overloaded_error", "(529 wrapped in a 500)"),
        (Outcome.OVERLOADED, 200, "overloaded_error", "answers break off with overloaded_error"),
    ],
)
def test_an_overload_in_other_clothes(
    outcome: Outcome, status_code: int, error_type: str, words: str
) -> None:
    found = verdict(BEFORE, told(outcome, http_status=status_code, error_type=error_type))
    assert blamed(found) == (Cause.PROVIDER_OVERLOADED, Side.THEM)
    assert words in found.summary


def test_streams_that_break_off() -> None:
    found = verdict(BEFORE, told(Outcome.TRUNCATED_STREAM))
    assert blamed(found) == (Cause.PROVIDER_ERRORS, Side.THEM)
    assert "break off" in found.summary


def test_time_outs_are_theirs_when_dns_tcp_and_tls_are_fine() -> None:
    found = verdict(
        BEFORE, told(Outcome.TIMEOUT, Outcome.TIMEOUT, timings=OPENED, fetched=Outcome.OK, http_status=None)
    )
    assert blamed(found) == (Cause.PROVIDER_OUTAGE, Side.THEM)
    alone = verdict(BEFORE, told(Outcome.TIMEOUT))
    assert blamed(alone) == (Cause.PROVIDER_OUTAGE, Side.THEM)


def test_connections_that_only_messages_lose_are_theirs_with_less_confidence() -> None:
    found = verdict(BEFORE, told(Outcome.NETWORK))
    assert blamed(found) == (Cause.PROVIDER_OUTAGE, Side.THEM)
    assert found.confidence < verdict(BEFORE, told(Outcome.OVERLOADED)).confidence


def test_only_the_list_of_models_fails() -> None:
    found = verdict(BEFORE, told(Outcome.OK, Outcome.SERVER_ERROR))
    assert blamed(found) == (Cause.PROVIDER_ERRORS, Side.THEM)
    assert found.severity is Severity.P3
    assert "messages work" in found.summary


# -- the path's ----------------------------------------------------------------------


@pytest.mark.parametrize("kind", ["dns", "refused", "unreachable", "tls_untrusted", "proxy", None])
def test_no_connection_is_the_path(kind: str | None) -> None:
    lost = told(Outcome.NETWORK, Outcome.NETWORK, timings=Timings(dns=0.01), error_type=kind)
    found = verdict(BEFORE, lost)
    assert blamed(found) == (Cause.NETWORK, Side.PATH)
    assert "fine" not in "".join(found.evidence)


def test_time_outs_are_the_paths_when_the_status_pages_host_is_gone_too() -> None:
    lost = told(Outcome.TIMEOUT, Outcome.TIMEOUT, timings=OPENED, fetched=Outcome.TIMEOUT)
    assert blamed(verdict(BEFORE, lost)) == (Cause.NETWORK, Side.PATH)


def test_a_status_page_that_never_answered_says_nothing_of_the_path() -> None:
    before = [*healthy(0, HOUR), *(page(number * 60, Outcome.TIMEOUT) for number in range(60))]
    lost = told(Outcome.TIMEOUT, Outcome.TIMEOUT, timings=OPENED, fetched=Outcome.TIMEOUT)
    assert blamed(verdict(before, lost)) == (Cause.PROVIDER_OUTAGE, Side.THEM)


@pytest.mark.parametrize(
    ("kind", "cause"),
    [
        ("html_page", Cause.NETWORK),
        ("redirect", Cause.NETWORK),
        ("captive_portal", Cause.NETWORK),
        ("not_the_api", Cause.NETWORK),
        ("challenge_page", Cause.NOT_PERMITTED),
        ("edge_block", Cause.NOT_PERMITTED),
    ],
)
def test_something_in_between_answers(kind: str, cause: Cause) -> None:
    seen = [
        replace(one, error_type=kind) if one.failed else one
        for one in told(Outcome.INVALID_RESPONSE, Outcome.INVALID_RESPONSE)
    ]
    assert blamed(verdict(BEFORE, seen)) == (cause, Side.PATH)


def test_an_odd_answer_of_messages_alone_is_theirs_and_of_everything_is_not() -> None:
    alone = verdict(BEFORE, told(Outcome.INVALID_RESPONSE, error_type="empty_body"))
    assert blamed(alone) == (Cause.PROVIDER_ERRORS, Side.THEM)
    seen = [
        replace(one, error_type="not_json") if one.failed else one
        for one in told(Outcome.INVALID_RESPONSE, Outcome.INVALID_RESPONSE)
    ]
    assert blamed(verdict(BEFORE, seen)) == (Cause.NETWORK, Side.PATH)


def test_new_connections_fail_while_the_open_one_works() -> None:
    found = verdict(BEFORE, told(Outcome.OK, Outcome.NETWORK, timings=Timings()))
    assert blamed(found) == (Cause.NETWORK, Side.PATH)
    assert "the open one still works" in found.summary
    assert found.severity is Severity.P3


def test_probes_lost_on_all_sides_are_known_before_messages_are_asked_again() -> None:
    seen = [
        models(HOUR + 1, Outcome.NETWORK, timings=Timings()),
        messages(HOUR + 5, Outcome.NETWORK),
        models(HOUR + 16, Outcome.NETWORK, timings=Timings()),
    ]
    assert blamed(verdict(BEFORE, seen)) == (Cause.NETWORK, Side.PATH)
    assert verdict(BEFORE, seen[:2]).cause is Cause.HEALTHY


def test_messages_that_fail_right_after_the_list_are_the_same_trouble() -> None:
    """Whoever waits for a second message would say for half a minute that messages work."""
    failing = [models(HOUR + 1, Outcome.SERVER_ERROR), models(HOUR + 16, Outcome.SERVER_ERROR)]
    assert "messages work" in verdict(BEFORE, failing).summary
    found = verdict(BEFORE, failing, messages(HOUR + 20, Outcome.TIMEOUT))
    assert blamed(found) == (Cause.PROVIDER_OUTAGE, Side.THEM)
    assert found.evidence[0].startswith("1 of 1 message calls failed")


# -- ours ------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("outcome", "cause"),
    [
        (Outcome.KEY_REJECTED, Cause.KEY_REJECTED),
        (Outcome.NOT_PERMITTED, Cause.NOT_PERMITTED),
        (Outcome.BAD_REQUEST, Cause.BAD_REQUEST),
        (Outcome.SPEND_LIMIT, Cause.SPEND_LIMIT),
        (Outcome.MODEL_NOT_FOUND, Cause.MODEL_UNAVAILABLE),
        (Outcome.RATE_LIMITED, Cause.RATE_LIMITED),
    ],
)
def test_refusals_are_ours(outcome: Outcome, cause: Cause) -> None:
    found = verdict(BEFORE, told(outcome))
    assert blamed(found) == (cause, Side.US)
    assert found.severity is Severity.P1
    assert (found.retry_after_s is None) is (outcome is not Outcome.RATE_LIMITED)


def test_401_on_everything_and_what_looks_wrong_with_the_key() -> None:
    found = verdict(
        BEFORE,
        told(Outcome.KEY_REJECTED, Outcome.KEY_REJECTED),
        facts=Facts(key_problem="ANTHROPIC_API_KEY contains white space"),
    )
    assert "models fail too, 8 of 8: authentication_error" in found.evidence[0]
    assert "ANTHROPIC_API_KEY contains white space." in found.evidence
    assert "Network fine." in found.evidence


def limited(**details: object) -> Verdict:
    return verdict(BEFORE, told(Outcome.RATE_LIMITED, **details))


def test_the_bucket_of_a_429_is_named_by_its_headers() -> None:
    found = limited(rate_limits=(bucket("requests", 400), bucket("input", 0, 30_000)), retry_after_s=41.0)
    assert found.bucket == "input"
    assert found.summary == "It’s us. Our rate limit is reached: input (429)."
    assert "input: 0 of 30,000 left at the refusal." in found.evidence
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
    assert any("throttle of theirs" in sentence for sentence in vague.evidence)


def test_a_window_that_is_used_up_is_named() -> None:
    found = limited(windows=(WindowReading("5h", 1.0, None, "rejected"),))
    assert found.bucket == "5h"
    assert "window" in found.summary


def test_ramp_limit_and_spend_limit_are_told_apart() -> None:
    ramp = limited(error_code="ramp_limit_exceeded")
    assert ramp.cause is Cause.RATE_LIMITED
    assert "grew too fast" in ramp.summary
    assert ramp.next_step != limited().next_step
    spent = verdict(BEFORE, told(Outcome.SPEND_LIMIT, error_code="contract_spend_limit_reached"))
    assert "contract" in spent.summary
    assert spent.retry_after_s is None
    poor = verdict(
        BEFORE, told(Outcome.SPEND_LIMIT, http_status=400, message="Your credit balance is too low.")
    )
    assert "Billing" in poor.summary


def test_a_model_that_is_gone_is_held_against_the_list() -> None:
    gone = told(Outcome.MODEL_NOT_FOUND)
    listed = verdict(BEFORE, catalogue(0, "claude-haiku-5-5", "claude-opus-5-5"), gone)
    assert "still listed" in listed.summary
    missing = verdict(BEFORE, catalogue(0, "claude-opus-5-5"), gone)
    assert "claude-haiku-5-5 is not among the 1 models listed." in missing.evidence
    retired = ModelInfo("claude-haiku-5-5", "", NOON, "active", NOON - timedelta(days=3))
    found = verdict(BEFORE, Catalogue(NOON, (retired,)), gone)
    assert "is retired" in found.summary
    assert any("3d 1h ago" in sentence for sentence in found.evidence)


# -- two causes ---------------------------------------------------------------------------


def test_the_cause_that_explains_more_failures_leads_and_the_other_is_listed() -> None:
    seen = [
        messages(HOUR + 30 * number, Outcome.RATE_LIMITED if number % 3 == 2 else Outcome.OVERLOADED)
        for number in range(9)
    ]
    found = verdict(BEFORE, seen)
    assert found.cause is Cause.PROVIDER_OVERLOADED
    assert found.also == (Cause.RATE_LIMITED,)
    assert any("3 rate_limit_error" in sentence for sentence in found.evidence)


def test_the_list_may_fail_for_another_cause() -> None:
    found = verdict(BEFORE, told(Outcome.RATE_LIMITED, Outcome.SERVER_ERROR))
    assert found.cause is Cause.RATE_LIMITED
    assert found.also == (Cause.PROVIDER_ERRORS,)


def test_a_cause_that_changes_is_followed_after_three_probes() -> None:
    seen = [
        *told(Outcome.SERVER_ERROR, count=12),
        *told(Outcome.KEY_REJECTED, Outcome.KEY_REJECTED, start=HOUR + 360, count=3),
    ]
    found = verdict(BEFORE, seen)
    assert blamed(found) == (Cause.KEY_REJECTED, Side.US)


# -- now and then ---------------------------------------------------------------------------


def rare(*seconds: float, outcome: Outcome = Outcome.SERVER_ERROR) -> list[Observation]:
    """An hour of health with a failure of the list of models at each of `seconds`."""
    return [*healthy(0, HOUR), *(models(at + 0.5, outcome) for at in seconds)]


def test_a_failure_now_and_then_is_told_from_the_second_on() -> None:
    assert verdict(rare(1200)).cause is Cause.HEALTHY
    two = verdict(rare(1200, 2900))
    assert (two.cause, two.severity) == (Cause.PROVIDER_ERRORS, Severity.P4)
    three = verdict(rare(1200, 2100, 2900))
    assert (three.cause, three.severity) == (Cause.PROVIDER_ERRORS, Severity.P3)
    assert three.evidence[0].startswith("3 of ")


def test_a_lost_probe_now_and_then_is_nothing() -> None:
    assert verdict(rare(600, 1400, 2100, 2900, outcome=Outcome.TIMEOUT)).cause is Cause.HEALTHY
    assert verdict(rare(600, 1200, 1700, 2300, 2900, outcome=Outcome.TIMEOUT)).cause is not Cause.HEALTHY


def test_failures_long_ago_for_their_rate_are_over() -> None:
    assert verdict(rare(300, 600)).cause is Cause.HEALTHY


def test_an_outage_that_is_over_is_no_intermittent_error() -> None:
    seen = [*told(Outcome.SERVER_ERROR, Outcome.SERVER_ERROR, count=10), *told(start=HOUR + 300, count=3)]
    found = verdict(BEFORE, seen)
    assert found.cause is Cause.HEALTHY
    again = verdict(BEFORE, seen, told(start=HOUR + 390, count=20), models(HOUR + 1000, Outcome.SERVER_ERROR))
    assert again.cause is Cause.HEALTHY


def test_a_key_rejected_once_in_a_while_is_hardly_ours() -> None:
    seen = [*healthy(0, HOUR), *(messages(at + 0.5, Outcome.KEY_REJECTED) for at in (1500, 2000, 2800))]
    assert blamed(verdict(seen)) == (Cause.PROVIDER_ERRORS, Side.UNCLEAR)


def test_what_is_lost_by_chance_depends_on_how_much_is_asked() -> None:
    """Five lost probes an hour are many at the default pace, and few at one every three seconds."""
    quick = [models(3 * number + 0.3) for number in range(1200)]
    lost = [replace(one, outcome=Outcome.TIMEOUT, http_status=None) for one in quick[100::200]]
    seen = [*healthy(0, HOUR, messages_s=3.0), *quick[::2], *lost]
    assert verdict(sorted(seen, key=lambda one: one.at)).cause is Cause.HEALTHY


# -- the status page ----------------------------------------------------------------------------


def test_the_page_confirms_and_comes_later() -> None:
    failing = told(Outcome.SERVER_ERROR, count=30)
    quiet = [status(HOUR + 60 * number) for number in range(10)]
    spoken = [
        status(HOUR + 600 + 60 * number, "major_outage", incidents=[incident(components=["k8-api"])])
        for number in range(5)
    ]
    silent = verdict(BEFORE, [*failing[:40], *quiet])
    assert (silent.page, silent.lead) == (PageStance.SILENT, None)
    confirmed = verdict(BEFORE, failing, quiet, spoken)
    assert confirmed.page is PageStance.CONFIRMS
    assert confirmed.lead == timedelta(seconds=600)
    assert confirmed.confidence >= silent.confidence
    assert any("Claude API major outage" in sentence for sentence in confirmed.evidence)


def test_the_page_may_be_first() -> None:
    spoken = [status(HOUR - 300 + 60 * number, "partial_outage") for number in range(8)]
    found = verdict(BEFORE[:-1], status(HOUR - 360), spoken, told(Outcome.SERVER_ERROR))
    assert found.lead == timedelta(seconds=-300)


def test_trouble_on_the_page_that_probes_do_not_see_is_a_notice() -> None:
    found = verdict(BEFORE, status(HOUR, "degraded_performance"), told(start=HOUR))
    assert blamed(found) == (Cause.PROVIDER_NOTICE, Side.THEM)
    assert (found.page, found.severity) == (PageStance.CONTRADICTS, Severity.P4)


def test_claude_ai_down_is_health_with_a_note() -> None:
    chat = incident("i2", components=["rw-chat"])
    found = verdict(
        BEFORE, status(HOUR, chat="major_outage", indicator="major", incidents=[chat]), told(start=HOUR)
    )
    assert (found.cause, found.severity) == (Cause.HEALTHY, Severity.NONE)
    assert found.page is PageStance.AGREES
    assert "claude.ai major outage" in found.note


def test_an_incident_that_is_only_watched_is_no_notice() -> None:
    found = verdict(BEFORE, status(HOUR, incidents=[incident(stage="monitoring")]), told(start=HOUR))
    assert found.cause is Cause.HEALTHY
    assert "still watches" in found.note


def test_a_notice_left_standing_for_days_is_none() -> None:
    old = incident(impact="minor")
    fetched = NOON + timedelta(days=5)
    later = [messages(fetched + timedelta(seconds=30 * number - 120)) for number in range(4)]
    found = diagnose(
        history_of(replace(status(0, incidents=[old]), fetched_at=fetched), *later), fetched, Options()
    )
    assert found.cause is Cause.HEALTHY


def test_a_page_that_cannot_be_read_is_unknown_and_no_alarm() -> None:
    found = verdict(BEFORE, unread(HOUR, "405"), told(start=HOUR))
    assert (found.cause, found.page) == (Cause.HEALTHY, PageStance.UNKNOWN)
    failing = verdict(BEFORE, unread(HOUR, "405"), told(Outcome.OVERLOADED))
    assert failing.page is PageStance.UNKNOWN


def test_the_page_agrees_that_our_key_is_not_theirs() -> None:
    assert verdict(BEFORE, status(HOUR), told(Outcome.KEY_REJECTED)).page is PageStance.AGREES


# -- not known ----------------------------------------------------------------------------------


def test_nothing_seen_is_unknown() -> None:
    found = diagnose(History(), NOON, Options())
    assert blamed(found) == (Cause.UNKNOWN, Side.UNCLEAR)
    assert found.severity is Severity.NONE


def test_one_answer_is_no_health_and_one_failure_no_incident() -> None:
    one = verdict(models(0), messages(1))
    assert one.cause is Cause.UNKNOWN
    assert "1 message probe so far; a verdict needs 2" in one.summary
    failed = verdict(models(0), messages(1, Outcome.OVERLOADED))
    assert failed.cause is Cause.UNKNOWN
    assert "1 failed (overloaded_error)" in failed.summary


def test_three_samples_of_a_single_check_suffice() -> None:
    seen = [models(0), *(messages(1 + number, Outcome.OVERLOADED) for number in range(3))]
    assert verdict(seen).cause is Cause.PROVIDER_OVERLOADED
    assert verdict(seen).severity is Severity.P1
    assert verdict(models(0), messages(1), messages(2)).cause is Cause.HEALTHY


def test_one_check_without_a_network_and_without_a_key() -> None:
    lost = [models(0, Outcome.NETWORK, timings=Timings()), page(1, Outcome.NETWORK)]
    found = verdict(lost, facts=Facts(held=NO_KEY))
    assert blamed(found) == (Cause.NETWORK, Side.PATH)


def test_without_a_key_health_is_not_known() -> None:
    seen = [
        replace(models(15 * number), http_status=401, error_type="authentication_error")
        for number in range(9)
    ]
    found = verdict(seen, facts=Facts(held=NO_KEY))
    assert found.cause is Cause.UNKNOWN
    assert "ANTHROPIC_API_KEY" in found.next_step
    assert any("answers without a key" in sentence for sentence in found.evidence)


def test_without_a_key_the_list_of_models_still_shows_an_outage() -> None:
    seen = [models(15 * number, Outcome.SERVER_ERROR) for number in range(4)]
    found = verdict(seen, facts=Facts(held=NO_KEY))
    assert blamed(found) == (Cause.PROVIDER_OUTAGE, Side.THEM)
    assert found.severity is Severity.P2


def test_old_data_is_unknown_in_words() -> None:
    found = verdict(BEFORE, at=HOUR + 600)
    assert found.cause is Cause.UNKNOWN
    assert "No message probe for 10m 30s" in found.summary
    held = verdict(BEFORE, at=HOUR + 600, facts=Facts(held="the ceiling of $0.50 per day is reached"))
    assert "the ceiling of $0.50 per day" in held.summary


def test_a_wait_that_the_server_asked_for_is_no_silence() -> None:
    seen = told(Outcome.RATE_LIMITED, retry_after_s=900.0)
    assert verdict(BEFORE, seen, at=HOUR + 600).cause is Cause.RATE_LIMITED
    assert verdict(BEFORE, told(Outcome.RATE_LIMITED), at=HOUR + 600).cause is Cause.UNKNOWN


def test_a_fault_of_the_probe_is_not_theirs() -> None:
    seen = told(Outcome.INVALID_RESPONSE, error_type="probe_crashed", message="KeyError at sdk.py:3")
    found = verdict(BEFORE, seen)
    assert found.cause is Cause.UNKNOWN
    assert "claude-top" in found.summary


# -- well -----------------------------------------------------------------------------------------


def test_health_in_numbers() -> None:
    found = verdict(BEFORE)
    assert blamed(found) == (Cause.HEALTHY, Side.NONE)
    assert found.summary.startswith("All is well. Messages answer, first token after 4")
    assert found.evidence[0].startswith("30 of the last 30 message probes answered; models answer in 1")
    assert (found.since, found.respond_by, found.retry_after_s) == (None, None, None)


def test_one_lost_probe_is_a_note() -> None:
    found = verdict(BEFORE, messages(HOUR, Outcome.TIMEOUT))
    assert found.cause is Cause.HEALTHY
    assert "too little for a verdict" in found.note


def test_low_limits_are_a_note() -> None:
    found = verdict(BEFORE, messages(HOUR, limits=[bucket("input", 1_000, 30_000)]))
    assert found.cause is Cause.HEALTHY
    assert "input 3% left" in found.note


def test_an_endpoint_without_a_list_of_models_is_well() -> None:
    seen = [*(messages(30 * number) for number in range(10))]
    seen += [models(15 * number, Outcome.INVALID_RESPONSE, error_type="not_the_api") for number in range(20)]
    found = verdict(sorted(seen, key=lambda one: one.at))
    assert found.cause is Cause.HEALTHY
    assert "gives no list of models" in found.note


def test_health_returns_with_the_third_good_probe_after_an_outage() -> None:
    failing = told(Outcome.SERVER_ERROR, Outcome.SERVER_ERROR, count=20)
    good = told(start=HOUR + 600, count=3)
    assert verdict(BEFORE, failing, good[:-5]).cause is Cause.PROVIDER_OUTAGE
    assert verdict(BEFORE, failing, good).cause is Cause.HEALTHY


# -- always -----------------------------------------------------------------------------------------

OUTCOMES = st.sampled_from(list(Outcome))
KINDS = [None, "", "x", "[b]", "{status}", "read_timeout", "dns", "closed", "html_page", "probe_crashed"]


@given(
    st.lists(
        st.tuples(OUTCOMES, OUTCOMES, st.sampled_from(KINDS)),
        max_size=40,
    ),
    st.floats(0, 4000),
)
def test_any_history_has_a_verdict(story: list[tuple[Outcome, Outcome, str | None]], at: float) -> None:
    seen: list[Observation] = []
    for number, (first, second, kind) in enumerate(story):
        seen.append(replace(messages(30 * number, first), error_type=kind, message=kind))
        seen.append(replace(models(30 * number + 7, second), error_type=kind, timings=Timings()))
    found = diagnose(history_of(*seen), after(at), Options())
    assert 0 <= found.confidence < 1
    assert found.summary
    assert found.next_step
    assert (found.severity is Severity.NONE) is (found.cause in {Cause.HEALTHY, Cause.UNKNOWN})
    assert (found.respond_by is None) is (found.severity is Severity.NONE)
    assert (found.since is None) is (found.severity is Severity.NONE)
    assert all(sentence.endswith((".", "…")) for sentence in found.evidence), found.evidence


def test_facts_come_from_the_engine() -> None:
    facts = facts_of(engine(held=NO_KEY))
    assert facts.held == NO_KEY
    assert facts.lacks_key
    assert facts.host == "api.example.test"
    assert not facts_of(engine(held="ANTHROPIC_BASE_URL is not a URL")).lacks_key
    assert facts_of(engine(held=NO_KEY, source=Source.STATUS)).held is None
