"""How far a failed exchange came: what tells the path's trouble from the server's."""

from __future__ import annotations

from claude_tui.knowledge import Reach, knowledge
from claude_tui.model.observation import Observation, Outcome

__all__ = ["is_lost", "reach_of", "took_until"]

_SILENT = frozenset({Outcome.TIMEOUT, Outcome.NETWORK})


def is_lost(seen: Observation) -> bool:
    """No answer of any kind. One in a thousand is chance, and no news of the service."""
    return seen.outcome in _SILENT and seen.http_status is None


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
