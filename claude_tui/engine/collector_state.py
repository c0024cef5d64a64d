"""What the collector knows that is not in the observations, kept in the store for viewers."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta

from claude_tui.model.alert import AlertsView, RouteState
from claude_tui.model.json_values import from_json, saved_as, sound, to_json
from claude_tui.model.no_key_reason import NoKeyReason
from claude_tui.model.snapshot import Notice, ProbeState, Spend, Target

__all__ = ["KEPT_AS", "AlertingFacts", "CollectorState", "are_apart", "probes_differ"]

KEPT_AS = "collector"
"""The store's name for it."""

# The instants of a schedule are computed anew each second; smaller differences are not worth a write.
_NOTICEABLE = timedelta(seconds=1)


@dataclass(frozen=True, slots=True)
class AlertingFacts:
    """What a view of the alerts needs besides the state of alerting."""

    routes: tuple[RouteState, ...] = ()
    problem: str | None = None
    rules: int | None = None
    reminder_acknowledged_s: float | None = None

    @classmethod
    def of(cls, view: AlertsView) -> AlertingFacts:
        reminder = view.reminder_acknowledged
        return cls(
            view.routes, view.problem, view.rules, reminder.total_seconds() if reminder is not None else None
        )

    @property
    def reminder_acknowledged(self) -> timedelta | None:
        seconds = self.reminder_acknowledged_s
        return timedelta(seconds=min(max(seconds, 0.0), 1e8)) if seconds is not None else None


@dataclass(frozen=True, slots=True)
class CollectorState:
    """The state of the process that collects, at an instant."""

    at: datetime
    target: Target
    """What is probed, with the base URL and the model in use."""
    probes: tuple[ProbeState, ...]
    spend: Spend
    """What the target has cost today."""
    notices: tuple[Notice, ...] = ()
    """Notices that stay until the process ends: about the key, or why probing has stopped."""
    key_problem: str | None = None
    no_key_reason: NoKeyReason | None = field(default=None, metadata=saved_as("key_lack"))
    alerting: AlertingFacts = field(default_factory=AlertingFacts)
    credential: str = "ANTHROPIC_API_KEY"
    """The variable that holds the key."""

    def encode(self) -> bytes:
        return to_json(self)

    @classmethod
    def decode(cls, body: bytes) -> CollectorState | None:
        """The state in a row; None if it cannot be read, as a later version may have written it."""
        try:
            state: CollectorState = sound(from_json(cls, body))
        except ValueError:
            return None
        return state

    def differs(self, other: CollectorState | None) -> bool:
        """Whether `other` differs in more than what the passing of time changes."""
        if other is None:
            return True
        if replace(self, at=other.at, probes=other.probes) != other:
            return True
        return probes_differ(self.probes, other.probes)


def probes_differ(one: Sequence[ProbeState], other: Sequence[ProbeState]) -> bool:
    """Whether more differs than the passing of time explains."""
    pairs = [*zip(one, other, strict=False)]
    return len(one) != len(other) or any(
        are_apart(mine.next_at, theirs.next_at)
        or are_apart(mine.held_until, theirs.held_until)
        or replace(mine, next_at=None, held_until=None) != replace(theirs, next_at=None, held_until=None)
        for mine, theirs in pairs
    )


def are_apart(one: datetime | None, other: datetime | None) -> bool:
    """Whether two instants differ by more than the time between two readings of a schedule."""
    if one is None or other is None:
        return one is not other
    return abs(one - other) >= _NOTICEABLE
