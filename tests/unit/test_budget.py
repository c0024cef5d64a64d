"""What paid probes may cost in a day."""

from __future__ import annotations

import math
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from claude_tui.model.observation import Observation, Outcome, Source
from claude_tui.probes.budget import Budget

NOON = datetime(2026, 11, 20, 12, tzinfo=UTC)


class WallClock:
    def __init__(self, now: datetime = NOON) -> None:
        self.instant = now

    def now(self) -> datetime:
        return self.instant

    def monotonic(self) -> float:
        return 0.0


def costing(cost_usd: float, at: datetime = NOON) -> Observation:
    return Observation(at, Source.MESSAGES, "target", Outcome.OK, cost_usd=cost_usd)


def test_what_was_spent_before_counts() -> None:
    budget = Budget(0.5, WallClock(), spent_usd=0.4)
    budget.add(costing(0.05))
    assert budget.spend().today_usd == pytest.approx(0.45)
    assert not budget.stopped
    budget.add(costing(0.05))
    assert budget.stopped


def test_the_next_day_begins_with_nothing_spent() -> None:
    clock = WallClock()
    budget = Budget(0.5, clock, spent_usd=0.6)
    clock.instant = datetime(2026, 11, 20, 23, 59, 59, tzinfo=UTC)
    assert budget.stopped
    clock.instant += timedelta(seconds=1)
    assert not budget.stopped
    assert budget.spend().today_usd == 0.0


def test_what_was_paid_for_besides_probes_counts_on_its_day() -> None:
    clock = WallClock()
    budget = Budget(0.5, clock, spent_usd=0.3)
    budget.set_besides(0.15)
    budget.set_besides(0.2)
    assert budget.spend().today_usd == pytest.approx(0.5)
    assert budget.stopped
    clock.instant += timedelta(days=1)
    assert budget.spend().today_usd == 0.0


def test_an_exchange_counts_on_the_day_it_began() -> None:
    clock = WallClock(datetime(2026, 11, 21, 0, 0, 1, tzinfo=UTC))
    budget = Budget(0.5, clock)
    budget.add(costing(0.3, at=clock.instant - timedelta(seconds=5)))
    assert budget.spend().today_usd == 0.0


def test_a_clock_set_back_and_forth_gives_no_new_money() -> None:
    clock = WallClock()
    budget = Budget(0.5, clock, spent_usd=0.5)
    clock.instant -= timedelta(days=1)
    assert not budget.stopped
    clock.instant += timedelta(days=1)
    assert budget.stopped


def test_without_a_ceiling_above_zero_nothing_paid_runs() -> None:
    assert Budget(0.0, WallClock()).stopped


@given(st.lists(st.floats(allow_nan=True, allow_infinity=True), max_size=20))
def test_no_cost_lowers_what_was_spent(costs: list[float]) -> None:
    budget = Budget(0.5, WallClock())
    for cost in costs:
        before = budget.spend().today_usd
        budget.add(costing(cost))
        assert budget.spend().today_usd >= before
        assert not math.isnan(budget.spend().today_usd)
