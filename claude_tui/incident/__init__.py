"""Incidents, their timeline and their figures: pure functions of what was recorded."""

from claude_tui.incident.figures import figures
from claude_tui.incident.incidents import CORRECTABLE, find, incidents, open_incident
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
    "ErrorClass",
    "Figures",
    "Incident",
    "Record",
    "Span",
    "TimelineEntry",
    "TimelineKind",
    "figures",
    "find",
    "incidents",
    "open_incident",
    "timeline",
]
