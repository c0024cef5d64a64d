"""Most Snapshots use the views of the newest one, yet all is recorded, paged and logged as if all were new.

Three publishers get the same data: one builds every Snapshot, one those that somebody watches, and one is an
agent, which leaves some out.
"""

from __future__ import annotations

import asyncio
import tempfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import Enum
from itertools import pairwise
from pathlib import Path

import pytest
from hypothesis import Phase, given, settings
from hypothesis import strategies as st

from claude_tui.alerting.manager import Alerting
from claude_tui.alerting.persistence import StateBackend
from claude_tui.alerting.routes import AlertSettings
from claude_tui.alerting.rules import load_rules, named_thresholds
from claude_tui.engine.agent_log import changes
from claude_tui.engine.attendance import Attendance
from claude_tui.engine.components import make_components
from claude_tui.engine.identity import this_process
from claude_tui.engine.paging import PagingSetup
from claude_tui.engine.publisher import Incidents, Publish, Publisher
from claude_tui.engine.setup import Monitored
from claude_tui.engine.sources import Endpoint, Pace
from claude_tui.model.alert import AlertsView
from claude_tui.model.arrangement import Panel
from claude_tui.model.observation import Observation, Outcome, RateLimitReading
from claude_tui.model.playbook import SeverityMark
from claude_tui.model.snapshot import Focus, Snapshot, Target
from claude_tui.model.status_line import StatusLine
from claude_tui.model.verdict import Cause, Severity
from claude_tui.probes.report import Report
from claude_tui.settings import Settings, load
from claude_tui.store import Store
from tests.builders import after, messages, models

SETTINGS = load({}, {}, config=None)
TARGET = Target("prod", "https://api.anthropic.com", "api.anthropic.com", "claude-haiku-4-5")
AFTER = timedelta(seconds=45)
PATIENCE_S = 60.0


class Maker(Enum):
    """Which Snapshots a publisher builds from scratch."""

    ALL = "all"
    WATCHED = "those that somebody watches"
    AGENT = "those of an agent"


@dataclass
class _Clock:
    at: datetime

    def now(self) -> datetime:
        return self.at

    def monotonic(self) -> float:
        return self.at.timestamp()


class _Life:
    """A publisher that collects, on a clock of its own, and what it has published."""

    def __init__(self, directory: Path, maker: Maker) -> None:
        self.clock = clock = _Clock(after(0))
        self.store = Store.open(directory, "life.db", now=clock.now())
        self.made: list[Snapshot] = []
        self.logged: list[tuple[datetime, str]] = []
        self.status_lines: list[StatusLine | None] = []
        monitored = Monitored(TARGET, _no_endpoint, Pace.of(SETTINGS))
        attendance = Attendance(self.store.path, this_process(clock.now()), clock, screen=False)
        alerts = PagingSetup(self._open_alerting)
        components = make_components(SETTINGS, monitored, self.store, clock, alerts, attendance)
        assert components.paging is not None
        self.collector, self.journal, self.paging = (
            components.collector,
            components.journal,
            components.paging,
        )
        incidents = Incidents(AFTER, auto_declare=True, host="here")
        self.publisher = Publisher(components, incidents, watched=maker is not Maker.AGENT)
        if maker is Maker.ALL:
            self.publisher._with_reused_views = lambda: None  # type: ignore[method-assign]
        self.publisher.collects = attendance.enter()
        asyncio.run(self.paging.open())

    def _open_alerting(self, backend: StateBackend) -> Alerting:
        rules = load_rules(thresholds=named_thresholds(Settings()))
        return Alerting(rules, AlertSettings(), target=TARGET, backend=backend, now=self.clock.now)

    def publish(self, snapshot: Snapshot) -> None:
        before = self.made[-1] if self.made else None
        self.logged += [(snapshot.at, text) for text in changes(before, snapshot)]
        self.made.append(snapshot)

    def second(self, step: str | None) -> None:
        """One more second, after what happens in it."""
        self.clock.at += timedelta(seconds=1)
        if step in STEPS:
            self.collector.deliver(Report(STEPS[step](self.clock.at - timedelta(seconds=0.5))))
        elif step == "person":
            mark = SeverityMark(self.clock.at, Severity.P2, Severity.P3, "eve")
            self.journal.severity_marked(mark)
        self.publisher.tick(self.publish)
        kept = self.publisher._status_line._kept
        self.status_lines.append(kept._replace(at=0.0) if kept is not None else None)

    def published(self) -> dict[str, object]:
        """Everything that it records, notifies and logs, each with its instant."""
        return {
            "verdicts": self.journal.verdicts,
            "alerts": self.paging.view.journal,
            "groups": self.paging.view.groups,
            "incidents": [
                (entry.at, entry.act, entry.happened_at) for entry in self.journal.incident_entries
            ],
            "log": self.logged,
            "status lines": [line and line[1:7] for line in self.status_lines],
        }

    def close(self) -> None:
        self.store.close(PATIENCE_S)


