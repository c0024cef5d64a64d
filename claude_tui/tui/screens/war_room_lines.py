"""The war room as lines: as large as the screen allows, with the same layout whatever the figures are.

From the top: the verdict in block letters beside the clock, the headline, what to do, the large figures, and
the incident with its newest entries. The rest of a tall screen is for evidence and older entries.
"""

from __future__ import annotations

from collections.abc import Sequence

from claude_tui.model.format import NOT_AVAILABLE
from claude_tui.tui.render.large import (
    Scale,
    large_figure,
    large_figure_cells,
    large_word,
    large_word_cells,
    spellable,
)
from claude_tui.tui.render.lines import (
    BLANK,
    Line,
    Lines,
    Span,
    cells_of,
    clipped,
    crop,
    fit,
    flow,
    line,
    pad,
    spread,
    width,
    wrap,
)
from claude_tui.tui.screens.war_room_plan import (
    COLUMN_GAP,
    MARGIN,
    NEWEST,
    SCALES,
    Plan,
    clock_lines,
    column_widths,
    incident_rows,
    plan_of,
    rows_of_outlook,
    shown_figures,
    width_beside_word,
)
from claude_tui.tui.screens.war_room_view import LogLine, Number, WarRoom

__all__ = ["war_room_lines"]

_MOST_ROWS_OF_HEADLINE = 3
_LEAST_CELLS, _LEAST_ROWS = 36, 14
_MOST_ROWS_OF_EVIDENCE = 5
# The placeholder for an unknown figure.
_DASH = "-"
_TIME = len("14:05:33")


def war_room_lines(room: WarRoom, cells: int, rows: int, back: str = "") -> Lines:
    """The war room in exactly `rows` rows; `back` is the role of the colour behind the verdict."""
    inner = cells - 2 * MARGIN
    plan = plan_of(room, inner, rows) if cells >= _LEAST_CELLS and rows >= _LEAST_ROWS else None
    if plan is None:
        return _in_text(room, cells, rows)
    spare = _Spare(rows - plan.rows)
    clock = clock_lines(room, plan.word_scale, cells, stacked=plan.stacked)
    end = BLANK if clock else line(Span(f"{room.clock} UTC", "dim"))
    headline = _headline(
        room, inner, 1 + (spare.left if plan.word_scale is Scale.LARGE else min(spare.left, 2)), end
    )
    spare.take(len(headline) - 1)
    next_step = _next_step(room, inner, min(spare.left, 2))
    spare.take(len(next_step))
    below, before_figures, before_incident = spare.take(1), spare.take(1), spare.take(1)
    blank_rows, lines = spare.take(2) // 2, -(-len(shown_figures(room, plan.elapsed_scale)) // plan.columns)
    between = 1 if lines > 1 and spare.take(lines - 1) == lines - 1 else 0
    outlook = spare.take_all(rows_of_outlook(room, plan, inner))
    evidence = _evidence(room, inner, min(spare.left - 1, _MOST_ROWS_OF_EVIDENCE))
    before_evidence = spare.take(len(evidence) + 1) > 0 if evidence else 0
    incident = _incident(room, inner, incident_rows(room) + spare.left)
    spare.take(len(incident) - incident_rows(room))
    # Spare rows go around the verdict and between the parts, one each in turn.
    blank_rows += spare.take(2) // 2
    below, before_figures, before_incident = (
        gap + spare.take(1) for gap in (below, before_figures, before_incident)
    )
    body = [
        *_verdict(room, plan, cells, back, clock, blank_rows=blank_rows),
        *([BLANK] * below),
        *_margined((*headline, *next_step)),
        *([BLANK] * before_evidence),
        *_margined(evidence),
        *([BLANK] * before_figures),
        *_margined(_figures(room, plan, inner, between, outlook=outlook > 0)),
        *([BLANK] * before_incident),
        *_margined(incident),
    ]
    return _exactly(body, cells, rows)


class _Spare:
    """The rows that are still available."""

    def __init__(self, rows: int) -> None:
        self.left = rows

    def take(self, wanted: int) -> int:
        """As many of the wanted rows as are available."""
        given = max(min(wanted, self.left), 0)
        self.left -= given
        return given

    def take_all(self, wanted: int) -> int:
        """The wanted rows if all of them are available."""
        return self.take(wanted) if wanted <= self.left else 0


def _exactly(body: Sequence[Line], cells: int, rows: int) -> Lines:
    drawn = clipped(body, cells, rows)
    return drawn + (BLANK,) * (rows - len(drawn))


# -- the verdict ----------------------------------------------------------------------------


