"""A thin horizontal bar."""

from __future__ import annotations

from claude_tui.tui.render.lines import Line, Span, line

__all__ = ["gauge"]


def gauge(fraction: float, cells: int, role: str) -> Line:
    """`cells` cells, `fraction` of them (0..1, else clamped) heavy in `role`, the rest a light track.

    Steps of half a cell. Anything above nothing shows at least half a cell, anything below all
    leaves at least half a cell free; heavy and light tell them apart without colour.
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
        Span("─" * (cells - full - half), "track"),
    )
