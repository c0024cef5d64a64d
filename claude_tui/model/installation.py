"""Whether the program was replaced on disk while it runs, for example by an upgrade.

What a running process imports afterwards comes from another version, or is gone.
"""

from __future__ import annotations

from pathlib import Path

__all__ = ["UPGRADED", "Installation", "installation"]

UPGRADED = "claude-top was upgraded while it ran: restart it"
"""How to explain any internal fault in a program that was replaced."""


class Installation:
    """The file that every upgrade replaces, in its state at the start of the process."""

    def __init__(self, file: Path) -> None:
        self._file = file
        self._at_start = _identity(file)

    @property
    def replaced(self) -> bool:
        """Whether the file has been replaced, or is gone."""
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
