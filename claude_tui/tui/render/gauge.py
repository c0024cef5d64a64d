"""A thin horizontal bar."""

from __future__ import annotations

from claude_tui.tui.render.lines import Line, Span, line

__all__ = ["gauge"]


def gauge(fraction: float, cells: int, role: str) -> Line:
    """A bar of `cells` cells: `fraction` of it (clamped to 0..1) heavy in `role`, the rest a light track.

    It has steps of half a cell. Anything above 0 fills at least half a cell, anything below 1
    leaves at least half a cell free. Heavy and light lines differ without colour, too.
    """
    if cells <= 0:
        return ()
    halves = round(min(max(fraction, 0.0), 1.0) * cells * 2)
    if fraction > 0:
        halves = max(halves, 1)
    if fraction < 1:
        halves = min(halves, cells * 2 - 1)
    full, half = divmod(halves, 2)
    return line(
        Span("━" * full + ("╾" if half else ""), role),
        Span("─" * (cells - full - half), "edge"),
    )
