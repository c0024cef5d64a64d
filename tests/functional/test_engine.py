"""The engine without a screen: from a simulated endpoint over HTTP to published Snapshots."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from claude_tui.analysis.uptime.columns import Service
from claude_tui.analysis.uptime.report import build_report
from claude_tui.engine import Endpoint, Engine, Monitored, Pace, store_name, target_of
from claude_tui.engine.demo import demo_engine
from claude_tui.model.arrangement import Panel
from claude_tui.model.observation import Outcome, Source
from claude_tui.model.snapshot import EventKind, Focus, Level, Snapshot
from claude_tui.model.verdict import Cause
from claude_tui.probes.clock import SystemClock
from claude_tui.probes.credentials import Credentials
from claude_tui.probes.schedule import Backoff
from claude_tui.settings import Settings, load
from claude_tui.simulator.scenario import load as load_scenario
from claude_tui.simulator.thread import SimulatorThread
from claude_tui.store import Store
from tests.builders import messages
from tests.functional.engines import running, simulated

PATIENCE_S = 60.0
QUICK = Pace(status_s=0.3, models_s=0.2, messages_s=0.2, backoff=Backoff(low_s=0.1, high_s=0.2))
KEY = "sk-ant-api03-test-no-real-key"


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    return load({"data_dir": str(tmp_path / "data")}, {}, config=None)


def engine_for(settings: Settings, environ: dict[str, str], status_url: str, pace: Pace = QUICK) -> Engine:
    credentials = Credentials.from_environ(environ)
    return Engine(
        settings,
        Monitored(target_of(settings, credentials), lambda: Endpoint(credentials, (status_url,)), pace),
        Store.open(settings.data_dir, store_name(credentials), now=SystemClock().now()),
    )


def environ_of(simulator: SimulatorThread) -> dict[str, str]:
    return {"ANTHROPIC_API_KEY": KEY, "ANTHROPIC_BASE_URL": simulator.base_url}


def test_every_panel_fills_from_a_healthy_endpoint(settings: Settings) -> None:
    with simulated("healthy", speed=1) as simulator:
        engine = engine_for(settings, environ_of(simulator), simulator.status_url)
        with running(engine) as wait_for:
            # The last of these anew after midnight, if that is just now.
            snapshot = wait_for(
                lambda s: (
                    bool(s.headroom.buckets) and s.status.read_at is not None and s.engine.spend.today_usd > 0
                )
            )
    assert {bucket.bucket for bucket in snapshot.headroom.buckets} >= {"input", "output", "tokens"}
    assert snapshot.status.status is not None
    assert snapshot.status.status.indicator == "none"
    assert snapshot.engine.target.model == "claude-haiku-5-5"
    assert snapshot.errors[0].failures == 0
    assert snapshot.engine.notices == ()
    assert 0 < snapshot.engine.spend.today_usd < 0.01


def test_an_outage_is_seen_while_the_model_list_answers(settings: Settings) -> None:
    with simulated("outage", speed=1) as simulator:
        simulator_environ = environ_of(simulator)
        engine = engine_for(settings, simulator_environ, simulator.status_url)
        with running(engine) as wait_for:
            snapshot = wait_for(lambda s: sum(e.kind is EventKind.FAILURE for e in s.events) >= 2)
    assert snapshot.verdict.cause is not Cause.HEALTHY
    failure = next(event for event in snapshot.events if event.kind is EventKind.FAILURE)
    assert failure.observation is not None
    assert failure.observation.outcome is Outcome.SERVER_ERROR


def test_what_was_seen_is_there_after_a_restart(settings: Settings) -> None:
    with simulated("healthy", speed=1) as simulator:
        environ = environ_of(simulator)
        engine = engine_for(settings, environ, simulator.status_url)
        with running(engine) as wait_for:
            before = wait_for(lambda s: bool(s.headroom.buckets))
        again = engine_for(settings, environ, simulator.status_url)
        try:
            after = again.first_snapshot()
        finally:
            again.stop()
    assert after.headroom.buckets != ()
    if after.at.date() == before.at.date():
        assert after.engine.spend.today_usd >= before.engine.spend.today_usd
    assert after.catalogue is not None
    assert before.catalogue is not None
    assert after.catalogue.models == before.catalogue.models


def test_another_target_has_another_history(settings: Settings) -> None:
    with simulated("healthy", speed=1) as simulator:
        engine = engine_for(settings, environ_of(simulator), simulator.status_url)
        with running(engine) as wait_for:
            wait_for(lambda s: bool(s.headroom.buckets))
        other = engine_for(settings, {"ANTHROPIC_API_KEY": KEY}, simulator.status_url)
        try:
            snapshot = other.first_snapshot()
        finally:
            other.stop()
    assert snapshot.headroom.buckets == ()
    assert snapshot.catalogue is None


def test_without_a_key_the_free_probes_run_and_the_rest_says_what_is_missing(settings: Settings) -> None:
    with simulated("healthy", speed=1) as simulator:
        environ = {"ANTHROPIC_BASE_URL": simulator.base_url}
        engine = engine_for(settings, environ, simulator.status_url)
        with running(engine) as wait_for:
            snapshot = wait_for(lambda s: s.status.read_at is not None and s.latency.phases is not None)
    held = {state.source: state.held_reason for state in snapshot.engine.probes}
    assert "ANTHROPIC_API_KEY" in (held[Source.MESSAGES] or "")
    assert held[Source.MODELS] is None
    assert snapshot.errors[0].failures == 0


def test_the_budget_stops_messages_and_says_so(settings: Settings) -> None:
    frugal = replace(settings, daily_ceiling_usd=0.000001)
    with simulated("healthy", speed=1) as simulator:
        engine = engine_for(frugal, environ_of(simulator), simulator.status_url)
        with running(engine) as wait_for:
            snapshot = wait_for(lambda s: s.engine.spend.stopped)
    assert [notice.key for notice in snapshot.engine.notices] == ["budget"]
    assert "daily_ceiling_usd" in snapshot.engine.notices[0].text


def test_a_focus_brings_its_chart_at_once(settings: Settings) -> None:
    from datetime import timedelta

    with simulated("healthy", speed=1) as simulator:
        engine = engine_for(settings, environ_of(simulator), simulator.status_url)
        focus = Focus(Panel.LATENCY, timedelta(minutes=15))
        with running(engine) as wait_for:
            wait_for(lambda s: bool(s.headroom.buckets))
            engine.set_focus(focus)
            snapshot = wait_for(lambda s: s.chart is not None)
            engine.set_focus(None)
            wait_for(lambda s: s.chart is None)
    assert snapshot.chart is not None
    assert snapshot.chart.focus == focus


def test_a_store_that_cannot_be_used_is_a_notice_and_no_more(tmp_path: Path, settings: Settings) -> None:
    blocked = tmp_path / "a-file"
    blocked.write_text("in the way")
    with simulated("healthy", speed=1) as simulator:
        nowhere = replace(settings, data_dir=blocked / "data")
        engine = engine_for(nowhere, environ_of(simulator), simulator.status_url)
        with running(engine) as wait_for:
            snapshot = wait_for(lambda s: bool(s.headroom.buckets) and bool(s.engine.notices))
    assert [notice.key for notice in snapshot.engine.notices] == ["store"]


def test_an_endpoint_that_cannot_be_opened_is_shown_on_screen(settings: Settings) -> None:
    def broken() -> Endpoint:
        raise OSError("no sockets left")

    engine = Engine(
        settings,
        Monitored(target_of(settings, Credentials.from_environ({})), broken, QUICK),
        Store.open(settings.data_dir, now=SystemClock().now()),
    )
    with running(engine) as wait_for:
        snapshot = wait_for(lambda s: bool(s.engine.notices))
    assert snapshot.engine.notices[0].text == "probing stopped: OSError: no sockets left"
    assert snapshot.engine.notices[0].level is Level.BAD


@pytest.mark.parametrize("turns", range(8))
async def test_publishing_ends_though_a_picture_is_asked_for_just_then(
    settings: Settings, turns: int
) -> None:
    """However many turns of the loop come before: a lost end delayed the end of the program."""
    engine = engine_for(settings, {}, "http://127.0.0.1:9")
    engine.first_snapshot()
    try:
        publishing = asyncio.create_task(engine.publisher.run(lambda _: None))
        await asyncio.sleep(0.01)
        engine.publisher.show_now()
        for _ in range(turns):
            await asyncio.sleep(0)
        publishing.cancel()
        ended, _ = await asyncio.wait([publishing], timeout=PATIENCE_S)
        assert ended
    finally:
        engine.stop()


def test_the_past_of_a_demo_names_the_address_of_its_simulator(settings: Settings, tmp_path: Path) -> None:
    engine = demo_engine(settings, load_scenario("healthy"), 1.0, tmp_path)
    past = engine.first_snapshot()
    assert past.status.status is not None

    def has_read(snapshot: Snapshot) -> bool:
        return snapshot.status.read_at is not None and snapshot.status.read_at > past.at

    with running(engine) as wait_for:
        live = wait_for(has_read)
    assert live.status.status is not None
    assert live.status.status.server == past.status.status.server
    assert live.engine.target.base_url.endswith(past.status.status.server)


def test_the_record_of_a_demo_covers_its_past(settings: Settings, tmp_path: Path) -> None:
    engine = demo_engine(settings, load_scenario("tour"), 1.0, tmp_path / "demo")
    try:
        now = SystemClock().now()
        found = build_report(engine.history_record(now), timedelta(hours=24), settings.status_components)
    finally:
        engine.stop()
    hour_before = found.periods[-2].tallies
    assert hour_before[Service.API].coverage > 0.98
    assert hour_before[Service.API].uptime == 1.0
    assert hour_before[Service.PAGE].coverage > 0.98


def test_the_record_of_an_engine_is_what_its_store_has(settings: Settings) -> None:
    engine = engine_for(settings, {"ANTHROPIC_API_KEY": KEY}, "http://127.0.0.1:9")
    now = SystemClock().now()
    store = engine.collector.memory.store
    try:
        store.write(messages(now - timedelta(minutes=1)))
        assert store.flush(PATIENCE_S)
        assert sum(row.observed for row in engine.history_record(now).rows) == 1
    finally:
        engine.stop()
