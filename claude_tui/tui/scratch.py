"""Temporary directories that live as long as their process, and removal of those left behind."""

from __future__ import annotations

import contextlib
import fcntl
import os
import re
import shutil
import tempfile
from pathlib import Path

__all__ = ["ScratchDirectory", "sweep"]

# A thread may still write while the directory is being emptied, so that takes several attempts.
_ROUNDS = 3


class ScratchDirectory:
    """A private directory for the files of one process: made by `make`, gone after `remove`.

    It is locked while it is in use. The kernel releases the lock when the process ends, however it
    ends: `sweep` relies on that and not on process ids, which are reused and differ between
    containers that share a directory.
    """

    def __init__(self, prefix: str) -> None:
        self._prefix = prefix
        self._path: Path | None = None
        self._lock: int | None = None

    def make(self, parent: Path) -> Path:
        """The directory for the files, in `parent`. Raises OSError when none can be made."""
        while True:
            self._path = Path(tempfile.mkdtemp(prefix=f"{self._prefix}{os.getpid()}-", dir=parent))
            if self._lock_path(self._path):
                # Not the locked directory itself, as a store locks its own directory.
                files = self._path / "data"
                files.mkdir(mode=0o700)
                return files

    def _lock_path(self, path: Path) -> bool:
        """Whether `path` is still there: a `sweep` that saw it before it was locked removes it."""
        try:
            lock = _locked(path)
        except (FileNotFoundError, BlockingIOError):
            return False
        except OSError:
            return True  # nothing can be locked here, so no `sweep` removes anything either
        if not path.exists():
            os.close(lock)
            return False
        self._lock = lock
        return True

    def remove(self) -> None:
        """May be called repeatedly, even before `make`. What cannot be removed is left to `sweep`."""
        if (path := self._path) is None:
            return
        for _ in range(_ROUNDS):
            shutil.rmtree(path, ignore_errors=True)
            if not path.exists():
                return


def sweep(parent: Path, prefix: str) -> None:
    """Removes the scratch directories in `parent` whose process has ended without removing them."""
    name = re.compile(rf"{re.escape(prefix)}\d+-\w{{8}}")
    for left in parent.glob(f"{prefix}*"):
        if name.fullmatch(left.name):
            # It may be locked, gone, somebody else's, or impossible to lock: then it is not ours to remove.
            with contextlib.suppress(OSError):
                _remove_unlocked(left)


def _remove_unlocked(left: Path) -> None:
    if left.lstat().st_uid != os.getuid():
        return
    lock = _locked(left)
    try:
        shutil.rmtree(left, ignore_errors=True)
    finally:
        os.close(lock)


def _locked(directory: Path) -> int:
    """A descriptor of `directory` that holds its lock. Raises OSError; BlockingIOError if it is locked."""
    descriptor = os.open(directory, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        os.close(descriptor)
        raise
    return descriptor
