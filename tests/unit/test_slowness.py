"""Slow answers: the server's or the network's, and never one heavy-tailed value alone."""

from __future__ import annotations

import random
from dataclasses import replace

from claude_tui.analysis.diagnosis.diagnose import diagnose
from claude_tui.analysis.options import Options
from claude_tui.model.observation import Observation, Outcome, Timings
from claude_tui.model.verdict import Cause, Severity, Side, Verdict
from tests.builders import after, healthy, history_of, messages, models, texts

HOUR = 3600.0


def verdict(*seen: Observation, at: float | None = None) -> Verdict:
    newest = max(one.at for one in seen) if at is None else after(at)
    return diagnose(history_of(*seen), newest, Options())


def slow(*ttfts: float, start: float = HOUR, model: str | None = "claude-haiku-5-5") -> list[Observation]:
    return [
        messages(start + number * 30, ttft=ttft, total=ttft + 0.2, model=model)
        for number, ttft in enumerate(ttfts)
    ]


def test_three_times_the_baseline_is_slow() -> None:
    found = verdict(*healthy(0, HOUR), *slow(1.5, 1.7, 1.6))
    assert (found.cause, found.side, found.severity) == (Cause.PROVIDER_SLOW, Side.THEM, Severity.P4)
    assert found.since == after(HOUR)
    assert "1.60 s, 3.7× usual" in found.summary
    assert found.retry_after_s is None


def test_two_slow_answers_are_not() -> None:
    assert verdict(*healthy(0, HOUR), *slow(1.5, 1.7)).cause is Cause.HEALTHY


def test_heavy_tailed_values_among_quick_ones_are_not() -> None:
    assert verdict(*healthy(0, HOUR), *slow(4.0, 0.5, 4.2)).cause is Cause.HEALTHY
    assert verdict(*healthy(0, HOUR), *slow(4.0, 4.1, 0.6)).cause is Cause.HEALTHY


def test_slowness_ends_with_three_quick_answers() -> None:
    began = [*healthy(0, HOUR), *slow(1.5, 1.7, 1.6, 1.8, 1.6)]
    assert verdict(*began, *slow(0.4, 0.5, start=HOUR + 150)).cause is Cause.PROVIDER_SLOW
    assert verdict(*began, *slow(0.4, 0.5, 0.4, start=HOUR + 150)).cause is Cause.HEALTHY


def test_slowness_that_goes_on_for_hours_does_not_become_usual() -> None:
    long = slow(*[2.0 + 0.01 * (number % 9) for number in range(360)])
    found = verdict(*healthy(0, HOUR), *long)
    assert found.cause is Cause.PROVIDER_SLOW
    assert found.since == after(HOUR)


def test_nobody_feels_three_times_a_blink() -> None:
    quick = [messages(number * 30, ttft=0.05, total=0.1) for number in range(120)]
    assert verdict(*quick, *slow(0.3, 0.35, 0.32)).cause is Cause.HEALTHY


def test_a_wide_spread_needs_more_than_three_of_its_tail() -> None:
    """Where one answer in fifty takes five times as long anyway, three such in a row may be chance."""
    dice = random.Random(5)
    wide = [messages(number * 30, ttft=0.4 * (5 if dice.random() < 0.02 else 1)) for number in range(720)]
    late = slow(1.9, 1.9, 1.9, start=720 * 30)
    assert verdict(*wide, *late).cause is Cause.HEALTHY
    later = slow(1.9, 1.9, 1.9, 1.9, 1.9, start=720 * 30)
    assert verdict(*wide, *later).cause is Cause.PROVIDER_SLOW


def test_without_a_baseline_three_seconds_are_slow() -> None:
    found = verdict(*slow(3.4, 3.6, 3.2, model="claude-opus-5-5"))
    assert found.cause is Cause.PROVIDER_SLOW
    assert found.confidence < 0.9
    assert verdict(*slow(2.2, 2.4, 2.1, model="claude-opus-5-5")).cause is Cause.HEALTHY


def test_without_a_baseline_only_the_limit_in_seconds_is_slow() -> None:
    assert verdict(*slow(2.2, 2.4, 2.1)).cause is Cause.HEALTHY
    assert verdict(*slow(3.5, 3.4, 3.6)).cause is Cause.PROVIDER_SLOW


def test_a_model_that_always_takes_four_seconds_is_not_slow_today() -> None:
    usual = slow(*[4.0 + 0.01 * (number % 7) for number in range(240)], start=0, model="claude-fable-5-2")
    assert verdict(*usual).cause is Cause.HEALTHY


def test_an_answer_that_takes_long_to_end_is_slow_too() -> None:
    late = [messages(HOUR + number * 30, ttft=0.4, total=6.5) for number in range(4)]
    found = verdict(*healthy(0, HOUR), *late)
    assert found.cause is Cause.PROVIDER_SLOW
    assert "long to finish" in found.summary


def test_a_slow_network_is_the_paths() -> None:
    opening = Timings(dns=0.4, connect=0.9, tls=1.1, first_byte=0.3, total=2.7)
    late = [models(HOUR + number * 15 + 1, timings=opening) for number in range(8)]
    found = verdict(*healthy(0, HOUR), *slow(2.0, 2.1, 2.2, 2.0), *late)
    assert (found.cause, found.side) == (Cause.NETWORK, Side.PATH)
    assert "opening a connection takes 2.40 s, 51× usual" in found.summary


