"""An agent leaves out Snapshots that nobody needs, and yet records, pages and logs as if it made them all.

Two publishers live through the same: one makes every Snapshot, the other leaves some out.
"""

from __future__ import annotations

import asyncio
import tempfile
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

from hypothesis import Phase, given, settings
from hypothesis import strategies as st

from claude_tui.alerting.manager import Alerting
from claude_tui.alerting.persistence import StateBackend
from claude_tui.alerting.routes import AlertSettings
from claude_tui.alerting.rules import load_rules, named_thresholds
from claude_tui.engine.agent_log import changes
from claude_tui.engine.attendance import Attendance
from claude_tui.engine.collector import Collector
from claude_tui.engine.identity import this_process
from claude_tui.engine.journal import Journal
from claude_tui.engine.memory import Memory
from claude_tui.engine.paging import Paging, PagingSetup, StoreBackend
from claude_tui.engine.publisher import Incidents, Publisher
from claude_tui.engine.setup import Monitored
from claude_tui.engine.sources import Endpoint, Pace, options_from
from claude_tui.engine.traffic import FollowedTraffic
from claude_tui.engine.viewer import Viewer
from claude_tui.model.observation import Observation, Outcome, RateLimitReading
from claude_tui.model.playbook import SeverityMark
from claude_tui.model.snapshot import Snapshot, Target
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


@dataclass
class _Clock:
    at: datetime

    def now(self) -> datetime:
        return self.at

    def monotonic(self) -> float:
        return self.at.timestamp()


class _Life:
    """A publisher that collects, on a clock of its own, and what it has told."""

    def __init__(self, directory: Path, *, watched: bool) -> None:
        self.clock = clock = _Clock(after(0))
        self.store = Store.open(directory, "life.db", now=clock.now())
        self.made: list[Snapshot] = []
        self.logged: list[tuple[datetime, str]] = []
        self.status_lines: list[StatusLine | None] = []
        memory = Memory(self.store, timedelta(hours=24), clock)
        monitored = Monitored(TARGET, _no_endpoint, Pace.of(SETTINGS))
        options = options_from(SETTINGS, monitored.pace)
        self.collector = Collector(SETTINGS, monitored, memory, clock)
        self.journal = Journal(self.store)
        self.paging = Paging(
            PagingSetup(self._open_alerting), StoreBackend(self.store, TARGET.base_url, clock.now)
        )
        attendance = Attendance(self.store.path, this_process(clock.now()), clock, screen=False)
        self.publisher = Publisher(
            self.collector,
            Viewer(memory, clock, timedelta()),
            options,
            self.journal,
            self.paging,
            attendance,
            None,
            clock,
            Incidents(AFTER, auto_declare=True, host="here"),
            FollowedTraffic(self.store, options.traffic),
            watched=watched,
        )
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

    def told(self) -> dict[str, object]:
        """All that others learn of it, each with its instant."""
        return {
            "verdicts": self.journal.verdicts,
            "alerts": self.paging.view.journal,
            "groups": self.paging.view.groups,
            "incidents": [(each.at, each.act, each.happened_at) for each in self.journal.incident_entries],
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


def _lived(directory: Path, phases: list[tuple[str, int]], *, watched: bool, every_s: int = 13) -> _Life:
    life = _Life(directory, watched=watched)
    for step, seconds in phases:
        for second in range(seconds):
            due = second == 0 if step == "person" else second % every_s == 0
            listed = step == "good" and second % 9 == 4
            life.second(step if due else "list" if listed else None)
    return life


# A failure is not made smaller: each attempt is a life of minutes.
@settings(max_examples=6, phases=[Phase.explicit, Phase.reuse, Phase.generate])
@given(PHASES)
def test_what_is_recorded_paged_and_logged_is_the_same_at_the_same_instants(
    phases: list[tuple[str, int]],
) -> None:
    with tempfile.TemporaryDirectory() as directory:
        lives = [_lived(Path(directory, str(seen)), phases, watched=seen) for seen in (True, False)]
        watched, agent = (life.told() for life in lives)
        for life in lives:
            life.close()
    assert agent == watched


def test_a_verdict_that_only_time_changes_is_recorded_in_its_second(tmp_path: Path) -> None:
    phases = [("good", 120), ("", 400)]
    watched, agent = (_lived(tmp_path / str(seen), phases, watched=seen) for seen in (True, False))
    assert [each.cause for each in watched.journal.verdicts] == [Cause.HEALTHY, Cause.UNKNOWN]
    assert agent.told() == watched.told()
    watched.close()
    agent.close()


def test_the_status_line_keeps_a_verdict_in_its_second_and_figures_soon(tmp_path: Path) -> None:
    phases = [("good", 120), ("error", 1), ("good", 1250)]
    watched, agent = (
        _lived(tmp_path / str(seen), phases, watched=seen, every_s=40) for seen in (True, False)
    )
    stages = [line.stage for line in watched.status_lines if line is not None]
    assert "checking" in stages
    assert stages[-1] == ""
    assert agent.told() == watched.told()
    # The figures are kept every five seconds.
    for second, line in enumerate(agent.status_lines):
        assert line in watched.status_lines[max(second - 5, 0) : second + 1]
    watched.close()
    agent.close()


def test_most_seconds_of_an_agent_make_no_snapshot_but_each_in_which_something_arrives(
    tmp_path: Path,
) -> None:
    life = _lived(tmp_path, [("good", 300)], watched=False)
    made = {(snapshot.at - after(1)).total_seconds() for snapshot in life.made}
    life.close()
    assert len(made) < 150
    assert made >= {float(second) for second in range(300) if second % 13 == 0 or second % 9 == 4}


def test_an_incident_is_declared_in_the_second_in_which_it_is_due(tmp_path: Path) -> None:
    phases = [("good", 60), ("error", 200)]
    watched, agent = (_lived(tmp_path / str(seen), phases, watched=seen) for seen in (True, False))
    declared = watched.told()["incidents"]
    assert declared
    assert agent.told()["incidents"] == declared
    watched.close()
    agent.close()


def test_after_a_fault_of_the_program_each_second_is_tried(tmp_path: Path) -> None:
    life = _lived(tmp_path, [("good", 60)], watched=False)
    traffic = life.publisher._traffic
    life.publisher._traffic = None  # type: ignore[assignment]
    life.second(None)
    assert life.made[-1].engine.notices[-1].text.startswith("the display is frozen")
    life.publisher._traffic = traffic
    life.second(None)
    life.close()
    assert life.made[-1].at == life.clock.at
    assert not any("frozen" in notice.text for notice in life.made[-1].engine.notices)
