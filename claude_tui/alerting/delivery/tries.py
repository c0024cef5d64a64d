"""A delivery is a few tries: what can fail in one, and how long to wait before the next."""

from __future__ import annotations

import math
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from random import Random

from claude_tui.model.errors import DeliveryError
from claude_tui.model.retry import RetryPolicy

__all__ = ["DELIVERY", "AttemptResult", "FailedTryError", "with_retries"]

# Answers that say "not now": everything else below 500 would be said again.
_NOT_NOW = frozenset({408, 425, 429})


class FailedTryError(DeliveryError):
    """One try failed; `permanent` says that trying again is useless. `str()` is without secrets."""

    def __init__(
        self,
        detail: str,
        *,
        permanent: bool = False,
        http_status: int | None = None,
        retry_after_s: float | None = None,
    ) -> None:
        super().__init__(detail)
        self.detail = detail
        self.permanent = permanent
        self.http_status = http_status
        self.retry_after_s = retry_after_s

    @classmethod
    def of_status(cls, status: int, detail: str, retry_after_s: float | None = None) -> FailedTryError:
        """For an answer that is no success. A redirect is none: what answers there is not the receiver."""
        permanent = status < 500 and status not in _NOT_NOW
        return cls(detail, permanent=permanent, http_status=status, retry_after_s=retry_after_s)


DELIVERY = RetryPolicy(
    retries=2, first_s=1.0, factor=2.0, most_s=10.0, jitter=0.5, honours_retry_after=True, timeout_s=30.0
)
"""How one delivery is tried. A longer retry-after than `most_s` is for the next round."""


@dataclass(frozen=True, slots=True)
class AttemptResult:
    """How it went: `failure` is the last one, None when it arrived."""

    attempts: int
    failure: FailedTryError | None = None


async def with_retries(
    attempt: Callable[[], Awaitable[None]], policy: RetryPolicy, random: Random | None = None
) -> AttemptResult:
    """Awaits `attempt()` until it does not raise FailedTryError, or the policy ends. Raises nothing else."""
    import stamina
    import stamina.instrumentation

    # The default hooks write to the log, and so onto the screen.
    stamina.instrumentation.set_on_retry_hooks(())
    caller = stamina.AsyncRetryingCaller(
        attempts=policy.retries + 1, timeout=None if math.isinf(policy.timeout_s) else policy.timeout_s
    )
    count, draw = 0, random or Random()

    async def counted() -> None:
        nonlocal count
        count += 1
        await attempt()

    try:
        await caller(lambda error: _wait(error, count, policy, draw), counted)
    except FailedTryError as failure:
        return AttemptResult(count, failure)
    except Exception as error:  # noqa: BLE001 - a page must not be lost to a fault of a library
        # Without its words: they may hold the address.
        return AttemptResult(count, FailedTryError(f"unexpected {type(error).__name__}"))
    return AttemptResult(count)


def _wait(error: Exception, attempts: int, policy: RetryPolicy, random: Random) -> bool | float:
    """After how many seconds to try again; False for not at all."""
    if not isinstance(error, FailedTryError) or error.permanent:
        return False
    if error.retry_after_s is not None and error.retry_after_s > policy.most_s:
        return False
    wait_s = policy.wait_s(attempts, error.retry_after_s)
    return False if wait_s is None else policy.jittered(wait_s, random)
