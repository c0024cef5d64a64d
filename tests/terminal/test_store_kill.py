"""`kill -9` of processes that write the history: what they reported is there, and the store is whole."""

from __future__ import annotations

import os
import signal
import sqlite3
import subprocess
import sys
from contextlib import closing
from pathlib import Path
from random import Random

from claude_tui.model.observation import Observation, Outcome
from claude_tui.model.playbook import StepMark
from claude_tui.store.instants import to_micros
from tests.store_values import NOW, at, database, opened, query, seen

ROOT = Path(__file__).parents[2]

# Says each number once it is in the database. Large records and pruning make for checkpoints to die in.
CHILD = """
import sys
from datetime import timedelta
from pathlib import Path
from claude_tui.store import Store
from tests.store_values import NOW, at, marked, page, seen

directory, first = Path(sys.argv[1]), int(sys.argv[2])
store = Store.open(directory, now=NOW, on_problem=lambda text: print("problem", text, flush=True))
for number in range(first, first + 1_000_000):
    store.write(seen(number, message=f"{number:x}" * 200))
    store.write(page(number, f"indicator {number}"))
    store.write(marked(number, note=f"{number:x}" * 20))
    store.keep("newest", b"%d" % number)
    if number % 50 == 0:
        store.prune(at(-1))
    if store.flush(10):
        print(number, flush=True)
"""


def start(directory: Path, first: int) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-c", CHILD, str(directory), str(first)], cwd=ROOT, stdout=subprocess.PIPE, text=True
    )


def kill_after(child: subprocess.Popen[str], lines: int) -> list[str]:
    """Everything it printed until it died, which is soon after `lines` lines."""
    assert child.stdout is not None
    printed = [child.stdout.readline() for _ in range(lines)]
    os.kill(child.pid, signal.SIGKILL)
    printed += child.stdout.readlines()
    child.stdout.close()
    assert child.wait(60) == -signal.SIGKILL
    return printed


def numbers_of(printed: list[str]) -> set[int]:
    """The numbers of whole lines; the last line may be cut short."""
    assert not [line for line in printed if line.startswith("problem")]
    return {int(line) for line in printed if line.endswith("\n")}


def stored(directory: Path) -> set[int]:
    """The numbers of what is there both as an observation and as a mark."""
    with opened(directory) as store:
        observations, marks = store.observations(NOW), store.step_marks(NOW)
    return {number_of(o) for o in observations} & {number_of(m) for m in marks}


def number_of(record: Observation | StepMark) -> int:
    return round((record.at - NOW).total_seconds())


def kept(directory: Path) -> int:
    with opened(directory) as store:
        return int(store.kept("newest") or -1)


def integrity(directory: Path) -> list[tuple[str]]:
    with closing(sqlite3.connect(database(directory))) as connection:
        return connection.execute("PRAGMA integrity_check").fetchall()


def test_what_was_flushed_survives_every_kill(tmp_path: Path) -> None:
    random, numbers = Random(), set[int]()
    for turn in range(6):
        child = start(tmp_path, turn * 1_000_000)
        numbers |= numbers_of(kill_after(child, random.randrange(1, 400)))
        assert integrity(tmp_path) == [("ok",)]
        assert numbers <= stored(tmp_path)
        assert kept(tmp_path) >= max(numbers)
    assert not [path for path in tmp_path.iterdir() if "damaged" in path.name]


def test_one_of_two_writers_is_killed(tmp_path: Path) -> None:
    random, numbers = Random(), set[int]()
    survivor = start(tmp_path, 500_000_000)
    for turn in range(3):
        numbers |= numbers_of(kill_after(start(tmp_path, turn * 1_000_000), random.randrange(1, 200)))
    numbers |= numbers_of(kill_after(survivor, 1))
    assert integrity(tmp_path) == [("ok",)]
    assert numbers <= stored(tmp_path)
    assert max(numbers) >= 500_000_000


def test_a_process_killed_while_it_creates_the_store(tmp_path: Path) -> None:
    for turn in range(4):
        child = start(tmp_path / str(turn), 0)
        while not database(tmp_path / str(turn)).exists():
            assert child.poll() is None
        numbers = numbers_of(kill_after(child, 0))
        assert numbers <= stored(tmp_path / str(turn))


# Rolls up and prunes what is there, and says a line whenever it is asked to write.
UPKEEP = """
import sys
import time
from pathlib import Path
from claude_tui.store import Store
from tests.store_values import NOW, at

store = Store.open(Path(sys.argv[1]), now=NOW, on_problem=lambda text: print("problem", text, flush=True))
store.roll_up(NOW)
store.prune(at(-3600 * 24))
while store.flush(10):
    print(0, flush=True)
    # With nothing to write, sixty lines are over in less time than one hour takes to roll up.
    time.sleep(0.01)
"""


def test_hours_are_rolled_up_once_however_often_that_is_cut_short(tmp_path: Path) -> None:
    with opened(tmp_path) as store:
        for second in range(-3600 * 72, -3600 * 2, 120):
            failed = second % 7 == 0
            store.write(seen(second, outcome=Outcome.OVERLOADED if failed else Outcome.OK))
        assert store.flush(60)
        expected = store.record(NOW)
    random, turns = Random(), 0
    while query(tmp_path, "SELECT min(at) FROM observations")[0][0] < to_micros(at(-3600 * 24)):
        child = subprocess.Popen(
            [sys.executable, "-c", UPKEEP, str(tmp_path)], cwd=ROOT, stdout=subprocess.PIPE, text=True
        )
        # The first one at once: the end must not come in a single turn, however quick the machine is.
        numbers_of(kill_after(child, random.randrange(1, 60) if turns else 1))
        with opened(tmp_path) as store:
            assert store.record(NOW) == expected
        turns += 1
    assert turns > 1
    assert integrity(tmp_path) == [("ok",)]
