"""SQLite history: observations, status reports, model lists, what people and the program did, kept bodies."""

from claude_tui.store.entries import (
    ACTION_REQUESTS,
    ALERT_ENTRIES,
    ALERTING_STATES,
    CONDITIONS_CHANGES,
    DRILL_ENTRIES,
    EXPENSES,
    FIELD_REVISIONS,
    INCIDENT_ENTRIES,
    KEPT_CALLS,
    SEVERITY_MARKS,
    STEP_MARKS,
    VERDICT_CHANGES,
    WALK_TURNS,
    Entry,
    EntryTable,
)
from claude_tui.store.faults import NewerStoreError, SharedFileSystemError
from claude_tui.store.file_systems import require_local
from claude_tui.store.files import is_there
from claude_tui.store.store import Store

__all__ = [
    "ACTION_REQUESTS",
    "ALERTING_STATES",
    "ALERT_ENTRIES",
    "CONDITIONS_CHANGES",
    "DRILL_ENTRIES",
    "EXPENSES",
    "FIELD_REVISIONS",
    "INCIDENT_ENTRIES",
    "KEPT_CALLS",
    "SEVERITY_MARKS",
    "STEP_MARKS",
    "VERDICT_CHANGES",
    "WALK_TURNS",
    "Entry",
    "EntryTable",
    "NewerStoreError",
    "SharedFileSystemError",
    "Store",
    "is_there",
    "require_local",
]
