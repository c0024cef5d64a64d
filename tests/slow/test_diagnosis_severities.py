"""The severity in the first minutes of the scenarios: no more than the evidence supports."""

from __future__ import annotations

from itertools import pairwise

import pytest

from claude_tui.model.verdict import Severity
from claude_tui.simulator.scenario import load, names
from tests.bench.episodes import DEFAULT_PACE, DEMO_PACE, Pace
from tests.bench.severities import climbs, course
from tests.bench.troubles import CASES

QUICK = 12.0
"""Seconds within which the messages after a first failure are asked."""
SEEDS = range(2)
# Only the applications' own calls see a bad deploy.
SCENARIOS = sorted({name for name, _ in names()} - {"bad-deploy"})


@pytest.mark.parametrize("name", SCENARIOS)
@pytest.mark.parametrize("pace", [DEFAULT_PACE, DEMO_PACE], ids=["default", "demo"])
def test_no_scenario_climbs_two_rungs_in_one_breath(name: str, pace: Pace) -> None:
    for seed in SEEDS:
        found = course(load(name), seed, pace)
        within = [
            now
            for (earlier, before), (at, now) in pairwise(found)
            if now.worse_than(before) and before in {Severity.P2, Severity.P3} and at - earlier <= QUICK / 2
        ]
        assert len(within) <= 1, (name, found)


@pytest.mark.parametrize("name", ["500s 100%", "502s, models too", "hangs"])
def test_an_outage_is_p1_from_its_first_verdict_on(name: str) -> None:
    for seed in SEEDS:
        found = course(CASES[name].scenario, seed)
        assert [severity for _, severity in found] == [Severity.P1], found


def test_a_masked_overload_is_reported_with_one_severity() -> None:
    """It was P3, P2 and P1 within eight seconds of its first failure."""
    for seed in SEEDS:
        assert climbs(course(load("gateway-masked"), seed, DEMO_PACE, watched_s=30.0), QUICK) == 0
