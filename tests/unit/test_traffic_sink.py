"""From a call to the store: in time, without blocking, once."""

from __future__ import annotations

import sqlite3
import threading
from datetime import timedelta
from pathlib import Path

from claude_tui.model.observation import Outcome
from claude_tui.model.traffic import Call, TrafficSource
from claude_tui.settings import load
from claude_tui.store import KEPT_CALLS, Store
from claude_tui.store.files import NAME
from claude_tui.traffic.deduplicated import HOLD_S, Deduplicated
from claude_tui.traffic.proxy.composing import StoredCalls
from claude_tui.traffic.request_ids import RequestIdDigests, digest
from claude_tui.traffic.sink import StoreSink
from tests.store_values import PATIENCE_S, opened
from tests.traffic_values import START, after, call

NOW = START.timestamp()


class Sunk:
    """A sink that remembers."""

    def __init__(self) -> None:
        self.calls: list[Call] = []

    def add(self, call: Call) -> None:
        self.calls.append(call)

    @property
    def ids(self) -> list[str | None]:
        return [made_call.request_id for made_call in self.calls]


class Time:
    def __init__(self, seconds: float = NOW) -> None:
        self.seconds = seconds

    def __call__(self) -> float:
        return self.seconds


def counted(store: Store) -> int:
    assert store.flush(PATIENCE_S)
    return sum(row.calls for row in store.traffic.between(START - timedelta(hours=1), after(7200)))


def test_everything_is_in_the_store_once_the_sink_is_closed(tmp_path: Path) -> None:
    with opened(tmp_path) as store:
        sink = StoreSink(store, now=Time(NOW + 5))
        sink.start()
        for number in range(50):
            sink.add(call(number / 10, request_id=f"req_{number}", total_s=0.5))
        sink.close(PATIENCE_S)
        assert counted(store) == 50
        assert {entry.call.total_s for entry in store.entries(KEPT_CALLS, START)} == {0.5}


def test_a_failed_call_is_written_without_waiting_for_the_end_of_the_span(tmp_path: Path) -> None:
    with opened(tmp_path) as store:
        # The clock of the sink stands still: no span ever ends.
        sink = StoreSink(store, now=Time(NOW + 1), urgent_s=0.0)
        sink.start()
        sink.add(call(outcome=Outcome.OVERLOADED, request_id="req_1"))
        written = threading.Event()
        for _ in range(1200):
            if store.entries(KEPT_CALLS, START):
                written.set()
                break
            written.wait(0.05)
        assert written.is_set()
        assert counted(store) == 1
        sink.close(PATIENCE_S)


def test_many_threads_lose_no_call(tmp_path: Path) -> None:
    with opened(tmp_path) as store:
        sink = StoreSink(store, now=Time(NOW + 9))
        sink.start()

        def work() -> None:
            for _ in range(500):
                sink.add(call(3))
                if not _ % 50:
                    sink.flush()

        threads = [threading.Thread(target=work) for _ in range(4)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        sink.close(PATIENCE_S)
        assert counted(store) == 2000


def test_a_store_that_cannot_be_written_holds_up_no_call(tmp_path: Path) -> None:
    def refuse(path: Path) -> sqlite3.Connection:
        raise sqlite3.OperationalError("disk I/O error")

    reports: list[str | None] = []
    with opened(tmp_path, reports, connect=refuse, retry_s=600, keep=20) as store:
        clock = Time()
        sink = StoreSink(store, now=clock)
        for span in range(100):
            clock.seconds = NOW + span * 10 + 5
            sink.add(call(span * 10 + 5))
            sink.flush()
        kept = store.traffic.between(START, after(2000))
        assert 10 <= len(kept) <= 20
        assert kept[-1].at == after(990)
        assert any("memory" in (report or "") for report in reports)


def test_a_call_that_cannot_be_counted_is_a_fault_and_no_error(tmp_path: Path) -> None:
    with opened(tmp_path) as store:
        sink = StoreSink(store, now=Time(NOW + 5))
        sink.add(call(first_token_s=float("nan")))
        sink.add(call(1))
        assert sink.faults == 1
        sink.close()
        assert counted(store) == 2


# -- a call that is reported twice -------------------------------------------------------


def otlp(request_id: str | None, seconds: float = 0.0) -> Call:
    return call(seconds, source=TrafficSource.OTLP, request_id=request_id)


def proxied(store: Store, *ids: str) -> None:
    """What a proxy in another process records."""
    sink = StoreSink(store, now=Time(NOW + 1))
    for ident in ids:
        sink.add(call(request_id=ident))
    sink.flush()
    assert store.flush(PATIENCE_S)


def test_without_a_proxy_nothing_waits(tmp_path: Path) -> None:
    with opened(tmp_path) as store:
        sunk, clock = Sunk(), Time()
        sink = Deduplicated(sunk, store, clock)
        sink.add(otlp("a"))
        sink.settle()
        assert sunk.ids == ["a"]


def test_a_call_that_the_proxy_saw_is_not_counted_again(tmp_path: Path) -> None:
    with opened(tmp_path) as store:
        proxied(store, "before")
        sunk, clock = Sunk(), Time(NOW + 2)
        sink = Deduplicated(sunk, store, clock)
        for source in ("both", "only otlp", None):
            sink.add(otlp(source))
        sink.settle()
        assert sunk.ids == [None]
        proxied(store, "both", "only proxy")
        clock.seconds += HOLD_S
        sink.settle()
        assert sunk.ids == [None, "only otlp"]
        assert (sink.matched, sink.unmatched) == (1, 0)


def test_the_first_call_of_a_new_proxy_counts_once(tmp_path: Path) -> None:
    settings = load({"data_dir": str(tmp_path)}, {"HOME": str(tmp_path)})
    with opened(tmp_path) as store:
        sunk, clock = Sunk(), Time()
        sink = Deduplicated(sunk, store, clock)
        StoredCalls(settings, NAME, print).close()
        sink.add(otlp("both"))
        sink.settle()
        assert sunk.ids == []


def test_a_proxy_that_was_idle_for_hours_is_still_waited_for(tmp_path: Path) -> None:
    with opened(tmp_path) as store:
        proxied(store, "before")
        sunk, clock = Sunk(), Time(NOW + 6 * 3600)
        sink = Deduplicated(sunk, store, clock)
        sink.add(otlp("both"))
        sink.settle()
        assert sunk.ids == []


def test_what_waits_is_bounded_and_nothing_is_lost(tmp_path: Path) -> None:
    with opened(tmp_path) as store:
        proxied(store, "before")
        sunk, clock = Sunk(), Time(NOW + 2)
        sink = Deduplicated(sunk, store, clock, most_waiting=10)
        for number in range(25):
            sink.add(otlp(f"{number}"))
        assert sunk.ids == [f"{number}" for number in range(15)]
        sink.settle(all_of_it=True)
        assert sunk.ids == [f"{number}" for number in range(25)]
        assert sink.unmatched == 15


def test_the_window_of_ids_is_bounded() -> None:
    seen = RequestIdDigests(most=100)
    for number in range(1000):
        seen.add(digest(f"{number}"))
    assert all(f"{number}" in seen for number in range(900, 1000))
    assert not any(f"{number}" in seen for number in range(800))
    assert len(seen) <= 200
    assert None not in seen
