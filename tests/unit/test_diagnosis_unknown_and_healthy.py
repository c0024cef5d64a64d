"""Verdicts of unknown and healthy."""

from __future__ import annotations

from dataclasses import replace

import pytest

from claude_tui.analysis.diagnosis.diagnose import EngineFacts, diagnose
from claude_tui.analysis.history.history import History
from claude_tui.analysis.options import Options
from claude_tui.model.no_key_reason import NoKeyReason
from claude_tui.model.observation import Outcome, Timings, WindowReading
from claude_tui.model.verdict import Cause, Recovery, Severity, Side
from tests.builders import NOON, after, bucket, healthy, messages, models, page, texts
from tests.diagnosed import BEFORE, HOUR, NO_KEY, OPENED, blamed, probed, verdict

# -- not known ----------------------------------------------------------------------------------


def test_nothing_seen_is_unknown() -> None:
    found = diagnose(History(), NOON, Options())
    assert blamed(found) == (Cause.UNKNOWN, Side.UNCLEAR)
    assert found.severity is Severity.NONE


def test_one_answer_is_no_health_and_one_failure_no_incident() -> None:
    one = verdict(models(0), messages(1))
    assert one.cause is Cause.UNKNOWN
    assert "1 message probe so far; a verdict needs 2" in one.summary
    failed = verdict(models(0), messages(1, Outcome.SERVER_ERROR))
    assert failed.cause is Cause.UNKNOWN
    assert "1 failed (api_error)" in failed.summary


@pytest.mark.parametrize(
    ("outcome", "cause", "side", "severity"),
    [
        (Outcome.OVERLOADED, Cause.PROVIDER_OVERLOADED, Side.THEM, Severity.P3),
        (Outcome.RATE_LIMITED, Cause.RATE_LIMITED, Side.US, Severity.P2),
    ],
)
def test_a_first_answer_that_puts_the_next_message_off_is_a_verdict_until_then(
    outcome: Outcome, cause: Cause, side: Side, severity: Severity
) -> None:
    """A person who opens the dashboard in an overload must not read "unknown" for half a minute."""
    refused = replace(messages(1, outcome), retry_after_s=30.0)
    for seen in ([models(0), refused], [models(0), messages(1, outcome)]):
        found = verdict(seen)
        assert (found.cause, found.side, found.severity) == (cause, side, severity)
    assert verdict(models(0), refused, messages(36)).cause is Cause.UNKNOWN
    well_before = [messages(30 * number) for number in range(20)]
    assert verdict(models(0), *well_before, replace(refused, at=after(600))).cause is Cause.UNKNOWN


def test_three_samples_of_a_single_check_suffice() -> None:
    seen = [models(0), *(messages(1 + number, Outcome.OVERLOADED) for number in range(3))]
    assert verdict(seen).cause is Cause.PROVIDER_OVERLOADED
    assert verdict(seen).severity is Severity.P1
    assert verdict(models(0), messages(1), messages(2)).cause is Cause.HEALTHY


def test_one_check_without_a_network_and_without_a_key() -> None:
    lost = [models(0, Outcome.NETWORK, timings=Timings()), page(1, Outcome.NETWORK)]
    found = verdict(lost, facts=EngineFacts(held=NO_KEY, no_key_reason=NoKeyReason.MISSING))
    assert blamed(found) == (Cause.NETWORK, Side.PATH)


def test_without_a_key_health_is_not_known() -> None:
    seen = [
        replace(models(15 * number), http_status=401, error_type="authentication_error")
        for number in range(9)
    ]
    found = verdict(seen, facts=EngineFacts(held=NO_KEY, no_key_reason=NoKeyReason.MISSING))
    assert found.cause is Cause.UNKNOWN
    assert "ANTHROPIC_API_KEY" in found.next_step
    assert any("answers without a key" in sentence for sentence in texts(found))


def test_without_a_key_the_list_of_models_still_shows_an_outage() -> None:
    seen = [models(15 * number, Outcome.SERVER_ERROR) for number in range(4)]
    found = verdict(seen, facts=EngineFacts(held=NO_KEY, no_key_reason=NoKeyReason.MISSING))
    assert blamed(found) == (Cause.PROVIDER_OUTAGE, Side.THEM)
    assert found.severity is Severity.P2


def test_old_data_is_unknown_in_words() -> None:
    found = verdict(BEFORE, at=HOUR + 600)
    assert found.cause is Cause.UNKNOWN
    assert "No message probe for 10m 30s" in found.summary
    held = verdict(BEFORE, at=HOUR + 600, facts=EngineFacts(held="the ceiling of $0.50 per day is reached"))
    assert "the ceiling of $0.50 per day" in held.summary


def test_a_wait_that_the_server_asked_for_is_no_silence() -> None:
    seen = probed(Outcome.RATE_LIMITED, retry_after_s=900.0)
    assert verdict(BEFORE, seen, at=HOUR + 600).cause is Cause.RATE_LIMITED
    assert verdict(BEFORE, probed(Outcome.RATE_LIMITED), at=HOUR + 600).cause is Cause.UNKNOWN


