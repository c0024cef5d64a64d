"""Large text: words in block letters, figures as Textual's Digits draws them, or larger.

A unit stays small, on the lowest row, so that the figure is what is read from a distance.
"""

from __future__ import annotations

import re
from enum import Enum
from functools import lru_cache

from textual.renderables.digits import DIGITS, DIGITS3X3_BOLD

from claude_tui.tui.render.lines import BLANK, Lines, Span, cells_of, line

__all__ = ["Scale", "large_figure", "large_figure_cells", "large_word", "large_word_cells", "spellable"]


class Scale(Enum):
    """How large a dot of a letter is; SMALL has two rows of dots in a row of cells."""

    SMALL = "small"
    MEDIUM = "medium"
    LARGE = "large"

    @property
    def rows(self) -> int:
        """The rows that a word or a figure takes."""
        return _ROWS[self]

    @property
    def dot_cells(self) -> int:
        """How wide a dot is."""
        return _DOT_CELLS[self]


_ROWS = {Scale.SMALL: 3, Scale.MEDIUM: 5, Scale.LARGE: 10}
_DOT_CELLS = {Scale.SMALL: 1, Scale.MEDIUM: 2, Scale.LARGE: 4}
_DOT_ROWS = 5

# Five rows of dots for each character, separated by slashes.
_DOTS = {
    "A": ".##./#..#/####/#..#/#..#",
    "B": "###./#..#/###./#..#/###.",
    "C": ".###/#.../#.../#.../.###",
    "D": "###./#..#/#..#/#..#/###.",
    "E": "####/#.../###./#.../####",
    "F": "####/#.../###./#.../#...",
    "G": ".###/#.../#.##/#..#/.###",
    "H": "#..#/#..#/####/#..#/#..#",
    "I": "###/.#./.#./.#./###",
    "J": "..##/...#/...#/#..#/.##.",
    "K": "#..#/#.#./##../#.#./#..#",
    "L": "#.../#.../#.../#.../####",
    "M": "#...#/##.##/#.#.#/#...#/#...#",
    "N": "#..#/##.#/#.##/#..#/#..#",
    "O": ".##./#..#/#..#/#..#/.##.",
    "P": "###./#..#/###./#.../#...",
    "Q": ".##./#..#/#..#/#.##/.###",
    "R": "###./#..#/###./#.#./#..#",
    "S": ".###/#.../.##./...#/###.",
    "T": "#####/..#../..#../..#../..#..",
    "U": "#..#/#..#/#..#/#..#/.##.",
    "V": "#...#/#...#/.#.#./.#.#./..#..",
    "W": "#...#/#...#/#.#.#/##.##/#...#",
    "X": "#..#/#..#/.##./#..#/#..#",
    "Y": "#...#/.#.#./..#../..#../..#..",
    "Z": "####/..#./.#../#.../####",
    "0": ".##./#..#/#..#/#..#/.##.",
    "1": "..#./.##./..#./..#./.###",
    "2": "###./...#/.##./#.../####",
    "3": "###./...#/.##./...#/###.",
    "4": "#..#/#..#/####/...#/...#",
    "5": "####/#.../###./...#/###.",
    "6": ".##./#.../###./#..#/.##.",
    "7": "####/...#/..#./.#../.#..",
    "8": ".##./#..#/.##./#..#/.##.",
    "9": ".##./#..#/.###/...#/.##.",
    ":": "./#/./#/.",
    ".": "././././#",
    "?": "###./...#/.##./..../.#..",
    "<": "..#/.#./#../.#./..#",
    "-": "..../..../####/..../....",
    "–": "..../..../####/..../....",
    "(": ".#/#./#./#./.#",
    ")": "#./.#/.#/.#/#.",
    ",": "../../../.#/#.",
    ";": "../.#/../.#/#.",
    "’": "#/#/././.",
    "'": "#/#/././.",
    "/": "..#/..#/.#./#../#..",
    "%": "#..#/..#./.#../#..#/..##",
    " ": "../../../../..",
}
_UNIT_BEFORE_FIGURE = re.compile(r"([a-z])(?=\d)")
_FIGURES = frozenset("0123456789:.<-")
# What Digits draws over three rows; it sets everything else small, as a unit should be.
_DIGITS = frozenset("0123456789:-")


