"""Reading own traffic from a store: any span of time, in full, or only what a trend or a problem needs."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from claude_tui.analysis.traffic.facts import SourceReport
from claude_tui.model.traffic import SPANS, CallCount, RollUp, RollUpKey, TrafficSource
from claude_tui.store.checked import whole
from claude_tui.store.codec import UNREADABLE
from claude_tui.store.instants import from_micros
from claude_tui.store.traffic_blocks import BLOCKS, CountBlocks, Counted
from claude_tui.store.traffic_codec import (
    COLUMNS,
    COST_COLUMNS,
    COUNT_COLUMNS,
    call_counts,
    cost_of,
    key_of,
    roll_up_of,
)

__all__ = ["ON_TIME", "Known", "TrafficReader", "pruned_until"]

_SECOND = 1_000_000
ON_TIME = 120 * _SECOND
"""Rows that are recorded within this of their end are on time: they are folded together."""
_FAR = 2**62

_READ = "SELECT id, span, at, recorded, key, {columns} FROM traffic_rolls WHERE "
_OF_SPAN = f"{_READ} span = ? AND at >= ? AND at < ? AND recorded <= ?"
_NOT_YET = f"{_READ} folded = 0 AND span IN ({{shorter}}) AND at >= ? AND at < ? AND recorded <= ?"
_ADDED = "SELECT id, span, at FROM traffic_rolls WHERE id > ?"
_LAST = f"{_ADDED} ORDER BY id DESC LIMIT 1"
_AFTER = f"{_READ} id > ? AND span = {SPANS[0]} ORDER BY id".format(columns=COLUMNS)
_UNFOLDED = f"{_READ} folded = 0 AND span = ? AND at < ? ORDER BY at LIMIT ?".format(columns=COLUMNS)
# The same without the columns at the end of a row, which hold most of its bytes.
_ONLY_CALLS = "calls, 0, 0, x''"
_KEY = (
    "SELECT CAST(source AS BLOB), CAST(application AS BLOB), CAST(model AS BLOB), CAST(outcome AS BLOB), "
    "CAST(error_type AS BLOB) FROM traffic_keys WHERE id = ?"
)
_REPORTS = (
    "SELECT CAST(source AS BLOB), span, at, sum(CASE WHEN outcome = 'ok' THEN calls ELSE 0 END), "
    "sum(counted), sum(length(first_token) > 0), sum(retries_told), sum(calls) "
    "FROM traffic_rolls JOIN traffic_keys ON traffic_keys.id = key "
    "WHERE {} AND at >= ? AND at < ? AND recorded <= ? GROUP BY source, span, at"
)
_PRUNED_UPTO = "SELECT value FROM meta WHERE key = ?"

_Row = tuple[Any, ...]


@dataclass(frozen=True, slots=True)
class Known:
    """A roll-up, and when it was recorded."""

    number: int
    """Its id."""
    recorded: int
    """Microseconds since 1970."""
    row: RollUp


@dataclass(frozen=True, slots=True)
class _Found:
    ids: list[int]
    """Of every row, including unreadable ones."""
    rows: list[Known]


class TrafficReader:
    """Reads roll-ups. Instants are microseconds since 1970; `skipped` has the ids of unreadable rows."""

    def __init__(self, connection: sqlite3.Connection) -> None:
        self.skipped: set[int] = set()
        self.read_in_full = 0
        """How many rows were read with their histograms: the work that must not grow during a problem."""
        self._connection = connection
        self._blocks = CountBlocks()
        self._keys: dict[int, RollUpKey | None] = {}

    def between(self, low: int, high: int, known: int) -> list[Known]:
        """Rows of any length that add up to the time from `low` to `high`, as known at an instant.

        Both ends are rounded outwards to 10 s; if shorter rows have been pruned, to the rows that are left.
        """
        return [*self._decoded(self._adding_up(COLUMNS, low, high, known))]

    def of_span(self, span: int, low: int, high: int, known: int) -> list[Known]:
        """The same from rows of one length where they are still there, and from shorter ones at the end."""
        return [*self._decoded(self._of_span(COLUMNS, span, low, high, known))]

    def counts(self, span: int, low: int, high: int, known: int, *, timed: bool) -> list[CallCount]:
        """What `of_span` reads, as counts of calls; with the times to first token if `timed`."""
        columns = COUNT_COLUMNS if timed else _ONLY_CALLS
        length = span * _SECOND
        low, high = low // length * length, -(-high // length) * length
        in_detail = span == SPANS[0]
        if span not in BLOCKS or (timed and not in_detail):
            return self._counted(self._piece(columns, span, low, high, known))
        if in_detail and (known == _FAR or low < pruned_until(self._connection, span)):
            # The present is asked for only once, and after pruning one longer row may cover many blocks.
            return self._counted(self._piece(columns, span, low, high, known))
        return self._by_block(columns, span, low, high, known)

    def _by_block(self, columns: str, span: int, low: int, high: int, known: int) -> list[CallCount]:
        """Counts from `low` to `high`: whole blocks that were final by then, and the parts around them."""
        self._blocks.forget(self._fetched(_ADDED if self._blocks.any else _LAST, (self._blocks.last,)))
        block = BLOCKS[span]
        start, end = -(-low // block) * block, min(high, known - ON_TIME) // block * block
        settled = (
            self._blocks.counts(
                span,
                start,
                end,
                known,
                lambda *times: self._block(columns, span, *times),
                timed=columns is COUNT_COLUMNS,
            )
            if start < end
            else None
        )
        if settled is None:
            return self._counted(self._piece(columns, span, low, high, known))
        before, after = (
            self._counted(self._piece(columns, span, *piece, known)) if piece[0] < piece[1] else []
            for piece in ((low, start), (end, high))
        )
        return [*before, *settled, *after]

    def _block(self, columns: str, span: int, start: int, end: int) -> Counted:
        rows = self._piece(columns, span, start, end, _FAR)
        recorded = [row[3] for row in rows if type(row[3]) is int]
        return Counted(tuple(self._counted(rows)), max(recorded, default=0))

    def _counted(self, rows: list[_Row]) -> list[CallCount]:
        try:
            return self._counts(rows)
        except UNREADABLE:
            return [count for row in rows for count in self._counts_or_skipped(row)]

    def _counts_or_skipped(self, row: _Row) -> list[CallCount]:
        try:
            return self._counts([row])
        except UNREADABLE:
            self.skipped.add(row[0])
            return []

    def _counts(self, rows: list[_Row]) -> list[CallCount]:
        """All of them at once: thousands one by one take twice as long. Raises one of UNREADABLE."""
        if not rows:
            return []
        _, spans, instants, _, numbers, *counts, histograms = zip(*rows, strict=True)
        keys = {number: self._key(number) for number in {*numbers}}
        return call_counts(spans, instants, [keys[number] for number in numbers], counts, histograms)

    def cost(self, low: int, high: int, known: int) -> tuple[float, int]:
        """(dollars, calls with a price) of the rows of `between`."""
        usd, priced = 0.0, 0
        for number, _, _, _, _, *values in self._adding_up(COST_COLUMNS, low, high, known):
            try:
                cost, count = cost_of(values)
            except UNREADABLE:
                self.skipped.add(number)
                continue
            usd, priced = usd + cost, priced + count
        return usd, priced

    def after(self, number: int) -> tuple[int, list[Known]]:
        """The rows of 10 s that were added after the one with an id, and the last id."""
        found = self._numbered(_AFTER, (number,))
        return (found.ids[-1] if found.ids else number), found.rows

    def unfolded(self, span: int, high: int, most: int) -> _Found:
        """The oldest rows of one length before an instant that are not folded yet."""
        return self._numbered(_UNFOLDED, (span, high, most))

    def reports(self, low: int, high: int, known: int) -> list[SourceReport]:
        """What each source reported in spans of ten minutes, oldest first; shorter ones if they are new."""
        longest = SPANS[2]
        shorter = ", ".join(map(str, SPANS[:2]))
        low = low // (longest * _SECOND) * longest * _SECOND
        rows = self._fetched(_REPORTS.format(f"span = {longest}"), (low, high, known))
        unfolded = f"folded = 0 AND span IN ({shorter})"
        rows += self._fetched(_REPORTS.format(unfolded), (low, high, known))
        found: list[SourceReport] = []
        for source, span, at, *amounts in rows:
            # An unreadable row is counted as skipped when it is read in full.
            with suppress(*UNREADABLE):
                start = from_micros(at)
                end = start + timedelta(seconds=span)
                found.append(SourceReport(TrafficSource(source.decode()), start, end, *map(whole, amounts)))
        return sorted(found, key=lambda report: report.end)

    def seen_after(self, number: int) -> tuple[int, bytes]:
        """The digests of the entries added after the one with an id, and the last id."""
        found = self._fetched("SELECT id, ids FROM traffic_seen WHERE id > ? ORDER BY id", (number,))
        digests = b"".join(ids for _, ids in found if isinstance(ids, bytes))
        return (found[-1][0] if found else number), digests

    def since(self, low: int) -> tuple[int, list[Known]]:
        """The rows of 10 s from an instant on, and the id of the row that was added last; 0 without one."""
        last = self._connection.execute("SELECT max(id) FROM traffic_rolls").fetchone()[0]
        rows = self._fetched(_OF_SPAN.format(columns=COLUMNS), (SPANS[0], low, _FAR, _FAR))
        return (last if type(last) is int else 0), [*self._decoded(rows)]

    def _numbered(self, query: str, values: tuple[int, ...]) -> _Found:
        found = self._fetched(query, values)
        return _Found([row[0] for row in found], [*self._decoded(found)])

    def _adding_up(self, columns: str, low: int, high: int, known: int) -> Iterable[_Row]:
        rows: dict[int, _Row] = {}
        for span, start, end in _pieces(low, high, known):
            # Where shorter rows have been pruned, two pieces may be parts of one longer row.
            rows |= {row[0]: row for row in self._piece(columns, span, start, end, known)}
        return rows.values()

    def _of_span(self, columns: str, span: int, low: int, high: int, known: int) -> list[_Row]:
        length = span * _SECOND
        return self._piece(columns, span, low // length * length, -(-high // length) * length, known)

    def _piece(self, columns: str, span: int, start: int, end: int, known: int) -> list[_Row]:
        index = SPANS.index(span)
        if index + 1 < len(SPANS) and start < pruned_until(self._connection, span):
            there = self._connection.execute(
                "SELECT 1 FROM traffic_rolls WHERE span = ? AND at >= ? AND at < ? LIMIT 1",
                (span, start, end),
            ).fetchone()
            if there is None:
                longer = SPANS[index + 1] * _SECOND
                return self._piece(columns, SPANS[index + 1], start // longer * longer, end, known)
        rows = self._fetched(_OF_SPAN.format(columns=columns), (span, start, end, known))
        if index:
            shorter = ", ".join(map(str, SPANS[:index]))
            rows += self._fetched(_NOT_YET.format(columns=columns, shorter=shorter), (start, end, known))
        return rows

    def _fetched(self, query: str, values: tuple[int, ...]) -> list[_Row]:
        return self._connection.execute(query, values).fetchall()

    def _decoded(self, rows: Iterable[_Row]) -> Iterator[Known]:
        for number, span, at, recorded, key_number, *values in rows:
            self.read_in_full += 1
            key = self._key(key_number)
            try:
                if key is not None and type(recorded) is int:
                    yield Known(number, recorded, roll_up_of(span, at, key, values))
                    continue
            except UNREADABLE:
                pass
            self.skipped.add(number)

    def _key(self, number: int) -> RollUpKey | None:
        """The key with a number; None for one that this version cannot read."""
        if number in self._keys:
            return self._keys[number]
        row = self._connection.execute(_KEY, (number,)).fetchone()
        try:
            key = (
                key_of(*(part.decode("utf-8", "surrogatepass") for part in row)) if row is not None else None
            )
        except UNREADABLE:
            key = None
        self._keys[number] = key
        return key


def pruned_until(connection: sqlite3.Connection, span: int) -> int:
    """Before this instant, rows of that length may be gone."""
    found = connection.execute(_PRUNED_UPTO, (f"traffic_pruned_{span}",)).fetchone()
    try:
        return int(found[0]) if found is not None else -_FAR
    except (TypeError, ValueError):
        return -_FAR


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
