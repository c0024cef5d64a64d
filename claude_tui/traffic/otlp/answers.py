"""The receivers' responses: in the encoding of the request, as the OTLP specification requires."""

from __future__ import annotations

import json

from claude_tui.traffic.otlp.records import Signal

__all__ = ["JSON", "PROTOBUF", "accepted", "refused", "retry_later"]

PROTOBUF, JSON = "application/x-protobuf", "application/json"
_REJECTED = {
    Signal.TRACES: "rejectedSpans",
    Signal.LOGS: "rejectedLogRecords",
    Signal.METRICS: "rejectedDataPoints",
}


def accepted(signal: Signal, content_type: str, rejected: int = 0, reason: str = "") -> bytes:
    """An Export...ServiceResponse, with `partial_success` if something was rejected."""
    if content_type == JSON:
        success = {_REJECTED[signal]: str(rejected), "errorMessage": reason}
        return json.dumps({"partialSuccess": success} if rejected else {}).encode()
    if not rejected:
        return b""
    partial = _number(1, rejected) + _text(2, reason)
    return b"\x0a" + _varint(len(partial)) + partial


def refused(content_type: str, code: int, reason: str) -> bytes:
    """A google.rpc.Status."""
    if content_type == JSON:
        return json.dumps({"code": code, "message": reason}).encode()
    return _number(1, code) + _text(2, reason)


def retry_later(code: int, reason: str, seconds: int) -> bytes:
    """A google.rpc.Status with a google.rpc.RetryInfo: without one, an exporter over gRPC gives up."""
    retry_info = _message(1, _number(1, seconds))
    packed = _text(1, "type.googleapis.com/google.rpc.RetryInfo") + _message(2, retry_info)
    return _number(1, code) + _text(2, reason) + _message(3, packed)


def _number(field: int, value: int) -> bytes:
    return _varint(field << 3) + _varint(value)


def _text(field: int, value: str) -> bytes:
    return _message(field, value.encode())


def _message(field: int, data: bytes) -> bytes:
    return _varint(field << 3 | 2) + _varint(len(data)) + data


def _varint(value: int) -> bytes:
    made = bytearray()
    while value > 0x7F:
        made.append(value & 0x7F | 0x80)
        value >>= 7
    made.append(value)
    return bytes(made)
