"""The wall clock is set while the program runs, or the machine sleeps for hours: nothing false follows."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from claude_tui.alerting.routes import Route, RouteKind
from claude_tui.model.observation import Source
from claude_tui.model.snapshot import Snapshot
from claude_tui.model.verdict import Cause
from claude_tui.probes.clock import SystemClock
from claude_tui.settings import Settings
from tests.functional.engines import counting, engine_on, running, simulated
from tests.functional.still import still_app
from tests.functional.test_acknowledge import plain_screen

HOURS = timedelta(hours=2)


class SetClock(SystemClock):
    """A wall clock that is moved, while the monotonic one goes on."""

    ahead = timedelta()

    def now(self) -> datetime:
        return super().now() + self.ahead

    def set_to(self, at: datetime) -> None:
        self.ahead = at - super().now()


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    return Settings(file=None, data_dir=tmp_path)


@pytest.mark.parametrize(
    "to",
    [
        lambda now: now + HOURS,
        lambda now: now - HOURS,
        lambda _: datetime(1970, 1, 1, 0, 0, 20, tzinfo=UTC),
        lambda _: datetime(2038, 1, 19, 3, 14, 5, tzinfo=UTC),
    ],
    ids=["two hours on", "two hours back", "1970", "2038"],
)
async def test_setting_the_clock_is_no_trouble_of_the_api(
    settings: Settings, to: Callable[[datetime], datetime]
) -> None:
    clock = SetClock()
    seen: list[Snapshot] = []

    def watched(snapshot: Snapshot) -> bool:
        seen.append(snapshot)
        return False

    with counting() as hook, simulated("healthy") as simulator:
        engine = engine_on(simulator, settings, Route("hook", RouteKind.APPRISE, hook.url), clock=clock)
        with running(engine) as wait_for:
            wait_for(lambda s: s.verdict.cause is Cause.HEALTHY)
            then = to(clock.now())
            clock.set_to(then)
            wait_for(lambda s: watched(s) or (s.at >= then and answered_since(s, then) and len(seen) > 12))
    judged = [(snapshot.verdict.cause, snapshot.verdict.severity) for snapshot in seen]
    assert not [snapshot for snapshot in seen if snapshot.verdict.severity.trouble], judged
    assert seen[-1].verdict.cause is Cause.HEALTHY
    assert hook.pages == []
    assert not re.findall(r"-\d+(?:\.\d+)? ?(?:s|ms|m|h|d)\b", await shown(seen[-1]))


async def test_the_time_of_a_sleep_is_unknown(settings: Settings) -> None:
    """A machine that wakes after two hours has not been down: nobody probed."""
    clock = SetClock()
    with simulated("healthy") as simulator:
        engine = engine_on(simulator, settings, clock=clock)
        with running(engine) as wait_for:
            wait_for(lambda s: s.verdict.cause is Cause.HEALTHY)
            asleep = clock.now()
            awake = asleep + HOURS
            clock.set_to(awake)
            wait_for(lambda s: s.at >= awake and answered_since(s, awake))
            record = engine.history_record(clock.now() + timedelta(hours=1))
    hours = {row.hour for row in record.rows}
    between = (asleep + timedelta(hours=1)).replace(minute=0, second=0, microsecond=0)
    assert int(between.timestamp() // 3600) not in hours
    assert not [change for change in record.verdicts if change.severity.trouble]


def answered_since(snapshot: Snapshot, then: datetime) -> bool:
    """Whether each source has answered at the new time, if the clock was set on."""
    last = {probe.source: probe.last_at for probe in snapshot.engine.probes}
    return all(
        at is not None and at >= then for source, at in last.items() if source is not Source.OTHER_MODELS
    )


async def shown(snapshot: Snapshot) -> str:
    app, _ = still_app(snapshot)
    async with app.run_test(size=(120, 40)) as pilot:
        await pilot.pause()
        return plain_screen(app)
