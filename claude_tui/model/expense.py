"""The cost of requests other than probes."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

__all__ = ["Expense"]


@dataclass(frozen=True, slots=True)
class Expense:
    """One paid request that a person asked for, such as the draft of a postmortem."""

    at: datetime
    usd: float
    """What it cost, by the shipped prices."""
    what: str = ""
    """What was paid for."""
    model: str = ""
    """Which model was asked."""
    host: str = ""
    """On which machine."""
