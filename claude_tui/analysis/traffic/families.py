"""Which outcomes are counted together: one outage of the service shows as several of them."""

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
"""Failures of the service, whatever was asked for."""


def family_of(outcome: Outcome) -> Outcome:
    """The outcome that stands for all that are counted with this one."""
    return Outcome.SERVER_ERROR if outcome in OF_THE_SERVICE else outcome
