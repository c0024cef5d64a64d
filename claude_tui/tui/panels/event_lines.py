"""Events as lines: one row each, or blocks of several rows where the screen is narrow."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from datetime import datetime

from claude_tui.model.format import ago, moment
from claude_tui.model.observation import Source
from claude_tui.model.snapshot import Event, EventKind, Level
from claude_tui.model.when import Local
from claude_tui.tui.panels.event_rows import NARROW, ROWS_WITH_ROOM, EventRow, further_rows
from claude_tui.tui.render.clauses import clauses_in, without_first_sentence
from claude_tui.tui.render.glyphs import event_mark
from claude_tui.tui.render.lines import (
    Line,
    Lines,
    Span,
    cells_of,
    clipped,
    crop,
    line,
    pad,
    spread,
    width,
    wrap,
)

__all__ = ["blocks_in_full", "event_block", "event_lines", "event_time", "selected_block"]

_SUBJECT_CELLS = 12
_DURATION = re.compile(r" in [\d.]+ m?s")
_BADGE = re.compile(r"(\[[^]]*\]|P\d) ")
# The text of other events is clear without its subject.
_NEED_A_SUBJECT = (EventKind.FAILURE, EventKind.RECOVERY, EventKind.ALERT)


def event_lines(
    rows: Sequence[EventRow],
    at: datetime,
    cells: int,
    height: int,
    cursor: int | None = None,
    local: Local | None = None,
) -> Lines:
    """A line for each row. `cursor` is the selected one, marked by a glyph and by its background.

    Times of `local` are shown beside those in UTC.
    """
    if not rows:
        return clipped((line(Span("No events yet.", "dim")),), cells, height)
    shown = rows[:height]
    times = [moment(row.event.at, at) for row in shown]
    if local is not None:
        cells_of_utc = max(map(len, times))
        times = [
            f"{when.ljust(cells_of_utc)} {local.beside_utc(row.event.at, at)}"
            for row, when in zip(shown, times, strict=True)
        ]
    time_cells = max(map(len, times))
    subject_cells = min(max(width((Span(row.event.subject),)) for row in shown), _SUBJECT_CELLS)
    out: list[Line] = []
    for number, (row, when) in enumerate(zip(shown, times, strict=True)):
        drawn = _event(row, when.ljust(time_cells), at, subject_cells, cells)
        out.append(_selected(drawn, cells) if number == cursor else drawn)
    return tuple(out)


def _event(shown: EventRow, when: str, at: datetime, subject_cells: int, cells: int) -> Line:
    event, mark = shown.event, event_mark(shown.event)
    loud = event.level in (Level.WARN, Level.BAD)
    glyph = "·" if shown.inner else mark.glyph
    head = line(Span(f"{when} ", "faint" if shown.inner else "dim"), Span(f"{glyph} ", mark.role, bold=loud))
    subject = Span(pad(event.subject, subject_cells) + " ", "text")
    text = Span(event.text, mark.role if loud else "dim", bold=loud and event.kind is EventKind.VERDICT)
    room = cells - (cells_of(f" ×{event.count:,}") if event.count > 1 else 0)
    row, alone = line(*head, subject, text), line(*head, text)
    # Without its subject a text leaves its column, which is worth it if that makes it whole.
    if width(row) > room and not _needs_its_subject(event) and (cells < NARROW or width(alone) <= room):
        row = alone
    if width(row) > room and event.kind is EventKind.RECOVERY:
        row = (*row[:-1], text._replace(text=_without_duration(event.text)))
    if event.count > 1:
        row = _with_count(row, event, at, cells)
    elif event.kind is not EventKind.FAILURE:
        row = _shortened(row, event, cells)
    return _with_request_id(row, event, cells)


def _without_duration(text: str) -> str:
    """`200 after 16s of failures`: what a late answer took is in the event itself."""
    return _DURATION.sub("", text, count=1)


def _with_request_id(row: Line, event: Event, cells: int) -> Line:
    request_id = event.observation.request_id if event.observation else None
    if event.kind is not EventKind.FAILURE or not request_id or request_id in event.text:
        return crop(row, cells)
    room = cells - width(row) - 1
    # Wide rows show the whole id, to copy it from the screen; part of an id cannot be looked up.
    forms = (request_id, request_id.removeprefix("req_"))
    end = next((form for form in forms if cells_of(form) <= min(room, 40)), "")
    return spread(row, line(Span(end, "faint")), cells)


def blocks_in_full(
    rows: Sequence[EventRow], height: int, block: Callable[[EventRow, int], Lines]
) -> Sequence[Lines]:
    """All of them with their whole text if there is room for that, otherwise none."""
    if len(rows) > height:
        return ()
    drawn = [block(row, ROWS_WITH_ROOM) for row in rows]
    return drawn if sum(map(len, drawn)) <= height else ()


def event_time(event: Event, at: datetime, local: Local | None) -> str:
    return (
        moment(event.at, at) if local is None else f"{moment(event.at, at)} {local.beside_utc(event.at, at)}"
    )


def event_block(
    shown: EventRow, at: datetime, times: int, cells: int, local: Local | None, most: int
) -> Lines:
    """An event of a narrow panel in a row, or in up to `most` if its text takes them."""
    event, mark = shown.event, event_mark(shown.event)
    loud = event.level in (Level.WARN, Level.BAD)
    glyph = "·" if shown.inner else mark.glyph
    when = Span(pad(event_time(event, at, local), times) + " ", "faint" if shown.inner else "dim")
    head = line(when, Span(f"{glyph} ", mark.role, bold=loud))
    subject = f"{event.subject} " if _needs_its_subject(event) else ""
    content, room = f"{subject}{event.text}", 2 * (cells - width(head))
    if event.kind is EventKind.VERDICT and cells_of(content) > cells - width(head):
        brief = _problem if loud else _brief_verdict
        content = brief(event, room) or content
    elif event.kind is EventKind.ALERT and cells_of(content) > most * (cells - width(head)):
        content = subject + (_problem(event, room - cells_of(subject)) or event.text)
    text = Span(content, mark.role if loud else "dim", bold=loud and event.kind is EventKind.VERDICT)
    count = Span(f" ×{event.count:,}" if event.count > 1 else "", "text", bold=True)
    row = line(*head, text)
    if width(row) + width((count,)) > cells:
        return further_rows(head, text, count, cells, most)
    return (_with_request_id(_with_count(row, event, at, cells) if event.count > 1 else row, event, cells),)


def selected_block(drawn: Lines, cells: int) -> Lines:
    """All rows of it in the colour of the cursor, with one mark."""
    first, *others = drawn
    return (
        _selected(first, cells),
        *(
            line(*(span._replace(back="track") for span in (*row, Span(" " * (cells - width(row))))))
            for row in others
        ),
    )


def _needs_its_subject(event: Event) -> bool:
    """Whether its text is unclear without its subject; responses are to messages unless it says otherwise."""
    message = event.kind is not EventKind.ALERT and event.subject == Source.MESSAGES.value
    return event.kind in _NEED_A_SUBJECT and not message


def _with_count(row: Line, event: Event, at: datetime, cells: int) -> Line:
    """`×54 since 14:02:11, last 2s ago`, or as much of it as fits; the number is never cut."""
    many = Span(f" ×{event.count:,}", "text", bold=True)
    last, brief = (Span(f", {word}{ago(event.at, at)}", "dim") for word in ("last ", ""))
    since = Span(f" since {moment(event.first_at, at)}", "dim") if event.first_at is not None else Span("")
    for tail in (line(many, since, last), line(many, last), line(many, brief), line(many)):
        if width(row) + width(tail) <= cells:
            return line(*row, *tail)
    return line(*_cut_at_a_word(row, cells - width((many,))), many)


def _shortened(row: Line, event: Event, cells: int) -> Line:
    """The row with whole clauses of its text if they say enough, otherwise cut between two words."""
    if width(row) <= cells:
        return row
    room = cells - width(row[:-1])
    verdict = event.kind in (EventKind.VERDICT, EventKind.ALERT)
    text = _brief_verdict(event, room) if verdict else clauses_in(event.text, room)
    enough = event.kind is EventKind.VERDICT or cells_of(text) > room / 2
    return (*row[:-1], row[-1]._replace(text=text)) if text and enough else _cut_at_a_word(row, cells)


def _brief_verdict(event: Event, cells: int) -> str:
    """What the problem is, or, if that is too long, whose it is."""
    return _problem(event, cells) or clauses_in(event.text, cells)


def _problem(event: Event, cells: int) -> str:
    """`P2 The API is overloaded (529)`, of an alert `[P2, was P4] The API is overloaded (529)`.

    Empty if there is no room for it.
    """
    badge = _BADGE.match(event.text)
    if badge is None:
        return ""
    rest = without_first_sentence(event.text[badge.end() :]).removesuffix(".")
    brief = clauses_in(rest, cells - badge.end())
    return f"{badge.group()}{brief}" if brief else ""


def _cut_at_a_word(row: Line, cells: int) -> Line:
    """The line with its last piece of text cut between two words, if it is too long."""
    if width(row) <= cells:
        return row
    room = cells - width(row[:-1])
    cut = "".join(wrap(row[-1].text, room, 1))
    # Unless that would drop a long word.
    return (*row[:-1], row[-1]._replace(text=cut)) if cells_of(cut) > room / 2 else crop(row, cells)


def _selected(drawn: Line, cells: int) -> Line:
    """The row in the colour of the cursor, with a mark in place of the blank before its glyph."""
    fill = Span(" " * (cells - width(drawn)))
    marked = [span._replace(back="track") for span in (*drawn, fill)]
    first = marked[0]
    marked[0] = first._replace(text=first.text[:-1] + "▸", role="accent", bold=True)
    return line(*marked)
