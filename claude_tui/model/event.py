"""What happened: failures, recoveries, verdicts, alerts, and what people did."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from claude_tui.model.level import Level
from claude_tui.model.observation import Observation

__all__ = ["Event", "EventKind"]


class EventKind(StrEnum):
    FAILURE = "failure"
    RECOVERY = "recovery"
    STATUS = "status"
    LIMIT = "limit"
    MODEL = "model"
    NOTICE = "notice"
    VERDICT = "verdict"
    ALERT = "alert"
    PERSON = "person"


@dataclass(frozen=True, slots=True)
class Event:
    """Something that happened."""

    key: str
    """Stable, so that a selection survives an update."""
    at: datetime
    """When it happened."""
    kind: EventKind
    """What kind of event it is."""
    level: Level
    """How much attention it needs."""
    subject: str
    """What it is about, in one word."""
    text: str
    """What happened, in one line."""
    observation: Observation | None = None
    """The observation behind it, if there is one."""
    detail: str = ""
    """More text, for the event's own screen."""
    count: int = 1
    """How many similar events this one stands for. Its key is that of the first, all else that of the
    newest."""
    first_at: datetime | None = None
    """When the first of them happened; None for a single event."""
    folded: tuple[Event, ...] = ()
    """The events it stands for, newest first, as far as they are listed; empty for a single event."""
