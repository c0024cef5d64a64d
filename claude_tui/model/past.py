"""Where a past Snapshot stands in the record."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

__all__ = ["MarkKind", "Move", "MoveKind", "PastView", "Playback", "TimelineMark"]


class MarkKind(StrEnum):
    """What happened at a point of the record that is worth going to."""

    VERDICT = "verdict"
    PERSON = "person"
    ALERT = "alert"
    PAGE = "page"


@dataclass(frozen=True, slots=True)
class TimelineMark:
    """Something that happened; `word` is the severity of a verdict, empty for everything else."""

    at: datetime
    kind: MarkKind
    word: str = ""


@dataclass(frozen=True, slots=True)
class Playback:
    """A recording that is played."""

    name: str
    """The file, or the incident."""
    start: datetime
    end: datetime
    speed: float
    """Recorded seconds per second."""
    playing: bool
    """Whether it runs; it stands still while paused and at its end."""


@dataclass(frozen=True, slots=True)
class PastView:
    """The part of the record around a past Snapshot."""

    start: datetime
    end: datetime
    marks: tuple[TimelineMark, ...] = ()
    """Oldest first. Those after the Snapshot are known by now only, and shown to be gone to."""
    gaps: tuple[tuple[datetime, datetime], ...] = ()
    """Spans in which nobody probed, oldest first."""
    complete: bool = True
    """Whether the day before the Snapshot has been read: without it, what is usual is that of an hour."""
    note: str = ""
    """Why it was not possible to go further, or that nothing is known of that time, if so."""
    playback: Playback | None = None
    """What is played, None for a step back from the live picture."""


class MoveKind(StrEnum):
    """What a move through the record counts in."""

    OBSERVATION = "observation"
    MINUTE = "minute"
    EVENT = "event"
    INSTANT = "instant"


@dataclass(frozen=True, slots=True)
class Move:
    """A move through the record: by `steps`, which is negative towards the past, or to the instant `to`."""

    kind: MoveKind
    steps: int = 1
    to: datetime | None = None
