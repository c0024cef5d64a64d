"""Records what somebody types into a field, as revisions."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from claude_tui.incident.postmortem.revisions import normal
from claude_tui.incident.postmortem.values import Field, FieldState
from claude_tui.model.postmortem import FieldRevision

__all__ = ["Draft", "Writer", "revised"]


@dataclass(frozen=True, slots=True)
class Writer:
    """The author, and what is needed to create revisions."""

    incident: str
    """The id of the incident."""
    by: str
    host: str
    now: Callable[[], datetime]
    new_id: Callable[[], str]
    """Returns a unique id of 32 hexadecimal digits."""

    def revision(self, field: Field, text: str, base: str | None = None) -> FieldRevision:
        """A revision with a new text for a field, based on its current revisions, or on `base`."""
        return FieldRevision(
            self.now(),
            self.new_id(),
            self.incident,
            field.key,
            text,
            self.by,
            self.host,
            field.base if base is None else base,
            field.computed.text,
        )


def revised(writer: Writer, field: Field, text: str) -> FieldRevision | None:
    """The revision that changes the text of a field; None if it has that text already."""
    same = normal(text) == normal(field.text) and field.state is not FieldState.CONFLICT
    return None if same else writer.revision(field, normal(text))


class Draft:
    """An editing session on one field: a chain of revisions, each based on the previous one.

    The first one is based on the text shown when the session began, so texts that others write meanwhile are
    not replaced. With `text`, the session begins with that instead of the field's own.
    """

    def __init__(self, writer: Writer, field: Field, text: str | None = None) -> None:
        self._writer = writer
        self._field = field
        self._saved = field.text if text is None else None
        self._base = field.base
        self.text = field.text if text is None else text

    @property
    def key(self) -> str:
        """The key of the field."""
        return self._field.key

    @property
    def is_saved(self) -> bool:
        return self._saved is not None and normal(self.text) == normal(self._saved)

    def revision(self) -> FieldRevision | None:
        """The revision to record now; None if everything has been recorded."""
        if self.is_saved:
            return None
        made = self._writer.revision(self._field, normal(self.text), self._base)
        self._saved, self._base = self.text, made.id
        return made
