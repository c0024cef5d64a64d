"""How far a failed exchange came: what tells the path's trouble from the server's."""

from __future__ import annotations

from claude_tui.knowledge import Reach, knowledge
from claude_tui.model.observation import Observation, Outcome

__all__ = ["asked_to_wait_s", "is_lost", "reach_of", "says_the_same_again", "took_until"]

_ERROR = 400
_SILENT = frozenset({Outcome.TIMEOUT, Outcome.NETWORK})


def is_lost(seen: Observation) -> bool:
    """No answer of any kind. One in a thousand is chance, and no news of the service."""
    return seen.outcome in _SILENT and seen.http_status is None


def asked_to_wait_s(seen: Observation) -> float:
    """The retry-after of an error; that of a stream which broke after HTTP 200 means nothing."""
    refused = seen.failed and seen.http_status is not None and seen.http_status >= _ERROR
    return seen.retry_after_s or 0.0 if refused else 0.0


def says_the_same_again(seen: Observation) -> bool:
    """Whether a failure was answered with a limit, a refusal that no retry changes, or the wish to wait."""
    policy = knowledge().of(seen).retry
    useless = policy is not None and not policy.worthwhile
    return useless or seen.outcome is Outcome.RATE_LIMITED or asked_to_wait_s(seen) > 0


def reach_of(seen: Observation) -> Reach:
    """By what the probe called it, else by the phases that were measured; for failures only."""
    row = knowledge().of(seen)
    told = row.type is not None or seen.http_status is not None
    if told or row.reach not in {Reach.NO_ANSWER, Reach.UNREACHED}:
        return row.reach
    timings = seen.timings
    if timings.dns is None and timings.connect is None and timings.tls is None:
        return row.reach
    plain = seen.target.startswith("http://")
    opened = timings.connect is not None and (timings.tls is not None or plain)
    return Reach.NO_ANSWER if opened else Reach.UNREACHED


def took_until(seen: Observation) -> float:
    """When its result was known, in POSIX seconds."""
    return seen.at.timestamp() + (seen.timings.total or 0.0)
