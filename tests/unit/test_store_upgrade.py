"""A store of version 1 becomes one of this version, or is still readable where that is not possible."""

from __future__ import annotations

import hashlib
import sqlite3
import threading
from pathlib import Path

from claude_tui.store.files import connect
from claude_tui.store.schema import MIGRATIONS
from tests.store_values import (
    NOW,
    PATIENCE_S,
    at,
    first_version,
    listed,
    marked,
    opened,
    page,
    query,
    rated,
    seen,
    turned,
)

RECORDS = (*(seen(number) for number in range(50)), page(0), page(5, "major"), listed(0, "one"))


def version(directory: Path) -> int:
    return int(query(directory, "PRAGMA user_version")[0][0])


def first_store(directory: Path) -> None:
    with first_version(directory) as session:
        assert session.add(RECORDS) == []
        session.commit()


class Disk:
    """Connections to a disk that may be full, and that is not waited for."""

    full = False

    def connect(self, path: Path) -> sqlite3.Connection:
        connection = connect(path)
        connection.execute("PRAGMA busy_timeout = 20")
        if self.full:
            connection.execute("PRAGMA max_page_count = 1")
        return connection


def test_migrations_that_are_out_are_never_changed() -> None:
    digests = [hashlib.sha256(script.encode()).hexdigest()[:16] for script in MIGRATIONS[:1]]
    assert digests == ["d061678c8ed46afb"]


def test_all_that_was_recorded_is_still_there(tmp_path: Path) -> None:
    first_store(tmp_path)
    with opened(tmp_path) as store:
        assert version(tmp_path) == len(MIGRATIONS)
        for entry in (marked(0), rated(0), turned(0)):
            store.write(entry)
        store.keep("alerts", b"state")
    with opened(tmp_path) as store:
        assert store.observations(NOW) == [seen(number) for number in range(50)]
        assert store.status_reports(NOW) == [page(0), page(5, "major")]
        assert store.latest_catalogue() == listed(0, "one")
        assert store.step_marks(NOW) == [marked(0)]
        assert store.severity_marks(NOW) == [rated(0)]
        assert store.verdict_changes(NOW) == [turned(0)]
        assert store.kept("alerts") == b"state"


def test_a_process_of_version_1_that_has_it_open_writes_on(tmp_path: Path) -> None:
    first_store(tmp_path)
    with first_version(tmp_path) as older:
        older.add([seen(100)])
        older.commit()
        with opened(tmp_path) as store:
            store.write(marked(0))
            assert store.flush(PATIENCE_S)
            older.add([seen(101)])
            older.commit()
            assert store.observations(at(100)) == [seen(100), seen(101)]
            assert store.step_marks(NOW) == [marked(0)]
    assert version(tmp_path) == len(MIGRATIONS)


def test_one_that_writes_right_now_is_outwaited(tmp_path: Path) -> None:
    first_store(tmp_path)
    reports: list[str | None] = []
    with first_version(tmp_path) as older:
        older.add([seen(100)])
        with opened(tmp_path, reports, connect=Disk().connect, retry_s=600) as store:
            store.write(marked(0))
            store.keep("alerts", b"state")
            assert not store.flush(PATIENCE_S)
            assert "another process keeps it locked" in (store.problem or "")
            assert (version(tmp_path), len(store.observations(NOW))) == (1, 50)
            assert (store.step_marks(NOW), store.kept("alerts")) == ([marked(0)], b"state")
            older.commit()
            assert store.flush(PATIENCE_S)
            assert (store.problem, version(tmp_path)) == (None, len(MIGRATIONS))
            assert len(store.observations(NOW)) == 51
            assert (store.step_marks(NOW), store.kept("alerts")) == ([marked(0)], b"state")


def test_a_full_disk_shows_what_was_recorded_and_loses_nothing(tmp_path: Path) -> None:
    first_store(tmp_path)
    disk, reports = Disk(), list[str | None]()
    disk.full = True
    with opened(tmp_path, reports, connect=disk.connect, retry_s=600) as store:
        assert "the disk is full" in (store.problem or "")
        for entry in (marked(0), rated(0), turned(0), seen(60)):
            store.write(entry)
        assert not store.flush(PATIENCE_S)
        assert version(tmp_path) == 1
        assert len(store.observations(NOW)) == 51
        assert store.status_reports(NOW) == [page(0), page(5, "major")]
        assert (store.step_marks(NOW), store.severity_marks(NOW)) == ([marked(0)], [rated(0)])
        disk.full = False
        assert store.flush(PATIENCE_S)
        assert (store.problem, version(tmp_path)) == (None, len(MIGRATIONS))
    with opened(tmp_path) as store:
        assert len(store.observations(NOW)) == 51
        assert (store.step_marks(NOW), store.verdict_changes(NOW)) == ([marked(0)], [turned(0)])


def test_a_reader_sees_the_marks_once_another_process_has_migrated(tmp_path: Path) -> None:
    first_store(tmp_path)
    disk = Disk()
    disk.full = True
    with opened(tmp_path, [], connect=disk.connect, retry_s=600) as stuck:
        assert len(stuck.observations(NOW)) == 50
        assert (stuck.step_marks(NOW), stuck.kept("alerts")) == ([], None)
        with opened(tmp_path) as store:
            store.write(marked(0))
            store.keep("alerts", b"state")
            assert store.flush(PATIENCE_S)
        assert (stuck.step_marks(NOW), stuck.kept("alerts")) == ([marked(0)], b"state")


def test_several_that_migrate_at_once(tmp_path: Path) -> None:
    first_store(tmp_path)
    together, reports = threading.Barrier(4), list[str | None]()

    def open_and_mark(number: int) -> None:
        together.wait()
        with opened(tmp_path, reports) as store:
            store.write(marked(number))
            assert store.flush(PATIENCE_S)

    threads = [threading.Thread(target=open_and_mark, args=(number,)) for number in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert reports == []
    with opened(tmp_path) as store:
        assert store.step_marks(NOW) == [marked(number) for number in range(4)]
        assert len(store.observations(NOW)) == 50
