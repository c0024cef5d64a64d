"""The history on a bad disk: the fault is reported, all goes on in memory, and is written once it works."""

from __future__ import annotations

import os
import sqlite3
from datetime import timedelta
from pathlib import Path

import pytest

from claude_tui.store import Store
from claude_tui.store.backlog import Backlog
from claude_tui.store.files import connect, directory_lock
from tests.store_values import (
    NOW,
    PATIENCE_S,
    at,
    database,
    fill,
    listed,
    opened,
    page,
    seen,
)


class Disk:
    """Connections to a disk that can be full. `pages` is what the database may hold; None is no bound."""

    def __init__(self, busy_ms: int = 20) -> None:
        self.pages: int | None = None
        self._busy_ms = busy_ms

    def connect(self, path: Path) -> sqlite3.Connection:
        connection = connect(path)
        connection.execute(f"PRAGMA busy_timeout = {self._busy_ms}")
        if self.pages is not None:
            connection.execute(f"PRAGMA max_page_count = {self.pages}")
        return connection


class TestTrouble:
    """`retry_s` is long: only `flush` and `close` make the writer try again before that."""

    def test_a_full_disk_is_reported_and_all_is_kept_until_there_is_room(self, tmp_path: Path) -> None:
        disk, reports = Disk(), list[str | None]()
        with opened(tmp_path, reports, connect=disk.connect, retry_s=600) as store:
            store.write(seen(0))
            assert store.flush(PATIENCE_S)
        disk.pages = 1
        with opened(tmp_path, reports, connect=disk.connect, retry_s=600) as store:
            big = [seen(n, request_id=os.urandom(500).hex()) for n in range(1, 300)]
            for observation in big:
                store.write(observation)
            assert not store.flush(PATIENCE_S)
            assert reports == [store.problem]
            assert "the disk is full" in (store.problem or "")
            assert store.observations(NOW) == [seen(0), *big]
            disk.pages = None
            assert store.flush(PATIENCE_S)
            assert reports[1:] == [None]
            assert store.problem is None
            assert store.observations(NOW) == [seen(0), *big]
        with opened(tmp_path) as store:
            assert store.observations(NOW) == [seen(0), *big]

    def test_it_tries_again_by_itself(self, tmp_path: Path) -> None:
        blocker = tmp_path / "data"
        blocker.write_text("a file where the directory should be")
        reports: list[str | None] = []
        with opened(blocker, reports, retry_s=0.01) as store:
            store.write(seen(0))
            assert "in memory only" in (store.problem or "")
            blocker.unlink()
            while store.problem is not None:
                store.observations(NOW)
            assert reports[-1] is None
            assert database(blocker).exists()

    def test_a_lock_that_lasts_is_reported_and_outwaited(self, tmp_path: Path) -> None:
        fill(tmp_path, 1)
        other = sqlite3.connect(database(tmp_path), isolation_level=None)
        reports: list[str | None] = []
        with opened(tmp_path, reports, connect=Disk().connect, retry_s=600) as store:
            other.execute("BEGIN IMMEDIATE")
            store.write(seen(5))
            assert not store.flush(PATIENCE_S)
            assert "another process keeps it locked" in (store.problem or "")
            assert store.observations(NOW) == [seen(0), seen(5)]
            other.execute("ROLLBACK")
            other.close()
            assert store.flush(PATIENCE_S)
            assert (store.problem, reports[-1]) == (None, None)

    def test_a_directory_that_others_keep_locked(self, tmp_path: Path) -> None:
        reports: list[str | None] = []
        with directory_lock(tmp_path, 1):
            store = Store.open(tmp_path, now=NOW, on_problem=reports.append, retry_s=600)
            assert "data directory locked" in (store.problem or "")
        store.write(seen(0))
        assert store.close(PATIENCE_S)
        assert reports[-1] is None

    def test_a_path_below_a_file(self, tmp_path: Path) -> None:
        (tmp_path / "file").touch()
        reports: list[str | None] = []
        with opened(tmp_path / "file" / "data", reports) as store:
            for record in (seen(0), page(0), page(1), page(2, "minor"), listed(0, "one"), listed(1, "one")):
                store.write(record)
            assert store.observations(NOW) == [seen(0)]
            assert store.status_reports(at(1)) == [page(0), page(2, "minor")]
            assert store.latest_catalogue() == listed(0, "one")
            assert store.cost_since(NOW) == 0.0
            assert not store.close(PATIENCE_S)
        assert len(reports) == 1
        assert "in memory only" in (reports[0] or "")

    @pytest.mark.skipif(os.geteuid() == 0, reason="permissions do not bind root")
    def test_a_read_only_directory(self, tmp_path: Path) -> None:
        tmp_path.chmod(0o500)
        reports: list[str | None] = []
        try:
            with opened(tmp_path, reports) as store:
                store.write(seen(0))
                assert store.observations(NOW) == [seen(0)]
        finally:
            tmp_path.chmod(0o700)
        assert len(reports) == 1

    @pytest.mark.skipif(os.geteuid() == 0, reason="permissions do not bind root")
    def test_a_file_without_permission(self, tmp_path: Path) -> None:
        fill(tmp_path, 1)
        database(tmp_path).chmod(0o600)
        tmp_path.chmod(0o500)
        reports: list[str | None] = []
        try:
            with opened(tmp_path, reports) as store:
                store.write(seen(0))
                assert "read-only" in (store.problem or "")
        finally:
            tmp_path.chmod(0o700)

    def test_memory_is_bounded_and_says_so(self, tmp_path: Path) -> None:
        (tmp_path / "file").touch()
        reports: list[str | None] = []
        with opened(tmp_path / "file" / "data", reports, keep=100) as store:
            for number in range(250):
                store.write(seen(number))
            assert store.observations(NOW) == [seen(number) for number in range(150, 250)]
            store.flush(PATIENCE_S)
            assert "the oldest records are being dropped" in (store.problem or "")

    def test_what_was_lost_stays_reported_after_recovery(self, tmp_path: Path) -> None:
        blocker = tmp_path / "data"
        blocker.touch()
        reports: list[str | None] = []
        with opened(blocker, reports, keep=10, retry_s=600) as store:
            for number in range(15):
                store.write(seen(number))
            blocker.unlink()
            store.flush(PATIENCE_S)
            assert store.problem == "records missing from the history: 5 (memory was full)"
            assert len(store.observations(NOW)) == 10


