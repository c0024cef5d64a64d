"""The first five minutes: three results, and the commands to check by hand."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from claude_tui.model.format import clock
from claude_tui.runbook import CheckResult, CheckState, Command, Placeholders, commands
from claude_tui.tui.panels.verdict_text import figures
from claude_tui.tui.panels.zoom_parts import heading
from claude_tui.tui.render.lines import BLANK, Line, Lines, Span, crop, line, spread, wrap
from claude_tui.tui.screens.runbook_parts import KeyOf, Page, code, prose, under_cursor, warning

__all__ = ["asked_lines", "by_hand", "one_column", "results_page", "script"]

_MARKS = {
    CheckState.WAITING: ("◌", "checking", "dim"),
    CheckState.FINE: ("●", "fine", "ok"),
    CheckState.TROUBLE: ("✗", "trouble", "bad"),
    CheckState.UNKNOWN: ("▲", "can't tell", "warn"),
}
_MARGIN = 4
_MOST_ROWS = 6
# More rows than any screen has, so that the heading moves to the top.
_TO_THE_TOP = 1_000


def script(check: CheckResult, placeholders: Placeholders) -> Command:
    """All commands of a check as one text to copy and run."""
    parts = (
        f"# {command.title}\n{command.text.strip()}\n" for command in commands(check.check, placeholders)
    )
    return Command(check.check.title, "\n".join(parts))


def asked_lines(asked_at: datetime, paused_at: datetime | None, key: KeyOf, cells: int) -> Lines:
    """When the checks started, or that a frozen display cannot show their results."""
    if paused_at is not None and paused_at < asked_at:
        text = (
            f"Started at {clock(asked_at)}, but the display is frozen at {clock(paused_at)}: "
            f"{key('pause')} shows the results."
        )
        return warning(text, cells)
    when = Span(clock(asked_at), "text")
    again = Span(f" UTC. {key('first_five')} runs them again.", "dim")
    return (crop(line(Span(" Started at ", "dim"), when, again), cells),)


def results_page(results: Sequence[CheckResult], cursor: int, cells: int) -> Page:
    """The result of each check, one below the other."""
    out: list[Line] = []
    items = []
    for number, result in enumerate(results):
        rows = _result(result, cells, chosen=number == cursor)
        items.append(range(len(out), len(out) + len(rows)))
        out += [*rows, BLANK]
    return Page(tuple(out[:-1]), items[cursor] if items else range(0), tuple(items))


def _result(result: CheckResult, cells: int, *, chosen: bool) -> Lines:
    glyph, state, role = _MARKS[result.state]
    loud = result.state is not CheckState.WAITING
    head = spread(
        line(
            Span("▸ " if chosen else "  ", "accent", bold=True),
            Span(f"{glyph} ", role, bold=loud),
            Span(result.check.title, "text", bold=True),
        ),
        line(Span(state, role, bold=loud)),
        cells,
    )
    rows = (
        line(" " * (_MARGIN if number == 0 else _MARGIN + 2), *figures(row, "text" if loud else "dim"))
        for text in result.lines
        for number, row in enumerate(wrap(text, cells - _MARGIN - 2, _MOST_ROWS))
    )
    return (under_cursor(head, cells) if chosen else head, *rows)


def by_hand(
    results: Sequence[CheckResult], cursor: int, placeholders: Placeholders, key: KeyOf, cells: int
) -> Page:
    """The commands of each check, and how to read their output, with those at the cursor in view."""
    out: list[Line] = []
    marked, items = range(0), []
    for number, result in enumerate(results):
        chosen, start = number == cursor, len(out)
        note = f"· {key('copy')} copies" if chosen else ""
        out.append(heading(("▸ " if chosen else "") + result.check.title, note, cells))
        for command in commands(result.check, placeholders):
            out += [line(Span(f"# {command.title}", "dim")), *code(command.text, cells, 0), BLANK]
        out += prose(result.check.reads, cells, "dim")
        if chosen:
            marked = range(start, len(out) + _TO_THE_TOP)
        items.append(range(start, len(out)))
        out.append(BLANK)
    return Page(tuple(out[:-1]), marked, tuple(items))


def one_column(
    results: Sequence[CheckResult], cursor: int, placeholders: Placeholders, key: KeyOf, cells: int
) -> Page:
    """The results, with the commands below them."""
    above = results_page(results, cursor, cells)
    below = by_hand(results, cursor, placeholders, key, cells)
    return Page((*above.lines, BLANK, *below.lines), above.cursor, above.items)
