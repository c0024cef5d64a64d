"""Action items of four fields each, which revisions add, change and remove like any other field."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from datetime import date

from claude_tui.incident.postmortem.revisions import field_of, normal
from claude_tui.incident.postmortem.values import PARTS, ActionItem, ActionKind, Computed, Field, FieldState
from claude_tui.model.postmortem import FieldRevision

__all__ = ["action_items", "action_key", "action_of", "due_date", "in_one_line", "new_action"]

_KEY = re.compile(rf"action:([0-9a-z-]{{1,40}}):({'|'.join(PARTS)})")
_NOTHING = Computed("")


def action_key(ident: str, part: str) -> str:
    """The key of a part of an action item."""
    return f"action:{ident}:{part}"


def action_of(key: str) -> tuple[str, str] | None:
    """The id and the part of an action item in a key; None for other fields."""
    found = _KEY.fullmatch(key)
    return (found[1], found[2]) if found else None


def in_one_line(text: str) -> str:
    return " ".join(text.split())


def due_date(text: str) -> date | None:
    """The date in a due date; None for anything else."""
    try:
        return date.fromisoformat(text.strip())
    except ValueError:
        return None


def new_action(ident: str) -> ActionItem:
    """An empty action item."""
    parts = (Field(action_key(ident, part), FieldState.MISSING, "", _NOTHING) for part in PARTS)
    return ActionItem(ident, *parts)


def action_items(fields: Mapping[str, Sequence[FieldRevision]]) -> tuple[ActionItem, ...]:
    """The existing action items, in the order in which they were added."""
    found: dict[str, dict[str, Sequence[FieldRevision]]] = {}
    for key, revisions in fields.items():
        if (named := action_of(key)) is not None:
            found.setdefault(named[0], {})[named[1]] = revisions
    items = sorted((_first(parts), ident, parts) for ident, parts in found.items())
    made = (_item(ident, parts) for _, ident, parts in items)
    return tuple(item for item in made if item is not None)


def _first(parts: Mapping[str, Sequence[FieldRevision]]) -> float:
    return min(revision.at.timestamp() for revisions in parts.values() for revision in revisions)


def _item(ident: str, parts: Mapping[str, Sequence[FieldRevision]]) -> ActionItem | None:
    """The item, or None if somebody has removed it.

    A removal applies only to the revisions that its author had seen. If others have changed the item
    meanwhile, it comes back, to be removed again or kept.
    """
    made = {part: _part(ident, part, parts.get(part, ())) for part in PARTS}
    item = ActionItem(ident, *(made[part] for part in PARTS))
    if item.text.state is not FieldState.MISSING:
        return item
    removals = [head for head in item.text.heads if not normal(head.text)]
    if not removals:
        return None  # its text has not arrived yet
    known_to_author = _ancestors(
        removals, (revision for revisions in parts.values() for revision in revisions)
    )
    unknown_to_author = [
        head for part in item.parts[1:] for head in part.heads if head.id not in known_to_author and head.text
    ]
    return item if unknown_to_author else None


def _part(ident: str, part: str, revisions: Iterable[FieldRevision]) -> Field:
    field = field_of(action_key(ident, part), revisions, _NOTHING)
    if part == "kind" and field.text not in (*ActionKind, ""):
        return field if field.state is FieldState.CONFLICT else _without_text(field)
    return field


def _without_text(field: Field) -> Field:
    return Field(field.key, FieldState.MISSING, "", field.computed, field.heads)


def _ancestors(revisions: Iterable[FieldRevision], known: Iterable[FieldRevision]) -> set[str]:
    """The ids of all direct and indirect predecessors of the revisions."""
    bases = {revision.id: revision.base.split() for revision in known}
    found: set[str] = set()
    left = [base for revision in revisions for base in revision.base.split()]
    while left:
        ident = left.pop()
        if ident not in found:
            found.add(ident)
            left += bases.get(ident, [])
    return found
