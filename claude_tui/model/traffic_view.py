"""What own traffic says at an instant: the values that panel, diagnosis, rules and commands share.

A figure that no source tells is None, never zero.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from claude_tui.model.observation import Outcome
from claude_tui.model.traffic import KeptCall, Tokens, TrafficSource
from claude_tui.model.traffic_trouble import TrafficTrouble

__all__ = [
    "ALL",
    "Absent",
    "FailureCount",
    "Quantiles",
    "SourceState",
    "TrafficFigures",
    "TrafficPoint",
    "TrafficView",
    "Trim",
    "Usual",
]

ALL = "all"
"""The name of the figures of everything."""


@dataclass(frozen=True, slots=True)
class Quantiles:
    """A distribution in seconds, off by at most 2.5%. None means too few values."""

    count: int = 0
    """How many values there are."""
    p50: float | None = None
    """The median."""
    p95: float | None = None
    """None below 20 values."""
    p99: float | None = None
    """None below 100 values."""


@dataclass(frozen=True, slots=True)
class FailureCount:
    """One class of failure."""

    outcome: Outcome
    """The class."""
    error_type: str
    """The server's type, or the probes' own; "" for none."""
    count: int
    """How many calls failed like this."""
    share: float | None
    """Of all calls, 0..1; None with too few calls."""


@dataclass(frozen=True, slots=True)
class Trim:
    """What a lower `max_tokens` would do to answers as long as the last ones."""

    max_tokens: int
    """The lower one."""
    cut: float
    """The share of the answers that it would cut off, 0..1."""
    freed: float
    """The share of the generated tokens that it would save, 0..1."""
    freed_per_minute: float
    """The same in tokens a minute."""


@dataclass(frozen=True, slots=True)
class TrafficFigures:
    """The calls of an application, a model, or all, within a span of time."""

    name: str
    """Whose they are: ALL, or the name of an application, a model or an outcome."""
    calls: int
    """How many ended."""
    per_second: float
    """Calls a second."""
    failed: int
    """How many failed."""
    failing: float | None
    """The share that failed, 0..1; None with too few calls."""
    failures: tuple[FailureCount, ...]
    """The classes of failure, the most frequent first."""
    first_token: Quantiles
    """The time to first token."""
    total: Quantiles
    """The time to the end."""
    tokens: Tokens | None
    """The sum; None where no source counts tokens."""
    input_per_minute: float | None
    """Prompt tokens a minute, with those of the cache."""
    output_per_minute: float | None
    """Generated tokens a minute."""
    cache_share: float | None
    """The share of the prompt tokens that came from the cache, 0..1."""
    prompt_p95: float | None
    """Prompt tokens per call that 95% stay below; None below 20 calls."""
    cost_usd: float | None
    """What it cost; None where no call has a price."""
    usd_per_hour: float | None
    """The same for an hour at this pace."""
    usd_per_1000: float | None
    """The same for a thousand calls."""
    unpriced: int
    """How many calls have no price: the cost is at least what is said."""
    attempts_per_call: float | None
    """Attempts by calls; None where no source tells which attempts are repeated ones."""
    cut: int
    """Streams that the upstream cut."""
    abandoned: int
    """Calls whose client left."""
    max_tokens: float | None
    """The share of the answers that `max_tokens` stopped."""
    refusals: float | None
    """The share of the answers that were refusals."""
    asked_to_wait: int = 0
    """Calls that repeat one whose answer asked for a wait."""
    early: int = 0
    """Of those, how many came before that wait was over."""
    trim: Trim | None = None
    """What a `max_tokens` that few answers reach would free; None where too few answers were counted."""

    @property
    def overloaded(self) -> int:
        """Calls that failed because the API was overloaded, whatever its status: 529, or a gateway’s 500."""
        return self.count_of(Outcome.OVERLOADED)

    @property
    def rate_limited(self) -> int:
        """Calls that failed on a rate limit of ours, whatever status said so."""
        return self.count_of(Outcome.RATE_LIMITED)

    def count_of(self, outcome: Outcome) -> int:
        """Calls that failed with this outcome."""
        return sum(each.count for each in self.failures if each.outcome is outcome)


@dataclass(frozen=True, slots=True)
class Usual:
    """What the same hour of other days looked like, or the last day where there are none."""

    days: int
    """How many days it is from; 0 for the last day."""
    figures: TrafficFigures
    """The figures of all of it."""


@dataclass(frozen=True, slots=True)
class Absent:
    """What a source does not tell."""

    what: str
    """`tokens`, `time to first token` or `attempts`."""
    since: datetime | None
    """When it was told for the last time; None if it never was, within the last day."""


@dataclass(frozen=True, slots=True)
class SourceState:
    """A source of own traffic that was heard of within the last day."""

    source: TrafficSource
    """Which one."""
    last_at: datetime
    """When the last call that it reported ended, to the end of its span."""
    quiet_since: datetime | None
    """The same if that is longer ago than the gaps between its calls explain."""
    absent: tuple[Absent, ...]
    """What it does not tell."""


@dataclass(frozen=True, slots=True)
class TrafficPoint:
    """A span of the trend."""

    at: datetime
    """Its start."""
    calls: int
    """Calls that ended in it."""
    failed: int
    """Of these, how many failed."""
    first_token: float | None
    """The median time to first token of the calls in it; None without one."""


@dataclass(frozen=True, slots=True)
class TrafficView:
    """Own traffic at an instant."""

    start: datetime
    """The start of the span that the figures are from."""
    end: datetime
    """Its end: the last full span of 10 s that is known. Shares include what is known beyond."""
    all: TrafficFigures
    """Everything."""
    applications: tuple[TrafficFigures, ...]
    """By application, the busiest first."""
    models: tuple[TrafficFigures, ...]
    """By model, the busiest first."""
    usual: Usual | None
    """What is usual; None while there is too little history."""
    sources: tuple[SourceState, ...]
    """Where it comes from."""
    trend: tuple[TrafficPoint, ...]
    """The last quarter of an hour in steps of 10 s."""
    failed_calls: tuple[KeptCall, ...]
    """Failed calls of the last quarter of an hour that are kept one by one, the newest first."""
    failed_count: int
    """How many failed in that time."""
    slowest_calls: tuple[KeptCall, ...]
    """The slowest calls of that time, the slowest first."""
    limits: tuple[KeptCall, ...] = ()
    """The newest rate-limit readings of each model, by the name of the model."""
    readings: tuple[KeptCall, ...] = ()
    """Those of the last quarter of an hour, at most one a minute of each model, oldest first."""
    troubles: tuple[TrafficTrouble, ...] = ()
    """What fails more often than usual, or did within the last quarter of an hour."""
    today_usd: float | None = None
    """What it has cost since midnight UTC, to the last full minute; None where nothing has a price."""

    @property
    def span(self) -> timedelta:
        return self.end - self.start

    @property
    def first_token_ratio(self) -> float | None:
        """The median time to first token by the usual one."""
        if self.usual is None:
            return None
        now, usual = self.all.first_token.p50, self.usual.figures.first_token.p50
        return now / usual if now is not None and usual else None
