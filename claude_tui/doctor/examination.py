"""One examination: every area in turn, and the result on stdout."""

from __future__ import annotations

import asyncio
import platform
import sqlite3
import ssl
import sys
from collections.abc import AsyncIterator, Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from functools import partial
from importlib.util import find_spec

from claude_tui import __version__
from claude_tui.doctor.configuration import ScreenProblem, examine_key, examine_settings, problems_of
from claude_tui.doctor.document import as_json
from claude_tui.doctor.finding import Area, Condition, Finding, exit_code
from claude_tui.doctor.history import examine_history
from claude_tui.doctor.network import examine_network
from claude_tui.doctor.receivers import examine_receivers
from claude_tui.doctor.terminal import Terminal, examine_terminal
from claude_tui.doctor.text import as_text
from claude_tui.doctor.traffic import examine_traffic
from claude_tui.engine import Endpoint, store_name, this_process
from claude_tui.model.errors import ClaudeTopError
from claude_tui.model.extras import install_command
from claude_tui.model.text import Redactor
from claude_tui.probes.clock import Clock
from claude_tui.probes.credentials import Credentials
from claude_tui.probes.proxies import Proxies
from claude_tui.settings import Settings

__all__ = ["Environment", "examine", "run"]

_LONGEST = 400
# The purpose of each, and the modules that it needs.
_EXTRAS = {
    "proxy": ("brotli and zstd in `claude-top proxy`", ("brotli", "zstandard")),
    "grpc": ("OTLP over gRPC", ("h2",)),
    "serve": ("the dashboard in a browser", ("textual_serve",)),
}


@dataclass(frozen=True, slots=True)
class Environment:
    """What the examination has access to."""

    settings: Callable[[], Settings]
    """Loads the settings. Raises SettingsError."""
    screen: Callable[[Settings], Iterator[ScreenProblem]]
    """The problems with keys and themes, which only the screens know."""
    environ: Mapping[str, str]
    """The environment."""
    terminal: Terminal
    """The terminal."""
    tmux: Callable[[str], str | None]
    """Returns the value of a tmux option."""
    clock: Clock
    """The clock."""
    routes: Proxies
    """How requests are routed."""


def run(examined: Environment, *, json: bool, offline: bool, timeout_s: float | None) -> int:
    """Examines and prints; returns the exit code. stdout is for data."""
    findings = asyncio.run(_all(examined, offline=offline, timeout_s=timeout_s))
    if sys.stdout is not None:
        ascii_only = not (sys.stdout.encoding or "").lower().replace("-", "").startswith("utf")
        at = examined.clock.now()
        text = (
            as_json(findings, at, ascii_only=ascii_only) if json else as_text(findings, ascii_only=ascii_only)
        )
        sys.stdout.write(text + "\n")
        sys.stdout.flush()
    return exit_code(findings)


async def _all(examined: Environment, *, offline: bool, timeout_s: float | None) -> list[Finding]:
    found = [finding async for finding in examine(examined, offline=offline, timeout_s=timeout_s)]
    order = [*Area]
    return sorted(found, key=lambda finding: order.index(finding.area))


async def examine(
    examined: Environment, *, offline: bool = False, timeout_s: float | None = None
) -> AsyncIterator[Finding]:
    """All findings, without secrets. With `offline` nothing is sent anywhere."""
    redactor = Redactor(Credentials.from_environ(examined.environ).secrets)
    for finding in (*_program(), *examine_terminal(examined.terminal, examined.environ, examined.tmux)):
        yield _clean(finding, redactor)
    settings, findings = _settings(examined)
    if timeout_s is not None:
        settings = replace(settings, timeout_s=timeout_s)
    endpoint = Endpoint.of(settings, examined.environ)
    # From here on, the addresses of receivers are known and redacted as well.
    redactor = endpoint.redactor
    for finding in (*findings, *examine_key(endpoint.credentials)):
        yield _clean(finding, redactor)
    async for finding in _connected(examined, settings, endpoint, offline=offline):
        yield _clean(finding, redactor)


def _clean(finding: Finding, redactor: Redactor) -> Finding:
    clean = redactor.clean
    return replace(
        finding,
        name=clean(finding.name, 40),
        text=clean(finding.text, _LONGEST),
        to_do=clean(finding.to_do, _LONGEST),
    )


def _settings(examined: Environment) -> tuple[Settings, list[Finding]]:
    """The settings, or the defaults if they cannot be used, so that the rest can be examined."""
    try:
        settings = examined.settings()
    except ClaudeTopError as error:
        return Settings(), [*problems_of("settings", error)]
    return settings, [*examine_settings(settings, examined.screen(settings))]


async def _connected(
    examined: Environment, settings: Settings, endpoint: Endpoint, *, offline: bool
) -> AsyncIterator[Finding]:
    path = settings.data_dir / store_name(endpoint.credentials)
    history = [*examine_history(path, this_process(examined.clock.now()))]
    for finding in history:
        yield finding
    if offline:
        yield Finding(Area.NETWORK, "network", Condition.NOTE, "not tried, as --offline asks")
    else:
        environ, clock, routes = examined.environ, examined.clock, examined.routes
        async for finding in examine_network(settings, endpoint, environ, clock=clock, routes=routes):
            yield finding
    async for finding in examine_receivers(settings, examined.environ, examined.routes, offline=offline):
        yield finding
    collects = any(found.name == "collector" and found.condition is Condition.GOOD for found in history)
    async for finding in examine_traffic(settings, collects=collects):
        yield finding


def _program() -> Iterator[Finding]:
    finding = partial(Finding, Area.PROGRAM)
    parts = f"Python {platform.python_version()}, SQLite {sqlite3.sqlite_version}, {ssl.OPENSSL_VERSION}"
    yield finding("version", Condition.GOOD, f"claude-top {__version__}, {parts}")
    missing = {name: use for name, (use, needs) in _EXTRAS.items() if not all(map(find_spec, needs))}
    if missing:
        text = f"not installed: {', '.join(f'{name} ({use})' for name, use in missing.items())}"
        yield finding("extras", Condition.NOTE, text, f"if you need them: {install_command(*missing)}")
    else:
        yield finding("extras", Condition.GOOD, f"{', '.join(_EXTRAS)}: all installed")
