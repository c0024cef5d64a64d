"""What is read, through connections of their own: from any thread, whatever the writer is doing."""

from __future__ import annotations

import sqlite3
import threading
from collections.abc import Callable
from pathlib import Path
from typing import TypeVar

from claude_tui.model.observation import Observation
from claude_tui.model.provider import Catalogue, ProviderStatus
from claude_tui.store.backlog import Backlog, Record
from claude_tui.store.codec import COLUMNS, UNREADABLE, Kind, decode
from claude_tui.store.documents import catalogue_from, status_from
from claude_tui.store.entries import E, EntryTable, pack_text
from claude_tui.store.faults import describe, is_damage
from claude_tui.store.files import LOCK_TIMEOUT_S, Connect, Identity, directory_lock, identity_of
from claude_tui.store.problems import Origin, Problems
from claude_tui.store.schema import ENTRIES_SINCE, is_readable, version_of

__all__ = ["ReadSession", "Reader"]

T = TypeVar("T")

_OBSERVATIONS = f"SELECT at, kind, {COLUMNS} FROM observations WHERE at >= ? AND at < ? ORDER BY at"
_NEWEST_OBSERVATIONS = _OBSERVATIONS + " DESC, n DESC LIMIT ?"
_KIND = (
    "SELECT source, outcome, target, model, http_status, error_type, error_code, stop_reason, tls_expires_at "
    "FROM kinds WHERE id = ?"
)
_STATUS_REPORTS = (
    "SELECT at, body FROM status_reports "
    "WHERE at >= coalesce((SELECT max(at) FROM status_reports WHERE at <= ?1), ?1) ORDER BY at, id"
)


class ReadSession:
    """A reading connection. Rows that only another version can make sense of are left out.

    Instants are microseconds since 1970; every failure is a sqlite3.Error.
    """

    def __init__(self, connection: sqlite3.Connection, identity: Identity) -> None:
        self.identity = identity
        self._connection = connection
        self._kinds: dict[int, Kind | None] = {}

    def begin(self) -> None:
        """Fixes what later queries see, until `end`."""
        self._connection.execute("BEGIN")
        self._connection.execute("SELECT count(*) FROM meta").fetchone()

    def end(self) -> None:
        self._connection.execute("COMMIT")

    def close(self) -> None:
        self._connection.close()

    def observations(self, low: int, high: int, limit: int | None) -> list[Observation]:
        """Those of `low` <= at < `high`, oldest first; with `limit`, the newest so many of them."""
        if limit is None:
            rows = self._connection.execute(_OBSERVATIONS + ", n", (low, high)).fetchall()
        else:
            rows = self._connection.execute(_NEWEST_OBSERVATIONS, (low, high, limit)).fetchall()
            rows.reverse()
        found = (self._observation(row) for row in rows)
        return [observation for observation in found if observation is not None]

    def status_reports(self, low: int) -> list[ProviderStatus]:
        """Those from `low` on and the one in force then, oldest first."""
        rows = self._connection.execute(_STATUS_REPORTS, (low,)).fetchall()
        found = (_document(status_from, *row) for row in rows)
        return [status for status in found if status is not None]

    def latest_catalogue(self) -> Catalogue | None:
        row = self._connection.execute(
            "SELECT at, body FROM catalogues ORDER BY at DESC, id DESC LIMIT 1"
        ).fetchone()
        return None if row is None else _document(catalogue_from, *row)

    def cost_since(self, low: int) -> float:
        row = self._connection.execute(
            "SELECT coalesce(sum(cost_usd), 0.0) FROM observations WHERE at >= ?", (low,)
        ).fetchone()
        return float(row[0])

    def entries(self, table: EntryTable[E], low: int) -> list[E]:
        """Those from `low` on, oldest first."""
        if not self._has_entries():
            return []
        found = map(table.decode, self._connection.execute(table.select, (low,)).fetchall())
        return [entry for entry in found if entry is not None]

    def kept(self, name: str) -> bytes | None:
        if not self._has_entries():
            return None
        row = self._connection.execute("SELECT body FROM kept WHERE name = ?", (pack_text(name),)).fetchone()
        return row[0] if row is not None and isinstance(row[0], bytes) else None

    def _has_entries(self) -> bool:
        """Asked within each query: another process may migrate the store meanwhile."""
        return version_of(self._connection) >= ENTRIES_SINCE

    def _observation(self, row: tuple[int, ...]) -> Observation | None:
        at, number, *values = row
        kind = self._kinds[number] if number in self._kinds else self._look_up(number)
        if kind is None:
            return None
        try:
            return decode(at, kind, tuple(values))
        except UNREADABLE:
            return None

    def _look_up(self, number: int) -> Kind | None:
        row = self._connection.execute(_KIND, (number,)).fetchone()
        kind = Kind(*row) if row is not None else None
        self._kinds[number] = kind if kind is not None and kind.known else None
        return self._kinds[number]


class Reader:
    """Answers from the database and the backlog as of one instant, so that nothing is seen twice or missed.

    It raises nothing: a store that cannot be read answers from memory alone. Damage goes to `condemn`.
    """

    def __init__(
        self,
        path: Path,
        backlog: Backlog,
        problems: Problems,
        *,
        connect: Connect,
        commit_lock: threading.Lock,
        condemn: Callable[[Identity, Exception], None],
    ) -> None:
        self._path = path
        self._backlog = backlog
        self._problems = problems
        self._connect = connect
        self._commit_lock = commit_lock
        self._condemn = condemn
        self._session: ReadSession | None = None
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
        self._problems.clear(Origin.READING)
        return answer

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
            # Locked, so as not to look while the files of a store are being moved or made.
            with directory_lock(self._path.parent, LOCK_TIMEOUT_S):
                self._open_session()
        return self._session

    def _open_session(self) -> None:
        if (identity := identity_of(self._path)) is None:
            return
        connection = self._connect(self._path)
        self._session = ReadSession(connection, identity)
        if not is_readable(connection):
            self._drop_session()

    def _drop_session(self) -> None:
        if self._session is not None:
            self._session.close()
            self._session = None

    def _fail(self, error: Exception) -> None:
        identity = self._session.identity if self._session is not None else None
        self._drop_session()
        if identity is not None and is_damage(error):
            self._condemn(identity, error)
        else:
            self._problems.tell(Origin.READING, f"history cannot be read: {describe(error)} ({self._path})")


def _document(read: Callable[[int, str], T], at: int, body: str) -> T | None:
    try:
        return read(at, body)
    except UNREADABLE:
        return None