def test_a_fault_of_the_probe_is_not_theirs() -> None:
    seen = probed(Outcome.INVALID_RESPONSE, error_type="probe_crashed", message="KeyError at sdk.py:3")
    found = verdict(BEFORE, seen)
    assert found.cause is Cause.UNKNOWN
    assert "claude-top" in found.summary


# -- well -----------------------------------------------------------------------------------------


def test_health_in_numbers() -> None:
    found = verdict(BEFORE)
    assert blamed(found) == (Cause.HEALTHY, Side.NONE)
    assert found.summary.startswith("All is well. Messages succeed, first token after 4")
    assert found.evidence[0].text.startswith("30 of the last 30 message probes answered; model list ok, 1")
    assert (found.since, found.respond_by, found.retry_after_s) == (None, None, None)


@pytest.mark.parametrize(("outcome", "good"), [(Outcome.TIMEOUT, 5), (Outcome.SERVER_ERROR, 60)])
def test_a_first_failure_is_checked_before_all_is_well_again(outcome: Outcome, good: int) -> None:
    found = verdict(BEFORE, messages(HOUR, outcome))
    assert (found.cause, found.severity, found.checking) == (Cause.UNKNOWN, Severity.NONE, True)
    assert found.summary.startswith("One failure, checking again.")
    since = [messages(HOUR + 3 * number) for number in range(1, good + 1)]
    assert verdict(BEFORE, messages(HOUR, outcome), since[:-1]).checking
    assert verdict(BEFORE, messages(HOUR, outcome), since).cause is Cause.HEALTHY


def test_after_a_failure_health_says_how_many_were_answered_in_a_row() -> None:
    since = [messages(HOUR + 3 * number) for number in range(1, 6)]
    found = verdict(BEFORE, messages(HOUR, Outcome.TIMEOUT), since)
    assert "message probes answered, the last 5 in a row" in found.evidence[0].text


def test_one_lost_list_of_models_is_a_note() -> None:
    found = verdict(BEFORE, models(HOUR, Outcome.TIMEOUT))
    assert found.cause is Cause.HEALTHY
    assert "too little for a verdict" in found.note


def test_low_limits_are_a_note() -> None:
    found = verdict(BEFORE, messages(HOUR, limits=[bucket("input", 1_000, 30_000)]))
    assert found.cause is Cause.HEALTHY
    assert "input 3% left" in found.note


def test_a_limit_near_its_end_asks_to_send_less_while_all_is_well() -> None:
    def step(remaining: int) -> str:
        return verdict(BEFORE, messages(HOUR, limits=[bucket("input", remaining, 30_000)])).next_step

    assert step(1_200) == "Shed or queue what can wait, before the 429s start"
    assert step(28_000) == "Nothing to do."
    # Low, but not about to run out.
    assert step(5_000) == "Nothing to do."


@pytest.mark.parametrize(
    ("used", "state", "words"),
    [
        (0.97, "allowed", "Limits run low: 5h window 97% used."),
        (0.5, "allowed_warning", "Limits run low: 5h window 50% used."),
        (0.7, "rejected", "Rejected, though messages succeed: 5h window."),
    ],
)
def test_a_subscription_window_that_runs_low_is_a_note(used: float, state: str, words: str) -> None:
    window = WindowReading("5h", used, after(HOUR + 900), state)
    found = verdict(BEFORE, messages(HOUR, windows=[window]))
    assert found.cause is Cause.HEALTHY
    assert words in found.note
    pressed = state == "rejected" or used > 0.95
    assert (found.next_step != "Nothing to do.") is pressed


def test_windows_with_room_and_rejected_overage_are_no_note() -> None:
    windows = [WindowReading("7d", 0.3, None, "allowed"), WindowReading("overage", 0.0, None, "rejected")]
    assert verdict(BEFORE, messages(HOUR, windows=windows)).note == ""


@pytest.mark.parametrize(
    ("reason", "what", "step"),
    [
        (NoKeyReason.MISSING, "there is no usable key", "Set ANTHROPIC_API_KEY and start again"),
        (NoKeyReason.UNUSABLE, "the key that is set cannot be sent", "Fix ANTHROPIC_API_KEY"),
    ],
)
def test_no_key_and_a_key_that_cannot_be_sent_are_distinguished(
    reason: NoKeyReason, what: str, step: str
) -> None:
    held = "ANTHROPIC_API_KEY contains a character that is not ASCII"
    found = verdict(
        [models(15 * number) for number in range(10)], facts=EngineFacts(held=held, no_key_reason=reason)
    )
    assert what in found.summary
    assert found.next_step.startswith(step)
    assert any(held in sentence for sentence in texts(found))


def test_a_sentence_that_names_the_key_is_no_lack_of_one() -> None:
    held = "the proxy asked for ANTHROPIC_API_KEY"
    found = verdict([models(15 * number) for number in range(10)], facts=EngineFacts(held=held))
    assert held in found.summary


