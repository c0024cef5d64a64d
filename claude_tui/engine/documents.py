"""Documents read from files with a size limit, and written to them.

Writing is all or nothing, and replaces another file only on request.
"""

from __future__ import annotations

import os
import tempfile
from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING

from claude_tui.model.errors import ClaudeTopError

if TYPE_CHECKING:
    from claude_tui.store import Store
    from claude_tui.store.backlog import Record

__all__ = ["read_document", "store_all", "write_document"]

# A store drops the oldest of many thousand records that are not written yet.
_BATCH = 500
_WRITE_WITHIN_S = 30.0


def read_document(path: Path, most: int, what: str) -> str:
    """The text of a file of at most `most` bytes. Raises ClaudeTopError.

    `what` says what the file is meant to be, such as "an exported incident". A pipe is read to its end, like
    that of `<(...)` in a shell; a pipe without a writer is empty.
    """
    try:
        # Opening a pipe without a writer would wait forever.
        descriptor = os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC)
        with os.fdopen(descriptor, "rb") as file:
            os.set_blocking(descriptor, True)
            raw = file.read(most + 1)
    except (OSError, ValueError) as error:  # ValueError: a NUL in the path
        reason = getattr(error, "strerror", None) or error
        raise ClaudeTopError(f"{path} cannot be read: {reason}") from error
    if len(raw) > most:
        raise ClaudeTopError(f"{path} is too large to be {what}: more than {most // 1_000_000} MB")
    if not raw.strip():
        raise ClaudeTopError(f"{path} is empty")
    try:
        return raw.decode("utf-8-sig")
    except UnicodeDecodeError:
        raise ClaudeTopError(f"{path} is not {what}: it is not UTF-8 text") from None


def store_all(store: Store, records: Iterable[Record]) -> bool:
    """Stores any number of records; returns whether all have been written."""
    number = 0
    for number, record in enumerate(records, 1):
        store.write(record)
        if number % _BATCH == 0 and not store.flush(_WRITE_WITHIN_S):
            return False
    return store.flush(_WRITE_WITHIN_S)


def write_document(path: Path, text: str, *, replace: bool = False) -> None:
    """Writes `text` to `path`, readable only by its owner.

    Raises FileExistsError if the file exists and is not to be replaced, and OSError if it cannot be written;
    then nothing has changed.
    """
    real = Path(os.path.realpath(path))
    descriptor, name = tempfile.mkstemp(prefix=f".{real.name}.", dir=real.parent)
    try:
        with os.fdopen(descriptor, "w", encoding="utf-8", newline="\n", errors="replace") as file:
            file.write(text)
            file.flush()
            os.fsync(file.fileno())
        if replace:
            Path(name).replace(real)
        else:
            _place(Path(name), real)
    finally:
        Path(name).unlink(missing_ok=True)


def _place(written: Path, real: Path) -> None:
    """Raises FileExistsError."""
    try:
        # Unlike a rename, a link fails if the file exists, even if it was created this very moment.
        real.hardlink_to(written)
    except FileExistsError:
        raise
    except OSError:  # a file system without links
        if real.exists():
            raise FileExistsError(str(real)) from None
        written.replace(real)
