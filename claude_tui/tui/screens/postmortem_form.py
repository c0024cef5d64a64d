"""The postmortem as this process knows it: what is recorded, and what was written here since."""

from __future__ import annotations

from collections.abc import Mapping
from uuid import uuid4

from claude_tui.incident.postmortem import Computed, Postmortem, Writer, computed, editing, postmortem
from claude_tui.model.format import age
from claude_tui.model.postmortem import FieldRevision
from claude_tui.tui.cockpit import Cockpit
from claude_tui.tui.screens.incident_loading import IncidentLoader, Loaded

__all__ = ["SharedForm"]


class SharedForm:
    """The form of the incident that `loader` loads, which several people may edit at once."""

    def __init__(self, cockpit: Cockpit, loader: IncidentLoader) -> None:
        self._cockpit = cockpit
        self._loader = loader
        self._since = cockpit.newest.at
        self._written: list[FieldRevision] = []
        """What was written here, oldest first."""
        self._recorded: tuple[FieldRevision, ...] = ()
        self._known: tuple[FieldRevision, ...] | None = None
        self._computed: tuple[Loaded | None, Mapping[str, Computed]] = (None, {})
        self._form: Postmortem | None = None

    @property
    def form(self) -> Postmortem | None:
        """The form as it stands; None before the record has been read."""
        loaded, revisions = self._loader.loaded, self._revisions
        if loaded is None:
            return None
        if self._computed[0] is not loaded:
            self._computed = (loaded, computed(loaded.incident, loaded.timeline, loaded.figures))
            self._form = None
        if self._form is None:
            self._form = postmortem(loaded.incident, self._computed[1], revisions)
        return self._form

    @property
    def _revisions(self) -> tuple[FieldRevision, ...]:
        """What is recorded, followed by what was written here and is not recorded yet."""
        recorded = self._cockpit.newest.engine.field_revisions
        if recorded is not self._recorded or self._known is None:
            stored = {revision.id for revision in recorded}
            self._recorded = recorded
            self._known = (*recorded, *(revision for revision in self._written if revision.id not in stored))
            self._form = None
        return self._known

    def append(self, revision: FieldRevision) -> None:
        """Write a revision into the store; the form has it at once."""
        self._written.append(revision)
        self._known = None
        self._cockpit.backend.append(revision)

    def writer(self, ident: str) -> Writer:
        """Makes revisions of the incident `ident` in the name of the responder."""
        app = self._cockpit
        return Writer(ident, app.responder, app.host, lambda: app.newest.at, lambda: uuid4().hex)

    def editing(self, ident: str) -> Mapping[str, FieldRevision]:
        """The newest revision by others in each field that they are editing."""
        app, written = self._cockpit, {revision.id for revision in self._written}
        mine = frozenset(
            revision.id
            for revision in self._revisions
            if revision.id in written
            or (revision.by == app.responder and revision.host == app.host and revision.at < self._since)
        )
        return editing(self._revisions, ident, app.newest.at, mine)

    def saved(self) -> str:
        """`saved 3s ago`; empty before anything has been written here."""
        if not self._written:
            return ""
        last, newest = self._written[-1], self._cockpit.newest
        if all(revision.id != last.id for revision in newest.engine.field_revisions):
            return "saving…"
        return f"saved {age(newest.at - last.at)} ago"
