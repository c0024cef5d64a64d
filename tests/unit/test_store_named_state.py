"""State that is saved by name: the newest is kept, whatever the disk does and however much is waiting."""

from __future__ import annotations

import sqlite3
import tempfile
from pathlib import Path

from hypothesis import given, settings
from hypothesis import strategies as st

from claude_tui.store import Store
from claude_tui.store.backlog import Backlog, Kept
from claude_tui.store.files import connect
from tests import store_values as values
from tests.store_values import NOW, PATIENCE_S, at, opened, query, seen

ALERTS = "alerts https://api.example.com"


class TestKept:
    @settings(max_examples=30)
    @given(
        st.lists(st.tuples(st.sampled_from(["a", "b", ""]) | values.any_texts, values.bodies, st.booleans()))
    )
    def test_the_newest_of_each_name_comes_back(self, written: list[tuple[str, bytes, bool]]) -> None:
        newest = {name: body for name, body, _ in written}
        with tempfile.TemporaryDirectory() as scratch:
            with opened(Path(scratch)) as store:
                for name, body, flushed in written:
                    store.keep(name, body)
                    assert store.kept(name) == body
                    assert not flushed or store.flush(PATIENCE_S)
                assert {name: store.kept(name) for name in newest} == newest
            with opened(Path(scratch)) as store:
                assert {name: store.kept(name) for name in newest} == newest

    def test_a_name_that_nothing_is_kept_as(self, tmp_path: Path) -> None:
        with opened(tmp_path) as store:
            store.keep(ALERTS, b"state")
            assert store.kept("alerts") is None
            assert store.kept(ALERTS + "/") is None

    def test_it_is_on_disk_when_flush_says_so(self, tmp_path: Path) -> None:
        with opened(tmp_path) as store:
            for number in range(50):
                store.keep(ALERTS, b"%d" % number)
                assert store.flush(PATIENCE_S)
                assert query(tmp_path, "SELECT name, body FROM kept") == [(ALERTS, b"%d" % number)]

    def test_the_other_process_sees_it_and_may_replace_it(self, tmp_path: Path) -> None:
        with opened(tmp_path) as one, opened(tmp_path) as other:
            for store, viewer, body in ((one, other, b"1"), (other, one, b"2"), (one, other, b"3")):
                store.keep(ALERTS, body)
                assert store.flush(PATIENCE_S)
                assert viewer.kept(ALERTS) == body

    def test_pruning_leaves_it_alone(self, tmp_path: Path) -> None:
        with opened(tmp_path) as store:
            store.keep(ALERTS, b"state")
            store.write(seen(0))
            assert store.flush(PATIENCE_S)
            store.prune(at(10))
            while store.observations(NOW):
                assert store.flush(PATIENCE_S)
            assert store.kept(ALERTS) == b"state"

    def test_what_is_no_body_is_none(self, tmp_path: Path) -> None:
        with opened(tmp_path) as store:
            store.keep(ALERTS, b"state")
        query(tmp_path, "UPDATE kept SET body = 'text'")
        reports: list[str | None] = []
        with opened(tmp_path, reports) as store:
            assert store.kept(ALERTS) is None
        assert reports == ["1 stored row cannot be read and is skipped"]

    def test_one_that_no_store_can_hold_is_reported_and_the_former_stays(self, tmp_path: Path) -> None:
        def narrow(path: Path) -> sqlite3.Connection:
            connection = connect(path)
            connection.setlimit(sqlite3.SQLITE_LIMIT_LENGTH, 100_000)
            return connection

        reports: list[str | None] = []
        with opened(tmp_path, reports, connect=narrow) as store:
            store.keep(ALERTS, b"former")
            assert store.flush(PATIENCE_S)
            store.keep(ALERTS, bytes(200_000))
            store.write(seen(0))
            store.flush(PATIENCE_S)
            assert store.kept(ALERTS) == b"former"
            assert store.observations(NOW) == [seen(0)]
        assert "records missing from the history: 1 (" in (reports[-1] or "")


class TestWithoutADisk:
    def test_a_full_memory_does_not_lose_it(self, tmp_path: Path) -> None:
        blocker = tmp_path / "data"
        blocker.touch()
        reports: list[str | None] = []
        with opened(blocker, reports, keep=10, retry_s=600) as store:
            store.keep(ALERTS, b"state")
            for number in range(100):
                store.write(seen(number))
            assert not store.flush(PATIENCE_S)
            assert store.kept(ALERTS) == b"state"
            assert len(store.observations(NOW)) == 10
            blocker.unlink()
            store.flush(PATIENCE_S)
            assert query(blocker, "SELECT body FROM kept") == [(b"state",)]

    def test_keeping_again_and_again_takes_no_memory(self) -> None:
        backlog = Backlog(keep=10)
        for number in range(1000):
            backlog.put(Kept(ALERTS, bytes([number % 250])))
            backlog.put(Kept("another", b""))
        assert backlog.waiting() == (Kept(ALERTS, bytes([999 % 250])), Kept("another", b""))
        assert backlog.lost == 0

    def test_one_replaced_while_it_is_written_is_not_forgotten(self) -> None:
        backlog = Backlog(keep=10)
        backlog.put(Kept(ALERTS, b"1"))
        backlog.put(Kept("another", b"1"))
        work = backlog.next(None)
        backlog.put(Kept(ALERTS, b"1"))
        backlog.settle(work)
        assert backlog.waiting() == (Kept(ALERTS, b"1"),)
        assert not backlog.drain(0)
        backlog.settle(backlog.next(None))
        assert backlog.drain(0)

    def test_flush_is_false_until_it_is_on_disk(self, tmp_path: Path) -> None:
        blocker = tmp_path / "data"
        blocker.touch()
        with opened(blocker, [], retry_s=600) as store:
            store.keep(ALERTS, b"state")
            assert not store.flush(PATIENCE_S)
            blocker.unlink()
            assert store.flush(PATIENCE_S)

    def test_after_closing_it_is_not_kept_and_flush_says_so(self, tmp_path: Path) -> None:
        store = Store.open(tmp_path, now=NOW)
        store.keep(ALERTS, b"in time")
        assert store.close(PATIENCE_S)
        store.keep(ALERTS, b"too late")
        assert not store.flush(PATIENCE_S)
        with opened(tmp_path) as another:
            assert another.kept(ALERTS) == b"in time"

    def test_one_that_comes_while_the_store_closes_is_not_taken_for_written(self) -> None:
        backlog = Backlog(keep=10)
        backlog.put(Kept(ALERTS, b"in time"))
        backlog.close()
        backlog.put(Kept(ALERTS, b"too late"))
        work = backlog.next(None)
        assert work.records == (Kept(ALERTS, b"in time"),)
        backlog.settle(work)
        assert not backlog.drain(0)
