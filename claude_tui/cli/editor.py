"""Lets users edit a text in their own editor."""

from __future__ import annotations

import os
import shlex
import signal
import subprocess
import tempfile
from collections.abc import Callable, Mapping
from pathlib import Path

from claude_tui.cli.usage import UsageError
from claude_tui.model.errors import ClaudeTopError

__all__ = ["edit"]


def edit(text: str, name: str, environ: Mapping[str, str], take: Callable[[str], None]) -> None:
    """Opens `text` in $VISUAL or $EDITOR, as a file called `name`, and passes what was saved to `take`.

    The file is deleted afterwards. Raises UsageError if no editor is set, if it fails, or if `take` raises:
    in the last two cases the file stays, and the message names its path.
    """
    command = _editor(environ)
    directory = Path(tempfile.mkdtemp(prefix="claude-top-"))
    path = directory / name
    path.write_text(text, "utf-8")
    if not _ran([*command, str(path)]):
        raise UsageError(f"{command[0]} exited with an error: nothing was saved; the text is in {path}")
    try:
        take(path.read_text("utf-8"))
    except FileNotFoundError:
        raise UsageError(f"{command[0]} left no {path}: nothing was saved") from None
    except (ClaudeTopError, UnicodeDecodeError, OSError) as error:
        raise UsageError(f"{error}\nnothing was saved; what you wrote is in {path}") from error
    path.unlink()
    directory.rmdir()


def _editor(environ: Mapping[str, str]) -> list[str]:
    found = environ.get("VISUAL") or environ.get("EDITOR") or ""
    try:
        command = shlex.split(found)
    except ValueError:
        command = []
    if not command:
        raise UsageError(
            "set EDITOR or VISUAL to your editor; `claude-top postmortem export` and `edit --from FILE` "
            "do the same in two steps"
        )
    return command


def _ran(command: list[str]) -> bool:
    # ctrl+c is for the editor, and must not end us while it runs. A handler is not inherited by it.
    before = signal.signal(signal.SIGINT, lambda *_: None)
    try:
        return subprocess.run(command, check=False, env=dict(os.environ)).returncode == 0
    except OSError as error:
        raise UsageError(f"the editor {command[0]} cannot be run: {error.strerror or error}") from error
    finally:
        signal.signal(signal.SIGINT, before)
