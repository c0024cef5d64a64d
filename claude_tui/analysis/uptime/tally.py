"""How long something was up, down, failing because of us, or unknown; and what follows from it."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import timedelta
from enum import Enum

from claude_tui.analysis.uptime.hours import HourRow, State, state_of
from claude_tui.model.observation import Source

__all__ = ["LEAST_COVERAGE", "Grade", "Tally", "source_tally"]

LEAST_COVERAGE = 0.5
"""Below this part of a span, too little is known for a percentage."""


class Grade(Enum):
    """How bad a period was. The value is the share of down time from which it applies."""

    UNKNOWN = None
    FINE = 0.0
    """Less than 0.1%, which in a day is a probe or two."""
    SLIGHT = 0.001
    SOME = 0.01
    MUCH = 0.05
    MOST = 0.25


_WORST_FIRST = (Grade.MOST, Grade.MUCH, Grade.SOME, Grade.SLIGHT)


@dataclass(frozen=True, slots=True)
class Tally:
    """Microseconds in each state. `up + down + ours + unknown == span`."""

    span: int = 0
    up: int = 0
    down: int = 0
    ours: int = 0

    def __add__(self, other: Tally) -> Tally:
        return Tally(
            self.span + other.span, self.up + other.up, self.down + other.down, self.ours + other.ours
        )

    @property
    def unknown(self) -> int:
        return self.span - self.up - self.down - self.ours

    @property
    def coverage(self) -> float:
        """The part of the span in which the provider could be judged, 0..1."""
        return (self.up + self.down) / self.span if self.span else 0.0

    @property
    def uptime(self) -> float | None:
        """Up time as a fraction of up and down time; None below LEAST_COVERAGE."""
        if self.coverage < LEAST_COVERAGE:
            return None
        return self.up / (self.up + self.down)

    @property
    def down_share(self) -> float:
        """Down time as a fraction of up and down time, whatever the coverage."""
        return self.down / (self.up + self.down) if self.up + self.down else 0.0

    @property
    def grade(self) -> Grade:
        """The grade of the down time; UNKNOWN instead of FINE if too little is known."""
        found = next(
            (candidate for candidate in _WORST_FIRST if self.down_share >= candidate.value), Grade.FINE
        )
        return Grade.UNKNOWN if found is Grade.FINE and self.uptime is None else found

    def time(self, part: int) -> timedelta:
        """One of the fields as a duration."""
        return timedelta(microseconds=part)


def source_tally(rows: Iterable[HourRow], source: Source, span: int) -> Tally:
    """What the rows of a span show about one source."""
    micros = dict.fromkeys(State, 0)
    for row in rows:
        if row.source is source:
            micros[state_of(row.outcome)] += row.micros
    return Tally(span, micros[State.UP], micros[State.DOWN], micros[State.OURS])
