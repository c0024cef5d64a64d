"""A file lock that decides which of several dashboards on one data directory sends notifications."""

from __future__ import annotations

import fcntl
import os
from pathlib import Path

__all__ = ["Lease"]


class Lease:
    """A lock on `path`, which the system releases when the process ends, however it ends."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._held: int | None = None

    def take(self) -> bool:
        """Tries to take the lock. Also True if locking is impossible: better two than none."""
        if self._held is not None:
            return True
        try:
            self._path.parent.mkdir(parents=True, exist_ok=True)
            file = os.open(self._path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        except OSError:
            return True
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            os.close(file)
            return False
        except OSError:
            os.close(file)
            return True
        self._held = file
        return True

    def release(self) -> None:
        if self._held is not None:
            os.close(self._held)
            self._held = None