def test_an_endpoint_without_a_list_of_models_is_well() -> None:
    seen = [*(messages(30 * number) for number in range(10))]
    seen += [models(15 * number, Outcome.INVALID_RESPONSE, error_type="not_the_api") for number in range(20)]
    found = verdict(sorted(seen, key=lambda one: one.at))
    assert found.cause is Cause.HEALTHY
    assert "has no list of models" in found.note


def test_health_returns_with_the_seventh_good_message_after_an_outage() -> None:
    failing = probed(Outcome.SERVER_ERROR, Outcome.SERVER_ERROR, count=20)
    good = probed(start=HOUR + 600, count=7)
    begun = verdict(BEFORE, failing).since
    recovering = verdict(BEFORE, failing, good[: len(good) * 5 // 7])
    assert (recovering.cause, recovering.since) == (Cause.PROVIDER_OUTAGE, begun)
    assert recovering.recovery == Recovery(good=5, needed=7, of="500 api error")
    assert recovering.summary == (
        "It's them. Recovering from 500 api error: 5 good in a row, 2 more to be sure."
    )
    assert verdict(BEFORE, failing, good).cause is Cause.HEALTHY


@pytest.mark.parametrize("outcome", [Outcome.SERVER_ERROR, Outcome.OVERLOADED, Outcome.TIMEOUT])
def test_a_headline_that_nothing_gets_through_ends_with_the_third_answer(outcome: Outcome) -> None:
    """`The API is down` stayed for up to 50 s after answers had returned."""
    failing = probed(outcome, Outcome.OK, timings=OPENED, count=5)
    begun = verdict(BEFORE, failing)
    for answers, returns in ((1, False), (2, False), (3, True)):
        found = verdict(BEFORE, failing, [messages(HOUR + 150 + 3 * number) for number in range(answers)])
        assert (found.recovery is not None) is returns
        assert found.summary.startswith(f"{found.opening} Recovering from") is returns
        assert (found.cause, found.since) == (begun.cause, begun.since)


def test_two_failures_are_reported_as_a_recovery_after_five_answers() -> None:
    """Two 529s a minute apart: `The API is overloaded` stayed for eighteen answers."""
    failing = [messages(HOUR, Outcome.OVERLOADED), messages(HOUR + 60, Outcome.OVERLOADED)]
    for answers in (4, 5):
        found = verdict(BEFORE, failing, [messages(HOUR + 120 + 10 * number) for number in range(answers)])
        assert found.cause is Cause.PROVIDER_OVERLOADED
        assert (found.recovery is not None) is (answers == 5)


def test_answers_between_failures_are_no_recovery() -> None:
    """At half of the requests, three answers in a row are luck."""
    marks = [Outcome.SERVER_ERROR, Outcome.OK] * 6 + [Outcome.SERVER_ERROR] + [Outcome.OK] * 3
    seen = [messages(HOUR + 10 * number, outcome) for number, outcome in enumerate(marks)]
    assert verdict(BEFORE, seen).recovery is None


def test_what_a_stream_that_broke_had_in_its_head_explains_no_silence() -> None:
    """Rows from earlier versions still have it."""
    broken = replace(messages(HOUR, Outcome.TRUNCATED_STREAM), retry_after_s=3600.0)
    lists = [models(HOUR + 15 * number) for number in range(40)]
    assert "No message probe for" in verdict(BEFORE, broken, lists).summary
    asked = replace(messages(HOUR, Outcome.OVERLOADED), retry_after_s=3600.0)
    assert "No message probe for" not in verdict(BEFORE, asked, lists).summary


def test_what_is_over_is_not_reported_as_one_failed_probe() -> None:
    """A network that failed ten times in a row was no single failure, when all sources show that it works."""
    down = {"error_type": "tls_expired", "http_status": None}
    failing = probed(Outcome.NETWORK, Outcome.NETWORK, count=10, **down)
    notes = []
    for good in range(1, 12):
        again = probed(count=good, start=HOUR + 300, fetched=Outcome.OK)
        found = verdict(BEFORE, failing, again)
        notes += [found.note] if found.cause is Cause.HEALTHY else []
    assert notes
    assert not any("failed" in note for note in notes)


@pytest.mark.parametrize(
    ("first", "joined"),
    [(Outcome.OVERLOADED, True), (Outcome.RATE_LIMITED, False), (Outcome.KEY_REJECTED, False)],
)
def test_an_outage_soon_after_a_refusal_has_its_own_beginning(first: Outcome, joined: bool) -> None:
    """`We noticed 11m earlier` than the page rested on 429s of our own before ten minutes of health."""
    ended, broken = HOUR + 120, HOUR + 840
    seen = [*healthy(0, HOUR), *probed(first, count=4), *probed(count=24, start=ended)]
    assert verdict(seen, at=broken).cause is Cause.HEALTHY
    found = verdict(seen, probed(Outcome.SERVER_ERROR, count=5, start=broken))
    assert found.since == after(HOUR if joined else broken)
