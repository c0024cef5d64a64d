"""Builds engines for a real endpoint, for the simulator, and for one round of probes, without a screen."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING

from claude_tui.analysis.history.history import History
from claude_tui.engine.attendance import Attendance
from claude_tui.engine.engine import Engine
from claude_tui.engine.identity import host_name, this_process
from claude_tui.engine.paging import Attention, PagingSetup
from claude_tui.engine.plans import make_plans
from claude_tui.engine.setup import DemoMode, KeyState, Monitored
from claude_tui.engine.sources import (
    Endpoint,
    Pace,
    next_other_model,
    options_from,
    other_models,
    pick_model,
    store_name,
    target_of,
)
from claude_tui.model.snapshot import Target
from claude_tui.probes.clock import Clock, SystemClock
from claude_tui.probes.credentials import Credentials
from claude_tui.probes.pacing import Backoff
from claude_tui.store import Store, require_local

if TYPE_CHECKING:
    from claude_tui.alerting.manager import Alerting
    from claude_tui.alerting.persistence import StateBackend
    from claude_tui.alerting.routes import AlertSettings
    from claude_tui.alerting.rules import Rule
    from claude_tui.engine.probe_round import ProbeRound
    from claude_tui.model.drill import DrillEntry
    from claude_tui.settings import Settings
    from claude_tui.simulator.company import Company
    from claude_tui.simulator.scenario import Scenario

__all__ = ["DEMO_IN_MEMORY", "DEMO_PACE", "check", "demo", "drill", "live", "open_store"]

# Fast enough to watch an incident of four minutes; the backoff is shortened in proportion.
DEMO_PACE = Pace(
    status_s=4.0, models_s=2.0, messages_s=3.0, backoff=Backoff(low_s=3.0, high_s=6.0), other_models_s=8.0
)
# As long as the invented past. At that pace an hour is 4,000 observations, which take 4 MB.
DEMO_IN_MEMORY = timedelta(hours=2)
DEMO_PAST = timedelta(hours=2)
DEMO_KEY = "sk-ant-api03-demo-no-real-key"


def live(
    settings: Settings,
    environ: Mapping[str, str],
    *,
    screen: bool = True,
    read_only: bool = False,
    clock: Clock | None = None,
) -> Engine:
    """An engine for the endpoint in settings and environment, with its history and alerts.

    `screen` says whether somebody watches it. With `read_only` it shows what others record and writes
    nothing. Raises StoreError for a data directory on a network file system, and for a history that a later
    version wrote.
    """
    clock = clock or SystemClock()
    credentials = Credentials.from_environ(environ, base_url=settings.base_url)
    target, name = target_of(settings, credentials), store_name(credentials)

    def open_alerting(backend: StateBackend) -> Alerting:
        from claude_tui.alerting.attach import attach_words
        from claude_tui.alerting.config import alerting_of
        from claude_tui.alerting.manager import Alerting

        rules, alerts = alerting_of(settings, environ)
        return Alerting(
            rules,
            alerts,
            target=target,
            backend=backend,
            now=clock.now,
            secrets=credentials.secrets,
            dashboard=attach_words(host_name(), settings.data_dir, target.base_url, target.host),
        )

    def attention() -> Attention:
        from claude_tui.alerting.config import alerting_of

        _, alerts = alerting_of(settings, environ)
        return alerts.bell, alerts.notification

    store = open_store(settings, name, clock, read_only=read_only)
    return Engine(
        settings,
        Monitored(
            target,
            lambda: Endpoint.of(settings, environ),
            Pace.of(settings),
            key=KeyState.of(credentials),
        ),
        store,
        paging=PagingSetup(open_alerting, attention),
        attendance=Attendance(
            store.path, this_process(clock.now()), clock, screen=screen, read_only=read_only
        ),
        clock=clock,
        counts_uptime=screen,
        watched=screen,
    )


def open_store(settings: Settings, name: str, clock: Clock, *, read_only: bool = False) -> Store:
    """The store `name` in the data directory. Raises StoreError for one that must not be used."""
    require_local(settings.data_dir)
    store = Store.open(settings.data_dir, name, now=clock.now(), read_only=read_only)
    if read_only:
        # Only a read reveals which version wrote it.
        store.data_version()
    if (refusal := store.refusal) is not None:
        store.close()
        raise refusal
    return store


def demo(
    settings: Settings, scenario: Scenario, speed: float, directory: Path, *, clock: Clock | None = None
) -> Engine:
    """An engine for a simulator that plays `scenario`, with a healthy past. Its files go to `directory`."""
    clock = clock or SystemClock()
    store = Store.open(directory, "demo.db", now=clock.now())
    return _simulated(settings, scenario, DemoMode(scenario.name, speed), store, clock, traffic=True)


def drill(
    settings: Settings, scenario: Scenario, started: DrillEntry, store: Store, *, clock: Clock | None = None
) -> Engine:
    """The engine of a drill: a demo that does not reveal the scenario's name.

    `started` is recorded as the start of the scenario. Whatever part of it is over when the responder arrives
    is played without waiting, and recorded.
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
    target = Target(name="" if mode.drill else "demo", base_url="", host="simulator", model=None)

    def open_alerting(backend: StateBackend) -> Alerting:
        from claude_tui.alerting.config import alerting_of
        from claude_tui.alerting.persistence import NoStateBackend

        # A simulated outage pages nobody. A drill keeps its alerts, as it keeps its record.
        own = {key: value for key, value in settings.alerts.items() if key != "routes"}
        rules, alerts = alerting_of(replace(settings, alert_rules=None, alerts=own), {})
        kept = backend if mode.drill else NoStateBackend()
        return _unrouted(rules, alerts, target, clock, kept)

    from claude_tui.simulator.sockets import HOST, free_port

    # The simulator starts after the first frame, and the past must name the address that it will have.
    port, now = free_port(), clock.now()

    def company() -> Company:
        from claude_tui.engine.invented import demo_traffic

        return demo_traffic(store, scenario, now - DEMO_PAST, now)

    def open_endpoint() -> Endpoint:
        endpoint = _simulated_endpoint(scenario, mode.speed, port, before_s, company if traffic else None)
        on_start()
        return endpoint

    url = f"http://{HOST}:{port}"
    monitored = Monitored(target, open_endpoint, DEMO_PACE, demo=mode, in_memory=DEMO_IN_MEMORY)
    since = now - timedelta(seconds=before_s / mode.speed)
    before = scenario
    if traffic:
        from claude_tui.simulator.applications import DEMO_LOAD, with_room

        # The past has the same limits as the load will have.
        before = with_room(scenario, DEMO_LOAD)
    _write_past(store, before, since, url)
    paging = PagingSetup(open_alerting)
    if before_s:
        from claude_tui.engine.drill_past import DrillClock, live_through, reports_of

        clock = past = DrillClock(clock)
        reports = reports_of(scenario, mode.speed, monitored, url, since, now)
        live_through(settings, monitored, store, past, paging, reports, since, now)
    return Engine(settings, monitored, store, paging=paging, clock=clock)


