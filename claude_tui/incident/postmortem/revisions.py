"""Revisions of fields: which of them count, and how concurrent edits are resolved.

Every revision names the ones that it is based on. One that no other is based on is a head: with one head a
field has one text, with several different ones it has a conflict, and all of them are shown. Nobody can
replace a revision that they have not seen, in whichever order revisions arrive.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime, timedelta

from claude_tui.incident.postmortem.values import Computed, Field, FieldState
from claude_tui.model.format import clock
from claude_tui.model.postmortem import DRAFTER, FieldRevision

__all__ = [
    "UNACCEPTED",
    "UNSETTLED",
    "by_field",
    "editing",
    "field_of",
    "heads_of",
    "is_typing",
    "normal",
]

UNSETTLED = "[several versions: resolve them]"
"""Introduces the texts of a conflict. As Markdown it is plain text."""

UNACCEPTED = "[drafted by a model: accept, edit or discard it]"
"""Introduces a draft that nobody has accepted."""

_RECENT = timedelta(seconds=60)
# Typing is recorded within a second; after a longer pause the author may have left the field.
_TYPING = timedelta(seconds=5)


def normal(text: str) -> str:
    """A text without leading and trailing blank lines, and without trailing spaces."""
    return "\n".join(row.rstrip() for row in text.split("\n")).strip("\n")


def by_field(revisions: Iterable[FieldRevision], incident: str) -> Mapping[str, tuple[FieldRevision, ...]]:
    """The revisions of one incident's postmortem, each once, by the key of the field."""
    found: dict[str, dict[str, FieldRevision]] = {}
    for revision in revisions:
        if revision.incident == incident:
            found.setdefault(revision.field, {}).setdefault(revision.id, revision)
    return {key: tuple(by_id.values()) for key, by_id in found.items()}


def heads_of(revisions: Iterable[FieldRevision]) -> tuple[FieldRevision, ...]:
    """The revisions of one field that no other is based on, oldest first."""
    known = {revision.id: revision for revision in revisions}
    replaced = {base for revision in known.values() for base in revision.base.split() if base != revision.id}
    heads = [revision for revision in known.values() if revision.id not in replaced]
    # A cycle, which only a damaged file can have: all of them are shown.
    return tuple(sorted(heads or known.values(), key=_by_time))


def _by_time(revision: FieldRevision) -> tuple[datetime, str]:
    return (revision.at, revision.id)


def field_of(key: str, revisions: Iterable[FieldRevision], computed: Computed) -> Field:
    """The current field. After an empty text, it shows the computed text again."""
    heads = heads_of(revisions)
    texts = dict.fromkeys(normal(head.text) for head in heads)
    if len(texts) > 1:
        return Field(key, FieldState.CONFLICT, _joined(heads), computed, heads)
    text = next(iter(texts), "")
    if not text:
        state = FieldState.RECORD if computed.text else FieldState.MISSING
        return Field(key, state, computed.text, computed, heads)
    if all(head.by == DRAFTER for head in heads):
        return Field(key, FieldState.DRAFT, f"{UNACCEPTED}\n\n{text}", computed, heads)
    current = normal(computed.text)
    # If several wrote the same text, it is enough that one of them has seen the current computed text.
    seen_by_author = any(normal(head.computed) == current for head in heads)
    same = seen_by_author or text == current or computed.grows
    return Field(key, FieldState.PERSON if same else FieldState.CHANGED, text, computed, heads)


def _joined(heads: Sequence[FieldRevision]) -> str:
    """All texts, each under its author."""
    texts = (f"[{head.by} {clock(head.at)}]\n{normal(head.text)}" for head in heads)
    return normal("\n\n".join((UNSETTLED, *texts)))


def editing(
    revisions: Iterable[FieldRevision], incident: str, at: datetime, own: frozenset[str]
) -> Mapping[str, FieldRevision]:
    """The newest revision by others within the last minute, by field key. A hint, not a lock.

    `own` are the ids of the revisions that were made here.
    """
    recent_from = at - _RECENT
    recent = (
        revision
        for revision in revisions
        if revision.at > recent_from and revision.incident == incident and revision.id not in own
    )
    return {revision.field: revision for revision in sorted(recent, key=_by_time)}


def is_typing(revision: FieldRevision, at: datetime) -> bool:
    """Whether its author is probably still editing; leaving a field is not recorded."""
    return at - revision.at < _TYPING
