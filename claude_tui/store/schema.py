"""The tables, and the migration of an older store to this version."""

from __future__ import annotations

import sqlite3
from collections.abc import Sequence

from claude_tui.store.faults import DamagedStoreError, NewerStoreError, primary_code

__all__ = ["KEPT_SINCE", "MIGRATIONS", "TRAFFIC_SINCE", "is_newer", "is_readable", "prepare", "version_of"]

# Marks the file as ours in its header ("ClTp"), so that another program's database is never taken for a
# store.
APPLICATION_ID = 0x436C5470

# `at` is microseconds since 1970. Observations are clustered by it: "since X" is one range of one b-tree,
# without an index; `n` tells apart what shares a microsecond. Columns without a type hold durations
# as integer microseconds where that is exact, else as REAL seconds. `extra` is JSON, deflated or not (codec).
_FIRST = """
CREATE TABLE meta (key TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID;
CREATE TABLE kinds (
    id INTEGER PRIMARY KEY, source TEXT NOT NULL, outcome TEXT NOT NULL, target TEXT NOT NULL, model TEXT,
    http_status INTEGER, error_type TEXT, error_code TEXT, stop_reason TEXT, tls_expires_at INTEGER
);
CREATE TABLE observations (
    at INTEGER NOT NULL, n INTEGER NOT NULL, kind INTEGER NOT NULL, request_id TEXT,
    dns, connect, tls, first_byte, first_token, total, server, skew,
    cost_usd REAL NOT NULL, extra,
    PRIMARY KEY (at, n)
) WITHOUT ROWID;
CREATE TABLE status_reports (id INTEGER PRIMARY KEY, at INTEGER NOT NULL, body TEXT NOT NULL);
CREATE INDEX status_reports_by_at ON status_reports (at);
CREATE TABLE catalogues (id INTEGER PRIMARY KEY, at INTEGER NOT NULL, body TEXT NOT NULL);
CREATE INDEX catalogues_by_at ON catalogues (at);
INSERT INTO meta VALUES ('format', 'claude-top history');
"""

