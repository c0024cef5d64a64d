"""A cache of own-traffic counts by block of time, reused from one step through time to the next."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from itertools import chain

from claude_tui.model.traffic import SPANS, CallCount

__all__ = ["BLOCKS", "CountBlocks", "Counted"]

_SECOND = 1_000_000
BLOCKS = {SPANS[0]: 2 * 60 * _SECOND, SPANS[1]: 20 * 60 * _SECOND, SPANS[2]: 2 * 3600 * _SECOND}
"""How long a block is, in microseconds: by span, and a multiple of the next longer span."""
# With 40 keys, a step into a day of trouble takes 20,000. A step that needs more keeps it for itself.
_MOST_COUNTS = 25_000
_Key = tuple[int, bool, int]


@dataclass(frozen=True, slots=True)
class Counted:
    """The counts of a block, as recorded until it was read."""

    counts: tuple[CallCount, ...]
    recorded: int
    """When the last row of it was recorded, in microseconds since 1970."""

    @property
    def size(self) -> int:
        """Its size in the cache: its counts plus one, as many blocks may have none."""
        return len(self.counts) + 1


class CountBlocks:
    """The blocks of one store that have been read. A block that has changed since is read again."""

    def __init__(self) -> None:
        self._blocks: dict[_Key, Counted] = {}
        """By span, whether with times to first token, and number; most recently used last."""
        self._held = 0
        self._last = 0

    @property
    def last(self) -> int:
        """The id of the last row that is known."""
        return self._last

    @property
    def any(self) -> bool:
        """Whether any block is cached."""
        return bool(self._blocks)

    def forget(self, added: Iterable[tuple[int, object, object]]) -> None:
        """Drops the blocks to which these rows, each (id, span, at), were added since."""
        for number, row_span, at in added:
            self._last = max(self._last, number)
            if not (isinstance(row_span, int) and isinstance(at, int)):
                # A damaged row, which no block counts.
                continue
            for span, length in BLOCKS.items():
                if row_span <= span:
                    for timed in (False, True):
                        self._drop((span, timed, at // length))

    def counts(
        self, span: int, low: int, high: int, known: int, read: Callable[[int, int], Counted], *, timed: bool
    ) -> Iterator[CallCount] | None:
        """The counts of whole blocks from `low` to `high`; None if some of it was recorded after `known`."""
        length = BLOCKS[span]
        wanted = [(span, timed, number) for number in range(low // length, high // length)]
        found = [self._drop(key) or read(key[2] * length, (key[2] + 1) * length) for key in wanted]
        for key, block in zip(wanted, found, strict=True):
            self._blocks[key] = block
            self._held += block.size
        self._shrink({*wanted})
        if any(block.recorded > known for block in found):
            return None
        return chain.from_iterable(block.counts for block in found)

    def _drop(self, key: _Key) -> Counted | None:
        block = self._blocks.pop(key, None)
        self._held -= block.size if block is not None else 0
        return block

    def _shrink(self, wanted: set[_Key]) -> None:
        """Drops the least recently used blocks."""
        for key in list(self._blocks):
            if self._held <= _MOST_COUNTS:
                return
            if key not in wanted:
                self._drop(key)