class TestBacklog:
    def test_settling_after_an_overflow_forgets_only_what_was_written(self) -> None:
        backlog = Backlog(keep=3)
        for number in range(3):
            backlog.put(seen(number))
        work = backlog.next(None)
        for number in range(3, 5):
            backlog.put(seen(number))
        backlog.settle(work)
        assert backlog.waiting() == (seen(3), seen(4))

    def test_draining_gives_up_in_time(self) -> None:
        backlog = Backlog(keep=3)
        backlog.put(seen(0))
        assert not backlog.drain(0.01)

    def test_a_later_wish_to_prune_is_not_forgotten(self) -> None:
        backlog = Backlog(keep=3)
        backlog.ask_to_prune(1)
        backlog.ask_to_prune(2)
        backlog.pruned(1)
        assert backlog.next(None).prune_before == 2


def test_closing_in_time_while_the_disk_hangs(tmp_path: Path) -> None:
    fill(tmp_path, 1)
    other = sqlite3.connect(database(tmp_path), isolation_level=None)
    reports: list[str | None] = []
    store = Store.open(
        tmp_path, now=NOW + timedelta(days=1), on_problem=reports.append, connect=Disk(2000).connect
    )
    other.execute("BEGIN IMMEDIATE")
    store.write(seen(5))
    assert not store.close(0.05)
    other.execute("ROLLBACK")
    other.close()
    store.close(PATIENCE_S)
