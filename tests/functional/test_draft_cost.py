"""A drafted text is paid for out of the target's daily ceiling, whichever process asked for it."""

from __future__ import annotations

import queue
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from claude_tui.engine import Engine, compose
from claude_tui.engine.drafting import DraftError
from claude_tui.model.snapshot import Snapshot
from claude_tui.settings import load
from claude_tui.simulator.scenario import load as scenario
from claude_tui.simulator.thread import SimulatorThread

MODEL = "claude-haiku-5-5"
WITHIN_S = 60.0


@pytest.fixture(scope="module")
def environ() -> Iterator[dict[str, str]]:
    simulator = SimulatorThread(scenario("healthy"), latency_scale=0.0)
    simulator.start()
    yield {"ANTHROPIC_API_KEY": "sk-ant-api03-no-real-key", "ANTHROPIC_BASE_URL": simulator.base_url}
    simulator.stop()


def engine(environ: dict[str, str], directory: Path, ceiling_usd: float = 0.5) -> Engine:
    url = environ["ANTHROPIC_BASE_URL"]
    flags = {"data_dir": str(directory), "status_urls": url, "base_url": url}
    settings = load(flags, {"CLAUDE_TOP_DAILY_CEILING_USD": str(ceiling_usd)}, config=None)
    return compose.live(settings, environ)


def test_the_collector_counts_what_a_viewer_paid_for(environ: dict[str, str], tmp_path: Path) -> None:
    collector, viewer = engine(environ, tmp_path), engine(environ, tmp_path)
    shown: queue.Queue[Snapshot] = queue.Queue()
    try:
        assert collector.first_snapshot().engine.spend.today_usd == 0.0
        viewer.first_snapshot()
        collector.start(shown.put)
        answer = viewer.draft(MODEL, "You write.", "Something happened. " * 500)
        assert answer.cost_usd > 0
        memory = collector.collector.memory
        end = time.monotonic() + WITHIN_S
        while (spent := shown.get(timeout=WITHIN_S).engine.spend.today_usd) != pytest.approx(
            memory.cost_today_usd() + answer.cost_usd
        ):
            assert time.monotonic() < end, f"it has counted {spent}, and the draft cost {answer.cost_usd}"
    finally:
        viewer.stop()
        collector.stop()


def test_no_draft_is_asked_for_beyond_the_ceiling(environ: dict[str, str], tmp_path: Path) -> None:
    poor = engine(environ, tmp_path, ceiling_usd=0.001)
    try:
        poor.first_snapshot()
        with pytest.raises(DraftError, match="left of daily_ceiling_usd"):
            poor.draft(MODEL, "You write.", "Something happened.")
    finally:
        poor.stop()
