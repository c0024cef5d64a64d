"""The probing half of the engine, where another process has probed before."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from claude_tui.engine import Endpoint, Monitored, store_name, target_of
from claude_tui.engine.collector import Collector
from claude_tui.engine.memory import Memory
from claude_tui.model.observation import Outcome, Source
from claude_tui.model.snapshot import ProbeState
from claude_tui.probes.credentials import Credentials
from claude_tui.probes.report import Report
from claude_tui.settings import Settings, load
from claude_tui.simulator.scenario import load as load_scenario
from claude_tui.simulator.script import Reply, Scenario
from claude_tui.simulator.thread import SimulatorThread
from claude_tui.store import Store
from tests.builders import models
from tests.functional.engines import CLOCK, PATIENCE_S, QUICK


class Listening(Collector):
    """A collector whose reports can be awaited."""

    def listen(self) -> asyncio.Queue[Source]:
        self.heard: asyncio.Queue[Source] = asyncio.Queue()
        return self.heard

    def deliver(self, report: Report) -> None:
        super().deliver(report)
        self.heard.put_nowait(report.observation.source)


def without_a_list() -> Scenario:
    """Messages are answered, and the list of models hangs."""
    healthy = load_scenario("healthy")
    state = healthy.phases[0].state
    hanging = replace(state, models=replace(state.models, mix=((Reply.HANG, 1.0),)))
    return replace(healthy, phases=(replace(healthy.phases[0], state=hanging, for_s=None),), baseline=hanging)


@pytest.fixture
def simulator() -> Iterator[SimulatorThread]:
    thread = SimulatorThread(without_a_list(), latency_scale=0.0)
    thread.start()
    try:
        yield thread
    finally:
        thread.stop()


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    return load({"data_dir": str(tmp_path / "data"), "model": "auto"}, {}, config=None)


def collector_on(simulator: SimulatorThread, settings: Settings) -> Listening:
    environ = {"ANTHROPIC_API_KEY": "sk-ant-api03-test", "ANTHROPIC_BASE_URL": simulator.base_url}
    credentials = Credentials.from_environ(environ)
    monitored = Monitored(
        target_of(settings, credentials), lambda: Endpoint(credentials, (simulator.status_url,)), QUICK
    )
    store = Store.open(settings.data_dir, store_name(credentials), now=CLOCK.now())
    return Listening(settings, monitored, Memory(store, monitored.in_memory, CLOCK), CLOCK)


async def messages_at_the_start(collector: Listening) -> ProbeState:
    """The state of the message probe once the first probe of all has come back."""
    heard = collector.listen()
    probing = asyncio.create_task(next(iter(collector.workers())))
    try:
        async with asyncio.timeout(PATIENCE_S):
            await heard.get()
        return next(probe for probe in collector.probes if probe.source is Source.MESSAGES)
    finally:
        probing.cancel()
        with suppress(asyncio.CancelledError):
            await probing


def test_after_a_take_over_messages_do_not_wait_for_a_list_that_another_process_could_not_get(
    simulator: SimulatorThread, settings: Settings
) -> None:
    collector = collector_on(simulator, settings)
    tried = models(CLOCK.now() - timedelta(seconds=20), Outcome.TIMEOUT)
    collector.memory.history.add_observation(tried)
    collector.resume(())
    state = asyncio.run(messages_at_the_start(collector))
    assert state.held_reason is None
    assert state.running or state.last_at is not None


def test_without_a_list_that_was_tried_messages_wait_for_the_first(
    simulator: SimulatorThread, settings: Settings
) -> None:
    collector = collector_on(simulator, settings)
    collector.resume(())
    state = asyncio.run(messages_at_the_start(collector))
    assert state.held_reason == "waiting for the list of models"
    assert not state.running
