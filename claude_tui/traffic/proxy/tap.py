"""Observers of calls, and the guard that keeps their errors from affecting the calls."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from claude_tui.model.traffic import CallEnd
from claude_tui.probes.classify import Classified
from claude_tui.traffic.http1.wire import RequestHead, ResponseHead

__all__ = ["Counts", "GuardedTap", "Tap"]

# An error that occurs with each call is logged once a minute.
_BETWEEN_LINES_S = 60.0
_logger = logging.getLogger("claude_tui.proxy")


class Tap(Protocol):
    """Observes one call, in this order, after the bytes have been forwarded. It must not block."""

    def request_body(self, piece: bytes) -> None: ...

    def response(self, head: ResponseHead) -> None: ...

    def response_body(self, piece: bytes) -> None: ...

    def ended(self, end: CallEnd) -> None:
        """The response has ended, one way or another."""

    def failed(self, fault: Classified) -> None:
        """There was no response."""


@dataclass(slots=True)
class Counts:
    """The counters of one worker since it started."""

    connections: int = 0
    """How many connections of clients are open."""
    open_calls: int = 0
    """Calls whose response is not complete."""
    calls: int = 0
    """Calls that have begun."""
    tap_faults: int = 0
    """Calls that could not be read or recorded completely; they were forwarded nevertheless."""
    next_fault_line_at: float = 0.0
    """When a fault is logged again, by `time.monotonic`."""


class GuardedTap:
    """Calls a tap; an error of the tap is counted and ends the tap, never the call."""

    def __init__(self, make: Callable[[RequestHead], Tap], head: RequestHead, counts: Counts) -> None:
        self._counts = counts
        self._tap: Tap | None = None
        counts.calls += 1
        counts.open_calls += 1
        self._open = True
        try:
            self._tap = make(head)
        except Exception as error:  # noqa: BLE001 whatever is wrong with the tap, the call goes on
            self._fault(error)

    def request_body(self, piece: bytes) -> None:
        if self._tap is not None:
            try:
                self._tap.request_body(piece)
            except Exception as error:  # noqa: BLE001 as above
                self._fault(error)

    def response(self, head: ResponseHead) -> None:
        if self._tap is not None:
            try:
                self._tap.response(head)
            except Exception as error:  # noqa: BLE001 as above
                self._fault(error)

    def response_body(self, piece: bytes) -> None:
        if self._tap is not None:
            try:
                self._tap.response_body(piece)
            except Exception as error:  # noqa: BLE001 as above
                self._fault(error)

    def ended(self, end: CallEnd) -> None:
        self._close(lambda tap: tap.ended(end))

    def failed(self, fault: Classified) -> None:
        self._close(lambda tap: tap.failed(fault))

    def _close(self, tell: Callable[[Tap], None]) -> None:
        """Only the first call counts."""
        tap, self._tap = self._tap, None
        if self._open:
            self._open = False
            self._counts.open_calls -= 1
        if tap is not None:
            try:
                tell(tap)
            except Exception as error:  # noqa: BLE001 as above
                self._fault(error)

    def _fault(self, error: Exception) -> None:
        self._tap = None
        self._counts.tap_faults += 1
        now = time.monotonic()
        if now >= self._counts.next_fault_line_at:
            self._counts.next_fault_line_at = now + _BETWEEN_LINES_S
            # Without the error's message, which may quote the request.
            where = _place(error)
            _logger.error("a call passed, but could not be measured: %s%s", type(error).__name__, where)


def _place(error: Exception) -> str:
    """` in FUNCTION, line NUMBER of FILE`, from where it was raised."""
    frame = error.__traceback__
    while frame is not None and frame.tb_next is not None:
        frame = frame.tb_next
    if frame is None:
        return ""
    code = frame.tb_frame.f_code
    return f" in {code.co_name}, line {frame.tb_lineno} of {Path(code.co_filename).name}"
