"""How long texts of people may be: the same wherever one is typed, set, kept or sent."""

from __future__ import annotations

__all__ = ["MAX_LINE", "MAX_NAME", "MAX_REASON", "is_name"]

MAX_NAME = 60
"""Characters of a name: who responds, a rule, a route, a topic."""

MAX_REASON = 200
"""Characters of why somebody did something, and of the summary of a rule."""

MAX_LINE = 300
"""Characters of one line of a message."""


def is_name(name: str) -> bool:
    """Whether it can be a key, a label and part of a URL: letters, digits, - and _."""
    plain = name.replace("-", "a").replace("_", "a")
    return 0 < len(name) <= MAX_NAME and name.isascii() and plain.isalnum()
