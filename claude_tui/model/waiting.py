"""How long to wait after a failure: the one answer for `check`, the probes' holds and the strip."""

from __future__ import annotations

from datetime import datetime, timedelta

from claude_tui.model.observation import Observation, Outcome, RateLimitReading
from claude_tui.model.retry import RetryPolicy
from claude_tui.model.verdict import RetrySource

__all__ = ["LONGEST_RESET", "asked_to_wait_s", "has_used_up_limit", "wait_after"]

# A bucket with this share left, or less, is used up: token figures are rounded to the nearest thousand.
USED_UP = 0.01
# The smallest skew that exceeds the rounding and the travel time of a `date` header.
_SKEW_S = 2.0
LONGEST_RESET = timedelta(days=62)
"""A reset further away than this is a mistake of the server."""


def asked_to_wait_s(observation: Observation) -> float:
    """Seconds from a failure until another request makes sense, according to the server; 0 if it did not say.

    That is what its headers, fields or words ask for, or else, after a limit, the latest reset of the windows
    and buckets that are used up.
    """
    cut = observation.outcome is Outcome.TRUNCATED_STREAM and observation.http_status is not None
    # The headers of a stream that was cut say nothing about waiting.
    if not observation.failed or cut:
        return 0.0
    if observation.retry_after_s is not None:
        return observation.retry_after_s
    limited = observation.outcome in {Outcome.RATE_LIMITED, Outcome.SPEND_LIMIT}
    return _until_reset_s(observation) if limited else 0.0


def wait_after(
    observation: Observation, policy: RetryPolicy | None, at: datetime
) -> tuple[float | None, RetrySource]:
    """What is left at `at` of the server's wait, or else the policy's first wait; and which of the two it is.

    None if waiting does not help.
    """
    if policy is None:
        return None, RetrySource.NONE
    asked_s = asked_to_wait_s(observation) if policy.honours_retry_after else 0.0
    if asked_s:
        elapsed_s = (at - observation.at).total_seconds()
        return max(0.0, round(asked_s - elapsed_s, 1)), RetrySource.SERVER
    wait_s = policy.wait_s(1)
    return wait_s, RetrySource.NONE if wait_s is None else RetrySource.POLICY


def _until_reset_s(observation: Observation) -> float:
    resets = [window.reset_at for window in observation.windows if window.rejected]
    resets = resets or [
        window.reset_at
        for window in observation.windows
        if (window.used or 0.0) >= 1 and not window.window.startswith("overage")
    ]
    resets = resets or [
        rate_limit.reset_at for rate_limit in observation.rate_limits if _is_used_up(rate_limit)
    ]
    skew = timedelta(seconds=observation.skew_s or 0.0)
    skew = skew if abs(skew.total_seconds()) >= _SKEW_S else timedelta()
    now = observation.at + skew
    waits = [reset - now for reset in resets if reset is not None and now < reset <= now + LONGEST_RESET]
    return max((wait.total_seconds() for wait in waits), default=0.0)


def has_used_up_limit(observation: Observation) -> bool:
    """Whether the response itself reports a limit that is used up: a rejected window or an empty bucket."""
    granted_nothing = any(reading.limit == 0 for reading in observation.rate_limits)
    refused = any(window.rejected for window in observation.windows)
    return granted_nothing or refused or any(_is_used_up(reading) for reading in observation.rate_limits)


def _is_used_up(reading: RateLimitReading) -> bool:
    if not reading.limit or reading.remaining is None:
        return False
    return reading.remaining <= USED_UP * reading.limit
