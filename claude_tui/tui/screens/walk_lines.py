"""The walker: the path through the tree, and the current question or answer."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime

from claude_tui.model.format import clock
from claude_tui.model.verdict import Severity
from claude_tui.runbook.values import Command, Node
from claude_tui.runbook.view import BranchView, NodeView, Place, TreeLine, WalkView
from claude_tui.tui.panels.zoom_parts import heading
from claude_tui.tui.render.lines import BLANK, Line, Lines, Span, crop, fit, join, line, spread, wrap
from claude_tui.tui.screens.runbook_parts import (
    WIDEST,
    KeyOf,
    Page,
    code,
    facts,
    labelled,
    prose,
    under_cursor,
)

__all__ = ["WalkContext", "commands_of", "node_page", "path_line", "resumed_line", "tree_page"]

_LABEL_ROWS = 3
# From this width on, there is room to explain the mark at a branch.
_ROOMY = 66


@dataclass(frozen=True, slots=True)
class WalkContext:
    """What the screen shows of a walk besides its node."""

    at: datetime
    """The instant of the data."""
    cursor: int
    """The index of the branch at the cursor."""
    copies: int
    """How many commands have been copied, which decides the next one."""
    severity: Severity
    """The current severity."""
    playbook: str
    """The title of the playbook for this node."""


def path_line(view: WalkView, cells: int) -> Line:
    """The answered questions in one line; only the last ones if not all fit."""
    titles = [tree_line.text for tree_line in view.tree if tree_line.place is Place.PASSED]
    way = " › ".join([*titles, ""]).strip()
    while len(way) > cells and len(titles) > 1:
        titles = titles[1:]
        way = " › ".join(["…", *titles, ""]).strip()
    return line(Span(fit(way, cells), "dim"))


def commands_of(node: NodeView) -> tuple[Command, ...]:
    """The text to copy at a node: its commands, or else its text."""
    if node.node.commands:
        return node.node.commands
    shown = node.node
    first = [f"First: {shown.first}"] if shown.first else []
    data = [f"- {fact.words}" for fact in node.facts if fact.known]
    return (Command(f"the text of {shown.title}", "\n".join([shown.title, shown.text, *first, *data])),)


# -- the tree ------------------------------------------------------------------------


def tree_page(view: WalkView, cursor: int, cells: int) -> Page:
    """The path taken, each question with its answer, and where the branches from here lead."""
    out: list[Line] = []
    marked, items = range(0), []
    ahead = [tree_line for tree_line in view.tree if tree_line.place is Place.AHEAD]
    for tree_line in view.tree:
        if tree_line.place is Place.PASSED:
            out += _passed(tree_line, cells)
        elif tree_line.place is Place.HERE:
            mark = Span("■ " if tree_line.answer else "? ", "accent", bold=True)
            out.append(crop(line(mark, Span(tree_line.text, "text", bold=True)), cells))
            marked = range(len(out) - 1, len(out))
        else:
            row = _ahead(tree_line, cells, last=tree_line is ahead[-1], chosen=tree_line.branch == cursor)
            if tree_line.branch == cursor:
                row, marked = under_cursor(row, cells), range(len(out), len(out) + 1)
            items.append(range(len(out), len(out) + 1))
            out.append(row)
    legend = line(Span("? question   ■ answer   ◀ data", "faint"))
    return Page((*out, BLANK, legend), marked, tuple(items))


def _passed(tree_line: TreeLine, cells: int) -> Lines:
    answered = wrap(tree_line.via, cells - 4, 2)
    return (
        crop(line(Span("✓ ", "ok"), Span(tree_line.text, "text")), cells),
        *(
            line(Span("  " if number else "└ ", "edge"), Span(row, "dim"))
            for number, row in enumerate(answered)
        ),
    )


def _ahead(tree_line: TreeLine, cells: int, *, last: bool, chosen: bool) -> Line:
    joint = "▸ " if chosen else "└ " if last else "├ "
    glyph = "■ " if tree_line.answer else "? "
    return spread(
        line(
            " ",
            Span(joint, "accent" if chosen else "edge", bold=chosen),
            Span(glyph, "dim"),
            Span(tree_line.text, "text"),
        ),
        line(Span("◀", "accent", bold=True)) if tree_line.suggested else BLANK,
        cells,
    )


# -- the node ------------------------------------------------------------------------


def node_page(view: WalkView, context: WalkContext, key: KeyOf, cells: int, rows: int, *, way: bool) -> Page:
    """Question, branches and data; or the answer and what to do. `way` adds the path taken on top."""
    node = view.node
    out: list[Line] = []
    if way and (passed := path_line(view, cells)):
        out.append(passed)
    if node.node.is_answer:
        return Page((*out, *_answer(node, context, key, cells), *_rest(node, context, key, cells)))
    out += [*prose(node.node.text, cells, bold=True), BLANK]
    branches, items = _branches(node, context.cursor, cells, len(out))
    marked = items[context.cursor] if items else range(0)
    page = (*out, *branches, BLANK, *_rest(node, context, key, cells))
    # If the cursor is on the first branch, what is above it is kept in view too, as far as possible.
    return Page(page, range(marked.stop) if context.cursor == 0 and marked.stop <= rows else marked, items)


def resumed_line(left_at: datetime | None, key: KeyOf, cells: int) -> Lines:
    """Says that the walk resumes where it was left; empty for a new walk."""
    if left_at is None:
        return ()
    text = f"Back where you left off at {clock(left_at)}. {key('restart')} restarts."
    return (crop(line(Span("▸ ", "accent", bold=True), Span(text, "text")), cells),)


def _branches(node: NodeView, cursor: int, cells: int, above: int) -> tuple[list[Line], tuple[range, ...]]:
    """The branches, and the rows of each, with `above` rows before them."""
    out: list[Line] = []
    items, room = [], min(cells, WIDEST)
    for branch in node.branches:
        rows = _branch(branch, room, chosen=branch.index == cursor)
        if branch.index == cursor:
            rows = tuple(under_cursor(row, room) for row in rows)
        items.append(range(above + len(out), above + len(out) + len(rows)))
        out += rows
    return out, tuple(items)


def _branch(branch: BranchView, cells: int, *, chosen: bool) -> Lines:
    points = ("◀ data points here" if cells >= _ROOMY else "◀ data") if branch.suggested else ""
    room = cells - 2 - (len(points) + 1 if points else 0)
    first, *more = wrap(branch.label, room, _LABEL_ROWS) or ("",)
    bold = branch.suggested or chosen
    return (
        spread(
            line(Span("▸ " if chosen else "  ", "accent", bold=True), Span(first, "text", bold=bold)),
            line(Span(points, "accent", bold=True)),
            cells,
        ),
        *(line("  ", Span(row, "text", bold=bold)) for row in more),
    )


def _answer(node: NodeView, context: WalkContext, key: KeyOf, cells: int) -> Iterator[Line]:
    answer = node.node
    yield join(_verdict_pieces(answer), " · ")
    yield from prose(answer.text, cells, bold=True)
    yield BLANK
    if answer.first:
        yield from labelled("First", answer.first, cells, bold=True)
        yield BLANK
    yield crop(_offer(key("act"), " playbook: ", context.playbook), cells)
    if answer.severity is not None and answer.severity.trouble:
        yield crop(_severity(answer.severity, context.severity, key("set_severity")), cells)
    yield BLANK


def _verdict_pieces(answer: Node) -> Iterator[Line]:
    yield line(Span("■ Answer", "accent", bold=True))
    if answer.side is not None:
        yield line(Span(answer.side.owner, "text", bold=True))


def _severity(wanted: Severity, now: Severity, key: str) -> Line:
    """The usual severity of this answer, with the key to set it if it differs from the current one."""
    if not now.trouble:
        return line(Span("  severity: usually ", "dim"), Span(wanted.value, "text"))
    if wanted is now:
        return line(Span("  severity: ", "dim"), Span(wanted.value, "text"), Span(", as it is now", "dim"))
    offer = _offer(key, f"{' ' if key else '  '}severity: usually ", wanted.value)
    return line(*offer, Span(f"; currently {now.value}", "dim"))


def _offer(key: str, what: str, name: str) -> Line:
    return line(Span(key, "accent", bold=True), Span(what, "dim"), Span(name, "text"))


def _rest(node: NodeView, context: WalkContext, key: KeyOf, cells: int) -> Iterator[Line]:
    yield from _data(node, context, cells)
    if node.node.help:
        yield BLANK
        yield from prose(node.node.help, cells, "dim")
    commands = node.node.commands
    if not commands:
        return
    yield BLANK
    again = "; press again for the next" if commands[1:] else ""
    yield heading("By hand", f"· {key('copy')} copies{again}", cells)
    for number, command in enumerate(commands):
        if number:
            yield BLANK
        next_one = number == context.copies % len(commands)
        mark = Span(f"{key('copy')} " if next_one else "  ", "accent", bold=True)
        for row, text in enumerate(wrap(command.title, cells - 2, _LABEL_ROWS)):
            yield line(Span("  ") if row else mark, Span(text, "text"))
        yield from code(command.text, cells)


def _data(node: NodeView, context: WalkContext, cells: int) -> Iterator[Line]:
    if not node.facts:
        return
    yield heading("What the data says", f"· {clock(context.at)}", cells)
    yield from facts(node.facts, cells)
    suggested = next((branch for branch in node.branches if branch.suggested), None)
    if node.node.is_answer:
        return
    if suggested is None:
        yield line(Span("  It doesn't point to any branch: your call.", "dim"))
    elif not any(fact.points for fact in node.facts):
        yield line(Span("◀ ", "accent", bold=True), Span("; ".join(suggested.because).capitalize(), "text"))
