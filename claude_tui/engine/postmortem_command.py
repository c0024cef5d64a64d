"""The work of `claude-top postmortem`: list, show, begin, export, and import of edited documents."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING
from uuid import uuid4

from claude_tui.engine.documents import read_document, store_all, write_document
from claude_tui.engine.incidents import known_until, load_record
from claude_tui.incident import Figures, Incident, figures, find, incidents, none_called, subject, timeline
from claude_tui.incident.postmortem import (
    Finding,
    Postmortem,
    PostmortemFileError,
    Writer,
    as_json,
    changes,
    computed,
    incident_of,
    lint,
    markdown,
    postmortem,
    read,
)
from claude_tui.model.errors import ClaudeTopError
from claude_tui.model.incident import IncidentAct, IncidentEntry
from claude_tui.model.json_values import sound
from claude_tui.model.limits import MAX_ENTRY
from claude_tui.model.postmortem import FieldRevision
from claude_tui.store import FIELD_REVISIONS, INCIDENT_ENTRIES

if TYPE_CHECKING:
    from claude_tui.analysis.options import Options
    from claude_tui.model.text import Redactor
    from claude_tui.model.verdict import Severity
    from claude_tui.store import Store

__all__ = ["NoPostmortemError", "PostmortemSession", "declared", "findings_of", "read_file", "write_file"]

# A postmortem with the timeline of a day has about 100 KB.
_MAX_FILE = 10_000_000
# Nobody tracks a thousand action items, each of which has five fields.
_MOST_CHANGES = 5000


class NoPostmortemError(ClaudeTopError):
    """There is no incident to write about."""


@dataclass(frozen=True, slots=True)
class PostmortemSession:
    """A store, and who writes to it."""

    store: Store
    options: Options
    redactor: Redactor
    now: Callable[[], datetime]
    by: str
    host: str

    def lines(self) -> Iterator[str]:
        """A line for each incident, newest first, with what its postmortem lacks."""
        entries = self._entries()
        written: dict[str, list[FieldRevision]] = {}
        for revision in self._revisions():
            written.setdefault(revision.incident, []).append(revision)
        known = [candidate for candidate in incidents(entries) if not candidate.merged_into]
        width = max((len(candidate.label) for candidate in known), default=0)
        for incident in reversed(known):
            form, _ = self._form(incident, entries, written.get(incident.id, ()))
            to_do = ", ".join(form.to_do)
            state = f"to do: {to_do}" if to_do else "complete"
            yield f"{incident.label:{width}}  {incident.started_at:%Y-%m-%d}  {incident.title}  ({state})"

    def form(self, name: str | None) -> tuple[Postmortem, Figures]:
        """The postmortem of the named incident, or of the open or last one. Raises NoPostmortemError."""
        entries = self._entries()
        known = incidents(entries)
        found = subject(known) if name is None else find(known, name)
        if found is None:
            raise NoPostmortemError(_nothing(name, known))
        return self._form(found, entries, self._revisions())

    def text(self, name: str | None, form: str) -> str:
        """One postmortem as Markdown (`md`) or JSON. Raises NoPostmortemError."""
        made, measured = self.form(name)
        if form == "json":
            return as_json(made, measured, self.now()) + "\n"
        return markdown(made, measured, self.now(), self.redactor)

    def import_edits(self, text: str) -> int:
        """Records the changes of an exported document; returns how many there are.

        What others have written since the export is not replaced. Raises PostmortemFileError for a document
        that is not a postmortem, and ClaudeTopError if the changes could not be stored.
        """
        document = read(text)
        ident = incident_of(document)
        entries = self._entries()
        incident = next((candidate for candidate in incidents(entries) if candidate.id == ident), None)
        if incident is None:
            raise NoPostmortemError(f"the incident {ident} of this document is not in this history")
        writer = Writer(ident, self.by, self.host, self.now, lambda: uuid4().hex)
        made = changes(document, self._form(incident, entries, self._revisions())[0], writer)
        if len(made) > _MOST_CHANGES:
            raise PostmortemFileError(
                f"it has {len(made):,} changes, too many for a postmortem: another file by mistake?"
            )
        self.record(made)
        return len(made)

    def record(self, entries: Sequence[FieldRevision | IncidentEntry]) -> None:
        """Stores entries without secrets. Raises ClaudeTopError."""
        if not store_all(self.store, (sound(entry, self._clean) for entry in entries)):
            raise ClaudeTopError("it could not be stored")

    def _clean(self, text: str) -> str:
        return self.redactor.clean(text, MAX_ENTRY, keep_newlines=True)

    def _form(
        self, incident: Incident, entries: tuple[IncidentEntry, ...], revisions: Iterable[FieldRevision]
    ) -> tuple[Postmortem, Figures]:
        at = known_until(entries, self.now())
        record = load_record(self.store, incident, at, entries, self.options)
        measured = figures(record, incident)
        known = computed(incident, timeline(record, incident), measured)
        return postmortem(incident, known, revisions), measured

    def _entries(self) -> tuple[IncidentEntry, ...]:
        return tuple(entry for _, entry in self.store.entries_after(INCIDENT_ENTRIES, 0))

    def _revisions(self) -> tuple[FieldRevision, ...]:
        return tuple(revision for _, revision in self.store.entries_after(FIELD_REVISIONS, 0))


def _nothing(name: str | None, known: Sequence[Incident]) -> str:
    message = none_called(name or "last", known)
    return message if known else f"{message}; `claude-top postmortem new` declares one afterwards"


def declared(
    session: PostmortemSession,
    title: str,
    started: datetime,
    ended: datetime | None,
    severity: Severity | None,
) -> tuple[IncidentEntry, ...]:
    """The entries for an incident that nobody declared in time; they also resolve it if it is over."""
    at, incident = session.now(), uuid4().hex

    def entry(act: IncidentAct, happened_at: datetime, text: str = "") -> IncidentEntry:
        return IncidentEntry(at, uuid4().hex, incident, act, happened_at, session.by, session.host, text)

    made = [entry(IncidentAct.DECLARED, started, title)]
    if severity is not None:
        made.append(entry(IncidentAct.SEVERITY, started, str(severity)))
    if ended is not None:
        made.append(entry(IncidentAct.RESOLVED, ended))
    return tuple(made)


# -- files -------------------------------------------------------------------------------


def read_file(path: Path) -> str:
    """The text of a document. Raises ClaudeTopError."""
    return read_document(path, _MAX_FILE, "a postmortem")


def write_file(path: Path, text: str, *, force: bool) -> None:
    """Writes a file. Raises ClaudeTopError if it exists already, or cannot be written."""
    try:
        write_document(path, text, replace=force)
    except FileExistsError:
        raise ClaudeTopError(f"{path} is there already; --force replaces it") from None
    except OSError as error:
        raise ClaudeTopError(f"{path} cannot be written: {error.strerror or error}") from error


def findings_of(text: str, redactor: Redactor) -> tuple[Finding, ...]:
    """What is missing or wrong in a document."""
    return lint(read(text), redactor)
