"""The proxy's own responses: the upstream is unreachable, a request is invalid, health."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass

from claude_tui.traffic.http1.wire import Header, response_bytes

__all__ = ["HEALTH_PATH", "MARK", "OwnAnswer", "bad_gateway", "bad_request", "health", "no_tunnels"]

HEALTH_PATH = b"/.claude-top/health"
"""A path that no API uses."""
MARK = b"x-claude-top-proxy"
"""The header of every response that is not the upstream's; its value is the reason."""


@dataclass(frozen=True, slots=True)
class OwnAnswer:
    """A complete response by the proxy."""

    status: int
    """The HTTP status."""
    reason: bytes
    """The reason phrase."""
    mark: str
    """The reason, in one word."""
    body: bytes
    """The body, as JSON."""

    def to_bytes(self, *, closes: bool, bodyless: bool = False) -> bytes:
        headers: list[Header] = [
            (b"content-type", b"application/json"),
            (b"content-length", str(len(self.body)).encode()),
            (MARK, self.mark.encode("ascii", "replace")),
        ]
        if closes:
            headers.append((b"connection", b"close"))
        return response_bytes(self.status, self.reason, headers) + (b"" if bodyless else self.body)


def bad_gateway(code: str, message: str) -> OwnAnswer:
    """The upstream sent no response."""
    return OwnAnswer(502, b"Bad Gateway", code, _error("api_error", message))


def bad_request(why: str) -> OwnAnswer:
    """The client's request could not be forwarded."""
    message = f"this request cannot be passed on: {why}"
    return OwnAnswer(400, b"Bad Request", "bad_request", _error("invalid_request_error", message))


def no_tunnels() -> OwnAnswer:
    """A client tried to use this as a forward proxy."""
    message = "this is not a forward proxy: set it as ANTHROPIC_BASE_URL, not as HTTPS_PROXY"
    return OwnAnswer(
        405, b"Method Not Allowed", "not_a_forward_proxy", _error("invalid_request_error", message)
    )


def health(state: Mapping[str, object], *, ready: bool) -> OwnAnswer:
    """The health of the proxy, for load balancers and supervisors; does not contact the upstream."""
    body = json.dumps(state).encode()
    if ready:
        return OwnAnswer(200, b"OK", "health", body)
    return OwnAnswer(503, b"Service Unavailable", "draining", body)


def _error(error_type: str, message: str) -> bytes:
    error = {"type": error_type, "message": f"claude-top proxy: {message}"}
    return json.dumps({"type": "error", "error": error}).encode()
