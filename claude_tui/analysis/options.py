"""Every threshold of the analysis, declared once for settings, panels, verdict and alert rules."""

from __future__ import annotations

from dataclasses import dataclass, field

from claude_tui.model.source import Source

__all__ = ["Confirmation", "Options", "Thresholds", "TrafficThresholds"]


@dataclass(frozen=True, slots=True)
class Confirmation:
    """How messages are sent again after a first failure, and while a problem is judged."""

    messages: int = 3
    """How many messages follow a first failure at once; 0 for none."""
    gap_s: float = 3.0
    """Seconds between these messages."""
    open_s: float = 10.0
    """Seconds between messages while the failure rate is unclear."""
    most_times: float = 2.0
    """The most messages, as a multiple of the usual number, counted over an hour."""


@dataclass(frozen=True, slots=True)
class Thresholds:
    """The thresholds of a verdict and its severity. Shares are fractions in 0..1, `_s` is seconds."""

    most_fail: float = 0.90
    """P1 when this share of the messages of the last `severity_span_s` fails."""
    most_fail_ends: float = 0.80
    """A P1 lasts until less than this share fails."""
    errors: float = 0.05
    """P2 when this share of the messages fails."""
    ratio_failures: int = 3
    """The fewest failures from which a share is computed."""
    severity_span_s: float = 300.0
    """The span over which the share of a P1 is counted."""
    rare_failures: int = 2
    """Failures of all API probes within `rare_span_s` that count as intermittent errors."""
    rare_span_s: float = 3600.0
    """The span over which intermittent errors are counted."""
    lost_share: float = 0.005
    """The share of probes that get no answer merely by chance."""
    tail_s: float = 10.0
    """P2 when 1% of the messages, and at least 3, take longer than this, in seconds."""
    truncated_bad: float = 0.5
    """Below this share, truncated streams are degraded quality; from it on, they are errors."""
    respond_p2_s: float = 900.0
    """The response target of a P2."""
    respond_p3_s: float = 3600.0
    """The response target of a P3."""
    business_hour: int = 9
    """The hour at which a business day begins, for the response target of a P4."""
    time_zone: str = "UTC"
    """The time zone of that hour."""
    working_days: tuple[str, ...] = ("mon", "tue", "wed", "thu", "fri")
    """The days that are business days."""


@dataclass(frozen=True, slots=True)
class TrafficThresholds:
    """The thresholds of own traffic, for its levels, its problems and its rules. Shares are in 0..1."""

    overloaded: float = 0.02
    """The share of 529s, or of the service's other failures, that counts as a problem."""
    refused: float = 0.05
    """The share of refusals (400, 401, 403, 413 or 429) that counts as a problem."""
    failing: float = 0.05
    """P2 when this share of the calls fails, until less than half of it does."""
    most_fail: float = 0.90
    """P1 when this share of all calls fails."""
    most_fail_ends: float = 0.80
    """A P1 lasts until less than this share fails."""
    least_failures: int = 3
    """The fewest failures for which a share has a level."""
    attempts_per_call: float = 1.5
    """Attempts per call from which on retries multiply the load."""
    daily_budget_usd: float = 0.0
    """The daily budget of own traffic in dollars; 0 for none. Exceeding it stops nothing."""


@dataclass(frozen=True, slots=True)
class Options:
    """The settings that the analysis depends on."""

    ours: tuple[str, ...] = ("Claude API",)
    """The status-page components in use, by name, start of the name, or id."""
    headroom_low: float = 0.20
    """The remaining fraction of a limit at which its gauge warns."""
    headroom_critical: float = 0.05
    """The remaining fraction of a limit at which its gauge is bad."""
    messages_interval_s: float = 30.0
    """How often messages are probed, in seconds, which decides how old a figure may be."""
    models_interval_s: float = 15.0
    """How often the model list is requested, in seconds."""
    status_interval_s: float = 60.0
    """How often the status page is read, in seconds."""
    other_models_interval_s: float = 120.0
    """How often each further model is probed, in seconds."""
    ttft_slow_s: float = 3.0
    """A TTFT above this is slow, unless that is usual."""
    message_slow_s: float = 5.0
    """A whole probe message above this is slow, unless that is usual."""
    warn_ratio: float = 2.0
    """A latency at this multiple of the usual warns."""
    bad_ratio: float = 3.0
    """A TTFT, or the time to open a connection, at this multiple of the usual is slow."""
    max_events: int = 200
    """How many events a Snapshot holds."""
    confirmation: Confirmation = field(default_factory=Confirmation)
    """How messages are asked again after a first failure."""
    thresholds: Thresholds = field(default_factory=Thresholds)
    """The thresholds of the verdict and its severity."""
    traffic: TrafficThresholds = field(default_factory=TrafficThresholds)
    """The thresholds of own traffic."""
    rely_on_traffic: bool = False
    """Whether real calls that are answered replace paid probes."""

    def interval_s(self, source: Source) -> float:
        if source is Source.STATUS:
            return self.status_interval_s
        if source is Source.OTHER_MODELS:
            return self.other_models_interval_s
        return self.models_interval_s if source is Source.MODELS else self.messages_interval_s

    def stale_after_s(self, source: Source) -> float:
        """Seconds after which a source is silent.

        Three intervals, as one lost probe means little, and at least 45 s, as answers take time.
        """
        return max(3 * self.interval_s(source), 45.0)
