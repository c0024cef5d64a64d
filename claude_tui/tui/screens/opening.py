"""The first frame: the dashboard's frames and keys, until what has been recorded is read.

It takes as long as a few hundred modules take to import, and a disk to answer: half a second, or on a bad
day ten. What it shows needs neither, so it is there at once.
"""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING, ClassVar

from textual.screen import Screen

from claude_tui.model.arrangement import Panel, Preset
from claude_tui.tui.actions import Scope, footer
from claude_tui.tui.panel_keys import zoom_keys
from claude_tui.tui.panels.footer import footer_line
from claude_tui.tui.panels.strip_size import rows_without_notices
from claude_tui.tui.render.frame import framed
from claude_tui.tui.render.line_panel import LinePanel
from claude_tui.tui.render.lines import BLANK, Line, Span, fit, line, spread
from claude_tui.tui.screens.layout import Slot, arrange

if TYPE_CHECKING:
    from collections.abc import Collection

    from textual.app import ComposeResult
    from textual.binding import BindingType

    from claude_tui.tui.keys import KeyMap

__all__ = ["OpeningScreen", "opening_lines"]

_WORDS = "Reading what has been recorded"
_ROOMY = 6


class OpeningScreen(Screen[None], inherit_bindings=False):
    """Drawn once, and again at another size. It has no keys of its own: what is typed waits."""

    DEFAULT_CSS = "OpeningScreen { overflow: hidden hidden; }"
    BINDINGS: ClassVar[list[BindingType]] = []
    AUTO_FOCUS = ""

    def __init__(self, name: str, chosen_keys: KeyMap, preset: Preset, hidden: Collection[str]) -> None:
        """`name` is what the monitored target is called; "" if nothing."""
        super().__init__()
        self._panel = _Opening(name, chosen_keys, preset, hidden)

    def compose(self) -> ComposeResult:
        yield self._panel


class _Opening(LinePanel):
    def __init__(self, name: str, chosen_keys: KeyMap, preset: Preset, hidden: Collection[str]) -> None:
        super().__init__()
        self._called = name
        self._keys = chosen_keys
        self._preset = preset
        self._hidden = frozenset(hidden)

    def draw(self, width: int, height: int) -> tuple[Line, ...]:
        now = datetime.now(UTC)
        return opening_lines(self._called, now, width, height, self._keys, self._preset, self._hidden)


def opening_lines(
    name: str,
    now: datetime,
    cells: int,
    rows: int,
    keys: KeyMap,
    preset: Preset = Preset.TRIAGE,
    hidden: frozenset[str] = frozenset(),
) -> tuple[Line, ...]:
    """The whole screen of `cells` by `rows`: everything is where the dashboard will have it."""
    slots = arrange(cells, rows, rows_without_notices, preset=preset, hidden=hidden).slots
    drawn = {each: lines for each, slot in slots.items() if (lines := _drawn(each, slot, name, now, keys))}
    places = sorted((slot.x, each) for each, slot in slots.items() if each in drawn)
    return tuple(_row(y, [(slots[each], drawn[each]) for _, each in places]) for y in range(rows))


def _drawn(what: str, slot: Slot, name: str, now: datetime, keys: KeyMap) -> tuple[Line, ...]:
    """What stands in the place of that widget."""
    if what == "header":
        return (_header(name, now, slot.cells),)
    if what == "footer":
        return (footer_line(footer(Scope.DASHBOARD, keys, without=("zoom_traffic",)), slot.cells),)
    if what == "strip":
        told = line("  ", Span(f"◌ {_WORDS}", "dim"))
        return (BLANK, told) if slot.rows >= _ROOMY else (told,)
    if what not in set(Panel):
        return ()
    key = zoom_keys(keys)[Panel(what)]
    return framed((), slot.cells, slot.rows, frame=slot.frame, title=what.capitalize(), key=key)


def _row(y: int, places: list[tuple[Slot, tuple[Line, ...]]]) -> Line:
    """Row `y` of the screen, from the places that it crosses, left to right."""
    row: Line = ()
    for slot, lines in places:
        if slot.y <= y < slot.y + slot.rows:
            own = lines[y - slot.y] if y - slot.y < len(lines) else BLANK
            row = line(*spread(row, BLANK, slot.x), *spread(own, BLANK, slot.cells))
    return row


def _header(name: str, now: datetime, cells: int) -> Line:
    called = (Span(fit(name, 24), "text", bold=True),) if name else ()
    clock = line(Span("opening", "dim"), Span(f"  {now:%H:%M:%S} UTC ", "text"))
    return spread(line(" ", Span("claude-top ", "accent", bold=True), " ", *called), clock, cells)
