"""Lines measured in cells: nothing is ever wider than asked for, and a cut always shows."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from rich.cells import cached_cell_len, cell_len, split_graphemes

from claude_tui.tui.render.differences import changes
from claude_tui.tui.render.lines import (
    BLANK,
    NO_BREAK,
    Line,
    Span,
    crop,
    each_takes_one_cell,
    fit,
    flow,
    join,
    line,
    muted,
    pad,
    plain,
    right,
    spread,
    width,
    wrap,
)

NARROW = "".join(char for char in map(chr, range(0x3000)) if each_takes_one_cell(char))
CHARS = "ab 漢字かな🚀👍🏽é…─█\u00a0\u0301אב"
texts = st.text(alphabet=CHARS, max_size=40)
sizes = st.integers(min_value=0, max_value=30)
roles = st.sampled_from(["text", "dim", "bad"])
lines = st.lists(st.builds(Span, texts, roles, st.booleans()), max_size=5).map(tuple)


def test_what_counts_as_one_cell_is_one_cell() -> None:
    assert {"a", "é", "…", "─", "█", "●", "▲", "✗", "⣿", "→", "❚", NO_BREAK} <= set(NARROW)
    assert not each_takes_one_cell("a\u0301")
    assert not each_takes_one_cell("a\n")
    assert [
        char for char in NARROW if cell_len(char) != 1 or (not char.isprintable() and char != NO_BREAK)
    ] == []
    assert cell_len(NARROW) == len(NARROW)


def test_measuring_what_is_new_every_second_keeps_nothing() -> None:
    before = cached_cell_len.cache_info().misses
    for second in range(3):
        words = f"{second} of 19 messages, “{second}” of 37 lists · out in {second}s…"
        assert wrap(words, 20, 3)
        assert fit(words, 12)
        assert changes((Span(words),), (Span(f"{words}!"),), 80)
    assert cached_cell_len.cache_info().misses == before


@given(texts, sizes)
def test_fit_stays_within_and_marks_the_cut(text: str, cells: int) -> None:
    shown = fit(text, cells)
    assert cell_len(shown) <= cells
    if shown != text and cells:
        assert shown.endswith("…")
        assert text.startswith(shown[:-1])


@given(texts, sizes)
def test_pad_and_right_take_exactly_their_cells(text: str, cells: int) -> None:
    assert cell_len(pad(text, cells)) == cells
    assert cell_len(right(text, cells)) == cells


@given(lines, sizes)
def test_crop_stays_within_and_leaves_what_fits_alone(spans: Line, cells: int) -> None:
    cut = crop(spans, cells)
    assert width(cut) <= cells
    if width(spans) <= cells:
        assert cut == spans
    elif cells:
        assert plain(cut).endswith("…")


@given(lines, lines, sizes)
def test_spread_fills_the_width(left: Line, end: Line, cells: int) -> None:
    assert width(spread(left, end, cells)) <= cells
    if width(left) + width(end) + 1 <= cells:
        assert plain(spread(left, end, cells)).startswith(plain(left))
        assert plain(spread(left, end, cells)).endswith(plain(end))


@given(texts, st.integers(2, 30), st.integers(1, 6))
def test_wrap_keeps_every_word_or_says_that_it_did_not(text: str, cells: int, rows: int) -> None:
    wrapped = wrap(text, cells, rows)
    assert len(wrapped) <= rows
    assert all(cell_len(row) <= cells for row in wrapped)
    together = "".join(wrapped).replace(" ", "")
    if together != text.replace(" ", "").replace(NO_BREAK, ""):
        assert wrapped[-1].endswith("…")


def test_wrap_breaks_at_spaces_but_not_at_no_break_ones() -> None:
    assert wrap(f"silent for 3m{NO_BREAK}22s since", 13, 3) == ("silent for", "3m 22s since")
    assert plain(flow((Span(f"for 3m{NO_BREAK}22s"),), 30, 1)[0]) == "for 3m 22s"


FIGURES = ("413 ms", "1.60 s", "30–60 s", "3m 05s ago", "2h 05m", "3d 4h", "14:05:33 UTC")


@pytest.mark.parametrize("figure", FIGURES)
@pytest.mark.parametrize("cells", range(13, 40))
def test_a_figure_and_its_unit_share_a_row(figure: str, cells: int) -> None:
    sentence = f"The last answer took {figure} and the one before was late"
    assert any(figure in row for row in wrap(sentence, cells, 9))
    before, after = sentence.split(figure)
    number, _, unit = figure.partition(" ")
    styled = (Span(before, "dim"), Span(number, "text"), Span(f" {unit}", "dim"), Span(after, "dim"))
    assert tuple(map(plain, flow(styled, cells, 9))) == wrap(sentence, cells, 9)


def test_a_figure_wider_than_the_row_is_broken_at_its_unit() -> None:
    assert wrap("after 1,234 ms", 5, 3) == ("after", "1,234", "ms")


def test_wrap_cuts_a_word_longer_than_the_row() -> None:
    assert wrap("x" * 10_000, 4, 2) == ("xxxx", "xxx…")


def test_wrap_never_splits_a_wide_character() -> None:
    assert wrap("漢字漢字漢字", 5, 2) == ("漢字", "漢字…")


@given(lines, st.integers(2, 30), st.integers(1, 6))
def test_flow_is_wrap_with_styles(spans: Line, cells: int, rows: int) -> None:
    separated = tuple(span._replace(text=span.text + " ") for span in spans)
    assert tuple(map(plain, flow(separated, cells, rows))) == wrap(plain(separated), cells, rows)


def test_flow_keeps_the_style_of_each_word() -> None:
    spans = (Span("silent for ", "text"), Span("3m", "warn", bold=True), Span(" since the start", "dim"))
    first, second = flow(spans, 14, 2)
    assert first == (Span("silent"), Span(" "), Span("for"), Span(" ", "warn"), Span("3m", "warn", bold=True))
    assert {span.role for span in second} == {"dim"}


def test_join_skips_what_is_empty() -> None:
    assert plain(join((line("a"), BLANK, line("b")))) == "a  b"
    assert join(()) == BLANK


def test_muted_keeps_the_text_and_the_edges() -> None:
    row = line(Span("━━", "warn"), Span("──", "edge"), Span("18%", "warn", bold=True))
    assert plain(muted(row)) == plain(row)
    assert [span.role for span in muted(row)] == ["dim", "edge", "dim"]


def painted(screen: list[str], new: Line, ranges: tuple[tuple[int, int], ...]) -> list[str]:
    """The screen after the ranges of `new` were sent to it, cell by cell."""
    cells = as_cells(new, len(screen))
    return [
        cells[x] if any(start <= x < stop for start, stop in ranges) else screen[x]
        for x in range(len(screen))
    ]


def as_cells(spans: Line, total: int) -> list[str]:
    cells: list[str] = []
    for text, role, bold, _ in spans:
        for start, end, size in split_graphemes(text)[0]:
            look = "" if text[start:end] == " " else f"{role}{bold}"
            if size:
                cells += [f"{text[start:end]}{n}{look}" for n in range(size)]
            elif cells:
                cells[-1] += text[start:end]
    return (cells + [" 0"] * total)[:total]


@given(lines, lines, st.integers(1, 40))
def test_sending_the_changes_makes_the_old_line_the_new_one(old: Line, new: Line, total: int) -> None:
    ranges = changes(old, new, total)
    assert painted(as_cells(old, total), new, ranges) == as_cells(new, total)
    assert all(0 <= start < stop <= total for start, stop in ranges)


@given(lines, lines, lines, lines, st.integers(1, 60))
def test_lines_that_begin_and_end_alike_are_sent_right(
    before: Line, old: Line, new: Line, after: Line, total: int
) -> None:
    old, new = (*before, *old, *after), (*before, *new, *after)
    ranges = changes(old, new, total)
    assert painted(as_cells(old, total), new, ranges) == as_cells(new, total)
    assert all(0 <= start < stop <= total for start, stop in ranges)


def test_only_the_digit_that_turned_is_sent() -> None:
    before, after = line(Span("14:05:33 UTC")), line(Span("14:05:34 UTC"))
    assert changes(before, after, 80) == ((7, 8),)


def test_a_wide_character_changes_as_a_whole() -> None:
    assert changes(line("漢a"), line("字a"), 10) == ((0, 2),)


def test_far_changes_are_sent_apart_and_near_ones_together() -> None:
    assert changes(line("a---b----------c"), line("x---y----------z"), 20) == ((0, 5), (15, 16))


def test_a_space_is_a_space_in_any_colour_but_not_on_any_background() -> None:
    assert changes(line(Span("  ", "bad")), line(Span("  ", "dim", bold=True)), 4) == ()
    assert changes(line(Span("  ")), line(Span("  ", back="track")), 4) == ((0, 2),)
