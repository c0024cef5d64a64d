"""The last line: the most important keys of the screen, from the action registry. They can be clicked."""

from __future__ import annotations

from collections.abc import Iterator

from textual import events
from textual.app import App
from textual.keys import _character_to_key

from claude_tui.tui.actions import ACTIONS
from claude_tui.tui.hints import Hint, fitting
from claude_tui.tui.keys import KeyMap, display, first_key
from claude_tui.tui.render.line_panel import LinePanel
from claude_tui.tui.render.lines import Line, Lines, Span, join, line
from claude_tui.tui.render.lines import width as width_of

__all__ = ["FooterLine", "footer_line", "greeting_line", "key_at", "simulate_key"]

_MARGIN = 1
_GAP = 2
_FIRST_STEPS = (("help", "what to do when"), ("palette", "any command"), ("quit", "quit"))


class FooterLine(LinePanel):
    def __init__(self, hints: tuple[Hint, ...]) -> None:
        super().__init__(id="footer")
        self._hints = hints
        self._greeting: Line = ()

    def show_greeting(self, greeting: Line) -> None:
        """Show `greeting` instead if it fits; an empty one brings the hints back."""
        if greeting != self._greeting:
            self._greeting = greeting
            self.redraw()

    def set_hints(self, hints: tuple[Hint, ...]) -> None:
        self._hints = hints
        self.redraw()

    def draw(self, width: int, height: int) -> Lines:  # noqa: ARG002 (one line high)
        if self._greeting and width_of(self._greeting) <= width:
            return (self._greeting,)
        return (footer_line(self._hints, width),)

    def on_click(self, event: events.Click) -> None:
        """Simulates the key, so that a click, like the key, may be remapped, refused or too late."""
        if self._greeting:
            return
        if key := key_at(self._hints, self.size.width, event.x):
            event.stop()
            simulate_key(self.app, key)


def simulate_key(app: App[object], key: str) -> None:
    """Do what the key does."""
    single = len(key) == 1
    app.post_message(events.Key(_character_to_key(key) if single else key, key if single else None))


def footer_line(hints: tuple[Hint, ...], cells: int) -> Line:
    """Bright keys and dim labels, as many as fit; the least important are dropped first."""
    pieces = (piece for _, piece in _pieces(hints, cells))
    return line(" " * _MARGIN, *join(pieces))


def _pieces(hints: tuple[Hint, ...], cells: int) -> Iterator[tuple[Hint, Line]]:
    for hint in fitting(hints, cells - 2 * _MARGIN):
        yield hint, line(Span(hint.key, "accent", bold=True), Span(f" {hint.label}", "dim"))


def key_at(hints: tuple[Hint, ...], cells: int, x: int) -> str:
    """The key for a click at `x`; "" between the hints.

    If a hint stands for several keys, as in `←/→`, its second half means the last of them.
    """
    start = _MARGIN
    for hint, piece in _pieces(hints, cells):
        if start <= x < start + width_of(piece) and hint.keys:
            shown = width_of((Span(hint.key),))
            return hint.keys[-1 if shown / 2 < x - start < shown else 0]
        start += width_of(piece) + _GAP
    return ""


def greeting_line(keymap: KeyMap | None) -> Line:
    """The greeting for somebody who sees the dashboard for the first time."""
    keys = {action.id: display(first_key(action.id, action.keys, keymap)) for action in ACTIONS}
    pieces = (
        line(Span(keys[action], "accent", bold=True), Span(f" {label}", "text"))
        for action, label in _FIRST_STEPS
    )
    return line(" ", Span("New here?  ", "text", bold=True), *join(pieces))
