"""Badges in the first line for data that is not real, and for a dashboard that cannot change anything."""

from __future__ import annotations

from claude_tui.tui.render.lines import Line, Span, fit, line

__all__ = ["READ_ONLY", "demo_badge", "drill_badge"]

READ_ONLY = line(Span(" READ-ONLY ", "background", bold=True, back="info"))


def demo_badge(scenario: str, speed: float) -> Line:
    """The badge of a simulation that is played at `speed` times its own pace."""
    return _simulated(f"DEMO {fit(scenario, 20)}", speed)


def drill_badge(speed: float) -> Line:
    """The badge of a drill. The scenario's name would give it away to anyone who has seen the file."""
    return _simulated("DRILL", speed)


def _simulated(what: str, speed: float) -> Line:
    times = f" ×{speed:g}" if speed != 1 else ""
    return line(Span(f" {what}{times} ", "background", bold=True, back="warn"))
