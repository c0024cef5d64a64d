"""The load of `simulate --load` and of the demo: invented applications that call through a real proxy."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from claude_tui.engine.demo import demo_engine
from claude_tui.engine.traffic import TrafficFollower, view_at
from claude_tui.model.observation import Outcome
from claude_tui.model.traffic import Call
from claude_tui.settings import load as load_settings
from claude_tui.simulator.applications import APPLICATIONS, with_raised_limits
from claude_tui.simulator.scenario import load
from claude_tui.simulator.sockets import HOST
from claude_tui.simulator.thread import SimulatorThread
from claude_tui.store import Store
from claude_tui.traffic.load.past import past_traffic
from claude_tui.traffic.load.player import Player
from claude_tui.traffic.load.simulated_traffic import SimulatedTraffic
from tests.functional.test_engine import running

PATIENCE_S = 60.0
NAMES = {application.name for application in APPLICATIONS}


class Counted:
    """Takes calls from another thread."""

    def __init__(self) -> None:
        self.calls: list[Call] = []
        self.closed = False
        self._more = threading.Condition()

    def add(self, call: Call) -> None:
        with self._more:
            self.calls.append(call)
            self._more.notify()

    def close(self) -> None:
        self.closed = True

    def wait_for(self, enough: Callable[[list[Call]], bool]) -> list[Call]:
        with self._more:
            assert self._more.wait_for(lambda: enough(self.calls), PATIENCE_S), self.calls[-3:]
            return list(self.calls)


@contextmanager
def played(scenario: str, *, elapsed_s: float = 0.0) -> Iterator[Counted]:
    counted = Counted()
    simulator = SimulatorThread(
        load(scenario),
        latency_scale=0.01,
        elapsed_s=elapsed_s,
        companion=lambda: SimulatedTraffic(60, lambda _: counted),
    )
    simulator.start()
    try:
        yield counted
    finally:
        simulator.stop(PATIENCE_S)


def test_several_applications_call_several_models_with_streams_and_without() -> None:
    with played("healthy") as counted:
        calls = counted.wait_for(lambda calls: len(calls) >= 150)
    assert counted.closed
    assert {call.application for call in calls} == NAMES
    assert len({call.model for call in calls}) == 3
    assert {call.streamed for call in calls} == {True, False}
    assert {call.outcome for call in calls} == {Outcome.OK}
    assert all(call.tokens is not None and call.cost_usd for call in calls)
    assert {call.retries for call in calls} == {0}


def test_what_fails_is_tried_again() -> None:
    with played("overload", elapsed_s=5) as counted:
        calls = counted.wait_for(lambda calls: any((call.retries or 0) >= 2 for call in calls))
    assert {call.outcome for call in calls} > {Outcome.OVERLOADED}


def test_a_bad_deploy_fails_one_application_only() -> None:
    with played("bad-deploy", elapsed_s=61) as counted:
        calls = counted.wait_for(lambda calls: {call.application for call in calls} == NAMES)
    for call in calls:
        expected = Outcome.BAD_REQUEST if call.application == "checkout" else Outcome.OK
        assert (call.application, call.outcome) == (call.application, expected)


def test_a_limit_of_the_scenario_is_still_reached() -> None:
    with played("rate-limit", elapsed_s=120) as counted:
        counted.wait_for(lambda calls: any(call.outcome is Outcome.RATE_LIMITED for call in calls))


async def test_connections_that_an_outage_took_do_not_stay_open() -> None:
    open_ones: set[asyncio.StreamWriter] = set()
    all_hang, closed = asyncio.Event(), asyncio.Event()

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        open_ones.add(writer)
        with suppress(asyncio.IncompleteReadError, ConnectionError):
            while head := (await reader.readuntil(b"\r\n\r\n")).lower():
                await reader.readexactly(int(head.split(b"content-length:")[1].split()[0]))
                if len(open_ones) >= 12:
                    all_hang.set()
                await all_hang.wait()
                writer.write(b"HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\n{}")
        open_ones.discard(writer)
        closed.set()
        writer.close()

    server = await asyncio.start_server(serve, HOST, 0)
    url = f"http://{HOST}:{server.sockets[0].getsockname()[1]}"
    playing = asyncio.create_task(Player(url, load("healthy"), 4.0).run())
    try:
        async with asyncio.timeout(PATIENCE_S):
            await all_hang.wait()
            while len(open_ones) > 9:
                await closed.wait()
                closed.clear()
    finally:
        playing.cancel()
        with suppress(asyncio.CancelledError):
            await playing
        server.close()


@pytest.mark.parametrize("name", ["healthy", "rate-limit"])
def test_the_room_grows_with_the_load(name: str) -> None:
    scenario = load(name)
    small, large = (with_raised_limits(scenario, pace).phases[0].state.limits for pace in (1, 50))
    before = scenario.phases[0].state.limits
    assert before.requests + 60 <= small.requests < large.requests
    assert large.requests >= before.requests + 50 * 60
    assert before.input_tokens < small.input_tokens < large.input_tokens


def test_a_demo_has_a_past_that_is_known_when_it_was(tmp_path: Path) -> None:
    now = datetime.now(UTC)
    store = Store.open(tmp_path, "demo.db", now=now)
    for rolled in past_traffic(load("tour"), 2.0, now - timedelta(hours=2), now):
        store.write(rolled)
    assert store.flush(PATIENCE_S)
    followed = TrafficFollower(store)
    followed.load(now)
    view = followed.view(now)
    assert view is not None
    assert {application.name for application in view.applications} == NAMES
    assert view.all.per_second == pytest.approx(2.0, rel=0.4)
    assert view.all.failed == 0
    assert all(point.calls for point in view.trend)
    assert view.usual is not None
    # The first of its hours is not whole.
    assert 0.9 < view.usual.figures.per_second < 2.2
    assert view.first_token_ratio == pytest.approx(1.0, abs=0.3)
    earlier = now - timedelta(minutes=10)
    then = view_at(store, earlier)
    assert then is not None
    assert then.end <= earlier
    assert then.all.calls
    assert store.close(PATIENCE_S)


def test_the_demo_shows_them_live(tmp_path: Path) -> None:
    settings = load_settings({}, {}, config=None)
    engine = demo_engine(settings, load("overload"), 1.0, tmp_path)
    with running(engine) as wait_for:
        snapshot = wait_for(lambda s: s.traffic is not None and s.traffic.failed_count > 0)
    view = snapshot.traffic
    assert view is not None
    assert {call.call.application for call in view.failed_calls} <= NAMES
    # Of the last quarter of an hour: a busy machine may make few in the last minute.
    assert sum(point.calls for point in view.trend) > 50
    assert not [event for event in snapshot.events if "limit rose" in event.text]
