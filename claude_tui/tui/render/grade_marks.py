"""How bad a period was, as a mark: the lower the mark, the longer the service was down."""

from __future__ import annotations

from collections.abc import Mapping

from claude_tui.analysis.uptime.tally import Grade

__all__ = ["GRADE_MARKS"]

GRADE_MARKS: Mapping[Grade, tuple[str, str]] = {
    Grade.UNKNOWN: ("·", "faint"),
    Grade.FINE: ("▇", "dim"),
    Grade.SLIGHT: ("▅", "warn"),
    Grade.SOME: ("▄", "warn"),
    Grade.MUCH: ("▂", "bad"),
    Grade.MOST: ("▁", "bad"),
}
"""Glyph and colour of each grade."""
