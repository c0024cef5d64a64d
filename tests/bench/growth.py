"""How CPU and memory grow: with 1,000 observations and 1,000 calls a second, at 1, 10 and 100 times.

python -m tests.bench.growth
"""

from __future__ import annotations

import multiprocessing
import random
import statistics
import tempfile
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ProcessPoolExecutor
from datetime import timedelta
from pathlib import Path

from claude_tui.analysis.history.history import History
from claude_tui.analysis.snapshot import Options, build_snapshot
from claude_tui.engine.traffic import TrafficFollower
from claude_tui.store import Store
from claude_tui.traffic.aggregation import CallAggregator
from tests.bench.otlp import resident_mb
from tests.bench.snapshot import USUAL, Case, observations
from tests.bench.store import NOW
from tests.bench.table import Row, measured, printed
from tests.bench.traffic import calls
from tests.builders import after, engine

METHOD = (
    "Each figure is measured in a process of its own. Observations are those of a day, at the default pace "
    "or a faster one; observations beyond the limit are dropped and cost nothing, so the last line grows "
    "less. Calls are counted, stored, read again and shown once a second, in one thread; the work of the "
    "proxies is not included."
)
TIMES = 1, 10, 100
_SNAPSHOTS = 40
_SECONDS = 20
_DISTINCT = 500


def of_observations(count: int) -> tuple[float, float]:
    """(MB, ms for a Snapshot) of a history of this many observations."""
    per_day = sum(86_400 / pace_s for pace_s in USUAL)
    faster = count / per_day
    case = Case("", 24.0, tuple(pace_s / faster for pace_s in USUAL), 0.02, 0.0)  # type: ignore[arg-type]
    state, options = engine(), Options()
    build_snapshot(History(), after(0), state, options)
    before = resident_mb()
    history = History()
    for observation in observations(case):
        history.add_observation(observation)
    taken = []
    for second in range(_SNAPSHOTS):
        began = time.thread_time()
        build_snapshot(history, after(24 * 3600 + second - _SNAPSHOTS), state, options)
        taken.append((time.thread_time() - began) * 1000)
    return resident_mb() - before, statistics.median(taken)


def of_calls(per_second: int) -> tuple[float, float]:
    """(MB, ms of CPU for a second) of this many calls a second."""
    made = [*calls(_DISTINCT, 5, random.Random(3))]
    with tempfile.TemporaryDirectory() as directory:
        store = Store.open(Path(directory), now=NOW)
        followed, aggregator = TrafficFollower(store), CallAggregator()
        followed.load(NOW)
        before, began = resident_mb(), time.process_time()
        for second in range(_SECONDS):
            at = NOW + timedelta(seconds=second)
            for number in range(per_second):
                aggregator.add(made[number % _DISTINCT], at.timestamp())
            if second % 10 == 9:
                batch, kept = aggregator.take(at.timestamp())
                for part in (batch, *kept):
                    if part is not None:
                        store.write(part)
                store.flush(60)
            followed.read(at)
            followed.view(at)
        spent = (time.process_time() - began) * 1000 / _SECONDS
        grown = resident_mb() - before
        store.close(60)
    return grown, spent


def rows() -> Iterator[Row]:
    for times in TIMES:
        count = 1000 * times
        mb, ms = _apart(of_observations, count)
        yield Row(f"{count:,} observations: memory", f"{mb:.1f} MB", kept=None)
        yield Row(f"{count:,} observations: one Snapshot", f"{ms:.2f} ms", kept=None)
    for times in TIMES:
        rate = 1000 * times
        mb, ms = _apart(of_calls, rate)
        yield Row(f"{rate:,} calls a second: memory", f"{mb:.1f} MB", kept=None)
        yield Row(f"{rate:,} calls a second: CPU per 1,000", f"{ms / times:.1f} ms", kept=None)


def _apart(work: Callable[[int], tuple[float, float]], amount: int) -> tuple[float, float]:
    """The result of `work` in a process of its own."""
    context = multiprocessing.get_context("spawn")
    with ProcessPoolExecutor(1, mp_context=context) as pool:
        return pool.submit(work, amount).result()


if __name__ == "__main__":
    print(printed([measured("Growth", METHOD, rows)]))
