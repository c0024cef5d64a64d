"""What each command does: load the settings it needs, import its package, run it."""

from __future__ import annotations

import contextlib
import gc
import os
import sys
from collections.abc import Callable, Iterator, Mapping
from typing import TYPE_CHECKING

from claude_tui.cli.console import emit, redactor, say
from claude_tui.cli.failure import UsageError
from claude_tui.settings import Places, SettingsError, config_file, create_file, load

if TYPE_CHECKING:
    from claude_tui.cli.parser import Request
    from claude_tui.settings import Settings

__all__ = ["COMMANDS"]

EXIT_OK = 0


def _settings(request: Request) -> Settings:
    settings = load(request.flags, os.environ, config=request.config)
    for warning in settings.warnings:
        say(warning)
    return settings


def _dashboard(request: Request) -> int:
    settings = _settings(request)
    _require_terminal(os.environ)
    # Imports are nearly all there is before the first frame, and nothing of them is garbage: collecting
    # meanwhile costs a tenth of the time. The App collects again from its first frame on.
    gc.disable()
    _check_for_screen(settings)
    from claude_tui.tui.run import run_dashboard, run_demo

    if request.options.demo is None:
        return run_dashboard(settings, os.environ)
    with _scenario_errors():
        return run_demo(settings, request.options.demo, request.options.demo_speed or 1.0)


def _require_terminal(environ: Mapping[str, str]) -> None:
    """Raises UsageError where a dashboard could not be seen or would not hear its keys."""
    instead = "where there is none, `claude-top check` gives the same answer as text"
    for stream, words in ((sys.stdin, "input"), (sys.stdout, "output"), (sys.stderr, "error")):
        if stream is None or stream.closed or not stream.isatty():
            raise UsageError(f"the dashboard needs a terminal, and standard {words} is not one; {instead}")
    if environ.get("TERM") == "dumb":
        raise UsageError(f"the dashboard needs a terminal that can move its cursor (TERM is dumb); {instead}")


def _check_for_screen(settings: Settings) -> None:
    """Keys and theme: whether they exist, only the screens know. Raises SettingsError."""
    from claude_tui.tui.actions import key_problems
    from claude_tui.tui.theme import ThemeError, load_theme

    problems = [f"{settings.origin('keys')}: {problem}" for problem in key_problems(settings.keys)]
    try:
        load_theme(settings.theme, settings.themes_dir)
    except ThemeError as error:
        problems.append(f"{settings.origin('theme')}: {error}")
    if problems:
        raise SettingsError("\n".join(problems))


@contextlib.contextmanager
def _scenario_errors() -> Iterator[None]:
    from claude_tui.simulator.scenario import ScenarioError

    try:
        yield
    except ScenarioError as error:
        raise UsageError(str(error)) from error


def _check(request: Request) -> int:
    settings = _settings(request)
    from claude_tui.check import run

    options = request.options
    return run(settings, os.environ, as_json=options.json, samples=options.samples, timeout_s=options.timeout)


def _simulate(request: Request) -> int:
    from claude_tui.simulator.command import run

    options = request.options
    with _scenario_errors():
        return run(options.scenario, options.port, options.speed, list_only=options.list)


def _config_path(request: Request) -> int:
    path, _ = config_file(request.config, os.environ, Places.of_user())
    emit(str(path))
    if not path.exists():
        say("no such file yet; `claude-top config init` begins one")
    return EXIT_OK


def _config_show(request: Request) -> int:
    settings = _settings(request)
    _check_for_screen(settings)
    from claude_tui.probes.credentials import Credentials
    from claude_tui.settings.describe import shown

    emit(shown(settings, redactor()))
    emit("# from the environment, as the SDK takes them; never shown")
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


COMMANDS: dict[str, Callable[[Request], int]] = {
    "dashboard": _dashboard,
    "check": _check,
    "simulate": _simulate,
    "config path": _config_path,
    "config show": _config_show,
    "config init": _config_init,
}
