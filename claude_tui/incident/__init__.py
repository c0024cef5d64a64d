"""Incidents, their timeline and their figures: pure functions of what was recorded."""

from claude_tui.incident.acts import entries_of_acts
from claude_tui.incident.export import SCHEMA, IncidentFileError, document, entries_from, schema_text
from claude_tui.incident.figures import figures
from claude_tui.incident.incidents import (
    CORRECTABLE,
    ended,
    find,
    incidents,
    none_called,
    open_incident,
    subject,
)
from claude_tui.incident.note_times import time_in
from claude_tui.incident.proposal import MAX_TITLE, Proposal, declaration, proposal, summary
from claude_tui.incident.start import earlier_starts
from claude_tui.incident.text import incident_text, list_text, markdown
from claude_tui.incident.timeline import timeline
from claude_tui.incident.values import (
    ErrorClass,
    Figures,
    Incident,
    Record,
    Span,
    TimelineEntry,
    TimelineKind,
)

__all__ = [
    "CORRECTABLE",
    "MAX_TITLE",
    "SCHEMA",
    "ErrorClass",
    "Figures",
    "Incident",
    "IncidentFileError",
    "Proposal",
    "Record",
    "Span",
    "TimelineEntry",
    "TimelineKind",
    "declaration",
    "document",
    "earlier_starts",
    "ended",
    "entries_from",
    "entries_of_acts",
    "figures",
    "find",
    "incident_text",
    "incidents",
    "list_text",
    "markdown",
    "none_called",
    "open_incident",
    "proposal",
    "schema_text",
    "subject",
    "summary",
    "time_in",
    "timeline",
]
