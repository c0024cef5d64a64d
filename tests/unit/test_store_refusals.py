"""Stores that are not used as they are: on a network, by a later version, for a group, or only to read."""

from __future__ import annotations

import os
import sqlite3
import stat
from contextlib import closing
from pathlib import Path

import pytest

from claude_tui.engine.compose import open_store
from claude_tui.model.incident import IncidentAct, IncidentEntry
from claude_tui.probes.clock import SystemClock
from claude_tui.settings import load
from claude_tui.store import INCIDENT_ENTRIES, NewerStoreError, SharedFileSystemError, Store, require_local
from claude_tui.store.file_systems import file_system_of
from tests.store_values import NOW, at, database, marked, opened, seen

MOUNTS = """\
22 1 253:0 / / rw,relatime shared:1 - ext4 /dev/vda1 rw
40 22 0:35 / /home rw,relatime shared:2 - nfs4 filer:/home rw,vers=4.2
41 40 253:1 / /home/local rw,relatime - xfs /dev/vdb1 rw
42 22 0:36 / /mnt/with\\040space rw - cifs //filer/share rw
43 22 0:37 / /mnt/ssh rw - fuse.sshfs ops:/ rw
44 22 0:38 / /container rw - fuse.fuse-overlayfs fuse-overlayfs rw
45 22 0:39 / /twice rw - nfs filer:/twice rw
46 22 0:40 / /twice rw - tmpfs tmpfs rw
a line that is none
"""


@pytest.fixture
def mounts(tmp_path: Path) -> Path:
    path = tmp_path / "mountinfo"
    path.write_text(MOUNTS)
    return path


@pytest.mark.parametrize(
    ("path", "name"),
    [
        ("/home/eve/.local/share/claude-top", "NFS"),
        ("/home", "NFS"),
        ("/mnt/with space/x", "SMB"),
        ("/mnt/ssh/x", "FUSE"),
    ],
)
def test_a_network_file_system_is_refused_with_what_to_do(mounts: Path, path: str, name: str) -> None:
    with pytest.raises(SharedFileSystemError, match="--data-dir") as refused:
        require_local(Path(path), mounts)
    assert f"({name})" in str(refused.value)
    assert path in str(refused.value)
    assert refused.value.EXIT_CODE == 3


@pytest.mark.parametrize(
    "path", ["/srv/x", "/home/local/eve", "/homes/eve", "/mnt/x", "/container/x", "/twice/x"]
)
def test_a_local_file_system_is_not(mounts: Path, path: str) -> None:
    require_local(Path(path), mounts)


def test_without_a_table_of_mounts_nothing_is_refused(tmp_path: Path) -> None:
    require_local(tmp_path, tmp_path / "none")
    assert file_system_of(tmp_path, tmp_path / "none") is None


def newer(directory: Path) -> Path:
    with opened(directory) as store:
        store.write(seen(0))
    path = database(directory)
    with closing(sqlite3.connect(path)) as connection:
        connection.execute("PRAGMA user_version = 99")
    return path


@pytest.mark.parametrize("read_only", [False, True])
def test_a_store_of_a_later_version_is_refused_and_left_alone(tmp_path: Path, read_only: bool) -> None:
    path = newer(tmp_path)
    before = path.read_bytes()
    settings = load({"data_dir": str(tmp_path)}, {}, config=None)
    with pytest.raises(NewerStoreError, match="update claude-top or choose another data directory"):
        open_store(settings, path.name, SystemClock(), read_only=read_only)
    assert path.read_bytes() == before


def test_a_reader_sees_what_others_write_and_writes_nothing(tmp_path: Path) -> None:
    with opened(tmp_path) as store:
        store.write(seen(0))
        store.flush(10)
        reader = Store.open(tmp_path, database(tmp_path).name, now=NOW, read_only=True)
        version = reader.data_version()
        assert reader.data_version() == version
        reader.write(seen(5))
        reader.keep("mine", b"x")
        assert reader.observations(NOW) == [seen(0)]
        assert reader.kept("mine") is None
        store.write(seen(1))
        store.flush(10)
        assert reader.data_version() != version
        assert reader.observations(NOW) == [seen(0), seen(1)]
        assert reader.problem is None
        reader.close()
        assert store.observations(NOW) == [seen(0), seen(1)]


