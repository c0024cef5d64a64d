"""What own traffic shows about a trouble: calls that fail more often than usual, and whose they are."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from claude_tui.model.observation import Outcome
from claude_tui.model.traffic import Call

__all__ = ["TrafficTrouble"]


@dataclass(frozen=True, slots=True)
class TrafficTrouble:
    """Failures of one kind that are more than what is usual, and too many calls to be chance."""

    outcome: Outcome
    """The most frequent outcome of them."""
    error_type: str
    """The most frequent type of error; "" for none."""
    since: datetime
    """When the first call failed, as exactly as it is known."""
    detected_at: datetime
    """The end of the span that showed it."""
    failed_at: datetime
    """The end of the last span with such a failure."""
    failed: int
    """How many failed in the last minute, of those whom it concerns."""
    calls: int
    """How many calls those made in that time."""
    overall: float
    """The share of the calls of everybody that failed like this, 0..1."""
    applications: tuple[str, ...] = ()
    """The applications that it concerns, where others are well; empty if all that call have it."""
    models: tuple[str, ...] = ()
    """The models that it concerns, where others are well."""
    well: tuple[str, ...] = ()
    """The applications, or the models, that are well meanwhile."""
    same_model: bool = False
    """Whether those applications use the same models."""
    most: bool = False
    """Whether nearly every call fails, as for a P1."""
    many: bool = False
    """Whether so many fail as for a P2."""
    enough: bool = True
    """Whether enough calls were made since it began for their share to count, and not that of the probes."""
    ended_at: datetime | None = None
    """The end of the span that showed that it is over; None while it lasts."""
    good: int = 0
    """How many calls have succeeded since it seems to be over."""
    needed: int = 0
    """How many of them would show that it is; 0 where it does not seem so."""
    since_within_s: float = 0.0
    """How long the span is that `since` is the start of; 0 where it is the instant of a call."""
    newest: Call | None = None
    """The newest of these calls that is kept."""

    @property
    def recovering(self) -> bool:
        """Whether so many calls have succeeded that luck is improbable, though not excluded yet."""
        return self.ended_at is None and bool(self.needed) and 2 * self.good >= self.needed

    @property
    def share(self) -> float:
        """The share that failed in the last minute, of those whom it concerns."""
        return self.failed / self.calls if self.calls else 0.0
