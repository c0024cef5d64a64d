"""Single TOML values as the expected types; None for those that do not fit."""

from __future__ import annotations

import math
from datetime import UTC, date, datetime, time

__all__ = ["as_flag", "as_instant", "as_line", "as_number", "as_text", "as_whole", "range_words"]


def as_number(value: object, at_least: float = -math.inf, at_most: float = math.inf) -> float | None:
    """A finite number in `at_least`..`at_most`, both included; None for anything else."""
    # In Python a boolean is an integer, in TOML it is not; TOML has nan, inf and integers of any size.
    if isinstance(value, bool) or not isinstance(value, int | float) or not at_least <= value <= at_most:
        return None
    return float(value) if abs(value) <= 1e300 else None


def as_whole(value: object, at_least: int, at_most: int) -> int | None:
    """An integer in `at_least`..`at_most`, both included; None for anything else."""
    if isinstance(value, bool) or not isinstance(value, int):
        return None
    return value if at_least <= value <= at_most else None


def as_text(value: object, *, blank: bool) -> str | None:
    """Text, unchanged; unless `blank`, it must have more than white space."""
    return value if isinstance(value, str) and (blank or value.strip()) else None


def as_line(value: object, at_most: int, *, blank: bool) -> str | None:
    """Stripped printable text of at most `at_most` characters."""
    text = as_text(value, blank=blank)
    return text.strip() if text is not None and text.isprintable() and len(text) <= at_most else None


def as_flag(value: object) -> bool | None:
    """True or false; None for anything else, even 0 and 1."""
    return value if isinstance(value, bool) else None


def as_instant(value: object) -> datetime | None:
    """A date (its midnight, UTC) or a date and time with an offset."""
    if isinstance(value, datetime):
        return value.astimezone(UTC) if value.tzinfo is not None else None
    return datetime.combine(value, time(), UTC) if isinstance(value, date) else None


def range_words(what: str, at_least: float, at_most: float) -> str:
    """`a number from 1 to 600`: how a problem describes the values in `at_least`..`at_most`."""
    if math.isinf(at_least) and math.isinf(at_most):
        return what
    low = f"{at_least:,}" if isinstance(at_least, int) else f"{at_least:g}"
    if math.isinf(at_most):
        return f"{what} of at least {low}"
    high = f"{at_most:,}" if isinstance(at_most, int) else f"{at_most:g}"
    return f"{what} from {low} to {high}"
