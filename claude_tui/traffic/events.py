"""Reads streamed server-sent events in pieces: only tokens, errors and the end.

Text, thinking and tool input are in `content_block_delta`; the first one is noted, and none is read.
"""

from __future__ import annotations

import json
from collections.abc import Callable

__all__ = ["EventReader"]

# `message_start` and errors are far shorter; a longer line is a delta or irrelevant.
MAX_LINE = 65_536
_DELTA = b"content_block_delta"
_READ = (b"message_start", b"message_delta", b"message_stop", b"error")


class EventReader:
    """Calls `on_event` with each event that matters; a delta only the first time, without its content."""

    def __init__(self, on_event: Callable[[dict[str, object]], None]) -> None:
        self._on_event = on_event
        self._line = b""
        self._skips_line = False
        self._name = b""
        self._began_content = False

    def feed(self, piece: bytes) -> None:
        *lines, last = (self._line + piece).split(b"\n")
        for line in lines:
            if self._skips_line:
                self._skips_line = False
            else:
                self._take(line)
        if len(last) > MAX_LINE:
            self._skips_line, last = True, b""
        self._line = b"" if self._skips_line else last

    def closed(self) -> None:
        """Reports the end of the body: an unterminated last line counts as a line."""
        if self._line and not self._skips_line:
            self._take(self._line)
        self._line = b""

    def _take(self, line: bytes) -> None:
        line = line.rstrip(b"\r")
        if not line:
            self._name = b""
        elif line.startswith(b"event:"):
            self._name = line[6:].strip()
        elif line.startswith(b"data:"):
            self._data(line[5:])

    def _data(self, data: bytes) -> None:
        # Some gateways omit the names of events; the type is at the beginning of the object.
        start = data[:100]
        if self._name == _DELTA or (not self._name and _DELTA in start):
            if not self._began_content:
                self._began_content = True
                self._on_event({"type": _DELTA.decode()})
            return
        if self._name in _READ or (not self._name and any(kind in start for kind in _READ)):
            self._decoded(data)
        elif self._name == b"content_block_start":
            self._on_event({"type": "content_block_start"})

    def _decoded(self, data: bytes) -> None:
        try:
            event = json.loads(data)
        except (ValueError, RecursionError):
            return
        if not isinstance(event, dict):
            return
        if "type" not in event and "error" in event:
            event = {"type": "error", **event}
        self._on_event(event)
