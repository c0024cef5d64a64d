"""Incidents from a real engine on a simulated endpoint: proposed, declared, noted, resolved, and kept."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from uuid import uuid4

import pytest
from textual.pilot import Pilot

from claude_tui.alerting.config import alerting_of
from claude_tui.alerting.manager import Alerting
from claude_tui.alerting.persistence import NoStateBackend, StateBackend
from claude_tui.analysis.options import Options
from claude_tui.engine import Attendance, Endpoint, Engine, Monitored, store_name, target_of, this_process
from claude_tui.engine.incident_command import export_text, import_file, list_of
from claude_tui.engine.paging import PagingSetup
from claude_tui.incident import TimelineKind, figures, incidents, timeline
from claude_tui.model.incident import FIRST_FAILURE, PROGRAM, IncidentAct, IncidentEntry
from claude_tui.model.playbook import WalkTurn
from claude_tui.model.snapshot import Snapshot
from claude_tui.probes.clock import SystemClock
from claude_tui.probes.credentials import Credentials
from claude_tui.settings import Settings, load
from claude_tui.simulator.thread import SimulatorThread
from claude_tui.store import Store
from claude_tui.tui.app import ClaudeTopApp
from claude_tui.tui.screens.dialog import TextInput
from claude_tui.tui.screens.incident import IncidentScreen
from tests.functional.test_acknowledge import plain_screen
from tests.functional.test_engine import (
    PATIENCE_S,
    QUICK,
    engine_for,
    environ_of,
    running,
    simulated,
)


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    return load({"data_dir": str(tmp_path / "data"), "incident_after_s": "0"}, {}, config=None)


def proposed(snapshot: Snapshot) -> bool:
    return snapshot.incident is not None and snapshot.incident.proposed


def declared(snapshot: Snapshot) -> bool:
    return snapshot.incident is not None and not snapshot.incident.proposed


def act(snapshot: Snapshot, incident: str, what: IncidentAct, text: str = "") -> IncidentEntry:
    at = snapshot.at
    return IncidentEntry(at, uuid4().hex, incident, what, at, "ana", "ops-1", text)


def test_from_a_proposal_to_a_resolved_incident_that_the_next_program_knows(settings: Settings) -> None:
    ident = uuid4().hex
    with simulated("outage") as simulator:
        environ = environ_of(simulator)
        engine = engine_for(settings, environ, simulator.status_url)
        with running(engine) as wait_for:
            snapshot = wait_for(proposed)
            assert snapshot.incident is not None
            start = replace(
                act(snapshot, ident, IncidentAct.DECLARED, snapshot.incident.title),
                happened_at=snapshot.incident.started_at,
            )
            engine.append(start)
            snapshot = wait_for(declared)
            assert snapshot.incident is not None
            assert (snapshot.incident.label, snapshot.incident.id) == ("INC-1", ident)
            engine.append(act(snapshot, ident, IncidentAct.NOTE, "key sk-ant-api03-abcdefghijkl leaked"))
            engine.append(act(snapshot, ident, IncidentAct.LEAD, "ana"))
            snapshot = wait_for(lambda s: s.incident is not None and s.incident.lead == "ana")
            engine.record(WalkTurn(snapshot.at, "start", "theirs", False, "ana"))
            record = engine.incident_record(ident)
            engine.append(act(snapshot, ident, IncidentAct.RESOLVED, "enough"))
            snapshot = wait_for(lambda s: s.incident is None)
            # The outage goes on, but somebody has dealt with it: it is not proposed again.
            assert not any(proposed(wait_for(lambda _: True)) for _ in range(3))
        again = engine_for(settings, environ, simulator.status_url)
        try:
            first = again.first_snapshot()
        finally:
            again.stop(PATIENCE_S)

    assert record is not None
    assert engine.incident_record("0" * 32) is None
    (incident,) = incidents(record.entries)
    entries = {entry.kind: entry for entry in timeline(record, incident)}
    assert entries[TimelineKind.RUNBOOK].text == "the decision tree led to theirs"
    assert entries.keys() >= {
        TimelineKind.FIRST_FAILURE,
        TimelineKind.DETECTED,
        TimelineKind.DECLARED,
        TimelineKind.NOTE,
        TimelineKind.ROLE,
    }
    assert entries[TimelineKind.FIRST_FAILURE].happened_at == incident.started_at
    assert entries[TimelineKind.NOTE].text == "key [redacted] leaked"
    computed = figures(record, incident)
    assert computed.failed >= 2
    assert computed.detected is not None
    assert computed.detected >= computed.started
    assert [event.subject for event in snapshot.events if event.key.startswith("entry:")] == ["INC-1"] * 4

    (kept,) = incidents(first.engine.incident_entries)
    assert (kept.label, kept.is_open, kept.lead) == ("INC-1", False, "ana")


def watching(settings: Settings, simulator: SimulatorThread) -> Engine:
    """One of several programs on a data directory; only one of them pages and declares."""
    credentials, clock = Credentials.from_environ(environ_of(simulator)), SystemClock()
    target = target_of(settings, credentials)

    def open_alerting(_backend: StateBackend | None) -> Alerting:
        rules, alerts = alerting_of(settings, {})
        return Alerting(rules, alerts, target=target, backend=NoStateBackend(), now=clock.now)

    endpoint = Endpoint(credentials, (simulator.status_url,))
    store = Store.open(settings.data_dir, store_name(credentials), now=clock.now())
    return Engine(
        settings,
        Monitored(target, lambda: endpoint, QUICK),
        store,
        paging=PagingSetup(open_alerting),
        attendance=Attendance(store.path, this_process(clock.now()), clock),
    )


def test_what_is_declared_after_the_first_failure_starts_with_it(settings: Settings) -> None:
    """Before there is a verdict, by somebody who typed no start."""
    ident = uuid4().hex
    with simulated("outage") as simulator:
        engine = engine_for(settings, environ_of(simulator), simulator.status_url)
        with running(engine) as wait_for:
            snapshot = wait_for(lambda s: s.first_failure is not None and s.at > s.first_failure)
            late = act(snapshot, ident, IncidentAct.DECLARED, "Checkout fails")
            engine.append(replace(late, subject=FIRST_FAILURE))
            snapshot = wait_for(lambda s: s.incident is not None and s.incident.started_at == s.verdict.since)
            record = engine.incident_record(ident)
    assert record is not None
    (incident,) = incidents(record.entries)
    assert incident.started_at < incident.declared_at
    entries = {entry.kind: entry for entry in timeline(record, incident)}
    assert entries[TimelineKind.FIRST_FAILURE].happened_at == incident.started_at
    assert figures(record, incident).started == incident.started_at


def test_an_incident_is_there_when_the_clock_has_gone_back(settings: Settings) -> None:
    """By two hours: its declaration is in the future, and nothing has lasted for a negative time."""
    ident = uuid4().hex
    with simulated("outage") as simulator:
        engine = engine_for(settings, environ_of(simulator), simulator.status_url)
        with running(engine) as wait_for:
            snapshot = wait_for(lambda _: True)
            later = snapshot.at + timedelta(hours=2)
            start = replace(act(snapshot, ident, IncidentAct.DECLARED, "Checkout fails"), at=later)
            engine.append(replace(start, happened_at=later, subject=FIRST_FAILURE))
            snapshot = wait_for(lambda s: declared(s) and s.verdict.severity.grave)
            record = engine.incident_record(ident, snapshot.at)
            # What was known an hour ago is another question.
            assert engine.incident_record(ident, snapshot.at - timedelta(hours=1)) is None
    assert record is not None
    (incident,) = incidents(record.entries)
    found = figures(record, incident)
    assert incident.started_at == found.started == later
    assert found.duration == timedelta()
    assert [entry.kind for entry in timeline(record, incident)] == [TimelineKind.DECLARED]


def test_the_program_declares_once_even_when_two_of_them_watch(settings: Settings) -> None:
    settings = replace(settings, auto_declare=True)
    with (
        simulated("outage") as simulator,
        running(watching(settings, simulator)) as first,
        running(watching(settings, simulator)) as second,
    ):
        seen = [wait(declared) for wait in (first, second)]
        # Either has read by then what the other wrote.
        known = max(published.at for published in seen) + timedelta(seconds=3)
        seen = [wait(lambda s: s.at > known) for wait in (first, second)]
    for snapshot in seen:
        (found,) = incidents(snapshot.engine.incident_entries)
        assert found.is_open
        assert found.declared_by == PROGRAM
        assert found.severity.grave


async def test_an_incident_is_worked_from_the_keys_to_its_export(settings: Settings, tmp_path: Path) -> None:
    with simulated("outage") as simulator:
        engine = engine_for(settings, environ_of(simulator), simulator.status_url)
        app = ClaudeTopApp(replace(settings, responder="ana")).begin(engine, engine.first_snapshot())
        try:
            async with app.run_test(size=(140, 45)) as pilot:
                await until(app, pilot, lambda: proposed(app.newest))
                await pilot.press("i", "enter")
                await until(app, pilot, lambda: declared(app.newest) and "first failure" in plain(app))
                await pilot.press("n")
                await pilot.pause()
                app.screen.query(TextInput).first().value = "-1m: switched to the fallback"
                await pilot.press("enter")
                await until(app, pilot, lambda: "ana: -1m: switched to the fallback" in plain(app))
                await pilot.press("x", "enter")
                await until(app, pilot, lambda: "ana: mitigated" in plain(app))
                await pilot.press("R", "down", "enter")
                await until(app, pilot, lambda: "resolved after" in plain(app))
                assert isinstance(app.screen, IncidentScreen)
                assert "recorded" in plain(app)
        finally:
            await asyncio.to_thread(engine.stop, PATIENCE_S)
        exported(settings, next(settings.data_dir.glob("*.db")).name, tmp_path)


def exported(settings: Settings, name: str, tmp_path: Path) -> None:
    """What was done can be read from the store, and makes the same incident in another."""
    at = SystemClock().now()
    here, there = (
        Store.open(directory, name, now=at) for directory in (settings.data_dir, tmp_path / "there")
    )
    try:
        text = export_text(here, "1", Options(), at, form="json", target="https://api")
        (tmp_path / "incident.json").write_text(text, "utf-8")
        assert import_file(there, tmp_path / "incident.json")[0] == 5
        assert list_of(there, at) == list_of(here, at)
        assert "resolved after" in list_of(there, at)
    finally:
        here.close(PATIENCE_S)
        there.close(PATIENCE_S)


def plain(app: ClaudeTopApp) -> str:
    return plain_screen(app)  # type: ignore[arg-type]


async def until(app: ClaudeTopApp, pilot: Pilot[None], wanted: Callable[[], bool]) -> None:
    """Draws and waits for the next Snapshot until the condition holds."""
    for _ in range(600):
        await pilot.pause()
        if wanted():
            return
        seen = app.newest
        for _ in range(200):
            if app.newest is not seen:
                break
            await pilot.pause(0.05)
    raise AssertionError(f"never came; on screen:\n{plain(app)}")
