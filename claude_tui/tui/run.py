"""Puts an engine and the screens together: the dashboard on a real endpoint, and the demo."""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Mapping
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING

from claude_tui.engine import Engine, compose
from claude_tui.settings import Settings
from claude_tui.tui import hangup
from claude_tui.tui.app import ClaudeTopApp
from claude_tui.tui.scratch import ScratchDirectory, sweep

if TYPE_CHECKING:
    from claude_tui.tui.faults import Report

__all__ = ["run_dashboard", "run_demo", "run_replay"]

DEMO_PREFIX = "claude-top-demo-"
REPLAY_PREFIX = "claude-top-replay-"


def run_dashboard(settings: Settings, environ: Mapping[str, str], report: Report) -> int:
    """The dashboard on the endpoint that settings and environment name. Returns the exit code.

    `report` writes the crash file of a fault that a screen is closed for.
    """
    return hangup.run(lambda: _session(compose.live(settings, environ), settings, report))


def run_demo(settings: Settings, scenario_name: str, speed: float, report: Report) -> int:
    """The whole program against the built-in simulator, in a temporary data directory."""
    from claude_tui.simulator.scenario import load

    scenario = load(scenario_name)
    directory = ScratchDirectory(DEMO_PREFIX)

    def prepare() -> hangup.Session:
        # Only now, with the signals handled: finding the directory for temporary files writes to it.
        parent = Path(tempfile.gettempdir())
        sweep(parent, DEMO_PREFIX)
        return _session(compose.demo(settings, scenario, speed, directory.make(parent)), settings, report)

    return hangup.run(prepare, directory.remove)


def run_replay(
    settings: Settings,
    environ: Mapping[str, str],
    recording: str,
    speed: float,
    report: Report,
    *,
    now: datetime,
    say: Callable[[str | None], None],
    progress: Callable[[float], None],
) -> int:
    """The dashboard on a recording: a file, or an incident of the record. Raises RecordingError."""
    from claude_tui.engine.replay import open_incident, open_recording

    file = Path(recording)
    directory = ScratchDirectory(REPLAY_PREFIX)

    def prepare() -> hangup.Session:
        if file.is_file():
            parent = Path(tempfile.gettempdir())
            sweep(parent, REPLAY_PREFIX)
            replay = open_recording(file, directory.make(parent), speed, now, say, progress)
        else:
            replay = open_incident(settings, environ, recording, speed, now, say)
        return hangup.Session(ClaudeTopApp(replay, settings, replay.first_snapshot(), report), replay.stop)

    return hangup.run(prepare, directory.remove)


def _session(engine: Engine, settings: Settings, report: Report) -> hangup.Session:
    return hangup.Session(ClaudeTopApp(engine, settings, engine.first_snapshot(), report), engine.stop)
