"""What own traffic costs: counting a call, and asking 90 days of roll-ups.

    python -m tests.bench.traffic [--days N] [--keys N]

A query may take 50 ms, a batch of maintenance 100 ms. What counts is the time on the processor: other
programs may be busy.
"""

from __future__ import annotations

import argparse
import statistics
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path
from random import Random

from claude_tui.analysis.traffic.figures import By
from claude_tui.engine.traffic import TrafficFollower, chart_at, view_at
from claude_tui.model.arrangement import Panel
from claude_tui.model.observation import Outcome
from claude_tui.model.snapshot import Focus
from claude_tui.model.traffic import SPANS, Call, RollUp, RollUpKey, Tokens, TrafficSource
from claude_tui.report.traffic import read_traffic
from claude_tui.store import Store
from claude_tui.store.files import NAME, connect
from claude_tui.store.instants import to_micros
from claude_tui.store.traffic_codec import COLUMNS, encode
from claude_tui.store.traffic_writing import Keys
from claude_tui.store.writing import WriteSession
from claude_tui.traffic.aggregation import CallAggregator
from tests.bench.store import NOW

BATCH_MS, QUERY_MS, CALL_US = 100.0, 50.0, 20.0
CALLS = 100_000
PROTOTYPES = 20
TROUBLE = timedelta(days=1), timedelta(hours=11)
"""How long before NOW the trouble began, and how long it lasts: its rows of 10 s are all there."""
_SECOND = 1_000_000


def calls(count: int, seconds: float, random: Random, application: str = "") -> Iterator[Call]:
    """Calls as a proxy sees them, spread over so many seconds before NOW."""
    for number in range(count):
        failed = random.random() < 0.02
        yield Call(
            NOW - timedelta(seconds=seconds * (1 - number / count)),
            TrafficSource.PROXY,
            "messages",
            application or f"app {number % 5}",
            Outcome.OVERLOADED if failed else Outcome.OK,
            model="claude-haiku-5-5",
            served_model="claude-haiku-5-5",
            http_status=529 if failed else 200,
            error_type="overloaded_error" if failed else None,
            request_id=f"req_011C{number:020}",
            streamed=True,
            first_byte_s=0.3,
            first_token_s=None if failed else random.lognormvariate(-0.7, 0.5),
            total_s=random.lognormvariate(1.0, 0.6) / 1000,
            tokens=None if failed else Tokens(random.randrange(20_000), random.randrange(2000), 9000),
            stop_reason=None if failed else "end_turn",
            cost_usd=None if failed else 0.01,
            retries=0,
        )


def counting() -> float:
    """Microseconds for a call."""
    made, aggregator, now = list(calls(CALLS, 60, Random(1))), CallAggregator(), NOW.timestamp()
    began = time.process_time()
    for call in made:
        aggregator.add(call, now)
    aggregator.take(now)
    return (time.process_time() - began) / CALLS * 1e6


