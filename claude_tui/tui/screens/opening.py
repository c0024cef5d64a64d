"""The first frame: the dashboard's frames and keys, shown until the record has been read.

Reading takes as long as importing a few hundred modules, and as the disk takes to answer: half a second, or
ten on a bad day. This frame needs neither, so it appears at once.
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, ClassVar, NamedTuple

from textual.screen import Screen

from claude_tui.model.arrangement import Panel, Preset
from claude_tui.model.format import duration
from claude_tui.tui.actions import Scope
from claude_tui.tui.hints import footer
from claude_tui.tui.panel_keys import zoom_keys
from claude_tui.tui.panels.badges import READ_ONLY, demo_badge
from claude_tui.tui.panels.footer import footer_line
from claude_tui.tui.panels.strip_size import rows_without_notices
from claude_tui.tui.render.frame import framed
from claude_tui.tui.render.line_panel import LinePanel
from claude_tui.tui.render.lines import BLANK, Line, Lines, Span, fit, join, line, spread
from claude_tui.tui.screens.closing import ClosesOnce
from claude_tui.tui.screens.layout import Slot, arrange

if TYPE_CHECKING:
    from collections.abc import Callable, Collection

    from textual.app import ComposeResult
    from textual.binding import BindingType

    from claude_tui.tui.keys import KeyMap

__all__ = ["About", "OpeningScreen", "opening_lines"]

_READING = "Reading what has been recorded"
_ROOMY = 6
_TICK_S = 1.0
_SLOW = timedelta(seconds=3)


class About(NamedTuple):
    """What is known about the target before anything is read."""

    name: str = ""
    """The user's name for it."""
    host: str = ""
    """Its host and port."""
    demo: str | None = None
    """The scenario that is simulated, if any."""
    speed: float = 1.0
    """How many times faster than real time it is played."""
    read_only: bool = False
    """Whether the dashboard is read-only."""


class OpeningScreen(ClosesOnce, Screen[None], inherit_bindings=False):
    """It has no keys of its own: what is typed waits."""

    DEFAULT_CSS = "OpeningScreen { overflow: hidden hidden; }"
    BINDINGS: ClassVar[list[BindingType]] = []
    AUTO_FOCUS = ""

    def __init__(
        self,
        about: About,
        chosen_keys: KeyMap,
        preset: Preset = Preset.TRIAGE,
        hidden: Collection[str] = (),
        now: Callable[[], datetime] = lambda: datetime.now(UTC),
    ) -> None:
        super().__init__()
        self._panel = _Opening(about, chosen_keys, preset, frozenset(hidden), now)

    def compose(self) -> ComposeResult:
        yield self._panel


class _Opening(LinePanel):
    def __init__(
        self,
        about: About,
        chosen_keys: KeyMap,
        preset: Preset,
        hidden: frozenset[str],
        now: Callable[[], datetime],
    ) -> None:
        super().__init__()
        self._about = about
        self._keys = chosen_keys
        self._preset = preset
        self._hidden = hidden
        self._now = now
        self._since = now()

    def on_mount(self) -> None:
        self.set_interval(_TICK_S, self.redraw)

    def draw(self, width: int, height: int) -> Lines:
        times = (self._since, self._now())
        return opening_lines(self._about, times, width, height, self._keys, self._preset, self._hidden)


def opening_lines(
    about: About,
    times: tuple[datetime, datetime],
    cells: int,
    rows: int,
    keys: KeyMap,
    preset: Preset = Preset.TRIAGE,
    hidden: frozenset[str] = frozenset(),
) -> Lines:
    """The whole screen of `cells` by `rows`, with everything where the dashboard will have it.

    `times` are the start and now.
    """
    slots = arrange(cells, rows, rows_without_notices, preset=preset, hidden=hidden).slots
    drawn = {name: lines for name, slot in slots.items() if (lines := _drawn(name, slot, about, times, keys))}
    places = sorted((slot.x, name) for name, slot in slots.items() if name in drawn)
    return tuple(_row(y, [(slots[name], drawn[name]) for _, name in places]) for y in range(rows))


def _drawn(what: str, slot: Slot, about: About, times: tuple[datetime, datetime], keys: KeyMap) -> Lines:
    """The lines in place of that widget."""
    since, now = times
    if what == "header":
        return (_header(about, now, slot.cells),)
    if what == "footer":
        return (footer_line(footer(Scope.DASHBOARD, keys, without=("zoom_traffic",)), slot.cells),)
    if what == "strip":
        progress = line("  ", Span(f"◌ {_READING}{_lasted(now - since)}", "dim"))
        return (BLANK, progress) if slot.rows >= _ROOMY else (progress,)
    if what not in set(Panel):
        return ()
    key = zoom_keys(keys)[Panel(what)]
    return framed((), slot.cells, slot.rows, frame=slot.frame, title=what.capitalize(), key=key)


def _lasted(passed: timedelta) -> str:
    """How long opening has taken, if that is worth mentioning: a hanging disk, or a network file system."""
    return f" for {duration(passed)}: the data directory answers slowly" if passed > _SLOW else ""


def _row(y: int, places: list[tuple[Slot, Lines]]) -> Line:
    """Row `y` of the screen, from the slots that it crosses, left to right."""
    row: Line = ()
    for slot, lines in places:
        if slot.y <= y < slot.y + slot.rows:
            own = lines[y - slot.y] if y - slot.y < len(lines) else BLANK
            row = line(*spread(row, BLANK, slot.x), *spread(own, BLANK, slot.cells))
    return row


def _header(about: About, now: datetime, cells: int) -> Line:
    parts = [line(Span("claude-top ", "accent", bold=True))]
    if about.demo is not None:
        parts.append(demo_badge(about.demo, about.speed))
    if about.read_only:
        parts.append(READ_ONLY)
    if about.name:
        parts.append(line(Span(fit(about.name, 24), "text", bold=True)))
    parts.append(line(Span(fit(about.host, 40), "dim")))
    clock = line(Span("opening", "dim"), Span(f"  {now:%H:%M:%S} UTC ", "text"))
    return spread(line(" ", *join(parts, " ")), clock, cells)
