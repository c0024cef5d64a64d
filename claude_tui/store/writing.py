"""Operations on the one writing connection. Every failure is a sqlite3.Error."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Iterable
from dataclasses import astuple
from datetime import UTC, datetime

from claude_tui.analysis.uptime.hours import DEFAULT_REACH, HOUR, Reach
from claude_tui.analysis.uptime.incidents import kept_spans
from claude_tui.model.observation import Observation
from claude_tui.model.provider import Catalogue, ProviderStatus
from claude_tui.model.traffic import RolledUp
from claude_tui.store import traffic_writing
from claude_tui.store.backlog import Kept, Record
from claude_tui.store.codec import COLUMNS, Kind, encode, kind_of
from claude_tui.store.documents import catalogue_text, status_text
from claude_tui.store.entries import ENTRY_TABLES, INCIDENT_ENTRIES, insertion, pack_text
from claude_tui.store.files import Identity
from claude_tui.store.instants import to_micros
from claude_tui.store.late import add_late
from claude_tui.store.rollups import roll_up

__all__ = ["WriteSession"]

# More kinds than this mean a server that makes up values; the varying parts are then stored in the rows.
MAX_KINDS = 1000
PRUNE_ROWS = 2000
# Instants in microseconds since 1970, beyond the range of datetime.
_FIRST, _LAST = -(2**62), 2**62
SHRINK_PAGES = 64

# What SQLite or its module raises for a value that no column can hold (a lone surrogate, an int of 70 bits).
_UNSTORABLE = (
    TypeError,
    ValueError,
    OverflowError,
    sqlite3.DataError,
    sqlite3.IntegrityError,
    sqlite3.InterfaceError,
    sqlite3.ProgrammingError,
)

_INSERT = (
    f"INSERT INTO observations (at, n, kind, {COLUMNS}) VALUES (?1, "
    "(SELECT coalesce(max(n) + 1, 0) FROM observations WHERE at = ?1), "
    "?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13)"
)
_FIND_KIND = (
    "SELECT id FROM kinds WHERE source IS ? AND outcome IS ? AND target IS ? AND model IS ? "
    "AND http_status IS ? AND error_type IS ? AND error_code IS ? AND stop_reason IS ? "
    "AND tls_expires_at IS ?"
)
_COUNT_KINDS = "SELECT count(*) FROM kinds"
_ADD_KIND = (
    "INSERT INTO kinds (source, outcome, target, model, http_status, error_type, error_code, stop_reason, "
    "tls_expires_at) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)"
)
_NTH_OBSERVATION = "SELECT at FROM observations WHERE at >= ? AND at < ? ORDER BY at LIMIT 1 OFFSET ?"
_DELETE_OBSERVATIONS = "DELETE FROM observations WHERE at >= ? AND at < ?"
_KEEP = "INSERT OR REPLACE INTO kept (name, body) VALUES (?, ?)"


class WriteSession:
    """The writing connection, with the kinds it has numbered. It must be discarded after any error.

    `identity` is that of the file that was opened.
    """

    def __init__(
        self,
        connection: sqlite3.Connection,
        identity: Identity | None,
        now: Callable[[], datetime] = lambda: datetime.now(UTC),
    ) -> None:
        self.identity = identity
        self._connection = connection
        self._now = now
        self._traffic_keys = traffic_writing.Keys(connection)
        self._kinds: dict[Kind, int] = {}
        self._reach = DEFAULT_REACH
        connection.execute("PRAGMA synchronous = NORMAL")
        # What is written lies at the ends of few tables.
        connection.execute("PRAGMA cache_size = -256")
        connection.execute(f"PRAGMA journal_size_limit = {16 * 1024 * 1024}")

    def add(self, records: Iterable[Record]) -> list[Exception]:
        """Begins a transaction and adds `records`.

        Returns an error for each record that cannot be stored at all.
        """
        self._connection.execute("BEGIN IMMEDIATE")
        refused: list[Exception] = []
        observed: list[int] = []
        for record in records:
            try:
                self._add_one(record)
            except _UNSTORABLE as error:
                refused.append(error)
            else:
                if isinstance(record, Observation):
                    observed.append(to_micros(record.at))
        if observed:
            add_late(self._connection, observed, self._reach)
        return refused

    def commit(self) -> None:
        self._connection.execute("COMMIT")

    def roll_up(self, end_hour: int, reach: Reach) -> bool:
        """Rolls up one hour before `end_hour`. Returns whether none is left."""
        self._connection.execute("BEGIN IMMEDIATE")
        self._reach = reach
        done = roll_up(self._connection, end_hour, reach)
        self.commit()
        return done

    def fold_traffic(self) -> bool:
        """Folds a batch of roll-ups of own traffic. Returns whether none is due."""
        now = to_micros(self._now())
        self._connection.execute("BEGIN IMMEDIATE")
        done = traffic_writing.fold(self._connection, self._traffic_keys, now)
        if done:
            traffic_writing.forget_seen(self._connection, now)
        self.commit()
        return done

    def prune(self, before: int) -> bool:
        """Deletes a batch of the records before an instant. Returns whether none are left.

        Observations are rolled up first. What belongs to an incident stays, and so do the status report and
        the list of models in force at any instant that stays.
        """
        if not self.roll_up(-(-before // HOUR), DEFAULT_REACH):
            return False
        self._connection.execute("BEGIN IMMEDIATE")
        remaining = PRUNE_ROWS
        for low, high in self._unneeded(before):
            deleted, finished = self._prune_between(low, high, max(remaining, 1))
            remaining -= deleted
            if not finished:
                break
        else:
            finished = self._prune_traffic(before, max(remaining, 1))
        self.commit()
        return finished

    def _prune_traffic(self, before: int, most: int) -> bool:
        detail = max(to_micros(self._now()) - traffic_writing.DETAIL, before)
        return all(
            traffic_writing.prune(self._connection, low, min(high, before), high, most)
            for low, high in self._unneeded(detail)
        )

    def _unneeded(self, before: int) -> list[tuple[int, int]]:
        """The stretches of time before an instant that belong to no incident, oldest first."""
        rows = self._connection.execute(INCIDENT_ENTRIES.select(INCIDENT_ENTRIES.since), (_FIRST, _LAST))
        entries = (INCIDENT_ENTRIES.decode(tuple(row)) for _, *row in rows)
        low, found = _FIRST, []
        for start, end in kept_spans(entry for entry in entries if entry is not None):
            high = min(to_micros(start), before)
            if low < high:
                found.append((low, high))
            low = before if end is None else max(low, to_micros(end))
        return [*found, (low, before)] if low < before else found

    def _prune_between(self, low: int, high: int, most: int) -> tuple[int, bool]:
        """Deletes at most `most` rows of each table with `low` <= at < `high`.

        Returns the largest number that was deleted, and whether none are left.
        """
        for table in ("status_reports", "catalogues"):
            self._connection.execute(
                f"DELETE FROM {table} WHERE at >= ?1 AND at < ?2 "
                f"AND at < (SELECT max(at) FROM {table} WHERE at <= ?2)",
                (low, high),
            )
        following = self._connection.execute(_NTH_OBSERVATION, (low, high, most)).fetchone()
        end = high if following is None else following[0]
        observations = self._connection.execute(_DELETE_OBSERVATIONS, (low, end)).rowcount
        entries = max(
            self._connection.execute(table.prune, (low, high, most)).rowcount
            for table in ENTRY_TABLES
            if table.pruned
        )
        return max(observations, entries), following is None and entries < most

    def shrink(self) -> bool:
        """Frees a batch of pages while a quarter of the file is unused. Returns whether it is done.

        Less unused space is kept: the records of the coming days will fill it.
        """
        free = self._connection.execute("PRAGMA freelist_count").fetchone()[0]
        pages = self._connection.execute("PRAGMA page_count").fetchone()[0]
        if free * 4 < pages or free < SHRINK_PAGES:
            return True
        # `execute` would step this pragma once, which frees one page.
        self._connection.executescript(f"PRAGMA incremental_vacuum({SHRINK_PAGES})")
        return False

    def checkpoint(self) -> None:
        """Checkpoints the write-ahead log as far as readers allow, without waiting for them."""
        self._connection.execute("PRAGMA wal_checkpoint(PASSIVE)").fetchall()

    def close(self) -> None:
        self._connection.close()

    def _add_one(self, record: Record) -> None:
        if isinstance(record, Observation):
            self._add_observation(record)
        elif isinstance(record, ProviderStatus):
            self._add_change("status_reports", record.fetched_at, status_text(record))
        elif isinstance(record, Catalogue):
            self._add_change("catalogues", record.fetched_at, catalogue_text(record))
        elif isinstance(record, RolledUp):
            traffic_writing.add(self._connection, self._traffic_keys, record, to_micros(self._now()))
        elif isinstance(record, Kept):
            self._connection.execute(_KEEP, (pack_text(record.name), record.body))
        else:
            self._connection.execute(*insertion(record))

    def _add_observation(self, observation: Observation) -> None:
        kind = kind_of(observation)
        number = self._number_of(kind, most=MAX_KINDS)
        varying = None
        if number is None:
            number, varying = self._number_of(kind.plain(), most=None), kind.varying
        values = encode(observation, varying)
        self._connection.execute(_INSERT, (to_micros(observation.at), number, *values))

    def _number_of(self, kind: Kind, *, most: int | None) -> int | None:
        """The number of `kind`, which is added if it is new; None when there are `most` already."""
        if (number := self._kinds.get(kind)) is not None:
            return number
        key = astuple(kind)
        found = self._connection.execute(_FIND_KIND, key).fetchone()
        if found is None:
            if most is not None and self._connection.execute(_COUNT_KINDS).fetchone()[0] >= most:
                return None
            found = (self._connection.execute(_ADD_KIND, key).lastrowid,)
        self._kinds[kind] = found[0]
        return self._kinds[kind]

    def _add_change(self, table: str, at: datetime, body: str) -> None:
        """Adds a document unless the one in force at that instant is equal."""
        micros = to_micros(at)
        in_force = self._connection.execute(
            f"SELECT body FROM {table} WHERE at <= ? ORDER BY at DESC, id DESC LIMIT 1", (micros,)
        ).fetchone()
        if in_force is None or in_force[0] != body:
            self._connection.execute(f"INSERT INTO {table} (at, body) VALUES (?, ?)", (micros, body))
