"""`claude-top statusline`: one line from the store, for tmux, prompts and Claude Code's status line.

Programs run it every few seconds and wait for it, so it may take only 60 ms more than Python itself. It
therefore reads a few figures that the collector keeps (`model.status_line`), and imports only small modules:
no settings, no dataclasses, and no argparse for simple command lines. It never probes, creates nothing, does
not read its input, and exits with 0 unless the command line is invalid.
"""

from __future__ import annotations

import os
import sys
import time
from collections.abc import Sequence
from typing import TYPE_CHECKING

from claude_tui.cli.statusline.options import Options, quick_options
from claude_tui.cli.statusline.place import quick_place
from claude_tui.cli.statusline.text import shown

if TYPE_CHECKING:
    from claude_tui.cli.parser import Request
    from claude_tui.cli.statusline.reading import Found

__all__ = ["run", "run_quickly"]

EXIT_OK = 0


def run_quickly(arguments: Sequence[str]) -> int | None:
    """Runs the command with the arguments after its name; None if they need the real parser."""
    options = quick_options(arguments)
    return None if options is None else _print(options)


def run(request: Request) -> int:
    """Runs the command as parsed by the real parser. Raises UsageError."""
    given = request.options
    return _print(Options(given.format, given.color, request.config, dict(request.flags)))


def _print(options: Options) -> int:
    # None when the caller has closed it.
    if sys.stdout is None:
        return EXIT_OK
    found = _found(options)
    utf8 = (sys.stdout.encoding or "").lower().replace("-", "") == "utf8"
    line = shown(found, options.format, options.color, now=time.time(), ascii_only=not utf8)
    try:
        print(line, flush=True)  # noqa: T201
    except BrokenPipeError:
        raise
    except OSError:
        # A full disk, or no terminal any more: in a prompt, any code but 0 would look like another failure.
        from claude_tui.cli.console import abandon_stdout

        abandon_stdout()
    return EXIT_OK


def _found(options: Options) -> Found:
    # Not at the top, as the parser of every command imports the template's parts from here.
    from claude_tui.cli.statusline.reading import Found, look

    path = quick_place(options.config, options.flags, os.environ, sys.platform)
    if path is None:
        from claude_tui.cli.statusline.thorough import place
        from claude_tui.model.errors import ClaudeTopError

        try:
            path = place(options.config, options.flags, os.environ)
        except (ClaudeTopError, OSError):
            return Found(None, "the settings cannot be used")
    return look(path, time.time())
