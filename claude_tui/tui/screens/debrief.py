"""A drill's brief, shown before it, and its debrief, shown after it."""

from __future__ import annotations

from typing import ClassVar

from textual.binding import Binding

from claude_tui.drills.conclusion import Result
from claude_tui.drills.report import Row, Section, as_text, headline, sections
from claude_tui.model.snapshot import Level
from claude_tui.tui.actions import Scope
from claude_tui.tui.hints import Hint
from claude_tui.tui.keymap import bindings
from claude_tui.tui.panels.zoom_parts import halves, heading, side_by_side
from claude_tui.tui.render.glyphs import level_mark
from claude_tui.tui.render.lines import BLANK, Line, Lines, Span, flow, line, pad, width
from claude_tui.tui.screens.reader import ReaderScreen
from claude_tui.tui.screens.runbook_parts import WIDEST, key_of, prose
from claude_tui.tui.screens.runbook_screen import offered

__all__ = ["BriefScreen", "DebriefScreen", "debrief_lines"]

_LABEL_CELLS = 19
_BESIDE_FROM = 90
_MOST_ROWS = 40
_SHOWN = frozenset({Level.OK, Level.WARN, Level.BAD})


class _PlainScreen(ReaderScreen):
    """Text, and the keys of a drill."""

    BINDINGS = bindings(Scope.DEBRIEF)

    OUT_OF_PLACE: ClassVar[frozenset[str]] = frozenset()
    """The labels of the actions that make no sense here."""

    def hints(self) -> tuple[Hint, ...]:
        return offered(Scope.DEBRIEF, self.cockpit.chosen_keys, self.OUT_OF_PLACE)


class BriefScreen(_PlainScreen):
    """What the responder is told at the beginning."""

    SCREEN_NAME = "brief"
    OUT_OF_PLACE = frozenset({"brief"})
    BINDINGS = [*bindings(Scope.DEBRIEF), Binding("enter", "back", show=False)]

    def __init__(self, title: str, text: str) -> None:
        super().__init__()
        self._title, self._text = title, text

    def title_and_key(self) -> tuple[str, str]:
        return "Drill: briefing", ""

    def content(self, cells: int, rows: int) -> Lines:  # noqa: ARG002 (it scrolls)
        key = key_of(self.cockpit.chosen_keys)
        return (
            *prose(f"{self._title[:1].upper()}{self._title[1:]}.", cells, bold=True),
            BLANK,
            *prose(self._text, cells),
            BLANK,
            *prose(
                "Work it as you would at night: everything here is real but the API, and nobody is paged. "
                "Declare, acknowledge, walk the tree, tick off what you do; a step that is ticked off counts "
                "as done.",
                cells,
                "dim",
            ),
            BLANK,
            _key(key("drill_answer"), "whose problem it is, and what: as soon as you think you know"),
            _key(key("drill_brief"), "this briefing again"),
            _key(key("drill_end"), "end the drill and see the score; resolving the incident does so too"),
            _key("enter", "begin"),
        )

    def action_copy(self) -> None:
        self.app.copy_to_clipboard(self._text)
        self.notify("Copied.", timeout=2, markup=False)


class DebriefScreen(_PlainScreen):
    """How it went."""

    SCREEN_NAME = "debrief"
    # What is left to do is to read, to write the postmortem and to leave.
    OUT_OF_PLACE = frozenset(
        {
            "debrief",
            "probe",
            "decide",
            "act",
            "first checks",
            "ack",
            "snooze",
            "severity",
            "pause",
        }
    )

    def __init__(self, result: Result) -> None:
        super().__init__()
        self.result = result

    def title_and_key(self) -> tuple[str, str]:
        return f"Debrief of {headline(self.result)}", ""

    def content(self, cells: int, rows: int) -> Lines:  # noqa: ARG002 (it scrolls)
        return debrief_lines(self.result, cells)

    def action_copy(self) -> None:
        self.app.copy_to_clipboard(as_text(self.result))
        self.notify("Debrief copied.", timeout=2, markup=False)


def _key(key: str, does: str) -> Line:
    return line(Span(pad(key, 7), "accent", bold=True), Span(does, "text"))


def debrief_lines(result: Result, cells: int) -> Lines:
    """Every section under its heading, in two columns if there is room for both."""
    left, right = halves(cells)
    shown = sections(result)
    if right < _BESIDE_FROM:
        return _section_lines(shown, cells)
    return side_by_side(_section_lines(shown[:2], left), _section_lines(shown[2:], right), left)


def _section_lines(shown: tuple[Section, ...], cells: int) -> Lines:
    out: list[Line] = []
    for section in shown:
        out += [BLANK] if out else []
        out.append(heading(section.title, section.note, cells))
        out += [row_line for row in section.rows for row_line in _row(row, cells)]
    return tuple(out)


def _row(row: Row, cells: int) -> Lines:
    mark = level_mark(row.level)
    glyph = "✓" if row.level is Level.OK else mark.glyph if row.level in _SHOWN else " "
    head = line(Span(f"{glyph} ", mark.role, bold=True), Span(pad(row.label, _LABEL_CELLS - 2), "dim"))
    if row.points:
        earned, of, weight = row.points.partition(" of ")
        head = line(*head, Span(earned, "text", bold=True), Span(f"{of}{weight}   ", "dim"))
    value = Span(row.text, "dim" if row.level is Level.UNKNOWN else "text")
    text = line(value, Span(f" ({row.note})" if row.note else "", "dim"))
    rows = flow(text, min(cells, WIDEST) - width(head), _MOST_ROWS) or ((),)
    return tuple(
        line(*(head if number == 0 else (Span(" " * width(head)),)), *spans)
        for number, spans in enumerate(rows)
    )
