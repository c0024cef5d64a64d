"""The last line: the most important keys of the screen, from the action registry. They can be clicked."""

from __future__ import annotations

from collections.abc import Iterator

from textual import events
from textual.keys import _character_to_key

from claude_tui.tui.actions import Hint, fitting
from claude_tui.tui.render.line_panel import LinePanel
from claude_tui.tui.render.lines import Line, Span, join, line, width

__all__ = ["FooterLine", "footer_line", "key_at"]

_MARGIN = 1
_GAP = 2


class FooterLine(LinePanel):
    def __init__(self, hints: tuple[Hint, ...]) -> None:
        super().__init__(id="footer")
        self._hints = hints

    def offer(self, hints: tuple[Hint, ...]) -> None:
        self._hints = hints
        self.redraw()

    def draw(self, width: int, height: int) -> tuple[Line, ...]:  # noqa: ARG002 (one line high)
        return (footer_line(self._hints, width),)

    def on_click(self, event: events.Click) -> None:
        """Does what the key does, on the same way as the key: it may be remapped, refused or too late."""
        if key := key_at(self._hints, self.size.width, event.x):
            event.stop()
            single = len(key) == 1
            self.app.post_message(
                events.Key(_character_to_key(key) if single else key, key if single else None)
            )


def footer_line(hints: tuple[Hint, ...], cells: int) -> Line:
    """Bright keys and dim labels, as many as fit; the least important are dropped first."""
    pieces = (piece for _, piece in _pieces(hints, cells))
    return line(" " * _MARGIN, *join(pieces))


def _pieces(hints: tuple[Hint, ...], cells: int) -> Iterator[tuple[Hint, Line]]:
    for hint in fitting(hints, cells - 2 * _MARGIN):
        yield hint, line(Span(hint.key, "accent", bold=True), Span(f" {hint.label}", "dim"))


def key_at(hints: tuple[Hint, ...], cells: int, x: int) -> str:
    """The key that a click at `x` means; "" beside the hints.

    Where a hint stands for several, as in `←/→`, the second half of what is shown means the last of them.
    """
    start = _MARGIN
    for hint, piece in _pieces(hints, cells):
        if start <= x < start + width(piece) and hint.keys:
            shown = width((Span(hint.key),))
            return hint.keys[-1 if shown / 2 < x - start < shown else 0]
        start += width(piece) + _GAP
    return ""
