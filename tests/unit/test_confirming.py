"""The first seconds of a trouble: its severity waits for the answers that are about to come."""

from __future__ import annotations

from claude_tui.analysis.diagnosis.asking import interval_s
from claude_tui.analysis.diagnosis.diagnose import diagnose
from claude_tui.analysis.options import Confirmation, Options
from claude_tui.model.observation import Observation, Outcome, Source
from claude_tui.model.verdict import Cause, Severity, Verdict
from tests.builders import after, healthy, history_of, messages, models

HOUR = 3600.0
BAD = Outcome.SERVER_ERROR


def verdict(*seen: Observation, at: float | None = None, options: Options | None = None) -> Verdict:
    instant = max(observation.at for observation in seen) if at is None else after(at)
    return diagnose(history_of(*healthy(0, HOUR - 60), *seen), instant, options or Options())


def asked(pattern: str, every_s: float = 3.0) -> list[Observation]:
    return [
        messages(HOUR + number * every_s, BAD if letter == "F" else Outcome.OK)
        for number, letter in enumerate(pattern)
    ]


def test_while_messages_are_asked_again_it_is_amber_and_then_what_the_answers_bear() -> None:
    shown = [verdict(*asked("FFFF"[:count])) for count in (1, 2, 3, 4)]
    assert [found.severity for found in shown] == [Severity.NONE, Severity.NONE, Severity.P1, Severity.P1]
    assert shown[1].checking
    assert "2 of 2 failed" in shown[1].summary
    partial = [verdict(*asked("FF.F"[:count])).severity for count in (1, 2, 3, 4)]
    assert partial == [Severity.NONE, Severity.NONE, Severity.NONE, Severity.P2]


def test_where_no_answers_are_about_to_come_nothing_waits() -> None:
    assert verdict(*asked("FF", every_s=30.0)).severity is Severity.P3
    assert verdict(*asked("FF"), at=HOUR + 30).severity is Severity.P3
    never = Options(confirmation=Confirmation(messages=0))
    assert verdict(*asked("FF"), options=never).severity is Severity.P3


def test_one_refusal_is_reported_at_once() -> None:
    found = verdict(messages(HOUR, Outcome.SPEND_LIMIT))
    assert (found.cause, found.severity) == (Cause.SPEND_LIMIT, Severity.P2)


def test_what_was_reported_keeps_its_severity_and_is_not_taken_back() -> None:
    listed = [models(HOUR + number * 15 - 44, BAD) for number in range(3)]
    before = verdict(*listed)
    assert before.severity is Severity.P3
    during = verdict(*listed, messages(HOUR, BAD))
    assert (during.severity, during.checking) == (before.severity, False)
    assert verdict(*listed, *asked("FF")).severity is Severity.P1


def test_scattered_failures_that_were_reported_are_not_taken_back() -> None:
    scattered = [messages(HOUR - 893, BAD), messages(HOUR - 393, BAD)]
    assert verdict(*scattered).severity.trouble
    assert verdict(*scattered, *asked("F")).severity.trouble
    assert verdict(*scattered, *asked("FF")).severity is Severity.P3
    assert verdict(*scattered, *asked("FFF")).severity is Severity.P1


def test_a_failure_after_a_lone_one_is_asked_about_at_once_too() -> None:
    lone = history_of(*healthy(0, HOUR - 60), *asked("F......F", every_s=10.0))
    assert interval_s(lone, Source.MESSAGES, after(HOUR + 71), Options()) == Confirmation().gap_s


def test_two_messages_and_a_list_that_fails_stay_p1_until_messages_are_answered() -> None:
    lists = [models(HOUR - 14, BAD), models(HOUR + 0.5, BAD)]
    both = asked("FF")
    assert verdict(*lists, *both).severity is Severity.P1
    assert verdict(*lists, *both, models(HOUR + 4)).severity is Severity.P1
    assert verdict(*lists, *both, models(HOUR + 4), *asked("FF..")[2:]).severity is not Severity.P1


def test_one_list_that_failed_before_the_second_message_is_not_enough() -> None:
    assert verdict(models(HOUR + 0.5, BAD), *asked("FF")).severity is not Severity.P1
    assert verdict(models(HOUR + 0.5, BAD), *asked("FF"), models(HOUR + 3.5, BAD)).severity is Severity.P1


def test_what_older_failures_have_shown_does_not_wait() -> None:
    """The third failure within the hour is reported when it arrives, whatever became of the first two."""
    scattered = [messages(HOUR - 1303, BAD), messages(HOUR - 1263, BAD)]
    assert verdict(*scattered, *asked("F")).cause is Cause.PROVIDER_ERRORS
