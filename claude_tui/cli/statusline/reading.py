"""Reads the collector's figures, and checks whether it is still running. Creates and changes nothing."""

from __future__ import annotations

import fcntl
import os
import sqlite3
import stat
from contextlib import closing
from typing import NamedTuple

from claude_tui.model.status_line import GOOD_FOR_S, KEPT_AS, StatusLine, decode

__all__ = ["Found", "look"]

_WAIT_S = 0.05
# A clock this far behind the collector's has been set back.
_AHEAD_S = 5.0
_LONGEST = 4096
_DAMAGED = frozenset({sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB, sqlite3.SQLITE_FORMAT})
_LOCKED = frozenset({sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED})


class Found(NamedTuple):
    """The figures to show, or why there are none."""

    line: StatusLine | None
    """The figures, if they are current."""
    why: str = ""
    """Why there are none, in a few words; `{}` is replaced by `since`."""
    since: float | None = None
    """Since when, in seconds since 1970."""


def look(path: str, now: float) -> Found:
    """Reads the store at `path`, as of `now`."""
    real = os.path.realpath(path)
    try:
        # Opening a pipe would wait forever.
        is_file = stat.S_ISREG(os.stat(real).st_mode)  # noqa: PTH116 (pathlib takes 10 ms)
        body = _kept(real) if is_file else None
    except FileNotFoundError:
        return Found(None, "no collector yet")
    except (OSError, ValueError):
        return Found(None, "the history cannot be read")
    except sqlite3.Error as error:
        return Found(None, _fault(error))
    if body is None:
        return Found(None, _nothing_kept(real) if is_file else "the history is not a file")
    line = decode(body)
    if line is None:
        return Found(None, "the collector is of another version")
    return _judged(line, now, lease=f"{real}.lease")


def _nothing_kept(path: str) -> str:
    """Why there are no figures: the collector is an older version, or has just started."""
    return "no collector yet" if _is_free(f"{path}.lease") else "the collector has not reported yet"


def _judged(line: StatusLine, now: float, lease: str) -> Found:
    """The figures, unless they are old or their collector has ended."""
    if line.at > now + _AHEAD_S:
        return Found(None, "the clock is behind the history")
    if _is_free(lease):
        return Found(None, "no collector since {}", line.at)
    if now - line.at > GOOD_FOR_S:
        return Found(None, "collector silent since {}", line.at)
    return Found(line)


def _kept(path: str) -> object:
    """The body of the row; None without one. Raises sqlite3.Error."""
    # A collector keeps both companion files open. SQLite would create missing ones, even for a reader.
    alone = not all(os.path.exists(f"{path}{suffix}") for suffix in ("-wal", "-shm"))  # noqa: PTH110
    mode = "ro&immutable=1" if alone else "ro"
    with closing(sqlite3.connect(f"file:{_quoted(path)}?mode={mode}", uri=True, timeout=_WAIT_S)) as database:
        try:
            row = database.execute(
                f"SELECT CAST(substr(body, 1, {_LONGEST + 1}) AS BLOB) FROM kept WHERE name = ?", (KEPT_AS,)
            ).fetchone()
        except sqlite3.OperationalError as error:
            if "no such table" in str(error):
                return None
            raise
    return None if row is None else row[0]


def _quoted(path: str) -> str:
    """The path as part of a URI, without importing `urllib`, which takes 5 ms."""
    for char in "%?#":
        path = path.replace(char, f"%{ord(char):02x}")
    return path


def _fault(error: sqlite3.Error) -> str:
    code = int(getattr(error, "sqlite_errorcode", 0)) & 0xFF
    if code in _DAMAGED:
        return "the history is damaged"
    return "the history is locked" if code in _LOCKED else "the history cannot be read"


def _is_free(lease: str) -> bool:
    """Whether nobody holds the lease: the system releases it when a collector ends, however it ends.

    False if that is unknown: then only the age of the figures counts. The shared lock is released at once,
    and does not count as holding the lease.
    """
    try:
        file = os.open(lease, os.O_RDONLY | os.O_CLOEXEC | os.O_NOFOLLOW | os.O_NONBLOCK)
    except FileNotFoundError:
        return True
    except OSError:
        return False
    try:
        fcntl.flock(file, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except OSError:
        return False
    finally:
        os.close(file)
    return True
