"""A log file that several processes of a user write to and rotate. Loaded with the first line."""

from __future__ import annotations

import logging
import os
import time
from collections.abc import Callable
from fcntl import LOCK_EX, LOCK_NB, flock
from logging.handlers import RotatingFileHandler
from pathlib import Path
from typing import Any

__all__ = ["open_log"]

_KEPT_FILES = 3
_ROTATING_S = 0.25
_PAUSE_S = 10.0


def open_log(path: Path, size: int, form: Callable[[logging.LogRecord], str]) -> RotatingFileHandler:
    """A handler that begins a new file after `size` bytes. Raises OSError."""
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    return _Shared(path, size, form)


class _Shared(RotatingFileHandler):
    def __init__(self, path: Path, size: int, form: Callable[[logging.LogRecord], str]) -> None:
        self._path = path
        self._form = form
        self._impatient_until = 0.0
        super().__init__(path, maxBytes=size, backupCount=_KEPT_FILES, encoding="utf-8")

    def format(self, record: logging.LogRecord) -> str:
        return self._form(record)

    def emit(self, record: logging.LogRecord) -> None:
        # Another process may have rotated it, or somebody have moved it away.
        if not self._is_current():
            self._reopen()
        super().emit(record)

    def doRollover(self) -> None:  # noqa: N802 (logging's own name)
        lock = os.open(f"{self.baseFilename}.lock", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        try:
            if not self._locked(lock):
                # Another process is rotating it, and may be suspended. The line goes to the current file.
                return
            # If several processes find it full, the first one rotates it.
            if self._is_current():
                super().doRollover()
            else:
                self._reopen()
        finally:
            os.close(lock)

    def _locked(self, lock: int) -> bool:
        """Whether the lock could be taken; waits once, for as long as a rotation takes."""
        began = time.monotonic()
        patience_s = _ROTATING_S if began >= self._impatient_until else 0.0
        while True:
            try:
                flock(lock, LOCK_EX | LOCK_NB)
            except OSError:
                if time.monotonic() - began >= patience_s:
                    self._impatient_until = began + _PAUSE_S
                    return False
                time.sleep(0.002)
            else:
                return True

    def _reopen(self) -> None:
        if self.stream is not None:
            self.stream.close()
        self.stream = self._open()

    def _is_current(self) -> bool:
        if self.stream is None:
            return False
        try:
            named, opened = self._path.stat(), os.fstat(self.stream.fileno())
        except OSError:
            return False
        return (named.st_dev, named.st_ino) == (opened.st_dev, opened.st_ino)

    def _open(self) -> Any:
        return open(self.baseFilename, "a", encoding="utf-8", errors="backslashreplace", opener=_private)

    def handleError(self, record: logging.LogRecord) -> None:  # noqa: N802
        """Does nothing: `logging` would print a traceback on the screen."""


def _private(path: str, flags: int) -> int:
    """Opens a file for its owner only; a named pipe without a reader does not block."""
    return os.open(path, flags | os.O_NONBLOCK, 0o600)
