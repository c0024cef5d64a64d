"""Cells cut out of a line: the ones that Textual would cut, and nothing of them is kept."""

from __future__ import annotations

import tracemalloc

from hypothesis import given
from hypothesis import strategies as st
from rich.segment import Segment
from rich.style import Style
from textual.strip import Strip

from claude_tui.tui.render.cutting import between

RED, BLUE = Style(color="#ff0000"), Style(color="#0000ff")


@given(
    st.lists(st.tuples(st.text("ab·●✗漢…字", max_size=6), st.sampled_from([RED, BLUE])), max_size=6),
    st.integers(0, 40),
    st.integers(0, 40),
)
def test_the_same_cells_as_textual_cuts(pieces: list[tuple[str, Style]], one: int, other: int) -> None:
    segments = [Segment(text, style) for text, style in pieces if text]
    line = Strip(segments)
    start, end = sorted((min(one, line.cell_length), min(other, line.cell_length)))
    cut = between(segments, start, end)
    expected = line.crop(start, end)
    assert [(segment.text, segment.style) for segment in Strip(cut).simplify()] == [
        (segment.text, segment.style) for segment in expected.simplify()
    ]


def test_what_takes_no_cell_stays_with_the_character_before_it() -> None:
    segments = [Segment("ae"), Segment("\u0301o\u0308u")]
    assert "".join(segment.text for segment in between(segments, 1, 3)) == "e\u0301o\u0308"


def test_texts_that_never_come_again_leave_nothing_behind() -> None:
    def cut(numbers: range) -> None:
        for number in numbers:
            between([Segment(f"✗ {number} calls → the last of them … {number * 7}")], 3, 9)

    cut(range(5_000))
    tracemalloc.start()
    try:
        cut(range(5_000, 15_000))
        left, _ = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    # Rich keeps the widths of the last few thousand texts, but not the cuts of sixteen thousand.
    assert left < 1_500_000
