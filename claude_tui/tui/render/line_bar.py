"""A few rows without a frame, above a screen's body."""

from __future__ import annotations

from collections.abc import Callable

from claude_tui.tui.render.line_panel import LinePanel
from claude_tui.tui.render.lines import Lines

__all__ = ["LineBar"]


class LineBar(LinePanel):
    """Shows what `content(cells)` returns; whoever uses it decides how high it is."""

    def __init__(self, content: Callable[[int], Lines], *, id: str) -> None:  # noqa: A002 (Textual's own name)
        super().__init__(id=id)
        self._content = content

    def draw(self, width: int, height: int) -> Lines:  # noqa: ARG002 (as high as it needs to be)
        return self._content(width)
