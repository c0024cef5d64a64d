"""Own traffic in the store: adding roll-ups, folding them into longer ones, and pruning.

A row of 10 s is folded into one of a minute, that into one of ten minutes, an hour and a day, each a while
after the longer span is over. The shorter row is marked and goes earlier, so that a span of time is the sum
of: the rows of one length in it, and the shorter ones in it that are not folded yet. A late row
is folded separately, so that it is not known before it was recorded.
"""

from __future__ import annotations

import sqlite3
from dataclasses import astuple
from itertools import pairwise

from claude_tui.analysis.traffic.merging import added
from claude_tui.model.traffic import OTHER, SPANS, RolledUp, RollUpKey
from claude_tui.store.entries import pack_text
from claude_tui.store.instants import from_micros, to_micros
from claude_tui.store.traffic_codec import COLUMNS, encode
from claude_tui.store.traffic_reading import ON_TIME, Known, TrafficReader, pruned_until

__all__ = ["DETAIL", "Keys", "add", "fold", "forget_seen", "prune"]

_SECOND = 1_000_000
DETAIL = 2 * 86400 * _SECOND
"""How long rows of 10 s stay; an incident's stay."""
MAX_KEYS = 5000
FOLD_ROWS = 3000
_LAG = {span: 20 * _SECOND + 10 * _SECOND * index for index, span in enumerate(SPANS)}
"""How long after the end of a span it is folded, so that most rows are there."""
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
_OLDEST = "SELECT min(at) FROM traffic_rolls WHERE folded = 1 AND span = ? AND at >= ?"
_DELETE = "DELETE FROM traffic_rolls WHERE folded = 1 AND span = ? AND at >= ? AND at < ?"
_SET_PRUNED = "INSERT OR REPLACE INTO meta (key, value) VALUES (?, ?)"


class Keys:
    """The numbers of keys, for one writing connection."""

    def __init__(self, connection: sqlite3.Connection) -> None:
        self._connection = connection
        self._numbers: dict[RollUpKey, int] = {}

    def number_of(self, key: RollUpKey) -> int:
        """The number of `key`, which is added if it is new, or that of its source and outcome."""
        if (number := self._numbers.get(key)) is not None:
            return number
        values = tuple(pack_text(text) for text in astuple(key))
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
        found = reader.unfolded(shorter, cutoff, FOLD_ROWS)
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
                "UPDATE traffic_rolls SET folded = 1 WHERE id = ?", [(number,) for number in found.ids]
            )
            return False
    return True


def forget_seen(connection: sqlite3.Connection, now: int) -> None:
    """Deletes digests of request ids that are not expected to be reported a second time any more."""
    connection.execute("DELETE FROM traffic_seen WHERE at < ?", (now - _SEEN_FOR,))


def prune(connection: sqlite3.Connection, low: int, high: int, detail: int, most: int) -> bool:
    """Deletes shorter rows from `low` on that have been folded into longer ones.

    In a transaction of the caller. Those of 10 s go before `detail`, those of a minute and of ten minutes
    before `high`; hours and days stay.
    Returns whether none is left after at most about `most` rows.
    """
    ends = {10: detail, 60: high, 600: high}
    for span, end in ends.items():
        # Whole stretches are deleted at once, so that the rest of one is never taken for all of it.
        stretch = SPANS[SPANS.index(span) + 2] * _SECOND
        while (start := _oldest(connection, span, -(-low // stretch) * stretch)) is not None:
            start = start // stretch * stretch
            if start + stretch > end:
                break
            if most <= 0:
                return False
            most -= connection.execute(_DELETE, (span, start, start + stretch)).rowcount
            until = max(pruned_until(connection, span), start + stretch)
            connection.execute(_SET_PRUNED, (f"traffic_pruned_{span}", str(until)))
    return True


def _oldest(connection: sqlite3.Connection, span: int, low: int) -> int | None:
    found = connection.execute(_OLDEST, (span, low)).fetchone()[0]
    return found if type(found) is int else None
