"""A drill whose trouble is over before anybody looks: it is in the past when the screen opens."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import pytest

from claude_tui.drills.loading import load_drill_record
from claude_tui.drills.scoring import score
from claude_tui.engine import Engine
from claude_tui.engine.demo import drill_engine
from claude_tui.model.drill import DrillAct, DrillEntry
from claude_tui.model.observation import Outcome, Source
from claude_tui.model.verdict import Cause, Severity
from claude_tui.runbook import shipped
from claude_tui.settings import load
from claude_tui.simulator.scenario import load_drill
from claude_tui.store import VERDICT_CHANGES, Store
from tests.simulated import START, ManualClock

NAME = "drill-04"
DOWN_S, SEEN_S = 75.0, 198.0


@pytest.fixture(params=[1.0, 3.0], ids=["speed-1", "speed-3"])
def speed(request: pytest.FixtureRequest) -> float:
    found: float = request.param
    return found


@pytest.fixture
def store(tmp_path: Path) -> Store:
    return Store.open(tmp_path, "drill.db", now=START)


@pytest.fixture
def engine(store: Store, tmp_path: Path, speed: float) -> Engine:
    script, _ = load_drill(NAME)
    started = DrillEntry(START, DrillAct.STARTED, "ana", scenario=NAME, speed=speed)
    settings = load({"data_dir": str(tmp_path)}, {}, config=None)
    return drill_engine(settings, script, started, store, clock=ManualClock())


def test_the_screen_opens_on_a_healthy_api_with_the_outage_in_the_record(
    engine: Engine, store: Store, speed: float
) -> None:
    first = engine.first_snapshot()
    assert (first.at, first.verdict.cause) == (START, Cause.HEALTHY)
    changes = store.entries(VERDICT_CHANGES, START - timedelta(hours=1))
    assert [change.cause for change in changes if change.severity is Severity.P1] == [Cause.PROVIDER_OUTAGE]
    assert changes[-1].cause is Cause.HEALTHY
    assert changes[-1].at < START
    failed = [
        observation
        for observation in store.observations(START - timedelta(hours=1))
        if observation.outcome.failed
    ]
    messages = [observation for observation in failed if observation.source is Source.MESSAGES]
    assert {message.outcome for message in messages} == {Outcome.SERVER_ERROR}
    assert all(message.request_id and message.timings.total for message in messages)
    lasted = (messages[-1].at - messages[0].at).total_seconds()
    assert lasted == pytest.approx(DOWN_S / speed, abs=6.0)
    assert (START - messages[-1].at).total_seconds() == pytest.approx((SEEN_S - 3 - DOWN_S) / speed, abs=6.0)
    store.close()


def test_the_page_of_that_time_counts_and_nobody_is_late_for_what_was_before(
    engine: Engine, store: Store, speed: float
) -> None:
    first = engine.first_snapshot()
    assert first.engine.alerts.problem is None
    store.write(DrillEntry(START, DrillAct.STARTED, "ana", scenario=NAME, speed=speed, before_s=SEEN_S))
    answered = START + timedelta(seconds=40)
    store.write(DrillEntry(answered, DrillAct.ANSWERED, "ana", cause=Cause.PROVIDER_OUTAGE))
    assert store.flush(10.0)
    script, truth = load_drill(NAME)
    drill = load_drill_record(store, answered)
    assert drill is not None
    found = score(drill, truth, script.trouble_s, shipped())
    assert found is not None
    assert (found.pages, found.missed_pages, found.false_pages) == (1, 0, 0)
    assert found.noticed_s == 40.0
    store.close()
