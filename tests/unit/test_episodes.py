"""Episodes of failures: where they begin and end, when they are more than chance, and which cause leads."""

from __future__ import annotations

import random
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from claude_tui.analysis.diagnosis.cross_check import reach_of
from claude_tui.analysis.diagnosis.episodes import Episode, episodes_of, is_down
from claude_tui.analysis.diagnosis.leading import leading
from claude_tui.analysis.diagnosis.rate import successes_to_recover
from claude_tui.knowledge import Reach
from claude_tui.model.observation import Observation, Outcome, Source, Timings
from tests.builders import after, history_of, messages, models

BAD, LOST = Outcome.SERVER_ERROR, Outcome.TIMEOUT
LETTERS = {"F": BAD, "L": LOST, ".": Outcome.OK}


def observed(pattern: str, source: Source = Source.MESSAGES, every_s: float = 30.0) -> list[Observation]:
    """`F` failed, `L` lost, `.` went well; one probe each."""
    make = messages if source is Source.MESSAGES else models
    return [make(number * every_s, LETTERS[letter]) for number, letter in enumerate(pattern)]


def troubles(pattern: str, source: Source = Source.MESSAGES) -> list[Episode]:
    seen = observed(pattern, source)
    return episodes_of(history_of(*seen), source, seen[-1].at, 3600.0, 30.0)


def last(pattern: str, source: Source = Source.MESSAGES) -> Episode:
    return troubles(pattern, source)[-1]


def test_one_failure_is_no_trouble_yet() -> None:
    trouble = last("....F")
    assert trouble.open
    assert not trouble.active


def test_two_of_seven_are_a_trouble() -> None:
    for pattern in ("....FF", "....F.F", "....F..F"):
        assert last(pattern).active, pattern
    assert last("....F.....F").active
    assert not last("....F......F").active


def test_a_trouble_begins_with_its_first_failure_and_is_known_with_its_second() -> None:
    trouble = last("....FFF")
    assert trouble.since == after(4 * 30)
    assert trouble.confirmed_at == after(5 * 30).timestamp() + 0.64
    assert (trouble.failures, trouble.total, trouble.clean) == (3, 3, 0)


def test_lost_probes_need_company() -> None:
    assert not last("....L").active
    assert not last("....L.L").active
    assert not last("....LL").active
    assert last("....LLL").active
    assert last("....LF").active
    assert last("....L.L.L").active
    assert not last("....LL", Source.MODELS).active
    assert last("....LLL", Source.MODELS).active


def test_a_full_outage_is_over_with_the_seventh_good_probe() -> None:
    assert last("...." + "F" * 20 + "......").active
    assert not last("...." + "F" * 20 + ".......").open


def test_a_partial_failure_needs_more_good_probes() -> None:
    half = "...." + "F.FF.F..FF.F" * 2
    assert last(half + "......").active
    assert not last(half + "." * 14).open
    tenth = "....FF.F" + ".........F" * 5
    assert last(tenth + "." * 12).active
    assert not last(tenth + "." * 80).open


def test_what_comes_back_soon_is_the_same_trouble() -> None:
    trouble = last("...." + "F" * 6 + "....F")
    assert trouble.active
    assert trouble.since == after(4 * 30)
    assert not last("...." + "F" * 6 + "." * 40 + "F").active


def test_troubles_far_apart_are_reported_one_by_one() -> None:
    found = troubles("....FFF" + "." * 60 + "FFFF" + "." * 20)
    assert [trouble.failures for trouble in found] == [3, 4]
    assert [trouble.open for trouble in found] == [False, False]


def test_a_failure_hours_later_is_another_matter() -> None:
    seen = [*observed("..FF"), messages(3 * 3600, BAD)]
    found = episodes_of(history_of(*seen), Source.MESSAGES, seen[-1].at, 3600.0, 30.0)
    assert found[-1].failures == 1
    assert found[-1].since == after(3 * 3600)


