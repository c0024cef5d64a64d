"""Reads a few fields of a streamed JSON object in pieces, without keeping or parsing the rest."""

from __future__ import annotations

import json
import re
from collections.abc import Collection

__all__ = ["TopFields"]

# The most bytes of one wanted value, and of a name.
MAX_VALUE = 8192
MAX_NAME = 128
# Brackets and names that are looked at before it gives up: 64 MB of brackets would take half a minute.
MAX_STEPS = 100_000

_SPACE = b" \t\r\n"
# Inside an unwanted value, up to the next bracket: whole strings and whatever is between them.
_SKIPPED = re.compile(rb'(?:[^"{}\[\]]++|"(?:[^"\\]++|\\.)*+")*+', re.DOTALL)
_STRING = re.compile(rb'"(?:[^"\\]++|\\.)*+"', re.DOTALL)
# A name with a value that is neither an object nor a list, both complete: the most common case.
_PAIR = re.compile(
    rb'[ \t\r\n,]*+"(?P<name>(?:[^"\\]++|\\.)*+)"[ \t\r\n]*+:[ \t\r\n]*+'
    rb'(?P<value>"(?:[^"\\]++|\\.)*+"|[^,{}\[\]" \t\r\n]++)[ \t\r\n]*+(?=[,}])',
    re.DOTALL,
)
# The rest of a string whose beginning was in an earlier piece.
_STRING_REST = re.compile(rb'(?:[^"\\]++|\\.)*+', re.DOTALL)
_SCALAR = re.compile(rb'[^,{}\[\]"]*+')
_MORE, _GIVE_UP = -1, -2
_OPENING, _CLOSING = frozenset(b"{["), frozenset(b"}]")


class TopFields:
    """Reads the values of `wanted` names at the top level of an object; the last of equal names counts.

    Memory is bounded by `MAX_VALUE` for each. Invalid JSON, or anything but an object, gives no values.
    """

    def __init__(self, wanted: Collection[str]) -> None:
        self.complete = False
        """Whether the object was read to its end."""
        self._wanted = {name.encode(): name for name in wanted}
        self._values: dict[str, object] = {}
        self._rest = b""
        self._read = self._before
        self._name: str | None = None
        self._depth = 0
        self._value: bytearray | None = None
        self._in_string = False
        self._steps = MAX_STEPS
        self._over = False

    @property
    def over(self) -> bool:
        """Whether no more values can be found."""
        return self._over

    def get(self, name: str) -> object:
        """The value; None if there is none."""
        return self._values.get(name)

    def feed(self, piece: bytes) -> None:
        if self._over:
            return
        data, at = self._rest + piece, 0
        self._rest = b""
        while at < len(data) and not self._over:
            self._steps -= 1
            went = self._read(data, at) if self._steps > 0 else _GIVE_UP
            if went == _GIVE_UP:
                self._over = True
            elif went == _MORE:
                self._rest = data[at:]
                self._over = len(self._rest) > MAX_VALUE
                return
            else:
                at = went

    # Each reads from `at` on and returns the position reached, `_MORE` or `_GIVE_UP`.

    def _before(self, data: bytes, at: int) -> int:
        at = _past_space(data, at)
        if at == len(data):
            return at
        if data[at : at + 1] == b"\xef":
            # A byte order mark.
            return at + 3
        if data[at : at + 1] != b"{":
            return _GIVE_UP
        self._read = self._at_name
        return at + 1

    def _at_name(self, data: bytes, at: int) -> int:
        pair = _PAIR.match(data, at)
        if pair is not None:
            name = self._wanted.get(pair["name"])
            if name is not None and len(pair["value"]) <= MAX_VALUE:
                self._store(name, pair["value"])
            return pair.end()
        start = _past_space(data, at)
        if start == len(data) or data[start : start + 1] in (b",", b"}"):
            self.complete = self._over = data[start : start + 1] == b"}"
            return min(start + 1, len(data))
        return self._whole_name(data, start)

    def _whole_name(self, data: bytes, start: int) -> int:
        found = _STRING.match(data, start)
        if found is None:
            # Either the rest of the name has not arrived, or this is not JSON.
            return _MORE if data[start : start + 1] == b'"' and len(data) - start < MAX_NAME else _GIVE_UP
        colon = _past_space(data, found.end())
        if colon == len(data):
            return _MORE
        if data[colon : colon + 1] != b":":
            return _GIVE_UP
        self._name = self._wanted.get(found.group()[1:-1])
        self._value = bytearray() if self._name is not None else None
        self._read = self._in_value
        return colon + 1

    def _in_value(self, data: bytes, at: int) -> int:
        if self._in_string:
            return self._in_long_string(data, at)
        end = _past(_SKIPPED if self._depth > 0 else _SCALAR, data, at)
        self._keep(data[at:end])
        if end == len(data):
            return end
        char = data[end]
        if char == 0x22:
            return self._string(data, end)
        if char in _OPENING:
            self._depth += 1
        elif self._depth == 0:
            # A comma, or the bracket that closes the object: the value is complete.
            self._settle()
            self._read = self._at_name
            return end
        elif char in _CLOSING:
            self._depth -= 1
        self._keep(data[end : end + 1])
        return end + 1

    def _string(self, data: bytes, at: int) -> int:
        found = _STRING.match(data, at)
        if found is not None:
            self._keep(found.group())
            return found.end()
        self._keep(b'"')
        self._in_string = True
        return at + 1

    def _in_long_string(self, data: bytes, at: int) -> int:
        if data.find(b'"', at) < 0 and data.find(b"\\", at) < 0:
            # A file in base64 is one string: this is ten times as fast.
            end = len(data)
        else:
            end = _past(_STRING_REST, data, at)
        self._keep(data[at:end])
        if end < len(data) and data[end] == 0x22:
            self._keep(b'"')
            self._in_string = False
            return end + 1
        # A backslash at the end of the piece belongs to the next byte.
        return end if end > at or end == len(data) else _MORE

    def _keep(self, part: bytes) -> None:
        if self._value is not None:
            self._value += part
            if len(self._value) > MAX_VALUE:
                self._value = None

    def _settle(self) -> None:
        if self._value is not None and self._name is not None:
            self._store(self._name, bytes(self._value))
        self._value = None

    def _store(self, name: str, value: bytes) -> None:
        try:
            self._values[name] = json.loads(value.decode())
        except (ValueError, RecursionError):
            self._over = True


def _past(pattern: re.Pattern[bytes], data: bytes, at: int) -> int:
    """Where the match of `pattern` at `at` ends. The pattern must also match empty text."""
    found = pattern.match(data, at)
    assert found is not None
    return found.end()


def _past_space(data: bytes, at: int) -> int:
    while at < len(data) and data[at] in _SPACE:
        at += 1
    return at
