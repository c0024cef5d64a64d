"""Symbol sets: every character has a stand-in as wide as itself, and marks stay apart."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from rich.cells import cell_len

from claude_tui.model.snapshot import Level
from claude_tui.tui.render.gauge import gauge
from claude_tui.tui.render.glyphs import component_mark, level_mark
from claude_tui.tui.render.lines import plain
from claude_tui.tui.render.symbols import Symbols, symbols_for, written_in

BRAILLE = "".join(map(chr, range(0x2800, 0x2900)))
BLOCKS = "▁▂▃▄▅▆▇█"
STATUSES = ("operational", "degraded_performance", "partial_outage", "major_outage", "under_maintenance")


@pytest.mark.parametrize("symbols", Symbols)
@given(text=st.text(max_size=60))
def test_nothing_changes_its_width(symbols: Symbols, text: str) -> None:
    assert cell_len(written_in(symbols, text)) == cell_len(text)


@given(text=st.text(max_size=60))
def test_ascii_is_ascii_and_leaves_ascii_alone(text: str) -> None:
    written = written_in(Symbols.ASCII, text)
    assert written.isascii()
    assert written_in(Symbols.ASCII, written) == written


def test_braille_changes_nothing_and_blocks_only_the_braille() -> None:
    drawn = f"{BRAILLE}{BLOCKS} ╭─╮ ● ✗ … × 漢字"
    assert written_in(Symbols.BRAILLE, drawn) == drawn
    written = written_in(Symbols.BLOCK, drawn)
    assert not set(BRAILLE) & set(written)
    assert written.endswith(drawn.removeprefix(BRAILLE))


@pytest.mark.parametrize(
    ("dots", "block", "ascii_"),
    [("⠀", " ", " "), ("⠉", "─", "'"), ("⠒", "─", "-"), ("⣀", "▁", "_"), ("⡇", "▌", "|"), ("⣿", "█", "|")],
)
def test_curves_keep_their_shape(dots: str, block: str, ascii_: str) -> None:
    assert written_in(Symbols.BLOCK, dots) == block
    assert written_in(Symbols.ASCII, dots) == ascii_


def test_what_stands_side_by_side_stays_apart_in_ascii() -> None:
    for marks in (
        BLOCKS + "·",
        [level_mark(level).glyph for level in Level],
        [component_mark(status).glyph for status in STATUSES],
        "·▇▅▄▂▁",  # the days of the history
        "✗×✓",  # all failed, some failed, answered
        "▲△!",  # an alert, one that somebody has, a verdict
        "!»▲◆░",  # the legend of the scrubber
        "○✓–∅",  # the steps of a playbook
        "●✎≠◇○",  # the fields of a postmortem
        "?■◀",  # the decision tree
        "─╌┃",
    ):
        assert len({written_in(Symbols.ASCII, mark) for mark in marks}) == len(marks), marks


def test_a_gauge_can_be_read_in_ascii() -> None:
    assert written_in(Symbols.ASCII, plain(gauge(0.5, 10, "ok"))) == "=====-----"
    assert written_in(Symbols.ASCII, plain(gauge(0.55, 10, "ok"))) == "=====>----"


@pytest.mark.parametrize(
    ("text", "written"),
    [
        ("It’s “late” – 3× … 5 ≥ 4 · ok → go", 'It\'s "late" - 3x ~ 5 > 4 - ok > go'),
        ("überlastet, é, Å", "uberlastet, e, A"),
        ("漢字 🚀", "???? ??"),
        ("14:05\N{NO-BREAK SPACE}UTC", "14:05 UTC"),
        ("␛[2J", "?[2J"),
    ],
)
def test_text_of_others_is_written_as_well_as_ascii_can(text: str, written: str) -> None:
    assert written_in(Symbols.ASCII, text) == written


@pytest.mark.parametrize(
    ("environ", "expected"),
    [
        ({}, Symbols.BRAILLE),
        ({"LANG": "en_US.UTF-8"}, Symbols.BRAILLE),
        ({"LANG": "de_DE.utf8"}, Symbols.BRAILLE),
        ({"LANG": "ca_ES.UTF-8@valencia"}, Symbols.BRAILLE),
        ({"LANG": "C.UTF-8"}, Symbols.BRAILLE),
        ({"LANG": "C"}, Symbols.ASCII),
        ({"LANG": "POSIX"}, Symbols.ASCII),
        ({"LANG": "en_US"}, Symbols.ASCII),
        ({"LANG": "de_DE.ISO-8859-1"}, Symbols.ASCII),
        ({"LANG": "de_DE@euro"}, Symbols.ASCII),
        ({"LC_ALL": "C", "LANG": "en_US.UTF-8"}, Symbols.ASCII),
        ({"LC_ALL": "en_US.UTF-8", "LANG": "C"}, Symbols.BRAILLE),
        ({"LC_CTYPE": "en_US.UTF-8", "LANG": "C"}, Symbols.BRAILLE),
        # Python sets LC_CTYPE by itself when it starts with LANG=C, and when it starts with nothing.
        ({"LC_CTYPE": "C.UTF-8", "LANG": "C"}, Symbols.ASCII),
        ({"LC_CTYPE": "C.UTF-8"}, Symbols.BRAILLE),
        ({"TERM": "linux", "LANG": "en_US.UTF-8"}, Symbols.ASCII),
        ({"TERM": "xterm-256color", "LANG": "en_US.UTF-8"}, Symbols.BRAILLE),
    ],
)
def test_locale_and_terminal_decide_unless_the_setting_does(
    environ: dict[str, str], expected: Symbols
) -> None:
    assert symbols_for("auto", environ) is expected
    for symbols in Symbols:
        assert symbols_for(symbols.value, environ) is symbols
