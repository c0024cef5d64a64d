"""What is read from stored hours, and from the observations before and after an hour."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from claude_tui.analysis.uptime.histogram import EMPTY, Histogram
from claude_tui.analysis.uptime.hours import DEFAULT_REACH, HOUR, HourRow, hour_of
from claude_tui.model.observation import Observation, Outcome, Source
from claude_tui.store.instants import to_micros
from claude_tui.store.rollups import Samples, insert_rows, read_hours
from claude_tui.store.schema import prepare
from claude_tui.store.writing import WriteSession
from tests.store_values import NOW, at, seen

MARK = hour_of(to_micros(NOW)) - 2

histograms = st.lists(st.floats(0, 900), max_size=5).map(Histogram.of)
rows = st.builds(
    HourRow,
    hour=st.integers(MARK - 10, MARK - 1),
    source=st.sampled_from(Source),
    model=st.sampled_from(["", "a", "ab", "haiku", "ä|\N{REPLACEMENT CHARACTER}"]),
    outcome=st.sampled_from(Outcome),
    error_type=st.sampled_from(["", "b", "overloaded_error", "…"]),
    observed=st.integers(0, 2**20),
    micros=st.integers(0, HOUR),
    ttft=histograms,
    total=histograms,
)
observations = st.builds(
    lambda second, source, outcome: seen(second, source=source, outcome=outcome),
    st.integers(-200, -1),
    st.sampled_from(Source),
    st.sampled_from(Outcome),
)


@contextmanager
def store() -> Iterator[sqlite3.Connection]:
    with closing(sqlite3.connect(":memory:", isolation_level=None)) as connection:
        prepare(connection)
        connection.execute("INSERT INTO meta VALUES ('rolled_up_to', ?)", (str(MARK),))
        yield connection


def read(connection: sqlite3.Connection) -> tuple[list[HourRow], int]:
    return read_hours(connection, 0, to_micros(NOW), DEFAULT_REACH)


@settings(max_examples=60)
@given(st.lists(rows, unique_by=lambda row: row[:5]))
def test_hours_are_read_as_they_were_stored(stored: list[HourRow]) -> None:
    """In their order; those of messages with their latencies."""
    with store() as connection:
        insert_rows(connection, stored)
        expected = [
            row if row.source is Source.MESSAGES else row._replace(ttft=EMPTY, total=EMPTY)
            for row in sorted(stored, key=lambda row: row[:5])
        ]
        assert read(connection) == (expected, 0)


def test_a_name_that_is_not_text_is_read_as_text() -> None:
    row = HourRow(MARK - 1, Source.MESSAGES, "haiku\ud800", Outcome.OK, "", 1, HOUR)
    with store() as connection:
        insert_rows(connection, [row])
        assert read(connection) == ([row._replace(model="haiku" + 3 * "\N{REPLACEMENT CHARACTER}")], 0)


@pytest.mark.parametrize(
    "damage",
    [
        "source = 'a later one'",
        "outcome = x'ff00'",
        "model = char(0)",
        "count = 'many'",
        "count = -1",
        "micros = 3600000001",
        "ttft = x'00'",
        "total = 'long'",
    ],
)
def test_an_unreadable_hour_is_left_out(damage: str) -> None:
    latency = Histogram.of([0.4, 0.6])
    first, second = (
        HourRow(hour, Source.MESSAGES, "haiku", Outcome.OK, "", 2, HOUR, latency, latency)
        for hour in (MARK - 2, MARK - 1)
    )
    with store() as connection:
        insert_rows(connection, [first, second])
        connection.execute(f"UPDATE hourly SET {damage} WHERE hour = ?", (first.hour,))
        assert read(connection) == ([second], 1)


@settings(max_examples=60)
@given(st.lists(observations, max_size=40), st.integers(-200, 0), st.integers(0, 200), st.booleans())
def test_the_first_of_each_source_is_the_first_of_all(
    found: list[Observation], start_s: int, span_s: int, newest_first: bool
) -> None:
    low, high = to_micros(at(start_s)), to_micros(at(start_s + span_s))
    with store() as connection:
        writing = WriteSession(connection, None)
        assert writing.add(found) == []
        writing.commit()
        samples = Samples(connection)
        everything = list(samples.between(low, high))
        # A later entry of a dict replaces an earlier one.
        first = {sample.source: sample for sample in (everything if newest_first else everything[::-1])}
        found_first = list(samples.first_of_each(low, high, newest_first=newest_first))
        assert {sample.source: sample for sample in found_first} == first
        assert len(found_first) == len(first)
