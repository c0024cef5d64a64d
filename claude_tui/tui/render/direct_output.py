"""Sends the cells that a new Snapshot changes straight to the terminal.

Textual 8.2 makes a second pass of its own for that: a timer, a search for the widgets that overlap the
changes, whole lines rendered and cut up again, a third of the CPU of drawing. Where nothing lies
over a panel and nothing else waits to be drawn, the panel knows what the compositor would find out.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, cast

from rich.segment import Segment
from textual.geometry import Region
from textual.strip import Strip
from textual.widget import Widget

from claude_tui.tui.render.cutting import between
from claude_tui.tui.render.lines import Line, cells_of
from claude_tui.tui.render.partial_output import CellsUpdate

if TYPE_CHECKING:
    from textual.screen import Screen

    from claude_tui.tui.render.paint import Paint

__all__ = ["Change", "DirectOutput", "DrawnWidget", "regions_of", "strip_of", "uncovered"]

Change = tuple[int, int, int]
"""A row, the first column that changed in it, and the first column after the change."""

_Placed = Mapping[Widget, tuple[Region, Region]]


class DrawnWidget(Widget):
    """A widget that has drawn itself as Lines."""

    @property
    def paint(self) -> Paint:
        """Turns them into Strips."""
        raise NotImplementedError

    @property
    def drawn(self) -> Sequence[Line]:
        """The lines on screen, from top to bottom."""
        raise NotImplementedError


class DirectOutput:
    """Bypasses the compositor for the panels of `screen`, wherever the result looks the same."""

    def __init__(self, screen: Screen[Any]) -> None:
        self._screen = screen
        self._placed: _Placed = {}
        self._uncovered: Mapping[Widget, Region] = {}
        self._changed: list[tuple[DrawnWidget, Sequence[Change]]] | None = None

    @contextmanager
    def collecting(self) -> Iterator[None]:
        """While this lasts, changes of panels are collected; at the end they are sent together."""
        if not _is_possible(self._screen):
            yield
            return
        placed = self._screen._compositor.visible_widgets
        if placed is not self._placed:
            # Textual creates a new mapping with every layout.
            self._placed, self._uncovered = placed, uncovered(placed)
        self._changed = []
        try:
            yield
        finally:
            changed, self._changed = self._changed, None
            self._send(changed)

    def take(self, panel: DrawnWidget, changes: Sequence[Change]) -> bool:
        """Have the changes of a panel sent at the end of the pass. False if Textual has to draw them."""
        if self._changed is None or panel not in self._uncovered:
            return False
        self._changed.append((panel, changes))
        return True

    def _send(self, changed: Sequence[tuple[DrawnWidget, Sequence[Change]]]) -> None:
        if _is_busy(self._screen):
            # The pass has requested another layout, which may move what it changed.
            for panel, changes in changed:
                panel.refresh(*regions_of(changes))
            return
        app = self._screen.app
        pieces = [piece for panel_changes in changed for piece in self._pieces(*panel_changes)]
        filters = [line_filter for line_filter in app._filters if line_filter.enabled]
        if filters and pieces:
            # Panels have no background of their own.
            behind = self._screen.background_colors[1]
            for line_filter in filters:
                pieces = [(x, y, strip.apply_filter(line_filter, behind)) for x, y, strip in pieces]
        if pieces:
            app._display(self._screen, cast("Any", CellsUpdate(pieces)))

    def _pieces(self, panel: DrawnWidget, changes: Sequence[Change]) -> Iterator[tuple[int, int, Strip]]:
        left, top, cells, _ = self._uncovered[panel]
        # When Textual draws these rows later, it must not use its cache.
        panel._styles_cache.set_dirty(*[Region(0, y, cells, 1) for y, _, _ in changes])
        for y, start, end in changes:
            yield left + start, top + y, strip_of(panel.paint, panel.drawn[y], start, end)


def regions_of(changes: Sequence[Change]) -> list[Region]:
    """The changes in the form that Textual expects."""
    return [Region(start, y, end - start, 1) for y, start, end in changes]


def uncovered(placed: _Placed) -> Mapping[Widget, Region]:
    """The fully visible widgets with their regions. `placed` is in drawing order, front first."""
    found: dict[Widget, Region] = {}
    before: list[Region] = []
    for widget, (region, clip) in placed.items():
        if clip.contains_region(region) and not any(other.overlaps(region) for other in before):
            found[widget] = region
        before.append(region.intersection(clip))
    return found


def _is_possible(screen: Screen[Any]) -> bool:
    """Whether the screen is in front, on a real terminal, with nothing else waiting to be drawn."""
    app = screen.app
    driver = app._driver
    return (
        app._running
        and driver is not None
        and not (app._batch_count or driver.is_inline)
        and app.screen is screen
        and not _is_busy(screen)
    )


def _is_busy(screen: Screen[Any]) -> bool:
    return bool(
        screen._layout_required
        or screen._scroll_required
        or screen._repaint_required
        or screen._dirty_widgets
        or screen._compositor._dirty_regions
    )


def strip_of(paint: Paint, line: Line, start: int, end: int) -> Strip:
    """The cells from `start` up to `end` of a line, which is blank after its last span."""
    style = paint.theme.style
    segments: list[Segment] = []
    first = x = 0
    for text, role, bold, back in line:
        size = cells_of(text)
        # A zero-width character belongs to the character before it.
        if x < end and x + size > start and (size or segments):
            if not segments:
                first = x
            segments.append(Segment(text, style(role, bold=bold, back=back)))
        x += size
    if x < end:
        if not segments:
            first = x = max(x, start)
        segments.append(Segment(" " * (end - x), style("text")))
        x = end
    return Strip(between(segments, start - first, end - first), end - start)