# `kept` holds one body per name, which is replaced; rows of the other three tables are only added.
_SECOND = """
CREATE TABLE kept (name TEXT PRIMARY KEY, body BLOB NOT NULL) WITHOUT ROWID;
CREATE TABLE step_marks (
    at INTEGER NOT NULL, playbook TEXT NOT NULL, step TEXT NOT NULL, state TEXT NOT NULL, by TEXT NOT NULL,
    note TEXT NOT NULL DEFAULT ''
);
CREATE INDEX step_marks_by_at ON step_marks (at);
CREATE TABLE severity_marks (
    at INTEGER NOT NULL, severity TEXT NOT NULL, instead_of TEXT NOT NULL, by TEXT NOT NULL,
    why TEXT NOT NULL DEFAULT ''
);
CREATE INDEX severity_marks_by_at ON severity_marks (at);
CREATE TABLE verdict_changes (
    at INTEGER NOT NULL, cause TEXT NOT NULL, side TEXT NOT NULL, severity TEXT NOT NULL, text TEXT NOT NULL
);
CREATE INDEX verdict_changes_by_at ON verdict_changes (at);
"""
# Incidents and what belongs to them, requests to the collector, and the conditions of verdicts. Ids are never
# used twice, so that a reader can ask for what was added after the last one it has. `hourly` holds the
# roll-ups of observations; `meta` says up to which hour ('rolled_up_to', hours since 1970).
_THIRD = """
ALTER TABLE step_marks ADD COLUMN host TEXT NOT NULL DEFAULT '';
ALTER TABLE step_marks ADD COLUMN title TEXT NOT NULL DEFAULT '';
ALTER TABLE severity_marks ADD COLUMN host TEXT NOT NULL DEFAULT '';
CREATE TABLE incident_entries (
    id INTEGER PRIMARY KEY AUTOINCREMENT, at INTEGER NOT NULL, body BLOB NOT NULL
);
CREATE INDEX incident_entries_by_at ON incident_entries (at);
CREATE TABLE field_revisions (
    id INTEGER PRIMARY KEY AUTOINCREMENT, at INTEGER NOT NULL, body BLOB NOT NULL
);
CREATE INDEX field_revisions_by_at ON field_revisions (at);
CREATE TABLE action_requests (
    id INTEGER PRIMARY KEY AUTOINCREMENT, at INTEGER NOT NULL, body BLOB NOT NULL
);
CREATE INDEX action_requests_by_at ON action_requests (at);
CREATE TABLE alert_entries (
    id INTEGER PRIMARY KEY AUTOINCREMENT, at INTEGER NOT NULL, body BLOB NOT NULL
);
CREATE INDEX alert_entries_by_at ON alert_entries (at);
CREATE TABLE alerting_states (
    id INTEGER PRIMARY KEY AUTOINCREMENT, at INTEGER NOT NULL, body BLOB NOT NULL
);
CREATE INDEX alerting_states_by_at ON alerting_states (at);
CREATE TABLE conditions_changes (
    id INTEGER PRIMARY KEY AUTOINCREMENT, at INTEGER NOT NULL, body BLOB NOT NULL
);
CREATE INDEX conditions_changes_by_at ON conditions_changes (at);
CREATE TABLE walk_turns (
    id INTEGER PRIMARY KEY AUTOINCREMENT, at INTEGER NOT NULL, body BLOB NOT NULL
);
CREATE INDEX walk_turns_by_at ON walk_turns (at);
CREATE TABLE drill_entries (
    id INTEGER PRIMARY KEY AUTOINCREMENT, at INTEGER NOT NULL, body BLOB NOT NULL
);
CREATE INDEX drill_entries_by_at ON drill_entries (at);
CREATE TABLE expenses (
    id INTEGER PRIMARY KEY AUTOINCREMENT, at INTEGER NOT NULL, body BLOB NOT NULL
);
CREATE INDEX expenses_by_at ON expenses (at);
CREATE TABLE hourly (
    hour INTEGER NOT NULL, source TEXT NOT NULL, model TEXT NOT NULL, outcome TEXT NOT NULL,
    error_type TEXT NOT NULL, count INTEGER NOT NULL, micros INTEGER NOT NULL,
    ttft BLOB NOT NULL, total BLOB NOT NULL,
    PRIMARY KEY (hour, source, model, outcome, error_type)
) WITHOUT ROWID;
"""
# Own traffic. `traffic_rolls` has roll-ups of `span` seconds: those of 10 s as they are recorded, longer ones
# folded from shorter ones, which are then marked `folded` and go earlier. Rows of one key and span add up.
# `recorded` is when it became known. `traffic_seen` has digests of request ids, for some minutes.
_FOURTH = """
CREATE TABLE traffic_keys (
    id INTEGER PRIMARY KEY, source TEXT NOT NULL, application TEXT NOT NULL, model TEXT NOT NULL,
    outcome TEXT NOT NULL, error_type TEXT NOT NULL
);
CREATE UNIQUE INDEX traffic_keys_by_value
    ON traffic_keys (source, application, model, outcome, error_type);
CREATE TABLE traffic_rolls (
    id INTEGER PRIMARY KEY AUTOINCREMENT, span INTEGER NOT NULL, at INTEGER NOT NULL,
    recorded INTEGER NOT NULL, folded INTEGER NOT NULL DEFAULT 0, key INTEGER NOT NULL,
    calls INTEGER NOT NULL, cut INTEGER NOT NULL, abandoned INTEGER NOT NULL, retried INTEGER NOT NULL,
    retries_told INTEGER NOT NULL, max_tokens INTEGER NOT NULL, refusals INTEGER NOT NULL,
    counted INTEGER NOT NULL, input INTEGER NOT NULL, output INTEGER NOT NULL, cache_read INTEGER NOT NULL,
    cache_write_5m INTEGER NOT NULL, cache_write_1h INTEGER NOT NULL, cost_usd REAL NOT NULL,
    unpriced INTEGER NOT NULL, first_token BLOB NOT NULL, total BLOB NOT NULL, prompt BLOB NOT NULL
);
CREATE INDEX traffic_rolls_by_at ON traffic_rolls (span, at);
CREATE INDEX traffic_rolls_unfolded ON traffic_rolls (span, at) WHERE folded = 0;
CREATE TABLE traffic_calls (
    id INTEGER PRIMARY KEY AUTOINCREMENT, at INTEGER NOT NULL, body BLOB NOT NULL
);
CREATE INDEX traffic_calls_by_at ON traffic_calls (at);
CREATE TABLE traffic_seen (
    id INTEGER PRIMARY KEY AUTOINCREMENT, at INTEGER NOT NULL, ids BLOB NOT NULL
);
"""
# Repeated calls that did not wait as long as requested, the usage of repeated calls, the lengths of answers.
_FIFTH = """
ALTER TABLE traffic_rolls ADD COLUMN asked_to_wait INTEGER NOT NULL DEFAULT 0;
ALTER TABLE traffic_rolls ADD COLUMN early INTEGER NOT NULL DEFAULT 0;
ALTER TABLE traffic_rolls ADD COLUMN retried_tokens INTEGER NOT NULL DEFAULT 0;
ALTER TABLE traffic_rolls ADD COLUMN retried_usd REAL NOT NULL DEFAULT 0;
ALTER TABLE traffic_rolls ADD COLUMN answer BLOB NOT NULL DEFAULT x'';
"""
# The first version that has own traffic as it is read now.
TRAFFIC_SINCE = 5
# The first version that has `kept`.
KEPT_SINCE = 2

