"""What analysis needs to know of the settings."""

from __future__ import annotations

from dataclasses import dataclass, field

from claude_tui.analysis.thresholds import Thresholds
from claude_tui.model.observation import Source

__all__ = ["Options"]


@dataclass(frozen=True, slots=True)
class Options:
    """Thresholds and intervals.

    `ours` names the status-page components that count, by name, beginning of the name or id.
    `headroom_low` and `headroom_critical` are fractions of a limit that remain. The intervals say how
    often each source is probed in seconds, and so how old a figure may be. The latency thresholds are
    seconds and multiples of the baseline; `thresholds` are those of the verdict and its severity.
    """

    ours: tuple[str, ...] = ("Claude API",)
    headroom_low: float = 0.20
    headroom_critical: float = 0.05
    messages_interval_s: float = 30.0
    models_interval_s: float = 15.0
    status_interval_s: float = 60.0
    ttft_slow_s: float = 3.0
    message_slow_s: float = 5.0
    warn_ratio: float = 2.0
    bad_ratio: float = 3.0
    max_events: int = 200
    thresholds: Thresholds = field(default_factory=Thresholds)

    def interval_s(self, source: Source) -> float:
        if source is Source.STATUS:
            return self.status_interval_s
        return self.models_interval_s if source is Source.MODELS else self.messages_interval_s

    def stale_after_s(self, source: Source) -> float:
        """Three intervals, as one lost probe is no news; never less than 45 s, as answers take time."""
        return max(3 * self.interval_s(source), 45.0)
