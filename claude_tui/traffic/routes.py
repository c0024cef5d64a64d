"""The route of a request, from a closed list, as an arbitrary path of a client must not become a label."""

from __future__ import annotations

import re
from urllib.parse import unquote

from claude_tui.model.traffic import OTHER

__all__ = ["COUNT_TOKENS", "MESSAGES", "model_in_path", "route_of"]

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


# Bedrock and Vertex name the model in the path, and not in the body.
_OF_A_CLOUD = re.compile(
    r"(?:/[^?#]*)?/(?:model/(?P<bedrock>[^/]+)/invoke(?:-with-response-stream)?"
    r"|publishers/anthropic/models/(?P<vertex>[^/:]+):(?:rawPredict|streamRawPredict))"
)
_VERTEX_COUNTS = "count-tokens"


def route_of(target: bytes) -> str:
    """The route of a request line's path."""
    path = _path(target)
    route = next((route for pattern, route in _ROUTES if pattern.fullmatch(path)), None)
    if route is not None:
        return route
    if (cloud := _OF_A_CLOUD.fullmatch(path)) is None:
        return OTHER
    return COUNT_TOKENS if cloud["vertex"] == _VERTEX_COUNTS else MESSAGES


def model_in_path(target: bytes) -> str | None:
    """The model that a path of Bedrock or Vertex names; None for any other path."""
    cloud = _OF_A_CLOUD.fullmatch(_path(target))
    model = cloud and (cloud["bedrock"] or cloud["vertex"])
    return unquote(model) if model and model != _VERTEX_COUNTS else None


def _path(target: bytes) -> str:
    return target[:2000].partition(b"?")[0].decode("latin-1").rstrip("/")
