"""What own traffic shows at an instant: the values that panel, diagnosis, rules and commands share.

A figure that no source reports is None, never zero.
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
"""The name of the figures for all calls."""


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
    """The share of all calls, 0..1; None with too few calls."""


@dataclass(frozen=True, slots=True)
class Trim:
    """What a lower `max_tokens` would do to responses as long as the last ones."""

    max_tokens: int
    """The lower `max_tokens`."""
    cut: float
    """The share of the responses that it would cut off, 0..1."""
    freed: float
    """The share of the generated tokens that it would save, 0..1."""
    freed_per_minute: float
    """The tokens per minute that it would save."""


@dataclass(frozen=True, slots=True)
class TrafficFigures:
    """The calls of an application, a model, or all, within a span of time."""

    name: str
    """What they have in common: ALL, or the name of an application, a model or an outcome."""
    calls: int
    """How many calls ended."""
    per_second: float
    """Calls per second."""
    failed: int
    """How many failed."""
    failing: float | None
    """The share that failed, 0..1; None with too few calls."""
    failures: tuple[FailureCount, ...]
    """The classes of failure, most frequent first."""
    first_token: Quantiles
    """The time to first token."""
    total: Quantiles
    """The time to the end."""
    tokens: Tokens | None
    """The total tokens; None if no source counts tokens."""
    input_per_minute: float | None
    """Prompt tokens per minute, including those of the cache."""
    output_per_minute: float | None
    """Generated tokens per minute."""
    cache_share: float | None
    """The share of the prompt tokens that came from the cache, 0..1."""
    prompt_p95: float | None
    """The 95th percentile of prompt tokens per call; None below 20 calls."""
    cost_usd: float | None
    """The cost in dollars; None if no call has a price."""
    usd_per_hour: float | None
    """The cost per hour at this pace, in dollars."""
    usd_per_1000: float | None
    """The cost per thousand calls, in dollars."""
    unpriced: int
    """How many calls have no price, which makes the cost a lower bound."""
    attempts_per_call: float | None
    """Attempts per call; None if no source tells which attempts are retries."""
    cut: int
    """Streams that the upstream cut."""
    abandoned: int
    """Calls that the client abandoned."""
    max_tokens: float | None
    """The share of the responses that `max_tokens` stopped."""
    refusals: float | None
    """The share of the responses that were refusals."""
    asked_to_wait: int = 0
    """Calls that repeat one whose response asked for a wait."""
    early: int = 0
    """How many of those came before that wait was over."""
    trim: Trim | None = None
    """What a `max_tokens` that few responses reach would save; None if too few responses were counted."""

    @property
    def overloaded(self) -> int:
        """Calls that failed because the API was overloaded, whatever its status: 529, or a gateway's 500."""
        return self.count_of(Outcome.OVERLOADED)

    @property
    def rate_limited(self) -> int:
        """Calls that failed because of our own rate limit, whatever their status."""
        return self.count_of(Outcome.RATE_LIMITED)

    def count_of(self, outcome: Outcome) -> int:
        """Calls that failed with this outcome."""
        return sum(failure.count for failure in self.failures if failure.outcome is outcome)

    def share_of(self, outcome: Outcome) -> float | None:
        """The share of calls that failed with this outcome; None with too few calls, as `failing`."""
        return self.count_of(outcome) / self.calls if self.failing is not None else None


@dataclass(frozen=True, slots=True)
class Usual:
    """What the same hour of other days looked like, or else the last day."""

    days: int
    """How many days it is from; 0 for the last day."""
    figures: TrafficFigures
    """The figures of that time."""


@dataclass(frozen=True, slots=True)
class Absent:
    """What a source no longer reports, or never did."""

    what: str
    """`tokens`, `time to first token` or `attempts`."""
    since: datetime | None
    """When it was last reported; None if it was not within the last day."""


@dataclass(frozen=True, slots=True)
class SourceState:
    """A source of own traffic that has reported within the last day."""

    source: TrafficSource
    """The source."""
    last_at: datetime
    """When the last call that it reported ended, to the end of its span."""
    quiet_since: datetime | None
    """`last_at`, if it is longer ago than the gaps between its calls explain; otherwise None."""
    absent: tuple[Absent, ...]
    """What it does not report."""


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
    """The start of the span that the figures cover."""
    end: datetime
    """Its end: the last full span of 10 s that is known. Shares include later calls."""
    all: TrafficFigures
    """The figures of all calls."""
    applications: tuple[TrafficFigures, ...]
    """The figures by application, the busiest first."""
    models: tuple[TrafficFigures, ...]
    """The figures by model, the busiest first."""
    usual: Usual | None
    """What is usual; None while there is too little history."""
    sources: tuple[SourceState, ...]
    """The sources."""
    trend: tuple[TrafficPoint, ...]
    """The last quarter of an hour in steps of 10 s."""
    failed_calls: tuple[KeptCall, ...]
    """Failed calls of the last quarter of an hour that are kept individually, newest first."""
    failed_count: int
    """How many failed in that time."""
    slowest_calls: tuple[KeptCall, ...]
    """The slowest calls of that time, slowest first."""
    limits: tuple[KeptCall, ...] = ()
    """The newest rate-limit readings of each model, by the name of the model."""
    readings: tuple[KeptCall, ...] = ()
    """The readings of the last quarter of an hour, at most one per minute for each model, oldest first."""
    troubles: tuple[TrafficTrouble, ...] = ()
    """The problems that are ongoing, or ended within the last quarter of an hour."""
    today_usd: float | None = None
    """The cost since midnight UTC, to the last full minute, in dollars; None if nothing has a price."""

    @property
    def span(self) -> timedelta:
        return self.end - self.start

    @property
    def first_token_ratio(self) -> float | None:
        """The median time to first token divided by the usual one."""
        if self.usual is None:
            return None
        now, usual = self.all.first_token.p50, self.usual.figures.first_token.p50
        return now / usual if now is not None and usual else None
