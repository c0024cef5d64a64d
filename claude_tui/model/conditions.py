"""What a verdict depends on besides the observations, recorded whenever it changes."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

__all__ = ["AlertingState", "ConditionsChange"]


@dataclass(frozen=True, slots=True)
class ConditionsChange:
    """From `at` on, snapshots are judged under these conditions."""

    at: datetime
    body: str
    """JSON of the analysis options and of the facts about the engine; the engine reads and writes it."""


@dataclass(frozen=True, slots=True)
class AlertingState:
    """From `at` on, this is the state of alerting."""

    at: datetime
    body: str
    """JSON of the ledger; alerting reads and writes it."""
