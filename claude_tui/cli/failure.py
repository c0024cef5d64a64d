"""What the user sees when a command fails: one line, and a report file for unexpected errors."""

from __future__ import annotations

import errno
import os
import platform
import sys
import tempfile
import traceback
from collections.abc import Iterator, Sequence
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path

from claude_tui import __version__
from claude_tui.cli.console import abandon_stdout, redactor, say
from claude_tui.cli.logs import KEPT_LINES, recent_lines
from claude_tui.model.errors import ClaudeTopError
from claude_tui.model.format import rfc3339
from claude_tui.model.installation import UPGRADED, installation
from claude_tui.settings import load

__all__ = ["explain", "write_report"]

EXIT_UNKNOWN = 3
_REPORT_LENGTH = 200_000
_MOST_IN_A_SECOND = 100


def explain(error: Exception, arguments: Sequence[str]) -> int:
    """Reports what went wrong and returns the exit code."""
    code = EXIT_UNKNOWN
    if isinstance(error, ClaudeTopError):
        say(str(error))
        code = error.EXIT_CODE
    elif isinstance(error, OSError) and error.errno == errno.ENOSPC and error.filename is None:
        say("the output could not be written: no space left")
    else:
        report = write_report(error, arguments)
        if installation().replaced:
            say(UPGRADED)
        where = f"details in {report}" if report else "no report could be written"
        say(f"unexpected {type(error).__name__}: {str(error) or 'no message'} ({where})".replace("\n", " "))
    try:
        if sys.stdout is not None:
            sys.stdout.flush()
    except OSError:
        abandon_stdout()
    return code


def write_report(error: Exception, arguments: Sequence[str]) -> Path | None:
    """Writes a report on `error`, without secrets, to a file that only its owner can read.

    Returns its path, or None if no directory can be written.
    """
    at = datetime.now(UTC)
    head = [
        f"claude-top {__version__} at {rfc3339(at)}",
        f"Python {platform.python_version()} on {platform.platform()}",
        f"arguments: {list(arguments)}",
        "",
    ]
    trace = traceback.format_exception(error)
    text = redactor().clean("\n".join(head) + "".join(trace), _REPORT_LENGTH, keep_newlines=True)
    # Redacted line by line when they were logged, with the secrets known at that time.
    text += "\n".join(["", f"the last lines of the log (at most {KEPT_LINES}):", *recent_lines(), ""])
    for directory in _report_directories(arguments):
        try:
            directory.mkdir(mode=0o700, parents=True, exist_ok=True)
            return _write_new(directory, f"crash-{at:%Y%m%dT%H%M%SZ}-{os.getpid()}", text)
        except OSError:
            continue
    return None


def _write_new(directory: Path, name: str, text: str) -> Path:
    """Writes a new file and returns its path; there may be several in a second. Raises OSError."""
    from claude_tui.store.files import mode_in

    for suffix in ("", *(f"-{number}" for number in range(2, _MOST_IN_A_SECOND))):
        path = directory / f"{name}{suffix}.txt"
        try:
            descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        except FileExistsError:
            continue
        with suppress(OSError):
            # A group that shares the directory reads it as well.
            os.fchmod(descriptor, mode_in(directory))
        with os.fdopen(descriptor, "w", encoding="utf-8") as file:
            file.write(text)
        return path
    raise FileExistsError(errno.EEXIST, os.strerror(errno.EEXIST), str(directory / name))


def _report_directories(arguments: Sequence[str]) -> Iterator[Path]:
    if (chosen := _data_dir(arguments)) is not None:
        yield chosen
    yield Path(tempfile.gettempdir())


def _data_dir(arguments: Sequence[str]) -> Path | None:
    try:
        from claude_tui.cli.parser import parse

        request = parse(arguments)
        return load(request.flags, os.environ, config=request.config).data_dir if request else None
    except Exception:  # noqa: BLE001 whatever failed may fail here again, and must not hide the first failure
        return _named_data_dir(arguments)


def _named_data_dir(arguments: Sequence[str]) -> Path | None:
    """The directory named by the command line or the environment, if the settings cannot be loaded."""
    named = os.environ.get("CLAUDE_TOP_DATA_DIR", "")
    for number, argument in enumerate(arguments):
        name, _, value = argument.partition("=")
        if name == "--data-dir":
            named = value or next(iter(arguments[number + 1 :]), "")
    return Path(named).expanduser().absolute() if named else None
