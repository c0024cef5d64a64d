"""Response bodies, decoded in bounded pieces, as a compressed body may expand a thousandfold.

Decoding is done here and not by httpx2, whose pieces are unbounded or a megabyte each, and which has no size
limit. The caller gets the decoded body in small pieces, between which the event loop can run.
"""

from __future__ import annotations

import asyncio
import codecs
import re
import zlib
from collections.abc import AsyncGenerator, AsyncIterator, Iterable, Iterator, Sequence
from typing import Protocol

from claude_tui.probes.transport_errors import BodyError, FaultCode

__all__ = [
    "ACCEPT_ENCODING",
    "GZIP",
    "PIECE",
    "ZLIB",
    "Decoder",
    "codings_of",
    "read",
    "without_transport_headers",
]

# What the SDK sends, unless brotli or zstandard is installed.
ACCEPT_ENCODING = "gzip, deflate"
PIECE = 65_536

_MAX_CODINGS = 5
GZIP = b"\x1f\x8b\x08"
"""The first bytes of gzip, which no text has."""
ZLIB = (b"\x78\x01", b"\x78\x9c", b"\x78\xda")
"""The first bytes of zlib at the usual levels, which no text has."""
_WINDOWS = {"gzip": zlib.MAX_WBITS | 16, "deflate": zlib.MAX_WBITS}
_RAW_DEFLATE = -zlib.MAX_WBITS
_PLAIN = re.compile(rb"(?:\xef\xbb\xbf)?[ \t\r\n]{0,64}(?:[{\[<]|event:|data:|: )")
# Bytes that no text contains: neither JSON nor HTML nor events.
_NOT_TEXT = re.compile(rb"[\x00-\x08\x0b\x0e-\x1a\x1c-\x1f]")

Headers = Iterable[tuple[bytes, bytes]]


def codings_of(headers: Headers) -> list[str]:
    """The content codings in the order in which they were applied."""
    values = [value.decode("latin-1") for name, value in headers if name.lower() == b"content-encoding"]
    codings = [coding.strip().lower() for value in values for coding in value.split(",")]
    return [coding for coding in codings if coding not in {"", "identity"}]


def without_transport_headers(headers: Headers) -> list[tuple[bytes, bytes]]:
    """`headers` without those that an HTTP client would act on, as they are handled here.

    Without a location it neither follows a redirect nor fails on an invalid address.
    """
    return [
        (name, value) for name, value in headers if name.lower() not in {b"content-encoding", b"location"}
    ]


async def read(
    raw: AsyncIterator[bytes], codings: Sequence[str], limit: int, *, cut: bool, size: int = PIECE
) -> AsyncGenerator[bytes, None]:
    """The decoded body in pieces of at most `size` bytes; the event loop can run after each.

    Past `limit` bytes, sent or decoded, nothing more is read: with `cut` the body ends there, otherwise it is
    a BodyError. Also raises BodyError for data that is not encoded as `codings` say.
    """
    decoder = Decoder(codings, limit)
    try:
        async for data in raw:
            for piece in decoder.decode(data):
                for start in range(0, len(piece), size):
                    yield piece[start : start + size]
                    # Data that has already arrived is passed on without any wait, so no timeout
                    # could fire.
                    await asyncio.sleep(0)
    except BodyError as error:
        if not cut or error.code is not FaultCode.TOO_LARGE:
            raise


class Decoder:
    """Decodes `codings`, the last one first, lazily and in pieces of about `PIECE` bytes.

    Neither the bytes received nor the output of any layer may exceed `limit`: otherwise a layer whose huge
    output shrinks to nothing in the next would take very long. `produced` is the output of all layers in
    bytes.
    """

    def __init__(self, codings: Sequence[str], limit: int) -> None:
        if len(codings) > _MAX_CODINGS:
            raise BodyError.undecodable(", ".join(codings[:_MAX_CODINGS]), f"more than {_MAX_CODINGS} layers")
        self._limit = limit
        self._received = 0
        self._begun = False
        self._layers = [_layer(coding, limit) for coding in reversed(codings)]

    @property
    def produced(self) -> int:
        return sum(layer.produced for layer in self._layers)

    def decode(self, data: bytes) -> Iterator[bytes]:
        if not self._begun and data:
            self._begun = True
            # Something on the path compressed the body, or dropped the header that says so.
            if not self._layers and (coding := _detected(data)) is not None:
                self._layers.append(_Inflated(coding, self._limit))
        self._received += len(data)
        if self._received > self._limit:
            raise BodyError.too_large(self._limit)
        pieces: Iterator[bytes] = iter((data,))
        for layer in self._layers:
            pieces = layer.decode(pieces)
        return pieces