def fill(path: Path, days: int, keys: int) -> int:
    """Roll-ups of every length, as folding and pruning leave them after so many days, with one trouble."""
    Store.open(path.parent, path.name, now=NOW).close(30)
    connection = connect(path)
    numbers, random, total = Keys(connection), Random(2), 0
    ends = {10: 2, 60: days, 600: days, 3600: days, 86400: days}
    for span in SPANS:
        length = span * _SECOND
        last = to_micros(NOW) // length * length
        known = [(key, _prototypes(key, span, random)) for key in _keys(keys)]
        failing = [
            (key, [_failed(prototype) for prototype in _prototypes(key, span, random)])
            for key in _failing_keys(keys)
        ]
        connection.execute("BEGIN")
        for start in range(last - ends[span] * 86_400 * _SECOND // length * length, last, length):
            here = [*known, *failing] if _troubled(start) else known
            connection.executemany(
                f"INSERT INTO traffic_rolls (span, at, recorded, folded, key, {COLUMNS}) "
                f"VALUES (?, ?, ?, ?, ?{', ?' * len(COLUMNS.split(','))})",
                [
                    (
                        span,
                        start,
                        start + length + _SECOND,
                        int(span < 86_400),
                        numbers.number_of(key),
                        *encode(random.choice(prototypes)),
                    )
                    for key, prototypes in here
                ],
            )
            total += len(here)
        connection.execute("COMMIT")
    day = 86_400 * _SECOND
    pruned = str((to_micros(NOW) // day - 2) * day)
    connection.execute("INSERT INTO meta VALUES ('traffic_pruned_10', ?)", (pruned,))
    connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    connection.close()
    return total


def _keys(count: int) -> list[RollUpKey]:
    return [
        RollUpKey(TrafficSource.PROXY, f"app {number % 5}", f"model {number // 5}", Outcome.OK)
        for number in range(count)
    ]


def _failing_keys(count: int) -> list[RollUpKey]:
    """Three kinds of failure of each application and model."""
    kinds = (
        (Outcome.OVERLOADED, "overloaded_error"),
        (Outcome.SERVER_ERROR, "api_error"),
        (Outcome.RATE_LIMITED, "rate_limit_error"),
    )
    return [replace(key, outcome=outcome, error_type=kind) for key in _keys(count) for outcome, kind in kinds]


def _troubled(start: int) -> bool:
    onset = to_micros(NOW - TROUBLE[0])
    return onset <= start < to_micros(NOW - TROUBLE[0] + TROUBLE[1])


def _prototypes(key: RollUpKey, span: int, random: Random) -> list[RollUp]:
    """Rows of ten calls a second in all."""
    found = []
    for _ in range(PROTOTYPES):
        aggregator = CallAggregator()
        for call in calls(max(min(span // 2, 2000), 1), 1, random, key.application):
            aggregator.add(call, NOW.timestamp())
        batch, _ = aggregator.take(NOW.timestamp())
        assert batch is not None
        found.append(max(batch.rows, key=lambda row: row.calls))
    return found


def _failed(row: RollUp) -> RollUp:
    """The same calls as failures, without what only answers have."""
    calls = max(row.calls // 5, 1)
    return replace(
        row, calls=calls, counted=0, tokens=Tokens(), cost_usd=0.0, first_token=b"", prompt=b"", max_tokens=0
    )


def took_ms(work: Callable[[], object], times: int = 5) -> float:
    """The best of some."""
    best = float("inf")
    for _ in range(times):
        began = time.process_time()
        work()
        best = min(best, time.process_time() - began)
    return best * 1000


def steps_ms(store: Store, at: datetime) -> float:
    """The middle of some steps of a minute, as they are taken after a jump."""
    view_at(store, at)
    taken = []
    for number in range(1, 12):
        began = time.process_time()
        view_at(store, at + timedelta(minutes=number))
        taken.append(time.process_time() - began)
    return statistics.median(taken) * 1000


def measure(path: Path) -> Iterator[tuple[str, float, float]]:
    """What, how many milliseconds, and how many it may take."""
    store = Store.open(path.parent, path.name, now=NOW)
    yield "first frame: the last 15 minutes", took_ms(lambda: TrafficFollower(store).load(NOW)), QUERY_MS
    yield "a view of now", took_ms(lambda: view_at(store, NOW)), QUERY_MS
    for days in (1, 30, 80):
        at = NOW - timedelta(days=days)
        yield f"a step in time, {days} days ago", took_ms(lambda at=at: view_at(store, at)), QUERY_MS
    for words, into in (("20 minutes", 1 / 3), ("2 hours", 2), ("10 hours", 10)):
        at = NOW - TROUBLE[0] + timedelta(hours=into)
        yield f"a step in time, {words} into a trouble", steps_ms(store, at), QUERY_MS
    for words, since in (("1h", 1), ("24h", 24), ("7d", 168), ("30d", 720), ("89d", 24 * 89)):
        span = timedelta(hours=since, minutes=7)
        yield (
            f"traffic --since {words}",
            took_ms(lambda span=span: read_traffic(store, span, By.APPLICATION, NOW)),
            QUERY_MS,
        )
    for words, hours in (("15m", 0.25), ("1h", 1), ("6h", 6), ("24h", 24)):
        focus = Focus(Panel.TRAFFIC, timedelta(hours=hours))
        yield f"the chart over {words}", took_ms(lambda focus=focus: chart_at(store, focus, NOW)), QUERY_MS
    yield "a second with new roll-ups, and the view of it", _following(store), QUERY_MS
    store.close(30)
    yield from maintenance(path)


def _following(store: Store) -> float:
    followed = TrafficFollower(store)
    followed.load(NOW)
    aggregator = CallAggregator()
    for call in calls(100, 5, Random(4)):
        aggregator.add(call, NOW.timestamp())
    batch, _ = aggregator.take(NOW.timestamp())
    assert batch is not None
    store.write(batch)
    store.flush(30)

    def second() -> None:
        followed.read(NOW)
        followed.view(NOW)

    return took_ms(second, times=1)


def maintenance(path: Path) -> Iterator[tuple[str, float, float]]:
    at = NOW + timedelta(days=1)
    session = WriteSession(connect(path), None, lambda: at)
    yield "a batch of folding", took_ms(session.fold_traffic, times=1), BATCH_MS
    prune = lambda: session.prune(to_micros(at - timedelta(days=60)))  # noqa: E731 - one line for a table
    yield "a batch of pruning", took_ms(prune, times=1), BATCH_MS
    session.close()


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--days", type=int, default=90)
    parser.add_argument("--keys", type=int, default=10)
    options = parser.parse_args()
    us = counting()
    print(f"{'counting a call':48} {us:8.1f} µs  (budget {CALL_US:g})")
    slow = us > CALL_US
    with tempfile.TemporaryDirectory() as directory:
        path = Path(directory) / NAME
        rows = fill(path, options.days, options.keys)
        size = path.stat().st_size
        print(f"{options.days} days of {options.keys} keys: {rows:,} rows, {size / 1e6:.0f} MB, "
              f"{size / rows:.0f} bytes a row")  # fmt: skip
        for what, ms, budget in measure(path):
            slow |= ms > budget
            print(f"{what:48} {ms:8.1f} ms  (budget {budget:g}){'  OVER' if ms > budget else ''}")
    return int(slow)


if __name__ == "__main__":
    sys.exit(main())
