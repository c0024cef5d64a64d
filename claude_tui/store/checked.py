"""Validation of values read from a store: what passes can safely be analysed and drawn.

A value that this program cannot have written comes from another program or a failing disk. SQLite
lets any column hold a value of any type, and JSON may hold numbers that overflow arithmetic. Every function
raises TypeError or ValueError, and the row is skipped.
"""

from __future__ import annotations

from typing import Any

from claude_tui.model.limits import LARGEST_FIGURE, LARGEST_WHOLE
from claude_tui.model.text import inert

__all__ = ["entries", "figure", "figure_or_none", "text", "text_or_none", "whole", "whole_or_none"]


def text(value: object, *, keep_newlines: bool = False) -> str:
    """Inert text."""
    if not isinstance(value, str):
        raise TypeError(f"expected text, got {type(value).__name__}")
    return inert(value, keep_newlines=keep_newlines)


def text_or_none(value: object) -> str | None:
    return None if value is None else text(value)


def whole(value: object) -> int:
    """A whole number; booleans are rejected."""
    if type(value) is not int:
        raise TypeError(f"expected a whole number, got {type(value).__name__}")
    if not -LARGEST_WHOLE < value < LARGEST_WHOLE:
        raise ValueError("the number is out of range")
    return value


def whole_or_none(value: object) -> int | None:
    return None if value is None else whole(value)


def figure(value: object) -> float:
    """A finite number, as int or float; booleans are rejected."""
    if type(value) is not float and type(value) is not int:
        raise TypeError(f"expected a number, got {type(value).__name__}")
    # The comparison is False for NaN as well.
    if not -LARGEST_FIGURE <= value <= LARGEST_FIGURE:
        raise ValueError("the number is out of range")
    return value


def figure_or_none(value: object) -> float | None:
    return None if value is None else figure(value)


def entries(value: object) -> list[Any]:
    """A JSON list; a string, which would iterate over its characters, is rejected."""
    if not isinstance(value, list):
        raise TypeError(f"expected a list, got {type(value).__name__}")
    return value
