"""Runs an engine with the screens: the dashboard on a real endpoint, and the demo."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

from claude_tui.model.paths import is_missing
from claude_tui.model.text import host_of
from claude_tui.tui import hangup
from claude_tui.tui.app import ClaudeTopApp
from claude_tui.tui.opening import Opening, OpeningApp
from claude_tui.tui.scratch import ScratchDirectory, sweep
from claude_tui.tui.screens.opening import About

if TYPE_CHECKING:
    from claude_tui.drills.conclusion import Conclusion
    from claude_tui.drills.record import DrillRecord
    from claude_tui.engine import Engine
    from claude_tui.model.alert import AlertEntry
    from claude_tui.settings import Settings
    from claude_tui.simulator.scenario import Scenario
    from claude_tui.simulator.truth import Truth
    from claude_tui.tui.drill_app import Drill
    from claude_tui.tui.faults import Report

__all__ = ["run_dashboard", "run_demo", "run_drill", "run_replay"]

DEMO_PREFIX = "claude-top-demo-"
REPLAY_PREFIX = "claude-top-replay-"


def run_dashboard(
    settings: Settings, environ: Mapping[str, str], report: Report, *, read_only: bool = False
) -> int:
    """The dashboard on the endpoint that settings and environment name. Returns the exit code.

    `report` writes the crash file for a fault that closes a screen.
    """

    newcomer = _is_new(settings)

    def open_engine() -> Engine:
        from claude_tui.engine import compose

        return compose.live(settings, environ, read_only=read_only)

    about = About(settings.name, host_of(settings.base_url), read_only=read_only)
    return hangup.run(lambda: _session(open_engine, settings, about, report, newcomer=newcomer))


def run_demo(settings: Settings, scenario_name: str, speed: float, report: Report) -> int:
    """Run the whole program against the built-in simulator, in a temporary data directory."""
    from claude_tui.simulator.scenario import load

    scenario = load(scenario_name)
    directory = ScratchDirectory(DEMO_PREFIX)
    newcomer = _is_new(settings)

    def open_engine() -> Engine:
        from claude_tui.engine.demo import demo_engine

        parent = Path(tempfile.gettempdir())
        sweep(parent, DEMO_PREFIX)
        return demo_engine(settings, scenario, speed, directory.make(parent))

    about = About("demo", "simulator", scenario.name, speed)
    return hangup.run(
        lambda: _session(open_engine, settings, about, report, newcomer=newcomer), directory.remove
    )


def run_drill(
    settings: Settings, scenario_name: str, speed: float, report: Report, emit: Callable[[str], None]
) -> int:
    """Run a drill in a directory of its own, which is kept. `emit` gets the debrief after the end.

    Raises ScenarioError for a scenario that is no drill, or that does not fit the runbook.
    """
    from claude_tui.drills.conclusion import Conclusion
    from claude_tui.drills.fitting import require_fit
    from claude_tui.drills.log import score_file
    from claude_tui.drills.report import as_text
    from claude_tui.simulator.scenario import load_drill
    from claude_tui.tui.drill_app import DrillApp
    from claude_tui.tui.render.symbols import symbols_for, written_in
    from claude_tui.tui.runbook_session import open_session

    scenario, truth = load_drill(scenario_name)
    runbook = open_session(settings, os.environ).runbook
    require_fit(scenario.name, truth, runbook)
    scores = score_file(settings.data_dir)
    conclusion = Conclusion(scenario, truth, scores, runbook)

    def prepare() -> hangup.Session:
        engine, drill = _begin_drill(settings, scenario, truth, speed, conclusion, scores.parent)
        app = DrillApp(engine, settings, engine.first_snapshot(), drill, report)

        def stop() -> None:
            # A responder who just leaves gets a score, too.
            try:
                app.conclude()
            finally:
                engine.stop()

        return hangup.Session(app, stop, mouse=settings.mouse)

    code = hangup.run(prepare)
    if conclusion.result is not None:
        emit(written_in(symbols_for(settings.symbols, os.environ), as_text(conclusion.result)))
    return code


def _begin_drill(
    settings: Settings, scenario: Scenario, truth: Truth, speed: float, conclusion: Conclusion, parent: Path
) -> tuple[Engine, Drill]:
    """An engine that records into a new directory in `parent`, and what the app needs to know."""
    from secrets import token_hex

    from claude_tui.drills.loading import load_drill_record
    from claude_tui.engine import host_name, login_name
    from claude_tui.engine.demo import drill_engine
    from claude_tui.model.drill import DrillAct, DrillEntry
    from claude_tui.store import Store
    from claude_tui.store.files import make_inner_directory
    from claude_tui.tui.drill_app import Drill

    now = datetime.now(UTC)
    make_inner_directory(parent)
    directory = parent / f"{now:%Y%m%dT%H%M%SZ}-{token_hex(3)}"
    make_inner_directory(directory)
    store = Store.open(directory, "drill.db", now=now)
    by = settings.responder or login_name()
    started = DrillEntry(now, DrillAct.STARTED, by, host_name(), scenario=scenario.name, speed=speed)

    def load(at: datetime, journal: tuple[AlertEntry, ...]) -> DrillRecord | None:
        store.flush()
        return load_drill_record(store, at, journal)

    engine = drill_engine(settings, scenario, started, store)
    return engine, Drill(scenario.title, truth.brief, conclusion, load)


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
    """The dashboard on a recording, a history or an incident of the record. Raises RecordingError."""
    from claude_tui.engine.replay import is_history, open_history, open_incident, open_recording

    file = Path(recording)
    directory = ScratchDirectory(REPLAY_PREFIX)

    def prepare() -> hangup.Session:
        if is_history(file):
            replay = open_history(file, speed, now, say)
        elif not is_missing(file):
            parent = Path(tempfile.gettempdir())
            sweep(parent, REPLAY_PREFIX)
            replay = open_recording(file, directory.make(parent), speed, now, say, progress)
        else:
            replay = open_incident(settings, environ, recording, speed, now, say)
        app = ClaudeTopApp(settings, report).begin(replay, replay.first_snapshot())
        return hangup.Session(app, replay.stop, mouse=settings.mouse)

    return hangup.run(prepare, directory.remove)


def _session(
    open_engine: Callable[[], Engine],
    settings: Settings,
    about: About,
    report: Report,
    *,
    newcomer: bool,
) -> hangup.Session:
    opening = Opening(open_engine)
    app = OpeningApp(opening, settings, about, report, newcomer=newcomer)
    return hangup.Session(app, opening.stop, opening.stand_aside, settings.mouse)


def _is_new(settings: Settings) -> bool:
    """Whether nothing has been recorded in the data directory, and no settings file exists."""
    try:
        no_file = settings.file is None or not settings.file.exists()
        return no_file and next(settings.data_dir.glob("*.db"), None) is None
    except OSError:
        return False
