"""Settled counts are read once, by block of time, and few enough are kept."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime

from claude_tui.model.observation import Outcome
from claude_tui.model.traffic import SPANS, CallCount, RollUpKey, TrafficSource
from claude_tui.store.traffic_blocks import BLOCKS, CountBlocks, Counted

SPAN = SPANS[0]
LENGTH = BLOCKS[SPAN]
NOW = 10**15
KEY = RollUpKey(TrafficSource.PROXY, "shop", "haiku", Outcome.OK)


def reader(read: list[int], rows: int = 1, recorded: int = 0) -> Callable[[int, int], Counted]:
    """Reads blocks of so many rows, and notes their numbers."""

    def counted(start: int, _end: int) -> Counted:
        read.append(start // LENGTH)
        at = datetime.fromtimestamp(start / 1e6, UTC)
        return Counted((CallCount(at, SPAN, KEY, 1),) * rows, recorded)

    return counted


def ask(
    blocks: CountBlocks, first: int, end: int, read: Callable[[int, int], Counted], *, timed: bool = False
) -> int | None:
    """How many rows the blocks from one to another have."""
    found = blocks.counts(SPAN, first * LENGTH, end * LENGTH, NOW, read, timed=timed)
    return None if found is None else len([*found])


def test_a_step_reads_only_the_blocks_that_the_one_before_did_not() -> None:
    blocks, read = CountBlocks(), list[int]()
    assert ask(blocks, 10, 17, reader(read)) == 7
    assert ask(blocks, 11, 18, reader(read)) == 7
    assert read == [*range(10, 18)]


def test_counts_with_times_and_without_are_kept_apart() -> None:
    blocks, read = CountBlocks(), list[int]()
    assert ask(blocks, 1, 2, reader(read)) == ask(blocks, 1, 2, reader(read, rows=3), timed=True) - 2 == 1  # type: ignore[operator]
    assert read == [1, 1]


def test_a_row_that_comes_late_has_its_block_read_again() -> None:
    blocks, read = CountBlocks(), list[int]()
    for timed in (False, True):
        ask(blocks, 1, 4, reader(read), timed=timed)
    blocks.forget([(7, SPAN, 2 * LENGTH + 5)])
    read.clear()
    for timed in (False, True):
        ask(blocks, 1, 4, reader(read), timed=timed)
    assert read == [2, 2]


def test_what_was_not_known_then_is_not_shown_by_block() -> None:
    blocks = CountBlocks()
    assert ask(blocks, 1, 3, reader([], recorded=NOW)) == 2
    assert ask(blocks, 3, 5, reader([], recorded=NOW + 1)) is None


def test_those_that_were_not_used_for_longest_are_dropped() -> None:
    blocks, read = CountBlocks(), list[int]()
    for first in range(0, 200, 2):
        ask(blocks, 0, 1, reader(read, 1000))
        ask(blocks, first, first + 2, reader(read, 1000))
    assert read.count(0) == 1
    assert len(read) == 200
    read.clear()
    ask(blocks, 190, 200, reader(read, 1000))
    assert not read
    ask(blocks, 100, 102, reader(read, 1000))
    assert read == [100, 101]
