"""Reads and decompresses request bodies, within bounds for each and for all together."""

from __future__ import annotations

import zlib
from dataclasses import dataclass

from claude_tui.traffic.otlp.wire import ExportError

__all__ = [
    "Body",
    "Bounds",
    "Capacity",
    "OverCapacityError",
    "TooLargeBodyError",
    "UnreadableBodyError",
    "unpacked",
]

_GZIP = 16 + zlib.MAX_WBITS
# Each member copies the rest of the body.
_MOST_MEMBERS = 16


@dataclass(frozen=True, slots=True)
class Bounds:
    """How much the receiver accepts."""

    body: int = 16 * 1024 * 1024
    """Bytes of one body, packed and unpacked alike. Exporters send some hundred kilobytes."""
    json_body: int = 8 * 1024 * 1024
    """The same in JSON, which takes many times its size when parsed."""
    at_once: int = 64 * 1024 * 1024
    """Bytes of all bodies that are being read."""
    requests: int = 64
    """Requests that are being read."""
    connections: int = 256
    """Connections to one port. When there are more, the oldest idle one is closed."""
    parts: int = 200_000
    """Records and other parts of one body that are read."""
    read_s: float = 30.0
    """How long a request may take to arrive."""


class TooLargeBodyError(ExportError):
    """A body is larger than allowed, or would be once decompressed."""


class UnreadableBodyError(ExportError):
    """A body does not match its headers."""


class OverCapacityError(ExportError):
    """No further body can be held."""


class Capacity:
    """Limits the bytes and the requests that are held at once."""

    def __init__(self, bounds: Bounds) -> None:
        self.bounds = bounds
        self._bytes = 0
        self._requests = 0

    def enter(self) -> Share:
        """The share of a request, until `leave`. Raises OverCapacityError."""
        if self._requests >= self.bounds.requests:
            raise OverCapacityError
        self._requests += 1
        return Share(self)

    def leave(self, share: Share) -> None:
        """Ends a request, and returns its share."""
        self._requests -= 1
        self._bytes -= share.bytes

    def take(self, count: int) -> None:
        if self._bytes + count > self.bounds.at_once:
            raise OverCapacityError
        self._bytes += count


class Share:
    """The part of the capacity that one request holds."""

    def __init__(self, capacity: Capacity) -> None:
        self.bytes = 0
        self._capacity = capacity

    def take(self, count: int) -> None:
        """Raises OverCapacityError if that is too much."""
        self._capacity.take(count)
        self.bytes += count


class Body:
    """The part of a body that has arrived."""

    def __init__(self, longest: int, share: Share) -> None:
        self.longest = longest
        """How many bytes it may have."""
        self.share = share
        """What its request holds."""
        self._bytes = bytearray()

    def add(self, piece: bytes) -> None:
        """Raises TooLargeBodyError or OverCapacityError."""
        if len(self._bytes) + len(piece) > self.longest:
            raise TooLargeBodyError
        self.share.take(len(piece))
        self._bytes += piece

    def whole(self) -> bytes:
        """The whole body, which is no longer held here afterwards."""
        whole = bytes(self._bytes)
        self._bytes = bytearray()
        return whole


def unpacked(body: bytes, longest: int, share: Share) -> bytes:
    """The content of gzip data, of one or several members.

    Raises UnreadableBodyError, TooLargeBodyError or OverCapacityError. It never unpacks more than `longest`
    bytes.
    """
    parts: list[bytes] = []
    length, rest = 0, body
    while rest or not parts:
        if len(parts) >= _MOST_MEMBERS:
            raise UnreadableBodyError("the gzip data has too many members")
        unpacker = zlib.decompressobj(_GZIP)
        try:
            part = unpacker.decompress(rest, longest - length + 1)
        except zlib.error as error:
            raise UnreadableBodyError("the body is not gzip") from error
        length += len(part)
        if length > longest:
            raise TooLargeBodyError
        if not unpacker.eof:
            raise UnreadableBodyError("the gzip data has no end")
        share.take(len(part))
        parts.append(part)
        rest = unpacker.unused_data
    return b"".join(parts)
