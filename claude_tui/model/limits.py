"""Limits for text that people enter and for numbers that are stored, the same wherever they apply."""

from __future__ import annotations

__all__ = ["LARGEST_FIGURE", "LARGEST_WHOLE", "MAX_ENTRY", "MAX_LINE", "MAX_NAME", "MAX_REASON", "is_name"]

MAX_NAME = 60
"""The most characters in a name: of a responder, a rule, a route or a topic."""

MAX_REASON = 200
"""The most characters in a reason, or in the summary of a rule."""

MAX_LINE = 300
"""The most characters in one line of a message."""

MAX_ENTRY = 100_000
"""Characters of a note or of one field of a postmortem."""

LARGEST_FIGURE = 1e9
"""Far beyond any measured value: 32 years, a billion dollars. Within the range of timedelta and datetime."""

LARGEST_WHOLE = 10**40
"""Servers send 2^63-1 for "unlimited". Products and ratios of numbers below this stay finite."""


def is_name(name: str) -> bool:
    """Whether `name` is usable as a key, a label and part of a URL: letters, digits, - and _."""
    plain = name.replace("-", "a").replace("_", "a")
    return 0 < len(name) <= MAX_NAME and name.isascii() and plain.isalnum()
