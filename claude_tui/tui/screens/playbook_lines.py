"""A playbook: its steps with who did what, and the step under the cursor in full."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime

from claude_tui.model.format import moment
from claude_tui.model.playbook import StepState
from claude_tui.model.text import inert
from claude_tui.runbook import Command, Facts, PlaybookView
from claude_tui.runbook.view import StepView
from claude_tui.tui.panels.zoom_parts import heading
from claude_tui.tui.render.lines import BLANK, Line, Lines, Span, crop, fit, join, line, plain, spread, width
from claude_tui.tui.screens.runbook_parts import KeyOf, Page, code, labelled, prose, under_cursor, warning

__all__ = [
    "PlaybookContext",
    "commands_of",
    "list_page",
    "list_rows",
    "one_column",
    "progress_line",
    "step_page",
    "verdict_lines",
]

STEP_MARKS = {
    StepState.OPEN: ("○", "", "dim"),
    StepState.DONE: ("✓", "done", "ok"),
    StepState.SKIPPED: ("–", "skipped", "warn"),
    StepState.NOT_APPLICABLE: ("∅", "n/a", "dim"),
}
_NAME_CELLS, _NOTE_CHARS = 16, 200
_MARGIN = 5
# In a wider row, it is hard to see which step belongs to which name.
_WIDEST_ROW = 120


@dataclass(frozen=True, slots=True)
class PlaybookContext:
    """What the screen shows of a playbook besides its progress."""

    at: datetime
    """The current instant."""
    cursor: int
    """The number of the step at the cursor, from 1."""
    by: str
    """The user's name for marks."""
    started_at: datetime | None
    """When the first mark of this run was made."""
    verdict: str = ""
    """Says that the verdict has another playbook; "" if it has this one."""
    news: bool = False
    """Whether that has changed since the screen was opened."""


def commands_of(step: StepView) -> tuple[Command, ...]:
    """What to copy at a step: its code, or if it has none its text, to pass on to others."""
    found = _codes(step) or (("the text", "\n".join((step.step.title, step.step.how, step.step.check))),)
    return tuple(Command(f"{step.step.title}, {where}", text) for where, text in found)


def _codes(step: StepView) -> tuple[tuple[str, str], ...]:
    found = (("for the shell", step.step.shell), ("in Python", step.step.python))
    return tuple((where, text) for where, text in found if text)


def list_page(view: PlaybookView, context: PlaybookContext, key: KeyOf, cells: int, rows: int) -> Page:
    """A row for each step, for where the step itself is shown below."""
    cells = min(cells, _WIDEST_ROW)
    intro = prose(view.playbook.intro, cells, "dim")
    head = (*intro, progress_line(view, context, key, cells), BLANK)
    steps = [_step_row(step, view, context, cells) for step in view.steps]
    lines = (*head, *steps, BLANK, *_over(view, cells))
    row = len(head) + context.cursor - 1
    marked = range(row, len(lines) if context.cursor == len(steps) else row + 1)
    items = tuple(range(len(head) + number, len(head) + number + 1) for number in range(len(steps)))
    return Page(lines, range(row + 1) if row < rows and context.cursor == 1 else marked, items)


def list_rows(view: PlaybookView, context: PlaybookContext, key: KeyOf, cells: int, most: int) -> int:
    """How many rows the list wants: all of it, or if that is too much, without its end."""
    whole = len(list_page(view, context, key, cells, most).lines)
    return whole if whole <= most else min(whole - len(_over(view, cells)) - 1, most)


def step_page(
    view: PlaybookView, context: PlaybookContext, facts: Facts, key: KeyOf, cells: int, rows: int = 0
) -> Page:
    """The step under the cursor in full, and in what is left of `rows` the open steps after it."""
    step = view.steps[context.cursor - 1]
    title = line(Span(step.step.title, "text", bold=True))
    out = [crop(title, cells), *_detail(step, facts, key, cells)]
    for later in view.steps[context.cursor :]:
        if later.state is not StepState.OPEN or later.applies is False:
            continue
        drawn = (BLANK, heading(later.step.title, f"· step {later.number}", cells), *_text(later, cells))
        if len(out) + len(drawn) > rows:
            break
        out += drawn
    return Page(tuple(out))


def one_column(view: PlaybookView, context: PlaybookContext, facts: Facts, key: KeyOf, cells: int) -> Page:
    """A row for each step, with the text of the step at the cursor below it."""
    out: list[Line] = [*prose(view.playbook.intro, cells, "dim"), BLANK]
    start, items = 0, []
    for step in view.steps:
        begin = len(out)
        if step.number == context.cursor:
            # The previous row stays in view; for the first step, the introduction does.
            start = 0 if step.number == 1 else len(out) - 1
        row = _step_row(step, view, context, cells)
        out.append(row)
        if step.number == context.cursor:
            if step.step.title not in plain(row):
                out += prose(step.step.title, cells, bold=True, indent=_MARGIN)
            out += [line(" " * _MARGIN, *row) for row in _detail(step, facts, key, cells - _MARGIN)]
            end = len(out)
        items.append(range(begin, len(out)))
    lines = (*out, BLANK, *_over(view, cells))
    shown = range(start, len(lines) if context.cursor == len(view.steps) else end)
    return Page(lines, shown, tuple(items))


