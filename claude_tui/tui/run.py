"""Puts engine and screens together: the dashboard on a real endpoint, and the demo on the simulator."""

from __future__ import annotations

import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING

from claude_tui.engine import Endpoint, Engine, Lease, Pace, store_name, target_of
from claude_tui.model.observation import Observation
from claude_tui.model.provider import Catalogue, ProviderStatus
from claude_tui.model.snapshot import Level, Notice, Target
from claude_tui.probes.clock import Clock, SystemClock
from claude_tui.probes.credentials import Credentials
from claude_tui.probes.pacing import Backoff
from claude_tui.settings import Settings
from claude_tui.store import Store
from claude_tui.tui import hangup
from claude_tui.tui.app import ClaudeTopApp
from claude_tui.tui.scratch import ScratchDirectory, sweep

if TYPE_CHECKING:
    from claude_tui.alerting.manager import Alerting
    from claude_tui.alerting.persistence import StateBackend
    from claude_tui.alerting.routes import AlertSettings
    from claude_tui.alerting.rules import Rule
    from claude_tui.simulator.scenario import Scenario
    from claude_tui.tui.faults import Report

__all__ = ["run_dashboard", "run_demo"]

# Lively enough to watch four minutes of incident; the back-off shrinks in the same proportion.
DEMO_PACE = Pace(status_s=4.0, models_s=2.0, messages_s=3.0, backoff=Backoff(low_s=3.0, high_s=6.0))
DEMO_PAST = timedelta(hours=2)
# At that pace a day would be 94,000 observations; nobody watches a demo for so long.
DEMO_IN_MEMORY = timedelta(hours=3)
DEMO_PREFIX = "claude-top-demo-"
DEMO_KEY = "sk-ant-api03-demo-no-real-key"


def run_dashboard(settings: Settings, environ: Mapping[str, str], report: Report) -> int:
    """The dashboard on the endpoint that settings and environment name. Returns the exit code.

    `report` writes the crash file of a fault that a screen is closed for.
    """
    return hangup.run(lambda: _dashboard(settings, environ, report))


def run_demo(settings: Settings, scenario_name: str, speed: float, report: Report) -> int:
    """The whole program against the built-in simulator, in a temporary data directory."""
    from claude_tui.simulator.scenario import load

    scenario = load(scenario_name)
    directory = ScratchDirectory(DEMO_PREFIX)
    return hangup.run(lambda: _demo(settings, scenario, speed, directory, report), directory.remove)


def _dashboard(settings: Settings, environ: Mapping[str, str], report: Report) -> hangup.Session:
    clock = SystemClock()
    credentials = Credentials.from_environ(environ, base_url=settings.base_url)
    target = target_of(settings, credentials)

    def open_alerting(keeper: StateBackend | None) -> Alerting:
        from claude_tui.alerting.config import alerting_of

        return _alerting(*alerting_of(settings, environ), target, keeper, clock, credentials.secrets)

    engine = Engine(
        settings,
        target,
        Store.open(settings.data_dir, store_name(credentials), now=clock.now()),
        lambda: Endpoint.of(settings, environ),
        pace=Pace.of(settings),
        clock=clock,
        notices=_key_notices(credentials, clock),
        key_problem=credentials.problem if credentials.usable else None,
        key_lack=credentials.key_lack,
        open_alerting=open_alerting,
        pager_lock=Lease(settings.data_dir / f"{store_name(credentials)}.pager"),
    )
    return _session(engine, settings, report)


def _demo(
    settings: Settings, scenario: Scenario, speed: float, directory: ScratchDirectory, report: Report
) -> hangup.Session:
    clock = SystemClock()
    # Only now, with the signals handled: finding the directory for temporary files writes to it.
    parent = Path(tempfile.gettempdir())
    sweep(parent, DEMO_PREFIX)
    store = Store.open(directory.make(parent), "demo.db", now=clock.now())
    _write_past(store, scenario, clock)
    target = Target(name="demo", base_url="", host="simulator", model=None)

    def open_alerting(_keeper: StateBackend | None) -> Alerting:
        from claude_tui.alerting.config import alerting_of

        # A simulated outage pages nobody.
        own = {key: value for key, value in settings.alerts.items() if key != "routes"}
        rules, alerts = alerting_of(replace(settings, alert_rules=None, alerts=own), {})
        return _alerting(rules, alerts, target, None, clock)

    engine = Engine(
        settings,
        target,
        store,
        lambda: _simulated_endpoint(scenario, speed),
        pace=DEMO_PACE,
        clock=clock,
        demo=scenario.name,
        speed=speed,
        open_alerting=open_alerting,
        in_memory=DEMO_IN_MEMORY,
    )
    return _session(engine, settings, report)


def _write_past(store: Store, scenario: Scenario, clock: Clock) -> None:
    from claude_tui.simulator.past import healthy_past

    past = healthy_past(scenario, until=clock.now(), span=DEMO_PAST)
    items: list[Observation | ProviderStatus | Catalogue] = [
        *past.observations,
        *past.statuses,
        past.catalogue,
    ]
    for item in items:
        store.write(item)
    store.flush(2.0)


def _alerting(
    rules: Sequence[Rule],
    alerts: AlertSettings,
    target: Target,
    keeper: StateBackend | None,
    clock: Clock,
    secrets: Sequence[str] = (),
) -> Alerting:
    """Without a keeper it pages nobody: that is done elsewhere, or not at all."""
    from claude_tui.alerting.manager import Alerting
    from claude_tui.alerting.persistence import NoStateBackend

    if keeper is None:
        keeper, alerts = NoStateBackend(), replace(alerts, routes=())
    return Alerting(rules, alerts, target=target, backend=keeper, now=clock.now, secrets=secrets)


def _simulated_endpoint(scenario: Scenario, speed: float) -> Endpoint:
    from claude_tui.simulator.thread import SimulatorThread

    simulator = SimulatorThread(scenario, speed=speed)
    simulator.start()
    environ = {"ANTHROPIC_API_KEY": DEMO_KEY, "ANTHROPIC_BASE_URL": simulator.base_url}
    return Endpoint(Credentials.from_environ(environ), (simulator.status_url,), close=simulator.stop)


def _key_notices(credentials: Credentials, clock: Clock) -> tuple[Notice, ...]:
    if credentials.problem is None:
        return ()
    level = Level.WARN if credentials.usable else Level.BAD
    return (Notice("key", level, credentials.problem, clock.now()),)


def _session(engine: Engine, settings: Settings, report: Report) -> hangup.Session:
    return hangup.Session(ClaudeTopApp(engine, settings, engine.first_snapshot(), report), engine.stop)
