"""Protobuf on the wire: walks through an export, so that one record is decoded at a time.

A body of two bytes for each of millions of empty records would be a gigabyte as one decoded message.
"""

from __future__ import annotations

from collections.abc import Iterator

from claude_tui.model.errors import ClaudeTopError

__all__ = ["LENGTH", "BrokenExportError", "Budget", "ExportError", "TooManyPartsError", "fields", "slim"]

LENGTH = 2
"""The wire type of messages, text and bytes."""
_VARINT, _FIXED64, _FIXED32 = 0, 1, 5
_LONGEST_VARINT = 10


class ExportError(ClaudeTopError):
    """An export is rejected; becomes the response to it."""


class BrokenExportError(ExportError):
    """The export is malformed."""


class TooManyPartsError(ExportError):
    """The export has more parts than any reasonable sender puts into one request."""


class Budget:
    """The number of parts of one request that may be read, and the records that were left out."""

    def __init__(self, parts: int) -> None:
        self.rejected = 0
        """Records that were left out, although the rest of the request is valid."""
        self._left = parts

    def spend(self, parts: int = 1) -> None:
        """Raises TooManyPartsError once it is used up."""
        self._left -= parts
        if self._left < 0:
            raise TooManyPartsError("too many records in one request")


Field = tuple[int, int, int, int, int]


def fields(data: bytes, start: int, end: int, budget: Budget) -> Iterator[Field]:
    """Number, wire type, start of the whole field, start and end of its value.

    Raises BrokenExportError or TooManyPartsError.
    """
    at = start
    while at < end:
        budget.spend()
        began = at
        tag, at = _varint(data, at, end)
        number, kind = tag >> 3, tag & 7
        if number == 0:
            raise BrokenExportError("a field has the number 0")
        value = at
        if kind == LENGTH:
            length, value = _varint(data, at, end)
            at = value + length
        elif kind == _VARINT:
            _, at = _varint(data, at, end)
        elif kind == _FIXED64:
            at += 8
        elif kind == _FIXED32:
            at += 4
        else:
            raise BrokenExportError(f"wire type {kind}")
        if at > end:
            raise BrokenExportError("a field is longer than what it is in")
        yield number, kind, began, value, at


def slim(data: bytes, start: int, end: int, longest: int, budget: Budget) -> bytes:
    """A message without fields longer than `longest` bytes: those are content, which is never read."""
    kept = (
        data[began:after]
        for _, _, began, value, after in fields(data, start, end, budget)
        if after - value <= longest
    )
    return b"".join(kept)


def _varint(data: bytes, at: int, end: int) -> tuple[int, int]:
    """The number at `at`, and where it ends."""
    if at < end and (byte := data[at]) < 0x80:
        return byte, at + 1
    number = shift = 0
    for index in range(at, min(end, at + _LONGEST_VARINT)):
        byte = data[index]
        number |= (byte & 0x7F) << shift
        if byte < 0x80:
            return number, index + 1
        shift += 7
    raise BrokenExportError("a number has no end")
