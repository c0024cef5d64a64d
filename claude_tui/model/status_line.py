"""The few figures of `claude-top statusline`, as the collector keeps them in the store.

Not a dataclass: importing `dataclasses` takes 17 ms, a third of what the whole command may take.
"""

from __future__ import annotations

import json
from typing import Any, NamedTuple

__all__ = ["GOOD_FOR_S", "KEPT_AS", "StatusLine", "decode", "encode"]

KEPT_AS = "status_line"
"""The store's name for it."""
GOOD_FOR_S = 60.0
"""How long the figures count as current. A collector stores new ones long before that."""

_VERSION = 1
_LONGEST = 4096
_LONGEST_TEXT = 80
_SEVERITIES = ("P1", "P2", "P3", "P4", "none")


class StatusLine(NamedTuple):
    """What a status line shows. Instants are seconds since 1970, shares are 0..1; None is unknown."""

    at: float
    """The instant of the figures."""
    name: str
    """The user's name for the target; empty for none."""
    severity: str
    """P1 to P4, or none."""
    side: str
    """Whose problem it is, in the verdict's word."""
    cause: str
    """The cause, in the verdict's word."""
    since: float | None = None
    """When the problem began."""
    stage: str = ""
    """`checking` for a first failure, `recovering` if the problem seems to be over, otherwise empty."""
    bucket: str = ""
    """The rate limit with the least left."""
    left: float | None = None
    """The share of it that is left."""
    failing: float | None = None
    """The share of the applications' calls that fail; None without enough of them."""


def encode(line: StatusLine) -> bytes:
    """The values in the form in which they are stored."""
    return json.dumps({"v": _VERSION, **line._asdict()}, separators=(",", ":")).encode("ascii")


def decode(body: object) -> StatusLine | None:
    """The inverse of `encode`; None for anything else, such as the values of another version."""
    if not isinstance(body, bytes) or len(body) > _LONGEST:
        return None
    try:
        found = json.loads(body)
    except (ValueError, RecursionError):
        return None
    if not isinstance(found, dict) or found.pop("v", None) != _VERSION or {*found} != {*StatusLine._fields}:
        return None
    return StatusLine(**found) if _is_sound(found) else None


def _is_sound(found: dict[str, Any]) -> bool:
    texts = (found["name"], found["side"], found["cause"], found["stage"], found["bucket"])
    instants = [found["at"], *(instant for instant in (found["since"],) if instant is not None)]
    shares = [share for share in (found["left"], found["failing"]) if share is not None]
    return (
        all(isinstance(text, str) and len(text) <= _LONGEST_TEXT for text in texts)
        and found["severity"] in _SEVERITIES
        and all(_is_number(instant) and 0 <= instant < 7_258_118_400 for instant in instants)  # until 2200
        and all(_is_number(share) and 0 <= share <= 1 for share in shares)
    )


def _is_number(value: object) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)
