"""The source of time, which everything in this package takes as an argument."""

from __future__ import annotations

import time
from datetime import UTC, datetime
from typing import Protocol

__all__ = ["Clock", "SystemClock"]


class Clock(Protocol):
    def now(self) -> datetime:
        """The wall clock, aware UTC. It may jump; measure intervals with `monotonic`."""

    def monotonic(self) -> float:
        """Seconds from an arbitrary start; never goes back."""


class SystemClock:
    """The clocks of this machine."""

    def now(self) -> datetime:
        return datetime.now(UTC)

    def monotonic(self) -> float:
        # perf_counter is monotonic too, and finer than time.monotonic on some systems.
        return time.perf_counter()
