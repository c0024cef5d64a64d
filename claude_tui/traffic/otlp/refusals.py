"""The status of each reason to reject an export."""

from __future__ import annotations

from collections.abc import Mapping
from http import HTTPStatus

from claude_tui.traffic.otlp.bodies import OverCapacityError, TooLargeBodyError, UnreadableBodyError
from claude_tui.traffic.otlp.wire import BrokenExportError, TooManyPartsError

__all__ = ["REFUSED", "RETRY_AFTER_S", "code_of", "reason_of", "status_of"]

RETRY_AFTER_S = 2
"""How long an exporter should wait if the receiver is over capacity."""

REFUSED: Mapping[type[Exception], HTTPStatus] = {
    TooLargeBodyError: HTTPStatus.REQUEST_ENTITY_TOO_LARGE,
    TooManyPartsError: HTTPStatus.REQUEST_ENTITY_TOO_LARGE,
    OverCapacityError: HTTPStatus.TOO_MANY_REQUESTS,
    BrokenExportError: HTTPStatus.BAD_REQUEST,
    UnreadableBodyError: HTTPStatus.BAD_REQUEST,
    TimeoutError: HTTPStatus.REQUEST_TIMEOUT,
    # The client has gone, so nobody gets a response.
    ConnectionError: HTTPStatus.BAD_REQUEST,
}
"""The errors of an export or its sender. Any other is an internal error."""
_REASONS = {
    HTTPStatus.REQUEST_ENTITY_TOO_LARGE: "the body is larger than allowed",
    HTTPStatus.TOO_MANY_REQUESTS: "too much at once",
    HTTPStatus.BAD_REQUEST: "the body ended early",
    HTTPStatus.REQUEST_TIMEOUT: "the body did not arrive in time",
    HTTPStatus.INTERNAL_SERVER_ERROR: "internal error",
}
# gRPC codes. RESOURCE_EXHAUSTED without a delay is permanent, UNAVAILABLE is not.
_CODES = {
    HTTPStatus.REQUEST_TIMEOUT: 4,
    HTTPStatus.REQUEST_ENTITY_TOO_LARGE: 8,
    HTTPStatus.INTERNAL_SERVER_ERROR: 13,
    HTTPStatus.TOO_MANY_REQUESTS: 14,
}
_INVALID_ARGUMENT = 3


def status_of(error: Exception) -> HTTPStatus:
    """The HTTP status; 500 for an internal error."""
    found = (status for kind, status in REFUSED.items() if isinstance(error, kind))
    return next(found, HTTPStatus.INTERNAL_SERVER_ERROR)


def reason_of(error: Exception, status: HTTPStatus) -> str:
    """The message for the sender; nothing about internal errors."""
    own = str(error) if status is not HTTPStatus.INTERNAL_SERVER_ERROR else ""
    return own or _REASONS[status]


def code_of(status: HTTPStatus) -> int:
    """The gRPC code for a google.rpc.Status."""
    return _CODES.get(status, _INVALID_ARGUMENT)
