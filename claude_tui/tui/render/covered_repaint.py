"""What keeps a screen under a dialog from being sent again and again."""

from __future__ import annotations

from typing import Any

from textual.screen import Screen

__all__ = ["covered_repaint"]


def covered_repaint(screen: Screen[Any]) -> None:
    """To be called at the end of `_compositor_refresh` by each screen that a dialog may stand over.

    Under a dialog Textual 8.2 marks what has just been drawn as still to draw, for ever: 27 KB/s.
    """
    if screen.app.screen is not screen:
        screen._repaint_regions.clear()
        screen._repaint_required = False