def test_what_came_later_has_no_influence() -> None:
    seen = observed("....FFFF")
    history = history_of(*seen)
    found = episodes_of(history, Source.MESSAGES, after(4.5 * 30), 3600.0, 30.0)
    assert [trouble.failures for trouble in found] == [1]


@given(st.text(alphabet="FL.", min_size=1, max_size=80))
def test_a_trouble_holds_all_failures_since_it_began(pattern: str) -> None:
    found = troubles(pattern)
    placed = sum(trouble.failures for trouble in found)
    assert placed == sum(letter != "." for letter in pattern)
    for trouble in found:
        assert pattern[trouble.first] != "."
        assert pattern[trouble.last] != "."
        assert 0 < trouble.share <= 1
    assert found == sorted(found, key=lambda trouble: trouble.first)


@given(st.integers(1, 500), st.integers(0, 500))
def test_the_rarer_the_failures_the_longer_the_proof(failures: int, successes: int) -> None:
    needed = successes_to_recover(failures, failures + successes)
    assert needed >= 7
    assert successes_to_recover(failures, failures + successes + 1) >= needed


# -- how far an exchange came ------------------------------------------------------


@pytest.mark.parametrize(
    ("seen", "reach"),
    [
        (models(0, LOST, timings=Timings(dns=0.01, connect=0.02, tls=0.03)), Reach.NO_ANSWER),
        (models(0, LOST, timings=Timings(dns=0.01, connect=0.02)), Reach.UNREACHED),
        (models(0, LOST, timings=Timings(dns=0.01)), Reach.UNREACHED),
        (models(0, Outcome.NETWORK, timings=Timings(dns=0.01)), Reach.UNREACHED),
        (models(0, Outcome.NETWORK, timings=Timings(dns=0.01, connect=0.02, tls=0.03)), Reach.NO_ANSWER),
        (messages(0, Outcome.NETWORK, error_type="closed"), Reach.NO_ANSWER),
        (messages(0, Outcome.NETWORK, error_type="dns"), Reach.UNREACHED),
        (messages(0, LOST), Reach.NO_ANSWER),
        (messages(0, BAD), Reach.ANSWERED),
        (messages(0, Outcome.TRUNCATED_STREAM), Reach.CUT),
        (messages(0, Outcome.INVALID_RESPONSE, error_type="html_page"), Reach.FOREIGN),
    ],
)
def test_reach(seen: Observation, reach: Reach) -> None:
    assert reach_of(seen) is reach


# -- mixes ---------------------------------------------------------------------------


def test_a_change_of_kind_is_seen_after_three() -> None:
    assert leading("A" * 30 + "BB").kind == "A"
    changed = leading("A" * 30 + "BBB")
    assert (changed.kind, changed.since) == ("B", 30)


def test_the_majority_leads_from_the_start() -> None:
    assert leading("ABB").kind == "B"
    assert leading("AAB").kind == "A"


def test_a_mix_keeps_its_leader() -> None:
    dice = random.Random(3)
    mix = ["A" if dice.random() < 0.65 else "B" for _ in range(400)]
    leaders = [leading(mix[:end][-60:]).kind for end in range(20, len(mix))]
    assert leaders.count("A") > 0.9 * len(leaders)
    assert sum(one != other for one, other in pairwise(leaders)) <= 8


def test_shares_sum_to_one() -> None:
    assert sum(leading("AABBCAAB").shares.values()) == pytest.approx(1)


def down(pattern: str) -> bool:
    return is_down([letter == "F" for letter in pattern])


def test_down_is_when_as_good_as_everything_fails() -> None:
    assert not down("FF")
    assert down("FFF")
    assert down("FFFFFFFF.F")
    assert not down("F.F")
    assert not down("FFFFFFF.F.F")


def test_a_recovery_does_not_change_what_it_was() -> None:
    assert down("FFFFFFFF..")
    assert not down("F.FF.F..")


def test_errors_become_an_outage_when_nothing_gets_through_for_long() -> None:
    half = "F.F..FF.F.FF..F."
    assert not down(half + "F" * 9)
    assert down(half + "F" * 14)
