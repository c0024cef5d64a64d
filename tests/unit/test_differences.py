"""A part of drawn lines is replaced only where that surely shows what drawing again would show."""

from __future__ import annotations

import pytest

from claude_tui.tui.render.differences import with_texts
from claude_tui.tui.render.lines import Lines, Span, line

LINES: Lines = (
    line(Span("since ", "dim"), "12:00:00", Span(" 3m 05s", "bad", bold=True, back="strip_trouble")),
    line(Span("next 12s", "dim"), Span("12:00:05", "text")),
)
CLOCK, AGE = line("12:00:05"), line(Span(" 3m 05s", "bad", bold=True))


def test_texts_are_replaced_and_keep_what_is_behind_them() -> None:
    later = line("12:00:06"), line(Span(" 3m 06s", "bad", bold=True))
    found = with_texts(LINES, (CLOCK, AGE, line("gone")), (*later, line("gone")))
    assert found is not None
    assert found[0] == (*LINES[0][:2], Span(" 3m 06s", "bad", bold=True, back="strip_trouble"))
    assert found[1] == (LINES[1][0], Span("12:00:06", "text"))


def test_without_a_change_the_lines_stay_the_same() -> None:
    assert with_texts(LINES, (CLOCK, AGE), (CLOCK, AGE)) is LINES


@pytest.mark.parametrize(
    ("before", "now"),
    [
        ((CLOCK,), (line("12:00:6"),)),
        ((CLOCK,), (line(Span("12:00:06", "dim")),)),
        ((CLOCK,), (CLOCK, AGE)),
        ((CLOCK,), (line("12:00", ":06"),)),
        ((line("12:00:04"),), (line("12:00:05"),)),
        ((line(Span("12:00:05", "dim")),), (line(Span("12:00:06", "dim")),)),
        ((CLOCK,), ((),)),
    ],
)
def test_anything_uncertain_is_drawn_again(before: Lines, now: Lines) -> None:
    assert with_texts(LINES, before, now) is None


def test_a_text_that_is_drawn_twice_is_drawn_again() -> None:
    assert with_texts((*LINES, CLOCK), (CLOCK,), (line("12:00:06"),)) is None