def test_slow_connections_are_reported_even_while_the_open_one_is_quick() -> None:
    opening = Timings(dns=0.4, connect=0.9, tls=1.1, first_byte=0.3, total=2.7)
    late = [models(HOUR + number * 15 + 1, timings=opening) for number in range(4)]
    found = verdict(*healthy(0, HOUR), *slow(0.4, 0.4), *late)
    assert (found.cause, found.severity) == (Cause.NETWORK, Severity.P4)


def served(at: float, first_byte: float, server_s: float) -> Observation:
    seen = messages(at, ttft=first_byte + 0.1, total=first_byte + 0.3)
    return replace(seen, timings=replace(seen.timings, first_byte=first_byte), server_s=server_s)


def test_the_servers_own_time_distinguishes_server_and_network() -> None:
    far = [served(HOUR + number * 30, 2.0, 0.3) for number in range(3)]
    found = verdict(*healthy(0, HOUR), *far)
    assert (found.cause, found.side) == (Cause.NETWORK, Side.PATH)
    assert "1.70 s of 2.00 s pass on the way" in found.summary
    busy = [served(HOUR + number * 30, 2.0, 1.9) for number in range(3)]
    found = verdict(*healthy(0, HOUR), *busy)
    assert (found.cause, found.side) == (Cause.PROVIDER_SLOW, Side.THEM)
    assert any("The server itself takes 1.90 s of 2.00 s" in sentence for sentence in texts(found))


def late(number: int, outcome: Outcome = Outcome.OK) -> Observation:
    return messages(HOUR + number * 30, outcome, ttft=13.0, total=14.0)


def test_two_lone_errors_do_not_hide_that_every_message_is_slow() -> None:
    seen = [late(number, Outcome.SERVER_ERROR if number in {10, 70} else Outcome.OK) for number in range(80)]
    found = verdict(*healthy(0, HOUR), *seen, *(models(HOUR + 15 * number + 1) for number in range(160)))
    assert (found.cause, found.severity) == (Cause.PROVIDER_SLOW, Severity.P2)
    assert found.also == (Cause.PROVIDER_ERRORS,)
    assert any("2 of " in sentence and "api_error" in sentence for sentence in texts(found))
    assert not any("no errors" in sentence for sentence in texts(found))


def test_nor_does_a_list_of_models_that_fails() -> None:
    lists = [
        models(HOUR + 15 * number + 1, Outcome.OK if number < 38 else Outcome.SERVER_ERROR)
        for number in range(40)
    ]
    found = verdict(*healthy(0, HOUR), *(late(number) for number in range(20)), *lists)
    assert (found.cause, found.severity) == (Cause.PROVIDER_SLOW, Severity.P2)
    assert found.also == (Cause.PROVIDER_ERRORS,)
    assert any("2 of 2 model lists failed" in sentence for sentence in texts(found))


def test_errors_that_are_worse_lead_and_tell_of_the_slowness() -> None:
    seen = [
        messages(HOUR + number * 30, Outcome.SERVER_ERROR if number % 20 == 0 else Outcome.OK, ttft=2.0)
        for number in range(110)
    ]
    found = verdict(*healthy(0, HOUR), *seen, *(models(HOUR + 15 * number + 1) for number in range(220)))
    assert (found.cause, found.severity) == (Cause.PROVIDER_ERRORS, Severity.P2)
    assert found.also == (Cause.PROVIDER_SLOW,)
    assert any("First token after 2.00 s" in sentence for sentence in texts(found))


def test_a_tail_ends_with_the_messages_that_are_fast_again() -> None:
    """Everything took twelve seconds; minutes later all is fast, and nobody is paged for the past."""
    late = [messages(HOUR + 30 * number, ttft=9.0, total=12.0) for number in range(10)]
    fast = [messages(HOUR + 300 + 30 * number) for number in range(7)]
    assert verdict(*healthy(0, HOUR), *late).severity is Severity.P2
    assert verdict(*healthy(0, HOUR), *late, *fast).cause is Cause.HEALTHY


def test_few_errors_beside_a_long_tail_are_p2() -> None:
    few = [messages(HOUR + number * 30) for number in range(40)]
    tail = [messages(HOUR + number * 30, total=12.0 if number % 4 == 0 else 0.6) for number in range(40, 60)]
    end = [messages(HOUR + number * 30, Outcome.SERVER_ERROR) for number in (60, 61)]
    found = verdict(*healthy(0, HOUR), *few, *end)
    assert found.severity is Severity.P3
    found = verdict(*healthy(0, HOUR), *few, *tail, *end)
    assert (found.cause.value[:9], found.severity) == ("provider_", Severity.P2)
    assert Cause.PROVIDER_SLOW in found.also


def test_a_long_tail_alone_is_p2() -> None:
    mixed = [
        messages(HOUR + number * 30, ttft=0.4, total=11.0 if number % 5 == 0 else 0.6) for number in range(20)
    ]
    found = verdict(*healthy(0, HOUR), *mixed)
    assert (found.cause, found.severity) == (Cause.PROVIDER_SLOW, Severity.P2)
    assert "4 of 30 messages took longer than 10 s." in found.evidence[0].text
