"""Reads the store through its own connection, from any thread, whatever the writer is doing."""

from __future__ import annotations

import sqlite3
import threading
from collections.abc import Callable, Generator, Iterable, Iterator, Sequence
from contextlib import closing
from pathlib import Path
from typing import TypeVar

from claude_tui.model.observation import Observation
from claude_tui.model.provider import Catalogue, ProviderStatus
from claude_tui.store.backlog import Backlog, Record
from claude_tui.store.codec import COLUMNS, UNREADABLE, Kind, decode
from claude_tui.store.documents import catalogue_from, status_from
from claude_tui.store.entries import E, EntryTable, pack_text
from claude_tui.store.faults import NewerStoreError, describe, is_damage, skipped_rows
from claude_tui.store.files import LOCK_TIMEOUT_S, Connect, Identity, directory_lock, identity_of
from claude_tui.store.problems import Origin, Problems
from claude_tui.store.schema import KEPT_SINCE, MIGRATIONS, TRAFFIC_SINCE, is_newer, is_readable, version_of
from claude_tui.store.traffic_reading import TrafficReader

__all__ = ["ReadSession", "Reader"]

T = TypeVar("T")

_OBSERVATIONS = f"SELECT n, at, kind, {COLUMNS} FROM observations WHERE at >= ? AND at < ? ORDER BY at"
_NEWEST_OBSERVATIONS = _OBSERVATIONS + " DESC, n DESC LIMIT ?"
_KIND = (
    "SELECT source, outcome, target, model, http_status, error_type, error_code, stop_reason, tls_expires_at "
    "FROM kinds WHERE id = ?"
)
_LATER_DOCUMENTS = "SELECT id, at, body FROM {} WHERE at > ? AND at < ? ORDER BY at, id"
_EARLIER_DOCUMENTS = "SELECT id, at, body FROM {} WHERE at <= ? ORDER BY at DESC, id DESC"
_CATALOGUES = "SELECT id, at, body FROM catalogues ORDER BY at DESC, id DESC"
# Implausible amounts count as 0, or one broken row would use up the budget of the day.
_COST = (
    "SELECT coalesce(sum(cost_usd), 0.0) FROM observations "
    "WHERE at >= ? AND at < ? AND cost_usd BETWEEN 0 AND 1e6"
)

# Table and key.
RowKey = tuple[object, ...]


