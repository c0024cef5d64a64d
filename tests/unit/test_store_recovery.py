"""A damaged history is set aside whole, a new one begun; a newer one is left alone."""

from __future__ import annotations

import os
import sqlite3
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import pytest

from claude_tui.store.files import connect, directory_lock, set_aside
from claude_tui.store.schema import MIGRATIONS
from tests.store_values import NOW, PATIENCE_S, at, database, fill, listed, opened, page, query, seen

ASIDE = "history.db.damaged-20261120T140533Z"
MANY = 6000


def garbage(path: Path) -> None:
    path.write_bytes(b"\x00\xff garbage" * 3000)


def a_log_file(path: Path) -> None:
    path.write_text("2026-11-20 something else entirely\n" * 200)


def a_few_bytes(path: Path) -> None:
    path.write_bytes(b"SQLite for")


def truncated(path: Path) -> None:
    fill(path.parent, MANY)
    os.truncate(path, path.stat().st_size // 2 + 100)


def cut_within_its_first_page(path: Path) -> None:
    fill(path.parent, MANY)
    os.truncate(path, 1000)


def garbage_header(path: Path) -> None:
    fill(path.parent, MANY)
    with path.open("r+b") as file:
        file.write(b"no header at all")


def garbage_schema(path: Path) -> None:
    fill(path.parent, MANY)
    with path.open("r+b") as file:
        file.seek(100)
        file.write(b"\xff" * 4000)


def without_a_table(path: Path) -> None:
    fill(path.parent, MANY)
    query(path.parent, "DROP TABLE catalogues")


def another_program(path: Path) -> None:
    connection = sqlite3.connect(path)
    connection.execute("CREATE TABLE bookmarks (url)")
    connection.execute("PRAGMA user_version = 42")
    connection.close()


def a_directory(path: Path) -> None:
    path.mkdir()
    (path / "kept.txt").write_text("kept")


def a_pipe(path: Path) -> None:
    os.mkfifo(path)


def an_orphaned_log(path: Path) -> None:
    path.with_name(path.name + "-wal").write_bytes(b"records that nobody has yet moved" * 100)


def an_empty_file_with_a_log(path: Path) -> None:
    path.touch()
    an_orphaned_log(path)


DAMAGES = [
    *(garbage, a_log_file, a_few_bytes, truncated, cut_within_its_first_page, garbage_header, garbage_schema),
    *(without_a_table, another_program, a_directory, a_pipe, an_orphaned_log, an_empty_file_with_a_log),
]


def spoil_first_rows(directory: Path) -> None:
    """Overwrites the pages that hold the oldest observations, which opening does not look at."""
    root = query(directory, "SELECT rootpage FROM sqlite_master WHERE name = 'observations'")[0][0]
    with database(directory).open("r+b") as file:
        data = file.read()
        start = data.index(b"req_0", root * 4096) // 4096 * 4096
        file.seek(start)
        file.write(b"\xee" * 4096)


def asides(directory: Path) -> list[str]:
    return sorted(path.name for path in directory.iterdir() if "damaged" in path.name)


def contents(directory: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in directory.iterdir() if path.is_file()}


class TestDamage:
    @pytest.mark.parametrize("damage", DAMAGES)
    def test_it_is_set_aside_whole_and_a_new_store_begun(
        self, tmp_path: Path, damage: Callable[[Path], None]
    ) -> None:
        damage(database(tmp_path))
        before = contents(tmp_path)
        reports: list[str | None] = []
        with opened(tmp_path, reports) as store:
            assert store.observations(NOW) == []
            store.write(seen(0))
            assert store.flush(PATIENCE_S)
            assert reports == [store.problem]
            assert ASIDE in (store.problem or "")
        after = contents(tmp_path)
        for name, data in before.items():
            assert after[name.replace("history.db", ASIDE)] == data
        assert any(name.startswith(ASIDE) for name in asides(tmp_path))
        with opened(tmp_path) as store:
            assert store.observations(NOW) == [seen(0)]

    def test_an_empty_file_is_simply_used(self, tmp_path: Path) -> None:
        database(tmp_path).touch()
        with opened(tmp_path) as store:
            store.write(seen(0))
        assert asides(tmp_path) == []

    def test_garbage_in_the_log_costs_only_what_was_in_it(self, tmp_path: Path) -> None:
        fill(tmp_path, 10)
        wal = tmp_path / "history.db-wal"
        wal.write_bytes(os.urandom(5000))
        with opened(tmp_path) as store:
            assert len(store.observations(NOW)) == 10

    def test_names_of_what_was_set_aside_before_are_not_taken_again(self, tmp_path: Path) -> None:
        for number in range(3):
            garbage(database(tmp_path))
            with opened(tmp_path, []):
                assert len(asides(tmp_path)) == number + 1
        assert asides(tmp_path) == [ASIDE, f"{ASIDE}-2", f"{ASIDE}-3"]

    def test_damage_found_while_reading(self, tmp_path: Path) -> None:
        fill(tmp_path, MANY)
        spoil_first_rows(tmp_path)
        reports: list[str | None] = []
        with opened(tmp_path, reports) as store:
            assert reports == []
            assert store.observations(at(MANY - 10))
            store.write(seen(MANY))
            assert store.observations(NOW) in ([], [seen(MANY)])
            assert store.flush(PATIENCE_S)
            store.write(seen(MANY + 1))
            assert store.flush(PATIENCE_S)
            assert store.observations(NOW)[-1] == seen(MANY + 1)
            assert store.observations(NOW)[-1] == seen(MANY + 1)
        assert len(reports) == 1
        assert [name for name in asides(tmp_path) if "-wal" not in name and "-shm" not in name] == [ASIDE]

    def test_damage_found_while_writing(self, tmp_path: Path) -> None:
        fill(tmp_path, MANY)
        spoil_first_rows(tmp_path)
        reports: list[str | None] = []
        with opened(tmp_path, reports) as store:
            store.prune(at(100))
            while not reports:
                store.flush(PATIENCE_S)
            store.write(page(0))
            store.write(listed(0, "one"))
            assert store.flush(PATIENCE_S)
            assert store.status_reports(NOW) == [page(0)]
            assert store.latest_catalogue() == listed(0, "one")
        assert ASIDE in asides(tmp_path)

    def test_two_who_find_the_same_damage_set_it_aside_once(self, tmp_path: Path) -> None:
        fill(tmp_path, MANY)
        spoil_first_rows(tmp_path)
        reports: list[str | None] = []
        with opened(tmp_path, reports) as one, opened(tmp_path, reports) as other:
            for store in (one, other):
                assert store.observations(NOW) == []
            for store, number in ((one, 1), (other, 2)):
                assert store.flush(PATIENCE_S)
                store.write(seen(number))
                assert store.flush(PATIENCE_S)
            assert one.observations(NOW) == other.observations(NOW) == [seen(1), seen(2)]
        assert len(reports) == 1
        assert database(tmp_path).exists()

    def test_the_other_one_moves_on_to_the_new_store(self, tmp_path: Path) -> None:
        with opened(tmp_path) as store:
            store.write(seen(0))
            assert store.flush(PATIENCE_S)
            with directory_lock(tmp_path, 1):
                set_aside(database(tmp_path), NOW)
            assert store.observations(NOW) == []
            store.write(seen(1))
            assert store.flush(PATIENCE_S)
            assert store.observations(NOW) == [seen(1)]
        with opened(tmp_path) as store:
            assert store.observations(NOW) == [seen(1)]
        with closing(sqlite3.connect(tmp_path / ASIDE)) as aside:
            assert aside.execute("SELECT count(*) FROM observations").fetchone() == (1,)

    def test_a_file_deleted_meanwhile_is_begun_anew(self, tmp_path: Path) -> None:
        reports: list[str | None] = []
        with opened(tmp_path, reports) as store:
            store.write(seen(0))
            assert store.flush(PATIENCE_S)
            database(tmp_path).unlink()
            store.write(seen(1))
            assert store.flush(PATIENCE_S)
            assert store.observations(NOW) == [seen(1)]
        assert (tmp_path / f"{ASIDE}-wal").exists()

    def test_a_disk_that_damages_everything_is_not_filled_with_it(self, tmp_path: Path) -> None:
        def spoil(path: Path) -> sqlite3.Connection:
            garbage(path)
            return connect(path)

        reports: list[str | None] = []
        with opened(tmp_path, reports, connect=spoil) as store:
            for number in range(10):
                store.write(seen(number))
                store.flush(PATIENCE_S)
            assert len(store.observations(NOW)) == 10
            assert "in memory only" in (store.problem or "")
        assert len(asides(tmp_path)) == 3


class TestNewerStore:
    def test_it_is_left_alone_and_both_versions_are_named(self, tmp_path: Path) -> None:
        fill(tmp_path, 10)
        newer = len(MIGRATIONS) + 6
        query(tmp_path, f"PRAGMA user_version = {newer}")
        before = contents(tmp_path)
        reports: list[str | None] = []
        with opened(tmp_path, reports) as store:
            store.write(seen(1))
            assert not store.flush(PATIENCE_S)
            assert store.observations(NOW) == [seen(1)]
            assert not store.close(PATIENCE_S)
        assert contents(tmp_path) == before
        assert len(reports) == 1
        assert f"version {newer}" in (reports[0] or "")
        assert f"knows {len(MIGRATIONS)}" in (reports[0] or "")