def test_a_reader_creates_nothing(tmp_path: Path) -> None:
    reader = Store.open(tmp_path / "none", "x.db", now=NOW, read_only=True)
    assert reader.observations(NOW) == []
    assert reader.data_version() is None
    reader.close()
    assert not (tmp_path / "none").exists()


@pytest.mark.skipif(os.geteuid() == 0, reason="permissions do not bind root")
def test_a_reader_needs_no_permission_to_write(tmp_path: Path) -> None:
    data = tmp_path / "data"
    with opened(data) as store:
        store.write(seen(0))
    data.chmod(0o500)
    try:
        reader = Store.open(data, database(data).name, now=NOW, read_only=True)
        assert reader.observations(NOW) == [seen(0)]
        assert reader.record(NOW).at == NOW
        reader.close()
    finally:
        data.chmod(0o700)


def test_damage_found_by_a_reader_is_reported_and_repaired_by_nobody(tmp_path: Path) -> None:
    with opened(tmp_path) as store:
        store.write(seen(0))
    path = database(tmp_path)
    path.write_bytes(b"this is no database, whatever its name says" * 100)
    reader = Store.open(tmp_path, path.name, now=NOW, read_only=True)
    assert reader.observations(NOW) == []
    assert "cannot be read" in (reader.problem or "")
    reader.close()
    assert [file.name for file in tmp_path.iterdir()] == [path.name]


def test_the_last_entry_is_the_one_added_last_whatever_its_instant(tmp_path: Path) -> None:
    first, second = (
        IncidentEntry(at(seconds), f"{seconds:032d}", "i" * 32, IncidentAct.NOTE, at(seconds), "eve")
        for seconds in (60, 0)
    )
    with opened(tmp_path) as store:
        assert store.last_entry(INCIDENT_ENTRIES) is None
        store.write(first)
        store.write(second)
        assert store.last_entry(INCIDENT_ENTRIES) == second
        store.flush(10)
        assert store.last_entry(INCIDENT_ENTRIES) == second


def note(number: int) -> IncidentEntry:
    return IncidentEntry(at(number), f"{number:032d}", "i" * 32, IncidentAct.NOTE, at(number), "eve")


def test_a_follower_of_a_store_that_was_set_aside_reads_the_new_one_from_its_beginning(
    tmp_path: Path,
) -> None:
    with opened(tmp_path) as store:
        for number in range(3):
            store.write(note(number))
        store.flush(10)
        last = store.entries_after(INCIDENT_ENTRIES, 0)[-1][0]
        assert store.entries_after(INCIDENT_ENTRIES, last) == []
    for path in tmp_path.iterdir():
        path.rename(path.with_name(f"aside-{path.name}"))
    with opened(tmp_path) as store:
        assert store.entries_after(INCIDENT_ENTRIES, last) == []
        store.write(note(7))
        store.flush(10)
        assert [entry for _, entry in store.entries_after(INCIDENT_ENTRIES, last)] == [note(7)]


@pytest.mark.parametrize(("directory", "files"), [(0o2770, 0o660), (0o770, 0o600), (0o2750, 0o600)])
def test_a_group_directory_is_shared_and_no_other_is(tmp_path: Path, directory: int, files: int) -> None:
    data = tmp_path / "data"
    data.mkdir()
    data.chmod(directory)
    (data / "somebody's file").write_text("so that it is not taken for a new one")
    before = os.umask(0o077)
    try:
        with opened(data) as store:
            store.write(marked(0))
            store.flush(10)
            modes = {path.name: stat.S_IMODE(path.stat().st_mode) for path in data.glob("history.db*")}
    finally:
        os.umask(before)
    assert modes == dict.fromkeys(("history.db", "history.db-wal", "history.db-shm"), files)
    assert stat.S_IMODE(data.stat().st_mode) == directory


def test_a_new_group_directory_stays_one(tmp_path: Path) -> None:
    data = tmp_path / "data"
    data.mkdir()
    data.chmod(0o2770)
    with opened(data):
        assert stat.S_IMODE(data.stat().st_mode) == 0o2770
