"""The values of a postmortem: fields with their texts and the origin of those, and action items."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum

from claude_tui.incident.postmortem.fields import FieldSpec
from claude_tui.incident.values import Incident
from claude_tui.model.postmortem import FieldRevision

__all__ = ["PARTS", "ActionItem", "ActionKind", "Computed", "Field", "FieldState", "Postmortem"]

PARTS = ("text", "owner", "due", "kind")
"""The parts of an action item: each is a field, named `action:ID:PART`."""


class ActionKind(StrEnum):
    PREVENT = "prevent"  # that it happens again
    DETECT = "detect"  # that it is noticed sooner
    MITIGATE = "mitigate"  # that it hurts less


class FieldState(StrEnum):
    """Where the text of a field comes from."""

    RECORD = "record"  # from the record, which it follows
    PERSON = "person"  # a person's
    CHANGED = "changed"  # a person's, and the computed text has changed since
    DRAFT = "draft"  # a model's, not accepted by anybody yet
    CONFLICT = "conflict"  # two people wrote different texts without having seen each other's
    MISSING = "missing"  # empty: neither typed nor computed


@dataclass(frozen=True, slots=True)
class Computed:
    """The computed text of a field."""

    text: str
    """Empty if nothing about it is recorded."""
    evidence: tuple[str, ...] = ()
    """The keys of the timeline entries that support it."""
    note: str = ""
    """A one-line remark shown beside the text, never part of it."""
    grows: bool = False
    """Whether it keeps changing while the incident is open, so that a change is not worth flagging."""


@dataclass(frozen=True, slots=True)
class Field:
    """The current state of one field."""

    key: str
    state: FieldState
    text: str
    """The text that people wrote, or else the computed one. In a conflict, all texts, each under its
    author; a draft is introduced as such."""
    computed: Computed
    """The computed text, as of now."""
    heads: tuple[FieldRevision, ...] = ()
    """The revisions that no other has replaced, oldest first: one, or several in a conflict."""

    @property
    def base(self) -> str:
        """The base of a revision that replaces this text."""
        return " ".join(head.id for head in self.heads)

    @property
    def is_filled(self) -> bool:
        return self.state in (FieldState.RECORD, FieldState.PERSON)


@dataclass(frozen=True, slots=True)
class ActionItem:
    """Something to do about it."""

    id: str
    text: Field
    owner: Field
    due: Field
    kind: Field

    @property
    def parts(self) -> tuple[Field, ...]:
        return (self.text, self.owner, self.due, self.kind)

    @property
    def missing(self) -> tuple[str, ...]:
        """The names of the empty parts."""
        return tuple(
            name for name, part in zip(PARTS, self.parts, strict=True) if part.state is FieldState.MISSING
        )

    @property
    def base(self) -> str:
        """The base of a revision that removes it: the current revisions of all parts."""
        return " ".join(head.id for part in self.parts for head in part.heads)

    @property
    def in_conflict(self) -> bool:
        return any(part.state is FieldState.CONFLICT for part in self.parts)


@dataclass(frozen=True, slots=True)
class Postmortem:
    """The current postmortem of one incident."""

    incident: Incident
    specs: tuple[FieldSpec, ...]
    """The names and headings of the fields, in the order of `fields`."""
    fields: tuple[Field, ...]
    actions: tuple[ActionItem, ...] = ()
    """In the order in which they were added."""

    def field(self, key: str) -> Field:
        """The field with that key, which may be part of an action item. Raises KeyError."""
        parts = (part for action in self.actions for part in action.parts)
        for field_ in (*self.fields, *parts):
            if field_.key == key:
                return field_
        raise KeyError(key)

    def with_specs(self) -> Iterator[tuple[FieldSpec, Field]]:
        return zip(self.specs, self.fields, strict=True)

    @property
    def to_do(self) -> tuple[str, ...]:
        """What is still to be written or resolved in the fields of the template, in words."""
        return (*self._fields_to_do(), *self._actions_to_do())

    def _fields_to_do(self) -> Iterator[str]:
        for spec, field in self.with_specs():
            if field.state is FieldState.CONFLICT:
                yield f"{spec.name}: two versions"
            elif field.state is FieldState.CHANGED:
                yield f"{spec.name}: the record changed"
            elif field.state is FieldState.DRAFT:
                yield f"{spec.name}: a draft to accept"
            elif field.state is FieldState.MISSING and not spec.folded:
                yield spec.name

    def _actions_to_do(self) -> Iterator[str]:
        if not self.actions:
            yield "action items"
        if any(action.in_conflict for action in self.actions):
            yield "action items: two versions"
        lacking = {part for action in self.actions for part in action.missing}
        yield from (_LACKING[part] for part in PARTS if part in lacking)


_LACKING = {
    "text": "an action's text",
    "owner": "an action's owner",
    "due": "an action's date",
    "kind": "an action's kind",
}
