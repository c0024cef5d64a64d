"""Own traffic in the store: adding roll-ups, folding them into longer ones, and reading any span of time.

A row of 10 s is folded into one of a minute, that into one of ten minutes, an hour and a day, each a while
after the longer span is over. The shorter row is marked and goes earlier, so that a span of time is the sum
of: the rows of one length in it, and the shorter ones in it that are not folded yet. A row that comes late
is folded by itself, so that it is not known before it was recorded.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable, Iterator
from contextlib import suppress
from dataclasses import astuple, dataclass
from datetime import timedelta
from itertools import pairwise
from typing import Any

from claude_tui.analysis.traffic.facts import Told
from claude_tui.analysis.traffic.merging import added
from claude_tui.model.traffic import OTHER, SPANS, RolledUp, RollUp, RollUpKey, TrafficSource
from claude_tui.store.checked import whole
from claude_tui.store.codec import UNREADABLE
from claude_tui.store.entries import pack_text
from claude_tui.store.instants import from_micros, to_micros
from claude_tui.store.traffic_codec import COLUMNS, encode, key_of, roll_up_of

__all__ = ["DETAIL", "ON_TIME", "Keys", "Known", "TrafficReader", "add", "fold", "forget_seen", "prune"]

_SECOND = 1_000_000
ON_TIME = 120 * _SECOND
"""Rows that are recorded within this of their end are on time: they are folded together."""
DETAIL = 2 * 86400 * _SECOND
"""How long rows of 10 s stay; an incident's stay."""
MAX_KEYS = 5000
FOLD_ROWS = 3000
_LAG = {span: 20 * _SECOND + 10 * _SECOND * index for index, span in enumerate(SPANS)}
"""How long after the end of a span it is folded, so that most rows are there."""
_FAR = 2**62
_SEEN_FOR = 600 * _SECOND

_INSERT = (
    f"INSERT INTO traffic_rolls (span, at, recorded, key, {COLUMNS}) "
    f"VALUES (?, ?, ?, ?{', ?' * len(COLUMNS.split(','))})"
)
_FIND_KEY = (
    "SELECT id FROM traffic_keys WHERE source = ? AND application = ? AND model = ? AND outcome = ? "
    "AND error_type = ?"
)
_ADD_KEY = "INSERT INTO traffic_keys (source, application, model, outcome, error_type) VALUES (?, ?, ?, ?, ?)"
_READ = f"SELECT id, span, at, recorded, key, {COLUMNS} FROM traffic_rolls"
_KEY = (
    "SELECT CAST(source AS BLOB), CAST(application AS BLOB), CAST(model AS BLOB), CAST(outcome AS BLOB), "
    "CAST(error_type AS BLOB) FROM traffic_keys WHERE id = ?"
)
_UNFOLDED = f"{_READ} WHERE folded = 0 AND span = ? AND at < ? ORDER BY at LIMIT {FOLD_ROWS}"
_OF_SPAN = f"{_READ} WHERE span = ? AND at >= ? AND at < ? AND recorded <= ?"
_NOT_YET = f"{_READ} WHERE folded = 0 AND span IN (%s) AND at >= ? AND at < ? AND recorded <= ?"
_AFTER = f"{_READ} WHERE id > ? AND span = {SPANS[0]} ORDER BY id"
_OLDEST = "SELECT min(at) FROM traffic_rolls WHERE folded = 1 AND span = ? AND at >= ?"
_DELETE = "DELETE FROM traffic_rolls WHERE folded = 1 AND span = ? AND at >= ? AND at < ?"
_TOLD = (
    "SELECT source, span, at, sum(CASE WHEN outcome = 'ok' THEN calls ELSE 0 END), sum(counted), "
    "sum(length(first_token) > 0), sum(retries_told), sum(calls) "
    "FROM traffic_rolls JOIN traffic_keys ON traffic_keys.id = key "
    "WHERE {} AND at >= ? AND at < ? AND recorded <= ? GROUP BY source, span, at"
)
_PRUNED_UPTO = "SELECT value FROM meta WHERE key = ?"
_SET_PRUNED = "INSERT OR REPLACE INTO meta (key, value) VALUES (?, ?)"


@dataclass(frozen=True, slots=True)
class Known:
    """A roll-up, and since when it was known."""

    number: int
    """Its id."""
    recorded: int
    """Microseconds since 1970."""
    row: RollUp


class Keys:
    """The numbers of keys, for one writing connection."""

    def __init__(self, connection: sqlite3.Connection) -> None:
        self._connection = connection
        self._numbers: dict[RollUpKey, int] = {}

    def number_of(self, key: RollUpKey) -> int:
        """The number of `key`, which is added if it is new, or that of its source and outcome."""
        if (number := self._numbers.get(key)) is not None:
            return number
        values = tuple(pack_text(each) for each in astuple(key))
        found = self._connection.execute(_FIND_KEY, values).fetchone()
        if found is None:
            bare = RollUpKey(key.source, OTHER, OTHER, key.outcome)
            count = self._connection.execute("SELECT count(*) FROM traffic_keys").fetchone()[0]
            if count >= MAX_KEYS and key != bare:
                return self.number_of(bare)
            found = (self._connection.execute(_ADD_KEY, values).lastrowid,)
        self._numbers[key] = found[0]
        return self._numbers[key]


