"""Counts of own traffic by block of time, kept from one step in time to the next."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass

from claude_tui.model.traffic import SPANS, CallCount

__all__ = ["BLOCKS", "CountBlocks", "Counted"]

_SECOND = 1_000_000
BLOCKS = {SPANS[1]: 20 * 60 * _SECOND, SPANS[2]: 2 * 3600 * _SECOND}
"""How long a block is, in microseconds: by span, and a multiple of the next longer span."""
# Of 40 keys what a day of trouble takes twice. A step with more keeps what it needs itself.
_MOST_COUNTS = 15_000


@dataclass(frozen=True, slots=True)
class Counted:
    """What was recorded of a block until it was read."""

    counts: tuple[CallCount, ...]
    recorded: int
    """When the last row of it was recorded, in microseconds since 1970."""


class CountBlocks:
    """The blocks of one store that were read. A block that was recorded since is read again."""

    def __init__(self) -> None:
        self._blocks: dict[tuple[int, int], Counted] = {}
        self._last = 0

    @property
    def last(self) -> int:
        """The id of the last row that is known."""
        return self._last

    @property
    def any(self) -> bool:
        """Whether any block is kept."""
        return bool(self._blocks)

    def forget(self, added: Iterable[tuple[int, object, object]]) -> None:
        """Takes note of rows that were added since, each as (id, span, at)."""
        for number, row_span, at in added:
            self._last = max(self._last, number)
            if not (isinstance(row_span, int) and isinstance(at, int)):
                # A damaged row, which no block counts.
                continue
            for span, length in BLOCKS.items():
                if row_span <= span:
                    self._blocks.pop((span, at // length), None)

    def counts(
        self, span: int, low: int, high: int, known: int, read: Callable[[int, int], Counted]
    ) -> Iterator[CallCount] | None:
        """The counts of whole blocks from `low` to `high`; None where not all of it was known by `known`."""
        length = BLOCKS[span]
        wanted = [(span, number) for number in range(low // length, high // length)]
        for key in wanted:
            if key not in self._blocks:
                self._blocks[key] = read(key[1] * length, (key[1] + 1) * length)
        found = [self._blocks[key] for key in wanted]
        self._shrink({*wanted})
        if any(block.recorded > known for block in found):
            return None
        return (count for block in found for count in block.counts)

    def _shrink(self, wanted: set[tuple[int, int]]) -> None:
        if sum(len(block.counts) for block in self._blocks.values()) > _MOST_COUNTS:
            self._blocks = {key: block for key, block in self._blocks.items() if key in wanted}
