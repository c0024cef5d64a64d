"""The messages of a browser, and the packets between the server and a dashboard that it started.

A browser sends JSON lists such as `["stdin", "q"]` (textual-serve's script). A dashboard's pipes carry
packets, as Textual's WebDriver defines them: a letter (D for terminal data, M for JSON about the
session), the length as four bytes, the body.
"""

from __future__ import annotations

import asyncio
import json
import re
from dataclasses import dataclass
from typing import TypeAlias

from claude_tui.model.errors import ClaudeTopError

__all__ = [
    "Focus",
    "Keys",
    "Message",
    "MessageError",
    "Packet",
    "PacketError",
    "Ping",
    "Size",
    "as_packet",
    "read_message",
    "read_packet",
]

_LARGEST_PACKET = 4 << 20
_WHOLE = re.compile(r"-?[0-9]{1,12}")
_COLUMNS, _ROWS = (10, 500), (5, 250)


class MessageError(ClaudeTopError):
    """A browser sent a message that our page never sends."""


class PacketError(ClaudeTopError):
    """A dashboard sent a packet that its driver never sends."""


@dataclass(frozen=True, slots=True)
class Keys:
    """Keys, pastes and the mouse, as a terminal sends them."""

    text: str


@dataclass(frozen=True, slots=True)
class Size:
    """A size in cells, bounded so that a browser cannot request a screen that takes all memory."""

    columns: int
    rows: int

    @classmethod
    def of(cls, columns: object, rows: object) -> Size:
        """The nearest supported size. Raises MessageError for anything but numbers."""
        return cls(_within(columns, _COLUMNS), _within(rows, _ROWS))


@dataclass(frozen=True, slots=True)
class Focus:
    """Whether the page has the focus."""

    gained: bool


@dataclass(frozen=True, slots=True)
class Ping:
    """To be answered with the same text."""

    text: str


Message: TypeAlias = Keys | Size | Focus | Ping


def read_message(text: str) -> Message:
    """Raises MessageError."""
    try:
        kind, *rest = json.loads(text)
    except (TypeError, ValueError, RecursionError) as error:
        raise MessageError("not a list") from error
    match kind, rest:
        case "stdin", [str(keys)]:
            return Keys(keys)
        case "resize", [{"width": columns, "height": rows}]:
            return Size.of(columns, rows)
        case "ping", [str(word)]:
            return Ping(word[:100])
        case (("focus" | "blur"), []):
            return Focus(kind == "focus")
    raise MessageError("an unknown message")


def _within(given: object, bounds: tuple[int, int]) -> int:
    low, high = bounds
    if not _WHOLE.fullmatch(str(given)):
        raise MessageError("a size that is not a number")
    return min(max(int(str(given)), low), high)


@dataclass(frozen=True, slots=True)
class Packet:
    """`kind` is one letter."""

    kind: bytes
    body: bytes


def as_packet(message: Keys | Size | Focus) -> bytes:
    """The packet for a dashboard's standard input."""
    match message:
        case Keys(text):
            # A lone surrogate is valid in JSON, and would end the dashboard's reader.
            return _packed(b"D", text.encode("utf-8", "replace"))
        case Size(columns, rows):
            return _packed(b"M", json.dumps({"type": "resize", "width": columns, "height": rows}).encode())
        case Focus(gained):
            return _packed(b"M", json.dumps({"type": "focus" if gained else "blur"}).encode())


def _packed(kind: bytes, body: bytes) -> bytes:
    return kind + len(body).to_bytes(4, "big") + body


async def read_packet(stream: asyncio.StreamReader) -> Packet:
    """Raises PacketError, and asyncio.IncompleteReadError at the end."""
    head = await stream.readexactly(5)
    length = int.from_bytes(head[1:], "big")
    if head[:1] not in b"DMP" or length > _LARGEST_PACKET:
        raise PacketError("not a packet")
    return Packet(head[:1], await stream.readexactly(length))
