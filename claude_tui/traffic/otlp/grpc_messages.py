"""gRPC messages in the bodies of requests and responses, and the headers around them.

Source: "gRPC over HTTP2" of the gRPC project.
"""

from __future__ import annotations

from base64 import b64encode
from http import HTTPStatus
from urllib.parse import quote

from claude_tui.traffic.otlp.answers import retry_later
from claude_tui.traffic.otlp.records import Signal
from claude_tui.traffic.otlp.refusals import RETRY_AFTER_S, code_of
from claude_tui.traffic.otlp.wire import BrokenExportError

__all__ = [
    "CONTENT_TYPE",
    "OK",
    "PREFIX_BYTES",
    "SIGNALS",
    "UNIMPLEMENTED",
    "framed",
    "message_in",
    "trailers",
]

CONTENT_TYPE = "application/grpc"
PREFIX_BYTES = 5
"""The prefix of a message: whether it is compressed, and its length."""
OK, UNIMPLEMENTED = 0, 12
SIGNALS = {
    "/opentelemetry.proto.collector.trace.v1.TraceService/Export": Signal.TRACES,
    "/opentelemetry.proto.collector.logs.v1.LogsService/Export": Signal.LOGS,
    "/opentelemetry.proto.collector.metrics.v1.MetricsService/Export": Signal.METRICS,
}
"""The supported methods."""
Headers = list[tuple[str, str]]


def message_in(body: bytes) -> tuple[bool, bytes]:
    """Whether the only message of a body is compressed, and the message. Raises BrokenExportError."""
    length = int.from_bytes(body[1:PREFIX_BYTES], "big")
    if len(body) < PREFIX_BYTES or body[0] > 1 or len(body) != PREFIX_BYTES + length:
        raise BrokenExportError("expected one message")
    return body[0] == 1, body[PREFIX_BYTES:]


def framed(message: bytes) -> bytes:
    """A message framed for a body, uncompressed."""
    return b"\0" + len(message).to_bytes(4, "big") + message


def trailers(code: int, reason: str = "", status: HTTPStatus = HTTPStatus.OK) -> Headers:
    """The trailers of a response. If the receiver is over capacity, they say when to retry."""
    found = [("grpc-status", str(code))]
    if reason:
        found.append(("grpc-message", quote(reason, safe=" ")))
    if status is HTTPStatus.TOO_MANY_REQUESTS:
        details = retry_later(code_of(status), reason, RETRY_AFTER_S)
        found.append(("grpc-status-details-bin", b64encode(details).decode().rstrip("=")))
    return found