# Migration k takes a store from `user_version` k to k+1. Append; never change one that was released.
MIGRATIONS: tuple[str, ...] = (_FIRST, _SECOND, _THIRD, _FOURTH, _FIFTH)
# A migration that changes a table that readers use must raise this.
_READABLE_FROM = 1

_APPENDED = (
    "step_marks",
    "severity_marks",
    "verdict_changes",
    "incident_entries",
    "field_revisions",
    "action_requests",
    "alert_entries",
    "alerting_states",
    "conditions_changes",
    "walk_turns",
    "drill_entries",
    "expenses",
    "traffic_calls",
    "traffic_seen",
    "traffic_rolls",
)
_TOUCH = (
    "SELECT max(at) FROM observations",
    "SELECT max(at) FROM status_reports",
    "SELECT max(at) FROM catalogues",
    "SELECT max(id) FROM kinds",
    "SELECT count(*) FROM meta",
    "SELECT max(name) FROM kept",
    "SELECT max(hour) FROM hourly",
    *(f"SELECT max({column}) FROM {table}" for table in _APPENDED for column in ("at", "rowid")),
)


def prepare(connection: sqlite3.Connection, migrations: Sequence[str] = MIGRATIONS) -> None:
    """Creates the store behind `connection`, or migrates it to this version.

    Raises NewerStoreError for one that a later version wrote, DamagedStoreError for a database that is
    no store, and sqlite3.Error for any other failure.
    """
    version = version_of(connection)
    _require_ours(connection, version, len(migrations))
    if _pragma(connection, "page_count") == 0:
        # Lets a store shrink after `retention_days` was lowered; cannot be set once a page exists.
        connection.execute("PRAGMA auto_vacuum = INCREMENTAL")
    connection.execute("PRAGMA journal_mode = WAL")
    if version < len(migrations):
        _migrate(connection, migrations)
    _touch(connection)


def is_readable(connection: sqlite3.Connection) -> bool:
    """Whether this version can read the store.

    That includes older ones: a full disk may prevent their migration, and their records are still shown.
    """
    ours = _pragma(connection, "application_id") == APPLICATION_ID
    return ours and _READABLE_FROM <= version_of(connection) <= len(MIGRATIONS)


def is_newer(connection: sqlite3.Connection) -> bool:
    """Whether a later version of this program wrote the store."""
    return _pragma(connection, "application_id") == APPLICATION_ID and version_of(connection) > len(
        MIGRATIONS
    )


def version_of(connection: sqlite3.Connection) -> int:
    """The schema version: how many of MIGRATIONS have been applied."""
    return _pragma(connection, "user_version")


def _require_ours(connection: sqlite3.Connection, version: int, known: int) -> None:
    blank = connection.execute("SELECT count(*) FROM sqlite_master").fetchone()[0] == 0
    if (version or not blank) and _pragma(connection, "application_id") != APPLICATION_ID:
        raise DamagedStoreError("it is a database of another program")
    if version > known:
        raise NewerStoreError(version, known)


def _migrate(connection: sqlite3.Connection, migrations: Sequence[str]) -> None:
    connection.execute("BEGIN IMMEDIATE")
    try:
        # Another process may have migrated while this one waited for the lock.
        version = version_of(connection)
        for script in migrations[version:]:
            for statement in _statements(script):
                connection.execute(statement)
        connection.execute(f"PRAGMA application_id = {APPLICATION_ID}")
        connection.execute(f"PRAGMA user_version = {max(version, len(migrations))}")
    except BaseException:
        # SQLite may have rolled back itself, because of a full or failing disk.
        if connection.in_transaction:
            connection.execute("ROLLBACK")
        raise
    connection.execute("COMMIT")


def _statements(script: str) -> list[str]:
    """Splits at lines that end a statement; `executescript` would commit the transaction."""
    statements, pending = [], ""
    for line in script.splitlines():
        pending += line + "\n"
        if sqlite3.complete_statement(pending):
            statements.append(pending)
            pending = ""
    return statements


def _touch(connection: sqlite3.Connection) -> None:
    """Reads the end of every table, where the next record goes: cheap, and finds most damage."""
    try:
        for query in _TOUCH:
            connection.execute(query).fetchone()
    except sqlite3.OperationalError as error:
        if primary_code(error) == sqlite3.SQLITE_ERROR:
            raise DamagedStoreError(f"its tables are not as expected ({error})") from error
        raise


def _pragma(connection: sqlite3.Connection, name: str) -> int:
    return int(connection.execute(f"PRAGMA {name}").fetchone()[0])
