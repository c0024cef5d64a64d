"""A text that does not fit ends with a whole clause, not in the middle of a meaning."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from rich.cells import cell_len

from claude_tui.tui.render.clauses import clauses_in, without_first_sentence
from claude_tui.tui.render.lines import Span, first_fitting, line, packed, plain, width


@pytest.mark.parametrize(
    ("text", "cells", "shown"),
    [
        ("The API is overloaded (529): haiku only.", 40, "The API is overloaded (529): haiku only."),
        ("The API is overloaded (529): haiku only.", 39, "The API is overloaded (529)"),
        ("The API is overloaded (529): haiku only.", 26, "The API is overloaded"),
        ("The API is overloaded (529): haiku only.", 20, ""),
        ("first token after 0.46 s, as usual", 30, "first token after 0.46 s"),
    ],
)
def test_whole_clauses(text: str, cells: int, shown: str) -> None:
    assert clauses_in(text, cells) == shown


@given(st.text(max_size=60), st.integers(0, 60))
def test_it_is_a_beginning_that_fits(text: str, cells: int) -> None:
    shown = clauses_in(text, cells)
    assert text.startswith(shown)
    assert cell_len(shown) <= cells or not shown


def test_what_follows_the_first_sentence() -> None:
    assert without_first_sentence("It's them. The API is down. Wait.") == "The API is down. Wait."
    assert without_first_sentence("All is well.") == ""


def test_pieces_are_packed_and_none_is_broken() -> None:
    pieces = [line(f"piece {number}") for number in range(5)]
    rows = packed([*pieces, ()], 17)
    assert [plain(row) for row in rows] == ["piece 0 piece 1", "piece 2 piece 3", "piece 4"]
    assert [plain(row) for row in packed(pieces[:1], 3)] == ["piece 0"]


def test_the_longest_form_that_fits_is_shown() -> None:
    texts = ("as of 14:02, message call req_1", "as of 14:02, req_1", "as of 14:02")
    forms = [line(Span(text)) for text in texts]
    assert [plain(first_fitting(forms, cells)) for cells in (31, 30, 17)] == [plain(form) for form in forms]
    assert width(first_fitting(forms, 5)) == 5
