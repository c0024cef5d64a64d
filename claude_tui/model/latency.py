"""How long the API takes to answer, and where the time goes."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from math import inf

from claude_tui.model.addresses import Bypassed
from claude_tui.model.level import Level
from claude_tui.model.observation import Timings

__all__ = ["LatencySeries", "LatencyView"]


@dataclass(frozen=True, slots=True)
class LatencySeries:
    """One measure over the last 15 minutes. Figures are in seconds; None means too few samples.

    Only successes have a latency.
    """

    name: str
    """`TTFT`, `message` or `models`."""
    points: tuple[float | None, ...]
    """The maximum of each bin, oldest first. An empty bin repeats the last value until the next is due."""
    now: float | None
    """The newest success."""
    now_at: datetime | None
    """When the request of that success was sent."""
    p50: float | None
    """The median."""
    p95: float | None
    """The 95th percentile; None below 20 samples."""
    p99: float | None
    """The 99th percentile; None below 100 samples."""
    samples: int
    """How many successes there were."""
    baseline: float | None
    """The usual latency: the median of `baseline_span`; None while there is too little history."""
    baseline_span: timedelta | None
    """What the baseline was measured over, up to a day; None without a baseline."""
    ratio: float | None
    """`now` divided by the baseline."""
    level: Level
    """The level of the newest three together, as a single slow answer means little."""
    highest: float | None = None
    """The slowest success, shown if there are too few samples for p99."""
    typical: float | None = None
    """The geometric mean of the newest three, by which the verdict judges."""
    failures: int = 0
    """How many exchanges failed."""
    failed: tuple[int, ...] = ()
    """How many of them failed in each bin of `points`."""
    failed_since: int = 0
    """How many of those were sent after `now_at`."""
    warn_above_s: float = inf
    """A latency above this is late."""
    slow_above_s: float = inf
    """A latency above this is slow."""

    @property
    def late(self) -> bool:
        """Whether the newest three together are late or slow."""
        return self.level in (Level.WARN, Level.BAD)

    @property
    def current(self) -> float | None:
        """The latency to show as the current one: the newest, or `typical` while the series is late."""
        return self.typical if self.late and self.typical is not None else self.now

    @property
    def current_ratio(self) -> float | None:
        """`current` divided by the baseline."""
        return self.current / self.baseline if self.current is not None and self.baseline else None


@dataclass(frozen=True, slots=True)
class LatencyView:
    """Latencies, and the network breakdown of a new connection."""

    series: tuple[LatencySeries, ...]
    """TTFT, message and models."""
    span: timedelta
    """The time that the series cover."""
    phases: Timings | None
    """The phases of the newest models probe on a new connection."""
    phases_at: datetime | None
    """When that probe began."""
    server_s: float | None
    """The server's own processing time in that probe."""
    network_s: float | None
    """The rest of its time to first byte."""
    skew_s: float | None
    """The server's clock minus ours."""
    tls_expires_at: datetime | None
    """When the server's certificate expires."""
    bypassed: Bypassed | None = None
    """The addresses that new connections have to work round; None if there are none."""
