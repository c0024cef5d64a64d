"""The past computed again is what was on screen then, for a whole incident played by the simulator."""

from __future__ import annotations

import queue
import sqlite3
from contextlib import closing
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path

from claude_tui.engine.conditions import Conditions
from claude_tui.engine.demo import demo_engine
from claude_tui.engine.past import Past
from claude_tui.engine.window import finished_at
from claude_tui.model.past import Move, MoveKind
from claude_tui.model.snapshot import Event, EventKind, Snapshot
from claude_tui.settings import load
from claude_tui.simulator.scenario import load as load_scenario
from claude_tui.store import Store
from claude_tui.store.instants import from_micros

PATIENCE_S = 60.0
SNAPSHOTS, SPEED = 40, 8.0
# What was known when a probe has just ended, or traffic has just been recorded, depends on who was quicker.
_UNCLEAR = timedelta(milliseconds=700)
# Alert events and notifications are known from when they were stored, which a busy machine does late:
# here after 5 s of real time at most.
_STORED = timedelta(seconds=5 * SPEED)
_STORED_LATE = {EventKind.ALERT, EventKind.STATUS}


# An engine that starts shows the last hour first; what it had not read yet it did not know.
_ALL_READ = timedelta(minutes=80)


def has_read_all(snapshot: Snapshot) -> bool:
    spans = [series.baseline_span for series in snapshot.latency.series]
    traffic_read = snapshot.traffic is not None
    return traffic_read and all(span is not None and span > _ALL_READ for span in spans)


def judged(snapshot: Snapshot) -> tuple[object, ...]:
    """What the panels show, which a past Snapshot always has as of its own instant."""
    return (
        snapshot.errors,
        snapshot.latency,
        snapshot.headroom,
        snapshot.status.level,
        snapshot.engine.target,
        [event for event in snapshot.events if event.at < snapshot.at - _lag(event)],
    )


def _lag(event: Event) -> timedelta:
    return _STORED if event.kind in _STORED_LATE else _UNCLEAR


def has_read_traffic(live: Snapshot, then: Snapshot) -> bool:
    """Whether the engine had read what the proxy had recorded, which a busy machine does late as well."""
    assert live.traffic is not None
    assert then.traffic is not None
    # What changes by the minute is summed in another order, or was not read yet at the first moment.
    ours, theirs = (replace(view, usual=None, today_usd=None) for view in (live.traffic, then.traffic))
    return ours == theirs


def has_read_probes(live: Snapshot, then: Snapshot) -> bool:
    """Whether the engine knew of each exchange that was over, which a busy machine learns late."""
    ours, theirs = ({probe.source for probe in seen.engine.probes if probe.running} for seen in (live, then))
    return ours <= theirs


def recorded_traffic(database: Path) -> list[datetime]:
    """When roll-ups were recorded."""
    with closing(sqlite3.connect(database)) as connection:
        rows = connection.execute("SELECT DISTINCT recorded FROM traffic_rolls").fetchall()
    return [from_micros(recorded) for (recorded,) in rows]


def test_every_past_snapshot_is_the_one_that_was_live(tmp_path: Path) -> None:
    settings = load({}, {}, config=None)
    engine = demo_engine(settings, load_scenario("tour"), SPEED, tmp_path)
    engine.first_snapshot()
    published: queue.Queue[Snapshot] = queue.Queue()
    engine.start(published.put)
    try:
        live = [published.get(timeout=PATIENCE_S) for _ in range(SNAPSHOTS)]
    finally:
        engine.stop(PATIENCE_S)
    store = Store.open(tmp_path, "demo.db", now=live[-1].at)
    ends = [finished_at(observation) for observation in store.observations(live[0].at - timedelta(minutes=5))]
    ends += recorded_traffic(tmp_path / "demo.db")
    past, compared = Past(store, Conditions()), []
    for snapshot in filter(has_read_all, live):
        then = past.whole(snapshot.at)
        unclear = any(timedelta() <= snapshot.at - end < _UNCLEAR for end in ends)
        if not unclear and has_read_probes(snapshot, then) and has_read_traffic(snapshot, then):
            assert then.verdict == snapshot.verdict
            assert snapshot.panels_at is not None or judged(then) == judged(snapshot)
            compared.append(snapshot.verdict.cause)
    store.close()
    assert len(compared) > 3
    assert len(set(compared)) > 1


def test_an_engine_shows_the_past_beside_the_present(tmp_path: Path) -> None:
    settings = load({}, {}, config=None)
    engine = demo_engine(settings, load_scenario("tour"), SPEED, tmp_path)
    first = engine.first_snapshot()
    published: queue.Queue[Snapshot] = queue.Queue()
    engine.start(published.put)

    def next_one(*, past: bool) -> Snapshot:
        while True:
            snapshot = published.get(timeout=PATIENCE_S)
            if (snapshot.past is not None) is past:
                return snapshot

    try:
        next_one(past=False)
        engine.travel(Move(MoveKind.INSTANT, to=first.at - timedelta(hours=1)))
        then = next_one(past=True)
        assert then.at == first.at - timedelta(hours=1)
        assert next_one(past=False).at > first.at
        engine.return_to_live()
        assert next_one(past=False).past is None
    finally:
        engine.stop(PATIENCE_S)
