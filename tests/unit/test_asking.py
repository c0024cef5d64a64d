"""How soon probes ask again: after a first failure, while a trouble is judged, and as it ends."""

from __future__ import annotations

from dataclasses import replace

import pytest

from claude_tui.analysis.diagnosis.asking import interval_s
from claude_tui.analysis.options import Confirmation, Options
from claude_tui.model.observation import Observation, Outcome, Source
from tests.builders import after, healthy, history_of, messages, models, page

HOUR = 3600.0
BAD = Outcome.SERVER_ERROR


def wait(*later: Observation, source: Source = Source.MESSAGES, options: Options | None = None) -> float:
    """Seconds between two probes at the last of `later`, after an hour of health."""
    seen = [*healthy(0, HOUR), *later]
    at = max(observation.at for observation in seen)
    return interval_s(history_of(*seen), source, at, options or Options())


def course(marks: str, every_s: float = 10.0) -> list[Observation]:
    return [
        messages(HOUR + every_s * number, BAD if mark == "F" else Outcome.OK)
        for number, mark in enumerate(marks)
    ]


def test_the_interval_holds_while_all_is_well() -> None:
    sources = (Source.STATUS, Source.MODELS, Source.MESSAGES, Source.OTHER_MODELS)
    assert [wait(source=source) for source in sources] == [60.0, 15.0, 30.0, 120.0]


@pytest.mark.parametrize(
    ("first", "second"),
    [(messages(0), 3.0), (messages(0, BAD), 3.0), (messages(0, Outcome.OVERLOADED), 30.0),
     (replace(messages(0, BAD), retry_after_s=20.0), 30.0)],
)  # fmt: skip
def test_the_first_message_of_all_is_followed_at_once_unless_that_has_to_wait(
    first: Observation, second: float
) -> None:
    assert interval_s(history_of(models(0), first), Source.MESSAGES, first.at, Options()) == second
    assert interval_s(history_of(models(0), first), Source.STATUS, first.at, Options()) >= 10.0
    two = history_of(models(0), messages(0), messages(3))
    assert interval_s(two, Source.MESSAGES, after(3), Options()) == 30.0
    assert interval_s(two, Source.MESSAGES, after(3 + 2 * HOUR), Options()) == 30.0


def test_after_a_long_pause_the_first_message_is_followed_at_once_too() -> None:
    seen = history_of(*healthy(0, HOUR), messages(2 * HOUR))
    assert interval_s(seen, Source.MESSAGES, after(2 * HOUR), Options()) == 3.0


def test_who_asks_rarely_pays_for_no_second_message() -> None:
    rare = Options(messages_interval_s=1800.0)
    assert interval_s(history_of(messages(0)), Source.MESSAGES, after(0), rare) == 1800.0
    none = Options(confirmation=Confirmation(messages=0))
    assert interval_s(history_of(messages(0)), Source.MESSAGES, after(0), none) == 30.0


def test_a_first_failure_is_asked_again_at_once_three_times() -> None:
    assert [wait(*course("F" + "." * good, 3.0)) for good in range(3)] == [3.0, 3.0, 3.0]
    assert wait(*course("F...", 3.0)) == 10.0
    assert wait(*course("F...", 3.0), *(messages(HOUR + at) for at in range(15, 181, 15))) == 30.0


def test_the_free_probes_follow() -> None:
    assert wait(*course("F"), source=Source.MODELS) == 3.0
    assert wait(*course("F"), source=Source.STATUS) == 10.0


@pytest.mark.parametrize("outcome", [Outcome.OVERLOADED, Outcome.RATE_LIMITED, Outcome.SPEND_LIMIT])
def test_who_is_over_a_limit_or_overloaded_is_not_asked_faster(outcome: Outcome) -> None:
    assert wait(messages(HOUR, outcome)) == 30.0


def test_the_status_page_is_read_again_when_messages_begin_to_fail() -> None:
    """Even if the API itself must not be asked."""
    overloaded = messages(HOUR + 2, Outcome.OVERLOADED)
    assert wait(page(HOUR), overloaded, source=Source.STATUS) == 10.0
    assert wait(page(HOUR), overloaded, source=Source.MODELS) == 15.0
    assert wait(page(HOUR), overloaded, page(HOUR + 10), source=Source.STATUS) == 60.0
    assert wait(page(HOUR), messages(HOUR + 2), source=Source.STATUS) == 60.0


def test_a_wait_that_the_server_asked_for_is_kept() -> None:
    assert wait(replace(messages(HOUR, BAD), retry_after_s=20.0)) == 30.0


def test_an_unclear_share_is_asked_every_ten_seconds_until_it_is_known() -> None:
    assert wait(*course("F.F..F")) == 10.0
    assert wait(*course("FF..F" * 13)) == 30.0


def test_a_total_outage_is_clear_and_its_end_is_not() -> None:
    assert wait(*course("F" * 8)) == 30.0
    assert wait(*course("F" * 8 + "...")) == 10.0
    assert wait(*course("F" * 20 + "." * 8)) == 30.0


def test_the_first_answers_that_end_an_outage_are_asked_for_at_once() -> None:
    assert wait(*course("F" * 8 + ".")) == 3.0
    assert wait(*course("F" * 8 + "..")) == 3.0
    assert wait(*course("F.FF" * 3 + ".")) == 10.0


def test_an_hour_has_at_most_twice_as_many_messages() -> None:
    """Whatever happens: two hours of a third failing, each message sent as soon as it may be."""
    seen, at = healthy(0, HOUR), HOUR
    history = history_of(*seen)
    sent: list[float] = []
    while at < 3 * HOUR:
        history.add_observation(messages(at, BAD if len(sent) % 3 == 0 else Outcome.OK))
        sent.append(at)
        at += interval_s(history, Source.MESSAGES, after(at), Options())
    for start in range(3600, 7200, 300):
        assert sum(start <= instant < start + HOUR for instant in sent) <= 240


def test_confirming_is_a_setting() -> None:
    never = Options(confirmation=Confirmation(messages=0, open_s=30.0))
    assert wait(*course("F"), options=never) == 30.0
    slower = Options(confirmation=Confirmation(gap_s=5.0))
    assert wait(*course("F"), options=slower) == 5.0


def test_losses_on_another_host_count_as_a_sign() -> None:
    lost = [page(HOUR, Outcome.TIMEOUT), models(HOUR + 1, Outcome.TIMEOUT, http_status=None)]
    assert wait(*lost, source=Source.STATUS) == 10.0