class ReadSession:
    """A reading connection. Rows that this version cannot have written are left out; `skipped` names them.

    Instants are microseconds since 1970; every failure is a sqlite3.Error.
    """

    def __init__(self, connection: sqlite3.Connection, identity: Identity) -> None:
        self.identity = identity
        self.skipped: set[RowKey] = set()
        self._connection = connection
        self._kinds: dict[int, Kind | None] = {}
        self._traffic = TrafficReader(connection)

    def begin(self) -> None:
        """Begins a read transaction: later queries see the same state, until `end`."""
        self._connection.execute("BEGIN")
        self._connection.execute("SELECT count(*) FROM meta").fetchone()

    def end(self) -> None:
        self._connection.execute("COMMIT")

    def close(self) -> None:
        self._connection.close()

    def observations(self, low: int, high: int, limit: int | None) -> list[Observation]:
        """Observations with `low` <= at < `high`, oldest first; with `limit`, the newest ones."""
        if limit is None:
            rows = self._connection.execute(_OBSERVATIONS + ", n", (low, high)).fetchall()
        else:
            rows = self._connection.execute(_NEWEST_OBSERVATIONS, (low, high, limit)).fetchall()
            rows.reverse()
        found = (self._observation(row) for row in rows)
        return [observation for observation in found if observation is not None]

    def status_reports(self, low: int, high: int) -> list[ProviderStatus]:
        """The report in force at `low` and those until `high`, oldest first."""
        return self._in_force_and_later("status_reports", status_from, low, high)

    def catalogues(self, low: int, high: int) -> list[Catalogue]:
        """The same for lists of models."""
        return self._in_force_and_later("catalogues", catalogue_from, low, high)

    def _in_force_and_later(self, table: str, read: Callable[[int, str], T], low: int, high: int) -> list[T]:
        with closing(self._connection.execute(_EARLIER_DOCUMENTS.format(table), (low,))) as earlier:
            in_force = next(self._documents(table, read, earlier), None)
        later = self._connection.execute(_LATER_DOCUMENTS.format(table), (low, high))
        found = [*self._documents(table, read, later)]
        return found if in_force is None else [in_force, *found]

    def nearest(self, tables: Sequence[tuple[str, int]], at: int, *, later: bool) -> int | None:
        """The instant of the nearest row before or after `at`, of tables given by name and first version."""
        version, (pick, beyond) = version_of(self._connection), ("min", ">") if later else ("max", "<")
        rows = (
            self._connection.execute(f"SELECT {pick}(at) FROM {table} WHERE at {beyond} ?", (at,)).fetchone()
            for table, since in tables
            if since <= version
        )
        found = [row[0] for row in rows if isinstance(row[0], int)]
        return None if not found else (min if later else max)(found)

    def latest_catalogue(self) -> Catalogue | None:
        """The newest list of models that can be read."""
        with closing(self._connection.execute(_CATALOGUES)) as newest_first:
            return next(self._documents("catalogues", catalogue_from, newest_first), None)

    def cost(self, low: int, high: int) -> float:
        return float(self._connection.execute(_COST, (low, high)).fetchone()[0])

    def entries(self, table: EntryTable[E], low: int, high: int | bytes) -> list[E]:
        """The entries with `low` <= at < `high`, oldest first."""
        return [entry for _, entry in self._entries(table, table.select, low, high)]

    def entries_after(self, table: EntryTable[E], rowid: int) -> list[tuple[int, E]]:
        """The entries added after the one with `rowid`, each with its own rowid, in the order of insertion.

        If the table never had that row, the file is not the one that the caller read, and all are new.
        """
        found = [*self._entries(table, table.select_after, rowid)]
        if found or rowid == 0 or self._ever_had(table, rowid):
            return found
        return [*self._entries(table, table.select_after, 0)]

    def _ever_had(self, table: EntryTable[E], rowid: int) -> bool:
        """The sequence of a table outlives its rows."""
        if version_of(self._connection) < table.since:
            return True
        sequence = "SELECT seq FROM sqlite_sequence WHERE name = ?"
        row = self._connection.execute(sequence, (table.name,)).fetchone()
        return row is None or row[0] >= rowid

    def entry_in_force(self, table: EntryTable[E], at: int) -> E | None:
        """The newest entry at or before an instant that can be read."""
        with closing(self._entries(table, table.select_in_force, at)) as newest_first:
            return next((entry for _, entry in newest_first), None)

    def last_entry(self, table: EntryTable[E]) -> E | None:
        """The entry that was added last and can be read."""
        with closing(self._entries(table, table.select_last)) as newest_first:
            return next((entry for _, entry in newest_first), None)

    def traffic(self, query: Callable[[TrafficReader], T], otherwise: T) -> T:
        """The answer of `query` about own traffic; `otherwise` in a store that is older than that."""
        if version_of(self._connection) < TRAFFIC_SINCE:
            return otherwise
        answer = query(self._traffic)
        self.skipped |= {("traffic_rolls", number) for number in self._traffic.skipped}
        return answer

    def data_version(self) -> int:
        """A number that changes when any other connection commits."""
        return int(self._connection.execute("PRAGMA data_version").fetchone()[0])

    def _entries(
        self, table: EntryTable[E], select: Callable[[int], str], *values: int | bytes
    ) -> Generator[tuple[int, E], None, None]:
        # Read within each query, as another process may migrate the store meanwhile.
        version = version_of(self._connection)
        if version < table.since:
            return
        with closing(self._connection.execute(select(version), values)) as rows:
            for key, *row in rows:
                entry = table.decode(tuple(row))
                if entry is None:
                    self.skipped.add((table.name, key))
                else:
                    yield key, entry

    def kept(self, name: str) -> bytes | None:
        if version_of(self._connection) < KEPT_SINCE:
            return None
        row = self._connection.execute("SELECT body FROM kept WHERE name = ?", (pack_text(name),)).fetchone()
        if row is None or isinstance(row[0], bytes):
            return row[0] if row is not None else None
        self.skipped.add(("kept", name))
        return None

    def _documents(
        self, table: str, read: Callable[[int, str], T], rows: Iterable[tuple[int, int, str]]
    ) -> Iterator[T]:
        for key, at, body in rows:
            try:
                document = read(at, body)
            except UNREADABLE:
                self.skipped.add((table, key))
            else:
                yield document

    def _observation(self, row: tuple[int, ...]) -> Observation | None:
        n, at, number, *values = row
        kind = self._kinds[number] if number in self._kinds else self._look_up(number)
        try:
            if kind is not None:
                return decode(at, kind, tuple(values))
        except UNREADABLE:
            pass
        self.skipped.add(("observations", at, n))
        return None

    def _look_up(self, number: int) -> Kind | None:
        row = self._connection.execute(_KIND, (number,)).fetchone()
        try:
            kind = Kind.of(row) if row is not None else None
        except UNREADABLE:
            kind = None
        self._kinds[number] = kind if kind is not None and kind.known else None
        return self._kinds[number]


