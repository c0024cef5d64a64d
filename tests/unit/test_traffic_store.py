"""Roll-ups in the store: written by several, folded, pruned, and read as of any instant."""

from __future__ import annotations

import sqlite3
from collections import Counter
from contextlib import closing
from datetime import timedelta
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from claude_tui.analysis.traffic.merging import added, merged_histogram
from claude_tui.model.observation import Outcome
from claude_tui.model.traffic import (
    CallCount,
    KeptBecause,
    KeptCall,
    RolledUp,
    RollUp,
    RollUpKey,
    TrafficSource,
)
from claude_tui.store import KEPT_CALLS, NewerStoreError, Store
from claude_tui.store.instants import to_micros
from claude_tui.store.schema import APPLICATION_ID, MIGRATIONS, prepare
from claude_tui.store.traffic_codec import narrowed, widened
from claude_tui.store.traffic_reading import TrafficReader
from claude_tui.store.traffic_writing import Keys, add, fold, prune
from tests.store_values import PATIENCE_S, opened
from tests.traffic_values import START, after, call, calls, rolled

DAY = timedelta(days=1)
_FAR = 2**62


def database() -> sqlite3.Connection:
    connection = sqlite3.connect(":memory:", isolation_level=None)
    prepare(connection)
    return connection


def written(connection: sqlite3.Connection, batch: RolledUp, recorded: float) -> None:
    add(connection, Keys(connection), batch, to_micros(after(recorded)))


def folded(connection: sqlite3.Connection, seconds: float) -> None:
    keys = Keys(connection)
    while not fold(connection, keys, to_micros(after(seconds))):
        pass


def counts(connection: sqlite3.Connection, low: float, high: float, known: float | None = None) -> int:
    as_of = _FAR if known is None else to_micros(after(known))
    reader = TrafficReader(connection)
    found = reader.between(to_micros(after(low)), to_micros(after(high)), as_of)
    assert not reader.skipped
    return sum(kept_row.row.calls for kept_row in found)


def sums(rows: list[RollUp]) -> dict[RollUpKey, tuple[object, ...]]:
    """What rows add up to, whatever their lengths."""
    keys = {row.key for row in rows}
    found = {}
    for key in keys:
        row = added((kept_row for kept_row in rows if kept_row.key == key), START, 10, key)
        found[key] = (
            row.calls,
            row.tokens,
            (row.total, row.prompt, row.first_token, row.answer),
            (row.retried, row.retried_tokens, row.early, row.asked_to_wait),
            row.cut,
        )
    return found


def all_of(connection: sqlite3.Connection) -> list[RollUp]:
    found = TrafficReader(connection).between(to_micros(START - DAY), to_micros(START + 40 * DAY), _FAR)
    return [kept_row.row for kept_row in found]


@given(st.lists(calls(4000), max_size=40), st.lists(calls(4000), max_size=40), st.data())
@settings(max_examples=60, suppress_health_check=[HealthCheck.too_slow], deadline=None)
def test_folding_changes_no_sum_however_it_is_timed(first: list, second: list, data: st.DataObject) -> None:  # type: ignore[type-arg]
    """Two processes write, and rows are folded before, between and after."""
    expected = rolled(*first, *second) if first or second else RolledUp(None, ())
    with closing(database()) as connection:
        for batch in (first, second):
            if batch:
                written(connection, rolled(*batch), data.draw(st.integers(0, 9000)))
            folded(connection, data.draw(st.integers(0, 9000)))
            assert sums(all_of(connection)) == sums(all_of(connection))
        folded(connection, data.draw(st.integers(0, 200_000)))
        assert sums(all_of(connection)) == sums(list(expected.rows))


