"""The retry policy, used both in advice to users and for requests of this program."""

from __future__ import annotations

import math
from dataclasses import dataclass
from random import Random

__all__ = ["RetryPolicy"]


@dataclass(frozen=True, slots=True)
class RetryPolicy:
    """Exponential backoff with jitter."""

    name: str = ""
    """Its name in the error table."""
    words: str = ""
    """The policy as advice in a sentence."""
    retries: int = 0
    """The number of attempts after the first; 0 for no retry."""
    first_s: float = 0.0
    """The first wait; each further one is `factor` times as long, up to `most_s`."""
    factor: float = 1.0
    """How many times longer each further wait is."""
    most_s: float = 0.0
    """The longest wait."""
    jitter: float = 0.0
    """The largest random addition to a wait, as a fraction of it."""
    honours_retry_after: bool = False
    """Whether to wait at least as long as the server asks for."""
    timeout_s: float = math.inf
    """No attempt begins later than this after the first one, waits included."""

    @property
    def worthwhile(self) -> bool:
        return self.retries > 0

    def wait_s(self, retry: int, retry_after_s: float | None = None) -> float | None:
        """Seconds to wait before retry number `retry` (from 1), without jitter; None for no more retries."""
        if not 1 <= retry <= self.retries:
            return None
        wait = min(self.first_s * self.factor ** (retry - 1), self.most_s)
        return max(wait, retry_after_s) if self.honours_retry_after and retry_after_s else wait

    def jittered(self, wait_s: float, random: Random) -> float:
        """`wait_s` plus jitter; never less, as a server's retry-after must be respected."""
        return wait_s + random.uniform(0.0, self.jitter * wait_s)