def add(connection: sqlite3.Connection, keys: Keys, rolled: RolledUp, now: int) -> None:
    """Adds rows in a transaction of the caller; `now` is when those that carry no instant are recorded."""
    recorded = now if rolled.at is None else to_micros(rolled.at)
    connection.executemany(
        _INSERT,
        [
            (row.span_s, to_micros(row.at), recorded, keys.number_of(row.key), *encode(row))
            for row in rolled.rows
        ],
    )
    if rolled.seen:
        connection.execute("INSERT INTO traffic_seen (at, ids) VALUES (?, ?)", (recorded, rolled.seen))


def fold(connection: sqlite3.Connection, keys: Keys, now: int) -> bool:
    """Folds a batch of the shortest rows that are due, in a transaction of the caller.

    Returns whether none is left.
    """
    reader = TrafficReader(connection)
    for shorter, longer in pairwise(SPANS):
        length = longer * _SECOND
        cutoff = (now - _LAG[longer]) // length * length
        found = reader.numbered(_UNFOLDED, (shorter, cutoff))
        if found.ids:
            groups: dict[tuple[RollUpKey, int, int], list[Known]] = {}
            for known in found.rows:
                start = to_micros(known.row.at) // length * length
                late = known.recorded > start + length + ON_TIME
                groups.setdefault((known.row.key, start, known.recorded // length if late else 0), []).append(
                    known
                )
            for (key, start, _), members in groups.items():
                row = added((known.row for known in members), from_micros(start), longer, key)
                recorded = max(known.recorded for known in members)
                connection.execute(_INSERT, (longer, start, recorded, keys.number_of(key), *encode(row)))
            connection.executemany(
                "UPDATE traffic_rolls SET folded = 1 WHERE id = ?", [(each,) for each in found.ids]
            )
            return False
    return True


def forget_seen(connection: sqlite3.Connection, now: int) -> None:
    """Forgets digests of request ids of which no second report is expected any more."""
    connection.execute("DELETE FROM traffic_seen WHERE at < ?", (now - _SEEN_FOR,))


def prune(connection: sqlite3.Connection, low: int, high: int, detail: int, most: int) -> bool:
    """Deletes shorter rows from `low` on, of which longer ones tell the same.

    In a transaction of the caller. Those of 10 s go before `detail`, those of a minute and of ten minutes
    before `high`; hours and days stay.
    Returns whether none is left after at most about `most` rows.
    """
    ends = {10: detail, 60: high, 600: high}
    for span, end in ends.items():
        # Whole stretches go at once, so that what is left of one is never taken for all of it.
        stretch = SPANS[SPANS.index(span) + 2] * _SECOND
        while (start := _oldest(connection, span, -(-low // stretch) * stretch)) is not None:
            start = start // stretch * stretch
            if start + stretch > end:
                break
            if most <= 0:
                return False
            most -= connection.execute(_DELETE, (span, start, start + stretch)).rowcount
            upto = max(_pruned_upto(connection, span), start + stretch)
            connection.execute(_SET_PRUNED, (f"traffic_pruned_{span}", str(upto)))
    return True


def _oldest(connection: sqlite3.Connection, span: int, low: int) -> int | None:
    found = connection.execute(_OLDEST, (span, low)).fetchone()[0]
    return found if type(found) is int else None


def _pruned_upto(connection: sqlite3.Connection, span: int) -> int:
    """Before this instant, rows of that length may be gone."""
    found = connection.execute(_PRUNED_UPTO, (f"traffic_pruned_{span}",)).fetchone()
    try:
        return int(found[0]) if found is not None else -_FAR
    except (TypeError, ValueError):
        return -_FAR


@dataclass(frozen=True, slots=True)
class _Found:
    ids: list[int]
    """Of every row, those that cannot be read included."""
    rows: list[Known]


class TrafficReader:
    """Reads roll-ups. Instants are microseconds since 1970; `skipped` has the ids of unreadable rows."""

    def __init__(self, connection: sqlite3.Connection) -> None:
        self.skipped: set[int] = set()
        self._connection = connection
        self._keys: dict[int, RollUpKey | None] = {}

    def between(self, low: int, high: int, known: int) -> list[Known]:
        """Rows that add up to the time from `low` to `high`, of whatever lengths, as known at an instant.

        Both ends are rounded outwards to 10 s; where shorter rows are gone, to what is left.
        """
        rows: dict[int, Known] = {}
        for span, start, end in _pieces(low, high, known):
            # Where shorter rows are gone, two pieces may be parts of one longer row.
            rows |= {each.number: each for each in self._piece(span, start, end, known)}
        return [*rows.values()]

    def of_span(self, span: int, low: int, high: int, known: int) -> list[Known]:
        """The same from rows of one length where they are still there, and from shorter ones at the end."""
        length = span * _SECOND
        return self._piece(span, low // length * length, -(-high // length) * length, known)

    def after(self, number: int) -> tuple[int, list[Known]]:
        """The rows of 10 s that were added after the one with an id, and the last id."""
        found = self.numbered(_AFTER, (number,))
        return (found.ids[-1] if found.ids else number), found.rows

    def told(self, low: int, high: int, known: int) -> list[Told]:
        """What each source told in spans of ten minutes, oldest first; shorter ones where they are new."""
        longest = SPANS[2]
        shorter = ", ".join(map(str, SPANS[:2]))
        low = low // (longest * _SECOND) * longest * _SECOND
        rows = self._connection.execute(_TOLD.format(f"span = {longest}"), (low, high, known)).fetchall()
        unfolded = f"folded = 0 AND span IN ({shorter})"
        rows += self._connection.execute(_TOLD.format(unfolded), (low, high, known)).fetchall()
        found: list[Told] = []
        for source, span, at, *amounts in rows:
            # A row that another program wrote is counted as skipped where it is read in full.
            with suppress(*UNREADABLE):
                start = from_micros(at)
                end = start + timedelta(seconds=span)
                found.append(Told(TrafficSource(source), start, end, *map(whole, amounts)))
        return sorted(found, key=lambda each: each.end)

    def seen_after(self, number: int) -> tuple[int, bytes]:
        """The digests of the entries added after the one with an id, and the last id."""
        found = self._connection.execute(
            "SELECT id, ids FROM traffic_seen WHERE id > ? ORDER BY id", (number,)
        ).fetchall()
        digests = b"".join(ids for _, ids in found if isinstance(ids, bytes))
        return (found[-1][0] if found else number), digests

    def since(self, low: int) -> tuple[int, list[Known]]:
        """The rows of 10 s from an instant on, and the id of the row that was added last; 0 without one."""
        last = self._connection.execute("SELECT max(id) FROM traffic_rolls").fetchone()[0]
        rows = self._connection.execute(_OF_SPAN, (SPANS[0], low, _FAR, _FAR)).fetchall()
        return (last if type(last) is int else 0), [*self._decoded(rows)]

    def numbered(self, query: str, values: tuple[int, ...]) -> _Found:
        """All rows of a query, with their ids."""
        found = self._connection.execute(query, values).fetchall()
        return _Found([row[0] for row in found], [*self._decoded(found)])

    def _piece(self, span: int, start: int, end: int, known: int) -> list[Known]:
        index = SPANS.index(span)
        if index + 1 < len(SPANS) and start < _pruned_upto(self._connection, span):
            there = self._connection.execute(
                "SELECT 1 FROM traffic_rolls WHERE span = ? AND at >= ? AND at < ? LIMIT 1",
                (span, start, end),
            ).fetchone()
            if there is None:
                longer = SPANS[index + 1] * _SECOND
                return self._piece(SPANS[index + 1], start // longer * longer, end, known)
        rows = self._connection.execute(_OF_SPAN, (span, start, end, known)).fetchall()
        if index:
            shorter = ", ".join(map(str, SPANS[:index]))
            rows += self._connection.execute(_NOT_YET % shorter, (start, end, known)).fetchall()
        return [*self._decoded(rows)]

    def _decoded(self, rows: Iterable[tuple[Any, ...]]) -> Iterator[Known]:
        keys = self._keys
        for number, span, at, recorded, key_number, *values in rows:
            key = keys[key_number] if key_number in keys else self._look_up(key_number)
            try:
                if key is not None and type(recorded) is int:
                    yield Known(number, recorded, roll_up_of(span, at, key, values))
                    continue
            except UNREADABLE:
                pass
            self.skipped.add(number)

    def _look_up(self, number: int) -> RollUpKey | None:
        row = self._connection.execute(_KEY, (number,)).fetchone()
        try:
            key = (
                key_of(*(each.decode("utf-8", "surrogatepass") for each in row)) if row is not None else None
            )
        except UNREADABLE:
            key = None
        self._keys[number] = key
        return key


def _pieces(low: int, high: int, known: int, index: int = len(SPANS) - 1) -> Iterator[tuple[int, int, int]]:
    """A span of time as pieces of whole roll-ups: long ones in the middle, short ones at both ends.

    Long ones only where those on time were known already.
    """
    if low >= high:
        return
    length = SPANS[index] * _SECOND
    if index == 0:
        yield SPANS[0], low // length * length, -(-high // length) * length
        return
    start, end = -(-low // length) * length, min(high, known - ON_TIME) // length * length
    if start >= end:
        yield from _pieces(low, high, known, index - 1)
        return
    yield from _pieces(low, start, known, index - 1)
    yield SPANS[index], start, end
    yield from _pieces(end, high, known, index - 1)
