"""Attempts of a delivery: how one can fail, and how long to wait before the next."""

from __future__ import annotations

import math
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from random import Random

from claude_tui.model.errors import DeliveryError
from claude_tui.model.retry import RetryPolicy

__all__ = ["DELIVERY", "AttemptResult", "FailedAttemptError", "with_retries"]

# Temporary refusals; any other status below 500 would come back again.
_RETRYABLE = frozenset({408, 425, 429})


class FailedAttemptError(DeliveryError):
    """One attempt failed; with `permanent`, another would fail too. `str()` contains no secrets."""

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
    def of_status(cls, status: int, detail: str, retry_after_s: float | None = None) -> FailedAttemptError:
        """For an unsuccessful response, which includes redirects."""
        permanent = status < 500 and status not in _RETRYABLE
        return cls(detail, permanent=permanent, http_status=status, retry_after_s=retry_after_s)


DELIVERY = RetryPolicy(
    retries=2, first_s=1.0, factor=2.0, most_s=10.0, jitter=0.5, honours_retry_after=True, timeout_s=30.0
)
"""The retries within one delivery. A retry-after longer than `most_s` is left to the outbox."""


@dataclass(frozen=True, slots=True)
class AttemptResult:
    """The result of a delivery: the number of attempts, and the last failure (None if it arrived)."""

    attempts: int
    failure: FailedAttemptError | None = None


async def with_retries(
    attempt: Callable[[], Awaitable[None]], policy: RetryPolicy, random: Random | None = None
) -> AttemptResult:
    """Awaits `attempt()` until it succeeds or `policy` is exhausted. Raises only CancelledError."""
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
    except FailedAttemptError as failure:
        return AttemptResult(count, failure)
    except Exception as error:  # noqa: BLE001 - a library's bug must not lose a notification
        # Without its message, which may contain the address.
        return AttemptResult(count, FailedAttemptError(f"unexpected {type(error).__name__}"))
    return AttemptResult(count)


def _wait(error: Exception, attempts: int, policy: RetryPolicy, random: Random) -> bool | float:
    """Seconds to wait before the next attempt; False for no further attempt."""
    if not isinstance(error, FailedAttemptError) or error.permanent:
        return False
    if error.retry_after_s is not None and error.retry_after_s > policy.most_s:
        return False
    wait_s = policy.wait_s(attempts, error.retry_after_s)
    return False if wait_s is None else policy.jittered(wait_s, random)
