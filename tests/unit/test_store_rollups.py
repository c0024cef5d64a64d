"""Hours are rolled up before they are pruned: once, whole or not at all, and the report stays the same."""

from __future__ import annotations

import sqlite3
import tempfile
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from claude_tui.analysis.uptime.columns import Service
from claude_tui.analysis.uptime.hours import DEFAULT_REACH, HOUR, hour_of
from claude_tui.analysis.uptime.record import LONGEST, Record
from claude_tui.analysis.uptime.report import build_report
from claude_tui.analysis.uptime.tally import Tally
from claude_tui.model.gateway import Platform
from claude_tui.model.incident import IncidentAct
from claude_tui.model.observation import Observation, Outcome, Source, Timings
from claude_tui.store.backlog import Record as Stored
from claude_tui.store.faults import StoreError
from claude_tui.store.files import connect
from claude_tui.store.instants import to_micros
from claude_tui.store.record import read_record
from claude_tui.store.schema import prepare
from claude_tui.store.writing import WriteSession
from tests.store_values import (
    NOW,
    act,
    at,
    database,
    first_version,
    listed,
    marked,
    opened,
    page,
    query,
    seen,
    turned,
)

DAY = 86_400
OURS = ("Claude API",)


@contextmanager
def session(directory: Path, **options: Any) -> Iterator[WriteSession]:
    path = database(directory)
    path.parent.mkdir(exist_ok=True)
    path.touch()
    connection = sqlite3.connect(path, isolation_level=None, **options)
    prepare(connection)
    writing = WriteSession(connection, None)
    try:
        yield writing
    finally:
        writing.close()


def add(writing: WriteSession, records: Iterable[Stored]) -> None:
    assert writing.add(records) == []
    writing.commit()


def read(directory: Path, now: datetime = NOW) -> Record:
    return read_record(database(directory), now, DEFAULT_REACH, LONGEST)


def roll_up_all(writing: WriteSession, now: datetime = NOW) -> None:
    while not writing.roll_up(hour_of(to_micros(now)) - 2, DEFAULT_REACH):
        pass


def prune(writing: WriteSession, before: datetime) -> None:
    while not writing.prune(to_micros(before)):
        pass


def probed(start_s: int, end_s: int, outcome: Outcome = Outcome.OK) -> list[Observation]:
    """Messages every 30 seconds."""
    return [
        seen(second, outcome=outcome, model="haiku", timings=Timings(first_token=0.4, total=0.6))
        for second in range(start_s, end_s, 30)
    ]


def test_a_record_names_the_platform_of_the_newest_probe(tmp_path: Path) -> None:
    with session(tmp_path) as writing:
        gateway = [
            replace(observation, target="https://gateway.example.com") for observation in probed(-300, -200)
        ]
        direct = [
            replace(observation, target="https://api.anthropic.com") for observation in probed(-100, -10)
        ]
        add(writing, [*gateway, *direct])
    assert read(tmp_path).platform is Platform.API
    assert read(tmp_path, NOW - timedelta(seconds=200)).platform is None


observations = st.lists(
    st.builds(
        Observation,
        at=st.integers(-10 * 3600 * 1000, -1).map(lambda ms: NOW + timedelta(milliseconds=ms)),
        source=st.sampled_from(Source),
        target=st.just("https://api.example.com"),
        outcome=st.sampled_from(Outcome),
        error_type=st.sampled_from([None, "overloaded_error", "…"]),
        model=st.sampled_from([None, "haiku", "opus"]),
        timings=st.builds(
            Timings, first_token=st.none() | st.floats(0, 30), total=st.none() | st.floats(0, 900)
        ),
    ),
    max_size=80,
)


@settings(max_examples=40)
@given(observations)
def test_a_report_is_the_same_before_and_after_rolling_up_and_pruning(found: list[Observation]) -> None:
    with tempfile.TemporaryDirectory() as scratch, session(Path(scratch)) as writing:
        add(writing, found)
        from_rows = read(Path(scratch))
        roll_up_all(writing)
        assert read(Path(scratch)) == from_rows
        prune(writing, NOW - timedelta(hours=4))
        assert read(Path(scratch)) == from_rows
        assert not query(Path(scratch), "SELECT at FROM observations WHERE at < ?", to_micros(at(-4 * 3600)))


