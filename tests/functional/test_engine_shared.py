"""Engines that share a store: one collects, the others show it, and actions in one reach all."""

from __future__ import annotations

import time
from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from claude_tui.alerting.ledger import decode
from claude_tui.alerting.routes import Route, RouteKind
from claude_tui.cli.statusline.reading import look
from claude_tui.engine.identity import host_name
from claude_tui.model.observation import Source
from claude_tui.model.playbook import StepMark, StepState
from claude_tui.model.request import RequestedAction
from claude_tui.model.verdict import Cause, Severity
from claude_tui.settings import Settings, load
from claude_tui.store import ACTION_REQUESTS, ALERT_ENTRIES, ALERTING_STATES, Store
from tests.functional.engines import (
    CLOCK,
    LONG_AGO,
    PATIENCE_S,
    Hook,
    counting,
    engine_on,
    paged_in_full,
    running,
    simulated,
    store_of,
)


@pytest.fixture
def hook() -> Iterator[Hook]:
    with counting() as counted:
        yield counted


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    return load({"data_dir": str(tmp_path / "data")}, {}, config=None)


@pytest.fixture(autouse=True)
def _what_gets_worse_is_paged_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """The first page may be about a lesser trouble, and the next would have to wait a minute."""
    monkeypatch.setattr("claude_tui.alerting.notifications.BETWEEN_PAGES", timedelta())


@pytest.fixture(autouse=True)
def _a_busy_disk_is_waited_for(monkeypatch: pytest.MonkeyPatch) -> None:
    """Otherwise the screen says that the state of the alerts is not saved."""
    monkeypatch.setattr("claude_tui.engine.paging.SAVE_WITHIN_S", PATIENCE_S)


def test_whoever_collects_keeps_the_status_line(settings: Settings, hook: Hook) -> None:
    with simulated("outage") as simulator:
        engine = engine_on(simulator, settings, Route("hook", RouteKind.APPRISE, hook.url))
        with running(engine) as wait:
            wait(lambda s: s.verdict.severity is Severity.P1)
            while (found := look(str(store_of(settings)), time.time())).line is None:
                wait(lambda _: True)
            while found.line is not None and found.line.severity != "P1":
                wait(lambda _: True)
                found = look(str(store_of(settings)), time.time())
            assert found.line is not None
            assert (found.line.side, found.line.cause) == ("them", "provider_outage")
    gone = look(str(store_of(settings)), time.time())
    assert (gone.line, gone.why) == (None, "no collector since {}")


def test_of_two_dashboards_on_one_directory_one_collects_and_the_other_takes_over(
    settings: Settings, hook: Hook
) -> None:
    route = Route("hook", RouteKind.APPRISE, hook.url)
    with simulated("outage") as simulator:
        here, there = engine_on(simulator, settings, route), engine_on(simulator, settings, route)
        with running(here) as wait_here:
            wait_here(lambda s: paged_in_full(s, hook))
            with running(there) as wait_there:
                seen = wait_there(lambda s: s.engine.alerts.firing == 1)
                assert not seen.engine.watching.collects
                assert seen.engine.watching.collector is not None
                assert seen.engine.alerts.routes != ()
                assert seen.verdict.cause is Cause.PROVIDER_OUTAGE
                wait_here(lambda s: s.engine.watching.screens == 2)
                here.stop(PATIENCE_S)
                seen = wait_there(lambda s: s.engine.watching.collects)
                asked = seen.errors[0].requests
                seen = wait_there(lambda s: s.errors[0].requests > asked and s.engine.alerts.rules)
                assert seen.engine.alerts.firing == 1
                assert seen.engine.watching.screens == 1
    assert len(hook.opened) == 1, hook.titles


def test_who_stands_aside_watches_and_takes_over_again(settings: Settings, hook: Hook) -> None:
    route = Route("hook", RouteKind.APPRISE, hook.url)
    with simulated("outage") as simulator:
        here, there = engine_on(simulator, settings, route), engine_on(simulator, settings, route)
        with running(here) as wait_here:
            wait_here(lambda s: paged_in_full(s, hook))
            with running(there) as wait_there:
                wait_there(lambda s: s.engine.alerts.firing == 1)
                here.stand_aside()
                wait_there(lambda s: s.engine.watching.collects and s.engine.alerts.rules)
                seen = wait_here(lambda s: not s.engine.watching.collects and s.engine.watching.collector)
                assert seen.engine.alerts.firing == 1
                asked = seen.errors[0].requests
                wait_here(lambda s: s.errors[0].requests > asked)
            seen = wait_here(lambda s: s.engine.watching.collects)
            asked = seen.errors[0].requests
            wait_here(lambda s: s.errors[0].requests > asked and s.engine.alerts.firing == 1)
    assert len(hook.opened) == 1, hook.titles


def test_what_is_asked_for_in_a_viewer_is_done_by_the_collector(settings: Settings) -> None:
    with simulated("outage") as simulator:
        here, there = engine_on(simulator, settings), engine_on(simulator, settings)
        with running(here) as wait_here, running(there) as wait_there:
            wait_there(lambda s: s.engine.alerts.firing == 1)
            there.acknowledge(None, by="bob", reason="on it")
            seen = wait_here(lambda s: any(group.acknowledged for group in s.engine.alerts.groups))
            assert seen.engine.alerts.groups[0].acknowledged is not None
            assert seen.engine.alerts.groups[0].acknowledged.by == "bob"
            wait_there(lambda s: any(group.acknowledged for group in s.engine.alerts.groups))
            there.snooze(None, by="bob", until=CLOCK.now() + timedelta(hours=1))
            wait_there(lambda s: any(group.snoozed for group in s.engine.alerts.groups))


