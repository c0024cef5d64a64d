"""A delivery is a few tries: what can fail in one, and how long to wait before the next."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass

__all__ = ["FailedTryError", "Patience", "Tried", "persistently"]

# Answers that say "not now": everything else below 500 would be said again.
_NOT_NOW = frozenset({408, 425, 429})


class FailedTryError(Exception):
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


@dataclass(frozen=True, slots=True)
class Patience:
    """How often and how long one delivery tries, in seconds. A longer retry-after is for the next round."""

    attempts: int = 3
    timeout_s: float = 30.0
    wait_initial_s: float = 1.0
    wait_max_s: float = 10.0
    jitter_s: float = 1.0


@dataclass(frozen=True, slots=True)
class Tried:
    """How it went: `failure` is the last one, None when it arrived."""

    attempts: int
    failure: FailedTryError | None = None


async def persistently(attempt: Callable[[], Awaitable[None]], patience: Patience) -> Tried:
    """Awaits `attempt()` until it does not raise FailedTryError, or patience ends. Raises nothing else."""
    import stamina
    import stamina.instrumentation

    # The default hooks write to the log, and so onto the screen.
    stamina.instrumentation.set_on_retry_hooks(())
    caller = stamina.AsyncRetryingCaller(
        attempts=patience.attempts,
        timeout=patience.timeout_s,
        wait_initial=patience.wait_initial_s,
        wait_max=patience.wait_max_s,
        wait_jitter=patience.jitter_s,
    )
    count = 0

    async def counted() -> None:
        nonlocal count
        count += 1
        await attempt()

    try:
        await caller(lambda error: _wait(error, patience), counted)
    except FailedTryError as failure:
        return Tried(count, failure)
    except Exception as error:  # noqa: BLE001 - a page must not be lost to a fault of a library
        # Without its words: they may hold the address.
        return Tried(count, FailedTryError(f"unexpected {type(error).__name__}"))
    return Tried(count)


def _wait(error: Exception, patience: Patience) -> bool | float:
    """Whether to try again, or after how many seconds."""
    if not isinstance(error, FailedTryError) or error.permanent:
        return False
    if error.retry_after_s is None:
        return True
    if error.retry_after_s > patience.wait_max_s:
        return False
    return max(error.retry_after_s, patience.wait_initial_s)
