"""Combines computed texts and revisions into the postmortem of an incident."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from claude_tui.incident.postmortem.actions import action_items
from claude_tui.incident.postmortem.fields import FIELDS
from claude_tui.incident.postmortem.revisions import by_field, field_of
from claude_tui.incident.postmortem.values import Computed, Postmortem
from claude_tui.incident.values import Incident
from claude_tui.model.postmortem import FieldRevision

__all__ = ["postmortem"]

_UNKNOWN = Computed("")


def postmortem(
    incident: Incident, computed: Mapping[str, Computed], revisions: Iterable[FieldRevision]
) -> Postmortem:
    """The current postmortem."""
    written = by_field(revisions, incident.id)
    fields = tuple(
        field_of(spec.key, written.get(spec.key, ()), computed.get(spec.key, _UNKNOWN)) for spec in FIELDS
    )
    return Postmortem(incident, FIELDS, fields, action_items(written))
