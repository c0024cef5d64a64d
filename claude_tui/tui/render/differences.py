"""What differs between the lines on screen and those that replace them."""

from __future__ import annotations

from rich.cells import split_graphemes

from claude_tui.tui.render.lines import Line, Lines, cells_of, width

__all__ = ["changes", "with_texts"]

# Changed runs closer than this are sent as one: moving the cursor and setting a colour costs
# about 45 bytes, repeating a few unchanged cells costs less.
_MERGE_GAP = 4

_Cell = tuple[str, str, bool, str]


def _alike(old: Line, new: Line) -> tuple[int, int]:
    """How many spans are the same at the beginning, and, if both lines are equally wide, at the end.

    One more visible span is left at either side, as a span may begin with what belongs to the character
    before it.
    """
    shorter = min(len(old), len(new))
    start = next((n for n in range(shorter) if old[n] != new[n]), shorter)
    while start:
        start -= 1
        if cells_of(old[start].text):
            break
    if width(old) != width(new):
        return start, 0
    end = next((n for n in range(shorter - start) if old[-1 - n] != new[-1 - n]), shorter - start)
    while end:
        end -= 1
        if cells_of(old[-1 - end].text):
            break
    return start, end


def _cells(spans: Line, total: int) -> list[_Cell]:
    """One entry per cell. Both cells of a wide character contain it, so that they change together."""
    cells: list[_Cell] = []
    for text, role, bold, back in spans:
        if text.isascii():
            cells += [(char, role, bold, back) for char in text]
            continue
        for start, end, size in split_graphemes(text)[0]:
            grapheme = text[start:end]
            if size:
                cells += [(grapheme if n == 0 else grapheme + str(n), role, bold, back) for n in range(size)]
            elif cells:
                before = cells[-1]
                cells[-1] = (before[0] + grapheme, *before[1:])
    blank = (" ", "", False, "")
    return (cells + [blank] * (total - len(cells)))[:total]


def changes(old: Line, new: Line, total: int) -> tuple[tuple[int, int], ...]:
    """Half-open column ranges in `total` cells in which `new` looks different from `old`.

    Close ranges are merged. A wide character is never split, and spaces in different roles look the same.
    """
    if old == new:
        return ()
    start, end = _alike(old, new)
    first = width(old[:start])
    total = max(total - first, 0)
    if end:
        total = min(total, max(width(old[start:-end]), width(new[start:-end])))
        old, new = old[:-end], new[:-end]
    ranges: list[tuple[int, int]] = []
    pairs = zip(_cells(old[start:], total), _cells(new[start:], total), strict=True)
    for x, (before, after) in enumerate(pairs, first):
        if before == after or (before[0] == after[0] == " " and before[3] == after[3]):
            continue
        if ranges and x - ranges[-1][1] <= _MERGE_GAP:
            ranges[-1] = (ranges[-1][0], x + 1)
        else:
            ranges.append((x, x + 1))
    return tuple(ranges)


def with_texts(lines: Lines, before: Lines, now: Lines) -> Lines | None:
    """`lines` with the parts `now` in place of the parts `before`.

    None if drawing again might show something else: a part that changed must be one span, drawn once, and
    differ only in its text, which has the same width.
    """
    if len(before) != len(now):
        return None
    changed = [(old, new) for old, new in zip(before, now, strict=True) if old != new]
    if any(len(old) != 1 or len(new) != 1 for old, new in changed):
        return None
    for (old,), (new,) in changed:
        if old._replace(text=new.text) != new or cells_of(old.text) != cells_of(new.text):
            return None
        found = [
            (y, x)
            for y, row in enumerate(lines)
            for x, span in enumerate(row)
            if span.text == old.text and span.role == old.role and span.bold == old.bold
        ]
        if len(found) != 1:
            return None
        y, x = found[0]
        row = lines[y]
        row = (*row[:x], row[x]._replace(text=new.text), *row[x + 1 :])
        lines = (*lines[:y], row, *lines[y + 1 :])
    return lines