def _no_endpoint() -> Endpoint:
    raise AssertionError("nothing is probed here")


def _left(at: datetime) -> int:
    return 50_000 - 997 * int(at.timestamp()) % 49_000


STEPS: dict[str, Callable[[datetime], Observation]] = {
    "good": lambda at: messages(at, limits=[RateLimitReading("input", 50_000, _left(at), None)]),
    "hardly used": lambda at: messages(at, limits=[RateLimitReading("input", 50_000, 49_000, None)]),
    "nearly used up": lambda at: messages(
        at, limits=[RateLimitReading("input", 50_000, max(9_000 - 40 * int(at.timestamp()) % 2_000, 0), None)]
    ),
    "overloaded": lambda at: messages(at, Outcome.OVERLOADED),
    "error": lambda at: messages(at, Outcome.SERVER_ERROR),
    "list": models,
    "no list": lambda at: models(at, Outcome.TIMEOUT),
}
# Phases of one kind, so that there are troubles and recoveries; and silences, in which a verdict gets old.
PHASES = st.lists(
    st.tuples(
        st.sampled_from(["good", "overloaded", "error", "no list", "person", "", ""]), st.integers(20, 260)
    ),
    min_size=2,
    max_size=5,
)


def _lived(
    directory: Path, phases: list[tuple[str, int]], maker: Maker = Maker.AGENT, *, every_s: int = 13
) -> _Life:
    life = _Life(directory / maker.name, maker)
    for step, seconds in phases:
        for second in range(seconds):
            due = second == 0 if step == "person" else second % every_s == 0
            listed = step == "good" and second % 9 == 4
            life.second(step if due else "list" if listed else None)
    return life


def _all_lived(directory: Path, phases: list[tuple[str, int]], *, every_s: int = 13) -> Iterator[_Life]:
    """The same life of each maker, the one that makes all Snapshots first."""
    for maker in Maker:
        life = _lived(directory, phases, maker, every_s=every_s)
        life.close()
        yield life


# A failure is not made smaller: each attempt is a life of minutes.
@settings(max_examples=6, phases=[Phase.explicit, Phase.reuse, Phase.generate])
@given(PHASES)
def test_what_is_recorded_paged_and_logged_is_the_same_at_the_same_instants(
    phases: list[tuple[str, int]],
) -> None:
    with tempfile.TemporaryDirectory() as directory:
        whole, watched, agent = _all_lived(Path(directory), phases)
    assert watched.published() == whole.published()
    assert agent.published() == whole.published()
    for made, anew in zip(watched.made, whole.made, strict=True):
        assert _without_views(made) == _without_views(anew)
        assert made.panels_at is None or timedelta() < made.at - made.panels_at < timedelta(seconds=12)


def _without_views(snapshot: Snapshot) -> tuple[object, ...]:
    """The parts that every Snapshot computes again."""
    return snapshot.at, replace(snapshot.engine, alerts=AlertsView()), snapshot.verdict, snapshot.incident


def test_a_verdict_that_only_time_changes_is_recorded_in_its_second(tmp_path: Path) -> None:
    whole, watched, agent = _all_lived(tmp_path, [("good", 120), ("", 400)])
    assert [verdict.cause for verdict in whole.journal.verdicts] == [Cause.HEALTHY, Cause.UNKNOWN]
    assert agent.published() == watched.published() == whole.published()


def test_the_status_line_keeps_a_verdict_in_its_second_and_figures_soon(tmp_path: Path) -> None:
    whole, watched, agent = _all_lived(tmp_path, [("good", 120), ("error", 1), ("good", 1250)], every_s=40)
    stages = [line.stage for line in whole.status_lines if line is not None]
    assert "checking" in stages
    assert stages[-1] == ""
    assert agent.published() == watched.published() == whole.published()
    # The figures are kept every five seconds.
    for second, line in enumerate(agent.status_lines):
        assert line in whole.status_lines[max(second - 5, 0) : second + 1]


