"""A directory of a group, used by two of its members, each with a umask that shares nothing."""

from __future__ import annotations

import os
import stat
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest

from claude_tui.store import Store
from tests.builders import messages

pytestmark = pytest.mark.skipif(os.geteuid() != 0, reason="only root can become two other users")

GROUP, EVE, BOB, MALLORY = 23000, 23001, 23002, 23003
ROOT = Path(__file__).parents[2]

# Imports first: what Python is installed in may be closed to others.
MEMBER = """
import os, sys
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from claude_tui.engine.attendance import Attendance
from claude_tui.engine.identity import this_process
from claude_tui.model.playbook import StepMark, StepState
from claude_tui.probes.clock import SystemClock
from claude_tui.store import Store
import encodings.idna, zlib

path, user, groups = Path(sys.argv[1]), int(sys.argv[2]), [int(each) for each in sys.argv[3:]]
clock, now = SystemClock(), datetime.now(UTC)
process = replace(this_process(now), user=str(user))
os.setgroups(groups); os.setgid(user); os.setuid(user); os.umask(0o077)
store = Store.open(path.parent, path.name, now=now)
attendance = Attendance(store.path, process, clock)
attendance.enter()
for line in sys.stdin:
    if line.strip() == "write":
        store.write(StepMark(clock.now(), "outage", str(user), StepState.DONE, str(user)))
        print(store.flush(30), store.problem, flush=True)
    elif line.strip() == "read":
        print(len(store.step_marks(now.replace(year=2000))), store.problem, flush=True)
    elif line.strip() == "look":
        attendance._take(clock.now())
        attendance.look()
        holder = attendance.watching.collector
        print(attendance.watching.collects, holder and holder.user, attendance.watching.screens, flush=True)
store.close()
attendance.leave()
"""

DRILLED = """
import os, sys
from datetime import UTC, datetime
from pathlib import Path
from claude_tui.drills.log import add, read, score_file
from claude_tui.drills.record import Ending, Score
from claude_tui.store import Store
from claude_tui.store.files import make_inner_directory
import encodings.idna, zlib

data, user, group = Path(sys.argv[1]), int(sys.argv[2]), int(sys.argv[3])
os.setgroups([group]); os.setgid(user); os.setuid(user); os.umask(0o077)
now, file = datetime.now(UTC), score_file(data)
add(file, Score(now, "drill-01", str(user), 1.0, Ending.QUIT, 60.0))
own = file.parent / f"drill-of-{user}"
make_inner_directory(own)
store = Store.open(own, "drill.db", now=now)
assert store.flush(30), store.problem
store.close()
print(len(read(file)[0]))
"""


class Member:
    def __init__(self, path: Path, user: int, *groups: int) -> None:
        command = [sys.executable, "-c", MEMBER, str(path), *map(str, (user, *groups))]
        self.process = subprocess.Popen(
            command, cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
        )

    def does(self, what: str) -> str:
        assert self.process.stdin is not None
        assert self.process.stdout is not None
        self.process.stdin.write(f"{what}\n")
        self.process.stdin.flush()
        return self.process.stdout.readline().strip()

    def end(self) -> None:
        self.process.communicate(timeout=60)


@contextmanager
def directory() -> Iterator[Path]:
    # Not below `tmp_path`, which is closed to other users.
    with TemporaryDirectory() as parent:
        Path(parent).chmod(0o755)
        data = Path(parent) / "data"
        data.mkdir()
        os.chown(data, EVE, GROUP)
        data.chmod(0o2770)
        yield data


def test_two_members_share_the_record_and_take_turns() -> None:
    with directory() as data:
        eve, bob = Member(data / "x.db", EVE, GROUP), Member(data / "x.db", BOB, GROUP)
        try:
            assert bob.does("look").endswith(" 2") or eve.does("look").endswith(" 2")
            first, second = (eve, bob) if eve.does("look").startswith("True") else (bob, eve)
            assert first.does("write") == second.does("write") == "True None"
            assert first.does("read") == second.does("read") == "2 None"
            assert second.does("look").startswith("False")
            first.end()
            assert second.does("look").startswith("True")
            assert second.does("look").endswith(" 1")
            assert second.does("write") == "True None"
            third = Member(data / "x.db", EVE if first is eve else BOB, GROUP)
            assert third.does("read") == "3 None"
            third.end()
        finally:
            for member in (eve, bob):
                member.process.kill()
                member.process.communicate()


def test_who_is_not_of_the_group_gets_nothing() -> None:
    with directory() as data:
        eve, mallory = Member(data / "x.db", EVE, GROUP), Member(data / "x.db", MALLORY)
        try:
            assert eve.does("write") == "True None"
            assert mallory.does("read").startswith("0 ")
            assert "permission denied" in mallory.does("write")
        finally:
            for member in (eve, mallory):
                member.process.kill()
                member.process.communicate()


def test_drills_and_their_scores_are_the_groups_too() -> None:
    with directory() as data:
        for number, user in enumerate((EVE, BOB), 1):
            done = subprocess.run(
                [sys.executable, "-c", DRILLED, str(data), str(user), str(GROUP)],
                cwd=ROOT,
                capture_output=True,
                text=True,
                timeout=60,
                check=False,
            )
            assert (done.stdout.strip(), done.stderr) == (str(number), "")
        found = {path.relative_to(data): path.stat() for path in data.rglob("*")}
        assert {status.st_gid for status in found.values()} == {GROUP}
        modes = {
            f"{stat.S_IMODE(status.st_mode):o}" for status in found.values() if stat.S_ISREG(status.st_mode)
        }
        assert modes == {"660"}
        assert {
            f"{stat.S_IMODE(status.st_mode):o}" for status in found.values() if stat.S_ISDIR(status.st_mode)
        } == {"2770"}
        names = [path.name for path in found]
        assert names.count("drill.db") == 2


READER = """
import os, sys
from datetime import UTC, datetime
from pathlib import Path
from claude_tui.analysis.uptime.hours import DEFAULT_REACH
from claude_tui.analysis.uptime.record import LONGEST
from claude_tui.store import Store
from claude_tui.store.record import read_record
import encodings.idna, zlib, sqlite3

path, user, now = Path(sys.argv[1]), int(sys.argv[2]), datetime.now(UTC)
os.setgroups([]); os.setgid(user); os.setuid(user)
store = Store.open(path.parent, path.name, now=now, read_only=True)
print(len(store.observations(now.replace(year=2000))), store.problem)
print(len(read_record(path, now, DEFAULT_REACH, LONGEST).rows) > 0)
store.close()
"""


def test_somebody_else_reads_a_directory_that_they_cannot_write() -> None:
    """Uptime and reports too, which have a connection of their own."""
    with directory() as data:
        store = Store.open(data, "x.db", now=datetime.now(UTC))
        for second in range(0, 600, 10):
            store.write(messages(datetime.now(UTC) - timedelta(seconds=second)))
        assert store.flush(30)
        store.close()
        data.chmod(0o755)
        for path in data.iterdir():
            path.chmod(0o644)
        before = {path.name: path.read_bytes() for path in data.iterdir()}
        done = subprocess.run(
            [sys.executable, "-c", READER, str(data / "x.db"), str(MALLORY)],
            cwd=ROOT,
            capture_output=True,
            text=True,
            timeout=120,
            check=False,
        )
        assert (done.stdout.split("\n"), done.stderr) == (["60 None", "True", ""], "")
        assert {path.name: path.read_bytes() for path in data.iterdir()} == before
