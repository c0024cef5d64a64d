"""What is left of the rate limits at an instant."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from claude_tui.model.level import Level

__all__ = ["Headroom", "HeadroomView", "WindowUsage"]


@dataclass(frozen=True, slots=True)
class Headroom:
    """What is left of one rate-limit bucket at an instant."""

    bucket: str
    """The name of the bucket."""
    limit: int
    """The size of the bucket."""
    remaining: int
    """What was left at `read_at`."""
    reset_at: datetime | None
    """When it is full again; None if the server did not say, or if that instant has passed."""
    burn_per_minute: float | None
    """Consumption net of replenishment; None while unknown, 0 when negligible."""
    exhausted_in: timedelta | None
    """When it will be empty; None if nothing is consumed, or if that is hours away."""
    level: Level
    """The level by the fraction left; UNKNOWN if stale."""
    read_at: datetime
    """When it was read."""
    stale: bool = False
    """Whether the reading is too old, or the bucket has been reset since."""
    runs_out_first: bool = False
    """Whether the bucket will be empty before it resets, at this burn rate."""

    @property
    def granted(self) -> bool:
        """Whether there is anything to use: a limit of 0 means that this key may not use the bucket."""
        return self.limit > 0

    @property
    def fraction(self) -> float:
        """Remaining divided by limit, 0..1."""
        return min(1.0, max(0.0, self.remaining / self.limit)) if self.limit > 0 else 0.0


@dataclass(frozen=True, slots=True)
class WindowUsage:
    """A subscription window."""

    window: str
    """`5h`, `7d`, or another name from a header."""
    used: float
    """The fraction used, as the server counts it."""
    reset_at: datetime | None
    """When it resets; None if the server did not say, or if that has passed."""
    status: str | None
    """The server's word for it, such as `allowed`."""
    level: Level
    """The level by use and status; UNKNOWN if stale."""
    read_at: datetime
    """When it was read."""
    stale: bool = False
    """Whether the reading is too old, or the window has been reset since."""


@dataclass(frozen=True, slots=True)
class HeadroomView:
    """The rate limits."""

    buckets: tuple[Headroom, ...]
    """Worst first."""
    windows: tuple[WindowUsage, ...]
    """Worst first."""
    read_at: datetime | None
    """When the newest reading was taken; None without one."""
    request_id: str | None
    """The request id of the newest reading."""
    stale: bool
    """Whether the newest reading is too old."""

    @property
    def is_nearly_exhausted(self) -> bool:
        """Whether a limit is nearly used up, so that requests will be refused unless usage drops."""
        limits: tuple[Headroom | WindowUsage, ...] = (*self.buckets, *self.windows)
        soon = any(
            bucket.level is Level.WARN and bucket.runs_out_first
            for bucket in self.buckets
            if not bucket.stale
        )
        return soon or any(limit.level is Level.BAD for limit in limits if not limit.stale)
