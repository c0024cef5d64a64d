"""Incidents, their timeline and their figures: pure functions of what was recorded."""

from claude_tui.incident.figures import figures
from claude_tui.incident.incidents import CORRECTABLE, find, incidents, open_incident
from claude_tui.incident.note_times import time_in
from claude_tui.incident.proposal import MAX_TITLE, Proposal, declaration, proposal, summary
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
    "ErrorClass",
    "Figures",
    "Incident",
    "Proposal",
    "Record",
    "Span",
    "TimelineEntry",
    "TimelineKind",
    "declaration",
    "figures",
    "find",
    "incidents",
    "open_incident",
    "proposal",
    "summary",
    "time_in",
    "timeline",
]
