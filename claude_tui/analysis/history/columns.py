"""Values ordered by time and looked up by bisection."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Callable
from itertools import count
from typing import Generic, TypeVar

from claude_tui.analysis.history.statistics import median

__all__ = ["Column", "Fold", "MeasureColumn", "length"]

T = TypeVar("T")
S = TypeVar("S")
E = TypeVar("E")

_versions = count(1)


def length(part: slice) -> int:
    """The number of values in a slice of a column."""
    return int(part.stop - part.start)


class Column(Generic[T]):
    """Values with their instants (POSIX seconds), oldest first. Two lists keep slicing fast."""

    __slots__ = ("at", "values", "version")

    def __init__(self) -> None:
        self.at: list[float] = []
        self.values: list[T] = []
        self.version = 0
        """Changes with every change of the column; only empty columns share one."""

    def __len__(self) -> int:
        return len(self.at)

    def insert(self, at: float, value: T) -> int:
        """Inserts a value and returns its index, which is the end unless the value is late.

        Equal instants keep the order of arrival.
        """
        index = len(self.at) if not self.at or self.at[-1] <= at else bisect_right(self.at, at)
        self.at.insert(index, at)
        self.values.insert(index, value)
        self.version = next(_versions)
        return index

    def index_at(self, at: float) -> int:
        """How many values are earlier than `at`."""
        return bisect_left(self.at, at)

    def count_until(self, at: float) -> int:
        """How many values are at or before `at`."""
        return bisect_right(self.at, at)

    def span(self, start: float, end: float) -> slice:
        """The values with start < instant <= end."""
        return slice(bisect_right(self.at, start), bisect_right(self.at, end))

    def between(self, start: float, end: float) -> list[T]:
        """The (instant, value) pairs with start < instant <= end, oldest first."""
        return self.values[self.span(start, end)]

    def latest(self, at: float) -> T | None:
        """The newest value at or before `at`."""
        index = bisect_right(self.at, at)
        return self.values[index - 1] if index else None

    def has(self, at: float) -> bool:
        index = bisect_left(self.at, at)
        return index < len(self.at) and self.at[index] == at

    def cut(self, length: int) -> None:
        """Keep only the oldest `length` values."""
        del self.at[length:], self.values[length:]
        self.version = next(_versions)

    def drop(self, count: int) -> None:
        """Drop the oldest `count` values."""
        if count:
            del self.at[:count], self.values[:count]
            self.version = next(_versions)

    def remove(self, at: float, matches: Callable[[T], bool]) -> None:
        """Remove the newest value at exactly `at` for which `matches` holds, if there is one."""
        for index in range(bisect_right(self.at, at) - 1, -1, -1):
            if self.at[index] != at:
                return
            if matches(self.values[index]):
                self.pop(index)
                return

    def pop(self, index: int) -> None:
        """Remove the value at `index`."""
        del self.at[index], self.values[index]
        self.version = next(_versions)

    def trim(self, before: float) -> None:
        """Drop everything older than `before`."""
        self.drop(bisect_left(self.at, before))


class MeasureColumn(Column[float]):
    """A column of figures that caches the last median: a median over a day costs a sort."""

    __slots__ = ("_cached", "_median")

    def __init__(self) -> None:
        super().__init__()
        self._cached: slice | None = None
        self._median = 0.0

    def insert(self, at: float, value: float) -> int:
        index = super().insert(at, value)
        if index < len(self.at) - 1:
            self._cached = None
        return index

    def drop(self, count: int) -> None:
        super().drop(count)
        self._cached = None

    def cut(self, length: int) -> None:
        super().cut(length)
        self._cached = None

    def pop(self, index: int) -> None:
        super().pop(index)
        # The cached slice stays the same as long as all of it is older.
        if self._cached is not None and index < self._cached.stop:
            self._cached = None

    def median(self, part: slice) -> float:
        """The median of a non-empty slice. Values appended later do not change it."""
        if part != self._cached:
            self._median, self._cached = median(sorted(self.values[part])), part
        return self._median


class Fold(Generic[T, S, E]):
    """Items in order, with the state after each and the events that each produced.

    `step(state, previous, item)` returns the state after `item` and its events; `previous` is None for the
    first. After a late item all later items are stepped again, so states and events never depend on the order
    of arrival. There is one item per instant: a second one counts as a duplicate.
    """

    __slots__ = ("_initial", "_step", "events", "items", "states")

    def __init__(self, initial: S, step: Callable[[S, T | None, T], tuple[S, tuple[E, ...]]]) -> None:
        self.items: Column[T] = Column()
        self.states: list[S] = []
        self.events: Column[E] = Column()
        self._initial = initial
        self._step = step

    def add(self, at: float, item: T) -> bool:
        """Add the item. Returns whether it was new."""
        if self.items.has(at):
            return False
        self._step_again(self.items.insert(at, item), at)
        return True

    def withdraw(self, at: float) -> T | None:
        """Remove the item of an instant, as if it had never been added, and return it."""
        index = self.items.index_at(at)
        if index == len(self.items) or self.items.at[index] != at:
            return None
        item = self.items.values[index]
        self.items.pop(index)
        self._step_again(index, at)
        return item

    def _step_again(self, index: int, at: float) -> None:
        """Step the items from `index` on, the first of which is, or was, at `at`."""
        if index < len(self.states):
            del self.states[index:]
            self.events.cut(bisect_left(self.events.at, at))
        for late in range(index, len(self.items)):
            self._advance(late)

    def _advance(self, index: int) -> None:
        state = self.states[index - 1] if index else self._initial
        previous = self.items.values[index - 1] if index else None
        state, events = self._step(state, previous, self.items.values[index])
        self.states.append(state)
        for event in events:
            self.events.insert(self.items.at[index], event)

    def state(self, at: float) -> S:
        """The state after the last item at or before `at`."""
        index = self.items.count_until(at)
        return self.states[index - 1] if index else self._initial

    def trim(self, before: float, *, keep_last: bool = False) -> None:
        """Drop what is older than `before`; with `keep_last`, the item in force at `before` stays."""
        old = bisect_left(self.items.at, before)
        if keep_last and old:
            old -= 1
        if old:
            self.items.drop(old)
            del self.states[:old]
            self.events.trim(self.items.at[0] if self.items.at else before)
