"""The strip in full screen: the verdict, with the alerts beside or below it."""

from __future__ import annotations

from itertools import zip_longest
from typing import TYPE_CHECKING

from claude_tui.model.snapshot import Snapshot
from claude_tui.tui.panels.alerts_zoom import alerts_zoom
from claude_tui.tui.panels.verdict_zoom import verdict_zoom
from claude_tui.tui.render.lines import BLANK, Lines, Span, line, spread

if TYPE_CHECKING:
    from claude_tui.model.when import Local

__all__ = ["strip_zoom"]

_BESIDE_FROM = 104
_GAP = 4


def strip_zoom(snapshot: Snapshot, cells: int, settings_file: str, local: Local | None = None) -> Lines:
    """The verdict and the alerts. `settings_file` is where to add a route.

    Times of `local` are shown beside those in UTC.
    """
    beside = cells >= _BESIDE_FROM
    left = (cells - _GAP) // 2 if beside else cells
    right = cells - _GAP - left if beside else cells
    verdict = verdict_zoom(snapshot, left, local)
    alerts = alerts_zoom(snapshot, right, settings_file, local)
    return _side_by_side(verdict, alerts, left) if beside else (*verdict, BLANK, *alerts)


def _side_by_side(left: Lines, right: Lines, cells: int) -> Lines:
    rule = Span("  │ ", "edge")
    return tuple(
        line(*spread(one, BLANK, cells), rule, *other)
        for one, other in zip_longest(left, right, fillvalue=BLANK)
    )
