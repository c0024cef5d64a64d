"""The engine's alerts and records: paged once, kept over restarts, with failures shown on screen."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest

from claude_tui.alerting.manager import Alerting
from claude_tui.alerting.persistence import StateBackend
from claude_tui.alerting.routes import Route, RouteKind
from claude_tui.alerting.rule_context import RuleContext
from claude_tui.engine.publisher import Publisher
from claude_tui.model.alert import AlertsView
from claude_tui.model.playbook import SeverityMark, StepMark, StepState
from claude_tui.model.snapshot import EventKind, Snapshot
from claude_tui.model.verdict import Cause, Severity
from claude_tui.settings import Settings, load
from tests.functional.engines import (
    CLOCK,
    PATIENCE_S,
    Hook,
    counting,
    engine_on,
    in_trouble,
    paged_in_full,
    running,
    simulated,
)


@pytest.fixture
def hook() -> Iterator[Hook]:
    with counting() as counted:
        yield counted


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    return load({"data_dir": str(tmp_path / "data")}, {}, config=None)


@pytest.fixture(autouse=True)
def _a_busy_disk_is_waited_for(monkeypatch: pytest.MonkeyPatch) -> None:
    """Otherwise the screen says that the state of the alerts is not saved."""
    monkeypatch.setattr("claude_tui.engine.paging.SAVE_WITHIN_S", PATIENCE_S)


def test_an_outage_is_one_page_however_many_rules_it_trips_and_none_after_a_restart(
    settings: Settings, hook: Hook
) -> None:
    with simulated("outage") as simulator:
        with running(engine_on(simulator, settings, Route("hook", RouteKind.APPRISE, hook.url))) as wait_for:
            wait_for(lambda s: paged_in_full(s, hook))
            sent = len(hook.pages)
            seen = wait_for(lambda s: sum(alert.firing for alert in s.engine.alerts.alerts) >= 2)
            assert seen.engine.alerts.firing == 1
            assert seen.verdict.cause is Cause.PROVIDER_OUTAGE
            recorded = {event.kind for event in seen.events}
            assert {EventKind.VERDICT, EventKind.ALERT} <= recorded
        with running(engine_on(simulator, settings, Route("hook", RouteKind.APPRISE, hook.url))) as wait_for:
            wait_for(lambda s: in_trouble(s) and s.engine.alerts.firing == 1)
            for _ in range(4):
                again = wait_for(in_trouble)
    assert len(hook.pages) == sent, hook.titles
    assert len(hook.opened) == 1, hook.titles
    verdicts = [event for event in again.events if event.kind is EventKind.VERDICT]
    assert [event.text.startswith("P1") for event in verdicts].count(True) == 1


def test_what_people_do_is_kept_and_shown(settings: Settings) -> None:
    with simulated("outage") as simulator:
        engine = engine_on(simulator, settings)
        with running(engine) as wait_for:
            wait_for(lambda s: s.verdict.severity is Severity.P1 and s.engine.alerts.firing == 1)
            engine.acknowledge(None, by="eve", reason="on it")
            engine.mark_step(StepMark(CLOCK.now(), "outage", "retries", StepState.DONE, "eve"))
            engine.mark_severity(
                SeverityMark(CLOCK.now(), Severity.P2, Severity.P1, "eve", "one tenant only")
            )
            seen = wait_for(lambda s: s.verdict.set_by == "eve" and bool(s.engine.step_marks))
            assert seen.verdict.severity is Severity.P2
            seen = wait_for(lambda s: any(group.acknowledged for group in s.engine.alerts.groups))
            texts = [event.text for event in seen.events if event.kind is EventKind.PERSON]
            assert "outage: retries done, eve" in texts
            assert "P2 set by eve: one tenant only" in texts
            engine.snooze(None, by="eve", until=CLOCK.now() + timedelta(hours=1))
            wait_for(lambda s: any(group.snoozed for group in s.engine.alerts.groups))
        engine = engine_on(simulator, settings)
        first = engine.first_snapshot()
        engine.stop()
    assert [mark.step for mark in first.engine.step_marks] == ["retries"]
    assert first.engine.severity_marks[0].why == "one tenant only"
    assert any(event.kind is EventKind.VERDICT for event in first.events)


def test_two_who_watch_one_store_see_each_others_marks(settings: Settings) -> None:
    with simulated("healthy") as simulator:
        here, there = engine_on(simulator, settings), engine_on(simulator, settings)
        with running(here) as wait_here, running(there):
            there.mark_step(StepMark(CLOCK.now(), "outage", "retries", StepState.SKIPPED, "bob"))
            seen = wait_here(lambda s: bool(s.engine.step_marks))
    assert [(mark.by, mark.state) for mark in seen.engine.step_marks] == [("bob", StepState.SKIPPED)]


def test_a_route_that_fails_is_seen_on_screen_and_holds_up_nothing(settings: Settings, hook: Hook) -> None:
    hook.answers = [500]
    with simulated("outage") as simulator:
        route = Route("hook", RouteKind.APPRISE, hook.url, address="json://127.0.0.1/…")
        with running(engine_on(simulator, settings, route)) as wait_for:
            seen = wait_for(lambda s: any(n.key == "route hook" for n in s.engine.notices))
            notice = next(n for n in seen.engine.notices if n.key == "route hook")
            assert "alerts do not reach hook (json://127.0.0.1/…)" in notice.text
            asked = seen.errors[0].requests
            assert wait_for(lambda s: s.errors[0].requests > asked)
            texts = [event.text for event in seen.events if event.kind is EventKind.ALERT]
            assert any("hook" in text for text in texts), texts


def test_rules_that_cannot_be_read_are_reported_and_the_dashboard_goes_on(settings: Settings) -> None:
    def broken(_keeper: StateBackend) -> Alerting:
        raise ValueError("rules.toml: there is no metric 'laency'")

    with simulated("healthy") as simulator:
        engine = engine_on(simulator, settings, opened=broken)
        with running(engine) as wait_for:
            seen = wait_for(lambda s: s.engine.alerts.problem is not None and bool(s.headroom.buckets))
    assert any("nothing is paged: ValueError: rules.toml" in notice.text for notice in seen.engine.notices)


def test_alerts_that_break_take_nothing_else_along_and_go_on(
    settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    evaluate, broken = Alerting.evaluate, threading.Event()
    broken.set()

    def breaks(self: Alerting, scene: RuleContext) -> AlertsView:
        if broken.is_set():
            raise ZeroDivisionError("of all things")
        return evaluate(self, scene)

    monkeypatch.setattr(Alerting, "evaluate", breaks)
    with simulated("healthy") as simulator, running(engine_on(simulator, settings)) as wait_for:
        seen = wait_for(lambda s: s.engine.alerts.problem is not None)
        assert "nothing is paged for now: ZeroDivisionError: of all things" in seen.engine.alerts.problem
        broken.clear()
        wait_for(lambda s: s.engine.alerts.problem is None and s.engine.alerts.rules)


def test_a_picture_that_cannot_be_drawn_is_reported_and_tried_again(
    settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    snapshot, broken = Publisher.snapshot, threading.Event()

    def breaks(self: Publisher) -> Snapshot:
        if broken.is_set():
            raise KeyError("bucket")
        return snapshot(self)

    monkeypatch.setattr(Publisher, "snapshot", breaks)
    with simulated("healthy") as simulator, running(engine_on(simulator, settings)) as wait_for:
        wait_for(lambda s: bool(s.headroom.buckets))
        broken.set()
        noticed = wait_for(lambda s: any(notice.key == "picture" for notice in s.engine.notices))
        assert "is frozen" in noticed.engine.notices[-1].text
        assert "KeyError: 'bucket'" in noticed.engine.notices[-1].text
        broken.clear()
        wait_for(lambda s: all(notice.key != "picture" for notice in s.engine.notices))


def test_a_secret_of_a_route_never_reaches_the_record(settings: Settings) -> None:
    with simulated("healthy") as simulator:
        engine = engine_on(simulator, settings, secrets=("SECRETPATHTOKEN123",))
        with running(engine) as wait_for:
            wait_for(lambda s: bool(s.headroom.buckets))
            why = "see SECRETPATHTOKEN123"
            engine.mark_step(StepMark(CLOCK.now(), "outage", "retries", StepState.DONE, "eve", why))
            seen = wait_for(lambda s: bool(s.engine.step_marks))
    assert seen.engine.step_marks[0].note == "see [redacted]"