def _verdict(room: WarRoom, plan: Plan, cells: int, back: str, clock: Lines, *, blank_rows: int) -> Lines:
    """Severity and word, with the clock beside them if there is room, on the colour of the severity."""
    drawn = _large_verdict(room, plan, cells - 2 * MARGIN)
    clock_rows = (*clock, *_time_since(room, plan, cells))
    high = max(len(drawn), len(clock_rows))
    starts = _centred(drawn, high)
    ends = (
        (*clock_rows, *([BLANK] * (high - len(clock_rows)))) if plan.stacked else _centred(clock_rows, high)
    )
    rows = [BLANK] * blank_rows + [
        spread(line(" " * MARGIN, *row), line(*end, " " * MARGIN) if end else BLANK, cells)
        for row, end in zip(starts, ends, strict=True)
    ]
    rows += [BLANK] * blank_rows
    return tuple(_backed(row, cells, room.role, back) for row in rows)


def _centred(rows: Lines, high: int) -> Lines:
    above = (high - len(rows)) // 2
    return (*([BLANK] * above), *rows, *([BLANK] * (high - len(rows) - above)))


def _time_since(room: WarRoom, plan: Plan, cells: int) -> Lines:
    """The time since the start below the clock, with its label and note."""
    if plan.elapsed_scale is None or room.elapsed is None:
        return ()
    available = width_beside_word(plan, cells)
    return (
        line(Span(fit(room.elapsed.label, available), "dim")),
        *_figure(
            room.elapsed,
            plan.elapsed_scale,
            min(large_figure_cells(room.elapsed.widest, plan.elapsed_scale), available),
        ),
        line(Span(_noted(room.elapsed.note, available), "text")),
    )


def _large_verdict(room: WarRoom, plan: Plan, cells: int) -> Lines:
    """Severity and word in their rows, smaller if they are too long for that size."""
    rows = plan.word_scale.rows * 2 + 1 if plan.stacked else plan.word_scale.rows
    texts = [text for text in (room.badge, room.word) if text]
    parts = texts if plan.stacked else [" ".join(texts)]
    fitting = [scale for scale in SCALES if scale.rows <= plan.word_scale.rows]
    scale = next(
        (
            candidate
            for candidate in fitting
            if all(large_word_cells(part, candidate) <= cells for part in parts)
        ),
        Scale.SMALL,
    )
    drawn: list[Line] = []
    for part in parts:
        drawn += [*([BLANK] if drawn else []), *large_word(part, scale, room.role)]
    above = (rows - len(drawn)) // 2
    return (*([BLANK] * above), *drawn, *([BLANK] * (rows - len(drawn) - above)))


def _backed(row: Line, cells: int, role: str, back: str) -> Line:
    if not back:
        return row
    filled = spread(row, BLANK, cells)
    first, *others = filled or (Span(" " * cells),)
    bar = Span("█", role, back=back)
    return line(bar, *(span._replace(back=back) for span in (first._replace(text=first.text[1:]), *others)))


# -- the headline, and what to do -------------------------------------------------------------


def _headline(room: WarRoom, cells: int, most: int, end: Line) -> Lines:
    """The summary, or the brief one if only that fits; `end` is at the end of its first row."""
    if not end and most > Scale.SMALL.rows and (spelt := _in_block_letters(room, cells)):
        return spelt
    most = min(most, _MOST_ROWS_OF_HEADLINE)
    available = cells - width(end) - COLUMN_GAP if end else cells
    texts = wrap(room.summary, available, most + 1)
    if len(texts) > most:
        texts = wrap(room.brief, available, most)
    first, *others = texts or ("",)
    rows = (line(Span(text, "text", bold=True)) for text in others)
    return (spread(line(Span(first, "text", bold=True)), end, cells), *rows)


def _in_block_letters(room: WarRoom, cells: int) -> Lines:
    """The problem in block letters, if it can be spelled with them and fits into a row."""
    for text in (room.statement, room.brief):
        if text and spellable(text) and large_word_cells(text, Scale.SMALL) <= cells:
            return large_word(text, Scale.SMALL, "text")
    return ()


def _next_step(room: WarRoom, cells: int, most: int) -> Lines:
    """The next step."""
    if not room.next_step:
        return ()
    return flow(line(Span("Next: ", "dim"), Span(room.next_step, "text")), cells, most)


def _evidence(room: WarRoom, cells: int, most: int) -> Lines:
    """As many whole sentences as fit into the rows."""
    out: list[Line] = []
    for sentence in room.evidence:
        rows = wrap(sentence, cells, most + 1)
        if len(out) + len(rows) > most:
            break
        out += [line(Span(text, "dim")) for text in rows]
    return tuple(out)


# -- the figures --------------------------------------------------------------------------


def _figures(room: WarRoom, plan: Plan, cells: int, between: int, *, outlook: bool) -> Lines:
    shown = shown_figures(room, plan.elapsed_scale)
    if outlook:
        shown, between = (*shown, *room.outlook), 1
    columns = column_widths(shown, plan, cells)
    out: list[Line] = []
    for start in range(0, len(shown), plan.columns):
        out += [BLANK] * (between if out else 0)
        out += _row(shown[start : start + plan.columns], plan, columns)
    return tuple(out)


