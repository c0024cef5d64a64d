"""Engines on a simulator and a store, with routes to a web hook that counts."""

from __future__ import annotations

import json
import queue
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

from claude_tui.alerting.delivery.attempts import DELIVERY
from claude_tui.alerting.lifecycle import Timing
from claude_tui.alerting.manager import Alerting
from claude_tui.alerting.persistence import StateBackend
from claude_tui.alerting.routes import AlertSettings, Route
from claude_tui.alerting.rules import Rule, load_rules, named_thresholds
from claude_tui.engine import (
    Attendance,
    Endpoint,
    Engine,
    Monitored,
    Pace,
    PagingSetup,
    store_name,
    target_of,
    this_process,
)
from claude_tui.model.snapshot import Snapshot
from claude_tui.probes.clock import Clock, SystemClock
from claude_tui.probes.credentials import Credentials
from claude_tui.probes.schedule import Backoff
from claude_tui.settings import Settings
from claude_tui.simulator.scenario import load as load_scenario
from claude_tui.simulator.thread import SimulatorThread
from claude_tui.store import Store

PATIENCE_S = 60.0
QUICK = Pace(status_s=0.3, models_s=0.2, messages_s=0.2, backoff=Backoff(low_s=0.1, high_s=0.2))
CLOCK = SystemClock()
LONG_AGO = datetime(2000, 1, 1, tzinfo=UTC)


@dataclass
class Hook:
    """A web hook that counts. `answers` are the statuses it returns; the last one repeats."""

    answers: list[int] = field(default_factory=lambda: [200])
    pages: list[dict[str, str]] = field(default_factory=list)
    url: str = ""

    @property
    def titles(self) -> list[str]:
        return [page["title"] for page in self.pages]

    @property
    def opened(self) -> list[str]:
        """The titles of first pages: those that raise the severity of an open group say what it was."""
        return [title for title in self.titles if ", was P" not in title]


@contextmanager
def counting() -> Iterator[Hook]:
    counted = Hook()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            status = counted.answers.pop(0) if len(counted.answers) > 1 else counted.answers[0]
            if status < 400:
                counted.pages.append(json.loads(body))
            self.send_response(status)
            self.send_header("Content-Length", "0")
            self.end_headers()

        def log_message(self, *args: object) -> None: ...

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    counted.url = f"json://127.0.0.1:{server.server_port}/hook"
    thread = threading.Thread(target=server.serve_forever, args=(0.05,))
    thread.start()
    yield counted
    server.shutdown()
    thread.join()
    server.server_close()


def _hasty(rules: Sequence[Rule]) -> list[Rule]:
    """The rules that an outage trips, firing at once."""
    timing = Timing(timedelta(), timedelta(minutes=5))
    outage = ("verdict-p1", "verdict-p2", "verdict-p3", "verdict-p4", "errors", "models-down")
    return [replace(rule, timing=timing) for rule in rules if rule.name in outage]


def engine_on(
    simulator: SimulatorThread,
    settings: Settings,
    *routes: Route,
    opened: Callable[[StateBackend], Alerting] | None = None,
    secrets: tuple[str, ...] = (),
    read_only: bool = False,
    clock: Clock = CLOCK,
) -> Engine:
    environ = {"ANTHROPIC_API_KEY": "sk-ant-api03-test", "ANTHROPIC_BASE_URL": simulator.base_url}
    credentials = Credentials.from_environ(environ)
    target = target_of(settings, credentials)

    def open_alerting(keeper: StateBackend) -> Alerting:
        alerts = AlertSettings(routes=routes)
        policy = replace(DELIVERY, retries=0)
        return Alerting(
            _hasty(load_rules(thresholds=named_thresholds(Settings()))),
            alerts,
            target=target,
            backend=keeper,
            now=clock.now,
            policy=policy,
        )

    store = Store.open(settings.data_dir, store_name(credentials), now=clock.now(), read_only=read_only)
    return Engine(
        settings,
        Monitored(target, lambda: Endpoint(credentials, (simulator.status_url,), secrets=secrets), QUICK),
        store,
        paging=PagingSetup(opened or open_alerting),
        attendance=Attendance(store.path, this_process(clock.now()), clock, read_only=read_only),
        clock=clock,
    )


def store_of(settings: Settings) -> Path:
    (found,) = settings.data_dir.glob("*.db")
    return found


Wait = Callable[[Callable[[Snapshot], bool]], Snapshot]


@contextmanager
def running(engine: Engine) -> Iterator[Wait]:
    """The engine at work; yields a function that waits for a Snapshot with a certain property."""
    published: queue.Queue[Snapshot] = queue.Queue()
    engine.first_snapshot()
    engine.start(published.put)

    def wait_for(wanted: Callable[[Snapshot], bool]) -> Snapshot:
        end = time.monotonic() + PATIENCE_S
        while time.monotonic() < end:
            snapshot = published.get(timeout=PATIENCE_S)
            if wanted(snapshot):
                return snapshot
        raise AssertionError(f"never came; last: {snapshot.verdict}, {snapshot.engine.notices}")

    try:
        yield wait_for
    finally:
        engine.stop(PATIENCE_S)


@contextmanager
def simulated(scenario: str, *, speed: float = 20) -> Iterator[SimulatorThread]:
    thread = SimulatorThread(load_scenario(scenario), latency_scale=0.0, speed=speed)
    thread.start()
    try:
        yield thread
    finally:
        thread.stop()


def in_trouble(snapshot: Snapshot) -> bool:
    return snapshot.verdict.severity.trouble


def paged_in_full(snapshot: Snapshot, hook: Hook) -> bool:
    """Whether the outage has been paged at its final severity, and nothing is still on its way.

    The first page says P2 or P3 where the models fail a second before the first message does.
    """
    waiting = sum(route.waiting for route in snapshot.engine.alerts.routes)
    return any("P1" in title for title in hook.titles) and waiting == 0