class Reader:
    """Answers from the database and the backlog as of one instant, so that nothing is repeated or missed.

    It raises nothing: a store that cannot be read answers from memory alone. Damage goes to `report_damage`.
    """

    def __init__(
        self,
        path: Path,
        backlog: Backlog,
        problems: Problems,
        *,
        connect: Connect,
        commit_lock: threading.Lock,
        report_damage: Callable[[Identity, Exception], None],
    ) -> None:
        self._path = path
        self._backlog = backlog
        self._problems = problems
        self._connect = connect
        self._commit_lock = commit_lock
        self._report_damage = report_damage
        self.refusal: NewerStoreError | None = None
        self._session: ReadSession | None = None
        self._skipped: tuple[Identity, set[RowKey]] | None = None
        self._closed = False
        self._lock = threading.Lock()

    def read(self, query: Callable[[ReadSession], T]) -> tuple[T | None, tuple[Record, ...]]:
        """The answer of `query` (None without a database), and the records that are not yet in it."""
        with self._lock:
            try:
                session = self._current_session()
                if session is None:
                    return None, self._backlog.waiting()
                answer = self._consistent(session, query)
            except (sqlite3.Error, OSError) as error:
                self._fail(error)
                return None, self._backlog.waiting()
            self._report_skipped(session)
        self._problems.clear(Origin.READING)
        return answer

    def peek(self, query: Callable[[ReadSession], T]) -> T | None:
        """The answer of one query about the database alone: cheap, as it runs twice a second."""
        with self._lock:
            try:
                session = self._current_session()
                return query(session) if session is not None else None
            except (sqlite3.Error, OSError) as error:
                self._fail(error)
                return None

    def close(self, timeout_s: float) -> None:
        """Frees the connection, unless a query outlasts `timeout_s`."""
        if self._lock.acquire(timeout=max(timeout_s, 0.0)):
            try:
                self._closed = True
                self._drop_session()
            finally:
                self._lock.release()

    def _consistent(
        self, session: ReadSession, query: Callable[[ReadSession], T]
    ) -> tuple[T, tuple[Record, ...]]:
        with self._commit_lock:
            session.begin()
            waiting = self._backlog.waiting()
        answer = query(session)
        session.end()
        return answer, waiting

    def _current_session(self) -> ReadSession | None:
        """A session on the file that is there now: the store may have been set aside or replaced."""
        identity = identity_of(self._path)
        if self._session is not None and self._session.identity != identity:
            self._drop_session()
        if self._session is None and identity is not None and not self._closed:
            # Locked, as the files of a store may just be moved or created.
            with directory_lock(self._path.parent, LOCK_TIMEOUT_S):
                self._open_session()
        return self._session

    def _open_session(self) -> None:
        if (identity := identity_of(self._path)) is None:
            return
        connection = self._connect(self._path)
        self._session = ReadSession(connection, identity)
        if self._skipped is not None and self._skipped[0] == identity:
            self._session.skipped = self._skipped[1]
        if not is_readable(connection):
            if is_newer(connection):
                self.refusal = NewerStoreError(version_of(connection), len(MIGRATIONS))
            self._drop_session()

    def _drop_session(self) -> None:
        if self._session is not None:
            self._session.close()
            self._session = None

    def _report_skipped(self, session: ReadSession) -> None:
        """Each row counts once, however often it is read and through however many sessions."""
        self._skipped = session.identity, session.skipped
        if session.skipped:
            self._problems.report(Origin.SKIPPED, skipped_rows(len(session.skipped)))
        else:
            self._problems.clear(Origin.SKIPPED)

    def _fail(self, error: Exception) -> None:
        identity = self._session.identity if self._session is not None else None
        self._drop_session()
        if identity is not None and is_damage(error):
            self._report_damage(identity, error)
        else:
            self._problems.report(Origin.READING, f"history cannot be read: {describe(error)} ({self._path})")
