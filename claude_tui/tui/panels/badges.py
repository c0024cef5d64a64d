"""What is not real, and what can change nothing: it says so in the first line."""

from __future__ import annotations

from claude_tui.tui.render.lines import Line, Span, fit, line

__all__ = ["READ_ONLY", "demo_badge", "drill_badge"]

READ_ONLY = line(Span(" READ-ONLY ", "background", bold=True, back="info"))


def demo_badge(scenario: str, speed: float) -> Line:
    """For a simulated incident at `speed` times its own pace."""
    return _simulated(f"DEMO {fit(scenario, 20)}", speed)


def drill_badge(speed: float) -> Line:
    """For a drill. The name of its scenario would give it away to whoever has seen the file."""
    return _simulated("DRILL", speed)


def _simulated(what: str, speed: float) -> Line:
    times = f" ×{speed:g}" if speed != 1 else ""
    return line(Span(f" {what}{times} ", "background", bold=True, back="warn"))
