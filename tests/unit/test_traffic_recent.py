"""The newest numbers of a stream: none of them is forgotten, old ones are, in little memory."""

from __future__ import annotations

import tracemalloc

from hypothesis import given
from hypothesis import strategies as st

from claude_tui.traffic.recent import RecentNumbers

NUMBERS = st.integers(0, 40) | st.integers(0, 2**64 - 1) | st.integers(-(2**63), -1)


@given(st.integers(1, 50), st.lists(NUMBERS, max_size=300))
def test_the_last_ones_are_known_and_what_is_older_than_two_windows_is_not(
    most: int, numbers: list[int]
) -> None:
    recent = RecentNumbers(most)
    for number in numbers:
        recent.add(number)
    # Two that are the same for it: 0 marks an empty place.
    seen = [number % 2**64 or 1 for number in numbers]
    assert all(number in recent for number in numbers[-most:])
    distinct: list[int] = []
    for number in reversed(seen):
        if number not in distinct:
            distinct.append(number)
    forgotten = set(distinct[2 * most :])
    assert not any(number in recent for number in forgotten)
    assert len(recent) <= 2 * most


def test_numbers_that_collide_are_distinguished() -> None:
    recent = RecentNumbers(10_000)
    colliding = [number << 40 for number in range(1, 3000)]
    for number in colliding:
        recent.add(number)
    assert all(number in recent for number in colliding)
    assert not any(number + 1 in recent for number in colliding)


def test_a_number_takes_a_dozen_bytes() -> None:
    recent = RecentNumbers(25_000)
    tracemalloc.start()
    for number in range(100_000):
        recent.add(hash(("request", number)))
    held, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert len(recent) >= 25_000
    assert held < 600_000
    assert peak < 1_000_000