def test_a_trouble_taken_in_a_viewer_is_known_everywhere(
    settings: Settings,
) -> None:
    with simulated("outage") as simulator:
        here, there = engine_on(simulator, settings), engine_on(simulator, settings)
        with running(here) as wait_here, running(there) as wait_there:
            wait_there(lambda s: s.verdict.severity.trouble)
            there.take(Severity.P1, by="bob", reason="on it")
            for wait in (wait_here, wait_there):
                seen = wait(lambda s: s.verdict.taken is not None)
                assert seen.verdict.taken is not None
                assert (seen.verdict.taken.by, seen.verdict.taken.host) == ("bob", host_name())
                assert any("bob" in event.text for event in seen.events)
            wait_here(lambda s: any(group.acknowledged for group in s.engine.alerts.groups))


def test_who_acts_is_recorded_with_the_host(settings: Settings) -> None:
    with simulated("outage") as simulator:
        engine = engine_on(simulator, settings)
        with running(engine) as wait_for:
            wait_for(lambda s: s.engine.alerts.firing == 1)
            engine.probe_now(by="eve")
            engine.mark_step(StepMark(CLOCK.now(), "outage", "retries", StepState.DONE, "eve"))
            engine.acknowledge(None, by="eve", reason="on it")
            seen = wait_for(lambda s: s.engine.step_marks and s.engine.alerts.groups[0].acknowledged)
        store = Store.open(settings.data_dir, store_of(settings).name, now=CLOCK.now(), read_only=True)
        requests = store.entries(ACTION_REQUESTS, LONG_AGO)
        store.close()
    assert [(request.action, request.by, request.host) for request in requests] == [
        (RequestedAction.PROBE, "eve", host_name()),
        (RequestedAction.ACKNOWLEDGE, "eve", host_name()),
    ]
    assert seen.engine.step_marks[0].host == host_name()


def test_the_state_of_alerting_can_be_asked_as_of_any_instant(settings: Settings, hook: Hook) -> None:
    route = Route("hook", RouteKind.APPRISE, hook.url)
    with simulated("outage") as simulator:
        began = CLOCK.now()
        engine = engine_on(simulator, settings, route)
        with running(engine) as wait_for:
            wait_for(lambda s: paged_in_full(s, hook))
            before = CLOCK.now()
            engine.acknowledge(None, by="eve", reason="on it")
            wait_for(lambda s: any(group.acknowledged for group in s.engine.alerts.groups))
        store = Store.open(settings.data_dir, store_of(settings).name, now=CLOCK.now(), read_only=True)
        entries = store.entries(ALERT_ENTRIES, LONG_AGO)
        then, now = (store.entry_in_force(ALERTING_STATES, at) for at in (before, CLOCK.now()))
        first = store.entry_in_force(ALERTING_STATES, began)
        store.close()
    assert first is None
    assert then is not None
    assert now is not None
    assert [group.acknowledged for group in decode(then.body.encode()).groups] == [None]
    assert decode(now.body.encode()).groups[0].acknowledged is not None
    assert [entry.key for entry in entries] == [f"alert:{n + 1}" for n in range(len(entries))]
    assert any(entry.text.startswith("acknowledged by eve: on it") for entry in entries)


def test_a_viewer_shows_schedule_spending_and_holds_of_the_collector(settings: Settings) -> None:
    frugal = replace(settings, daily_ceiling_usd=0.000001)
    with simulated("healthy") as simulator:
        with running(engine_on(simulator, frugal)) as wait_here:
            here = wait_here(lambda s: s.engine.spend.stopped)
            with running(engine_on(simulator, settings)) as wait_there:
                there = wait_there(lambda s: s.engine.spend.stopped)
                assert there.engine.target == here.engine.target
                held = {state.source: state.held_reason for state in there.engine.probes}
                assert "the ceiling of $0.00 per day is reached" in (held[Source.MESSAGES] or "")
                assert [notice.key for notice in there.engine.notices] == ["budget"]
        # The ceiling is the target's: whoever collects next has spent as much.
        with running(engine_on(simulator, frugal)) as wait_for:
            first = wait_for(lambda s: True)
            if first.at.date() == here.at.date():
                assert first.engine.spend.today_usd >= here.engine.spend.today_usd > 0


def test_a_reader_shows_the_record_and_changes_nothing(settings: Settings) -> None:
    with simulated("outage") as simulator:
        with running(engine_on(simulator, settings)) as wait_here:
            reader = engine_on(simulator, settings, read_only=True)
            with running(reader) as wait_there:
                wait_there(lambda s: s.engine.alerts.firing == 1 and s.engine.watching.collector)
                wait_here(lambda s: s.engine.watching.screens == 2)
                reader.mark_step(StepMark(CLOCK.now(), "outage", "retries", StepState.DONE, "mallory"))
                reader.acknowledge(None, by="mallory", reason="")
                reader.probe_now(by="mallory")
                seen = wait_there(lambda s: True)
                assert seen.engine.step_marks == ()
            after = wait_here(lambda s: True)
        reader = engine_on(simulator, settings, read_only=True)
        with running(reader) as wait_for:
            alone = wait_for(lambda s: True)
        store = Store.open(settings.data_dir, store_of(settings).name, now=CLOCK.now(), read_only=True)
        assert store.entries(ACTION_REQUESTS, LONG_AGO) == []
        store.close()
    assert after.engine.step_marks == ()
    assert not any(group.acknowledged for group in after.engine.alerts.groups)
    assert alone.verdict.cause is Cause.PROVIDER_OUTAGE
    assert [notice.key for notice in alone.engine.notices] == ["collector"]
    assert not alone.engine.watching.collects
    assert all(probe.next_at is None for probe in alone.engine.probes)
