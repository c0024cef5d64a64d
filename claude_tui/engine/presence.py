"""How many processes show a store. Each holds the lock of its own file, so that its death is noticed."""

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
    """This process among those that use `directory`.

    With `screen` it counts as watching. Process ids would not do: they are reused, and containers that share
    a directory have their own.
    """

    def __init__(self, directory: Path, process: Process, *, screen: bool) -> None:
        self._directory = directory
        self._process = process
        self._screen = screen
        self._own: tuple[Path, int] | None = None

    def enter(self) -> None:
        """Announces that this process is watching. Without effect if nothing can be written."""
        if not self._screen or self._own is not None:
            return
        with suppress(OSError):
            make_inner_directory(self._directory)
            while self._own is None:
                self._own = self._entered()

    def _entered(self) -> tuple[Path, int] | None:
        """The file and its lock; None if a process that counted removed the file before it was locked."""
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
        """How many screens there are, including this one. Removes the files of processes that were killed."""
        own = int(self._screen)
        try:
            names = os.listdir(self._directory)  # noqa: PTH208 - once a second, mostly to find nobody else
        except OSError:
            return own
        mine = self._own[0].name if self._own is not None else ""
        others = [self._directory / name for name in names if name != mine and _NAME.fullmatch(name)]
        return own + sum(map(_is_alive, others))


def _is_alive(path: Path) -> bool:
    try:
        file = os.open(path, os.O_RDONLY | os.O_CLOEXEC | os.O_NOFOLLOW)
    except OSError:
        return False
    try:
        # A shared lock, so that two processes that count at once do not take each other for the owner.
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
