"""Letters of blocks and large figures: exactly as wide and as high as they say."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from claude_tui.tui.render.large import (
    Scale,
    large_figure,
    large_figure_cells,
    large_word,
    large_word_cells,
    spellable,
)
from claude_tui.tui.render.lines import plain, width

FIGURES = st.text("0123456789:.<%msdhk×/a", min_size=1, max_size=9)


@pytest.mark.parametrize("scale", Scale)
@given(st.text("ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789 :-()", min_size=1, max_size=14))
def test_a_word_has_its_size(scale: Scale, text: str) -> None:
    rows = large_word(text, scale, "bad")
    assert len(rows) == scale.rows
    assert {width(row) for row in rows} == {large_word_cells(text, scale)}
    assert spellable(text)


@pytest.mark.parametrize("scale", Scale)
@given(FIGURES)
def test_a_figure_has_its_size(scale: Scale, text: str) -> None:
    rows = large_figure(text, scale, "bad")
    assert len(rows) == scale.rows
    assert {width(row) for row in rows} == {large_figure_cells(text, scale)}


@pytest.mark.parametrize("scale", Scale)
def test_digits_are_as_wide_as_each_other_so_that_nothing_jumps(scale: Scale) -> None:
    assert len({large_figure_cells(digit, scale) for digit in "0123456789"}) == 1
    assert len({tuple(plain(row) for row in large_figure(digit, scale, "x")) for digit in "0123456789"}) == 10


def test_units_are_small_and_dim_and_stand_on_the_line() -> None:
    *above, last = large_figure("22%", Scale.MEDIUM, "bad")
    assert last[-1].text == "%"
    assert last[-1].role == "dim"
    assert not any("%" in plain(row) for row in above)


def test_a_unit_keeps_away_from_the_figure_behind_it() -> None:
    assert "m " in plain(large_figure("3m22s", Scale.SMALL, "bad")[-1])


def test_every_word_of_the_war_room_can_be_read() -> None:
    shapes = {
        word: tuple(map(plain, large_word(word, Scale.SMALL, "x"))) for word in ("THEM", "US", "PATH", "OK")
    }
    assert len(set(shapes.values())) == len(shapes)
    assert shapes["OK"] == (" ▄▄  ▄  ▄", "█  █ █▄▀ ", "▀▄▄▀ █ ▀▄")
