"""How long something was up, down, failing because of us, or unknown; and what may be said about it."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import timedelta
from enum import Enum

from claude_tui.analysis.uptime.hours import HourRow, State, state_of
from claude_tui.model.observation import Source

__all__ = ["LEAST_COVERAGE", "Grade", "Tally", "source_tally"]

LEAST_COVERAGE = 0.5
"""Below this part of a span nobody knows how it was: there is no percentage."""


class Grade(Enum):
    """How bad a stretch of time was. The value is the share of down from which on it is so."""

    UNKNOWN = None
    FINE = 0.0
    """Not even 0.1%, which in a day is a probe or two."""
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
        """The part of the span in which the provider could be judged."""
        return (self.up + self.down) / self.span if self.span else 0.0

    @property
    def uptime(self) -> float | None:
        """Up as a part of up and down; None below LEAST_COVERAGE."""
        if self.coverage < LEAST_COVERAGE:
            return None
        return self.up / (self.up + self.down)

    @property
    def down_share(self) -> float:
        """Down as a part of up and down, whatever the coverage."""
        return self.down / (self.up + self.down) if self.up + self.down else 0.0

    @property
    def grade(self) -> Grade:
        """Trouble counts whatever the coverage; that there was none needs enough of it."""
        found = next((each for each in _WORST_FIRST if self.down_share >= each.value), Grade.FINE)
        return Grade.UNKNOWN if found is Grade.FINE and self.uptime is None else found

    def time(self, part: int) -> timedelta:
        """One of the fields as a duration."""
        return timedelta(microseconds=part)


def source_tally(rows: Iterable[HourRow], source: Source, span: int) -> Tally:
    """What the rows of a span say about one source."""
    micros = dict.fromkeys(State, 0)
    for row in rows:
        if row.source is source:
            micros[state_of(row.outcome)] += row.micros
    return Tally(span, micros[State.UP], micros[State.DOWN], micros[State.OURS])
