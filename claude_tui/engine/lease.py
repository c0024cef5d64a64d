"""The lease of a store: of all processes that share it, the one that holds the lease probes and pages."""

from __future__ import annotations

import fcntl
import os
from contextlib import suppress
from dataclasses import replace
from datetime import datetime
from pathlib import Path

from claude_tui.model.json_values import from_json, sound, to_json
from claude_tui.model.watching import Process
from claude_tui.store.files import make_directory, open_beside

__all__ = ["Lease"]

_LONGEST = 4096


class Lease:
    """A lock on `path`, which the system releases when the process ends, however it ends.

    The file says who holds it, for others to show. Its content proves nothing: only the lock does.
    """

    def __init__(self, path: Path, process: Process) -> None:
        self._path = path
        self._process = process
        self._held: int | None = None
        self._own: Process | None = None
        """This process since it has held the lock."""
        self._known: tuple[bytes, Process | None] = (b"", None)

    def take(self, now: datetime) -> bool:
        """Tries to take the lock. Also True if locking is impossible, as two pages are better than none."""
        if self._held is not None:
            return True
        try:
            make_directory(self._path.parent)
            file = _opened(self._path)
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
        line = to_json(replace(self._process, since=now))
        self._own = _process_of(line)
        with suppress(OSError):
            _write(file, line + b"\n")
        return True

    def release(self) -> None:
        if self._held is not None:
            os.close(self._held)
            self._held = None

    def holder(self) -> Process | None:
        """Who holds the lock; None if nobody does, or if the file does not say."""
        if self._held is not None:
            return self._own
        try:
            file = os.open(self._path, os.O_RDONLY | os.O_CLOEXEC | os.O_NOFOLLOW)
        except OSError:
            return None
        try:
            return None if _is_free(file) else self._read(file)
        finally:
            os.close(file)

    def _read(self, file: int) -> Process | None:
        """Who the file names. It is asked for once a second and changes hardly ever."""
        try:
            line = os.pread(file, _LONGEST, 0).partition(b"\n")[0]
        except OSError:
            return None
        if line != self._known[0]:
            self._known = line, _process_of(line)
        return self._known[1]


def _opened(path: Path) -> int:
    try:
        return open_beside(path)
    except PermissionError:
        # A process that may not write the file can lock it nevertheless.
        return os.open(path, os.O_RDONLY | os.O_CLOEXEC | os.O_NOFOLLOW)


def _is_free(file: int) -> bool:
    """Tries with a shared lock, so that processes that check do not take each other for the holder."""
    try:
        fcntl.flock(file, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except OSError:
        return False
    return True


def _write(file: int, line: bytes) -> None:
    # Write the new line first, then remove the rest of the old one: a reader reads the first line.
    os.pwrite(file, line, 0)
    os.ftruncate(file, len(line))


def _process_of(line: bytes) -> Process | None:
    try:
        process: Process = sound(from_json(Process, line))
    except ValueError:
        return None
    return process
