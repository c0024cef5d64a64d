"""Whether a file exists, where the program may not be allowed to look: `Path.exists` raises then."""

from __future__ import annotations

from pathlib import Path

__all__ = ["is_missing", "is_present"]


def is_missing(path: Path) -> bool:
    """Whether there is no such file. False if that is unknown: reading it then says why."""
    return _looked(path) is False


def is_present(path: Path) -> bool:
    """Whether there is such a file, of any kind. False if that is unknown: writing it then says why."""
    return _looked(path) is True


def _looked(path: Path) -> bool | None:
    try:
        path.stat()
    except (FileNotFoundError, NotADirectoryError, ValueError):  # ValueError: a NUL in the path
        return False
    except OSError:
        return None
    return True