@given(
    st.lists(st.tuples(st.integers(0, 8000), st.integers(0, 600)), min_size=1, max_size=40),
    st.integers(0, 900).map(lambda tens: tens * 10),
    st.integers(0, 900).map(lambda tens: tens * 10),
    st.integers(0, 10_000),
    st.integers(0, 100_000),
)
@settings(max_examples=150, deadline=None)
def test_any_span_is_what_was_recorded_of_it_by_then(
    made: list[tuple[int, int]], low: int, length: int, known: int, fold_at: int
) -> None:
    """Each call ended at one instant and was recorded later; the oracle counts them one by one."""
    with closing(database()) as connection:
        for end, late in made:
            written(connection, rolled(call(end)), end // 10 * 10 + 10 + late)
        folded(connection, fold_at)
        high = min(low + length, known // 10 * 10)
        expected = sum(low <= end < high and end // 10 * 10 + 10 + late <= known for end, late in made)
        found = counts(connection, low, high, known)
        # A row that came late is folded with others that came late, known no sooner than the last of them.
        on_time = sum(
            low <= end < high and end // 10 * 10 + 10 + late <= known and late <= 110 for end, late in made
        )
        assert on_time <= found <= expected
        assert counts(connection, low, high) == sum(low <= end < high for end, _ in made)


@given(st.lists(calls(4000), max_size=30), st.integers(0, 5000), st.sampled_from([10, 60, 600]))
@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow])
def test_counts_and_cost_are_those_of_the_full_rows(made: list, until: int, span_s: int) -> None:  # type: ignore[type-arg]
    with closing(database()) as connection:
        if made:
            written(connection, rolled(*made), 4010)
        folded(connection, until)
        reader = TrafficReader(connection)
        low, high = to_micros(after(500)), to_micros(after(3500))
        full = [entry.row for entry in reader.of_span(span_s, low, high, _FAR)]
        assert reader.counts(span_s, low, high, _FAR, timed=True) == [*map(CallCount.of, full)]
        untimed = reader.counts(span_s, low, high, _FAR, timed=False)
        assert sorted(row[:4] for row in untimed) == sorted(
            (row.at, row.span_s, row.key, row.calls) for row in full
        )
        every = [entry.row for entry in reader.between(low, high, _FAR)]
        usd, priced = reader.cost(low, high, _FAR)
        assert usd == pytest.approx(sum(row.cost_usd for row in every))
        assert priced == sum(row.counted - row.unpriced for row in every)


@given(
    st.lists(
        st.one_of(
            st.tuples(st.just("write"), st.integers(0, 9000), st.integers(0, 4000)),
            st.tuples(st.just("fold"), st.integers(0, 200_000), st.just(0)),
            st.tuples(st.just("read"), st.integers(0, 14_000), st.integers(60, 9000)),
        ),
        max_size=30,
    ),
    st.sampled_from([60, 600]),
)
@settings(max_examples=120, deadline=None)
def test_counts_of_a_reader_that_asked_before_are_those_of_a_new_one(
    steps: list[tuple[str, int, int]], span_s: int
) -> None:
    """Rows are written, some of them late, and folded between steps in time, on and back."""
    with closing(database()) as connection:
        kept = TrafficReader(connection)
        for what, at, length in [*steps, ("read", 14_000, 9000)]:
            if what == "write":
                written(connection, rolled(call(at), call(at + 1200)), at + 1200 + length)
            elif what == "fold":
                folded(connection, at)
            else:
                times = (to_micros(after(at - length)), to_micros(after(at)), to_micros(after(at)))
                found = kept.counts(span_s, *times, timed=False)
                full = [entry.row for entry in TrafficReader(connection).of_span(span_s, *times)]
                assert sorted(row[:4] for row in found) == sorted(
                    (row.at, row.span_s, row.key, row.calls) for row in full
                )


def test_a_step_further_reads_only_what_is_new() -> None:
    with closing(database()) as connection:
        for minute in range(600):
            written(connection, rolled(call(minute * 60)), minute * 60 + 10)
        folded(connection, 40_000)
        reader, asked = TrafficReader(connection), list[str]()
        connection.set_trace_callback(asked.append)
        sizes = []
        for at in (36_000, 36_060):
            asked.clear()
            times = (to_micros(after(at - 36_000)), to_micros(after(at)), to_micros(after(at)))
            assert sum(row.calls for row in reader.counts(60, *times, timed=False)) in (600, 599)
            sizes.append(len(asked))
        assert sizes[1] < sizes[0] / 3


@pytest.mark.parametrize(
    ("column", "damage"),
    [("calls", "'many'"), ("calls", -1), ("calls", 2**60), ("first_token", "x'0102'"), ("counted", 1.5)],
)
def test_a_damaged_row_is_skipped_and_the_others_are_counted(column: str, damage: object) -> None:
    with closing(database()) as connection:
        written(connection, rolled(call(5), call(15), call(25)), 30)
        connection.execute(f"UPDATE traffic_rolls SET {column} = {damage} WHERE id = 2")
        reader = TrafficReader(connection)
        found = reader.counts(10, to_micros(START), to_micros(after(30)), _FAR, timed=True)
        assert [row.at for row in found] == [after(0), after(20)]
        assert reader.skipped == {2}


def test_a_row_that_is_written_late_is_not_known_before() -> None:
    with closing(database()) as connection:
        written(connection, rolled(call(5)), 10)
        written(connection, rolled(call(5)), 4000)
        folded(connection, 200_000)
        assert counts(connection, 0, 60, known=3600) == 1
        assert counts(connection, 0, 86_400 * 2, known=100_000) == 2
        assert counts(connection, 0, 3600, known=7300) == 2


def test_long_spans_are_read_from_few_rows() -> None:
    with closing(database()) as connection:
        for hour in range(50):
            for minute in range(0, 60, 5):
                end = hour * 3600 + minute * 60
                written(connection, rolled(call(end % 80_000)), end + 10)
        folded(connection, 86_400 * 5)
        reader = TrafficReader(connection)
        rows = reader.between(to_micros(START), to_micros(START + 2 * DAY), _FAR)
        assert len(rows) < 60
        assert sum(row.row.calls for row in rows) == 50 * 12


def lengths(connection: sqlite3.Connection) -> Counter[int]:
    return Counter(span for (span,) in connection.execute("SELECT span FROM traffic_rolls"))


def test_short_rows_go_and_the_sums_stay() -> None:
    with closing(database()) as connection:
        for end in range(0, 20_000, 100):
            written(connection, rolled(call(end)), end + 10)
        folded(connection, 200_000)
        low, high = -_FAR, to_micros(after(14_400))
        assert prune(connection, low, to_micros(START - DAY), high, 10_000)
        assert lengths(connection)[10] == 200 - 144
        assert lengths(connection)[60] == 200
        assert counts(connection, 0, 20_000) == 200
        assert counts(connection, 0, 3600) == 36
        assert counts(connection, 7200, 14_460) == 73
        assert prune(connection, low, high, high, 10_000)
        assert lengths(connection)[60] == 200 - 144
        assert counts(connection, 0, 20_000) == 200
        assert counts(connection, 0, 3600, known=3700) == 36


def test_what_is_not_folded_yet_is_never_pruned() -> None:
    with closing(database()) as connection:
        written(connection, rolled(call(5)), 10)
        assert prune(connection, -_FAR, _FAR, _FAR, 10_000)
        assert counts(connection, 0, 10) == 1


def test_pruning_goes_on_in_batches_until_nothing_is_left() -> None:
    with closing(database()) as connection:
        for end in range(0, 7200, 10):
            written(connection, rolled(call(end)), end + 10)
        folded(connection, 200_000)
        high = to_micros(after(7200))
        rounds = 1
        while not prune(connection, -_FAR, to_micros(START - DAY), high, 100):
            assert counts(connection, 0, 7200) == 720
            rounds += 1
        assert rounds > 3
        assert lengths(connection)[10] == 0


@given(st.lists(st.floats(0.001, 3600), min_size=1, max_size=400))
def test_a_histogram_is_stored_in_less_space_and_comes_back(seconds: list[float]) -> None:
    histogram = merged_histogram([]).of(seconds).to_bytes()
    assert widened(narrowed(histogram)) == histogram
    assert len(narrowed(histogram)) <= len(histogram) / 4 + 3


@pytest.mark.parametrize("many", [255, 256, 65_535, 65_536])
def test_counts_of_any_size_come_back(many: int) -> None:
    histogram = merged_histogram([]).of_counts({3: many, 7: 1}).to_bytes()
    assert widened(narrowed(histogram)) == histogram


# -- through the store -----------------------------------------------------------------


def test_what_two_processes_write_adds_up(tmp_path: Path) -> None:
    with opened(tmp_path) as one, opened(tmp_path) as other:
        for store in (one, other):
            store.write(rolled(call(5), call(15)))
            assert store.flush(PATIENCE_S)
        rows = one.traffic.between(START, after(10))
        assert sum(row.calls for row in rows) == 2
        assert sum(row.calls for row in other.traffic.between(START, after(20))) == 4


def test_followers_get_each_row_once(tmp_path: Path) -> None:
    with opened(tmp_path) as writer, opened(tmp_path) as reader:
        assert reader.traffic.after(0) == (0, [], [])
        writer.write(rolled(call(5)))
        assert writer.flush(PATIENCE_S)
        last, rows, unsaved = reader.traffic.after(0)
        assert [row.calls for row in rows] == [1]
        assert unsaved == []
        assert reader.traffic.after(last) == (last, [], [])
        writer.write(rolled(call(6), call(7)))
        assert writer.flush(PATIENCE_S)
        assert [row.calls for row in reader.traffic.after(last)[1]] == [2]


def test_a_store_that_cannot_be_written_still_shows_and_loses_the_oldest(tmp_path: Path) -> None:
    def refuse(path: Path) -> sqlite3.Connection:
        raise sqlite3.OperationalError("disk I/O error")

    reports: list[str | None] = []
    with opened(tmp_path, reports, connect=refuse, retry_s=600, keep=10) as store:
        for second in range(0, 300, 10):
            store.write(rolled(call(second), call(second, application="batch")))
        rows = store.traffic.between(START, after(300))
        assert [row.at for row in rows] == [after(250 + 10 * (index // 2)) for index in range(10)]
        # It was not on disk at any earlier instant, so it is no part of the past.
        assert store.traffic.between(START, after(300), known=after(300)) == []
        assert len(store.traffic.after(0)[2]) == 10


def test_kept_calls_come_back(tmp_path: Path) -> None:
    kept = KeptCall(
        after(11), KeptBecause.FAILED, call(5, outcome=Outcome.OVERLOADED, request_id="req_1", total_s=0.5)
    )
    with opened(tmp_path) as store:
        store.write(kept)
        assert store.flush(PATIENCE_S)
        assert store.entries(KEPT_CALLS, START) == [kept]


def test_digests_of_request_ids_reach_other_processes(tmp_path: Path) -> None:
    with opened(tmp_path) as store:
        store.write(rolled(call(5, request_id="req_1"), call(5, source=TrafficSource.OTLP, request_id="x")))
        assert store.flush(PATIENCE_S)
        number, digests = store.traffic.seen_after(0)
        assert len(digests) == 8
        assert store.traffic.seen_after(number) == (number, b"")


def third_version(directory: Path) -> Path:
    path = directory / "history.db"
    with closing(sqlite3.connect(path, isolation_level=None)) as connection:
        for script in MIGRATIONS[:3]:
            connection.executescript(script)
        connection.execute(f"PRAGMA application_id = {APPLICATION_ID}")
        connection.execute("PRAGMA user_version = 3")
    return path


def test_a_store_of_version_3_is_migrated_and_an_older_program_refuses_it(tmp_path: Path) -> None:
    path = third_version(tmp_path)
    with opened(tmp_path, name=path.name) as store:
        store.write(rolled(call(5)))
        assert store.flush(PATIENCE_S)
        assert len(store.traffic.between(START, after(10))) == 1
    with closing(sqlite3.connect(path, isolation_level=None)) as connection, pytest.raises(NewerStoreError):
        prepare(connection, MIGRATIONS[:3])


def test_a_store_of_version_3_that_cannot_be_migrated_has_no_traffic(tmp_path: Path) -> None:
    path = third_version(tmp_path)
    store = Store.open(tmp_path, path.name, now=START, read_only=True)
    assert store.traffic.between(START, after(10)) == []
    assert store.traffic.after(0) == (0, [], [])
    assert store.entries(KEPT_CALLS, START) == []
    store.close()
