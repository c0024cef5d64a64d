"""Lines of styled text, measured in terminal cells, which every panel draws.

A `Line` is a tuple of `Span`s. It says which theme role each piece of text has, and nothing about
colours, widgets or escape sequences, so that panels are plain functions that tests can call.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from functools import lru_cache
from itertools import islice
from typing import NamedTuple

from rich.cells import cell_len, split_graphemes  # noqa: TID251 (in one place)

from claude_tui.model.format import NO_BREAK, unbroken

__all__ = [
    "BLANK",
    "NO_BREAK",
    "ROLES",
    "Line",
    "Lines",
    "Span",
    "cells_of",
    "clipped",
    "crop",
    "each_takes_one_cell",
    "first_fitting",
    "fit",
    "flow",
    "join",
    "line",
    "muted",
    "packed",
    "pad",
    "plain",
    "right",
    "spread",
    "width",
    "wrap",
]

ELLIPSIS = "…"
_SPACE = re.compile(f"[ {NO_BREAK}]")

_takes_one_cell_each = re.compile(
    "[ -~\xa0-\xac\xae-\u02ff\u0391-\u03a1\u03a3-\u03c9\u2010-\u2027\u2190-\u21ff"
    "\u2500-\u25fc\u2713-\u2718\u2758-\u275a\u2800-\u28ff]*"
).fullmatch


def each_takes_one_cell(text: str) -> bool:
    """Whether it surely consists of characters of one cell, as nearly all that is drawn.

    These are Latin letters and signs, Greek, dashes, arrows, boxes, blocks and curves.
    """
    # Most is ASCII, which is known sooner.
    return (text.isascii() and text.isprintable()) or _takes_one_cell_each(text) is not None


ROLES = (
    "background",
    "edge",
    "text",
    "dim",
    "faint",
    "accent",
    "ok",
    "warn",
    "bad",
    "info",
    "strip_trouble",
    "strip_warning",
    "track",
)
"""The roles that a theme assigns colours to. `background` and those of the strip are for `Span.back`."""


class Span(NamedTuple):
    """Text in one style."""

    text: str
    """The text itself, without control characters."""
    role: str = "text"
    """The role that colours the text."""
    bold: bool = False
    """Whether the text is bold."""
    back: str = ""
    """The role that colours the background; "" for the default."""


Line = tuple[Span, ...]
Lines = tuple[Line, ...]

BLANK: Line = ()


def line(*parts: Span | str) -> Line:
    """A Line of the non-empty parts. A plain string has the role `text`."""
    # Lists, here and below: a generator costs twice as much, and these run a thousand times a second.
    spans = [Span(part) if isinstance(part, str) else part for part in parts]
    return tuple([span for span in spans if span.text])


def plain(spans: Line) -> str:
    """The text without styles."""
    return "".join(span.text for span in spans)


def width(spans: Iterable[Span]) -> int:
    """The number of cells that the spans take up on screen."""
    texts = [span.text for span in spans]
    whole = "".join(texts)
    return len(whole) if each_takes_one_cell(whole) else sum([cells_of(text) for text in texts])


def cells_of(text: str) -> int:
    """The number of cells that a text takes up on screen.

    Rich keeps the last 4,096 texts that it measured: with texts that are new every second, a megabyte.
    """
    return len(text) if each_takes_one_cell(text) else cell_len(text)


def fit(text: str, cells: int) -> str:
    """`text` in at most `cells` cells, cut with an ellipsis if it does not fit."""
    if cells_of(text) <= cells:
        return text
    if cells <= 0:
        return ""
    return _head(text, cells - 1) + ELLIPSIS


def _head(text: str, cells: int) -> str:
    """The longest beginning of whole graphemes that takes at most `cells` cells."""
    # Visible graphemes take at least one cell, but there may be any number of zero-width ones: limit both.
    text = text[: cells * 8 + 8]
    used = 0
    for start, _end, size in split_graphemes(text)[0]:
        if used + size > cells:
            return text[:start]
        used += size
    return text


def pad(text: str, cells: int) -> str:
    """`text` cut or filled with spaces on the right to exactly `cells` cells."""
    cut = fit(text, cells)
    return cut + " " * (cells - cells_of(cut))


def right(text: str, cells: int) -> str:
    """`text` cut or filled with spaces on the left to exactly `cells` cells."""
    cut = fit(text, cells)
    return " " * (cells - cells_of(cut)) + cut


def crop(spans: Line, cells: int) -> Line:
    """The line in at most `cells` cells, cut with an ellipsis in the style of the span that is cut."""
    if width(spans) <= cells:
        return spans
    kept: list[Span] = []
    room = cells
    for span in spans:
        size = cells_of(span.text)
        if size >= room:
            # Something follows or overflows, so the cut must show even when this span just fits.
            text = fit(span.text if size > room else span.text + " ", room)
            return (*kept, span._replace(text=text)) if text else tuple(kept)
        kept.append(span)
        room -= size
    return tuple(kept)


def clipped(rows: Iterable[Line], cells: int, most: int) -> Lines:
    """At most `most` of the rows, each in at most `cells` cells."""
    return tuple(crop(row, cells) for row in islice(rows, max(most, 0)))


def spread(left: Line, end: Line, cells: int) -> Line:
    """`left` and `end` at the two edges of `cells` cells. `left` is cut if they would overlap."""
    used = width(end)
    if used > cells:
        end = crop(end, cells)
        used = width(end)
    room = cells - used
    used, most = width(left), max(room - 1, 0) if end else room
    if used > most:
        left = crop(left, most)
        used = width(left)
    gap = room - used
    return (*left, Span(" " * gap), *end) if gap > 0 else (*left, *end)


def first_fitting(forms: Iterable[Line], cells: int) -> Line:
    """The first of several forms, the longest first, that fits; the last one is cut if none does."""
    shown = BLANK
    for shown in forms:
        if width(shown) <= cells:
            return shown
    return crop(shown, cells)


def packed(pieces: Iterable[Line], cells: int, gap: str = " ") -> Lines:
    """The non-empty pieces in as few rows as possible, none of them broken."""
    rows: list[Line] = []
    for piece in filter(None, pieces):
        longer = join((rows[-1], piece), gap) if rows else piece
        if rows and width(longer) <= cells:
            rows[-1] = longer
        else:
            rows.append(piece)
    return tuple(rows)


def join(pieces: Iterable[Line], gap: str = "  ") -> Line:
    """The non-empty pieces, with `gap` between them."""
    out: list[Span] = []
    for piece in pieces:
        if piece:
            out += ([Span(gap)] if out else []) + list(piece)
    return tuple(out)


def muted(spans: Line) -> Line:
    """The same text in muted roles, for figures that are stale."""
    return tuple(span._replace(role="edge" if span.role == "edge" else "dim", bold=False) for span in spans)


def wrap(text: str, cells: int, rows: int) -> tuple[str, ...]:
    """`text` broken at spaces into at most `rows` rows of `cells` cells.

    A figure and its unit stay together, and so does what a `NO_BREAK` joins, which is shown as a space. The
    last row is cut with an ellipsis when there is more.
    """
    return tuple(row.replace(NO_BREAK, " ") for row in _broken(text, cells, rows))


def _broken(text: str, cells: int, rows: int) -> list[str]:
    out: list[str] = []
    if cells <= 0 or rows <= 0:
        return out
    for row in _wrapped(_words(text, cells), cells):
        if len(out) == rows:
            last = out[-1]
            out[-1] = fit(last + ELLIPSIS if cells_of(last) < cells else last + "  ", cells)
            break
        out.append(row)
    return out


def _words(text: str, cells: int) -> list[str]:
    """The parts that may not be broken, unless they are wider than a row."""
    words = (word for word in unbroken(text).split(" ") if word)
    return [
        part
        for word in words
        for part in ([word] if cells_of(word) <= cells else word.split(NO_BREAK))
        if part
    ]


def _wrapped(words: list[str], cells: int) -> Iterator[str]:
    row = ""
    for word in words:
        if row and cells_of(row) + 1 + cells_of(word) <= cells:
            row += " " + word
            continue
        if row:
            yield row
        row = word
        while cells_of(row) > cells:
            head = _head(row, cells) or row[0]
            yield head
            row = row[len(head) :]
    if row:
        yield row


# Most running text is the same from one second to the next.
@lru_cache(maxsize=32)
def flow(spans: Line, cells: int, rows: int) -> Lines:
    """`wrap` for a Line: every word keeps the style of the span that it begins in."""
    styled = [span._replace(text=word) for span in spans for word in _SPACE.split(span.text) if word]
    words = (word for span in spans for word in span.text.split(" ") if word)
    texts = _broken(" ".join(words), cells, rows)
    out: list[Line] = []
    rest = iter(styled)
    word, left = Span(""), ""
    for text in texts:
        row: list[Span] = []
        for part in _SPACE.split(text):
            if not left:
                word = next(rest, word)
                left = word.text
            if row:
                row.append(Span(" ", word.role, bold=row[-1].bold and word.bold))
            row.append(word._replace(text=part))
            left = left.removeprefix(part)
        out.append(tuple(row))
    return tuple(out)
