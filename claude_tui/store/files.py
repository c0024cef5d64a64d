"""The files of a store: private to their owner or to a group, set aside when damaged, never deleted.

A directory that belongs to a group (setgid, writable for it: mode 2770) is meant to be shared: files in it
get mode 0660, in any other 0600.
"""

from __future__ import annotations

import fcntl
import os
import sqlite3
import stat
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from datetime import datetime
from pathlib import Path

from claude_tui.store.faults import DamagedStoreError, StoreError, describe

__all__ = [
    "LOCK_TIMEOUT_S",
    "NAME",
    "Connect",
    "Identity",
    "connect",
    "connect_read_only",
    "directory_lock",
    "identity_of",
    "is_there",
    "make_directory",
    "make_file",
    "make_inner_directory",
    "mode_in",
    "open_beside",
    "set_aside",
]

NAME = "history.db"
_COMPANIONS = ("-wal", "-shm")
LOCK_TIMEOUT_S = 1.0
_LOCK_POLL_S = 0.01
_CACHE_KB = 1024

Identity = tuple[int, int]
Connect = Callable[[Path], sqlite3.Connection]


def connect(path: Path) -> sqlite3.Connection:
    """A connection in autocommit mode, usable from any thread. It never creates the file."""
    return _connected(path, "rw")


def connect_read_only(path: Path) -> sqlite3.Connection:
    """A connection that writes nothing, also in a directory that we cannot write."""
    # Without a log and the permission to create one, SQLite opens only files that are declared immutable.
    still = not os.access(path.parent, os.W_OK) and _size(_companion(path, "-wal")) == 0
    return _connected(path, "ro&immutable=1" if still else "ro")


def _connected(path: Path, mode: str) -> sqlite3.Connection:
    connection = sqlite3.connect(
        f"{path.as_uri()}?mode={mode}", uri=True, timeout=2.0, isolation_level=None, check_same_thread=False
    )
    # Invalid UTF-8 then affects only its own row: an error would fail the whole query.
    connection.text_factory = lambda raw: raw.decode("utf-8", "replace")
    connection.execute("PRAGMA temp_store = MEMORY")
    # By default each connection caches up to 2 MB of pages, which the system caches as well.
    connection.execute(f"PRAGMA cache_size = -{_CACHE_KB}")
    return connection


def mode_in(directory: Path) -> int:
    """The mode of files in `directory`: 0660 if it belongs to a group (setgid), else 0600."""
    return 0o660 if _is_for_group(directory.stat().st_mode) else 0o600


def _is_for_group(mode: int) -> bool:
    return bool(mode & stat.S_ISGID and mode & stat.S_IWGRP)


def open_beside(path: Path, flags: int = 0) -> int:
    """A descriptor for `path`, created if missing, with the mode of files in its directory."""
    try:
        return os.open(path, os.O_RDWR | os.O_CLOEXEC | os.O_NOFOLLOW | flags)
    except FileNotFoundError:
        pass
    mode = mode_in(path.parent)
    descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC | os.O_NOFOLLOW | flags, mode)
    # The umask must not remove the group's permissions; a file of another owner has its mode already.
    with suppress(OSError):
        os.fchmod(descriptor, mode)
    return descriptor


def make_directory(directory: Path) -> None:
    """Creates `directory` with mode 0700; an existing empty one that we own gets that mode.

    A directory that is not empty is left as it is: it may be a home directory, or shared on purpose, as one
    that belongs to a group is.
    """
    directory.parent.mkdir(parents=True, exist_ok=True)
    try:
        directory.mkdir(mode=0o700)
    except FileExistsError:
        info = directory.stat()
        if (
            info.st_uid == os.geteuid()
            and stat.S_IMODE(info.st_mode) & 0o077
            and not _is_for_group(info.st_mode)
            and not any(directory.iterdir())
        ):
            directory.chmod(0o700)


