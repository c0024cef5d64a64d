"""The runbook's pages as lines: nothing is cut, nothing too wide, and the cursor in view."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from claude_tui.model.observation import Outcome
from claude_tui.model.playbook import StepState
from claude_tui.model.verdict import Cause, Severity
from claude_tui.runbook import (
    Placeholders,
    Playbook,
    Walk,
    begin,
    mark,
    playbook_view,
    progress_of,
    results,
    shipped,
    take,
    walk_view,
)
from claude_tui.tui.render.lines import Lines, plain, width
from claude_tui.tui.screens import first_five_lines
from claude_tui.tui.screens.cursor_pager import top_for
from claude_tui.tui.screens.playbook_lines import (
    PlaybookContext,
    list_page,
    one_column,
    progress_line,
    step_page,
)
from claude_tui.tui.screens.runbook_parts import code, key_of, under_cursor
from claude_tui.tui.screens.walk_ahead import nodes_after, nodes_ahead, steps_ahead
from claude_tui.tui.screens.walk_lines import WalkContext, node_page, path_line, tree_page
from tests.builders import after, messages, models
from tests.runbook_values import facts, failing, snapshot, verdict

RUNBOOK = shipped()
KEY = key_of({})
WIDTHS = (56, 72, 76, 116)
FACTS = facts(
    verdict(Cause.PROVIDER_OVERLOADED), *failing(Outcome.OVERLOADED), *(models(9.0 * n) for n in range(30))
)
LOOK = WalkContext(after(300), 0, 0, Severity.P1, "Outage and overload")


def flat(lines: Lines) -> str:
    return " ".join(" ".join(plain(line) for line in lines).split())


@pytest.mark.parametrize("node", RUNBOOK.nodes)
@pytest.mark.parametrize("cells", WIDTHS)
def test_each_node_is_shown_in_full(node: str, cells: int) -> None:
    view = walk_view(RUNBOOK, Walk(node), FACTS, Placeholders())
    page = node_page(view, LOOK, KEY, cells, 40, way=True)
    text = flat(page.lines)
    shown = view.node.node
    for part in (shown.text, shown.first, shown.help, *(fact.words for fact in view.node.facts)):
        assert " ".join(part.split()) in text
    for pointer in ("◀ data points here", "◀ data"):
        text = " ".join(text.replace(pointer, "").split())
    for branch in view.node.branches:
        assert branch.label in text
    assert max(width(line) for line in page.lines) <= cells


@pytest.mark.parametrize("cells", WIDTHS)
def test_the_tree_shows_where_one_came_from_and_where_the_branches_lead(cells: int) -> None:
    walk = take(RUNBOOK, take(RUNBOOK, begin(RUNBOOK), 7), 1)
    view = walk_view(RUNBOOK, walk, FACTS, Placeholders())
    text = flat(tree_page(view, 0, cells).lines)
    assert (
        "✓ What comes back? └ 5xx or 529 ✓ 5xx and 529 └ 529, or Overloaded in any form ■ Overloaded" in text
    )
    assert plain(path_line(view, cells)) == "What comes back? › 5xx and 529 ›"
    assert width(path_line(view, 10)) <= 10


@pytest.mark.parametrize("cells", WIDTHS)
def test_spare_rows_show_what_is_behind_the_branch_and_where_the_data_leads(cells: int) -> None:
    nodes = list(nodes_after(RUNBOOK, begin(RUNBOOK), 7, FACTS, Placeholders()))
    assert [node.node.title for node in nodes] == ["5xx and 529", "Overloaded"]
    text = flat(nodes_ahead(nodes, (), cells, 60))
    assert "5xx and 529 · behind this branch" in text
    assert "◀ 529, or Overloaded in any form" in text
    assert "Overloaded · where the data leads from there" in text
    assert " ".join(nodes[1].node.first.split()) in text


@given(st.integers(0, 10), st.integers(0, 60), st.sampled_from(WIDTHS))
def test_what_lies_ahead_never_needs_more_than_the_spare_rows(branch: int, rows: int, cells: int) -> None:
    nodes = list(nodes_after(RUNBOOK, begin(RUNBOOK), branch, FACTS, Placeholders()))
    shown = [fact.words for fact in nodes[0].facts]
    drawn = nodes_ahead(nodes, shown, cells, rows)
    assert len(drawn) <= rows
    assert max(map(width, drawn), default=0) <= cells
    for words in shown[:1]:
        assert words not in flat(drawn)


@pytest.mark.parametrize("book", RUNBOOK.playbooks.values(), ids=RUNBOOK.playbooks)
def test_spare_rows_below_a_step_show_the_steps_after_it(book: Playbook) -> None:
    marks = [mark(book, book.steps[1], StepState.DONE, by="eve", at=after(200))]
    view = playbook_view(book, progress_of(marks, book, after(300)), FACTS, Placeholders())
    look = PlaybookContext(after(300), 1, "eve", after(200))
    alone = step_page(view, look, FACTS, KEY, 116).lines
    for rows in range(70):
        page = step_page(view, look, FACTS, KEY, 116, rows).lines
        assert page[: len(alone)] == alone
        assert len(page) <= max(rows, len(alone))
    assert "· step 2" not in flat(step_page(view, look, FACTS, KEY, 116, 400).lines)
    after_it = next(step for step in view.steps[2:] if step.applies is not False)
    assert f"{after_it.step.title} · step {after_it.number}" in flat(
        step_page(view, look, FACTS, KEY, 116, 400).lines
    )


@given(st.integers(0, 30), st.sampled_from(list(RUNBOOK.playbooks.values())))
def test_the_steps_of_a_playbook_fit_and_the_rest_is_counted(rows: int, book: Playbook) -> None:
    marks = [mark(book, book.steps[0], StepState.DONE, by="eve", at=after(200))]
    view = playbook_view(book, progress_of(marks, book, after(300)), FACTS, Placeholders())
    drawn = [plain(row) for row in steps_ahead(view, 76, rows)]
    assert len(drawn) <= rows
    if not drawn:
        return
    assert drawn[2].startswith(f"✓  1  {view.steps[0].step.title}")
    listed = [row for row in drawn[2:] if "more" not in row]
    hidden = int(drawn[-1].strip("+ more")) if len(listed) < len(drawn) - 2 else 0
    assert len(listed) + hidden == len(book.steps)


@given(st.integers(0, 10), st.integers(6, 60))
def test_the_cursors_branch_is_among_the_rows_that_must_be_seen(cursor: int, rows: int) -> None:
    view = walk_view(RUNBOOK, Walk("start"), FACTS, Placeholders())
    page = node_page(view, replace(LOOK, cursor=cursor), KEY, 56, rows, way=True)
    top = top_for(page.cursor, 0, rows)
    seen = [plain(line) for line in page.lines[top : top + rows]]
    assert any(row.startswith(f"▸ {view.node.branches[cursor].label[:20]}") for row in seen)


@pytest.mark.parametrize("book", RUNBOOK.playbooks.values(), ids=RUNBOOK.playbooks)
@pytest.mark.parametrize("cells", WIDTHS)
def test_each_step_is_shown_in_full(book: Playbook, cells: int) -> None:
    marks = [mark(book, book.steps[0], StepState.SKIPPED, by="a" * 80, at=after(200), note="no time")]
    view = playbook_view(book, progress_of(marks, book, after(300)), FACTS, Placeholders())
    for step in view.steps:
        look = PlaybookContext(after(300), step.number, "eve", after(200))
        pages = (one_column(view, look, FACTS, KEY, cells), step_page(view, look, FACTS, KEY, cells))
        for page in pages:
            text = flat(page.lines)
            assert max(width(line) for line in page.lines) <= cells
            for part in (step.step.title, step.step.why, step.step.how, step.step.check):
                assert part in text
            copied = (step.step.shell + step.step.python).replace(" ", "").replace("\n", "")
            squeezed = text.replace(" ", "").replace("↳", "")
            assert copied in squeezed
        listed = list_page(view, look, KEY, cells, 20)
        assert max(width(line) for line in listed.lines) <= cells
        assert book.over in flat(listed.lines)
    assert "skipped aaaaaaaaaaaaaaa…" in flat(listed.lines)
    assert "no time" in flat(one_column(view, replace(look, cursor=1), FACTS, KEY, cells).lines)


@pytest.mark.parametrize("cells", [24, 30, 40, 56, 76, 116])
def test_in_little_room_the_progress_still_says_how_far_it_is(cells: int) -> None:
    book = RUNBOOK.playbooks["rate_limited"]
    marks = [mark(book, book.steps[0], StepState.DONE, by="eve", at=after(200))]
    view = playbook_view(book, progress_of(marks, book, after(300)), FACTS, Placeholders())
    drawn = progress_line(view, PlaybookContext(after(300), 1, "eve", after(200)), KEY, cells)
    assert plain(drawn).startswith(f"{view.settled} of ")
    assert width(drawn) <= cells


@given(st.text(alphabet="ab é漢(){}\"'$ \n#", max_size=300), st.integers(10, 60))
def test_code_is_neither_cut_nor_changed(text: str, cells: int) -> None:
    rows = code(text, cells)
    assert all(width(row) <= cells for row in rows)
    shown = "".join(plain(row) for row in rows).replace("↳ ", "")
    assert "".join(shown.split()) == "".join(text.split())


@pytest.mark.parametrize("cells", WIDTHS)
def test_the_three_results_stand_above_their_commands(cells: int) -> None:
    shot = snapshot(models(1), messages(2, Outcome.OVERLOADED, message="Overloaded " * 30), at=20)
    found = results(RUNBOOK, shot, after(0))
    for cursor in range(3):
        page = first_five_lines.one_column(found, cursor, Placeholders(), KEY, cells)
        text = flat(page.lines)
        assert max(width(line) for line in page.lines) <= cells
        for result in found:
            assert result.check.title in text
            assert " ".join(result.check.reads.split()) in text
        assert flat(page.lines[page.cursor.start : page.cursor.stop]).startswith("▸")
        copied = first_five_lines.script(found[cursor], Placeholders()).text
        assert copied.startswith("# ")
        assert "$ANTHROPIC_API_KEY" in copied or cursor == 0


@pytest.mark.parametrize(
    ("cursor", "top", "rows", "expected"),
    [
        (range(0), 5, 10, 5),
        (range(3, 4), 0, 10, 0),
        (range(12, 13), 0, 10, 3),
        (range(2, 3), 5, 10, 2),
        (range(4, 40), 0, 10, 4),
        (range(4, 14), 9, 10, 4),
        (range(5, 6), 0, 0, 0),
    ],
)
def test_the_page_moves_no_further_than_it_must(cursor: range, top: int, rows: int, expected: int) -> None:
    assert top_for(cursor, top, rows) == expected


def test_the_row_under_the_cursor_reaches_the_edge() -> None:
    row = under_cursor((), 12)
    assert width(row) == 12
    assert {span.back for span in row} == {"track"}
