"""Topics: what an alert is about, which decides the group that it belongs to."""

from __future__ import annotations

from claude_tui.model.verdict import Cause, Verdict

__all__ = ["ALL_CAUSES", "PROVIDER", "PROVIDER_CAUSES", "UNEXPLAINED", "in_trouble", "topic_of_cause"]

PROVIDER = "provider"
UNEXPLAINED = "unexplained"

PROVIDER_CAUSES = frozenset(cause for cause in Cause if cause.value.startswith("provider_"))
"""One incident may go through several of these (slow, overloaded, outage), so they share a topic."""

ALL_CAUSES = frozenset(Cause) - {Cause.HEALTHY, Cause.UNKNOWN}


def topic_of_cause(cause: str) -> str:
    """The topic of a verdict's cause."""
    return PROVIDER if cause in PROVIDER_CAUSES else str(cause)


def in_trouble(verdict: Verdict) -> bool:
    """Whether the verdict reports a problem: it has a cause and a severity."""
    return verdict.cause in ALL_CAUSES and verdict.severity.trouble
