"""The two channels of a command: data on stdout, narration on stderr."""

from __future__ import annotations

import contextlib
import os
import sys

from claude_tui.model.text import Redactor

__all__ = ["abandon_stdout", "emit", "redactor", "say"]

_LINE_LENGTH = 500


def emit(text: str) -> None:
    """One line of data."""
    print(text)  # noqa: T201


def say(text: str) -> None:
    """Narration, safe to show, and silent when there is nobody to read it."""
    if sys.stderr is None:
        return
    with contextlib.suppress(OSError, ValueError):
        for line in text.splitlines():
            print(f"claude-top: {redactor().clean(line, _LINE_LENGTH)}", file=sys.stderr)  # noqa: T201


def redactor() -> Redactor:
    """One that knows the secrets of the environment."""
    from claude_tui.probes.credentials import Credentials

    return Redactor(Credentials.from_environ(os.environ).secrets)


def abandon_stdout() -> None:
    """Let what is still buffered go nowhere, or the interpreter would complain of it while ending."""
    with contextlib.suppress(OSError, ValueError):
        nowhere = os.open(os.devnull, os.O_WRONLY)
        os.dup2(nowhere, sys.stdout.fileno())
        os.close(nowhere)
