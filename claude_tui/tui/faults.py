"""Faults of the program itself: each is reported once, and counted when it recurs."""

from __future__ import annotations

import logging
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType

from claude_tui.model.installation import UPGRADED, installation

__all__ = ["Fault", "Faults", "Report"]

_logger = logging.getLogger(__name__)

Report = Callable[[Exception], Path | None]
"""Writes a crash file for an error and returns its path; None if it could not be written."""

# Errors that differ each time and recur with every Snapshot must not fill the disk.
_MOST_REPORTS = 20


@dataclass(slots=True)
class Fault:
    """One fault, however often it occurred."""

    kind: str
    report: Path | None
    count: int = 1

    @property
    def details(self) -> str:
        """What to do about it, or where to read more, as a sentence."""
        if installation().replaced:
            return f"{UPGRADED[0].upper()}{UPGRADED[1:]}"
        return f"Details in {self.report}" if self.report else "No report could be written"


class Faults:
    """The faults since the program started."""

    def __init__(self, report: Report) -> None:
        self._report = report
        self._known: dict[object, Fault] = {}

    def __len__(self) -> int:
        return len(self._known)

    def note(self, error: Exception) -> Fault:
        """The fault that `error` belongs to, reported if it is new."""
        identity = _identity(error)
        fault = self._known.get(identity)
        if fault is not None:
            fault.count += 1
            return fault
        # Logged before the report, which includes the last lines of the log.
        _logger.error("a fault of the program: %s", type(error).__name__)
        report = self._report(error) if len(self._known) < _MOST_REPORTS else None
        self._known[identity] = fault = Fault(type(error).__name__, report)
        return fault


def _identity(error: Exception) -> object:
    """Equal for errors of the same type from the same line."""
    place = _innermost(error.__traceback__)
    return type(error), place and (place.tb_frame.f_code.co_filename, place.tb_lineno)


def _innermost(trace: TracebackType | None) -> TracebackType | None:
    while trace is not None and trace.tb_next is not None:
        trace = trace.tb_next
    return trace
