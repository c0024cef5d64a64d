"""A small fixed part of `tests.bench.diagnosis`: the simulator's faults are distinguished, in time."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from random import Random

import pytest

from claude_tui.analysis.diagnosis.diagnose import diagnose
from claude_tui.analysis.history.history import History
from claude_tui.model.observation import Outcome, Timings
from claude_tui.model.verdict import Cause, Severity
from claude_tui.simulator.past import healthy_past
from claude_tui.simulator.scenario import load, names
from claude_tui.simulator.script import Scenario
from tests.bench.diagnosis import accepted, judge, phases_of
from tests.bench.episodes import BASE, DEFAULT_PACE, DEMO_PACE, Pace, Player
from tests.bench.mixtures import MIXTURES

# Errors so rare that they take 45 minutes to tell; played by the bench.
RARE = {"intermittent"}
# Only the applications' own calls see it, which are not played here.
UNPROBED = {"bad-deploy"}


def first_trouble(scenario: Scenario, pace: Pace, probes: int) -> Scenario:
    """The scenario cut after so many message intervals of its first trouble."""
    phases = []
    for phase in scenario.phases:
        if phase.cause != "healthy" or phase is scenario.phases[-1]:
            return replace(scenario, phases=(*phases, replace(phase, for_s=(probes + 2) * pace.messages_s)))
        phases.append(phase)
    raise AssertionError(scenario.name)


def diagnosed_in_time(scenario: Scenario, pace: Pace, seed: int) -> None:
    cut = first_trouble(scenario, pace, 10)
    player = Player(cut, seed, pace)
    results = [
        (result, phase)
        for result, (_, _, phase) in zip(judge(player, 10), phases_of(cut), strict=True)
        if result.due and phase in cut.phases
    ]
    assert results
    for result, phase in results:
        assert result.right, (phase.name, result.verdict, accepted(cut, phase))


@pytest.mark.parametrize("name", sorted({name for name, _ in names()} - RARE - UNPROBED))
def test_each_scenario_is_diagnosed_in_time(name: str) -> None:
    diagnosed_in_time(load(name), DEFAULT_PACE, seed=6)


@pytest.mark.parametrize("name", ["overload", "network-down", "slow", "key-revoked", "gateway-masked"])
def test_also_at_the_pace_of_the_demo(name: str) -> None:
    diagnosed_in_time(load(name), DEMO_PACE, seed=6)


@pytest.mark.parametrize(
    "name",
    [
        "500s 100%",
        "hangs, models too",
        "ramp limit",
        "429 100%",
        "region block",
        "portal, page too",
        "slow 9x",
    ],
)
def test_so_are_mixtures(name: str) -> None:
    diagnosed_in_time(MIXTURES[name], DEFAULT_PACE, seed=6)


def test_an_outage_ends_with_seven_good_probes() -> None:
    for result, (_, _, phase) in zip(
        judge(Player(replace(MIXTURES["500s 100%"], incidents=()), 5)),
        phases_of(MIXTURES["500s 100%"]),
        strict=True,
    ):
        if phase.name == "after":
            assert result.after_probes is not None
            assert result.after_probes <= 7
            assert result.changes <= 1


def test_the_tour_is_diagnosed_phase_by_phase() -> None:
    results = judge(Player(load("tour"), 6, DEMO_PACE))
    causes = [result.verdict[0] for result in results if result.due]
    assert causes[:4] == ["healthy", "provider_slow", "provider_overloaded", "provider_outage"]
    assert causes[-1] == "healthy"


def test_a_day_of_health_with_lost_probes_and_heavy_tails_raises_no_alarm() -> None:
    dice = Random(12)
    past = healthy_past(load("healthy"), BASE, timedelta(hours=24), 11, "https://api.example.test")
    history = History()
    history.extend(statuses=past.statuses)
    for seen in past.observations:
        one = seen
        if dice.random() < 0.001:
            one = replace(seen, outcome=Outcome.TIMEOUT, http_status=None, timings=Timings(total=10.0))
        elif seen.timings.first_token is not None and dice.random() < 0.02:
            late = seen.timings.first_token * dice.uniform(2, 12)
            one = replace(seen, timings=replace(seen.timings, first_token=late, total=late + 0.2))
        history.add_observation(one)
        if one is not seen:
            found = diagnose(history, one.at, DEFAULT_PACE.options)
            assert found.cause in {Cause.HEALTHY, Cause.UNKNOWN}, found
            assert found.severity is Severity.NONE
