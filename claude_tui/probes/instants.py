"""Parses the instants and numbers that servers send, without trusting them."""

from __future__ import annotations

import math
import re
from datetime import UTC, datetime

__all__ = ["parse_instant", "parse_number", "parse_whole"]

_NUMBER = re.compile(r"[+-]?[0-9]{1,24}(?:\.[0-9]{0,24})?(?:[eE][+-]?[0-9]{1,3})?\Z")
# An epoch beyond this is in milliseconds: in seconds it would be the year 5138.
_MILLISECONDS_FROM = 100_000_000_000
# More is a way to say "unlimited" (2^63-1), and no JSON reader keeps it exact.
_LARGEST_WHOLE = 2**53


def parse_number(text: str) -> float | None:
    """A finite decimal number, or None; `nan`, `inf`, digits of other scripts and units are rejected."""
    stripped = text.strip()
    if _NUMBER.match(stripped) is None:
        return None
    value = float(stripped)
    return value if math.isfinite(value) else None


def parse_whole(text: str) -> int | None:
    """A whole number up to 2^53, or None. Fractions are truncated."""
    value = parse_number(text)
    return None if value is None or abs(value) >= _LARGEST_WHOLE else int(value)


def parse_instant(value: object) -> datetime | None:
    """RFC 3339 text, or an epoch in seconds or milliseconds, as aware UTC; None for anything else.

    Text without a zone counts as UTC.
    """
    if isinstance(value, bool) or not isinstance(value, str | int | float):
        return None
    number = parse_number(value) if isinstance(value, str) else float(value) if abs(value) < 1e18 else None
    if number is not None:
        return _from_epoch(number)
    return _from_text(value) if isinstance(value, str) else None


def _from_epoch(seconds: float) -> datetime | None:
    if not 0 <= seconds < math.inf:
        return None
    try:
        return datetime.fromtimestamp(seconds / 1000 if seconds >= _MILLISECONDS_FROM else seconds, UTC)
    except (OverflowError, OSError, ValueError):
        return None


def _from_text(text: str) -> datetime | None:
    try:
        instant = datetime.fromisoformat(text.strip().upper())
        return instant.replace(tzinfo=UTC) if instant.tzinfo is None else instant.astimezone(UTC)
    except (ValueError, OverflowError):
        return None
