"""The settings and the files beside them, and the shape of the key, which is never shown."""

from __future__ import annotations

import stat
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import partial

from claude_tui.doctor.finding import Area, Condition, Finding
from claude_tui.model.errors import ClaudeTopError, ConfigError
from claude_tui.probes.credentials import Credentials
from claude_tui.runbook import load as load_runbook
from claude_tui.runbook import user_files
from claude_tui.settings import Settings

__all__ = ["ScreenProblem", "examine_key", "examine_settings", "problems_of"]

_finding = partial(Finding, Area.SETTINGS)


@dataclass(frozen=True, slots=True)
class ScreenProblem:
    """A problem with keys or a theme. `stops` says whether the dashboard does not start with it."""

    text: str
    stops: bool


def problems_of(
    name: str, error: ClaudeTopError, to_do: str = "fix it; until then nothing starts"
) -> Iterator[Finding]:
    """A finding for each problem of something that cannot be used."""
    problems = (
        [str(problem) for problem in error.problems] if isinstance(error, ConfigError) else [str(error)]
    )
    for text in problems:
        yield _finding(name, Condition.BAD, text, to_do)


def examine_settings(settings: Settings, screen: Iterable[ScreenProblem]) -> Iterator[Finding]:
    """The findings on the settings; `screen` are the problems with keys and themes."""
    yield _file(settings)
    for warning in settings.warnings:
        yield _finding("settings", Condition.WARNING, warning)
    problems = [*screen]
    for problem in problems:
        if problem.stops:
            to_do = "fix it; until then the dashboard does not start"
            yield _finding("keys and theme", Condition.BAD, problem.text, to_do)
        else:
            yield _finding("themes", Condition.WARNING, problem.text, "fix it, or it cannot be chosen")
    if not any(problem.stops for problem in problems):
        yield _finding("keys and theme", Condition.GOOD, f"theme {settings.theme}, no key is bound twice")
    yield from _runbook(settings)


def _file(settings: Settings) -> Finding:
    path = settings.file
    try:
        mode = path.stat().st_mode if path is not None else None
    except (OSError, ValueError):
        mode = None
    if mode is None:
        text = f"no file, so the defaults apply ({path})" if path is not None else "the defaults"
        return _finding("file", Condition.GOOD, text, "claude-top config init writes a commented one")
    # Addresses of receivers must be protected like passwords.
    if settings.alerts and stat.S_IMODE(mode) & 0o044:
        text = f"{path} names receivers of alerts, and others on this machine can read it"
        return _finding("file", Condition.WARNING, text, f"chmod 600 {path}")
    return _finding("file", Condition.GOOD, str(path))


def _runbook(settings: Settings) -> Iterator[Finding]:
    files = user_files(settings.runbook_dir)
    if not files:
        return
    try:
        load_runbook(files)
    except ClaudeTopError as error:
        problems = error.problems if isinstance(error, ConfigError) else [error]
        for problem in problems:
            yield _finding(
                "runbook", Condition.BAD, str(problem), "fix it; until then the built-in runbook is used"
            )
    else:
        yield _finding("runbook", Condition.GOOD, f"{len(files)} of your own in {settings.runbook_dir}")


def examine_key(credentials: Credentials) -> Iterator[Finding]:
    """Whether there is a key, and whether it looks like one."""
    finding = partial(Finding, Area.KEY, "key")
    if credentials.credential is None:
        text = f"{credentials.key_problem}: no message is probed, the rest works"
        yield finding(Condition.WARNING, text, "export ANTHROPIC_API_KEY, from platform.claude.com")
    elif credentials.key_problem is not None:
        condition = Condition.BAD if credentials.refused else Condition.WARNING
        yield finding(condition, credentials.key_problem, f"set {credentials.variable} again")
    else:
        yield finding(Condition.GOOD, f"{credentials.variable} is set and looks like one (not shown)")
    if credentials.base_url_problem is not None:
        yield Finding(
            Area.KEY,
            "base URL",
            Condition.BAD,
            credentials.base_url_problem,
            "set ANTHROPIC_BASE_URL or the setting base_url again",
        )