def _detected(data: bytes) -> str | None:
    """The coding of a body without a content-encoding header, by its first bytes."""
    if data.startswith(GZIP):
        return "gzip"
    return "deflate" if data.startswith(ZLIB) else None


class _Layer(Protocol):
    produced: int

    def decode(self, pieces: Iterator[bytes]) -> Iterator[bytes]: ...


def _layer(coding: str, limit: int) -> _Layer:
    return _Inflated(coding, limit) if coding in _WINDOWS else _PassedThrough(coding)


class _Inflated:
    """gzip or deflate. What follows the end is dropped, as the HTTP libraries do.

    A body that is plain text despite its header is passed on.
    """

    def __init__(self, coding: str, limit: int) -> None:
        self.produced = 0
        self._coding = coding
        self._limit = limit
        self._head = b""
        self._inflater: zlib._Decompress | None = None
        self._plain: _PassedThrough | None = None

    def decode(self, pieces: Iterator[bytes]) -> Iterator[bytes]:
        for data in pieces:
            if self._plain is None and self._inflater is None and self._is_plain(data):
                self._plain, data = _PassedThrough(self._coding), self._head + data
            if self._plain is not None:
                yield from self._plain.decode(iter((data,)))
                continue
            first = self._inflater is None
            try:
                yield from self._inflate(data)
            except zlib.error as error:
                if first and self._coding == "deflate" and _PLAIN.match(self._head):
                    self._plain = _PassedThrough(self._coding)
                    yield from self._plain.decode(iter((self._head,)))
                    continue
                reason = str(error).rpartition(": ")[2]
                raise BodyError.undecodable(self._coding, reason) from error

    def _is_plain(self, data: bytes) -> bool:
        """Whether the body begins as JSON, a page or a stream of events; deflate's data may begin so too."""
        return self._coding == "gzip" and _PLAIN.match(self._head + data) is not None

    def _inflate(self, data: bytes) -> Iterator[bytes]:
        if self._inflater is None:
            data = self._head = self._head + data
            if len(self._head) < 2:
                return
            self._inflater = zlib.decompressobj(_window(self._coding, self._head))
        while not self._inflater.eof:
            piece = self._inflater.decompress(data, PIECE)
            data = self._inflater.unconsumed_tail
            self.produced += len(piece)
            if self.produced > self._limit:
                raise BodyError.too_large(self._limit)
            if piece:
                yield piece
            # A full piece may have left more in the inflater.
            if not data and len(piece) < PIECE:
                return


def _window(coding: str, head: bytes) -> int:
    """zlib's wbits. Some servers use `deflate` for the raw stream, without the header of RFC 1950."""
    is_zlib = head[0] & 0x0F == 8 and int.from_bytes(head[:2], "big") % 31 == 0
    return _RAW_DEFLATE if coding == "deflate" and not is_zlib else _WINDOWS[coding]


class _PassedThrough:
    """An unknown coding. The HTTP libraries pass such a body on, which is right if it is text anyway: some
    servers write `utf-8` there.
    """

    def __init__(self, coding: str) -> None:
        self.produced = 0
        self._coding = coding
        self._text = codecs.getincrementaldecoder("utf-8")()

    def decode(self, pieces: Iterator[bytes]) -> Iterator[bytes]:
        for data in pieces:
            if not self._is_text(data):
                raise BodyError.undecodable(self._coding, "it was not requested")
            self.produced += len(data)
            yield data

    def _is_text(self, data: bytes) -> bool:
        try:
            self._text.decode(data)
        except UnicodeDecodeError:
            return False
        return _NOT_TEXT.search(data) is None
