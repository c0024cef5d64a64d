"""For how long a trouble must be quiet: brief ones and bursts come back, and a pause of minutes is no end."""

from __future__ import annotations

from random import Random

import pytest

from claude_tui.analysis.diagnosis.diagnose import diagnose
from claude_tui.analysis.diagnosis.episodes import Episode, episodes_of
from claude_tui.analysis.diagnosis.quiet import comes_in_bursts, quiet_s, returns_soon
from claude_tui.analysis.options import Options
from claude_tui.model.observation import Observation, Outcome, Source
from claude_tui.model.verdict import Cause, Recovery, Verdict
from tests.builders import after, healthy, history_of, messages, models

HOUR = 3600.0
EVERY = 30.0
BAD = Outcome.SERVER_ERROR


def asked(pattern: str, every_s: float) -> list[Observation]:
    """An hour of health, then a message and a list every `every_s`: `F` failed, `.` answered."""
    seen = healthy(0, HOUR - EVERY)
    for number, letter in enumerate(pattern):
        at = HOUR + number * every_s
        seen += [messages(at, BAD if letter == "F" else Outcome.OK), models(at + 1)]
    return seen


def verdict(pattern: str, every_s: float = EVERY) -> Verdict:
    seen = asked(pattern, every_s)
    return diagnose(history_of(*seen), seen[-1].at, Options())


def episode(pattern: str, every_s: float = EVERY) -> Episode:
    seen = asked(pattern, every_s)
    return episodes_of(history_of(*seen), Source.MESSAGES, seen[-1].at, HOUR, EVERY)[-1]


def test_a_brief_partial_trouble_is_over_after_five_good_minutes() -> None:
    brief = "FFF.FFFFFF"
    assert episode(brief + "." * 29, 10.0).open
    assert not episode(brief + "." * 30, 10.0).open
    # Seven answers end an outage that let nothing through, brief or not.
    assert not episode("F" * 10 + "." * 7, 10.0).open
    assert not episode("F" * 40 + "." * 7).open


def test_what_is_missing_is_shown_in_minutes_where_time_is_missing() -> None:
    found = verdict("FFF.FFFFFF" + "." * 24, 10.0)
    assert found.recovery == Recovery(24, 9, "500 api error", good_s=240.0, needed_s=300.0)
    assert (
        found.summary == "It's them. Recovering from 500 api error: 24 good in a row, 1m 00s more to be sure."
    )
    assert verdict("FFF.FFFFFF" + "." * 30, 10.0).cause is Cause.HEALTHY


def test_what_is_missing_is_the_number_of_answers_where_that_takes_longer() -> None:
    assert Recovery(5, 7).words == "Recovering: 5 good in a row, 2 more to be sure."
    assert Recovery(30, 40, good_s=295.0, needed_s=300.0).words.endswith(
        "30 good in a row, 10 more to be sure."
    )
    assert Recovery(4, 7, good_s=60.0, needed_s=300.0).words.endswith(
        "4 good in a row, 4m 00s more to be sure."
    )


def test_a_second_burst_within_half_an_hour_reopens_the_same_trouble() -> None:
    first = "FFF" + "." * 30
    assert verdict(first).cause is Cause.HEALTHY
    again = verdict(first + "FFF")
    assert again.since == after(HOUR)
    later = verdict("FFF" + "." * 90 + "FFF")
    assert later.since == after(HOUR + 93 * EVERY)


def test_after_a_relapse_it_takes_a_multiple_of_the_pause() -> None:
    course = "FFF" + "." * 12 + "FFF"
    assert verdict(course + "." * 15).cause is not Cause.HEALTHY
    assert verdict(course + "." * 28).cause is not Cause.HEALTHY
    assert verdict(course + "." * 31).cause is Cause.HEALTHY


def test_pauses_of_bursts_are_known_before_one_looks_like_the_end() -> None:
    bursts = "FFFFFFFF......FFFFFFF.....FFFFFFFF"
    assert episode(bursts + "." * 15).open
    assert not episode(bursts + "." * 32).open


@pytest.mark.parametrize("share", [0.05, 0.2, 0.5, 0.8])
def test_independent_failures_are_no_bursts(share: float) -> None:
    found = sum(
        comes_in_bursts([Random(f"{share}/{seed}/{number}").random() < share for number in range(120)])
        for seed in range(300)
    )
    assert found <= 3


@pytest.mark.parametrize("pause", [6, 20])
def test_bursts_are_distinguished_from_independent_failures(pause: int) -> None:
    assert comes_in_bursts(([True] * 6 + [False] * pause) * 3)
    assert not comes_in_bursts([True] * 120)
    assert not comes_in_bursts([True, False] * 40)
    assert not comes_in_bursts([])


def test_single_answers_in_an_outage_are_no_pauses() -> None:
    assert quiet_s(1800.0, 60.0, EVERY) == 0.0
    assert quiet_s(1800.0, 90.0, EVERY) == 600.0
    assert quiet_s(1800.0, 240.0, EVERY) == 720.0
    assert quiet_s(1800.0, 1200.0, EVERY) == 900.0


def test_all_of_it_is_in_intervals() -> None:
    assert quiet_s(10.0, 0.0, 3.0) == 30.0
    assert quiet_s(20.0, 0.0, 3.0) == 0.0
    assert returns_soon(179.0, 3.0)
    assert not returns_soon(180.0, 3.0)
