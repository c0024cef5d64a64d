"""How the store fares with 90 days of history: size, opening, reading, an uptime aggregate.

    python tests/bench/store.py [--rows N] [--raw]

`--raw` gives durations with all the digits of a float, which no probe measures but any could write.
"""

from __future__ import annotations

import argparse
import sqlite3
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from dataclasses import astuple
from datetime import UTC, datetime, timedelta
from pathlib import Path
from random import Random
from typing import Any

from claude_tui.model.observation import Observation, Outcome, RateLimitReading, Source, Timings, Usage
from claude_tui.store import Store
from claude_tui.store.codec import COLUMNS, Kind, encode, kind_of
from claude_tui.store.files import NAME, connect
from claude_tui.store.instants import to_micros

NOW = datetime(2026, 11, 20, 14, 5, 33, tzinfo=UTC)
SPAN = timedelta(days=90)
TARGET = "https://api.anthropic.com"
ALPHABET = "123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz"
# One minute of the usual schedule: 4 models, 2 messages, 1 status.
ROUND = (
    Source.MODELS,
    Source.MESSAGES,
    Source.MODELS,
    Source.STATUS,
    Source.MODELS,
    Source.MESSAGES,
    Source.MODELS,
)

UPTIME = """
SELECT kinds.source, kinds.outcome, sum(tally.rows) FROM
(SELECT kind, count(*) AS rows FROM observations WHERE at >= ? GROUP BY kind) AS tally
JOIN kinds ON kinds.id = tally.kind GROUP BY 1, 2
"""
INDEX = "CREATE INDEX observations_by_kind ON observations (kind, at)"


class Maker:
    """Observations as probes would record them, one in 200 a failure."""

    def __init__(self, raw: bool) -> None:
        self._random = Random(20261120)
        self._digits = 17 if raw else 6

    def observation(self, source: Source, at: datetime) -> Observation:
        failed = self._random.random() < 0.005
        common: dict[str, Any] = {
            "at": at,
            "source": source,
            "target": TARGET,
            "outcome": Outcome.OVERLOADED if failed else Outcome.OK,
            "http_status": 529 if failed else 200,
            "error_type": "overloaded_error" if failed else None,
            "message": "Overloaded" if failed else None,
            "skew_s": self._seconds(0.4),
        }
        if source is Source.STATUS:
            return Observation(
                **common, timings=Timings(first_byte=self._seconds(0.1), total=self._seconds(0.1))
            )
        common["request_id"] = "req_011C" + "".join(self._random.choices(ALPHABET, k=20))
        common["server_s"] = self._random.randrange(90, 400) / 1000
        if source is Source.MODELS:
            return Observation(**common, timings=self._network(), tls_expires_at=NOW.replace(hour=0))
        return Observation(**common, timings=self._stream(), **({} if failed else self._message(at)))

    def _message(self, at: datetime) -> dict[str, Any]:
        reset = at.replace(microsecond=0) + timedelta(seconds=1)
        left = self._random.randrange(1500, 2000) * 1000
        return {
            "model": "claude-haiku-4-5",
            "stop_reason": "max_tokens",
            "usage": Usage(12, 8),
            "cost_usd": 5.2e-05,
            "rate_limits": (
                RateLimitReading("requests", 1000, self._random.randrange(900, 1000), reset),
                RateLimitReading("input-tokens", 2_000_000, left, reset),
                RateLimitReading("output-tokens", 400_000, 400_000, at.replace(microsecond=0)),
                RateLimitReading("tokens", 2_400_000, left + 400_000, reset),
            ),
        }

    def _network(self) -> Timings:
        return Timings(
            dns=self._seconds(0.002),
            connect=self._seconds(0.014),
            tls=self._seconds(0.031),
            first_byte=self._seconds(0.135),
            total=self._seconds(0.182),
        )

    def _stream(self) -> Timings:
        return Timings(
            first_byte=self._seconds(0.3), first_token=self._seconds(0.4), total=self._seconds(0.6)
        )

    def _seconds(self, typical: float) -> float:
        return round(self._random.lognormvariate(0, 0.3) * typical, self._digits)


