"""Reading the record of the past from a store that another process may be writing."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from datetime import datetime, timedelta
from pathlib import Path

from claude_tui.analysis.history.history import API_SOURCES
from claude_tui.analysis.uptime.hours import HOUR, Reach, hour_of
from claude_tui.analysis.uptime.record import Record
from claude_tui.model.gateway import platform_of
from claude_tui.store.entries import INCIDENT_ENTRIES, VERDICT_CHANGES
from claude_tui.store.faults import NewerStoreError, StoreError, describe
from claude_tui.store.files import (
    LOCK_TIMEOUT_S,
    Connect,
    connect_read_only,
    directory_lock,
    identity_of,
    is_there,
)
from claude_tui.store.instants import to_micros
from claude_tui.store.reading import ReadSession
from claude_tui.store.rollups import read_hours
from claude_tui.store.schema import MIGRATIONS, is_readable, version_of

__all__ = ["HOURLY_SINCE", "read_record"]

# The first version that has roll-ups.
HOURLY_SINCE = 3
# Among so many observations is one of the API, unless only the status page is read.
_LOOKED_AT = 20


def read_record(
    path: Path, at: datetime, reach: Reach, span: timedelta, *, connect: Connect = connect_read_only
) -> Record:
    """The record of the last `span` in full hours before `at`, through a connection of its own.

    Nothing is created or changed: without a store, the record is empty. Raises StoreError if the
    store cannot be read.
    """
    try:
        with _opened(path, connect) as connection:
            return Record(at) if connection is None else _read(connection, path, at, reach, span)
    except (sqlite3.Error, OSError) as error:
        raise StoreError(f"the history cannot be read: {describe(error)} ({path})") from error


@contextmanager
def _opened(path: Path, connect: Connect) -> Iterator[sqlite3.Connection | None]:
    """A connection that cannot write; None if there is nothing to read."""
    if not is_there(path):
        yield None
        return
    # Locked, as the files of a store may just be moved or created.
    with directory_lock(path.parent, LOCK_TIMEOUT_S):
        connection = connect(path)
    with closing(connection):
        connection.execute("PRAGMA query_only = ON")
        yield connection if connection.execute("PRAGMA page_count").fetchone()[0] else None


def _read(connection: sqlite3.Connection, path: Path, at: datetime, reach: Reach, span: timedelta) -> Record:
    version = version_of(connection)
    if version > len(MIGRATIONS):
        raise NewerStoreError(version, len(MIGRATIONS))
    identity = identity_of(path)
    if version < HOURLY_SINCE or identity is None or not is_readable(connection):
        raise StoreError(f"it is not a store that this version can read; the dashboard migrates it ({path})")
    until = to_micros(at)
    first = hour_of(until) - span // timedelta(hours=1)
    session = ReadSession(connection, identity)
    session.begin()
    rows, _ = read_hours(connection, first, until, reach)
    reports = session.status_reports(first * HOUR, until + 1)
    acts = session.entries_after(INCIDENT_ENTRIES, 0)
    verdicts = session.entries(VERDICT_CHANGES, first * HOUR, until + 1)
    newest = session.observations(0, until + 1, _LOOKED_AT)
    session.end()
    return Record(
        at,
        tuple(rows),
        tuple(report for report in reports if report.fetched_at <= at),
        tuple(act for _, act in acts if act.at <= at),
        tuple(verdicts),
        next(
            (
                platform_of(observation.target)
                for observation in reversed(newest)
                if observation.source in API_SOURCES
            ),
            None,
        ),
    )
