"""What has not changed is neither computed nor drawn nor published again."""

from __future__ import annotations

import asyncio
import threading
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from claude_tui.engine import Engine
from claude_tui.engine.sharing import _News
from claude_tui.model.observation import Outcome
from claude_tui.model.playbook import StepMark, StepState
from claude_tui.model.snapshot import Snapshot
from claude_tui.model.verdict import Severity
from claude_tui.settings import load
from claude_tui.tui.panels.latency import LatencyPanel, latency_lines
from claude_tui.tui.render.paint import Paint
from claude_tui.tui.render.theme_files import load_theme
from tests.builders import messages
from tests.functional.engines import CLOCK, PATIENCE_S, engine_on, simulated
from tests.snapshots.pictures import PICTURES

PAINT = Paint(load_theme("dark", None))


class _Panel(LatencyPanel):
    """Without an app around it."""

    @property
    def paint(self) -> Paint:
        return PAINT


def _in(snapshot: Snapshot, seconds: float) -> Snapshot:
    return replace(snapshot, at=snapshot.at + timedelta(seconds=seconds))


@pytest.mark.parametrize("name", ["healthy", "overloaded", "network", "nothing"])
@pytest.mark.parametrize(("cells", "rows"), [(60, 12), (34, 5), (100, 30)])
def test_latency_that_is_drawn_once_is_what_it_would_be_now(name: str, cells: int, rows: int) -> None:
    snapshot = PICTURES[name]()
    expiring = replace(snapshot.latency, tls_expires_at=snapshot.at + timedelta(days=30, seconds=20))
    snapshot = replace(snapshot, latency=expiring)
    panel = _Panel(snapshot)
    for second in (0, 1, 14, 15, 16, 30, 59, 61, 62, 90, 200, 30 * 86_400):
        later = _in(snapshot, second)
        assert panel.lines(later, cells, rows) == latency_lines(later, cells, rows)
    calm = replace(snapshot, verdict=replace(snapshot.verdict, severity=Severity.NONE))
    assert panel.lines(calm, cells, rows) == latency_lines(calm, cells, rows)
    assert panel.lines(calm, cells - 1, rows) == latency_lines(calm, cells - 1, rows)


def test_latency_is_drawn_once_while_nothing_happens() -> None:
    snapshot = PICTURES["healthy"]()
    panel = _Panel(snapshot)
    assert panel.lines(_in(snapshot, 1), 60, 12) is panel.lines(_in(snapshot, 2), 60, 12)
    other = replace(snapshot, latency=replace(snapshot.latency, span=timedelta(minutes=14)))
    assert panel.lines(other, 60, 12) is not panel.lines(snapshot, 60, 12)


async def _publishes_at_once(viewer: Engine) -> bool:
    """Whether a viewer that reads what is new does not wait for the next tick."""
    viewer.publisher._is_urgent = False
    sharing = viewer._sharing
    news = sharing._wait_for_news(None, threading.Event())
    await sharing._take(news, sharing._read_as_viewer)
    return viewer.publisher._is_urgent


def test_a_viewer_publishes_figures_with_its_tick_and_at_once_what_people_do(tmp_path: Path) -> None:
    settings = load({"data_dir": str(tmp_path / "data")}, {}, config=None)
    with simulated("healthy") as simulator:
        collector, viewer = engine_on(simulator, settings), engine_on(simulator, settings)
        try:
            collector.first_snapshot()
            viewer.first_snapshot()
            assert not viewer.publisher.collects
            asyncio.run(_publishes_at_once(viewer))
            store = collector.collector.memory.store
            store.write(messages(CLOCK.now(), Outcome.OVERLOADED))
            assert store.flush(PATIENCE_S)
            assert not asyncio.run(_publishes_at_once(viewer))
            assert viewer.snapshot().errors[0].failures == 1
            store.write(StepMark(CLOCK.now(), "outage", "retries", StepState.DONE, "eve"))
            assert store.flush(PATIENCE_S)
            assert asyncio.run(_publishes_at_once(viewer))
            assert viewer.snapshot().engine.step_marks
        finally:
            viewer.stop(PATIENCE_S)
            collector.stop(PATIENCE_S)


def test_a_collector_is_not_woken_by_what_it_has_written_itself(tmp_path: Path) -> None:
    settings = load({"data_dir": str(tmp_path / "data")}, {}, config=None)
    with simulated("healthy") as simulator:
        collector, other = engine_on(simulator, settings), engine_on(simulator, settings)
        try:
            collector.first_snapshot()
            other.first_snapshot()
            store, sharing, ended = collector.collector.memory.store, collector._sharing, threading.Event()
            ended.set()
            before = sharing._wait_for_news(None, ended)
            store.write(messages(CLOCK.now()))
            assert store.flush(PATIENCE_S)
            after_own = sharing._wait_for_news(before.version, ended)
            assert after_own.version != before.version
            assert not after_own.matters
            other.mark_step(StepMark(CLOCK.now(), "outage", "retries", StepState.DONE, "eve"))
            assert other.collector.memory.store.flush(PATIENCE_S)
            assert sharing._wait_for_news(after_own.version, ended).matters
            asyncio.run(sharing._take(sharing._wait_for_news(None, ended), sharing._handle_requests))
            assert collector.publisher._is_urgent
            assert collector.snapshot().engine.step_marks
        finally:
            other.stop(PATIENCE_S)
            collector.stop(PATIENCE_S)


def test_who_waits_for_news_has_it_at_once_and_ends_when_told_to(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings = load({"data_dir": str(tmp_path / "data")}, {}, config=None)
    with simulated("healthy") as simulator:
        collector, viewer = engine_on(simulator, settings), engine_on(simulator, settings)
        try:
            collector.first_snapshot()
            viewer.first_snapshot()
            store, news = collector.collector.memory.store, viewer._sharing._wait_for_news
            assert store.flush(PATIENCE_S)
            ended = threading.Event()
            monkeypatch.setattr("claude_tui.engine.sharing.FOLLOW_S", 0.0)
            known = news(None, ended).version
            assert known is not None
            assert news(known, ended) == _News(known)
            # From here on, whoever waited would never come back.
            monkeypatch.setattr("claude_tui.engine.sharing.FOLLOW_S", threading.TIMEOUT_MAX)
            store.write(messages(CLOCK.now()))
            assert store.flush(PATIENCE_S)
            found = news(known, ended)
            assert found.matters
            assert found.version != known
            ended.set()
            assert news(found.version, ended) == _News(found.version)
        finally:
            viewer.stop(PATIENCE_S)
            collector.stop(PATIENCE_S)