def rows(count: int, raw: bool, kinds: dict[Kind, int]) -> Iterator[tuple[Any, ...]]:
    maker, step = Maker(raw), SPAN / count
    for index in range(count):
        observation = maker.observation(ROUND[index % len(ROUND)], NOW - SPAN + step * (index + 1))
        number = kinds.setdefault(kind_of(observation), len(kinds) + 1)
        yield (to_micros(observation.at), 0, number, *encode(observation))


def fill(path: Path, count: int, raw: bool) -> None:
    connection = connect(path)
    kinds: dict[Kind, int] = {}
    marks = ", ".join("?" * (3 + len(COLUMNS.split(","))))
    connection.execute("BEGIN")
    connection.executemany(
        f"INSERT INTO observations (at, n, kind, {COLUMNS}) VALUES ({marks})", rows(count, raw, kinds)
    )
    connection.executemany(
        "INSERT INTO kinds VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
        [(number, *astuple(kind)) for kind, number in kinds.items()],
    )
    connection.execute("COMMIT")
    connection.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchall()
    connection.close()


def best_ms(action: Callable[[], object], times: int = 5) -> float:
    best = float("inf")
    for _ in range(times):
        began = time.perf_counter()
        action()
        best = min(best, (time.perf_counter() - began) * 1000)
    return best


def open_store(directory: Path) -> Store:
    return Store.open(directory, now=NOW, on_problem=lambda text: print(f"problem: {text}", file=sys.stderr))


def measure(directory: Path) -> Iterator[tuple[str, str]]:
    def open_and_close() -> None:
        open_store(directory).close()

    yield "open and close", f"{best_ms(open_and_close):.1f} ms"
    began = time.perf_counter()
    store = open_store(directory)
    yield "open", f"{(time.perf_counter() - began) * 1000:.1f} ms"
    for name, span in (
        ("last hour", timedelta(hours=1)),
        ("last 2 h", timedelta(hours=2)),
        ("last 24 h", timedelta(days=1)),
    ):
        found = store.observations(NOW - span)
        yield (
            f"{name} ({len(found)} observations)",
            f"{best_ms(lambda s=span: store.observations(NOW - s)):.1f} ms",
        )
    middle = NOW - SPAN / 2
    hour = timedelta(hours=1)
    yield "an hour 45 days ago", f"{best_ms(lambda: store.observations(middle, middle + hour)):.1f} ms"
    yield "cost since midnight", f"{best_ms(lambda: store.cost_since(NOW.replace(hour=0, minute=0))):.1f} ms"
    maker = Maker(raw=False)

    def write_one() -> None:
        store.write(maker.observation(Source.MESSAGES, NOW))
        store.flush()

    yield "write one and wait for it", f"{best_ms(write_one, 200):.2f} ms"
    store.close()


def measure_uptime(path: Path) -> Iterator[tuple[str, str]]:
    connection = connect(path)
    try:
        for days in (1, 7, 90):
            since = to_micros(NOW - timedelta(days=days))
            spent = best_ms(lambda s=since: connection.execute(UPTIME, (s,)).fetchall(), 3)
            yield f"outcomes by source, {days} days", f"{spent:.0f} ms"
        before = path.stat().st_size
        connection.execute(INDEX)
        connection.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchall()
        spent = best_ms(lambda: connection.execute(UPTIME, (0,)).fetchall(), 3)
        grown = (path.stat().st_size - before) / 1e6
        yield f"the same, 90 days, with an index of {grown:.0f} MB", f"{spent:.0f} ms"
    finally:
        connection.close()


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rows", type=int, default=1_600_000)
    parser.add_argument("--raw", action="store_true", help="durations with all the digits of a float")
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as scratch:
        directory = Path(scratch) / "data"
        open_store(directory).close()
        path = directory / NAME
        began = time.perf_counter()
        fill(path, arguments.rows, arguments.raw)
        print(f"{'built in':45} {time.perf_counter() - began:.0f} s (SQLite {sqlite3.sqlite_version})")
        size = path.stat().st_size
        print(f"{'size':45} {size / 1e6:.0f} MB, {size / arguments.rows:.0f} bytes each")
        for part in (measure(directory), measure_uptime(path)):
            for name, value in part:
                print(f"{name:45} {value}")


if __name__ == "__main__":
    main()
