"""A directory that lives as long as its process, and the end of those whose process was killed."""

from __future__ import annotations

import contextlib
import fcntl
import os
import re
import shutil
import tempfile
from pathlib import Path

__all__ = ["ScratchDirectory", "sweep"]

# What a thread that still writes adds while the directory is emptied takes another round.
_ROUNDS = 3


class ScratchDirectory:
    """A private directory for the files of one process: made by `make`, gone after `remove`.

    While it is in use it is locked. The kernel takes the lock back when the process ends, however it
    ends: `sweep` goes by that, and not by process ids, which are used again and differ between
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
                # Not the locked directory itself: a store locks its own, too.
                files = self._path / "data"
                files.mkdir(mode=0o700)
                return files

    def _lock_path(self, path: Path) -> bool:
        """Whether `path` is still there: a `sweep` that saw it before it was locked clears it away."""
        try:
            lock = _locked(path)
        except (FileNotFoundError, BlockingIOError):
            return False
        except OSError:
            return True  # nothing can be locked here; then no `sweep` removes anything either
        if not path.exists():
            os.close(lock)
            return False
        self._lock = lock
        return True

    def remove(self) -> None:
        """Also after another call of it, and before `make`. What cannot be removed is left to `sweep`."""
        if (path := self._path) is None:
            return
        for _ in range(_ROUNDS):
            shutil.rmtree(path, ignore_errors=True)
            if not path.exists():
                return


def sweep(parent: Path, prefix: str) -> None:
    """Removes the scratch directories in `parent` whose process has ended without doing so."""
    name = re.compile(rf"{re.escape(prefix)}\d+-\w{{8}}")
    for left in parent.glob(f"{prefix}*"):
        if name.fullmatch(left.name):
            # Locked, gone meanwhile, somebody else's, or where nothing can be locked: not ours to remove.
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
    """A descriptor of `directory` that holds its lock. Raises OSError, BlockingIOError when it is held."""
    descriptor = os.open(directory, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        os.close(descriptor)
        raise
    return descriptor
