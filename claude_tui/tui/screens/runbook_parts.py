"""Parts that the runbook's screens share: labelled prose, code to copy, the row under the cursor."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from typing import NamedTuple

from rich.cells import chop_cells

from claude_tui.runbook.view import FactView
from claude_tui.tui.actions import ACTIONS
from claude_tui.tui.keys import KeyMap, display, first_key
from claude_tui.tui.panels.verdict_text import figures
from claude_tui.tui.render.lines import BLANK, Line, Lines, Span, crop, line, pad, width, wrap

__all__ = [
    "WIDEST",
    "KeyOf",
    "Page",
    "code",
    "facts",
    "key_of",
    "labelled",
    "prose",
    "under_cursor",
    "warning",
]

KeyOf = Callable[[str], str]
"""Maps an action's id to its key as the screens show it."""

WIDEST = 100
"""The widest row of prose, as longer rows are hard to read on any screen."""

_MOST_ROWS = 200
_CONTINUED = "↳ "
_WARNING_ROWS = 3


class Page(NamedTuple):
    """Lines, and the range of rows at the cursor, which must be visible."""

    lines: Lines
    cursor: range = range(0)
    items: tuple[range, ...] = ()
    """The rows of each item that the cursor can be on, in its order."""


def key_of(keymap: KeyMap) -> KeyOf:
    """The keys of each action: the person's own, or the registry's; empty if it is not offered."""
    first = {action.id: first_key(action.id, action.keys, keymap) for action in ACTIONS}
    return lambda action_id: display(first[action_id]) if first[action_id] else ""


def prose(text: str, cells: int, role: str = "text", *, bold: bool = False, indent: int = 0) -> Lines:
    """Running text with its own line breaks."""
    room = min(cells, WIDEST) - indent
    rows = (row for part in text.splitlines() for row in wrap(part, room, _MOST_ROWS) or ("",))
    return tuple(line(" " * indent, Span(row, role, bold=bold)) for row in rows)


def labelled(
    label: str, text: str, cells: int, role: str = "text", *, label_cells: int = 7, bold: bool = False
) -> Lines:
    """Running text after a dim label, with a hanging indent."""
    rows = prose(text, cells - label_cells, role, bold=bold)
    head = line(Span(pad(label, label_cells), "dim"))
    return tuple(
        line(*(head if number == 0 else (Span(" " * label_cells),)), *row) for number, row in enumerate(rows)
    )


def code(text: str, cells: int, indent: int = 2) -> Lines:
    """Code to copy. Nothing is cut: long lines continue in the next row after a mark."""
    return tuple(_code(text, max(cells - indent, 8), " " * indent))


def _code(text: str, cells: int, indent: str) -> Iterator[Line]:
    for source in text.rstrip("\n").split("\n"):
        role = "dim" if source.lstrip().startswith("#") else "info"
        first, rest = _broken(source, cells)
        yield line(indent, Span(first, role)) if first.strip() else BLANK
        margin = " " * min(len(source) - len(source.lstrip()), cells // 3)
        while rest:
            more, rest = _broken(rest, max(cells - len(margin) - len(_CONTINUED), 1))
            yield line(indent, margin, Span(_CONTINUED, "faint"), Span(more, role))


def _broken(text: str, cells: int) -> tuple[str, str]:
    """What fits into one row, and the rest. It breaks at a space if there is one in the second half."""
    head = (chop_cells(text, cells) or [""])[0]
    if len(head) == len(text):
        return text, ""
    space = head.rfind(" ", len(head) // 2)
    cut = space + 1 if space > 0 else len(head)
    return text[:cut], text[cut:]


def facts(found: Iterable[FactView], cells: int) -> Lines:
    """What the data says, one fact after the other, with a mark at those that point to a branch."""
    out: list[Line] = []
    for fact in found:
        rows = wrap(fact.words, min(cells, WIDEST) - 2, _MOST_ROWS)
        mark = Span("◀ " if fact.points else "  ", "accent", bold=True)
        for number, row in enumerate(rows):
            drawn = line(Span(row, "text", bold=True)) if fact.points else figures(row)
            out.append(
                line(mark if number == 0 else Span("  "), *(drawn if fact.known else (Span(row, "faint"),)))
            )
    return tuple(out)


def under_cursor(row: Line, cells: int) -> Line:
    """The row in the colour of the cursor, filled to the edge."""
    row = crop(row, cells)
    fill = Span(" " * (cells - width(row)))
    return tuple(span._replace(back="track") for span in (*row, fill) if span.text)


def warning(text: str, cells: int) -> Lines:
    """A warning about the program or a user's file, in a few rows; no rows for ""."""
    rows = wrap(text, cells - 2, _WARNING_ROWS) if text else ()
    return tuple(
        line(Span("  " if number else "▲ ", "warn", bold=True), Span(row, "text"))
        for number, row in enumerate(rows)
    )
