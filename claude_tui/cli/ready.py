"""What commands do first: load settings, start the log, and check for problems that would stop them later."""

from __future__ import annotations

import os
import sys
from collections.abc import Mapping
from typing import TYPE_CHECKING

from claude_tui.cli.console import emit, redactor, say
from claude_tui.cli.usage import UsageError
from claude_tui.settings import SettingsError, load

if TYPE_CHECKING:
    from claude_tui.cli.parser import Request
    from claude_tui.settings import Settings

__all__ = ["check_alerts", "check_for_screen", "print_only", "require_terminal", "settings_of", "start_log"]

EXIT_OK = 0


def settings_of(request: Request) -> Settings:
    settings = load(request.flags, os.environ, config=request.config)
    for warning in settings.warnings:
        say(warning)
    return settings


def start_log(settings: Settings, command: str, *, screen: bool) -> None:
    from claude_tui.cli.logs import log_to_file

    log_to_file(settings, command, redactor(), screen=screen)


def require_terminal(environ: Mapping[str, str]) -> None:
    """Raises UsageError without a terminal for output and keys, or a browser instead."""
    from claude_tui.tui.served import is_served

    if is_served(environ):
        return
    instead = "without one, `claude-top check` prints the verdict as text"
    for stream, words in ((sys.stdin, "input"), (sys.stdout, "output"), (sys.stderr, "error")):
        if stream is None or stream.closed or not stream.isatty():
            raise UsageError(f"the dashboard needs a terminal, and standard {words} is not one; {instead}")
    if environ.get("TERM") == "dumb":
        raise UsageError(f"the dashboard needs a terminal that can move its cursor (TERM is dumb); {instead}")


def check_for_screen(settings: Settings) -> None:
    """Checks keys and the theme's name, which only the screens know. Raises SettingsError.

    A mistake in a theme file does not prevent the dashboard from starting, which reports it.
    """
    from claude_tui.tui.keymap import key_problems
    from claude_tui.tui.render.theme_files import ThemeError, theme_path

    problems = key_problems(settings.keys, str(settings.origin("keys")))
    try:
        theme_path(settings.theme, settings.themes_dir)
    except ThemeError as error:
        problems += [problem.of(str(settings.origin("theme"))) for problem in error.problems]
    if problems:
        raise SettingsError(problems)


def check_alerts(settings: Settings) -> None:
    """Checks the user's own rules and routes, if any. Raises AlertsConfigError.

    Importing takes 8 ms and reading 4 ms, which is short enough to do before the first frame.
    """
    if settings.alert_rules is not None or settings.alerts:
        from claude_tui.alerting.config import alerting_of

        alerting_of(settings, os.environ)


def print_only(request: Request, schema: str) -> int:
    """Prints a schema. Raises UsageError for options that have no effect on it."""
    if request.flags or request.config:
        raise UsageError(f"`{request.command} --schema` reads no settings: leave out the other options")
    emit(schema)
    return EXIT_OK
