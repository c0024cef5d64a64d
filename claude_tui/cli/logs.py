"""The program's log: a file that is rotated, its last lines for a crash report, and nothing on the screen.

Every line is redacted before it is kept anywhere. Logging is set up before the first frame, which leaves no
time to open a file: that happens with the first line of the engine.
"""

from __future__ import annotations

import logging
import sys
import threading
from collections import deque
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING

from claude_tui import __version__
from claude_tui.model.text import Redactor

if TYPE_CHECKING:
    from logging.handlers import RotatingFileHandler

    from claude_tui.settings import Settings

__all__ = ["KEPT_LINES", "log_to_file", "recent_lines"]

KEPT_LINES = 200
"""How many of the last lines a crash report contains."""

_LONGEST_LINE = 2_000
_LONGEST_TRACE = 20_000
# Marks a record that is written to the file together with the next one.
_WAITS = "waits_for_the_next"
_recent: deque[str] = deque(maxlen=KEPT_LINES)
_logger = logging.getLogger("claude_tui")


def recent_lines() -> tuple[str, ...]:
    """The last lines that were logged in this process, the oldest first."""
    return tuple(_recent)


def log_to_file(settings: Settings, command: str, redactor: Redactor, *, screen: bool) -> None:
    """Sets up logging according to `settings`. With a `screen`, nothing is printed over it.

    Replaces the setup of an earlier call.
    """
    root, form = logging.getLogger(), _Form(redactor)
    for handler in tuple(root.handlers):
        if isinstance(handler, _Recent | _FirstLineOpens):
            root.removeHandler(handler)
            handler.close()
    # Only problems from libraries. Without a handler here, Python would print them on the screen.
    root.addHandler(_with(_Recent(), form, logging.INFO))
    if settings.log_level == "off":
        _logger.setLevel(logging.INFO)
        return
    level = logging.getLevelName(settings.log_level.upper())
    _logger.setLevel(min(level, logging.INFO))
    root.addHandler(_with(_FirstLineOpens(settings.log_path, settings.log_size_kb * 1024), form, level))
    if screen:
        threading.excepthook = _log_thread
    running = f"claude-top {__version__} on Python {sys.version.split()[0]}"
    _logger.info("%s started: %s", command, running, extra={_WAITS: True})


def _with(handler: logging.Handler, form: logging.Formatter, level: int) -> logging.Handler:
    handler.setFormatter(form)
    handler.setLevel(level)
    return handler


def _log_thread(arguments: threading.ExceptHookArgs) -> None:
    """Logs an exception that ends a thread, as Python would print it on the screen."""
    if arguments.exc_value is not None:
        name = arguments.thread.name if arguments.thread else "?"
        _logger.error("thread %s ended", name, exc_info=arguments.exc_value)


class _Form(logging.Formatter):
    """One line for each record: instant, process, level, logger, text; a traceback below it.

    Tracebacks hold no values of variables.
    """

    def __init__(self, redactor: Redactor) -> None:
        super().__init__("%(asctime)s.%(msecs)03dZ %(process)d %(levelname)s %(name)s: %(message)s")
        self.default_time_format = "%Y-%m-%dT%H:%M:%S"
        self._redactor = redactor

    def formatTime(self, record: logging.LogRecord, datefmt: str | None = None) -> str:  # noqa: ARG002, N802
        from time import gmtime, strftime

        return strftime(self.default_time_format, gmtime(record.created))

    def format(self, record: logging.LogRecord) -> str:
        try:
            line = super().format(record)
        except Exception as error:  # noqa: BLE001 a line whose arguments do not fit must not end what logs it
            line = f"a log line could not be written: {type(error).__name__}"
        first, _, rest = line.partition("\n")
        shown = self._redactor.clean(first, _LONGEST_LINE)
        if not rest:
            return shown
        below = self._redactor.clean(rest, _LONGEST_TRACE, keep_newlines=True)
        return "\n".join([shown, *(f"    {text}" for text in below.splitlines())])


class _Recent(logging.Handler):
    """Keeps the last lines in memory, whether or not they reach the file."""

    def emit(self, record: logging.LogRecord) -> None:
        _recent.append(self.format(record))


class _FirstLineOpens(logging.Handler):
    """Writes to a file that is opened with the first line. Errors of the file are ignored."""

    def __init__(self, path: Path, size: int) -> None:
        super().__init__()
        self._path = path
        self._size = size
        self._file: RotatingFileHandler | None = None
        self._waiting: list[logging.LogRecord] = []

    def emit(self, record: logging.LogRecord) -> None:
        self._waiting.append(record)
        if hasattr(record, _WAITS):
            return
        waiting, self._waiting = self._waiting, []
        try:
            if self._file is None:
                from claude_tui.cli.log_file import open_log

                self._file = open_log(self._path, self._size, self.format)
            for early in waiting:
                self._file.handle(early)
        except OSError:
            return  # a missing log is not a reason to fail; the last lines are in memory

    def close(self) -> None:
        if self._file is not None:
            with suppress(OSError):
                self._file.close()
        super().close()
