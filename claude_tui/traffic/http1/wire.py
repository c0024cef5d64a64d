"""HTTP/1.1 messages on the wire: parses received ones into events, and writes heads and bodies.

httptools (llhttp, the parser of Node) finds where messages begin and end, and rejects what two servers could
read differently (a length beside chunks, two lengths, folded lines). Names and values of headers, their
order, their case and their repetitions are kept; so are the reason phrase and trailers. Only the headers
of a single connection (RFC 9110, 7.6.1) are dropped, and a chunked body gets chunks of other sizes.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from enum import StrEnum

import httptools

__all__ = [
    "MAX_HEAD",
    "BodyWriter",
    "End",
    "Event",
    "Framing",
    "Header",
    "RequestHead",
    "RequestReader",
    "ResponseHead",
    "ResponseReader",
    "first_value",
    "origin_form",
    "request_bytes",
    "response_bytes",
    "without_hop_headers",
]

Header = tuple[bytes, bytes]

MAX_HEAD = 262_144
"""The most bytes of a head, or of trailers. Servers accept 8 to 64 kB, and reject more themselves."""

# A client that uses the server as a forward proxy sends a whole URL.
_AUTHORITY = re.compile(rb"https?://[^/?#]*", re.I)
_HOP = frozenset({b"connection", b"keep-alive", b"proxy-connection", b"te", b"upgrade"})
# `Connection` may name any header, but not these, which determine what a message is and where it goes.
_NEVER_HOP = frozenset({b"host", b"content-length", b"transfer-encoding"})
# A client that uses the server as a forward proxy sends a whole URL.
_AUTHORITY = re.compile(rb"https?://[^/?#]*", re.I)


class Framing(StrEnum):
    """What marks the end of a body."""

    NONE = "none"
    LENGTH = "length"
    CHUNKED = "chunked"
    CLOSE = "close"
    """It ends with the connection."""


@dataclass(frozen=True, slots=True)
class RequestHead:
    """The head of a request as it was received."""

    method: bytes
    """In the case that the client used."""
    target: bytes
    """The path and the query, byte for byte."""
    headers: tuple[Header, ...]
    """In the order received."""
    framing: Framing
    """How the body ends."""
    http_10: bool
    """Whether the client speaks HTTP/1.0, which has no chunked encoding."""
    keeps_alive: bool
    """Whether the client may send another request on this connection."""


@dataclass(frozen=True, slots=True)
class ResponseHead:
    """The head of a response as it was received."""

    status: int
    """The status; below 200 another head follows."""
    reason: bytes
    """The reason phrase."""
    headers: tuple[Header, ...]
    """In the order received."""
    framing: Framing
    """How the body ends."""
    keeps_alive: bool
    """Whether the server accepts another request on this connection."""


@dataclass(frozen=True, slots=True)
class End:
    """A message is complete."""

    trailers: tuple[Header, ...] = ()
    """The headers after the last chunk."""


Event = RequestHead | ResponseHead | bytes | End
"""`bytes` are a piece of a body."""


class _Reader:
    """Collects what the parser reports. `broken` says why nothing more can be read."""

    def __init__(self, max_head: int) -> None:
        self.broken: str | None = None
        self._max_head = max_head
        self._events: list[Event] = []
        self._headers: list[Header] = []
        self._unfinished = 0

    def on_header(self, name: bytes, value: bytes) -> None:
        self._headers.append((name, value.rstrip(b" \t")))

    def on_body(self, piece: bytes) -> None:
        self._events.append(piece)

    def on_message_complete(self) -> None:
        self._events.append(End(tuple(self._headers)))
        self._headers = []

    def _taken(self) -> list[Event]:
        events, self._events = self._events, []
        return events

    def _check_size(self, data: bytes) -> None:
        """Bounds what the parser collects before it calls back: heads, trailers, lines of chunks."""
        self._unfinished = 0 if self._events else self._unfinished + len(data)
        if self._unfinished > self._max_head:
            self.broken = f"headers of more than {self._max_head // 1024} kB"


class RequestReader(_Reader):
    """Reads the requests of one connection, one after the other."""

    def __init__(self, max_head: int = MAX_HEAD) -> None:
        super().__init__(max_head)
        self._target = b""
        self._parser = httptools.HttpRequestParser(self)

    def feed(self, data: bytes) -> list[Event]:
        """What `data` completes. Afterwards `broken` may be set: nothing more may be fed then."""
        while data and self.broken is None:
            try:
                self._parser.feed_data(data)
            except httptools.HttpParserUpgrade as upgrade:
                # An offer to switch protocols is not forwarded, so the next request follows.
                data = data[upgrade.args[0] :]
                self._parser = httptools.HttpRequestParser(self)
                continue
            except httptools.HttpParserError as error:
                self.broken = _words(error)
            self._check_size(data)
            break
        return self._taken()

    def on_message_begin(self) -> None:
        self._target = b""

    def on_url(self, target: bytes) -> None:
        self._target += target

    def on_headers_complete(self) -> None:
        headers, self._headers = tuple(self._headers), []
        http_10 = self._parser.get_http_version() != "1.1"
        chunked = first_value(headers, b"transfer-encoding") is not None
        length = first_value(headers, b"content-length")
        framing = Framing.CHUNKED if chunked else Framing.NONE if length is None else Framing.LENGTH
        closes = b"close" in _listed(headers, b"connection")
        self._events.append(
            RequestHead(self._parser.get_method(), self._target, headers, framing, http_10, not closes)
        )


class ResponseReader(_Reader):
    """Reads the response to one request, and the 1xx ones before it."""

    def __init__(self, method: bytes) -> None:
        super().__init__(MAX_HEAD)
        self._method = method
        self._reason = b""
        self._framing: Framing | None = None
        self._interim = False
        self._ended = False
        self._parser = httptools.HttpResponseParser(self)

    def feed(self, data: bytes) -> list[Event]:
        """What `data` completes. Afterwards `broken` may be set, also for bytes after the end."""
        try:
            self._parser.feed_data(data)
        except httptools.HttpParserUpgrade:
            self.broken = "another protocol, which was not asked for"
        except httptools.HttpParserError as error:
            self.broken = _words(error)
        self._check_size(data)
        return self._taken()

    def closed(self) -> list[Event]:
        """What the clean end of the connection completes: a body that ends with it, or nothing."""
        if self._framing is not Framing.CLOSE or self._ended or self.broken is not None:
            return []
        self._ended = True
        return [End()]

    def on_message_begin(self) -> None:
        self._reason = b""

    def on_status(self, reason: bytes) -> None:
        self._reason += reason

    def on_headers_complete(self) -> None:
        if self._ended:
            self.broken = "more than one response"
            return
        headers, self._headers = tuple(self._headers), []
        status = self._parser.get_status_code()
        if status == 101:
            self.broken = "another protocol, which was not asked for"
            return
        self._interim = status < 200
        self._framing = _response_framing(self._method, status, headers)
        alive = self._framing is not Framing.CLOSE and b"close" not in _listed(headers, b"connection")
        # HTTP/1.0 keeps a connection only on request, and none is passed on.
        alive = alive and self._parser.get_http_version() == "1.1"
        self._events.append(ResponseHead(status, self._reason, headers, self._framing, alive))
        if self._method == b"HEAD" and status >= 200:
            self._finish(End())

    def on_body(self, piece: bytes) -> None:
        if self._ended:
            self.broken = "more than the response"
        else:
            self._events.append(piece)

    def on_message_complete(self) -> None:
        if not self._interim and not self._ended:
            self._finish(End(tuple(self._headers)))

    def _finish(self, end: End) -> None:
        self._events.append(end)
        self._ended, self._headers = True, []


def _response_framing(method: bytes, status: int, headers: Sequence[Header]) -> Framing:
    """RFC 9112, 6.3."""
    if method == b"HEAD" or status < 200 or status in (204, 304):
        return Framing.NONE
    codings = _listed(headers, b"transfer-encoding")
    if codings:
        return Framing.CHUNKED if codings[-1] == b"chunked" else Framing.CLOSE
    return Framing.CLOSE if first_value(headers, b"content-length") is None else Framing.LENGTH


def _words(error: Exception) -> str:
    return str(error)[:100]


def first_value(headers: Iterable[Header], name: bytes) -> bytes | None:
    """The first value of the header with this lower-case name."""
    return next((value for key, value in headers if key.lower() == name), None)


def origin_form(target: bytes) -> bytes:
    """The path and the query of a request target, which may be a whole URL."""
    found = _AUTHORITY.match(target)
    path = target[found.end() :] if found is not None else target
    return path if path.startswith(b"/") else b"/" + path


def _listed(headers: Iterable[Header], name: bytes) -> list[bytes]:
    """The parts of a comma-separated header, lower-case."""
    values = [value for key, value in headers if key.lower() == name]
    return [part.strip().lower() for value in values for part in value.split(b",")] if values else []


def without_hop_headers(headers: Sequence[Header]) -> list[Header]:
    """Without the headers of a single connection, except `Transfer-Encoding`, which the body keeps."""
    named = _listed(headers, b"connection")
    hop = _HOP.union(named) - _NEVER_HOP if named else _HOP
    return [header for header in headers if header[0].lower() not in hop]


def _lines(headers: Iterable[Header]) -> bytes:
    return b"".join([b"%b: %b\r\n" % header for header in headers])


def request_bytes(method: bytes, target: bytes, headers: Iterable[Header]) -> bytes:
    return b"%b %b HTTP/1.1\r\n%b\r\n" % (method, target, _lines(headers))


def response_bytes(status: int, reason: bytes, headers: Iterable[Header]) -> bytes:
    return b"HTTP/1.1 %d %b\r\n%b\r\n" % (status, reason, _lines(headers))


class BodyWriter:
    """Encodes a body for sending."""

    def __init__(self, *, chunked: bool) -> None:
        self._chunked = chunked

    def piece(self, data: bytes) -> bytes:
        return b"%x\r\n%b\r\n" % (len(data), data) if self._chunked else data

    def end(self, end: End) -> bytes:
        return b"0\r\n%b\r\n" % _lines(end.trailers) if self._chunked else b""
