"""The lines of a postmortem's form: the source of each text as a mark, the text, and what can be done."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime

from claude_tui.incident.postmortem import (
    ACTIONS_HEADING,
    ActionItem,
    Field,
    FieldSpec,
    FieldState,
    Postmortem,
    is_typing,
    spec_of,
)
from claude_tui.model.format import age, clock, plural
from claude_tui.model.postmortem import FieldRevision
from claude_tui.tui.panels.zoom_parts import heading
from claude_tui.tui.render.lines import (
    BLANK,
    Line,
    Lines,
    Span,
    cells_of,
    crop,
    fit,
    flow,
    join,
    line,
    pad,
    plain,
    spread,
    width,
    wrap,
)
from claude_tui.tui.screens.incident_lines import TimelineLook, timeline_page
from claude_tui.tui.screens.incident_loading import Loaded
from claude_tui.tui.screens.runbook_parts import Page, under_cursor

__all__ = [
    "ADD",
    "MORE",
    "FormLook",
    "form_page",
    "head_line",
    "others_text",
    "rows_of",
    "timeline_beside",
]

ADD, MORE = "add", "more"
"""The rows that add an action item, and that unfold the fields beyond the template."""

_MARKS = {
    FieldState.RECORD: Span("●", "ok"),
    FieldState.PERSON: Span("✎", "info"),
    FieldState.CHANGED: Span("≠", "warn", bold=True),
    FieldState.DRAFT: Span("◇", "warn", bold=True),
    FieldState.CONFLICT: Span("≠", "bad", bold=True),
    FieldState.MISSING: Span("○", "warn"),
}
_NAME_CELLS, _LONG_NAME_CELLS = 14, 22
_ACTION_ROWS = 3
_TEXT_ROWS = (12, 6, 4, 3, 2)
_MOST_EVIDENCE = 40
_FEW_IDS = 3
# From here on, an action item has its parts beside it, otherwise below; and hints are spelled out.
_BESIDE_CELLS = 90


@dataclass(frozen=True, slots=True)
class FormLook:
    """How a form is shown."""

    at: datetime
    """The instant of the Snapshot."""
    cursor: str = ""
    """The key of the row under the cursor."""
    unfolded: bool = False
    """Whether the fields beyond the template are shown."""
    opened: frozenset[str] = frozenset()
    """The keys of the fields whose evidence is shown."""
    editing: Mapping[str, FieldRevision] = field(default_factory=dict)
    """The newest revision by others in each field that they are editing."""
    rows: int = 2
    """The most rows of each text."""


def rows_of(form: Postmortem, *, unfolded: bool) -> tuple[str, ...]:
    """The keys of the rows that the cursor can be on, from the top; `action:ID` for an action item."""
    template = [spec.key for spec in form.specs if not spec.folded]
    actions = [f"action:{action.id}" for action in form.actions]
    folded = [spec.key for spec in form.specs if spec.folded] if unfolded else []
    return (*template, *actions, ADD, MORE, *folded)


def head_line(form: Postmortem, look: FormLook, saved: str, cells: int) -> Line:
    """What is left to do; on the right what was saved, and who else is editing."""
    to_do = form.to_do
    left = (
        line(" ", Span(f"{len(to_do)} to do", "warn", bold=True), Span(f": {', '.join(to_do)}", "text"))
        if to_do
        else line(" ", Span("✓ complete", "ok"), Span(" as far as the template asks", "dim"))
    )
    written = sorted(look.editing.items(), key=lambda pair: pair[1].at)
    newest = {(revision.by, _name_of(key)): revision for key, revision in written}
    others = [others_text(revision, look.at, name) for (_, name), revision in newest.items()]
    most = 2 if cells >= _BESIDE_CELLS else 1
    right = join(
        (
            *(line(Span(text, "info")) for text in others[-most:]),
            line(Span(saved, "dim")) if saved else BLANK,
        ),
        " · ",
    )
    return spread(left, (*right, Span(" ")) if right else BLANK, cells)


def others_text(revision: FieldRevision, at: datetime, what: str = "") -> str:
    """`ben is editing the impact`; `ben edited the impact 12s ago` once nothing more comes."""
    if is_typing(revision, at):
        return f"{revision.by} is editing {what}".rstrip()
    edited = f"{revision.by} edited {what}".rstrip()
    return f"{edited} {age(at - revision.at)} ago"


def _name_of(key: str) -> str:
    return "an action item" if key.startswith("action:") else spec_of(key).name


def form_page(form: Postmortem, loaded: Loaded, look: FormLook, cells: int, rows: int) -> Page:
    """The form with as much of each text as fits into `rows`; two rows each if that is not enough."""
    fits = len(rows_of(form, unfolded=look.unfolded)) <= rows
    sizes = _TEXT_ROWS if fits else _TEXT_ROWS[-1:]
    pages = (_page(form, loaded, replace(look, rows=most), cells) for most in sizes)
    last = Page(())
    for last in pages:
        if len(last.lines) <= rows:
            break
    return last


def _page(form: Postmortem, loaded: Loaded, look: FormLook, cells: int) -> Page:
    """All rows of the form, and those at the cursor."""
    out: list[Line] = []
    cursor, items = range(0), []
    actions = {f"action:{action.id}": action for action in form.actions}
    first_action = next(iter(actions), ADD)
    for key in rows_of(form, unfolded=look.unfolded):
        if key == first_action:
            out.append(line(Span(f"  {ACTIONS_HEADING.capitalize()}", "dim")))
        begin = len(out)
        action = actions.get(key)
        rows = list(_row(key, form, look, cells) if action is None else _action(action, look, cells))
        if key == look.cursor:
            rows[0] = under_cursor(rows[0], cells)
        out += rows
        if key in look.opened:
            out += _evidence(form.field(key), loaded, look, cells)
        if key == look.cursor:
            cursor = range(begin, len(out))
        items.append(range(begin, len(out)))
    return Page(tuple(out), cursor, tuple(items))


def _row(key: str, form: Postmortem, look: FormLook, cells: int) -> Iterator[Line]:
    if key == ADD:
        yield line(Span("  + ", "accent"), Span("add an action item", "dim"))
    elif key == MORE:
        yield _more(form, look, cells)
    else:
        yield from _field(spec_of(key), form.field(key), look, cells)


# -- a field -----------------------------------------------------------------------------


def _field(spec: FieldSpec, field: Field, look: FormLook, cells: int) -> Iterator[Line]:
    name_cells = _LONG_NAME_CELLS if spec.folded else _NAME_CELLS
    head = line(_MARKS[field.state], " ", Span(pad(spec.label, name_cells), "text", bold=True))
    end = _end(field, look, cells)
    room = max(cells - width(head), 10)
    rows = _text_rows(spec, field, room, width(end), look.rows)
    yield spread((*head, *rows[0]), end, cells)
    yield from (line(" " * width(head), *row) for row in rows[1:])


def _end(field: Field, look: FormLook, cells: int) -> Line:
    """What can be done with the field, who wrote it, and what it rests on."""
    others, roomy = look.editing.get(field.key), cells >= _BESIDE_CELLS
    pieces = [line(Span(others_text(others, look.at), "info"))] if others is not None else []
    match field.state:
        case FieldState.CONFLICT:
            versions = f"{len(field.heads)} versions: " if roomy else "≠ "
            pieces.append(line(Span(f"{versions}enter resolves", "bad")))
        case FieldState.DRAFT:
            pieces.append(line(Span("draft: enter accepts", "warn")))
        case FieldState.CHANGED:
            changed = "the record changed: " if roomy else "≠ "
            pieces.append(line(Span(f"{changed}enter compares", "warn")))
        case FieldState.PERSON if field.heads and others is None:
            last = field.heads[-1]
            pieces.append(line(Span(f"{fit(last.by, 16)} {clock(last.at)}", "dim")))
        case FieldState.RECORD if field.computed.evidence:
            pieces.append(line(Span(f"→ {_entries(len(field.computed.evidence))}", "faint")))
    return join(pieces, " · ")


def _entries(number: int) -> str:
    return f"{number} {'entry' if number == 1 else 'entries'}"


def _text_rows(spec: FieldSpec, field: Field, cells: int, end_cells: int, most: int) -> list[Line]:
    """The text in a few rows; the first leaves room for what is at its end."""
    rows: list[Line] = []
    for part in _parts_of(spec, field):
        # Only the first row shares its line with what is at the end.
        room = cells - end_cells - 2 if not rows and end_cells else cells
        rows += flow(part, max(room, 10), most + 1) or [BLANK]
        if len(rows) > most:
            break
    if len(rows) > most:
        last = crop(rows[most - 1], max(cells - (end_cells + 2 if most == 1 else 0) - 2, 1))
        # What was cut says so already.
        rows = [*rows[: most - 1], last if plain(last).endswith("…") else line(*last, Span(" …", "dim"))]
    return rows or [BLANK]


def _parts_of(spec: FieldSpec, field: Field) -> Iterator[Line]:
    """What there is to read, each part in its own rows: the text, and what the record adds."""
    note = line(Span(field.computed.note, "faint")) if field.computed.note else BLANK
    match field.state:
        case FieldState.MISSING:
            yield line(Span(spec.hint, "dim"))
        case FieldState.CONFLICT:
            for head in field.heads:
                text = " ".join(head.text.split()) or "as the record says"
                yield line(Span(f"{head.by} {clock(head.at)}: ", "info"), text)
            return
        case _ if spec.one_line:
            yield line(field.text, Span(" · ", "faint") if note else "", *note)
            return
        case _:
            yield from (line(row) for row in _brief(spec, field).split("\n"))
    if note:
        yield note


def _brief(spec: FieldSpec, field: Field) -> str:
    """The text alone; of a long list of request ids, the first and the last ones."""
    ids = field.text.split(", ")
    if spec.key == "request_ids" and field.state is FieldState.RECORD and len(ids) > _FEW_IDS:
        return f"{ids[0]} · {len(ids) - 2} more · {ids[-1]}"
    if field.state is FieldState.DRAFT:
        return field.heads[-1].text
    return field.text


def _evidence(field: Field, loaded: Loaded, look: FormLook, cells: int) -> Iterator[Line]:
    """The timeline entries that a field rests on."""
    keys = frozenset(field.computed.evidence)
    entries = [entry for entry in loaded.timeline if entry.key in keys]
    shown = timeline_page(entries[:_MOST_EVIDENCE], loaded.figures, TimelineLook(look.at), cells - 4)
    yield from (line(Span("  │ ", "faint"), *row) for row in shown.lines)
    if len(entries) > _MOST_EVIDENCE:
        yield line(Span("  │ ", "faint"), Span(f"and {len(entries) - _MOST_EVIDENCE} more", "dim"))


def timeline_beside(form: Postmortem | None, loaded: Loaded | None, how: FormLook, cells: int) -> Lines:
    """What the field under the cursor rests on, then the whole timeline; nothing before it has been read."""
    if form is None or loaded is None:
        return ()
    field = next((candidate for candidate in form.fields if candidate.key == how.cursor), None)
    look = TimelineLook(how.at)
    keys = frozenset(field.computed.evidence) if field is not None else frozenset()
    rests_on = [entry for entry in loaded.timeline if entry.key in keys]
    whole = timeline_page(loaded.timeline, loaded.figures, look, cells).lines
    if field is None or not rests_on:
        return whole
    title = f"{spec_of(field.key).label} rests on"
    return (
        heading(title, _entries(len(rests_on)), cells),
        *timeline_page(rests_on, loaded.figures, look, cells).lines,
        BLANK,
        heading("All", _entries(len(loaded.timeline)), cells),
        *whole,
    )


# -- action items, and what is folded ------------------------------------------------------


def _action(action: ActionItem, look: FormLook, cells: int) -> Iterator[Line]:
    parts = _parts(action)
    edited = [look.editing[part.key] for part in action.parts if part.key in look.editing]
    newest = max(edited, key=lambda revision: revision.at, default=None)
    end = join((line(Span(others_text(newest, look.at), "info")) if newest else BLANK, parts), " · ")
    mark = Span("≠ ", "bad", bold=True) if action.in_conflict else Span("☐ ", "text")
    head = line("  ", mark)
    wide = cells >= _BESIDE_CELLS
    text = action.text.text or "(no text: what is to be done?)"
    role = "text" if action.text.text else "warn"
    room = cells - width(head) - (width(end) + 2 if wide else 0)
    rows = wrap(" ".join(text.split()), max(room, 10), _ACTION_ROWS)
    first = line(*head, Span(rows[0] if rows else "", role))
    yield spread(first, end, cells) if wide else first
    yield from (line(" " * width(head), Span(row, role)) for row in rows[1:])
    if not wide:
        yield line(" " * width(head), *end)


def _parts(action: ActionItem) -> Line:
    if action.in_conflict:
        return line(Span("2 versions: enter resolves", "bad"))
    return join(
        (
            _part(action.kind, "no kind", 8),
            _part(action.owner, "no owner", 10),
            _part(action.due, "no date", 10),
        )
    )


def _part(part: Field, lacking: str, cells: int) -> Line:
    if part.state is FieldState.MISSING:
        return line(Span(pad(lacking, cells), "warn"))
    return line(Span(pad(part.text, cells), "dim"))


def _more(form: Postmortem, look: FormLook, cells: int) -> Line:
    folded = [(spec, field) for spec, field in form.with_specs() if spec.folded]
    if look.unfolded:
        return line(Span("▾ ", "accent"), Span("beyond the template", "dim"))
    filled = sum(field.state is not FieldState.MISSING for _, field in folded)
    unsettled = [
        spec.name for spec, field in folded if field.state in (FieldState.CHANGED, FieldState.CONFLICT)
    ]
    head = f"{plural(len(folded), 'more field')}, {filled} filled"
    marks = line(Span(f"≠ {', '.join(unsettled)}", "warn", bold=True)) if unsettled else BLANK
    names = _names_in([spec.name for spec, _ in folded], cells - cells_of(head) - width(marks) - 5)
    return spread(line(Span("▸ ", "accent"), Span(f"{head}{names}", "dim")), marks, cells)


def _names_in(names: Sequence[str], cells: int) -> str:
    """`: contributing factors, what went well …` in at most `cells` cells, no name cut; else empty."""
    for count in range(len(names), 0, -1):
        text = f": {', '.join(names[:count])}{' …' if count < len(names) else ''}"
        if cells_of(text) <= cells:
            return text
    return ""
