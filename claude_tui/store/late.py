"""Adds observations that arrive late to the roll-ups of hours that have already been rolled up."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable
from typing import Any

from claude_tui.analysis.uptime.histogram import Histogram
from claude_tui.analysis.uptime.hours import HOUR, HourRow, Reach, hour_of, hour_rows
from claude_tui.store.rollups import Samples, insert_rows, roll_up_hour, rolled_up_to

__all__ = ["add_late"]

_COUNTED = "SELECT coalesce(sum(count), 0) FROM hourly WHERE hour = ?"
_HELD = "SELECT count(*) FROM observations WHERE at >= ? AND at < ?"
_DROP = "DELETE FROM hourly WHERE hour = ?"
_ROW = (
    "SELECT count, micros, ttft, total FROM hourly "
    "WHERE hour = ? AND source = ? AND model = ? AND outcome = ? AND error_type = ?"
)
_KNOWN = "SELECT coalesce(sum(micros), 0) FROM hourly WHERE hour = ? AND source = ?"


def add_late(connection: sqlite3.Connection, instants: Iterable[int], reach: Reach) -> None:
    """Counts the observations added at `instants` (microseconds since 1970) if their hour is rolled up.

    Call it in the transaction that added them. An hour that still has all its observations is rolled up
    again; if earlier ones have been pruned, the new ones are added to its roll-up.
    """
    done = rolled_up_to(connection)
    if done is None:
        return
    late: dict[int, list[int]] = {}
    for at in instants:
        if (hour := hour_of(at)) < done:
            late.setdefault(hour, []).append(at)
    # A result may hold into the next hour, and end one that held from the hour before.
    near = {candidate for of_late in late for candidate in (of_late - 1, of_late, of_late + 1)}
    for hour in sorted(candidate for candidate in near if candidate < done):
        added = late.get(hour, [])
        (held,) = connection.execute(_HELD, (hour * HOUR, (hour + 1) * HOUR)).fetchone()
        (counted,) = connection.execute(_COUNTED, (hour,)).fetchone()
        if held - len(added) == counted:
            connection.execute(_DROP, (hour,))
            roll_up_hour(connection, hour, reach)
        elif added:
            _add(connection, hour, added, reach)


def _add(connection: sqlite3.Connection, hour: int, added: Iterable[int], reach: Reach) -> None:
    """Adds to the rows of an hour. Time is added only where nothing was known."""
    samples = Samples(connection)
    found = [sample for at in set(added) for sample in samples.between(at, at + 1)]
    for row in hour_rows(found, hour, hour + 1, reach):
        (known,) = connection.execute(_KNOWN, (hour, row.source.value)).fetchone()
        row = row._replace(micros=max(0, min(row.micros, HOUR - int(known))))
        insert_rows(connection, [_joined(row, connection.execute(_ROW, _key(row)).fetchone())])


def _key(row: HourRow) -> tuple[Any, ...]:
    return row.hour, row.source.value, row.model, row.outcome.value, row.error_type


def _joined(row: HourRow, stored: tuple[Any, ...] | None) -> HourRow:
    if stored is None:
        return row
    observed, micros, ttft, total = stored
    return row._replace(
        observed=row.observed + observed,
        micros=row.micros + micros,
        ttft=row.ttft + Histogram.from_bytes(ttft),
        total=row.total + Histogram.from_bytes(total),
    )
