"""Runs an engine with the screens: the dashboard on a real endpoint, and the demo."""

from __future__ import annotations

import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING

from claude_tui.engine import Engine, compose
from claude_tui.settings import Settings
from claude_tui.tui import hangup
from claude_tui.tui.app import ClaudeTopApp
from claude_tui.tui.scratch import ScratchDirectory, sweep

if TYPE_CHECKING:
    from claude_tui.tui.faults import Report

__all__ = ["run_dashboard", "run_demo"]

DEMO_PREFIX = "claude-top-demo-"


def run_dashboard(
    settings: Settings, environ: Mapping[str, str], report: Report, *, read_only: bool = False
) -> int:
    """The dashboard on the endpoint that settings and environment name. Returns the exit code.

    `report` writes the crash file for a fault that closes a screen.
    """

    def prepare() -> hangup.Session:
        return _session(compose.live(settings, environ, read_only=read_only), settings, report)

    return hangup.run(prepare)


def run_demo(settings: Settings, scenario_name: str, speed: float, report: Report) -> int:
    """Run the whole program against the built-in simulator, in a temporary data directory."""
    from claude_tui.simulator.scenario import load

    scenario = load(scenario_name)
    directory = ScratchDirectory(DEMO_PREFIX)

    def prepare() -> hangup.Session:
        # Only now that signals are handled, as finding the temporary directory writes to it.
        parent = Path(tempfile.gettempdir())
        sweep(parent, DEMO_PREFIX)
        return _session(compose.demo(settings, scenario, speed, directory.make(parent)), settings, report)

    return hangup.run(prepare, directory.remove)


def _session(engine: Engine, settings: Settings, report: Report) -> hangup.Session:
    app = ClaudeTopApp(engine, settings, engine.first_snapshot(), report)
    return hangup.Session(app, engine.stop, engine.stand_aside)
