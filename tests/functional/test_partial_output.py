"""What is sent to the terminal: the changed cells and nothing else."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st
from rich.cells import cell_len
from rich.console import Console
from rich.segment import Segment
from rich.style import Style
from textual._compositor import ChopsUpdate
from textual.strip import Strip

from claude_tui.tui.render.partial_output import partial_output

RED, BLUE = Style(color="#ff0000"), Style(color="#0000ff")
CONSOLE = Console(color_system="truecolor", force_terminal=True)


def sent(strips: dict[int, Strip], *spans: tuple[int, int, int]) -> str:
    """What goes out for the spans of a line made of `strips`, by their first column."""
    starts = sorted(strips)
    ends = [*starts[1:], starts[-1] + strips[starts[-1]].cell_length]
    update = partial_output(ChopsUpdate([strips], list(spans), [ends]))
    return str(update.render_segments(CONSOLE))


def landed(output: str, cells: int) -> str:
    """The row as a terminal shows it after `output`; `·` where nothing was sent."""
    row = ["·"] * cells
    column = 0
    for moved, text in re.findall(r"\x1b\[1;(\d+)H|(?:\x1b\[[0-9;]*m)|([^\x1b]+)", output):
        if moved:
            column = int(moved) - 1
        for char in text:
            row[column] = char
            column += cell_len(char)
    return "".join(row)


def test_a_change_at_the_end_does_not_send_what_stands_before_it() -> None:
    line = Strip([Segment("claude-top   ", RED), Segment("14:05:34 UTC", BLUE)])
    assert landed(sent({0: line}, (0, 20, 21)), 25) == "····················4····"


@pytest.mark.parametrize("span", [(0, 3), (3, 9), (4, 5), (0, 12), (5, 12)])
def test_exactly_the_span_is_sent_across_widgets(span: tuple[int, int]) -> None:
    strips = {0: Strip([Segment("abcd", RED)]), 4: Strip([Segment("efgh", BLUE), Segment("ijkl")])}
    start, stop = span
    expected = "".join(char if start <= x < stop else "·" for x, char in enumerate("abcdefghijkl"))
    assert landed(sent(strips, (0, start, stop)), 12) == expected


def test_wide_characters_keep_their_place() -> None:
    line = Strip([Segment("漢字 ab", RED)])
    assert landed(sent({0: line}, (0, 4, 7)), 7) == "···· ab"


def looks(output: str) -> list[tuple[str, frozenset[str]]]:
    """Every character with the SGR state of a terminal when it arrives."""
    seen: list[tuple[str, frozenset[str]]] = []
    state: dict[str, str] = {}
    for codes, text in re.findall(r"\x1b\[([0-9;]*)m|\x1b\[[0-9;]*H|([^\x1b]+)", output):
        if text:
            seen += [(char, frozenset(state.values())) for char in text]
        elif codes is not None and not text:
            apply(state, codes)
    return seen


def apply(state: dict[str, str], codes: str) -> None:
    numbers = iter(codes.split(";"))
    for code in numbers:
        if code in ("", "0"):
            state.clear()
        elif code in ("38", "48"):
            kind = next(numbers)
            state[code] = ";".join([code, kind, *(next(numbers) for _ in range(3 if kind == "2" else 1))])
        elif code in ("39", "49"):
            state.pop(str(int(code) - 1), None)
        else:
            state[code] = code


styles = st.none() | st.builds(
    Style,
    color=st.sampled_from([None, "#ff0000", "#0000ff", "default"]),
    bgcolor=st.sampled_from([None, "#0e1116", "#2a1416", "default"]),
    bold=st.none() | st.booleans(),
    dim=st.none() | st.booleans(),
    reverse=st.none() | st.booleans(),
)


@given(st.lists(st.tuples(st.text("abc", min_size=1, max_size=3), styles), min_size=1, max_size=8))
def test_every_character_lands_in_its_own_style(pieces: list[tuple[str, Style | None]]) -> None:
    strip = Strip([Segment(text, style) for text, style in pieces])
    output = sent({0: strip}, (0, 0, strip.cell_length))
    each_alone = strip.render(CONSOLE)
    assert looks(output) == looks(each_alone)
    assert not looks(output + "x")[-1][1]
    assert len(output) <= len(each_alone) + len("\x1b[1;1H")


def test_a_change_of_colour_sends_only_the_colour() -> None:
    on = Style(bgcolor="#0e1116")
    line = Strip([Segment("ab", RED + on), Segment("cd", RED + on), Segment("ef", BLUE + on)])
    output = sent({0: line}, (0, 0, 6))
    assert output.count("38;2;255;0;0") == 1
    assert output.count("48;2;14;17;22") == 1
    assert output.endswith("\x1b[38;2;0;0;255mef\x1b[m")


def test_links_survive() -> None:
    line = Strip([Segment("here", Style(color="#ff0000", link="https://example.com"))])
    assert "https://example.com" in sent({0: line}, (0, 0, 4))


def test_other_updates_pass_unchanged() -> None:
    assert partial_output(None) is None
    assert partial_output("text") == "text"
