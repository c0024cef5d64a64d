"""Hourly roll-ups in the store: making them from observations, and reading both together.

An hour is rolled up once, a while after its end. From then on only its roll-up counts, so that pruning its
observations changes nothing; `late` adds observations that arrive afterwards.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable, Iterator
from contextlib import closing
from itertools import islice
from typing import Any

from claude_tui.analysis.uptime.histogram import EMPTY, Histogram
from claude_tui.analysis.uptime.hours import HOUR, LONGEST_WAIT, HourRow, Reach, Sample, hour_of, hour_rows
from claude_tui.model.observation import Outcome, Source
from claude_tui.model.text import inert
from claude_tui.store.checked import figure_or_none
from claude_tui.store.codec import UNREADABLE
from claude_tui.store.entries import pack_text
from claude_tui.store.instants import unpack_seconds

__all__ = ["LAG", "Samples", "insert_rows", "read_hours", "roll_up", "roll_up_hour", "rolled_up_to"]

LAG = LONGEST_WAIT + HOUR // 4
"""How old the end of an hour is when it is rolled up, in microseconds.

By then all results are in, and what followed the last failure is known.
"""

_Kind = tuple[Source, str, Outcome, str]

_SOURCES = {source.value: source for source in Source}
_OUTCOMES = {outcome.value: outcome for outcome in Outcome}
_LONGEST_TEXT = 200
# Beyond the range of datetime.
_LAST_HOUR = 10**8
# More observations than an hour can have.
_MOST = 2**40

_SAMPLES = "SELECT at, kind, first_token, total FROM observations WHERE at >= ? AND at < ? ORDER BY at"
_OF_SOURCE = (
    "SELECT at, kind, first_token, total FROM observations WHERE at >= ? AND at < ? "
    "AND kind IN (SELECT id FROM kinds WHERE source = ?) ORDER BY at {order}"
)
_KIND = (
    "SELECT CAST(source AS BLOB), CAST(model AS BLOB), CAST(outcome AS BLOB), CAST(error_type AS BLOB) "
    "FROM kinds WHERE id = ?"
)
_OLDEST = "SELECT min(at) FROM observations WHERE at >= ?"
_MARK = "SELECT value FROM meta WHERE key = 'rolled_up_to'"
_SET_MARK = "INSERT OR REPLACE INTO meta (key, value) VALUES ('rolled_up_to', ?)"
_INSERT = "INSERT OR REPLACE INTO hourly VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)"
# One text for the kind is read faster than four; none of them has control characters. The latency of other
# sources is stored, but no report needs it, and reading it costs time.
_ROWS = (
    "SELECT hour, CAST(source || char(0) || model || char(0) || outcome || char(0) || error_type AS BLOB), "
    "count, micros, "
    f"CASE source WHEN '{Source.MESSAGES.value}' THEN ttft END, "
    f"CASE source WHEN '{Source.MESSAGES.value}' THEN total END "
    "FROM hourly WHERE hour >= ? AND hour < ? ORDER BY hour"
)


def rolled_up_to(connection: sqlite3.Connection) -> int | None:
    """The first hour that is not rolled up; None if none is."""
    found = connection.execute(_MARK).fetchone()
    try:
        mark = int(found[0]) if found is not None else None
    except (TypeError, ValueError, OverflowError):
        return None
    return mark if mark is not None and abs(mark) <= _LAST_HOUR else None


def roll_up(connection: sqlite3.Connection, end_hour: int, reach: Reach) -> bool:
    """Rolls up the oldest hour before `end_hour` that is not rolled up yet. Call it in a transaction.

    Returns whether none is left.
    """
    done = rolled_up_to(connection)
    hour = _next_hour(connection, done)
    if hour is None or hour >= end_hour:
        if done is None or done < end_hour:
            connection.execute(_SET_MARK, (str(end_hour),))
        return True
    roll_up_hour(connection, hour, reach)
    connection.execute(_SET_MARK, (str(hour + 1),))
    return False


def roll_up_hour(connection: sqlite3.Connection, hour: int, reach: Reach) -> None:
    """Stores the rows of one hour, computed from the observations in and around it."""
    samples = Samples(connection)
    start, end = hour * HOUR, (hour + 1) * HOUR
    found = [
        *samples.first_of_each(start - LONGEST_WAIT, start, newest_first=True),
        *samples.between(start, end),
        *samples.first_of_each(end, end + LONGEST_WAIT, newest_first=False),
    ]
    insert_rows(connection, hour_rows(found, hour, hour + 1, reach))


def insert_rows(connection: sqlite3.Connection, rows: Iterable[HourRow]) -> None:
    """Stores rows, each replacing one with the same key."""
    connection.executemany(_INSERT, map(_values, rows))


def _next_hour(connection: sqlite3.Connection, done: int | None) -> int | None:
    """The next hour with anything in it. A result may hold into the following hour."""
    oldest = _oldest(connection, -(2**62) if done is None else done * HOUR - LONGEST_WAIT)
    if oldest is None:
        return None
    return hour_of(oldest) if done is None else max(hour_of(oldest), done)


def _oldest(connection: sqlite3.Connection, since: int) -> int | None:
    """The instant of the first observation from `since` on; text, which sorts last, does not count."""
    found = connection.execute(_OLDEST, (since,)).fetchone()[0]
    return int(found) if isinstance(found, int | float) else None


def read_hours(
    connection: sqlite3.Connection, first: int, until: int, reach: Reach
) -> tuple[list[HourRow], int]:
    """The rows of the hours from `first` on, up to the instant `until` (microseconds since 1970).

    Where an hour is not rolled up, or not over by then, they are computed from observations. Only messages
    come with latencies. The number of roll-ups that cannot be read comes second.
    """
    mark = rolled_up_to(connection)
    boundary = first if mark is None else max(min(mark, hour_of(until)), first)
    found, skipped = _decoded(connection.execute(_ROWS, (first, boundary)))
    samples, start = Samples(connection), boundary * HOUR
    recent = [
        *samples.first_of_each(start - LONGEST_WAIT, start, newest_first=True),
        *samples.between(start, until),
    ]
    end = hour_of(until) + 1
    rows = hour_rows(recent, boundary, end, reach, until=until, latency_of=(Source.MESSAGES,))
    return found + rows, skipped


class Samples:
    """Reads the columns of observations that roll-ups need, skipping unreadable rows."""

    def __init__(self, connection: sqlite3.Connection) -> None:
        self._connection = connection
        self._kinds: dict[int, _Kind | None] = {}

    def between(self, low: int, high: int) -> Iterator[Sample]:
        """In the order of their instants."""
        rows = self._connection.execute(_SAMPLES, (low, high))
        return filter(None, map(self._sample, rows))

    def first_of_each(self, low: int, high: int, *, newest_first: bool) -> Iterator[Sample]:
        """The first sample of each source from either end."""
        query = _OF_SOURCE.format(order="DESC" if newest_first else "ASC")
        for source in Source:
            with closing(self._connection.execute(query, (low, high, source.value))) as rows:
                yield from islice(filter(None, map(self._sample, rows)), 1)

    def _sample(self, row: tuple[Any, ...]) -> Sample | None:
        at, number, first_token, total = row
        kind = self._kinds[number] if number in self._kinds else self._look_up(number)
        if kind is None or type(at) is not int:
            return None
        try:
            first_token_s = figure_or_none(unpack_seconds(first_token))
            return Sample(at, *kind, first_token_s, figure_or_none(unpack_seconds(total)))
        except UNREADABLE:
            return None

    def _look_up(self, number: int) -> _Kind | None:
        row = self._connection.execute(_KIND, (number,)).fetchone()
        try:
            kind = _kind(*row) if row is not None else None
        except UNREADABLE:
            kind = None
        self._kinds[number] = kind
        return kind


def _kind(source: object, model: object, outcome: object, error_type: object) -> _Kind:
    """Raises one of UNREADABLE for values that this version does not know."""
    return _SOURCES[_text(source)], _text(model), _OUTCOMES[_text(outcome)], _text(error_type)


def _text(value: object) -> str:
    """Inert text, short: it is part of a key."""
    if value is None:
        return ""
    if not isinstance(value, bytes):
        raise TypeError("not text")
    return inert(value.decode("utf-8", "replace"), _LONGEST_TEXT)


def _values(row: HourRow) -> tuple[Any, ...]:
    return (
        row.hour,
        row.source.value,
        pack_text(row.model),
        row.outcome.value,
        pack_text(row.error_type),
        row.observed,
        row.micros,
        row.ttft.to_bytes(),
        row.total.to_bytes(),
    )


def _decoded(rows: Iterable[tuple[Any, ...]]) -> tuple[list[HourRow], int]:
    found: list[HourRow] = []
    skipped = 0
    kinds: dict[bytes, _Kind] = {}
    for hour, texts, observed, micros, ttft, total in rows:
        try:
            if (kind := kinds.get(texts)) is None:
                kind = kinds[texts] = _kind(*texts.split(b"\0"))
            if type(observed) is not int or type(micros) is not int:
                raise TypeError("not a number")
            if not (0 <= observed < _MOST and 0 <= micros <= HOUR):
                raise ValueError("more than an hour has")
            source, model, outcome, error_type = kind
            first = Histogram(Histogram.unpacked(ttft)) if ttft else EMPTY
            whole = Histogram(Histogram.unpacked(total)) if total else EMPTY
            found.append(HourRow(hour, source, model, outcome, error_type, observed, micros, first, whole))
        except UNREADABLE:
            skipped += 1
    return found, skipped
