"""Imports the changes in an edited document, as revisions."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from claude_tui.incident.postmortem.actions import action_key, new_action
from claude_tui.incident.postmortem.draft import Writer
from claude_tui.incident.postmortem.markdown import SCHEMA, digest
from claude_tui.incident.postmortem.reading import ReadAction, ReadPostmortem
from claude_tui.incident.postmortem.values import PARTS, ActionItem, Postmortem
from claude_tui.model.errors import ClaudeTopError
from claude_tui.model.postmortem import FieldRevision

__all__ = ["PostmortemFileError", "changes", "incident_of"]


class PostmortemFileError(ClaudeTopError):
    """A document cannot be imported."""


def incident_of(document: ReadPostmortem) -> str:
    """The id of the incident that a document is about. Raises PostmortemFileError."""
    schema, incident = document.front.get("schema"), document.front.get("incident")
    if schema != SCHEMA or not isinstance(incident, str):
        raise PostmortemFileError(
            f'not an exported postmortem: its front matter needs schema = "{SCHEMA}" and an incident id'
        )
    return incident


def changes(document: ReadPostmortem, form: Postmortem, writer: Writer) -> tuple[FieldRevision, ...]:
    """The revisions for what differs from the exported document, each based on the exported revisions.

    Texts that somebody else has written since are therefore not replaced: both are shown. Raises
    PostmortemFileError for a document with lines that belong to no field, or that is not a postmortem.
    """
    if document.problems:
        line, problem = document.problems[0]
        raise PostmortemFileError(f"line {line}: {problem}")
    exported = _Exported(document.front)
    return (*_fields(document, form, writer, exported), *_actions(document, form, writer, exported))


class _Exported:
    """The content of a document when it was exported."""

    def __init__(self, front: Mapping[str, Any]) -> None:
        self._digests = _texts(front.get("digests"))
        self._revisions = _texts(front.get("revisions"))

    def has(self, key: str) -> bool:
        return key in self._digests

    def changed(self, key: str, text: str) -> bool:
        return self._digests.get(key, digest("")) != digest(text)

    def base(self, key: str) -> str:
        return self._revisions.get(key, "")

    @property
    def actions(self) -> tuple[str, ...]:
        """The ids of its action items."""
        keys = (key for key in self._digests if key.startswith("action:"))
        return tuple(dict.fromkeys(key.split(":")[1] for key in keys))


def _texts(value: object) -> dict[str, str]:
    table = value if isinstance(value, dict) else {}
    return {key: text for key, text in table.items() if isinstance(text, str)}


def _fields(
    document: ReadPostmortem, form: Postmortem, writer: Writer, exported: _Exported
) -> Iterator[FieldRevision]:
    for field in form.fields:
        read = document.fields.get(field.key)
        # A deleted heading does not mean that its text was deleted.
        if read is not None and exported.changed(field.key, read.text):
            yield writer.revision(field, read.text, exported.base(field.key))


def _actions(
    document: ReadPostmortem, form: Postmortem, writer: Writer, exported: _Exported
) -> Iterator[FieldRevision]:
    known = {action.id: action for action in form.actions}
    read = {action.id: action for action in document.actions if action.id}
    for action in document.actions:
        if action.id and read[action.id] is action:
            yield from _changed(action, known.get(action.id) or new_action(action.id), writer, exported)
        elif any(getattr(action, part) for part in PARTS):
            # Added by hand, or a copy of another line.
            yield from _changed(action, new_action(writer.new_id()[:8]), writer, exported)
    for ident in exported.actions:
        if ident not in read and ident in known:
            yield _removal(known[ident], writer, exported)


def _changed(
    read: ReadAction, action: ActionItem, writer: Writer, exported: _Exported
) -> Iterator[FieldRevision]:
    for part, field in zip(PARTS, action.parts, strict=True):
        text = getattr(read, part)
        if exported.changed(field.key, text):
            yield writer.revision(field, text, exported.base(field.key))


def _removal(action: ActionItem, writer: Writer, exported: _Exported) -> FieldRevision:
    bases = [exported.base(action_key(action.id, part)) for part in PARTS]
    return writer.revision(action.text, "", " ".join(text for text in bases if text))