def spellable(text: str) -> bool:
    """Whether every character has a block letter."""
    return all(char.upper() in _DOTS for char in text)


def large_word_cells(text: str, scale: Scale) -> int:
    """The width of `large_word`."""
    dots = sum(len(_glyph(char)[0]) for char in text) + max(len(text) - 1, 0)
    return dots * scale.dot_cells


def large_word(text: str, scale: Scale, role: str, back: str = "") -> Lines:
    """Capital letters and figures in blocks; a character without one is drawn as a question mark."""
    return tuple(line(Span(row, role, bold=True, back=back)) for row in _word_rows(text, scale))


@lru_cache(maxsize=64)
def _word_rows(text: str, scale: Scale) -> tuple[str, ...]:
    glyphs = [_glyph(char) for char in text]
    dots = [".".join(glyph[row] for glyph in glyphs) for row in range(_DOT_ROWS)]
    if scale is Scale.SMALL:
        return _halves(dots)
    wide, high = scale.dot_cells, scale.rows // _DOT_ROWS
    return tuple(
        "".join("█" * wide if dot == "#" else " " * wide for dot in row) for row in dots for _ in range(high)
    )


def _halves(dots: list[str]) -> tuple[str, ...]:
    """Two rows of dots in each row of cells; the blank half is at the top."""
    padded = ["." * len(dots[0]), *dots]
    blocks = {("#", "#"): "█", ("#", "."): "▀", (".", "#"): "▄", (".", "."): " "}
    return tuple(
        "".join(blocks[pair] for pair in zip(padded[row], padded[row + 1], strict=True)) for row in (0, 2, 4)
    )


def _glyph(char: str) -> list[str]:
    return _DOTS.get(char.upper(), _DOTS["?"]).split("/")


def large_figure_cells(text: str, scale: Scale) -> int:
    """The width of `large_figure`."""
    return sum(_figure_cells(char, scale) for char in _spaced(text))


def _spaced(text: str) -> str:
    """The figure with a blank between a unit and the next figure: `3m 22s`."""
    return _UNIT_BEFORE_FIGURE.sub(r"\1 ", text)


def _figure_cells(char: str, scale: Scale) -> int:
    if scale is Scale.SMALL:
        return (1 if char == ":" else 3) if char in _DIGITS else cells_of(char)
    if char not in _FIGURES:
        return cells_of(char)
    return (len(_glyph(char)[0]) + 1) * scale.dot_cells


def large_figure(text: str, scale: Scale, role: str) -> Lines:
    """Digits over several rows, with units, letters and marks small and dim on the lowest of them."""
    rows: list[list[Span]] = [[] for _ in range(scale.rows)]
    for char in _spaced(text):
        small = char not in (_DIGITS if scale is Scale.SMALL else _FIGURES)
        drawn = [" " * cells_of(char)] * (scale.rows - 1) + [char] if small else _drawn(char, scale)
        # A full stop belongs to the figure.
        style = (role, True) if not small or char in ".<" else ("dim", False)
        for row, part in zip(rows, drawn, strict=True):
            if row and row[-1][1:3] == style:
                row[-1] = row[-1]._replace(text=row[-1].text + part)
            else:
                row.append(Span(part, *style))
    return tuple(tuple(row) if row else BLANK for row in rows)


@lru_cache(maxsize=64)
def _drawn(char: str, scale: Scale) -> list[str]:
    if scale is not Scale.SMALL:
        gap = " " * scale.dot_cells
        return [f"{row}{gap}" for row in _word_rows(char, scale)]
    at = DIGITS.index(char) * 3
    cells = _figure_cells(char, scale)
    return [row.ljust(3)[(3 - cells) // 2 :][:cells] for row in DIGITS3X3_BOLD[at : at + 3]]
