"""The files of the history: private, shared by processes, brought up to date."""

from __future__ import annotations

import os
import sqlite3
import stat
from collections.abc import Iterator
from pathlib import Path

import pytest

from claude_tui.model.observation import Outcome, Source
from claude_tui.store.files import connect
from claude_tui.store.schema import MIGRATIONS, prepare
from tests.store_values import NOW, PATIENCE_S, database, opened, page, query, seen


@pytest.fixture
def no_umask() -> Iterator[None]:
    before = os.umask(0)
    yield
    os.umask(before)


def mode(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


class TestFiles:
    @pytest.mark.usefixtures("no_umask")
    def test_all_is_private(self, tmp_path: Path) -> None:
        directory = tmp_path / "made" / "here"
        with opened(directory) as store:
            store.write(seen(0))
            assert store.flush(PATIENCE_S)
            assert mode(directory) == 0o700
            names = {"history.db", "history.db-wal", "history.db-shm"}
            assert {path.name: mode(path) for path in directory.iterdir()} == dict.fromkeys(names, 0o600)

    def test_an_empty_directory_becomes_private_and_a_full_one_is_left_alone(self, tmp_path: Path) -> None:
        empty, full = tmp_path / "empty", tmp_path / "full"
        for directory in (empty, full):
            directory.mkdir()
            directory.chmod(0o755)
        (full / "somebody's.txt").touch()
        for directory in (empty, full):
            with opened(directory):
                assert mode(database(directory)) == 0o600
        assert (mode(empty), mode(full)) == (0o700, 0o755)

    def test_a_file_that_others_could_read_becomes_private(self, tmp_path: Path) -> None:
        with opened(tmp_path):
            pass
        database(tmp_path).chmod(0o644)
        with opened(tmp_path):
            assert mode(database(tmp_path)) == 0o600

    def test_a_link_leads_to_the_store(self, tmp_path: Path) -> None:
        elsewhere = tmp_path / "elsewhere"
        elsewhere.mkdir()
        directory = tmp_path / "data"
        directory.mkdir()
        database(directory).symlink_to(elsewhere / "big.db")
        with opened(directory) as store:
            store.write(seen(0))
        assert [path.name for path in elsewhere.iterdir()] == ["big.db"]
        with opened(directory) as store:
            assert store.observations(NOW) == [seen(0)]

    def test_odd_characters_in_the_path(self, tmp_path: Path) -> None:
        directory = tmp_path / "a?b=c#d %41 ü"
        with opened(directory) as store:
            store.write(seen(0))
        assert database(directory).exists()

    def test_closing_leaves_one_file_and_ends_it(self, tmp_path: Path) -> None:
        with opened(tmp_path) as store:
            store.write(seen(0))
            assert store.observations(NOW)
            assert store.close(PATIENCE_S)
            assert [path.name for path in tmp_path.iterdir()] == ["history.db"]
            store.write(seen(1))
            assert store.close(PATIENCE_S)
            assert store.observations(NOW) == []
        with opened(tmp_path) as store:
            assert store.observations(NOW) == [seen(0)]


class TestTogether:
    def test_two_stores_write_the_same_file(self, tmp_path: Path) -> None:
        with opened(tmp_path) as one, opened(tmp_path) as other:
            for number in range(400):
                one.write(seen(number, error_type="even"))
                other.write(seen(number, error_type="odd"))
                one.write(page(number))
                other.write(page(number))
            assert one.flush(PATIENCE_S)
            assert other.flush(PATIENCE_S)
            assert len(one.observations(NOW)) == 800
            assert one.observations(NOW) == other.observations(NOW)
            assert one.status_reports(NOW) == [page(0)]
        assert query(tmp_path, "SELECT count(*) FROM kinds") == [(2,)]

    def test_opening_does_not_wait_for_one_that_writes(self, tmp_path: Path) -> None:
        with opened(tmp_path) as store:
            store.write(seen(0))
        busy = sqlite3.connect(database(tmp_path), isolation_level=None)
        try:
            busy.execute("BEGIN IMMEDIATE")
            with opened(tmp_path) as store:
                assert store.observations(NOW) == [seen(0)]
        finally:
            busy.close()


class TestMigrations:
    SECOND = "ALTER TABLE meta ADD COLUMN note TEXT;\nUPDATE meta SET note = 'second';\n"

    def test_an_older_store_is_brought_up_to_date_with_its_records(self, tmp_path: Path) -> None:
        with opened(tmp_path) as store:
            store.write(seen(0))
        connection = connect(database(tmp_path))
        for _ in range(2):
            prepare(connection, (*MIGRATIONS, self.SECOND))
        assert connection.execute("PRAGMA user_version").fetchone() == (len(MIGRATIONS) + 1,)
        assert connection.execute("SELECT note FROM meta").fetchall() == [("second",)]
        assert connection.execute("SELECT count(*) FROM observations").fetchone() == (1,)
        connection.close()

    def test_a_migration_that_fails_changes_nothing(self, tmp_path: Path) -> None:
        with opened(tmp_path):
            pass
        connection = connect(database(tmp_path))
        with pytest.raises(sqlite3.OperationalError, match="nowhere"):
            prepare(connection, (*MIGRATIONS, self.SECOND + "DELETE FROM nowhere;\n"))
        assert connection.execute("PRAGMA user_version").fetchone() == (len(MIGRATIONS),)
        assert connection.execute("SELECT * FROM meta").fetchall() == [("format", "claude-top history")]
        connection.close()

    def test_a_new_store_is_as_decided(self, tmp_path: Path) -> None:
        with opened(tmp_path):
            assert query(tmp_path, "PRAGMA journal_mode") == [("wal",)]
            assert query(tmp_path, "PRAGMA auto_vacuum") == [(2,)]
            assert query(tmp_path, "PRAGMA user_version") == [(len(MIGRATIONS),)]
            assert query(tmp_path, "SELECT DISTINCT source FROM kinds") == []

    def test_since_is_one_range_of_the_table(self, tmp_path: Path) -> None:
        with opened(tmp_path):
            plan = query(
                tmp_path, "EXPLAIN QUERY PLAN SELECT * FROM observations WHERE at >= 1 ORDER BY at, n"
            )
        assert [row[3] for row in plan] == ["SEARCH observations USING PRIMARY KEY (at>?)"]

    def test_sources_are_stored_by_name(self, tmp_path: Path) -> None:
        with opened(tmp_path) as store:
            store.write(seen(0, source=Source.MODELS, outcome=Outcome.TIMEOUT))
        assert query(tmp_path, "SELECT source, outcome FROM kinds") == [("models", "timeout")]
