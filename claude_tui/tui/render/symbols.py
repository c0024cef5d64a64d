"""Symbol sets: replacements for characters that a terminal or its font does not have.

Everything is drawn with the symbols of `braille`. A smaller set replaces them one by one, and each keeps its
width, so that no layout depends on the set.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Mapping
from enum import StrEnum
from functools import lru_cache

from rich.cells import split_graphemes
from rich.segment import Segment
from textual.color import Color
from textual.filter import LineFilter

__all__ = ["AUTO", "SymbolFilter", "Symbols", "symbols_for", "written_in"]

AUTO = "auto"


class Symbols(StrEnum):
    """What a terminal can show, richest first."""

    BRAILLE = "braille"
    BLOCK = "block"
    ASCII = "ascii"


# What Python itself sets `LC_CTYPE` to in the C locale (PEP 538).
_COERCED = frozenset({"C.UTF-8", "C.utf8", "UTF-8"})


def symbols_for(setting: str, environ: Mapping[str, str]) -> Symbols:
    """The set to draw with: the one in the setting, or what locale and terminal support.

    Without any locale, as in most containers, the terminal is assumed to show UTF-8. The font of the Linux
    console has neither braille nor most marks.
    """
    if setting != AUTO:
        return Symbols(setting)
    if environ.get("TERM") == "linux" or not _is_utf8(_locale(environ)):
        return Symbols.ASCII
    return Symbols.BRAILLE


def _locale(environ: Mapping[str, str]) -> str:
    general = environ.get("LANG", "")
    of_characters = environ.get("LC_CTYPE", "")
    if general and of_characters in _COERCED:
        of_characters = ""
    return environ.get("LC_ALL", "") or of_characters or general


def _is_utf8(name: str) -> bool:
    charset = name.partition(".")[2].partition("@")[0] or name
    return not name or charset.casefold().replace("-", "") == "utf8"


_QUADRANTS = " ▘▝▀▖▌▞▛▗▚▐▜▄▙▟█"
# The dots of a braille cell, by quadrant: upper left, upper right, lower left, lower right.
_DOTS = (0x01 | 0x02, 0x08 | 0x10, 0x04 | 0x40, 0x20 | 0x80)
# The same dots by row, top row first.
_ROWS = (0x01 | 0x08, 0x02 | 0x10, 0x04 | 0x20, 0x40 | 0x80)
# By the rows that have dots, the top row in the lowest bit.
_STROKES = " '-'.:-|_:::.|||"


# A level stretch of a curve becomes a rule, as filled quadrants would look like a slab. The one at the upper
# edge of a cell (U+2594) is cut off in pictures.
_LEVEL = {**dict.fromkeys(_ROWS[:3], "─"), _ROWS[3]: "▁"}


def _quadrants(dots: int) -> str:
    if dots in _LEVEL:
        return _LEVEL[dots]
    return _QUADRANTS[sum(1 << place for place, part in enumerate(_DOTS) if dots & part)]


def _stroke(dots: int) -> str:
    return _STROKES[sum(1 << row for row, part in enumerate(_ROWS) if dots & part)]


_BLOCKS = {0x2800 + dots: _quadrants(dots) for dots in range(256)}

_PAIRS = (
    # Blocks by height, so that bars keep their shape, and by how much of a cell they fill.
    *zip("▁▂▃▄▅▆▇█", "_.:=+*%#", strict=True),
    *zip("▏▎▍▌▋▊▉▐▕", "|||||||||", strict=True),
    *zip("▀▔░▒▓", "'-:%#", strict=True),
    *zip("▘▝▖▗▚▞▙▟▛▜", "''..######", strict=True),
    # Rules and boxes; heavy ones differ from light ones, as gauges need that.
    *zip("─╌┄┈╴╶", "-...--", strict=True),
    *zip("━═╾╺╸╼", "==>==>", strict=True),
    *zip("│┃╷╵╎┆╻╹║", "|||||||||", strict=True),
    *zip("╭╮╯╰┌┐┘├┤┬┴┼┏┓┛┗┣┫┳┻╋", "+" * 21, strict=True),
    ("└", "`"),
    # Marks. Those that appear side by side differ.
    *zip("●○◌◆◇◐◔◑◕", "*o?i%dpdp", strict=True),
    *zip("▲△▴▼▽▾✗✘×✓✔✎☐☑", "^a^vvvXXx++@-+", strict=True),
    *zip("■□▪•∅≠»«›‹▸▶◀◂❚", "#-**0/><>" + "<>><<|", strict=True),
    *zip("←↑→↓↳↻↺⏎", "<^>v`rr<", strict=True),
    # Punctuation.
    *zip("·…’‘“”„–—−≥≤≈¦\N{NO-BREAK SPACE}", '-~\'\'"""---><~| ', strict=True),
)
_ASCII = {**{0x2800 + dots: _stroke(dots) for dots in range(256)}, **{ord(a): b for a, b in _PAIRS}}


@lru_cache(maxsize=4096)
def written_in(symbols: Symbols, text: str) -> str:
    """`text` in characters of the set, as wide as before.

    In ASCII, an accented letter loses its accent, and a character without a replacement becomes `?`.
    """
    if symbols is Symbols.BRAILLE or text.isascii():
        return text
    if symbols is Symbols.BLOCK:
        return text.translate(_BLOCKS)
    known = text.translate(_ASCII)
    if known.isascii():
        return known
    spans, _ = split_graphemes(known)
    return "".join(_nearest(known[start:end], cells) for start, end, cells in spans)


def _nearest(grapheme: str, cells: int) -> str:
    if grapheme.isascii():
        return grapheme
    letters = unicodedata.normalize("NFKD", grapheme).encode("ascii", "ignore").decode()
    return letters if letters.isprintable() and len(letters) == cells else "?" * cells


class SymbolFilter(LineFilter):
    """Draws every line of every widget in the symbols of a set, including Textual's own borders and lists."""

    def __init__(self, symbols: Symbols) -> None:
        super().__init__(enabled=symbols is not Symbols.BRAILLE)
        self.symbols = symbols

    def apply(self, segments: list[Segment], background: Color) -> list[Segment]:  # noqa: ARG002
        symbols = self.symbols
        return [Segment(written_in(symbols, text), style, control) for text, style, control in segments]
