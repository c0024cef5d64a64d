"""What is wrong and whose problem it is, by comparing the sources."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from claude_tui.analysis.diagnosis.diagnose import diagnose, engine_facts
from claude_tui.analysis.options import Options
from claude_tui.model.no_key_reason import NoKeyReason
from claude_tui.model.observation import Observation, Outcome, Source, Timings
from claude_tui.model.verdict import Cause, EvidenceKind, Severity, Side
from tests.builders import after, bucket, engine, healthy, history_of, messages, models, page, texts
from tests.diagnosed import BEFORE, HOUR, NO_KEY, OPENED, blamed, probed, verdict

# -- theirs ------------------------------------------------------------------------


def test_messages_overloaded_while_the_list_answers() -> None:
    found = verdict(BEFORE, probed(Outcome.OVERLOADED))
    assert blamed(found) == (Cause.PROVIDER_OVERLOADED, Side.THEM)
    assert found.summary == "It's them. The API is overloaded (529)."
    assert found.evidence[0].text == "4 of 4 failed: overloaded_error; model list ok, 182 ms."
    assert found.evidence[1].text == "Key and network fine."
    assert found.next_step == "Back off 30–60 s, shed load, use the fallback"
    assert found.retry_after_s == 30
    assert found.severity is Severity.P1
    assert found.since == after(HOUR)
    assert found.confidence > 0.9


def test_limits_are_fine_when_they_were_reported_lately() -> None:
    limits = [bucket("requests", 810), bucket("input", 15_000, 20_000)]
    found = verdict(BEFORE, messages(HOUR - 5, limits=limits), probed(Outcome.OVERLOADED))
    assert found.evidence[1].text == "Key, network and limits fine."


def test_every_call_failing_is_an_outage_and_some_are_errors() -> None:
    down = verdict(BEFORE, probed(Outcome.SERVER_ERROR))
    assert blamed(down) == (Cause.PROVIDER_OUTAGE, Side.THEM)
    assert down.summary == "It's them. The API is down: message calls fail (500)."
    mixed = [*probed(Outcome.SERVER_ERROR), *probed(start=HOUR + 120, count=1)]
    mixed += [*probed(Outcome.SERVER_ERROR, start=HOUR + 150, count=1), *probed(start=HOUR + 180, count=1)]
    mixed += probed(Outcome.SERVER_ERROR, start=HOUR + 210, count=1)
    some = verdict(BEFORE, mixed)
    assert blamed(some) == (Cause.PROVIDER_ERRORS, Side.THEM)
    assert some.evidence[0].text.startswith("6 of 8 failed: api_error")


def test_the_kinds_add_up_to_what_failed() -> None:
    limits = probed(Outcome.RATE_LIMITED, start=HOUR, count=2)
    found = verdict(BEFORE, limits, probed(Outcome.OVERLOADED, start=HOUR + 60, count=6))
    assert found.evidence[0].text.startswith("8 of 8 failed: 6 overloaded_error, 2 rate_limit_error;")
    # Far more than the failures that are looked through for the leading cause.
    many = verdict(BEFORE, limits, probed(Outcome.OVERLOADED, start=HOUR + 60, count=100))
    assert many.evidence[0].text.startswith("102 of 102 failed: 100 overloaded_error, 2 rate_limit_error;")
    assert found.evidence[0].figures == (("failed", 8), ("asked", 8))


def test_an_episode_of_more_than_an_hour_is_counted_over_the_last_one() -> None:
    limits = probed(Outcome.RATE_LIMITED, start=HOUR, count=10)
    found = verdict(BEFORE, limits, probed(Outcome.OVERLOADED, start=HOUR + 300, count=140))
    assert found.evidence[0].text.startswith("120 of 120 failed in the last hour: overloaded_error;")


def test_which_requests_failed_is_stated_where_it_could_be_either() -> None:
    both = verdict(BEFORE, probed(Outcome.SERVER_ERROR, Outcome.SERVER_ERROR))
    assert both.evidence[0].text.startswith("4 of 4 message calls failed: api_error; model list fails too")


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
    found = verdict(BEFORE, probed(outcome, http_status=status_code, error_type=error_type))
    assert blamed(found) == (Cause.PROVIDER_OVERLOADED, Side.THEM)
    assert words in found.summary


def with_another_kind_last(failures: list[Observation], **kind: object) -> list[Observation]:
    newest = max(
        (failure for failure in failures if failure.source is Source.MESSAGES), key=lambda failure: failure.at
    )
    return [replace(failure, **kind) if failure is newest else failure for failure in failures]  # type: ignore[arg-type]


def test_one_failure_of_another_kind_does_not_change_the_headline() -> None:
    masked = with_another_kind_last(probed(Outcome.OVERLOADED), http_status=500, error_type="api_error")
    found = verdict(BEFORE, masked)
    assert "overloaded (529)" in found.summary
    assert found.evidence[0].text.startswith("4 of 4 failed: 3 overloaded_error, 1 api_error (overloaded)")


def test_kinds_of_one_outcome_share_its_name() -> None:
    lost = probed(Outcome.NETWORK, Outcome.NETWORK, timings=Timings(dns=0.01), error_type="refused")
    found = verdict(BEFORE, with_another_kind_last(lost, error_type="connect"))
    assert "4 of 4 message calls failed: network errors (3 refused, 1 connect)" in found.evidence[0].text


def test_streams_that_break_off() -> None:
    found = verdict(BEFORE, probed(Outcome.TRUNCATED_STREAM))
    assert blamed(found) == (Cause.PROVIDER_ERRORS, Side.THEM)
    assert "break off" in found.summary


def test_time_outs_are_theirs_when_dns_tcp_and_tls_are_fine() -> None:
    found = verdict(
        BEFORE, probed(Outcome.TIMEOUT, Outcome.TIMEOUT, timings=OPENED, fetched=Outcome.OK, http_status=None)
    )
    assert blamed(found) == (Cause.PROVIDER_OUTAGE, Side.THEM)
    alone = verdict(BEFORE, probed(Outcome.TIMEOUT))
    assert blamed(alone) == (Cause.PROVIDER_OUTAGE, Side.THEM)


def test_connections_that_only_messages_lose_are_theirs_with_less_confidence() -> None:
    found = verdict(BEFORE, probed(Outcome.NETWORK))
    assert blamed(found) == (Cause.PROVIDER_OUTAGE, Side.THEM)
    assert found.confidence < verdict(BEFORE, probed(Outcome.OVERLOADED)).confidence


def test_only_the_list_of_models_fails() -> None:
    found = verdict(BEFORE, probed(Outcome.OK, Outcome.SERVER_ERROR))
    assert blamed(found) == (Cause.PROVIDER_ERRORS, Side.THEM)
    assert found.severity is Severity.P3
    assert "messages work" in found.summary


# -- the path's ----------------------------------------------------------------------


@pytest.mark.parametrize("kind", ["dns", "refused", "unreachable", "tls_untrusted", "proxy", None])
def test_no_connection_is_the_path(kind: str | None) -> None:
    lost = probed(Outcome.NETWORK, Outcome.NETWORK, timings=Timings(dns=0.01), error_type=kind)
    found = verdict(BEFORE, lost)
    assert blamed(found) == (Cause.NETWORK, Side.PATH)
    assert "fine" not in "".join(texts(found))


def test_time_outs_are_the_paths_when_the_status_pages_host_is_gone_too() -> None:
    lost = probed(Outcome.TIMEOUT, Outcome.TIMEOUT, timings=OPENED, fetched=Outcome.TIMEOUT)
    assert blamed(verdict(BEFORE, lost)) == (Cause.NETWORK, Side.PATH)


@pytest.mark.parametrize("outcome", [Outcome.NETWORK, Outcome.TIMEOUT])
def test_a_path_that_works_again_was_at_fault_all_the_same(outcome: Outcome) -> None:
    """The list and the status page answer first: `Can't connect` became `loses requests` at its end."""
    lost = probed(outcome, outcome, timings=OPENED, fetched=outcome, count=6)
    cut_off = verdict(BEFORE, lost)
    assert blamed(cut_off) == (Cause.NETWORK, Side.PATH)
    back = [models(HOUR + 180 + 5 * number) for number in range(8)]
    again = probed(start=HOUR + 220, count=2, fetched=Outcome.OK)
    over = verdict(BEFORE, lost, back, again)
    assert blamed(over) == (Cause.NETWORK, Side.PATH)
    assert over.summary == cut_off.summary


def test_a_status_page_that_never_answered_says_nothing_of_the_path() -> None:
    before = [*healthy(0, HOUR), *(page(number * 60, Outcome.TIMEOUT) for number in range(60))]
    lost = probed(Outcome.TIMEOUT, Outcome.TIMEOUT, timings=OPENED, fetched=Outcome.TIMEOUT)
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
        for one in probed(Outcome.INVALID_RESPONSE, Outcome.INVALID_RESPONSE)
    ]
    assert blamed(verdict(BEFORE, seen)) == (cause, Side.PATH)


def test_an_odd_answer_of_messages_alone_is_theirs_and_of_everything_is_not() -> None:
    alone = verdict(BEFORE, probed(Outcome.INVALID_RESPONSE, error_type="empty_body"))
    assert blamed(alone) == (Cause.PROVIDER_ERRORS, Side.THEM)
    seen = [
        replace(one, error_type="not_json") if one.failed else one
        for one in probed(Outcome.INVALID_RESPONSE, Outcome.INVALID_RESPONSE)
    ]
    assert blamed(verdict(BEFORE, seen)) == (Cause.NETWORK, Side.PATH)


def test_new_connections_fail_while_the_open_one_works() -> None:
    found = verdict(BEFORE, probed(Outcome.OK, Outcome.NETWORK, timings=Timings()))
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
    assert verdict(BEFORE, seen[:2]).checking


def test_messages_that_fail_right_after_the_list_are_the_same_trouble() -> None:
    """Waiting for a second message would mean half a minute of a verdict that messages work."""
    failing = [models(HOUR + 1, Outcome.SERVER_ERROR), models(HOUR + 16, Outcome.SERVER_ERROR)]
    assert "messages work" in verdict(BEFORE, failing).summary
    found = verdict(BEFORE, failing, messages(HOUR + 20, Outcome.TIMEOUT))
    assert blamed(found) == (Cause.PROVIDER_OUTAGE, Side.THEM)
    assert found.evidence[0].text.startswith("1 of 1 message calls failed: timeout; ")


# -- two causes ---------------------------------------------------------------------------


def test_the_cause_that_explains_more_failures_leads_and_the_other_is_listed() -> None:
    seen = [
        messages(HOUR + 30 * number, Outcome.RATE_LIMITED if number % 3 == 2 else Outcome.OVERLOADED)
        for number in range(9)
    ]
    found = verdict(BEFORE, seen)
    assert found.cause is Cause.PROVIDER_OVERLOADED
    assert found.also == (Cause.RATE_LIMITED,)
    assert "Also 3 of the last 9 failures: rate_limit_error." in texts(found)


def test_the_list_may_fail_for_another_cause() -> None:
    found = verdict(BEFORE, probed(Outcome.RATE_LIMITED, Outcome.SERVER_ERROR))
    assert found.cause is Cause.RATE_LIMITED
    assert found.also == (Cause.PROVIDER_ERRORS,)


def test_a_cause_that_changes_is_followed_after_three_probes() -> None:
    seen = [
        *probed(Outcome.SERVER_ERROR, count=12),
        *probed(Outcome.KEY_REJECTED, Outcome.KEY_REJECTED, start=HOUR + 360, count=3),
    ]
    found = verdict(BEFORE, seen)
    assert blamed(found) == (Cause.KEY_REJECTED, Side.UNCLEAR)


# -- now and then ---------------------------------------------------------------------------


def rare(*seconds: float, outcome: Outcome = Outcome.SERVER_ERROR) -> list[Observation]:
    """An hour of health with a failure of the list of models at each of `seconds`."""
    return [*healthy(0, HOUR), *(models(at + 0.5, outcome) for at in seconds)]


def test_a_failure_now_and_then_is_reported_from_the_second_on() -> None:
    assert verdict(rare(1200)).cause is Cause.HEALTHY
    two = verdict(rare(1200, 2900))
    assert (two.cause, two.severity) == (Cause.PROVIDER_ERRORS, Severity.P4)
    three = verdict(rare(1200, 2100, 2900))
    assert (three.cause, three.severity) == (Cause.PROVIDER_ERRORS, Severity.P3)
    assert three.evidence[0].text.startswith("3 of ")


def test_rare_overloads_have_rare_words() -> None:
    found = verdict(rare(600, 1700, 2900, outcome=Outcome.OVERLOADED))
    assert blamed(found) == (Cause.PROVIDER_OVERLOADED, Side.THEM)
    assert "Now and then" in found.summary
    assert "3 of " in found.summary
    assert "shed load" not in found.next_step


def test_what_fails_rules_nothing_out() -> None:
    """A fresh 429 or 401 among the failures speaks against limits and key, whatever the cause is."""
    seen = [
        messages(HOUR + 30 * number, Outcome.RATE_LIMITED if number % 4 == 3 else Outcome.OVERLOADED)
        for number in range(9)
    ]
    ruled_out = verdict(BEFORE, seen).evidence_of(EvidenceKind.RULED_OUT)
    assert ruled_out is None or "limits" not in ruled_out.text


def test_a_lost_probe_now_and_then_is_nothing() -> None:
    assert verdict(rare(600, 1400, 2100, 2900, outcome=Outcome.TIMEOUT)).cause is Cause.HEALTHY
    assert verdict(rare(*range(600, 3000, 240), outcome=Outcome.TIMEOUT)).cause is not Cause.HEALTHY


def test_failures_long_ago_for_their_rate_are_over() -> None:
    assert verdict(rare(300, 600)).cause is Cause.HEALTHY


def test_an_outage_that_is_over_is_no_intermittent_error() -> None:
    seen = [*probed(Outcome.SERVER_ERROR, Outcome.SERVER_ERROR, count=10), *probed(start=HOUR + 300, count=8)]
    found = verdict(BEFORE, seen)
    assert found.cause is Cause.HEALTHY
    again = verdict(
        BEFORE, seen, probed(start=HOUR + 540, count=20), models(HOUR + 1150, Outcome.SERVER_ERROR)
    )
    assert again.cause is Cause.HEALTHY


def test_a_key_rejected_once_in_a_while_is_hardly_ours() -> None:
    seen = [*healthy(0, HOUR), *(messages(at + 0.5, Outcome.KEY_REJECTED) for at in (1500, 2000, 2800))]
    assert blamed(verdict(seen)) == (Cause.KEY_REJECTED, Side.THEM)


def test_what_is_lost_by_chance_depends_on_how_much_is_asked() -> None:
    """Five lost probes an hour are many at the default pace, and few at one every three seconds."""
    quick = [models(3 * number + 0.3) for number in range(1200)]
    lost = [replace(one, outcome=Outcome.TIMEOUT, http_status=None) for one in quick[100::200]]
    seen = [*healthy(0, HOUR, messages_s=3.0), *quick[::2], *lost]
    assert verdict(sorted(seen, key=lambda one: one.at)).cause is Cause.HEALTHY


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
    assert all(sentence.endswith((".", "…")) for sentence in texts(found)), texts(found)


def test_facts_come_from_the_engine() -> None:
    facts = engine_facts(engine(held=NO_KEY))
    assert facts.held == NO_KEY
    assert facts.no_key_reason is None
    assert (
        engine_facts(replace(engine(held=NO_KEY), no_key_reason=NoKeyReason.MISSING)).no_key_reason
        is NoKeyReason.MISSING
    )
    assert facts.host == "api.example.test"
    assert engine_facts(engine(held=NO_KEY, source=Source.STATUS)).held is None


@pytest.mark.parametrize("failed", [(10, 50, 90), (5, 40, 70, 95)], ids=["scattered", "an episode"])
def test_rare_overloads_have_rare_words_and_shed_no_load(failed: tuple[int, ...]) -> None:
    sent = [
        messages(HOUR + 30 * number, Outcome.OVERLOADED if number in failed else Outcome.OK)
        for number in range(100)
    ]
    lists = [models(HOUR + 15 * number) for number in range(200)]
    found = verdict(BEFORE, sent, lists, at=HOUR + 3000)
    assert (found.cause, found.side) == (Cause.PROVIDER_OVERLOADED, Side.THEM)
    assert found.summary.startswith("It's them. Now and then a call is refused as overloaded (")
    assert "shed" not in found.next_step


def test_an_overload_of_a_quarter_of_the_messages_is_not_rare() -> None:
    sent = [
        messages(HOUR + 30 * number, Outcome.OVERLOADED if number % 4 == 0 else Outcome.OK)
        for number in range(41)
    ]
    found = verdict(BEFORE, sent, [models(HOUR + 15 * number) for number in range(80)])
    assert found.summary == "It's them. The API is overloaded (529)."


def test_in_a_recovery_the_step_is_to_undo_nothing_yet() -> None:
    down = [messages(HOUR + 30 * number, Outcome.SERVER_ERROR) for number in range(20)]
    good = [messages(HOUR + 600 + 30 * number) for number in range(5)]
    found = verdict(BEFORE, down, good, [models(HOUR + 15 * number) for number in range(50)])
    assert found.recovery is not None
    assert found.next_step.startswith("Change nothing back until it is sure")
