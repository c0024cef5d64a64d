"""A postmortem as it is recorded: an append-only list of revisions of its fields."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

__all__ = ["DRAFTER", "FieldRevision"]

DRAFTER = "a model (draft)"
"""The author of a text that a model drafted, until a person accepts it."""


@dataclass(frozen=True, slots=True)
class FieldRevision:
    """Somebody changed one field of the postmortem of an incident."""

    at: datetime
    """When it was recorded."""
    id: str
    """Unique over all stores: 32 hexadecimal digits."""
    incident: str
    """The id of the incident."""
    field: str
    """The key of the field: `impact`, `root_cause`, `action:ID:owner`."""
    text: str
    """The whole new text; redacted. It may have several lines."""
    by: str
    """Who wrote it; redacted."""
    host: str = ""
    """On which machine; redacted."""
    base: str = ""
    """The ids of the revisions that this one is based on, separated by spaces; empty if it is based on the
    computed text. Several if it settles a conflict, or removes an action item with all its parts."""
    computed: str = ""
    """The text that the record gave for this field at the time, to tell whether the record has changed
    since."""
