"""The command `config`: where the settings are, their values, and a starter file."""

from __future__ import annotations

import os
from collections.abc import Callable
from typing import TYPE_CHECKING

from claude_tui.cli.console import emit, hint, redactor
from claude_tui.cli.ready import check_for_screen, settings_of
from claude_tui.model.paths import is_missing
from claude_tui.settings import Places, config_file, create_file

if TYPE_CHECKING:
    from claude_tui.cli.parser import Request

__all__ = ["run"]

EXIT_OK = 0


def _config_path(request: Request) -> int:
    path, _ = config_file(request.config, os.environ, Places.of_user())
    emit(str(path))
    if is_missing(path):
        hint("There is no such file yet; claude-top config init creates one.")
    return EXIT_OK


def _config_show(request: Request) -> int:
    settings = settings_of(request)
    check_for_screen(settings)
    from claude_tui.alerting.config import alerting_of, shown_lines
    from claude_tui.probes.credentials import Credentials
    from claude_tui.settings.describe import shown

    _, alerts = alerting_of(settings, os.environ)
    emit(shown(settings, redactor(), shown_lines(settings, alerts, os.environ)))
    emit("# from the environment, as the SDK reads them; never shown")
    for variable in ("ANTHROPIC_API_KEY", "ANTHROPIC_AUTH_TOKEN"):
        emit(f"# {variable}: {'set' if os.environ.get(variable) else 'not set'}")
    if problem := Credentials.from_environ(os.environ, base_url=settings.base_url).problem:
        emit(f"# problem: {problem}")
    return EXIT_OK


def _config_init(request: Request) -> int:
    from claude_tui.settings.describe import starter_text

    path, _ = config_file(request.config, os.environ, Places.of_user())
    create_file(path, starter_text())
    emit(str(path))
    return EXIT_OK


_ACTIONS: dict[str, Callable[[Request], int]] = {
    "config path": _config_path,
    "config show": _config_show,
    "config init": _config_init,
}


def run(request: Request) -> int:
    return _ACTIONS[request.command](request)
