"""Documents written to files: all of it or nothing, and over another one only when that is meant."""

from __future__ import annotations

import os
import tempfile
from pathlib import Path

__all__ = ["write_document"]


def write_document(path: Path, text: str, *, replace: bool = False) -> None:
    """Writes `text` to `path`, which only its owner can read.

    Raises FileExistsError for a file that is there, unless it is to be replaced, and OSError where it cannot
    be written; then nothing has changed.
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
        # Unlike a rename, a link fails where there is a file already, even one made this very moment.
        real.hardlink_to(written)
    except FileExistsError:
        raise
    except OSError:  # a file system without links
        if real.exists():
            raise FileExistsError(str(real)) from None
        written.replace(real)
