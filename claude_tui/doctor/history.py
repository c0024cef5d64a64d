"""The history: where it is, whether it is writable and intact. Nothing is created or changed."""

from __future__ import annotations

import os
import shutil
import sqlite3
import time
from collections.abc import Iterator
from contextlib import closing
from functools import partial
from pathlib import Path

from claude_tui.doctor.finding import Area, Condition, Finding
from claude_tui.engine.lease import Lease
from claude_tui.model.watching import Process
from claude_tui.store import SharedFileSystemError, require_local
from claude_tui.store.faults import describe, is_damage
from claude_tui.store.file_systems import file_system_of
from claude_tui.store.schema import MIGRATIONS, is_newer, is_readable, version_of

__all__ = ["examine_history"]

_finding = partial(Finding, Area.HISTORY)

_MB = 1_000_000
# 90 days of the usual probes take 150 MB.
_LITTLE, _HARDLY_ANY = 500 * _MB, 50 * _MB
# A write-ahead log of this size cannot be checkpointed: some reader never finishes.
_LARGE_LOG = 100 * _MB
_CHECK_WITHIN_S = 10.0
_STEPS = 50_000
_SOME = 3


def examine_history(path: Path, now: Process) -> Iterator[Finding]:
    """The findings on the store at `path`, which may not exist; `now` is this process."""
    directory = path.parent
    try:
        require_local(directory)
    except SharedFileSystemError as error:
        yield _finding("file system", Condition.BAD, str(error), "choose a local one with --data-dir")
    else:
        kind = file_system_of(directory)
        yield _finding("file system", Condition.GOOD, f"{kind or 'local'}, fit for a shared history")
    yield _writable(directory)
    if (space := _space(directory)) is not None:
        yield space
    yield from _set_aside(path)
    yield from _store(path)
    yield _collector(path, now)


def _writable(directory: Path) -> Finding:
    place = _existing(directory)
    if place == directory and not directory.is_dir():
        text = f"{directory} is not a directory"
        return _finding("directory", Condition.BAD, text, "choose another one with --data-dir")
    if not os.access(place, os.W_OK | os.X_OK):
        text = f"{directory} cannot be written: observations are kept in memory only"
        return _finding("directory", Condition.BAD, text, f"let {_user()} write {place}, or choose another")
    made = "" if place == directory else ", made when a dashboard starts"
    return _finding("directory", Condition.GOOD, f"{directory}{made}")


def _existing(directory: Path) -> Path:
    """The directory, or its nearest existing ancestor."""
    while not os.path.lexists(directory) and directory != directory.parent:
        directory = directory.parent
    return directory


def _user() -> str:
    return f"user {os.geteuid()}"


def _space(directory: Path) -> Finding | None:
    try:
        free = shutil.disk_usage(_existing(directory)).free
    except OSError:
        return None
    text = f"{free / _MB:,.0f} MB free"
    if free < _HARDLY_ANY:
        return _finding("disk", Condition.BAD, text, "free some: when it is full, nothing more is recorded")
    if free < _LITTLE:
        return _finding("disk", Condition.WARNING, text, "90 days of history take some 150 MB")
    return _finding("disk", Condition.GOOD, text)


def _set_aside(path: Path) -> Iterator[Finding]:
    try:
        damaged = sorted(path.parent.glob(f"{path.name}.damaged-*"))
    except OSError:
        return
    names = [file.name for file in damaged if not file.name.endswith(("-wal", "-shm"))]
    if names:
        text = f"{len(names)} damaged set aside: {', '.join(names[-_SOME:])}"
        yield _finding("damaged", Condition.NOTE, text, "remove them, unless you want to recover them")


def _store(path: Path) -> Iterator[Finding]:
    try:
        if not path.exists():
            yield _finding("history", Condition.GOOD, "none yet for this target")
            return
        if not path.is_file():
            yield _finding("history", Condition.BAD, f"{path} is not a file", "move it away")
            return
        if not os.access(path, os.W_OK):
            text = f"{path} cannot be written"
            yield _finding("history", Condition.BAD, text, f"let {_user()} write it")
        with closing(_opened(path)) as connection:
            yield from _examined(path, connection)
    except (OSError, sqlite3.Error) as error:
        yield _unreadable(path, error)


def _opened(path: Path) -> sqlite3.Connection:
    """A connection that creates no files: SQLite would create companion files even for a reader."""
    alone = not all(Path(f"{path}{suffix}").exists() for suffix in ("-wal", "-shm"))
    mode = "ro&immutable=1" if alone else "ro"
    return sqlite3.connect(f"{path.absolute().as_uri()}?mode={mode}", uri=True, timeout=2.0)


def _unreadable(path: Path, error: Exception) -> Finding:
    if is_damage(error):
        text = f"{path} is damaged ({describe(error)})"
        return _finding(
            "history", Condition.BAD, text, "start a dashboard: it sets the file aside and starts a new one"
        )
    return _finding(
        "history",
        Condition.BAD,
        f"{path} cannot be read: {describe(error)}",
        "find out which program keeps it",
    )


def _examined(path: Path, connection: sqlite3.Connection) -> Iterator[Finding]:
    version, known = version_of(connection), len(MIGRATIONS)
    if is_newer(connection):
        text = f"written by a newer claude-top (schema {version}, this one knows {known})"
        yield _finding("schema", Condition.BAD, text, "update claude-top, or choose another --data-dir")
    elif not is_readable(connection):
        text = f"{path} is a database of another program"
        yield _finding("schema", Condition.BAD, text, "choose another --data-dir")
        return
    else:
        older = "" if version == known else f", brought to {known} by the next dashboard"
        yield _finding("schema", Condition.GOOD, f"version {version}{older}")
    yield _whole(path, connection)
    if (log := _log(path)) is not None:
        yield log


def _whole(path: Path, connection: sqlite3.Connection) -> Finding:
    size = f"{path.stat().st_size / _MB:,.1f} MB"
    ends = time.monotonic() + _CHECK_WITHIN_S
    connection.set_progress_handler(lambda: int(time.monotonic() > ends), _STEPS)
    try:
        results = [str(row[0]) for row in connection.execute("PRAGMA quick_check(3)")]
    except sqlite3.OperationalError as error:
        if "interrupt" not in str(error):
            raise
        text = f"{size}, too much to check in {_CHECK_WITHIN_S:.0f} s"
        return _finding("integrity", Condition.NOTE, text, f"sqlite3 {path} 'PRAGMA integrity_check'")
    finally:
        connection.set_progress_handler(None, 0)
    if results == ["ok"]:
        return _finding("integrity", Condition.GOOD, f"{size}, whole")
    text = f"damaged: {'; '.join(results)}"
    return _finding("integrity", Condition.BAD, text, f"end all dashboards, then move {path} away")


def _log(path: Path) -> Finding | None:
    try:
        size = Path(f"{path}-wal").stat().st_size
    except FileNotFoundError:
        return None
    text = f"{size / _MB:,.1f} MB of write-ahead log"
    if size < _LARGE_LOG:
        return _finding("log", Condition.GOOD, text)
    return _finding("log", Condition.WARNING, text, "a program never stops reading it: close old dashboards")


def _collector(path: Path, now: Process) -> Finding:
    holder = Lease(Path(f"{os.path.realpath(path)}.lease"), now).holder()
    if holder is None:
        return _finding(
            "collector", Condition.NOTE, "nobody collects now", "claude-top agent keeps the record"
        )
    since = f"{holder.since:%b %d %H:%M} UTC"
    return _finding("collector", Condition.GOOD, f"{holder.name}, pid {holder.pid}, since {since}")