def check(settings: Settings, endpoint: Endpoint, *, clock: Clock) -> ProbeRound:
    """The probes of `endpoint` for a single round."""
    from claude_tui.engine.probe_round import ProbeRound

    history, pace = History(), Pace.of(settings)

    def model() -> str | None:
        return pick_model(settings, history, clock.now())

    def others() -> list[str]:
        return other_models(settings, history, clock.now())

    plans = make_plans(
        settings,
        endpoint,
        pace,
        model,
        clock=clock,
        models_tried=lambda: True,
        other_model=lambda: next_other_model(settings, history, clock.now()),
    )
    return ProbeRound(
        {plan.probe.source: plan for plan in plans},
        history,
        pace,
        options_from(settings, pace),
        KeyState.of(endpoint.credentials),
        target_of(settings, endpoint.credentials),
        model,
        others,
    )


def _unrouted(
    rules: tuple[Rule, ...], alerts: AlertSettings, target: Target, clock: Clock, backend: StateBackend
) -> Alerting:
    """Alerts that are shown, but not sent."""
    from claude_tui.alerting.manager import Alerting

    return Alerting(rules, replace(alerts, routes=()), target=target, backend=backend, now=clock.now)


def _write_past(store: Store, scenario: Scenario, until: datetime, target: str) -> None:
    from claude_tui.simulator.past import healthy_past

    past = healthy_past(scenario, until=until, span=DEMO_PAST, target=target)
    for observation in past.observations:
        store.write(observation)
    for status in past.statuses:
        store.write(status)
    store.write(past.catalogue)
    store.flush(2.0)


def _simulated_endpoint(
    scenario: Scenario, speed: float, port: int, elapsed_s: float, company: Callable[[], Company] | None
) -> Endpoint:
    from claude_tui.simulator.thread import SimulatorThread

    simulator = SimulatorThread(scenario, speed=speed, elapsed_s=elapsed_s, company=company)
    try:
        simulator.start(port)
    except OSError:
        simulator.start()
    environ = {"ANTHROPIC_API_KEY": DEMO_KEY, "ANTHROPIC_BASE_URL": simulator.base_url}
    return Endpoint(Credentials.from_environ(environ), (simulator.status_url,), close=simulator.stop)