def make_inner_directory(directory: Path) -> None:
    """Creates `directory` in a data directory: with mode 2770 if that belongs to a group, else 0700."""
    make_directory(directory.parent)
    if mode_in(directory.parent) == 0o660:
        directory.mkdir(exist_ok=True)
        with suppress(PermissionError):
            # The umask must not remove the group's permissions; another member may have made it.
            directory.chmod(0o2770)
    else:
        directory.mkdir(mode=0o700, exist_ok=True)


def make_file(path: Path) -> None:
    """Creates `path` with mode 0600 or 0660. Raises DamagedStoreError when it is not a regular file.

    SQLite gives -wal and -shm the mode of the database. An existing file is not opened here: closing it
    would drop the locks that SQLite holds on it in this process.
    """
    _require_no_orphan(path)
    mode = mode_in(path.parent)
    try:
        os.close(os.open(path, os.O_RDWR | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, mode))
    except FileExistsError:
        if not stat.S_ISREG(path.stat().st_mode):
            raise DamagedStoreError("it is not a file") from None
    if stat.S_IMODE(path.stat().st_mode) != mode:
        # Other owners choose the mode of their files.
        with suppress(PermissionError):
            path.chmod(mode)


def _require_no_orphan(path: Path) -> None:
    """Raises if an empty database has a log: SQLite would delete the log, which may contain records."""
    wal = _companion(path, "-wal")
    if _size(path) == 0 and _size(wal) > 0:
        raise DamagedStoreError("its write-ahead log has lost its database")


def is_there(path: Path) -> bool:
    """Whether there is a store. Raises StoreError if it is not a store, or cannot be accessed."""
    try:
        mode = path.stat().st_mode
    except FileNotFoundError:
        return False
    except OSError as error:
        raise StoreError(f"the history cannot be read: {describe(error)} ({path})") from error
    if not stat.S_ISREG(mode):
        what = "a directory" if stat.S_ISDIR(mode) else "not a file"
        raise StoreError(f"the history cannot be read: it is {what} ({path})")
    return True


def identity_of(path: Path) -> Identity | None:
    """Device and inode of the file at `path`; None when there is none."""
    try:
        info = path.stat()
    except OSError:
        return None
    return info.st_dev, info.st_ino


def set_aside(path: Path, now: datetime) -> Path:
    """Moves a damaged store out of the way and returns its new path. Call it under `directory_lock`.

    The log goes first: a new database must never find the old one's log beside it.
    """
    moved_to = _free_name(path, now)
    for suffix in (*_COMPANIONS, ""):
        with suppress(FileNotFoundError):
            _companion(path, suffix).rename(_companion(moved_to, suffix))
    return moved_to


@contextmanager
def directory_lock(directory: Path, timeout_s: float) -> Iterator[None]:
    """Prevents other processes from opening, migrating or setting aside a store in `directory`.

    The kernel releases the lock when the process ends in any way. Raises TimeoutError after `timeout_s`.
    """
    handle = os.open(directory, os.O_RDONLY | os.O_CLOEXEC)
    try:
        _flock(handle, time.monotonic() + timeout_s)
        yield
    finally:
        os.close(handle)


def _flock(handle: int, deadline: float) -> None:
    while True:
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            if time.monotonic() > deadline:
                raise TimeoutError("another process keeps the data directory locked") from None
            time.sleep(_LOCK_POLL_S)
        except OSError:
            # Some network file systems cannot lock a directory: continue, as SQLite itself still locks.
            return
        else:
            return


def _companion(path: Path, suffix: str) -> Path:
    return path.with_name(path.name + suffix)


def _free_name(path: Path, now: datetime) -> Path:
    wanted = path.with_name(f"{path.name}.damaged-{now:%Y%m%dT%H%M%SZ}")
    candidate, number = wanted, 2
    while candidate.exists() or any(_companion(candidate, suffix).exists() for suffix in _COMPANIONS):
        candidate = wanted.with_name(f"{wanted.name}-{number}")
        number += 1
    return candidate


def _size(path: Path) -> int:
    try:
        info = path.lstat()
    except FileNotFoundError:
        return 0
    return info.st_size if stat.S_ISREG(info.st_mode) else 1
