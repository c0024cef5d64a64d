"""The command `doctor`: sets up the examination, including the checks of keys and themes."""

from __future__ import annotations

import os
import shutil
import sys
from collections.abc import Iterator
from typing import TYPE_CHECKING

from claude_tui.cli.console import emit
from claude_tui.cli.usage import UsageError
from claude_tui.settings import load

if TYPE_CHECKING:
    from claude_tui.cli.parser import Request
    from claude_tui.doctor import ScreenProblem, Terminal
    from claude_tui.settings import Settings

__all__ = ["run"]


def run(request: Request) -> int:
    """Examines and prints; returns the exit code. Raises UsageError."""
    from claude_tui import doctor
    from claude_tui.doctor.terminal import tmux_option
    from claude_tui.probes.clock import SystemClock
    from claude_tui.probes.proxies import Proxies

    options = request.options
    if options.schema:
        if request.flags or request.config or options.offline or options.timeout is not None:
            raise UsageError("`doctor --schema` checks nothing: leave out the other options")
        emit(doctor.schema_text())
        return 0
    examined = doctor.Environment(
        settings=lambda: load(request.flags, os.environ, config=request.config),
        screen=_screen_problems,
        environ=os.environ,
        terminal=_terminal(),
        tmux=tmux_option,
        clock=SystemClock(),
        routes=Proxies(),
    )
    return doctor.run(examined, json=options.json, offline=options.offline, timeout_s=options.timeout)


def _screen_problems(settings: Settings) -> Iterator[ScreenProblem]:
    """The problems with keys, and with every theme that can be chosen."""
    from claude_tui.doctor import ScreenProblem
    from claude_tui.tui.keymap import key_problems
    from claude_tui.tui.render.theme_files import ThemeError, load_theme, theme_names

    for problem in key_problems(settings.keys, str(settings.origin("keys"))):
        yield ScreenProblem(str(problem), stops=True)
    for name in dict.fromkeys((settings.theme, *theme_names(settings.themes_dir))):
        try:
            load_theme(name, settings.themes_dir)
        except ThemeError as error:
            for problem in error.problems:
                yield ScreenProblem(str(problem), stops=name == settings.theme)


def _terminal() -> Terminal:
    from claude_tui.doctor import Terminal

    streams = (sys.stdin, sys.stdout)
    size = shutil.get_terminal_size()
    return Terminal(
        is_terminal=all(stream is not None and not stream.closed and stream.isatty() for stream in streams),
        encoding=sys.stdout.encoding or "" if sys.stdout is not None else "",
        columns=size.columns,
        rows=size.lines,
    )
