"""Length limits for text that people enter, the same wherever it is typed, configured, stored or sent."""

from __future__ import annotations

__all__ = ["MAX_ENTRY", "MAX_LINE", "MAX_NAME", "MAX_REASON", "is_name"]

MAX_NAME = 60
"""The most characters in a name: of a responder, a rule, a route or a topic."""

MAX_REASON = 200
"""The most characters in a reason, or in the summary of a rule."""

MAX_LINE = 300
"""The most characters in one line of a message."""

MAX_ENTRY = 100_000
"""Characters of a note or of one field of a postmortem."""


def is_name(name: str) -> bool:
    """Whether `name` is usable as a key, a label and part of a URL: letters, digits, - and _."""
    plain = name.replace("-", "a").replace("_", "a")
    return 0 < len(name) <= MAX_NAME and name.isascii() and plain.isalnum()