@settings(max_examples=40)
@given(observations, observations)
def test_what_comes_after_an_hour_was_rolled_up_counts_as_if_it_had_been_there(
    first: list[Observation], late: list[Observation]
) -> None:
    with (
        tempfile.TemporaryDirectory() as scratch,
        session(Path(scratch, "late")) as one,
        session(Path(scratch, "whole")) as other,
    ):
        add(one, first)
        roll_up_all(one)
        add(one, late)
        add(other, [*first, *late])
        roll_up_all(other)
        assert read(Path(scratch, "late")) == read(Path(scratch, "whole"))


def test_what_comes_into_a_pruned_hour_is_added_to_it(tmp_path: Path) -> None:
    hour = -40 * DAY - (-40 * DAY) % 3600
    with session(tmp_path) as writing:
        add(writing, probed(hour, hour + 1200))
        prune(writing, at(-30 * DAY))
        add(writing, probed(hour + 600, hour + 3600, Outcome.OVERLOADED))
        found = build_report(read(tmp_path), timedelta(days=60), OURS)
        prune(writing, at(-30 * DAY))
        assert build_report(read(tmp_path), timedelta(days=60), OURS) == found
    assert [(failure.outcome, failure.count) for failure in found.failures] == [("overloaded", 100)]
    assert found.latency.total.count == 40
    api = found.of_span.tallies[Service.API]
    assert (api.up + api.down) / 1_000_000 <= 2 * 3600
    assert api.down > 0


def test_rows_of_days_ago_live_on_as_hours(tmp_path: Path) -> None:
    with session(tmp_path) as writing:
        add(writing, probed(-40 * DAY, -39 * DAY) + probed(-39 * DAY, -39 * DAY + 1800, Outcome.OVERLOADED))
        before = build_report(read(tmp_path), timedelta(days=60), OURS)
        prune(writing, at(-30 * DAY))
        after = build_report(read(tmp_path), timedelta(days=60), OURS)
    assert query(tmp_path, "SELECT count(*) FROM observations") == [(0,)]
    assert after == before
    assert after.latency.ttft.quantile(0.5) == pytest.approx(0.4, rel=0.025)
    assert [(failure.outcome, failure.count) for failure in after.failures] == [("overloaded", 60)]
    down = after.of_span.tallies[Service.API].down / 1_000_000
    assert down == pytest.approx(1800, abs=30)


def test_rolling_up_again_counts_nothing_twice(tmp_path: Path) -> None:
    with session(tmp_path) as writing:
        add(writing, probed(-DAY, -DAY + 7200))
        roll_up_all(writing)
        once = read(tmp_path)
        roll_up_all(writing)
        with session(tmp_path) as another:
            roll_up_all(another, NOW + timedelta(hours=5))
    assert read(tmp_path) == once
    assert sum(row.observed for row in once.rows) == 240


class Failing(sqlite3.Connection):
    """Fails at one statement, as when the disk fills up or the process is killed there."""

    left: int | None = None

    def _count(self) -> None:
        if self.left is not None:
            self.left -= 1
            if self.left < 0:
                raise sqlite3.OperationalError("disk I/O error")

    def execute(self, *arguments: Any) -> sqlite3.Cursor:
        self._count()
        return super().execute(*arguments)

    def executemany(self, *arguments: Any) -> sqlite3.Cursor:
        self._count()
        return super().executemany(*arguments)


def test_a_crash_at_any_statement_neither_loses_nor_doubles_anything(tmp_path: Path) -> None:
    with session(tmp_path) as writing:
        add(writing, [*probed(-3 * DAY, -3 * DAY + 9000), *probed(-DAY, -DAY + 9000, Outcome.TIMEOUT)])
    expected = read(tmp_path)
    statements = 0
    finished = False
    while not finished:
        with session(tmp_path, factory=Failing) as writing:
            writing._connection.left = statements  # type: ignore[attr-defined]
            try:
                finished = writing.prune(to_micros(at(-2 * DAY)))
            except sqlite3.OperationalError:
                statements += 1
            assert read(tmp_path) == expected
    assert statements > 5
    assert query(tmp_path, "SELECT min(at) >= ? FROM observations", to_micros(at(-2 * DAY))) == [(1,)]


