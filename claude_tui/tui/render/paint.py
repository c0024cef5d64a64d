"""Turns Lines into the Strips that Textual draws. Nothing else does."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

from rich.segment import Segment
from textual.strip import Strip

from claude_tui.tui.render.cutting import between
from claude_tui.tui.render.lines import Line, width
from claude_tui.tui.render.symbols import Symbols

if TYPE_CHECKING:
    from claude_tui.model.when import Local
    from claude_tui.tui.render.theme import Theme

__all__ = ["Paint", "Painted"]


class Paint:
    """Turns Lines into Strips in one theme.

    Text is never parsed: no markup, no escapes. Replacing characters by those of the symbol set is up to the
    app.
    """

    def __init__(self, theme: Theme, symbols: Symbols = Symbols.BRAILLE, local: Local | None = None) -> None:
        self.theme = theme
        self.symbols = symbols
        self.local = local
        """The zone whose times are shown beside those in UTC; None for none."""

    @property
    def letters(self) -> bool:
        """Whether curves are drawn as letters: without colours, or if there are no dots to draw with."""
        return self.theme.plain or self.symbols is Symbols.ASCII

    def strip(self, line: Line, cells: int) -> Strip:
        """The line as a Strip of exactly `cells` cells."""
        style = self.theme.style
        segments = [Segment(text, style(role, bold=bold, back=back)) for text, role, bold, back in line]
        used = width(line)
        if used < cells:
            segments.append(Segment(" " * (cells - used), style("text")))
        return Strip(segments if used <= cells else between(segments, 0, cells), cells)


class Painted(Protocol):
    """An app with a Paint, as every panel expects of `self.app`."""

    paint: Paint
