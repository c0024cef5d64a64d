"""Several processes record own traffic in one store at once, while others read and fold."""

from __future__ import annotations

import signal
import sqlite3
import subprocess
import sys
from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path

from claude_tui.engine.traffic import TrafficFollower
from claude_tui.store import KEPT_CALLS, Store

PROCESSES, CALLS = 6, 3000
NAME = "api.example.com.db"
LONG_AGO = datetime(2000, 1, 1, tzinfo=UTC)

# Each call is a failure now and then, so that rows are written while the next calls are counted.
WORKER = """
import sys, time
from datetime import UTC, datetime
from pathlib import Path
from claude_tui.model.observation import Outcome
from claude_tui.model.traffic import Call, Tokens, TrafficSource
from claude_tui.store import Store
from claude_tui.traffic.sink import StoreSink

directory, name, number, calls = Path(sys.argv[1]), sys.argv[2], sys.argv[3], int(sys.argv[4])
reports = []
store = Store.open(directory, name, now=datetime.now(UTC), on_problem=reports.append)
sink = StoreSink(store, urgent_s=0.05)
sink.start()
print("ready", flush=True)
for index in range(calls):
    outcome = Outcome.OVERLOADED if index % 100 == 0 else Outcome.OK
    sink.add(Call(datetime.now(UTC), TrafficSource.PROXY, "messages", f"app {number}", outcome,
                  model="claude-haiku-5-5", request_id=f"req_{number}_{index}", tokens=Tokens(1, 2, 3)))
    if index % 50 == 0:
        time.sleep(0.01)
        sink.flush()
if number == "0":
    assert store.flush(60)
    print("waits", flush=True)
    time.sleep(600)
sink.close(30)
assert store.flush(60)
store.close(30)
print(f"{sink.faults} {reports}", flush=True)
"""


def started(directory: Path, number: int) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-c", WORKER, str(directory), NAME, str(number), str(CALLS)],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def test_no_call_is_lost_between_processes_and_none_meets_a_lock(tmp_path: Path) -> None:
    """One of them is killed once its last roll-ups are flushed."""
    reports: list[str | None] = []
    store = Store.open(tmp_path, NAME, now=datetime.now(UTC), on_problem=reports.append)
    followed = TrafficFollower(store)
    followed.load(datetime.now(UTC))
    workers = [started(tmp_path, number) for number in range(PROCESSES)]
    try:
        while any(worker.poll() is None for worker in workers[1:]):
            followed.read(datetime.now(UTC))
            store.traffic.fold()
            store.flush(5)
        outputs = [worker.communicate(timeout=60) for worker in workers[1:]]
        first = workers[0]
        assert first.stdout is not None
        assert [first.stdout.readline().strip() for _ in range(2)] == ["ready", "waits"]
        first.send_signal(signal.SIGKILL)
        assert first.wait(60) == -signal.SIGKILL
    finally:
        for worker in workers:
            worker.kill()
            worker.wait()
            for pipe in (worker.stdout, worker.stderr):
                if pipe is not None:
                    pipe.close()
    assert [out for out, _ in outputs] == ["ready\n0 []\n"] * (PROCESSES - 1)
    assert [err for _, err in outputs] == [""] * (PROCESSES - 1)
    assert reports == []

    now = datetime.now(UTC)
    followed.read(now)
    rows = store.traffic.between(now - timedelta(hours=1), now)
    counts: dict[str, int] = {}
    for row in rows:
        counts[row.key.application] = counts.get(row.key.application, 0) + row.calls
    killed = counts.pop("app 0")
    assert counts == {f"app {number}": CALLS for number in range(1, PROCESSES)}
    # At most what was not flushed yet.
    assert CALLS - 51 <= killed <= CALLS
    view = followed.view(now + timedelta(seconds=11))
    assert view is not None
    assert view.failed_count == sum(row.calls for row in rows if row.key.outcome.failed)
    assert store.entries(KEPT_CALLS, LONG_AGO)
    assert store.close(30)
    with closing(sqlite3.connect(tmp_path / NAME)) as connection:
        assert connection.execute("PRAGMA integrity_check").fetchall() == [("ok",)]
