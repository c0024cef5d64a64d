"""Errors of a store, and their messages."""

from __future__ import annotations

import os
import sqlite3
from pathlib import Path

from claude_tui.model.errors import ClaudeTopError

__all__ = [
    "DamagedStoreError",
    "NewerStoreError",
    "SharedFileSystemError",
    "StoreError",
    "describe",
    "is_damage",
    "memory_only",
    "primary_code",
    "skipped_rows",
    "was_set_aside",
]

_DAMAGE = frozenset({sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB, sqlite3.SQLITE_FORMAT})

_WORDS = {
    sqlite3.SQLITE_FULL: "the disk is full",
    sqlite3.SQLITE_READONLY: "it is read-only",
    sqlite3.SQLITE_BUSY: "another process keeps it locked",
    sqlite3.SQLITE_LOCKED: "another process keeps it locked",
    sqlite3.SQLITE_CANTOPEN: "it cannot be opened",
    sqlite3.SQLITE_PERM: "permission denied",
    sqlite3.SQLITE_IOERR: "the disk reports an error",
}


class StoreError(ClaudeTopError):
    """A store cannot be used."""


class DamagedStoreError(StoreError):
    """The file is not, or no longer, a store, and must be set aside."""


class NewerStoreError(StoreError):
    """A later version wrote the store, so it must be left unchanged."""

    def __init__(self, found: int, known: int) -> None:
        super().__init__(
            f"the store has schema version {found} from a newer claude-top, this one knows {known}; "
            "update claude-top or choose another data directory"
        )


class SharedFileSystemError(StoreError):
    """The store would be on a network file system, where its log would be damaged."""

    def __init__(self, path: Path, name: str) -> None:
        super().__init__(
            f"the data directory {path} is on a network file system ({name}), where several programs would "
            "damage the history; choose a local one with --data-dir or CLAUDE_TOP_DATA_DIR"
        )


def primary_code(error: sqlite3.Error) -> int:
    """SQLite's result code without its extended part; 0 for errors of the Python module itself."""
    return int(getattr(error, "sqlite_errorcode", 0)) & 0xFF


def is_damage(error: Exception) -> bool:
    """Whether the content of the file is at fault, so that trying again is useless."""
    if isinstance(error, sqlite3.Error):
        return primary_code(error) in _DAMAGE
    return isinstance(error, DamagedStoreError)


def describe(error: Exception) -> str:
    """A short description of the error."""
    if isinstance(error, sqlite3.Error):
        return _WORDS.get(primary_code(error), str(error))
    if isinstance(error, OSError):
        return (error.strerror or str(error) or type(error).__name__).lower()
    return str(error)


def memory_only(path: Path, error: Exception, *, losing: bool) -> str:
    """The notice that history is not being written to `path`. With `losing`, memory is full as well."""
    state = "history is kept in memory only" + (
        ", and the oldest records are being dropped" if losing else ""
    )
    return f"{state}: {_reason(path, error)} ({path})"


def _reason(path: Path, error: Exception) -> str:
    # This is all that SQLite reports for a log file that it may not create.
    unopened = isinstance(error, sqlite3.Error) and primary_code(error) == sqlite3.SQLITE_CANTOPEN
    if unopened and not os.access(path.parent, os.W_OK):
        return "the directory is read-only"
    return describe(error)


def skipped_rows(count: int) -> str:
    """The notice that some stored rows are not shown."""
    if count == 1:
        return "1 stored row cannot be read and is skipped"
    return f"{count:,} stored rows cannot be read and are skipped"


def was_set_aside(path: Path, moved_to: Path, error: Exception) -> str:
    """The notice that a damaged store was replaced."""
    what = f"the history was unreadable ({describe(error)})"
    return f"{what}: {path.name} was set aside as {moved_to.name}, and a new one was started"
