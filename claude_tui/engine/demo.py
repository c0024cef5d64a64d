"""Builds engines for the simulator: the demo, and drills."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING

from claude_tui.engine.engine import Engine
from claude_tui.engine.paging import PagingSetup
from claude_tui.engine.setup import DemoMode, Monitored
from claude_tui.engine.sources import Endpoint, Pace
from claude_tui.model.snapshot import Target
from claude_tui.probes.clock import Clock, SystemClock
from claude_tui.probes.credentials import Credentials
from claude_tui.probes.pacing import Backoff
from claude_tui.store import Store

if TYPE_CHECKING:
    from claude_tui.alerting.manager import Alerting
    from claude_tui.alerting.persistence import StateBackend
    from claude_tui.model.drill import DrillEntry
    from claude_tui.settings import Settings
    from claude_tui.simulator.companion import Companion
    from claude_tui.simulator.scenario import Scenario

__all__ = ["DEMO_IN_MEMORY", "DEMO_PACE", "demo_engine", "drill_engine"]

# Fast enough to watch an incident of four minutes; the backoff is shortened in proportion.
DEMO_PACE = Pace(
    status_s=4.0, models_s=2.0, messages_s=3.0, backoff=Backoff(low_s=3.0, high_s=6.0), other_models_s=8.0
)
# As long as the invented past. At that pace an hour is 4,000 observations, which take 4 MB.
DEMO_IN_MEMORY = timedelta(hours=2)
DEMO_PAST = timedelta(hours=2)
DEMO_KEY = "sk-ant-api03-demo-no-real-key"


def demo_engine(
    settings: Settings, scenario: Scenario, speed: float, directory: Path, *, clock: Clock | None = None
) -> Engine:
    """An engine for a simulator that plays `scenario`, with a healthy past. Its files go to `directory`."""
    clock = clock or SystemClock()
    store = Store.open(directory, "demo.db", now=clock.now())
    return _simulated(settings, scenario, DemoMode(scenario.name, speed), store, clock, traffic=True)


def drill_engine(
    settings: Settings, scenario: Scenario, started: DrillEntry, store: Store, *, clock: Clock | None = None
) -> Engine:
    """The engine of a drill: a demo that does not reveal the scenario's name.

    `started` is recorded as the start of the scenario. Whatever happened before the responder arrives is
    played at once, and recorded.
    """
    clock = clock or SystemClock()
    before_s = scenario.truth.seen_after_s if scenario.truth is not None else 0.0

    def record_start() -> None:
        store.write(replace(started, at=clock.now(), before_s=before_s))

    mode = DemoMode("drill", started.speed, drill=True)
    return _simulated(settings, scenario, mode, store, clock, record_start, before_s)


def _simulated(
    settings: Settings,
    scenario: Scenario,
    mode: DemoMode,
    store: Store,
    clock: Clock,
    on_start: Callable[[], None] = lambda: None,
    before_s: float = 0.0,
    *,
    traffic: bool = False,
) -> Engine:
    from claude_tui.simulator.sockets import HOST, free_port

    # The simulator starts after the first frame, and the past must name the address that it will have.
    port, now = free_port(), clock.now()
    since = now - timedelta(seconds=before_s / mode.speed)
    url = f"http://{HOST}:{port}"

    def companion() -> Companion:
        from claude_tui.engine.simulated_traffic import demo_traffic

        return demo_traffic(store, scenario, now - DEMO_PAST, now)

    def open_endpoint() -> Endpoint:
        endpoint = _simulated_endpoint(scenario, mode.speed, port, before_s, companion if traffic else None)
        on_start()
        return endpoint

    target = Target(name="" if mode.drill else "demo", base_url="", host="simulator", model=None)
    monitored = Monitored(target, open_endpoint, DEMO_PACE, demo=mode, in_memory=DEMO_IN_MEMORY)
    _write_past(store, scenario, since, url, traffic=traffic)
    if before_s:
        from claude_tui.engine.drill_past import DrillClock, record_past, reports_of

        clock = past = DrillClock(clock)
        paging = _paging_of(settings, target, past, keeps=mode.drill)
        reports = reports_of(scenario, mode.speed, monitored, url, since, now)
        record_past(settings, monitored, store, past, paging, reports, since, now)
    paging = _paging_of(settings, target, clock, keeps=mode.drill)
    return Engine(settings, monitored, store, paging=paging, clock=clock)


def _paging_of(settings: Settings, target: Target, clock: Clock, *, keeps: bool) -> PagingSetup:
    """Alerts that page nobody. A drill `keeps` them, as it keeps its record."""

    def open_alerting(backend: StateBackend) -> Alerting:
        from claude_tui.alerting.config import alerting_of
        from claude_tui.alerting.manager import Alerting
        from claude_tui.alerting.persistence import NoStateBackend

        own = {key: value for key, value in settings.alerts.items() if key != "routes"}
        rules, alerts = alerting_of(replace(settings, alert_rules=None, alerts=own), {})
        return Alerting(
            rules,
            replace(alerts, routes=()),
            target=target,
            backend=backend if keeps else NoStateBackend(),
            now=clock.now,
        )

    return PagingSetup(open_alerting)


def _write_past(store: Store, scenario: Scenario, until: datetime, target: str, *, traffic: bool) -> None:
    from claude_tui.simulator.past import healthy_past

    if traffic:
        from claude_tui.simulator.applications import DEMO_LOAD, with_raised_limits

        # The past has the same limits as the load will have.
        scenario = with_raised_limits(scenario, DEMO_LOAD)
    past = healthy_past(scenario, until=until, span=DEMO_PAST, target=target)
    for observation in past.observations:
        store.write(observation)
    for status in past.statuses:
        store.write(status)
    store.write(past.catalogue)
    store.flush(2.0)


def _simulated_endpoint(
    scenario: Scenario, speed: float, port: int, elapsed_s: float, companion: Callable[[], Companion] | None
) -> Endpoint:
    from claude_tui.simulator.thread import SimulatorThread

    simulator = SimulatorThread(scenario, speed=speed, elapsed_s=elapsed_s, companion=companion)
    try:
        simulator.start(port)
    except OSError:
        simulator.start()
    environ = {"ANTHROPIC_API_KEY": DEMO_KEY, "ANTHROPIC_BASE_URL": simulator.base_url}
    return Endpoint(Credentials.from_environ(environ), (simulator.status_url,), close=simulator.stop)
