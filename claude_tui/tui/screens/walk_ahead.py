"""What lies ahead in the tree, for the rows of the walker that would stay empty.

Below a question: what the branch under the cursor leads to, and where the data leads from there. Below an
answer: the steps of its playbook.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Set

from claude_tui.model.playbook import StepState
from claude_tui.runbook import Facts, Placeholders, Runbook, Walk, take, walk_view
from claude_tui.runbook.view import BranchView, NodeView, PlaybookView, StepView
from claude_tui.tui.panels.zoom_parts import heading
from claude_tui.tui.render.lines import BLANK, Line, Lines, Span, crop, line, right, wrap
from claude_tui.tui.screens.playbook_lines import STEP_MARKS
from claude_tui.tui.screens.runbook_parts import WIDEST, facts, labelled, prose

__all__ = ["nodes_after", "nodes_ahead", "steps_ahead"]

_LABEL_ROWS = 3
_NUMBER_CELLS = 4
# A heading and fewer steps would say too little.
_FEWEST_STEPS = 3


def nodes_after(
    runbook: Runbook, walk: Walk, branch: int, found: Facts, placeholders: Placeholders
) -> Iterator[NodeView]:
    """The node behind a branch, then those that the data leads to from there."""
    following: int | None = branch
    while following is not None:
        walk = take(runbook, walk, following)
        node = walk_view(runbook, walk, found, placeholders).node
        yield node
        following = next((suggestion.index for suggestion in node.branches if suggestion.suggested), None)


def nodes_ahead(nodes: Iterable[NodeView], shown: Iterable[str], cells: int, rows: int) -> Lines:
    """As many of the nodes as fit into the rows, with those of their facts that are not `shown` elsewhere.

    In fewer rows a node has no facts, and a question only the branch that the data points to.
    """
    out: list[Line] = []
    known = set(shown)
    note = "· behind this branch"
    for node in nodes:
        room = rows - len(out) - 1
        drawn = next((form for form in _forms(node, note, known, cells) if len(form) <= room), ())
        if not drawn:
            break
        out += [BLANK, *drawn]
        known |= {fact.words for fact in node.facts}
        note = "· where the data leads from there"
    return tuple(out)


def _forms(node: NodeView, note: str, known: Set[str], cells: int) -> Iterator[Lines]:
    """The node in full, then in ever fewer rows."""
    head = (heading(node.node.title, note, cells), *prose(node.node.text, cells))
    whole = (*head, *(_answer(node, cells) if node.node.is_answer else _branches(node.branches, cells)))
    yield (*whole, *_new_facts(node, known, cells))
    yield whole
    if not node.node.is_answer:
        pointed = [branch for branch in node.branches if branch.suggested]
        count = len(node.branches) - len(pointed)
        others = f"{count} {'other ' if pointed else ''}{'branch' if count == 1 else 'branches'}"
        yield (*head, *_branches(pointed, cells), line(Span(f"· {others}", "faint")))


def _new_facts(node: NodeView, known: Set[str], cells: int) -> Lines:
    new = [fact for fact in node.facts if fact.known and fact.words not in known]
    return (BLANK, *facts(new, cells)) if new else ()


def _answer(node: NodeView, cells: int) -> Iterator[Line]:
    answer = node.node
    if answer.first:
        yield from labelled("First", answer.first, cells)
    if node.playbook is not None:
        yield from labelled("Then", f"the playbook {node.playbook.title}", cells)


def _branches(branches: Iterable[BranchView], cells: int) -> Iterator[Line]:
    for branch in branches:
        mark = "◀ " if branch.suggested else "· "
        for number, row in enumerate(wrap(branch.label, min(cells, WIDEST) - 2, _LABEL_ROWS)):
            role = "text" if branch.suggested else "dim"
            yield line(
                Span("  " if number else mark, "accent" if branch.suggested else "faint"), Span(row, role)
            )


def steps_ahead(view: PlaybookView, cells: int, rows: int) -> Lines:
    """The steps of a playbook by their titles, as many as fit; nothing if that is only a few of them."""
    steps, room = view.steps, rows - 2
    if room < min(_FEWEST_STEPS, len(steps)) or not steps:
        return ()
    kept = steps if len(steps) <= room else steps[: room - 1]
    more = len(steps) - len(kept)
    return (
        BLANK,
        heading("Playbook", f"· {view.playbook.title}", cells),
        *(crop(_step(step), cells) for step in kept),
        *([line(Span(f"{right(f'+{more}', _NUMBER_CELLS)}  more", "faint"))] if more else []),
    )


def _step(step: StepView) -> Line:
    glyph, _, role = STEP_MARKS[step.state]
    aside = step.applies is False and step.state is StepState.OPEN
    return line(
        Span(f"{glyph} ", role),
        Span(f"{right(str(step.number), _NUMBER_CELLS - 2)}  ", "dim"),
        Span(step.step.title, "dim" if aside else "text"),
    )