def _row(numbers: Sequence[Number], plan: Plan, columns: Sequence[int]) -> Lines:
    """Labels, figures and notes; each figure is right-aligned in the width of its widest value."""
    placed = list(zip(numbers, columns, strict=False))
    labels = line(
        *(Span(pad(_labelled(number.label, cells - COLUMN_GAP), cells), "dim") for number, cells in placed)
    )
    drawn = [(_figure(number, plan.figure_scale, cells - COLUMN_GAP), cells) for number, cells in placed]
    rows = [
        line(
            *(
                span
                for figure, cells in drawn
                for span in (*figure[row], Span(" " * (cells - width(figure[row]))))
            )
        )
        for row in range(plan.figure_scale.rows)
    ]
    notes = line(
        *(Span(pad(_noted(number.note, cells - COLUMN_GAP), cells), "text") for number, cells in placed)
    )
    return (labels, *rows, notes)


def _labelled(label: str, cells: int) -> str:
    """As much of the label as fits: its first words are left out first."""
    while cells_of(label) > cells and " " in label:
        label = label.partition(" ")[2]
    return fit(label, cells)


def _noted(note: str, cells: int) -> str:
    """As much of the note as fits: in a shorter form, then without its last parts."""
    if cells_of(note) > cells:
        note = note.replace("acknowledged", "acked")
    return fit(_without_last(note, ", ", cells), cells)


def _without_last(text: str, separator: str, cells: int) -> str:
    """The text without as many of its last parts as it takes to fit; the first part is kept."""
    while cells_of(text) > cells and separator in text:
        text = text.rpartition(separator)[0]
    return text


def _figure(number: Number, scale: Scale, room: int) -> Lines:
    texts = (number.figure, number.brief or number.figure)
    text = next((candidate for candidate in texts if large_figure_cells(candidate, scale) <= room), "")
    if number.figure == NOT_AVAILABLE:
        text = _DASH
    if not text:
        blank = (BLANK,) * (scale.rows - 1)
        return (*blank, line(Span(fit(number.figure, room), number.role, bold=True)))
    before = max(min(large_figure_cells(number.widest, scale), room) - large_figure_cells(text, scale), 0)
    return tuple(line(" " * before, *row) for row in large_figure(text, scale, number.role))


# -- the incident --------------------------------------------------------------------------


def _incident(room: WarRoom, cells: int, most: int) -> Lines:
    """What the incident is called and who leads it, then its entries, newest first, in `most` rows."""
    if not room.incident:
        return ()
    lead = line(Span(room.lead, "warn" if room.lead == "no lead" else "text", bold=True))
    title = _without_last(room.incident, " · ", cells - width(lead) - COLUMN_GAP)
    head = spread(line(Span(title, "accent", bold=True)), lead, cells)
    out: list[Line] = [head]
    for number, entry in enumerate(room.log):
        waiting = min(NEWEST, len(room.log)) - number - 1
        left = most - len(out) - max(waiting, 0)
        if left < 1:
            break
        out += _entry(entry, cells, min(left, 2))
    return tuple(out)


def _entry(entry: LogLine, cells: int, rows: int) -> Lines:
    when = pad(entry.at, max(_TIME, len(entry.at)))
    start = line(Span(f"{when} ", "dim"), Span(f"{entry.glyph} ", entry.role, bold=True))
    indent = " " * width(start)
    texts = wrap(entry.text, cells - width(start), rows) or ("",)
    return tuple(
        line(*(start if number == 0 else line(indent)), Span(text, "text"))
        for number, text in enumerate(texts)
    )


# -- without room ----------------------------------------------------------------------------


def _in_text(room: WarRoom, cells: int, rows: int) -> Lines:
    """On a screen that is too small for large text: the same as plain text, most important first."""
    head = " ".join(part for part in (room.badge, room.word) if part)
    out: list[Line] = [
        spread(
            line(Span(head, room.role, bold=True)),
            line(Span(room.clock if cells >= 20 else "", "text")),
            cells,
        )
    ]
    if rows < 2:
        return (crop(line(Span(f"{head} ", room.role, bold=True), room.brief), cells),)[:rows]
    out += [line(Span(text, "text", bold=True)) for text in wrap(room.brief, cells, max(rows - 4, 1))]
    for number in shown_figures(room, None):
        figure = line(Span(f"{number.label} ", "dim"), Span(number.figure, number.role, bold=True))
        out.append(crop(line(*figure, Span(f"  {number.note}", "dim")), cells))
    if room.incident:
        out.append(crop(line(Span(room.incident, "accent")), cells))
    return _exactly(out, cells, rows)


def _margined(rows: Sequence[Line]) -> Lines:
    return tuple(line(" " * MARGIN, *row) if row else BLANK for row in rows)
