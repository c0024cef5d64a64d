"""The history on a small file system of its own, where this machine lets a test mount one."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.store_values import NOW, PATIENCE_S, fill, first_version, marked, opened, seen


@pytest.fixture
def mounted(tmp_path: Path) -> Iterator[Path]:
    point = tmp_path / "disk"
    point.mkdir()
    mount = (
        subprocess.run(
            ["mount", "-t", "tmpfs", "-o", "size=400k", "tmpfs", str(point)],
            capture_output=True,
            check=False,
        )
        if os.geteuid() == 0
        else None
    )
    if mount is None or mount.returncode != 0:
        pytest.skip("mounting is not allowed here")
    yield point
    # Lazily: a program that another test has just started may still hold an inherited descriptor of it.
    subprocess.run(["umount", "--lazy", str(point)], check=True)


def test_a_disk_that_fills_up_and_is_freed(mounted: Path) -> None:
    reports: list[str | None] = []
    ballast = mounted / "ballast"
    ballast.write_bytes(bytes(200_000))
    written = [seen(n, request_id=os.urandom(100).hex()) for n in range(1000)]
    with opened(mounted / "data", reports, retry_s=600) as store:
        for observation in written:
            store.write(observation)
        assert not store.flush(PATIENCE_S)
        assert store.observations(NOW) == written
        assert "in memory only" in (store.problem or "")
        ballast.unlink()
        subprocess.run(["mount", "-o", "remount,size=20m", str(mounted)], check=True)
        assert store.flush(PATIENCE_S)
        assert (store.problem, reports[-1]) == (None, None)
    with opened(mounted / "data") as store:
        assert store.observations(NOW) == written


def test_a_disk_without_a_single_free_byte(mounted: Path) -> None:
    reports: list[str | None] = []
    with pytest.raises(OSError, match="No space"):
        (mounted / "ballast").write_bytes(bytes(1_000_000))
    with opened(mounted / "data", reports, retry_s=600) as store:
        store.write(seen(0))
        assert store.observations(NOW) == [seen(0)]
        assert not store.flush(PATIENCE_S)
        assert "in memory only" in (store.problem or "")


def test_a_read_only_disk_with_a_history(mounted: Path) -> None:
    fill(mounted / "data", 10)
    subprocess.run(["mount", "-o", "remount,ro", str(mounted)], check=True)
    reports: list[str | None] = []
    with opened(mounted / "data", reports, retry_s=600) as store:
        store.write(seen(50))
        assert not store.flush(PATIENCE_S)
        assert "read-only" in (store.problem or "")
        assert store.observations(NOW)[-1] == seen(50)


def test_a_full_disk_with_a_history_of_version_1(mounted: Path) -> None:
    with first_version(mounted / "data") as session:
        session.add([seen(0)])
        session.commit()
    ballast = mounted / "ballast"
    with pytest.raises(OSError, match="No space"):
        ballast.write_bytes(bytes(1_000_000))
    # Room for the index of the log, without which nothing can be read, and a few pages of the migration.
    os.truncate(ballast, ballast.stat().st_size - 40 * 1024)
    reports: list[str | None] = []
    with opened(mounted / "data", reports, retry_s=600) as store:
        store.write(marked(0))
        assert not store.flush(PATIENCE_S)
        assert "the disk is full" in (store.problem or "")
        assert (store.observations(NOW), store.step_marks(NOW)) == ([seen(0)], [marked(0)])
        ballast.unlink()
        assert store.flush(PATIENCE_S)
        assert (store.problem, reports[-1]) == (None, None)
    with opened(mounted / "data") as store:
        assert (store.observations(NOW), store.step_marks(NOW)) == ([seen(0)], [marked(0)])


def test_a_read_only_disk_with_a_history_of_version_1(mounted: Path) -> None:
    with first_version(mounted / "data") as session:
        session.add([seen(0)])
        session.commit()
    subprocess.run(["mount", "-o", "remount,ro", str(mounted)], check=True)
    reports: list[str | None] = []
    with opened(mounted / "data", reports, retry_s=600) as store:
        store.write(marked(0))
        assert not store.flush(PATIENCE_S)
        assert "read-only" in (store.problem or "")
        assert store.step_marks(NOW) == [marked(0)]
