"""The budget of paid requests: a ceiling in dollars per UTC day."""

from __future__ import annotations

import math
from datetime import date

from claude_tui.model.observation import Observation
from claude_tui.model.snapshot import Spend
from claude_tui.probes.clock import Clock

__all__ = ["Budget"]

# The clock may be set back by a day and forward again: spending must not be forgotten.
_DAYS_KEPT = 7


class Budget:
    """Adds up `cost_usd` by the UTC day on which each exchange began.

    `spent_usd` is what had been spent of today's ceiling before this process started.
    """

    def __init__(self, ceiling_usd: float, clock: Clock, spent_usd: float = 0.0) -> None:
        self._ceiling_usd = ceiling_usd
        self._clock = clock
        self._spent: dict[date, float] = {self._today(): _dollars(spent_usd)}
        self._besides: tuple[date, float] = (self._today(), 0.0)

    def add(self, observation: Observation) -> None:
        day = observation.at.date()
        self._spent[day] = self._spent.get(day, 0.0) + _dollars(observation.cost_usd)
        for oldest in sorted(self._spent)[:-_DAYS_KEPT]:
            del self._spent[oldest]

    def set_besides(self, usd: float) -> None:
        """Sets today's cost of requests other than probes, in all processes."""
        self._besides = self._today(), _dollars(usd)

    def spend(self) -> Spend:
        today, (day, besides_usd) = self._today(), self._besides
        spent_usd = self._spent.get(today, 0.0) + (besides_usd if day == today else 0.0)
        return Spend(today_usd=spent_usd, ceiling_usd=self._ceiling_usd)

    @property
    def stopped(self) -> bool:
        """Whether paid probes must wait for the next UTC day."""
        return self.spend().stopped

    def _today(self) -> date:
        return self._clock.now().date()


def _dollars(cost_usd: float) -> float:
    return cost_usd if cost_usd > 0 and math.isfinite(cost_usd) else 0.0
