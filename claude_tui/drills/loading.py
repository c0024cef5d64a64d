"""Reads the record of a drill from its store."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime, timedelta

from claude_tui.drills.record import DrillRecord
from claude_tui.incident import Record, Span
from claude_tui.model.alert import AlertEntry
from claude_tui.model.drill import DrillAct
from claude_tui.store import (
    ACTION_REQUESTS,
    ALERT_ENTRIES,
    DRILL_ENTRIES,
    FIELD_REVISIONS,
    INCIDENT_ENTRIES,
    SEVERITY_MARKS,
    STEP_MARKS,
    VERDICT_CHANGES,
    WALK_TURNS,
    Store,
)

__all__ = ["load_drill_record"]


def load_drill_record(store: Store, at: datetime, journal: Iterable[AlertEntry] = ()) -> DrillRecord | None:
    """Everything from the start of the scenario until `at`; None for a store without a drill.

    `journal` are the entries that alerting has in memory, which may not be in the store yet.
    """
    entries = tuple(entry for _, entry in store.entries_after(DRILL_ENTRIES, 0))
    started = next((entry for entry in entries if entry.act is DrillAct.STARTED), None)
    if started is None:
        return None
    start = started.at - timedelta(seconds=started.before_s / started.speed)
    end = max(at, started.at)
    # Entries are read up to, but not including, the end.
    until = end + timedelta(microseconds=1)
    alerts = (*store.entries(ALERT_ENTRIES, start, until), *journal)
    unique = {(alert.key, alert.at): alert for alert in alerts if start <= alert.at <= end}
    record = Record(
        Span(start, end),
        tuple(store.observations(start, until)),
        tuple(report for report in store.status_reports(start) if report.fetched_at <= end),
        tuple(store.entries(VERDICT_CHANGES, start, until)),
        tuple(store.entries(STEP_MARKS, start, until)),
        tuple(store.entries(SEVERITY_MARKS, start, until)),
        tuple(sorted(unique.values(), key=lambda alert: alert.at)),
        tuple(store.entries(ACTION_REQUESTS, start, until)),
        tuple(entry for _, entry in store.entries_after(INCIDENT_ENTRIES, 0) if entry.at <= end),
        walk_turns=tuple(store.entries(WALK_TURNS, start, until)),
    )
    revisions = tuple(entry for _, entry in store.entries_after(FIELD_REVISIONS, 0) if entry.at <= end)
    return DrillRecord(record, entries, revisions)
