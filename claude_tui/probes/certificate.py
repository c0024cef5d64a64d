"""When a server's certificate expires, read from its DER bytes.

`ssl` gives the decoded certificate only where OpenSSL itself verified it; on macOS and Windows the
system does that, and only the bytes are available.
"""

from __future__ import annotations

from datetime import UTC, datetime

__all__ = ["expires_at"]

_SEQUENCE, _VERSION, _UTC_TIME, _GENERALIZED_TIME = 0x30, 0xA0, 0x17, 0x18


def expires_at(der: bytes | None) -> datetime | None:
    """The notAfter of an X.509 certificate (RFC 5280, 4.1), or None when it cannot be read."""
    try:
        return _not_after(der) if der else None
    except (ValueError, IndexError):
        return None


def _not_after(der: bytes) -> datetime:
    certificate = _element(der, 0)[1]
    fields = _element(certificate, 0)[1]
    end = 0
    tag, _, after = _element(fields, 0)
    if tag == _VERSION:
        end = after
    for _ in ("serial number", "signature", "issuer"):
        end = _element(fields, end)[2]
    tag, validity, _ = _element(fields, end)
    if tag != _SEQUENCE:
        raise ValueError("no validity period where one is expected")
    tag, text, _ = _element(validity, _element(validity, 0)[2])
    return _instant(tag, text.decode("ascii"))


def _element(der: bytes, start: int) -> tuple[int, bytes, int]:
    """The tag, the content and the end of the element that begins at `start`."""
    tag, length, begin = der[start], der[start + 1], start + 2
    if length & 0x80:
        size = length & 0x7F
        length = int.from_bytes(der[begin : begin + size], "big")
        begin += size
    if begin + length > len(der):
        raise ValueError("the element is longer than its container")
    return tag, der[begin : begin + length], begin + length


def _instant(tag: int, text: str) -> datetime:
    if tag == _UTC_TIME:
        # RFC 5280, 4.1.2.5.1: years 50 to 99 are in the 20th century.
        text = ("19" if int(text[:2]) >= 50 else "20") + text
    elif tag != _GENERALIZED_TIME:
        raise ValueError("not a time")
    return datetime.strptime(text, "%Y%m%d%H%M%SZ").replace(tzinfo=UTC)
