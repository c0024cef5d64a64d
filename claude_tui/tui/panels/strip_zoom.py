"""The strip in full screen: the verdict, with the alerts beside or below it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from claude_tui.model.snapshot import Snapshot
from claude_tui.tui.panels.alerts_zoom import alerts_zoom
from claude_tui.tui.panels.verdict_zoom import verdict_zoom
from claude_tui.tui.panels.zoom_parts import halves, side_by_side
from claude_tui.tui.render.lines import BLANK, Lines

if TYPE_CHECKING:
    from claude_tui.model.when import Local

__all__ = ["strip_zoom"]

_BESIDE_FROM = 104


def strip_zoom(snapshot: Snapshot, cells: int, settings_file: str, local: Local | None = None) -> Lines:
    """The verdict and the alerts. `settings_file` is where to add a route.

    Times of `local` are shown beside those in UTC.
    """
    beside = cells >= _BESIDE_FROM
    left, right = halves(cells) if beside else (cells, cells)
    verdict = verdict_zoom(snapshot, left, local)
    alerts = alerts_zoom(snapshot, right, settings_file, local)
    return side_by_side(verdict, alerts, left) if beside else (*verdict, BLANK, *alerts)
