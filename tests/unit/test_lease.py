"""Who collects: the lease of a store, and the count of those who watch."""

from __future__ import annotations

import os
import stat
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest

from claude_tui.engine.attendance import Attendance
from claude_tui.engine.lease import Lease
from claude_tui.engine.presence import Presence
from claude_tui.model.watching import Process
from claude_tui.probes.clock import SystemClock

NOON = datetime(2026, 11, 20, 12, 0, tzinfo=UTC)
EVE = Process("eve", "ops-box", 4242, NOON)
BOB = replace(EVE, user="bob", pid=4243)


def test_the_first_gets_the_lease_and_says_who_it_is(tmp_path: Path) -> None:
    first, second = Lease(tmp_path / "x.lease", EVE), Lease(tmp_path / "x.lease", BOB)
    assert second.holder() is None
    assert first.take(NOON)
    assert not second.take(NOON)
    assert first.take(NOON)
    assert second.holder() == first.holder() == EVE
    first.release()
    assert second.holder() is None
    assert second.take(NOON)
    assert first.holder() == BOB


def test_asking_who_holds_it_does_not_take_it(tmp_path: Path) -> None:
    first, second = Lease(tmp_path / "x.lease", EVE), Lease(tmp_path / "x.lease", BOB)
    first.take(NOON)
    first.release()
    for _ in range(3):
        assert second.holder() is None
    assert first.take(NOON)


def test_a_shorter_name_leaves_nothing_of_a_longer_one(tmp_path: Path) -> None:
    path = tmp_path / "x.lease"
    long, short = Lease(path, replace(EVE, user="e" * 60)), Lease(path, BOB)
    long.take(NOON)
    long.release()
    short.take(NOON)
    assert short.holder() == BOB
    assert len(path.read_text().splitlines()) == 1


@pytest.mark.parametrize("content", ["", "{", "[]", '{"user": 7}', "\x00" * 99, '{"user": "\x1b[2J"}'])
def test_a_holder_that_cannot_be_read_is_unknown(tmp_path: Path, content: str) -> None:
    first, second = Lease(tmp_path / "x.lease", EVE), Lease(tmp_path / "x.lease", BOB)
    first.take(NOON)
    (tmp_path / "x.lease").write_text(content)
    assert second.holder() is None
    assert not second.take(NOON)


def test_a_name_of_another_process_is_inert(tmp_path: Path) -> None:
    Lease(tmp_path / "x.lease", EVE)
    evil = Lease(tmp_path / "x.lease", replace(EVE, user="\x1b[2Jeve"))
    evil.take(NOON)
    holder = Lease(tmp_path / "x.lease", BOB).holder()
    assert holder is not None
    assert "\x1b" not in holder.name


def test_where_nothing_can_be_locked_somebody_probes_all_the_same(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("in the way")
    assert Lease(tmp_path / "file" / "x.lease", EVE).take(NOON)
    alone = Attendance(tmp_path / "file" / "x.db", EVE, SystemClock())
    assert alone.enter()
    assert alone.watching.collects
    assert alone.watching.screens == 1
    alone.leave()


def test_every_screen_counts_once_and_an_agent_does_not(tmp_path: Path) -> None:
    directory = tmp_path / "x.db.d"
    screens = [Presence(directory, EVE, screen=True) for _ in range(3)]
    agent = Presence(directory, BOB, screen=False)
    assert agent.count() == 0
    for number, screen in enumerate(screens, 1):
        screen.enter()
        screen.enter()
        assert screen.count() == agent.count() == number
    screens[0].leave()
    assert [screen.count() for screen in screens[1:]] == [2, 2]
    screens[1].leave()
    screens[2].leave()
    assert [*directory.iterdir()] == []


def test_what_a_killed_process_left_is_cleared_away_and_not_counted(tmp_path: Path) -> None:
    directory = tmp_path / "x.db.d"
    watching = Presence(directory, EVE, screen=True)
    watching.enter()
    (directory / "screen-4711-0123abcd").write_text("{}\n")
    (directory / "somebody's notes").write_text("stay")
    assert watching.count() == 1
    assert sorted(path.name.partition("-")[0] for path in directory.iterdir()) == [
        "screen",
        "somebody's notes",
    ]
    watching.leave()


def test_a_reader_never_collects_but_is_counted(tmp_path: Path) -> None:
    reader = Attendance(tmp_path / "x.db", EVE, SystemClock(), read_only=True)
    assert not reader.enter()
    assert reader.watching.collector is None
    other = Attendance(tmp_path / "x.db", BOB, SystemClock())
    assert other.enter()
    assert other.watching.screens == 2
    assert other.watching.collects
    other.leave()
    reader.leave()


@pytest.mark.parametrize("shared", [True, False])
def test_files_are_for_the_group_where_the_directory_is(tmp_path: Path, shared: bool) -> None:
    data = tmp_path / "data"
    data.mkdir()
    data.chmod(0o2770 if shared else 0o700)
    before = os.umask(0o077)
    try:
        own = Attendance(data / "x.db", EVE, SystemClock())
        own.enter()
    finally:
        os.umask(before)
    modes = {path.name: stat.S_IMODE(path.stat().st_mode) for path in data.rglob("*")}
    assert stat.S_IMODE(data.stat().st_mode) == (0o2770 if shared else 0o700)
    assert modes.pop("x.db.d") == (0o2770 if shared else 0o700)
    assert len(modes) == 2
    assert set(modes.values()) == {0o660 if shared else 0o600}
    own.leave()
