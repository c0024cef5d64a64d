"""The work of `claude-top incidents`: list, show, export and import, from a store."""

from __future__ import annotations

import json
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING

from claude_tui.engine.documents import read_document, store_all, write_document
from claude_tui.engine.incidents import known_until, load_record
from claude_tui.incident import (
    Figures,
    Incident,
    IncidentFileError,
    TimelineEntry,
    document,
    entries_from,
    figures,
    find,
    incident_text,
    incidents,
    list_text,
    markdown,
    none_called,
    timeline,
)
from claude_tui.model.errors import ClaudeTopError
from claude_tui.model.incident import IncidentEntry
from claude_tui.store import INCIDENT_ENTRIES

if TYPE_CHECKING:
    from claude_tui.analysis.options import Options
    from claude_tui.store import Store

__all__ = ["NoSuchIncidentError", "export_text", "import_file", "list_of", "shown", "write_export"]

# An incident of a day, with every act of a large team, is about 300 KB.
_MAX_FILE = 10_000_000


class NoSuchIncidentError(ClaudeTopError):
    """There is no incident with that name."""


def list_of(store: Store, at: datetime) -> str:
    """A line for each incident, newest first; empty without any."""
    return list_text(incidents(_entries(store)), at)


def shown(store: Store, name: str, options: Options, at: datetime) -> str:
    """One incident as text. Raises NoSuchIncidentError."""
    return incident_text(*_loaded(store, name, options, at))


def export_text(store: Store, name: str, options: Options, at: datetime, *, form: str, target: str) -> str:
    """One incident as Markdown (`md`) or JSON. Raises NoSuchIncidentError."""
    incident, entries, computed = _loaded(store, name, options, at)
    if form == "md":
        return markdown(incident, entries, computed, at)
    made = document(incident, entries, computed, at, target)
    return json.dumps(made, ensure_ascii=False, indent=2) + "\n"


def write_export(path: Path, text: str, *, force: bool) -> None:
    """Writes the document. Raises ClaudeTopError if the file exists already, or cannot be written."""
    try:
        write_document(path, text, replace=force)
    except FileExistsError:
        raise ClaudeTopError(f"{path} is there already; --force replaces it") from None
    except OSError as error:
        raise ClaudeTopError(f"{path} cannot be written: {error.strerror or error}") from error


def import_file(store: Store, path: Path) -> tuple[int, int]:
    """Adds the new entries of an exported incident; returns how many were new, and of how many.

    Raises ClaudeTopError for a file that cannot be read, IncidentFileError for one that is not an export.
    """
    text = read_document(path, _MAX_FILE, "an exported incident")
    try:
        entries = entries_from(text)
    except IncidentFileError as error:
        raise IncidentFileError(f"{path}: {error}") from None
    known = {entry.id for entry in _entries(store)}
    new = {entry.id: entry for entry in entries if entry.id not in known}
    if not store_all(store, new.values()):
        raise ClaudeTopError("the incident could not be stored; nothing is lost: import it again")
    return len(new), len({entry.id for entry in entries})


def _entries(store: Store) -> tuple[IncidentEntry, ...]:
    return tuple(entry for _, entry in store.entries_after(INCIDENT_ENTRIES, 0))


def _loaded(
    store: Store, name: str, options: Options, at: datetime
) -> tuple[Incident, tuple[TimelineEntry, ...], Figures]:
    entries = _entries(store)
    known = incidents(entries)
    incident = find(known, name)
    if incident is None:
        raise NoSuchIncidentError(none_called(name, known))
    record = load_record(store, incident, known_until(entries, at), entries, options)
    return incident, timeline(record, incident), figures(record, incident)
