"""A problem that own traffic shows: calls that fail more often than usual, and who is affected."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from claude_tui.model.observation import Outcome
from claude_tui.model.traffic import Call

__all__ = ["TrafficTrouble"]

_MOST = 0.5


@dataclass(frozen=True, slots=True)
class TrafficTrouble:
    """Failures of one kind that exceed the usual, in too many calls to be chance."""

    outcome: Outcome
    """Their most frequent outcome."""
    error_type: str
    """Their most frequent error type; "" for none."""
    since: datetime
    """When the first call failed, as precisely as is known."""
    detected_at: datetime
    """The end of the span that showed it."""
    failed_at: datetime
    """The end of the last span with such a failure."""
    failed: int
    """How many calls of the affected ones failed in the last minute."""
    calls: int
    """How many calls the affected ones made in that minute."""
    overall: float
    """The share of everybody's calls that failed like this, 0..1."""
    applications: tuple[str, ...] = ()
    """The affected applications, if others are healthy; empty if all callers are affected."""
    models: tuple[str, ...] = ()
    """The affected models, if others are healthy."""
    well: tuple[str, ...] = ()
    """The applications, or the models, that are healthy meanwhile."""
    same_model: bool = False
    """Whether those applications use the same models."""
    nearly_all_fail: bool = False
    """Whether nearly every call fails, as in a P1."""
    many_fail: bool = False
    """Whether as many calls fail as in a P2."""
    has_enough_calls: bool = True
    """Whether enough calls were made since it began for their share to count instead of the probes'."""
    ended_at: datetime | None = None
    """The end of the span that showed that it is over; None while it is ongoing."""
    good: int = 0
    """How many calls have succeeded since the last failure, if it seems to be over."""
    needed: int = 0
    """How many successes would show that it is over; 0 if it does not seem so."""
    since_within_s: float = 0.0
    """The length of the span that begins at `since`, in seconds; 0 if that is the instant of a call."""
    newest: Call | None = None
    """The newest of these calls that was kept and failed as most of them did."""

    @property
    def recovering(self) -> bool:
        """Whether enough calls have succeeded to make chance unlikely, although it is not ruled out yet."""
        return self.ended_at is None and bool(self.needed) and 2 * self.good >= self.needed

    @property
    def share(self) -> float:
        """The share of the affected calls that failed in the last minute."""
        return self.failed / self.calls if self.calls else 0.0

    @property
    def most_fail(self) -> bool:
        return self.share > _MOST
