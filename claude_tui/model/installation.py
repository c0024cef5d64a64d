"""Whether the program was replaced on disk while it runs, as by an upgrade.

What a running process imports later then comes from another version, or is gone.
"""

from __future__ import annotations

from pathlib import Path

__all__ = ["UPGRADED", "Installation", "installation"]

UPGRADED = "claude-top was upgraded while it ran: restart it"
"""What to say of any internal fault in a program that was replaced."""


class Installation:
    """The file that every upgrade replaces, as it was when the process started."""

    def __init__(self, file: Path) -> None:
        self._file = file
        self._at_start = _identity(file)

    @property
    def replaced(self) -> bool:
        """Whether the file is another one now, or gone."""
        return _identity(self._file) != self._at_start


def _identity(file: Path) -> tuple[int, int, int] | None:
    try:
        found = file.stat()
    except OSError:
        return None
    return found.st_ino, found.st_mtime_ns, found.st_size


_INSTALLATION = Installation(Path(__file__).parent.parent / "__init__.py")


def installation() -> Installation:
    """The installation that this process was started from."""
    return _INSTALLATION
