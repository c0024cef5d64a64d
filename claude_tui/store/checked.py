"""Values out of a store, taken only as this program writes them: what passes here can be analysed and drawn.

Whatever else stands in their place was written by another program or by a disk. SQLite lets any column hold
a value of any type, and JSON may hold figures that no arithmetic survives. Every function raises TypeError or
ValueError, which leaves out the row.
"""

from __future__ import annotations

from typing import Any

from claude_tui.model.text import inert

__all__ = ["entries", "figure", "figure_or_none", "text", "text_or_none", "whole", "whole_or_none"]

# Far beyond all that is measured (32 years, a thousand million dollars); a timedelta and a clock can hold it.
_LARGEST = 1e9
# Servers say 2^63-1 for "unlimited". Products and ratios of what is below this stay finite.
_LARGEST_WHOLE = 10**40


def text(value: object, *, keep_newlines: bool = False) -> str:
    """Inert text."""
    if not isinstance(value, str):
        raise TypeError(f"expected text, got {type(value).__name__}")
    return inert(value, keep_newlines=keep_newlines)


def text_or_none(value: object) -> str | None:
    return None if value is None else text(value)


def whole(value: object) -> int:
    """A whole number; true and false are none."""
    if type(value) is not int:
        raise TypeError(f"expected a whole number, got {type(value).__name__}")
    if not -_LARGEST_WHOLE < value < _LARGEST_WHOLE:
        raise ValueError("a number out of all proportion")
    return value


def whole_or_none(value: object) -> int | None:
    return None if value is None else whole(value)


def figure(value: object) -> float:
    """A finite number, as int or float; true and false are none."""
    if type(value) is not float and type(value) is not int:
        raise TypeError(f"expected a number, got {type(value).__name__}")
    # False for nan as well.
    if not -_LARGEST <= value <= _LARGEST:
        raise ValueError("a number out of all proportion")
    return value


def figure_or_none(value: object) -> float | None:
    return None if value is None else figure(value)


def entries(value: object) -> list[Any]:
    """A JSON list: a text would give its letters."""
    if not isinstance(value, list):
        raise TypeError(f"expected a list, got {type(value).__name__}")
    return value
