"""The events, newest first: scrolls, and keeps its selection while new events arrive."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from datetime import datetime

from textual import events as textual_events

from claude_tui.analysis.views.events import filtered
from claude_tui.model.arrangement import Panel
from claude_tui.model.filtering import Filter, parse_filter
from claude_tui.model.format import ago, moment
from claude_tui.model.observation import Source
from claude_tui.model.snapshot import Event, EventKind, Level, Snapshot
from claude_tui.model.when import Local
from claude_tui.tui.messages import EventChosen, SelectionMoved
from claude_tui.tui.panels.event_rows import (
    MOST_ROWS,
    NARROW,
    ROWS_WITH_ROOM,
    EventRow,
    blocks_from,
    event_rows,
    further_rows,
    last_top,
    top_after_update,
    top_showing,
    visible_rows,
)
from claude_tui.tui.render.clauses import clauses_in, without_first_sentence
from claude_tui.tui.render.frame import Frame
from claude_tui.tui.render.glyphs import event_mark
from claude_tui.tui.render.line_panel import SnapshotPanel
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

__all__ = ["EventRow", "EventsPanel", "event_lines", "event_rows", "top_after_update", "visible_rows"]

_SUBJECT_CELLS = 12
# With fewer rows, more events are worth more than longer texts.
_LEAST_ROWS_OF_BLOCKS = 5
_DURATION = re.compile(r" in [\d.]+ m?s")
_BADGE = re.compile(r"(\[[^]]*\]|P\d) ")
# The text of other events is clear without its subject.
_NEED_A_SUBJECT = (EventKind.FAILURE, EventKind.RECOVERY, EventKind.ALERT)


class EventsPanel(SnapshotPanel):
    """With `unfolds`, a folded event can be opened in place; otherwise it is opened like any other."""

    PANEL = Panel.EVENTS
    TITLE = "Events"

    def __init__(self, snapshot: Snapshot, key: str = "", *, unfolds: bool = False) -> None:
        super().__init__(snapshot, key)
        self.filter_text = ""
        """The filter as typed."""
        self._wanted = Filter()
        self._unfolds = unfolds
        self._opened: frozenset[str] = frozenset()
        self._selected: str | None = None
        self._top = 0
        self._made: tuple[tuple[Event, ...], object, tuple[EventRow, ...]] | None = None
        self._rows = self._listed(snapshot)
        self._shown: Sequence[EventRow] = ()

    @property
    def selected(self) -> Event | None:
        """The event under the cursor; None without a cursor, or if the event is gone."""
        index = self._index()
        return None if index is None else self._rows[index].event

    @property
    def newest(self) -> Event | None:
        """The newest of the listed events."""
        return self._rows[0].event if self._rows else None

    def show(self, snapshot: Snapshot) -> None:
        before, self._rows = self._rows, self._listed(snapshot)
        self._top = top_after_update(before, self._rows, self._top)
        super().show(snapshot)

    def _listed(self, snapshot: Snapshot) -> tuple[EventRow, ...]:
        made, of = self._made, (self._wanted, self._opened)
        # A filter may be about the time: then they are listed anew.
        if made is None or made[0] is not snapshot.events or made[1] != of or self._wanted.terms:
            rows = event_rows(filtered(snapshot.events, self._wanted, snapshot.at), self._opened)
            made = self._made = snapshot.events, of, rows
        return made[2]

    def lines(self, snapshot: Snapshot, width: int, height: int) -> Lines:
        index = self._index()
        if 0 < width < NARROW and height > _LEAST_ROWS_OF_BLOCKS and self._rows:
            return self._in_blocks(snapshot, width, height, index)
        if index is not None:
            self._top = min(max(self._top, index - height + 1), index)
        self._top = max(min(self._top, len(self._rows) - height), 0)
        cursor = None if index is None else index - self._top
        shown: Sequence[EventRow] = self._rows[self._top : self._top + max(height, 0)]
        if index is None and not self._top:
            shown = visible_rows(self._rows, height)
        self._shown = shown
        if not shown and self.filter_text:
            return clipped((line(Span(f"Nothing matches “{self.filter_text}”.", "dim")),), width, height)
        return event_lines(shown, snapshot.at, width, height, cursor, self.paint.local)

    def _in_blocks(self, snapshot: Snapshot, width: int, height: int, index: int | None) -> Lines:
        """One or more rows for each event, depending on its text and the space available."""
        at, local = snapshot.at, self.paint.local
        rows = self._rows
        if index is None and not self._top:
            # As many as fit, chosen as if each of them took a row.
            rows = tuple(visible_rows(rows, height))
        lowest, highest = min(self._top, index or 0), max(self._top, index or 0)
        near = rows[max(lowest - height, 0) : highest + height]
        times = max(cells_of(_when(row.event, at, local)) for row in near)

        def block(row: EventRow, most: int) -> Lines:
            return _block(row, at, times, width, local, most)

        whole = _in_full(rows, height, block)

        def draw(number: int) -> Lines:
            return whole[number] if whole else block(rows[number], MOST_ROWS)

        if index is not None:
            self._top = min(self._top, index)
            self._top = top_showing(index, self._top, height, draw)
        self._top = max(min(self._top, last_top(len(rows), height, draw)), 0)
        out: list[Line] = []
        shown: list[EventRow] = []
        for visible in blocks_from(self._top, len(rows), height, draw):
            chosen = index is not None and rows[visible.number] is self._rows[index]
            out += _selected_block(visible.lines, width) if chosen else visible.lines
            shown += [rows[visible.number]] * len(visible.lines)
        self._shown = shown
        return tuple(out)

    def subtitle(self, snapshot: Snapshot) -> str:  # noqa: ARG002 (its rows are known)
        total, index = len(self._rows), self._index()
        only = f"only “{self.filter_text}” · " if self.filter_text else ""
        if index is not None:
            return f"{only}{index + 1} of {total}"
        return f"{only}from {self._top + 1} of {total}" if self._top else only.removesuffix(" · ")

    def apply_filter(self, filter_text: str) -> None:
        """Show only what matches a filter; everything if it is empty. Raises FilterError."""
        self._wanted, self.filter_text = parse_filter(filter_text), filter_text
        self._selected, self._top = None, 0
        self._list_again()

    def open_or_close(self) -> bool:
        """Open or close the folded event under the cursor. Returns whether there is one."""
        index = self._index()
        if not self._unfolds or index is None:
            return False
        row = self._rows[index]
        if not row.event.folded or row.inner:
            return False
        self._opened ^= {row.key}
        self._list_again()
        return True

    def _list_again(self) -> None:
        self._rows = self._listed(self.snapshot)
        self._moved()

    def _moved(self) -> None:
        self.redraw()
        self.post_message(SelectionMoved())

    def move(self, step: int) -> None:
        """Move the cursor by `step` rows towards older ones. It starts on the newest visible row."""
        total = len(self._rows)
        if not total:
            return
        index = self._index()
        target = self._top if index is None else index + step
        self._select(min(max(target, 0), total - 1))

    def move_to_end(self, *, newest: bool) -> None:
        if self._rows:
            self._select(0 if newest else len(self._rows) - 1)

    @property
    def page(self) -> int:
        """The number of rows of a page."""
        return max(self.size.height - (1 if self.frame is Frame.RULE else 2), 1)

    def unselect(self) -> bool:
        """Remove the cursor, then the filter, and go back to the newest. Returns whether anything changed."""
        was, self._selected, self._top = self._selected is not None or self._top > 0, None, 0
        if not was and self.filter_text:
            self.apply_filter("")
            return True
        self.redraw()
        return was

    def _select(self, index: int) -> None:
        self._selected = self._rows[index].key
        self._moved()

    def _index(self) -> int | None:
        if self._selected is None:
            return None
        return next((number for number, row in enumerate(self._rows) if row.key == self._selected), None)

    def on_mouse_scroll_down(self, event: textual_events.MouseScrollDown) -> None:
        event.stop()
        self._scroll(3)

    def on_mouse_scroll_up(self, event: textual_events.MouseScrollUp) -> None:
        event.stop()
        self._scroll(-3)

    def _scroll(self, step: int) -> None:
        if self._selected is not None:
            self.move(step)
        else:
            self._top = max(self._top + step, 0)
            self.redraw()

    def clicked(self, y: int) -> None:
        """A click on the title opens all events; on a row, it selects the row, or opens the selected one."""
        row = y - 1
        if row < 0 and self.key and not self._unfolds:
            super().clicked(y)
        elif 0 <= row < min(self.page, len(self._shown)):
            clicked = self._rows.index(self._shown[row])
            again = self._index() == clicked
            self._select(clicked)
            if again and not self.open_or_close() and (chosen := self.selected):
                self.post_message(EventChosen(chosen))


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


def _in_full(
    rows: Sequence[EventRow], height: int, block: Callable[[EventRow, int], Lines]
) -> Sequence[Lines]:
    """All of them with their whole text if there is room for that, otherwise none."""
    if len(rows) > height:
        return ()
    drawn = [block(row, ROWS_WITH_ROOM) for row in rows]
    return drawn if sum(map(len, drawn)) <= height else ()


def _when(event: Event, at: datetime, local: Local | None) -> str:
    return (
        moment(event.at, at) if local is None else f"{moment(event.at, at)} {local.beside_utc(event.at, at)}"
    )


def _block(shown: EventRow, at: datetime, times: int, cells: int, local: Local | None, most: int) -> Lines:
    """An event of a narrow panel in a row, or in up to `most` if its text takes them."""
    event, mark = shown.event, event_mark(shown.event)
    loud = event.level in (Level.WARN, Level.BAD)
    glyph = "·" if shown.inner else mark.glyph
    when = Span(pad(_when(event, at, local), times) + " ", "faint" if shown.inner else "dim")
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


def _selected_block(drawn: Lines, cells: int) -> Lines:
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
