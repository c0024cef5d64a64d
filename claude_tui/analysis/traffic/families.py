"""Which outcomes are counted together, as one outage of the service appears as several of them."""

from __future__ import annotations

from claude_tui.model.observation import Outcome

__all__ = ["OF_THE_SERVICE", "family_of"]

OF_THE_SERVICE = frozenset(
    {
        Outcome.OVERLOADED,
        Outcome.SERVER_ERROR,
        Outcome.TIMEOUT,
        Outcome.INVALID_RESPONSE,
        Outcome.TRUNCATED_STREAM,
    }
)
"""Failures of the service, whatever was requested."""


def family_of(outcome: Outcome) -> Outcome:
    """The outcome that stands for all outcomes of its family."""
    return Outcome.SERVER_ERROR if outcome in OF_THE_SERVICE else outcome
