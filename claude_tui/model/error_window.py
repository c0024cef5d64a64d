"""The failures of the last minutes, by class and by kind."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from claude_tui.model.level import Level
from claude_tui.model.observation import FailureKind

__all__ = ["Calls", "ErrorDetail", "ErrorRow", "ErrorWindow"]


@dataclass(frozen=True, slots=True)
class ErrorRow:
    """One class of failure in a window."""

    key: str
    """The key of the error class."""
    label: str
    """Its name on screen."""
    count: int
    """How many exchanges failed."""
    share: float | None
    """Count divided by the requests of the sources that have such failures, 0..1; None with too few."""
    trend: tuple[int, ...]
    """Counts per bin, oldest first."""
    level: Level
    """OK without failures, BAD with more than chance explains."""


@dataclass(frozen=True, slots=True)
class ErrorDetail:
    """One kind among the failures of a window."""

    kind: FailureKind
    """What they have in common."""
    count: int
    """How many there are."""
    last_at: datetime
    """The newest occurrence."""
    row: str
    """The key of the ErrorRow that it belongs to."""


@dataclass(frozen=True, slots=True)
class Calls:
    """The requests of one source in a window."""

    asked: int = 0
    failed: int = 0

    @property
    def failing_share(self) -> float | None:
        """The share that failed, 0..1; None without requests."""
        return self.failed / self.asked if self.asked else None


@dataclass(frozen=True, slots=True)
class ErrorWindow:
    """The failures of the last `span`."""

    span: timedelta
    """The length of the window."""
    requests: int
    """Exchanges with the API (messages and models)."""
    failures: int
    """How many of them failed."""
    rows: tuple[ErrorRow, ...]
    """A row per error class, in the order of the screen."""
    breakdown: tuple[ErrorDetail, ...] = ()
    """Most frequent first, at most 50."""
    messages: Calls = Calls()
    """The message calls among them, which strip and verdict count."""
    models: Calls = Calls()
    """The model lists among them."""
