"""The output of a command: data on stdout, messages on stderr."""

from __future__ import annotations

import contextlib
import os
import sys
from collections.abc import Callable

from claude_tui.model.secret_variables import SERVE_TOKEN
from claude_tui.model.text import Redactor

__all__ = ["abandon_stdout", "emit", "hint", "redactor", "say", "show_progress"]

_LINE_LENGTH = 500


def emit(text: str) -> None:
    """Prints data on stdout."""
    print(text)  # noqa: T201


def say(text: str) -> None:
    """Prints messages on stderr, redacted; does nothing when stderr is closed."""
    if sys.stderr is None:
        return
    with contextlib.suppress(OSError, ValueError):
        for line in text.splitlines():
            print(f"claude-top: {redactor().clean(line, _LINE_LENGTH)}", file=sys.stderr)  # noqa: T201


def hint(text: str) -> None:
    """Prints a hint for a person below the data; nothing if the output goes to a file or a program."""
    if sys.stdout is None or sys.stderr is None or not (sys.stdout.isatty() and sys.stderr.isatty()):
        return
    sys.stdout.flush()
    with contextlib.suppress(OSError, ValueError):
        print(f"\n{text}", file=sys.stderr)  # noqa: T201


def show_progress(doing: str) -> Callable[[float], None]:
    """A function that shows progress on stderr; silent unless that is a terminal."""
    if sys.stderr is None or sys.stderr.closed or not sys.stderr.isatty():
        return lambda _: None
    last = -1

    def show(share: float) -> None:
        nonlocal last
        percent = min(int(share * 100), 100)
        if percent == last:
            return
        last = percent
        bar = "█" * (percent // 5)
        end = "\r\x1b[K" if percent == 100 else ""
        with contextlib.suppress(OSError, ValueError):
            print(f"\r{doing} {bar:░<20} {percent:3}%{end}", end="", file=sys.stderr, flush=True)  # noqa: T201

    return show


def redactor() -> Redactor:
    """A Redactor that knows the secrets in the environment."""
    from claude_tui.probes.credentials import Credentials

    of_serve = os.environ.get(SERVE_TOKEN, "")
    return Redactor((*Credentials.from_environ(os.environ).secrets, *filter(None, [of_serve])))


def abandon_stdout() -> None:
    """Discards buffered output, as the interpreter would otherwise report an error at exit."""
    with contextlib.suppress(OSError, ValueError):
        nowhere = os.open(os.devnull, os.O_WRONLY)
        os.dup2(nowhere, sys.stdout.fileno())
        os.close(nowhere)
