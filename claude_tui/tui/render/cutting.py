"""Cuts cells out of a line being drawn, without keeping the pieces."""

from __future__ import annotations

from collections.abc import Iterable

from rich.cells import split_graphemes
from rich.segment import Segment

from claude_tui.tui.render.lines import cells_of, each_takes_one_cell

__all__ = ["between"]


def between(segments: Iterable[Segment], start: int, end: int) -> list[Segment]:
    """The cells from `start` up to `end`; half of a wide character is a space.

    `Strip.crop` does the same, but Rich keeps the last 16,384 cuts of non-ASCII texts: an hour of changing
    figures is 2 MB.
    """
    found: list[Segment] = []
    x = 0
    for segment in segments:
        size = cells_of(segment.text)
        if x >= end or start >= end:
            break
        # A zero-width character belongs to the character before it.
        if x + size > start or (found and not size):
            whole = x >= start and x + size <= end
            text = segment.text if whole else _cut(segment.text, start - x, end - x)
            found.append(segment if whole else Segment(text, segment.style))
        x += size
    return found


def _cut(text: str, start: int, end: int) -> str:
    if each_takes_one_cell(text):
        return text[max(start, 0) : end]
    out: list[str] = []
    x = 0
    for first, last, size in split_graphemes(text)[0]:
        before, x = x, x + size
        if size and before >= end:
            break
        if x > start:
            out.append(text[first:last] if size < 2 or (before >= start and x <= end) else " ")
    return "".join(out)
