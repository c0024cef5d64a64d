"""A few seeds of `tests.bench.troubles` and `irregular`: a trouble is reported once, and to its end."""

from __future__ import annotations

import statistics

import pytest

from claude_tui.model.observation import Source
from tests.bench.episodes import Noise
from tests.bench.irregular import IRREGULAR
from tests.bench.troubles import CASES, HOUR, Episode, healthy_scenario, play_case, wrong_verdicts

SEEDS = (0, 1)
EVERY = CASES | IRREGULAR
LINKS = ["lossy link 10%", "lossy link 35%"]
FULL = ["500s 100%", "502s, models too", "hangs", "auth outage", "link gone"]
# Constant, and at 20% or more.
CONSTANT = ["500s 20%", "500s 50%", "529s 20%", "auth 20%", "streams broken 30%", "one model of three"]
BURSTS = ["bursts of 500s", "bursts of a mix", "link lost in bursts"]
TROUBLE = {"P1", "P2", "P3", "P4"}


def played(name: str) -> list[Episode]:
    """The episodes of some seeds, with what holds for each of them checked."""
    case = EVERY[name]
    episodes = [play_case(case, seed) for seed in SEEDS]
    for episode in episodes:
        assert episode.third is not False
        assert episode.at_ten or not episode.seen_by_ten
        assert episode.blamed_s <= 0.015 * episode.trouble_s
        assert episode.paid <= 2 * case.for_s / 30 + 3
    return episodes


def test_the_cases_that_must_be_distinguished_are_there() -> None:
    partial = {f"500s {share}%" for share in (5, 10, 20, 50, 100)}
    assert partial | {"auth outage", "auth 20%", "regional path", "one of two deployments"} <= CASES.keys()
    assert {"lossy link 10%", "lossy link 35%", "link gone", "one model of three"} <= CASES.keys()
    assert CASES["regional path"].losses[0].sources == {Source.MESSAGES, Source.MODELS}


@pytest.mark.parametrize("name", CONSTANT)
def test_a_constant_trouble_is_reported_once_and_is_p1_at_most_once(name: str) -> None:
    for result in played(name):
        assert result.flaps == 0
        assert not result.again
        assert result.well_s <= 0.005 * result.trouble_s
        assert result.back_s is not None
        assert result.back_s <= 900


@pytest.mark.parametrize("name", FULL)
def test_health_is_back_soon_after_a_full_outage(name: str) -> None:
    assert statistics.median(result.back_s or HOUR for result in played(name)) <= 105


@pytest.mark.parametrize("name", LINKS)
def test_a_lossy_link_is_the_path_or_being_checked(name: str) -> None:
    for result in played(name):
        assert result.flaps == 0
        assert result.back_s is not None


@pytest.mark.parametrize("name", ["500s 10%", "regional path 35%", "one of two deployments"])
def test_partial_trouble_is_seldom_called_well(name: str) -> None:
    for result in played(name):
        assert result.well_s <= 0.05 * result.trouble_s


@pytest.mark.parametrize("name", BURSTS)
def test_a_pause_of_minutes_between_bursts_is_not_called_well(name: str) -> None:
    """Only the first pause may look like the end, before it is known that there are more."""
    episodes = [play_case(EVERY[name], seed) for seed in SEEDS]
    assert sum(episode.flaps for episode in episodes) <= len(SEEDS)
    assert all(episode.well_after_s <= 0.05 * episode.trouble_s for episode in episodes)


def test_a_trouble_that_grows_and_fades_flaps_at_most_once_or_twice() -> None:
    episodes = [play_case(EVERY["up and down"], seed) for seed in SEEDS]
    assert sum(episode.flaps for episode in episodes) <= 2 * len(SEEDS)


def test_hours_of_health_with_lost_probes_have_no_wrong_verdict() -> None:
    found = wrong_verdicts(healthy_scenario(), 6 * HOUR, 1, Noise(lost=0.005))
    assert not [name for name in found if name[:2] in TROUBLE]
    assert found["amber"] <= 0.05 * found["all"]


@pytest.mark.parametrize("ttft_s", [1.3, 2.0])
def test_nothing_is_slow_at_a_cold_start_below_the_limit(ttft_s: float) -> None:
    scenario = healthy_scenario((ttft_s, ttft_s))
    found = wrong_verdicts(scenario, 3 * HOUR, 1, Noise(lost=0.0, tail=0.0), past=False)
    assert not [name for name in found if name[:2] in TROUBLE]
