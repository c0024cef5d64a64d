"""Follows one table of entries, to which every process may add."""

from __future__ import annotations

import threading
from typing import Generic, TypeVar

from claude_tui.model.incident import IncidentEntry
from claude_tui.model.postmortem import FieldRevision
from claude_tui.model.request import ActionRequest
from claude_tui.store import EntryTable, Store

__all__ = ["TableFollower"]

T = TypeVar("T", bound=IncidentEntry | FieldRevision | ActionRequest)


class TableFollower(Generic[T]):
    """All entries of a table whose entries have an id. Any thread may call any method."""

    def __init__(self, store: Store, table: EntryTable[T]) -> None:
        self._store = store
        self._table = table
        self._last = 0
        self._stored: dict[str, T] = {}
        self._own: dict[str, T] = {}
        self._entries: tuple[T, ...] = ()
        self._lock = threading.Lock()

    @property
    def entries(self) -> tuple[T, ...]:
        """The entries in the order of the store, followed by own ones that are not stored yet.

        The same tuple until something is added.
        """
        return self._entries

    def add(self, entry: T) -> None:
        """Adds an own entry, which has already been queued for writing."""
        with self._lock:
            if entry.id not in self._stored:
                self._own[entry.id] = entry
                self._entries = (*self._entries, entry)

    def read(self) -> tuple[T, ...]:
        """Reads what was added since the last call, and returns it."""
        added = self._store.entries_after(self._table, self._last)
        if not added:
            return ()
        with self._lock:
            self._last = added[-1][0]
            for _, entry in added:
                self._stored.setdefault(entry.id, entry)
                self._own.pop(entry.id, None)
            self._entries = (*self._stored.values(), *self._own.values())
        return tuple(entry for _, entry in added)