def test_most_seconds_make_no_new_views_but_each_in_which_something_arrives(tmp_path: Path) -> None:
    for maker in (Maker.WATCHED, Maker.AGENT):
        life = _lived(tmp_path, [("hardly used", 300)], maker)
        life.close()
        anew = {
            (snapshot.at - after(1)).total_seconds() for snapshot in life.made if snapshot.panels_at is None
        }
        assert len(anew) < 150
        assert anew >= {float(second) for second in range(300) if second % 13 == 0}
        assert len(life.made) == (len(anew) if maker is Maker.AGENT else 300)


class _EndOfLifeError(Exception):
    """The seconds are over."""


@pytest.mark.parametrize(
    ("phase", "most_apart", "looks"),
    # Where a limit that runs out is watched, each second is counted.
    [("hardly used", 4, range(8, 9)), ("overloaded", 4, range(8, 9)), ("nearly used up", 1, range(20, 21))],
)
def test_the_verdict_is_looked_at_as_something_arrives_and_else_seldom(
    tmp_path: Path, phase: str, most_apart: int, looks: range
) -> None:
    life = _lived(tmp_path, [(phase, 100)], Maker.WATCHED, every_s=10)
    looked: list[float] = []
    start = life.clock.at
    arrivals = [start + timedelta(seconds=second - 0.5) for second in (5, 10, 15)]

    async def is_woken(within_s: float) -> bool:
        until = life.clock.at + timedelta(seconds=within_s)
        if arrivals and arrivals[0] <= until:
            life.clock.at = arrivals.pop(0)
            life.collector.deliver(Report(STEPS[phase](life.clock.at)))
            return True
        life.clock.at = until
        return False

    def tick(publish: Publish) -> None:
        passed_s = (life.clock.at - start).total_seconds()
        if passed_s >= 20:
            raise _EndOfLifeError
        looked.append(passed_s)
        Publisher.tick(life.publisher, publish)

    life.publisher._is_woken = is_woken  # type: ignore[method-assign]
    life.publisher.tick = tick  # type: ignore[method-assign]
    with pytest.raises(_EndOfLifeError):
        asyncio.run(life.publisher.run(life.publish))
    life.close()
    assert {5, 10, 15} <= {*looked}
    assert max(later - sooner for sooner, later in pairwise(looked)) == most_apart
    assert len(looked) in looks


def test_a_watched_limit_that_runs_out_is_counted_each_second(tmp_path: Path) -> None:
    life = _lived(tmp_path, [("hardly used", 40), ("nearly used up", 30)], Maker.WATCHED)
    life.close()
    left = [snapshot.headroom.buckets[0].exhausted_in for snapshot in life.made[45:]]
    assert len({*left}) > 15


def test_the_screen_shows_the_views_of_now_when_a_panel_is_zoomed(tmp_path: Path) -> None:
    life = _lived(tmp_path, [("hardly used", 40)], Maker.WATCHED)
    life.publisher.focus = Focus(Panel.LATENCY, timedelta(hours=1))
    for _ in range(5):
        life.second(None)
    life.close()
    assert not any(snapshot.panels_at for snapshot in life.made[-5:])


def test_an_incident_is_declared_in_the_second_in_which_it_is_due(tmp_path: Path) -> None:
    declared = [
        life.published()["incidents"] for life in _all_lived(tmp_path, [("good", 60), ("error", 200)])
    ]
    assert declared[0]
    assert declared[1:] == declared[:1] * 2


def test_after_a_fault_of_the_program_each_second_is_tried(tmp_path: Path) -> None:
    life = _lived(tmp_path, [("good", 60)])
    traffic = life.publisher._traffic
    life.publisher._traffic = None  # type: ignore[assignment]
    life.second(None)
    assert life.made[-1].engine.notices[-1].text.startswith("the display is frozen")
    life.publisher._traffic = traffic
    life.second(None)
    life.close()
    assert life.made[-1].at == life.clock.at
    assert not any("frozen" in notice.text for notice in life.made[-1].engine.notices)
