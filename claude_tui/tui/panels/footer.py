"""The last line: the most important keys of the screen, from the action registry."""

from __future__ import annotations

from claude_tui.tui.actions import Hint, fitting
from claude_tui.tui.render.line_panel import LinePanel
from claude_tui.tui.render.lines import Line, Span, join, line

__all__ = ["FooterLine", "footer_line"]


class FooterLine(LinePanel):
    def __init__(self, hints: tuple[Hint, ...]) -> None:
        super().__init__(id="footer")
        self._hints = hints

    def offer(self, hints: tuple[Hint, ...]) -> None:
        self._hints = hints
        self.redraw()

    def draw(self, width: int, height: int) -> tuple[Line, ...]:  # noqa: ARG002 (one line high)
        return (footer_line(self._hints, width),)


def footer_line(hints: tuple[Hint, ...], cells: int) -> Line:
    """Bright keys and dim labels, as many as fit; the least important are dropped first."""
    pieces = (
        line(Span(hint.key, "accent", bold=True), Span(f" {hint.label}", "dim"))
        for hint in fitting(hints, cells - 2)
    )
    return line(" ", *join(pieces))