def test_what_an_incident_refers_to_stays(tmp_path: Path) -> None:
    start, end, before = -50 * DAY, -50 * DAY + 3600, at(-30 * DAY)
    kept_from, kept_to = at(start - 1800), at(end + 1800)
    with session(tmp_path) as writing:
        add(writing, probed(start - DAY, end + DAY))
        add(writing, [page(start - 2 * DAY), page(start - DAY, "minor"), page(start + 60, "major")])
        add(writing, [page(end + 60, "none"), page(end + DAY, "minor"), page(-31 * DAY, "critical")])
        add(writing, [listed(start - DAY, "one"), listed(start + DAY, "two"), listed(-31 * DAY, "three")])
        add(writing, [turned(start - DAY), turned(start), marked(start + 60), marked(end + DAY)])
        declared = act(start + 60 + 600, IncidentAct.DECLARED)
        assert declared.happened_at == at(start + 600)
        add(writing, [declared, act(end + 60, IncidentAct.RESOLVED)])
        kept_from = declared.happened_at - timedelta(minutes=30)
        prune(writing, before)
    with opened(tmp_path) as store:
        instants = [observation.at for observation in store.observations(at(-90 * DAY))]
        assert instants == [
            observation.at
            for observation in probed(start - DAY, end + DAY)
            if kept_from <= observation.at < kept_to
        ]
        assert store.status_reports(at(-90 * DAY)) == [
            page(start - DAY, "minor"),
            page(start + 60, "major"),
            page(end + 60, "none"),
            page(-31 * DAY, "critical"),
        ]
        assert store.verdict_changes(at(-90 * DAY)) == [turned(start)]
        assert store.step_marks(at(-90 * DAY)) == [marked(start + 60)]


def test_an_open_incident_keeps_all_that_came_after_its_start(tmp_path: Path) -> None:
    with session(tmp_path) as writing:
        add(writing, [*probed(-60 * DAY, -60 * DAY + 60), *probed(-40 * DAY, -40 * DAY + 60)])
        add(writing, [act(-50 * DAY, IncidentAct.DECLARED)])
        prune(writing, at(-30 * DAY))
        assert query(tmp_path, "SELECT count(*) FROM observations") == [(2,)]
        add(writing, [act(-49 * DAY, IncidentAct.RESOLVED)])
        prune(writing, at(-30 * DAY))
    assert query(tmp_path, "SELECT count(*) FROM observations") == [(0,)]


def test_the_writer_rolls_up_and_prunes_by_itself(tmp_path: Path) -> None:
    with opened(tmp_path) as store:
        for observation in probed(-3 * DAY, -3 * DAY + 7200):
            store.write(observation)
        assert store.flush()
        before = store.record(NOW)
        store.roll_up(NOW)
        store.prune(at(-DAY))
        while store.observations(at(-4 * DAY)):
            assert store.flush()
        assert store.record(NOW) == before


def test_a_store_that_is_not_there_is_not_made(tmp_path: Path) -> None:
    assert read_record(tmp_path / "none" / "history.db", NOW, DEFAULT_REACH, LONGEST) == Record(NOW)
    assert list(tmp_path.iterdir()) == []


def test_reading_changes_nothing_and_waits_for_nobody(tmp_path: Path) -> None:
    with session(tmp_path) as writing:
        add(writing, probed(-3600, 0))
        assert writing.add(probed(-7200, -3600)) == []  # a transaction that is open meanwhile
        content = database(tmp_path).read_bytes()
        assert sum(row.observed for row in read(tmp_path).rows) == 120
        assert database(tmp_path).read_bytes() == content
        writing.commit()
    assert sum(row.observed for row in read(tmp_path).rows) == 240


def test_a_store_of_an_older_version_says_so(tmp_path: Path) -> None:
    with first_version(tmp_path) as older:
        add(older, probed(-60, 0))
    with pytest.raises(StoreError, match="the dashboard migrates it"):
        read(tmp_path)
    newer = connect(database(tmp_path))
    newer.execute("PRAGMA user_version = 99")
    newer.close()
    with pytest.raises(StoreError, match="from a newer claude-top"):
        read(tmp_path)


def test_the_past_is_as_it_was_then(tmp_path: Path) -> None:
    with session(tmp_path) as writing:
        add(writing, [*probed(-DAY, -DAY + 7200), *probed(-DAY + 7200, -DAY + 14_400, Outcome.TIMEOUT)])
        then = at(-DAY + 5400)
        as_seen_then = read(tmp_path, then)
        roll_up_all(writing)
        assert read(tmp_path, then) == as_seen_then
    report = build_report(as_seen_then, timedelta(hours=24), OURS)
    tally = report.of_span.tallies[Service.API]
    assert tally == Tally(24 * HOUR + to_micros(then) % HOUR, up=5400 * 1_000_000)
