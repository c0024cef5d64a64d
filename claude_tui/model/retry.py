"""How to try again: the one policy, for advice to others and for what this program sends itself."""

from __future__ import annotations

import math
from dataclasses import dataclass
from random import Random

__all__ = ["RetryPolicy"]


@dataclass(frozen=True, slots=True)
class RetryPolicy:
    """Exponential back-off. `name` and `words` are for advice; the figures are what the words say."""

    name: str = ""
    words: str = ""
    retries: int = 0
    """After the first attempt; 0 for never."""
    first_s: float = 0.0
    """The first wait; each further one is `factor` times as long, up to `most_s`."""
    factor: float = 1.0
    most_s: float = 0.0
    jitter: float = 0.0
    """Up to this part of a wait is added to it, drawn at random."""
    honours_retry_after: bool = False
    timeout_s: float = math.inf
    """After so long, waits included, no further attempt begins."""

    @property
    def worthwhile(self) -> bool:
        return self.retries > 0

    def wait_s(self, retry: int, retry_after_s: float | None = None) -> float | None:
        """Seconds before the `retry`-th retry (from 1), before jitter; None when it should not be made."""
        if not 1 <= retry <= self.retries:
            return None
        wait = min(self.first_s * self.factor ** (retry - 1), self.most_s)
        return max(wait, retry_after_s) if self.honours_retry_after and retry_after_s else wait

    def jittered(self, wait_s: float, random: Random) -> float:
        """`wait_s` and a little more, never less: a server's retry-after is a promise."""
        return wait_s + random.uniform(0.0, self.jitter * wait_s)
