"""Bodies that are small on the wire and endless once they are decoded."""

from __future__ import annotations

import zlib
from collections.abc import Iterator

__all__ = ["MEGABYTE", "gzip_layers", "gzip_of", "gzip_repeated"]

MEGABYTE = 1_000_000
_GZIP, _RAW = zlib.MAX_WBITS | 16, -zlib.MAX_WBITS


def gzip_of(data: bytes, wbits: int = _GZIP) -> bytes:
    packer = zlib.compressobj(9, wbits=wbits)
    return packer.compress(data) + packer.flush()


def gzip_layers(layers: int, size: int) -> bytes:
    """`size` zero bytes, compressed `layers` times over."""
    body = bytes(size)
    for _ in range(layers):
        body = gzip_of(body)
    return body


def gzip_repeated(words: bytes, times: int) -> Iterator[bytes]:
    """gzip that holds `words` repeated to a megabyte, in a few kilobytes each."""
    block = words * (MEGABYTE // len(words))
    first, others = zlib.compressobj(9, wbits=_GZIP), zlib.compressobj(9, wbits=_RAW)
    yield first.compress(block) + first.flush(zlib.Z_FULL_FLUSH)
    again = others.compress(block) + others.flush(zlib.Z_FULL_FLUSH)
    for _ in range(times - 1):
        yield again
