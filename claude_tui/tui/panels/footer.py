"""The last line: the most important keys of the screen, from the action registry."""

from __future__ import annotations

from claude_tui.tui.actions import ACTIONS, Hint, fitting
from claude_tui.tui.keys import KeyMap, display, first_key
from claude_tui.tui.render.line_panel import LinePanel
from claude_tui.tui.render.lines import Line, Span, join, line
from claude_tui.tui.render.lines import width as cells_of

__all__ = ["FooterLine", "footer_line", "greeting_line"]

_FIRST_STEPS = (("help", "what to do when"), ("palette", "any command"), ("quit", "quit"))


class FooterLine(LinePanel):
    def __init__(self, hints: tuple[Hint, ...]) -> None:
        super().__init__(id="footer")
        self._hints = hints
        self._greeting: Line = ()

    def greet(self, greeting: Line) -> None:
        """Show `greeting` instead where it fits; an empty one brings the hints back."""
        if greeting != self._greeting:
            self._greeting = greeting
            self.redraw()

    def offer(self, hints: tuple[Hint, ...]) -> None:
        self._hints = hints
        self.redraw()

    def draw(self, width: int, height: int) -> tuple[Line, ...]:  # noqa: ARG002 (one line high)
        if self._greeting and cells_of(self._greeting) <= width:
            return (self._greeting,)
        return (footer_line(self._hints, width),)


def footer_line(hints: tuple[Hint, ...], cells: int) -> Line:
    """Bright keys and dim labels, as many as fit; the least important are dropped first."""
    pieces = (
        line(Span(hint.key, "accent", bold=True), Span(f" {hint.label}", "dim"))
        for hint in fitting(hints, cells - 2)
    )
    return line(" ", *join(pieces))


def greeting_line(keymap: KeyMap | None) -> Line:
    """For whoever sees the dashboard for the first time."""
    keys = {action.id: display(first_key(action.id, action.keys, keymap)) for action in ACTIONS}
    pieces = (
        line(Span(keys[action], "accent", bold=True), Span(f" {words}", "text"))
        for action, words in _FIRST_STEPS
    )
    return line(" ", Span("New here?  ", "text", bold=True), *join(pieces))
