"""The switch of the C library for an agent's memory."""

from __future__ import annotations

import pytest

from claude_tui.engine.malloc_arena import trim_heap, use_one_arena


class _Libc:
    def __init__(self) -> None:
        self.calls: list[tuple[int, int]] = []
        self.trimmed: list[int] = []

    def mallopt(self, what: int, amount: int) -> int:
        self.calls.append((what, amount))
        return 1

    def malloc_trim(self, pad: int) -> int:
        self.trimmed.append(pad)
        return 1


def test_one_heap_that_gives_back_what_is_free() -> None:
    libc = _Libc()
    use_one_arena(lambda: libc)
    # M_ARENA_MAX and M_TRIM_THRESHOLD of glibc's malloc.h.
    assert libc.calls == [(-8, 1), (-1, 128 * 1024)]


@pytest.mark.parametrize("error", [OSError("no such library"), AttributeError("mallopt"), TypeError("None")])
def test_a_system_without_the_switch_is_left_as_it_is(error: Exception) -> None:
    def absent() -> _Libc:
        raise error

    use_one_arena(absent)
    trim_heap(absent)


def test_free_pages_in_the_middle_are_given_back() -> None:
    libc = _Libc()
    trim_heap(lambda: libc)
    assert libc.trimmed == [0]
