"""The organisation's rate limits: token buckets drained by our requests and everyone else's."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from math import ceil, floor
from random import Random

from claude_tui.simulator.script import Rates, Scenario

__all__ = ["Level", "Limiter"]

# The rest of the organisation spends in bursts, one per tick of scenario time.
TICK_S = 2.0
BURST = (0.5, 1.5)
# The most ticks to catch up on after a pause: ten minutes suffice to empty or fill any bucket.
MOST_TICKS = 300
# The retry-after of a bucket that others keep empty. Its reset is a minute away: the two disagree.
OVERDRAWN_WAIT_S = 45.0


@dataclass(frozen=True, slots=True)
class Level:
    """One bucket as the headers report it."""

    bucket: str
    """The name in the headers, such as `input-tokens`."""
    limit: int
    """Capacity, and refill per minute."""
    remaining: int
    """Rounded to the nearest 1000 for token buckets."""
    reset_in_s: float
    """Real seconds until the bucket is full."""

    @property
    def full(self) -> bool:
        return self.remaining >= self.limit

    @classmethod
    def sum(cls, bucket: str, levels: Sequence[Level]) -> Level:
        return cls(
            bucket,
            sum(level.limit for level in levels),
            sum(level.remaining for level in levels),
            max(level.reset_in_s for level in levels),
        )


@dataclass(slots=True)
class _Bucket:
    """A token bucket, refilled evenly at its limit per minute."""

    name: str
    """The name in the headers."""
    limit: float
    """Capacity, and refill per minute."""
    level: float
    """What is left."""
    dry: bool = False
    """Whether others demand more than the limit, so that every refill is used up before our requests."""

    @property
    def available(self) -> float:
        return 0.0 if self.dry else self.level

    def refill(self, seconds: float) -> None:
        self.level = min(self.limit, self.level + self.limit / 60.0 * seconds)

    def burst(self, amount: float) -> None:
        self.dry = amount > self.level
        self.level = max(0.0, self.level - amount)

    def resize(self, limit: float) -> None:
        # A full bucket stays full when the limit is raised; anything above a lowered limit is lost.
        full = self.level >= self.limit
        self.limit = limit
        self.level = limit if full else min(self.level, limit)


class Limiter:
    """The buckets of one organisation, advanced in scenario time."""

    def __init__(self, scenario: Scenario, *, seed: int, speed: float = 1.0) -> None:
        self._scenario = scenario
        self._seed = seed
        self._speed = speed
        self._at_s = 0.0
        limits = _by_bucket(scenario.phases[0].state.limits)
        self._buckets = {name: _Bucket(name, limit, limit) for name, limit in limits.items()}

    def advance(self, elapsed_s: float) -> None:
        """Refills and drains the buckets up to `elapsed_s`; time never runs backwards."""
        first, last = floor(self._at_s / TICK_S) + 1, floor(elapsed_s / TICK_S)
        for tick in range(max(first, last - MOST_TICKS), last + 1):
            self._refill(tick * TICK_S)
            self._tick(tick)
        self._refill(elapsed_s)
        self._apply_limits(elapsed_s)

    def refuses(self, input_tokens: int) -> str | None:
        """The first bucket that has too little left for a request of this size, if any."""
        needs = {"requests": 1, "input-tokens": input_tokens, "output-tokens": 1}
        return next((name for name, need in needs.items() if self._buckets[name].available < need), None)

    def spend(self, *, input_tokens: int, output_tokens: int) -> None:
        spent = {"requests": 1, "input-tokens": input_tokens, "output-tokens": output_tokens}
        for name, amount in spent.items():
            bucket = self._buckets[name]
            bucket.level = max(0.0, bucket.level - amount)

    def limit(self, bucket: str) -> int:
        return int(self._buckets[bucket].limit)

    def levels(self, empty: str | None = None) -> list[Level]:
        """Every bucket as the headers report it; the one named `empty` has nothing left."""
        return [self._level(bucket, empty=bucket.name == empty) for bucket in self._buckets.values()]

    def retry_after_s(self, bucket: str, need: int) -> int:
        """Real seconds until a request of size `need` may be retried, at most a minute of scenario time."""
        state, load = self._buckets[bucket], _by_bucket(self._load())[bucket]
        net = (state.limit - load) / 60.0
        wait_s = min((need - state.available) / net, 60.0) if net > 0 else OVERDRAWN_WAIT_S
        return max(1, ceil(wait_s / self._speed))

    def _level(self, bucket: _Bucket, *, empty: bool) -> Level:
        left = 0.0 if empty else bucket.available
        remaining = (
            floor(left) if bucket.name == "requests" else min(round(left / 1000) * 1000, int(bucket.limit))
        )
        missing_s = (bucket.limit - left) / (bucket.limit / 60.0)
        return Level(bucket.name, int(bucket.limit), remaining, missing_s / self._speed)

    def _load(self) -> Rates:
        return self._scenario.phase_at(self._at_s).state.load

    def _refill(self, to_s: float) -> None:
        seconds = max(0.0, to_s - self._at_s)
        for bucket in self._buckets.values():
            bucket.refill(seconds)
        self._at_s = max(self._at_s, to_s)

    def _tick(self, tick: int) -> None:
        self._apply_limits(self._at_s)
        share = Random(f"{self._seed}/load/{tick}").uniform(*BURST) * TICK_S / 60.0
        for name, load in _by_bucket(self._load()).items():
            self._buckets[name].burst(load * share)

    def _apply_limits(self, at_s: float) -> None:
        for name, limit in _by_bucket(self._scenario.phase_at(at_s).state.limits).items():
            self._buckets[name].resize(limit)


def _by_bucket(rates: Rates) -> dict[str, float]:
    return {
        "requests": rates.requests,
        "input-tokens": rates.input_tokens,
        "output-tokens": rates.output_tokens,
    }
