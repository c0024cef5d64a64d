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

__all__ = ["Patient", "examine", "run"]

_LONGEST = 400
# Each with what it is for and the modules that it needs.
_EXTRAS = {
    "proxy": ("brotli and zstd in `claude-top proxy`", ("brotli", "zstandard")),
    "grpc": ("OTLP over gRPC", ("h2",)),
    "serve": ("the dashboard in a browser", ("textual_serve",)),
}


@dataclass(frozen=True, slots=True)
class Patient:
    """What is examined, and with which senses."""

    settings: Callable[[], Settings]
    """Loads the settings. Raises SettingsError."""
    screen: Callable[[Settings], Iterator[ScreenProblem]]
    """The problems with keys and themes, which only the screens know."""
    environ: Mapping[str, str]
    """The environment."""
    terminal: Terminal
    """The terminal."""
    tmux: Callable[[str], str | None]
    """The value of an option of tmux."""
    clock: Clock
    """The clock."""
    routes: Proxies
    """How requests are routed."""


def run(patient: Patient, *, json: bool, offline: bool, timeout_s: float | None) -> int:
    """Examines and prints; returns the exit code. stdout is for data."""
    findings = asyncio.run(_all(patient, offline=offline, timeout_s=timeout_s))
    if sys.stdout is not None:
        ascii_only = not (sys.stdout.encoding or "").lower().replace("-", "").startswith("utf")
        at = patient.clock.now()
        text = (
            as_json(findings, at, ascii_only=ascii_only) if json else as_text(findings, ascii_only=ascii_only)
        )
        sys.stdout.write(text + "\n")
        sys.stdout.flush()
    return exit_code(findings)


async def _all(patient: Patient, *, offline: bool, timeout_s: float | None) -> list[Finding]:
    found = [finding async for finding in examine(patient, offline=offline, timeout_s=timeout_s)]
    order = [*Area]
    return sorted(found, key=lambda finding: order.index(finding.area))


async def examine(
    patient: Patient, *, offline: bool = False, timeout_s: float | None = None
) -> AsyncIterator[Finding]:
    """Everything that is found, without secrets. With `offline` nothing is sent anywhere."""
    redactor = Redactor(Credentials.from_environ(patient.environ).secrets)
    for finding in (*_program(), *examine_terminal(patient.terminal, patient.environ, patient.tmux)):
        yield _clean(finding, redactor)
    settings, findings = _settings(patient)
    if timeout_s is not None:
        settings = replace(settings, timeout_s=timeout_s)
    endpoint = Endpoint.of(settings, patient.environ)
    # From here on the addresses of receivers are known as well.
    redactor = endpoint.redactor
    for finding in (*findings, *examine_key(endpoint.credentials)):
        yield _clean(finding, redactor)
    async for finding in _connected(patient, settings, endpoint, offline=offline):
        yield _clean(finding, redactor)


def _clean(finding: Finding, redactor: Redactor) -> Finding:
    clean = redactor.clean
    return replace(
        finding,
        name=clean(finding.name, 40),
        text=clean(finding.text, _LONGEST),
        to_do=clean(finding.to_do, _LONGEST),
    )


def _settings(patient: Patient) -> tuple[Settings, list[Finding]]:
    """The settings, or the defaults if they cannot be used: the rest is worth knowing all the same."""
    try:
        settings = patient.settings()
    except ClaudeTopError as error:
        return Settings(), [*problems_of("settings", error)]
    return settings, [*examine_settings(settings, patient.screen(settings))]


async def _connected(
    patient: Patient, settings: Settings, endpoint: Endpoint, *, offline: bool
) -> AsyncIterator[Finding]:
    path = settings.data_dir / store_name(endpoint.credentials)
    history = [*examine_history(path, this_process(patient.clock.now()))]
    for finding in history:
        yield finding
    if offline:
        yield Finding(Area.NETWORK, "network", Condition.NOTE, "not tried, as --offline asks")
    else:
        environ, clock, routes = patient.environ, patient.clock, patient.routes
        async for finding in examine_network(settings, endpoint, environ, clock=clock, routes=routes):
            yield finding
    async for finding in examine_receivers(settings, patient.environ, patient.routes, offline=offline):
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
