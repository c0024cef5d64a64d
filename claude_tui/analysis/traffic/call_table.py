"""Counts of calls by application and model, summed for any group of them."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime

from claude_tui.analysis.traffic.change import Counted
from claude_tui.analysis.traffic.families import family_of
from claude_tui.model.observation import Outcome
from claude_tui.model.traffic import CallCount, RollUp, RollUpKey

__all__ = ["EVERYTHING", "CallTable", "Cell", "Group"]

Cell = tuple[str, str]
"""An application and a model."""
_Counts = list[int]
"""Counts by the index of their span."""


@dataclass(frozen=True, slots=True)
class Group:
    """The cells of some applications and models; all cells if none are named."""

    applications: frozenset[str] = frozenset()
    models: frozenset[str] = frozenset()

    def __call__(self, cell: Cell) -> bool:
        application, model = cell
        return (not self.applications or application in self.applications) and (
            not self.models or model in self.models
        )


EVERYTHING = Group()


class CallTable:
    """Counts by cell and span of time. A sum is computed once, however often it is needed."""

    def __init__(self, rows: Sequence[RollUp | CallCount]) -> None:
        span_s: dict[datetime, int] = {}
        last, longest = None, 0
        for row in rows:
            # Most rows begin at the same time as the row before them.
            if row.at is not last or longest < row.span_s:
                last, longest = row.at, max(span_s.get(row.at, 0), row.span_s)
                span_s[last] = longest
        self._instants = sorted(span_s)
        self._span_s = [span_s[at] for at in self._instants]
        self._calls: dict[Cell, _Counts] = {}
        self._failed: dict[Outcome, dict[Cell, _Counts]] = {}
        places = {at: place for place, at in enumerate(self._instants)}
        # Thousands of rows have few keys, which the rows that a store has read share. Each key is kept alive,
        # as a new key may get the identity of one that is gone.
        found: dict[int, tuple[RollUpKey, tuple[_Counts, ...]]] = {}
        last, place = None, 0
        for row in rows:
            at, calls, key = row.at, row.calls, row.key
            if at is not last:
                last, place = at, places[at]
            if (known := found.get(id(key))) is None:
                known = found[id(key)] = key, self._counts_of(key)
            for counts in known[1]:
                counts[place] += calls
        self._sums: dict[tuple[Outcome | None, Group], list[int]] = {}
        self._spans: dict[tuple[Outcome, Group], list[Counted]] = {}
        self._since: dict[datetime, int] = {}

    def _counts_of(self, key: RollUpKey) -> tuple[_Counts, ...]:
        """The cells in which calls of a key are counted."""
        cell = key.application, key.model
        none = [0] * len(self._instants)
        calls = self._calls.setdefault(cell, none)
        if key.outcome is Outcome.OK:
            return (calls,)
        return calls, self._failed.setdefault(family_of(key.outcome), {}).setdefault(cell, none.copy())

    @property
    def cells(self) -> Iterable[Cell]:
        return self._calls.keys()

    def families(self) -> list[Outcome]:
        """The families of the failures."""
        return sorted(self._failed)

    def failing(self, family: Outcome) -> Iterable[Cell]:
        """The cells with such failures."""
        return self._failed.get(family, {}).keys()

    def spans(self, family: Outcome, group: Group) -> list[Counted]:
        """The counts of a group in the spans in which it was called, in order of time."""
        found = self._spans.get((family, group))
        if found is None:
            calls, failed = self._sum(None, group), self._sum(family, group)
            found = self._spans[family, group] = [
                Counted(*counts_of_span)
                for counts_of_span in zip(self._instants, self._span_s, calls, failed, strict=True)
                if counts_of_span[2]
            ]
        return found

    def count(self, family: Outcome, within: Callable[[Cell], bool], since: datetime) -> tuple[int, int]:
        """(failed, calls) from an instant on."""
        place = self._since.get(since)
        if place is None:
            place = self._since[since] = bisect_left(self._instants, since)
        failed, calls = self._failed.get(family, {}), self._calls
        return self._count(failed, within, place), self._count(calls, within, place)

    def _count(self, cells: dict[Cell, _Counts], within: Callable[[Cell], bool], place: int) -> int:
        return sum(sum(counts[place:]) for cell, counts in cells.items() if within(cell))

    def _sum(self, family: Outcome | None, group: Group) -> list[int]:
        """The calls of a group in each span; with a family, those that failed like this."""
        found = self._sums.get((family, group))
        if found is None:
            cells = self._calls if family is None else self._failed.get(family, {})
            columns = [counts for cell, counts in cells.items() if group(cell)]
            found = [*map(sum, zip(*columns, strict=True))] if columns else [0] * len(self._instants)
            self._sums[family, group] = found
        return found
