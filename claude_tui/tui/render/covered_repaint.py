"""Keeps a screen under a dialog from being redrawn over and over."""

from __future__ import annotations

from typing import Any

from textual.screen import Screen

__all__ = ["covered_repaint"]


def covered_repaint(screen: Screen[Any]) -> None:
    """To be called at the end of `_compositor_refresh` by each screen that may be under a dialog.

    Under a dialog, Textual 8.2 keeps marking what it has just drawn as still to be drawn: 27 KB/s.
    """
    if screen.app.screen is not screen:
        screen._repaint_regions.clear()
        screen._repaint_required = False
