"""Where a past Snapshot is in the record."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

__all__ = ["MarkKind", "Move", "MoveKind", "PastView", "Playback", "TimelineMark"]


class MarkKind(StrEnum):
    """The kinds of points in the record that one can jump to."""

    VERDICT = "verdict"
    PERSON = "person"
    ALERT = "alert"
    PAGE = "page"


@dataclass(frozen=True, slots=True)
class TimelineMark:
    """Something that happened; `severity` is that of a verdict, and empty for everything else."""

    at: datetime
    kind: MarkKind
    severity: str = ""


@dataclass(frozen=True, slots=True)
class Playback:
    """A recording that is being played."""

    name: str
    """The file, or the incident."""
    start: datetime
    end: datetime
    speed: float
    """Recorded seconds per second."""
    playing: bool
    """Whether it is playing; it is not while paused, or at its end."""


@dataclass(frozen=True, slots=True)
class PastView:
    """The part of the record around a past Snapshot."""

    start: datetime
    end: datetime
    marks: tuple[TimelineMark, ...] = ()
    """The points, oldest first. Those after the Snapshot were not known then, and are only destinations."""
    gaps: tuple[tuple[datetime, datetime], ...] = ()
    """Spans in which nobody probed, oldest first."""
    complete: bool = True
    """Whether the day before the Snapshot has been read; without it, the usual latency is that of an hour."""
    note: str = ""
    """Why a move went no further, or that nothing is known of that time; "" otherwise."""
    playback: Playback | None = None
    """The recording being played; None for time travel from the live picture."""


class MoveKind(StrEnum):
    """The unit of a move through the record."""

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
