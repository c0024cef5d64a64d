"""The strip in full screen: the verdict, with the alerts beside or below it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from claude_tui.model.snapshot import EventKind, Snapshot
from claude_tui.tui.panels.alerts_zoom import alerts_zoom
from claude_tui.tui.panels.times import Times
from claude_tui.tui.panels.verdict_zoom import hanging_indent, verdict_zoom
from claude_tui.tui.panels.zoom_parts import halves, heading, side_by_side
from claude_tui.tui.render.glyphs import event_mark
from claude_tui.tui.render.lines import BLANK, Lines, Span, line

if TYPE_CHECKING:
    from claude_tui.model.when import Local

__all__ = ["strip_zoom"]

_BESIDE_FROM = 104
_MOST_EARLIER = 12


def strip_zoom(snapshot: Snapshot, cells: int, settings_file: str, local: Local | None = None) -> Lines:
    """The verdict and the alerts. `settings_file` is where to add a route.

    Times of `local` are shown beside those in UTC.
    """
    two_columns = cells >= _BESIDE_FROM
    left, right = halves(cells) if two_columns else (cells, cells)
    verdict, earlier = verdict_zoom(snapshot, left, local), _earlier(snapshot, left, local)
    alerts = alerts_zoom(snapshot, right, settings_file, local)
    if two_columns:
        return side_by_side((*verdict, *earlier), alerts, left)
    return (*verdict, BLANK, *alerts, *earlier)


def _earlier(snapshot: Snapshot, cells: int, local: Local | None) -> Lines:
    """How the verdict has changed, newest first."""
    verdicts = [event for event in snapshot.events if event.kind is EventKind.VERDICT][:_MOST_EARLIER]
    if not verdicts:
        return ()
    times, out = Times(snapshot.at, local), [BLANK, heading("Verdicts", "newest first", cells)]
    for event in verdicts:
        mark = event_mark(event)
        start = line(Span(f"{times.moment(event.at)} ", "dim"), Span(f"{mark.glyph} ", mark.role, bold=True))
        out += hanging_indent(start, line(event.text), cells)
    return tuple(out)
