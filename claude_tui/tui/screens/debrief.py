"""A drill's brief, which comes before it, and its debrief, which comes after."""

from __future__ import annotations

from claude_tui.drills.conclusion import Result
from claude_tui.drills.report import Row, as_text, headline, sections
from claude_tui.model.snapshot import Level
from claude_tui.tui.actions import Hint, Scope, bindings
from claude_tui.tui.panels.zoom_parts import heading
from claude_tui.tui.render.glyphs import level_mark
from claude_tui.tui.render.lines import BLANK, Line, Span, line, pad, wrap
from claude_tui.tui.screens.reader import ReaderScreen
from claude_tui.tui.screens.runbook_parts import WIDEST, key_of, prose
from claude_tui.tui.screens.runbook_screen import offered

__all__ = ["BriefScreen", "DebriefScreen", "debrief_lines"]

Lines = tuple[Line, ...]

_LABEL_CELLS = 19
_MOST_ROWS = 40
_SHOWN = frozenset({Level.OK, Level.WARN, Level.BAD})


class _PlainScreen(ReaderScreen):
    """Text, and the keys of a drill."""

    BINDINGS = bindings(Scope.DEBRIEF)

    def hints(self) -> tuple[Hint, ...]:
        return offered(Scope.DEBRIEF, self.cockpit.chosen_keys, frozenset())


class BriefScreen(_PlainScreen):
    """What the responder is told at the beginning."""

    CALLED = "brief"

    def __init__(self, title: str, text: str) -> None:
        super().__init__()
        self._title, self._text = title, text

    def title_and_key(self) -> tuple[str, str]:
        return "Drill: what you are told", ""

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
            _key(key("drill_brief"), "these words again"),
            _key(key("drill_end"), "the end, and the score; resolving the incident leads there too"),
            _key(key("back"), "begin"),
        )

    def action_copy(self) -> None:
        self.app.copy_to_clipboard(self._text)
        self.notify("Copied.", timeout=2, markup=False)


class DebriefScreen(_PlainScreen):
    """How it went."""

    CALLED = "debrief"

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
    return line(Span(pad(key, 5), "accent", bold=True), Span(does, "text"))


def debrief_lines(result: Result, cells: int) -> Lines:
    """Every section under its heading."""
    out: list[Line] = []
    for section in sections(result):
        out += [BLANK] if out else []
        out.append(heading(section.title, "", cells))
        out += [each for row in section.rows for each in _row(row, cells)]
    return tuple(out)


def _row(row: Row, cells: int) -> Lines:
    mark = level_mark(row.level)
    glyph = "✓" if row.level is Level.OK else mark.glyph if row.level in _SHOWN else " "
    text = f"{row.text} ({row.note})" if row.note else row.text
    rows = wrap(text, min(cells, WIDEST) - _LABEL_CELLS, _MOST_ROWS) or ("",)
    role = "dim" if row.level is Level.UNKNOWN else "text"
    head = line(Span(f"{glyph} ", mark.role, bold=True), Span(pad(row.label, _LABEL_CELLS - 2), "dim"))
    return tuple(
        line(*(head if number == 0 else (Span(" " * _LABEL_CELLS),)), Span(each, role))
        for number, each in enumerate(rows)
    )