# -- the list ----------------------------------------------------------------------------


def verdict_lines(context: PlaybookContext, cells: int) -> Lines:
    """Says that the verdict has another playbook, loudly if that is new."""
    if not context.verdict:
        return ()
    return (
        warning(context.verdict, cells)
        if context.news
        else tuple(line("   ", *row) for row in prose(context.verdict, cells - 3, "dim"))
    )


def progress_line(view: PlaybookView, context: PlaybookContext, key: KeyOf, cells: int) -> Line:
    """The progress, and the name for marks. On a narrow screen, less important parts are left out."""
    states = Counter(step.state for step in view.steps)
    others = states[StepState.NOT_APPLICABLE]
    others += sum(step.applies is False and step.state is StepState.OPEN for step in view.steps)
    done = f"{states[StepState.DONE]} of {len(view.steps) - others}"
    skipped = f", {states[StepState.SKIPPED]} skipped" if states[StepState.SKIPPED] else ""
    settled = line(Span(done, "text", bold=True), Span(f" done{skipped}", "dim"))
    aside = line(Span(f"{others} don't apply" if others > 1 else "1 doesn't apply", "dim") if others else "")
    started_at = line(
        Span(f"started {moment(context.started_at, context.at)}", "dim") if context.started_at else ""
    )
    you = line(Span("you are ", "dim"), Span(fit(context.by, _NAME_CELLS), "text"))
    if not (who := key("who")):
        # A read-only dashboard: nobody marks steps here.
        you = you_and_key = line(Span("read-only", "dim"))
    else:
        you_and_key = line(*you, Span(f" ({who} to change)", "dim"))
    for left, end in (
        ((settled, aside, started_at), you_and_key),
        ((settled, aside, started_at), you),
        ((settled, started_at), you),
    ):
        joined = join(left, " · ")
        if width(joined) + width(end) < cells:
            return spread(joined, end, cells)
    return spread(settled, you, cells)


def _step_row(step: StepView, view: PlaybookView, context: PlaybookContext, cells: int) -> Line:
    glyph, _, role = STEP_MARKS[step.state]
    chosen, aside = step.number == context.cursor, step.applies is False and step.state is StepState.OPEN
    row = spread(
        line(
            Span("▸ " if chosen else "  ", "accent", bold=True),
            Span(f"{glyph} ", role),
            Span(f"{step.number:>2}  ", "dim"),
            Span(step.step.title, "dim" if aside else "text", bold=chosen),
        ),
        _step_status(step, view, context),
        cells,
    )
    return under_cursor(row, cells) if chosen else row


def _step_status(step: StepView, view: PlaybookView, context: PlaybookContext) -> Line:
    """The status of a step in words: who marked it and when, or that it is next."""
    _, label, role = STEP_MARKS[step.state]
    if step.mark is not None:
        who = Span(f" {inert(step.mark.by, _NAME_CELLS)} ", "text")
        return line(" ", Span(label, role), who, Span(moment(step.mark.at, context.at), "dim"))
    if step.number == view.next:
        return line(" ", Span("next", "accent", bold=True))
    return line(" ", Span("doesn't apply", "faint")) if step.applies is False else BLANK


def _over(view: PlaybookView, cells: int) -> Lines:
    return labelled("Done when", view.playbook.over, cells, "dim", label_cells=11)


# -- one step ------------------------------------------------------------------------------


def _detail(step: StepView, facts: Facts, key: KeyOf, cells: int) -> Iterator[Line]:
    yield from _meant_for(step, facts, cells)
    yield from _text(step, cells)
    if step.mark is not None and step.mark.note:
        yield from labelled("Note", inert(step.mark.note, _NOTE_CHARS), cells)
    for where, text in _codes(step):
        yield BLANK
        yield heading(where[0].upper() + where[1:], f"· {key('copy')} copies", cells)
        yield from code(text, cells)


def _text(step: StepView, cells: int) -> Iterator[Line]:
    yield from labelled("Who", ", ".join(step.step.roles), cells, "dim")
    yield from labelled("Why", step.step.why, cells, "dim")
    yield from labelled("How", step.step.how, cells)
    yield from labelled("Check", step.step.check, cells)


def _meant_for(step: StepView, facts: Facts, cells: int) -> Iterator[Line]:
    """Says when a step applies, unless it applies now."""
    when = step.step.when
    if when is None or step.applies:
        return
    texts = dict.fromkeys(facts[name].words for name in when.names if name in facts)
    data = f" The data says: {'; '.join(texts)}." if texts else ""
    verdict = "This step doesn't apply now." if step.applies is False else "This step may not apply."
    yield from prose(f"{verdict}{data}", cells, "warn" if step.applies is False else "dim")
    yield crop(line(Span(f"Applies when: {when.text}", "faint")), cells)
