"""How many processes show a store: each holds the lock of a file of its own, so that a death is noticed."""

from __future__ import annotations

import fcntl
import os
import re
from contextlib import suppress
from pathlib import Path
from secrets import token_hex

from claude_tui.model.json_values import to_json
from claude_tui.model.watching import Process
from claude_tui.store.files import make_inner_directory, open_beside

__all__ = ["Presence"]

_NAME = re.compile(r"screen-\d+-[0-9a-f]{8}")


class Presence:
    """This process among those that use `directory`. With `screen` it counts as one that watches.

    Process ids would not do: they are used again, and differ between containers that share a directory.
    """

    def __init__(self, directory: Path, process: Process, *, screen: bool) -> None:
        self._directory = directory
        self._process = process
        self._screen = screen
        self._own: tuple[Path, int] | None = None

    def enter(self) -> None:
        """Says that this process watches. Where nothing can be written, nobody is told."""
        if not self._screen or self._own is not None:
            return
        with suppress(OSError):
            make_inner_directory(self._directory)
            while self._own is None:
                self._own = self._entered()

    def _entered(self) -> tuple[Path, int] | None:
        """The file and its lock; None when somebody who counted has cleared it away before it was locked."""
        path = self._directory / f"screen-{self._process.pid}-{token_hex(4)}"
        file = open_beside(path)
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
            os.pwrite(file, to_json(self._process) + b"\n", 0)
            if os.fstat(file).st_nlink:
                return path, file
        except BlockingIOError:
            pass
        except OSError:
            os.close(file)
            raise
        os.close(file)
        return None

    def leave(self) -> None:
        if self._own is not None:
            path, file = self._own
            with suppress(OSError):
                path.unlink()
            os.close(file)
            self._own = None

    def count(self) -> int:
        """How many screens there are, with this one. Clears away what those left that were killed."""
        own = int(self._screen)
        try:
            found = [path for path in self._directory.iterdir() if _NAME.fullmatch(path.name)]
        except OSError:
            return own
        mine = self._own[0] if self._own is not None else None
        return own + sum(_is_alive(path) for path in found if path != mine)


def _is_alive(path: Path) -> bool:
    try:
        file = os.open(path, os.O_RDONLY | os.O_CLOEXEC | os.O_NOFOLLOW)
    except OSError:
        return False
    try:
        # Shared, so that two who count at once do not take each other for the owner.
        fcntl.flock(file, fcntl.LOCK_SH | fcntl.LOCK_NB)
        path.unlink()
    except BlockingIOError:
        return True
    except OSError:
        return False
    else:
        return False
    finally:
        os.close(file)
