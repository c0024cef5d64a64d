"""The route of a request, from a closed list, as an arbitrary path of a client must not become a label."""

from __future__ import annotations

import re

from claude_tui.model.traffic import OTHER

__all__ = ["COUNT_TOKENS", "MESSAGES", "route_of"]

MESSAGES = "messages"
COUNT_TOKENS = "count_tokens"

# A gateway may have a path of its own before `/v1`.
_ROUTES = tuple(
    (re.compile(rf"(?:/[^?#]*)?/v1/{pattern}"), route)
    for pattern, route in (
        ("messages", MESSAGES),
        ("messages/count_tokens", COUNT_TOKENS),
        ("messages/batches(?:/.*)?", "batches"),
        ("files(?:/.*)?", "files"),
        ("models(?:/.*)?", "models"),
    )
)


def route_of(target: bytes) -> str:
    """The route of a request line's path."""
    path = target[:2000].partition(b"?")[0].decode("latin-1").rstrip("/")
    return next((route for pattern, route in _ROUTES if pattern.fullmatch(path)), OTHER)
