"""How a level or a status looks: a glyph, a word and a colour role."""

from __future__ import annotations

from typing import NamedTuple

from claude_tui.model.format import plain
from claude_tui.model.snapshot import Event, EventKind, Level

__all__ = ["Mark", "component_mark", "event_mark", "level_mark"]


class Mark(NamedTuple):
    """`word` says in text what `role` says in colour."""

    glyph: str
    word: str
    role: str


_LEVELS = {
    Level.OK: Mark("●", "ok", "ok"),
    Level.INFO: Mark("◆", "note", "info"),
    Level.WARN: Mark("▲", "warning", "warn"),
    Level.BAD: Mark("✗", "failing", "bad"),
    Level.UNKNOWN: Mark("◌", "unknown", "dim"),
}

_COMPONENTS = {
    "operational": Mark("●", "operational", "ok"),
    "degraded_performance": Mark("◐", "degraded", "warn"),
    "partial_outage": Mark("◔", "partial outage", "warn"),
    "major_outage": Mark("✗", "major outage", "bad"),
    "under_maintenance": Mark("◇", "maintenance", "info"),
}

_EVENTS = {
    EventKind.RECOVERY: Mark("✓", "recovered", "ok"),
    EventKind.LIMIT: Mark("≠", "limit changed", "info"),
    EventKind.MODEL: Mark("◆", "model", "info"),
    EventKind.VERDICT: Mark("✓", "verdict", "ok"),
    EventKind.PERSON: Mark("»", "person", "info"),
}

# An alert that is over, and one that somebody has acknowledged or snoozed.
_ALERTS = {Level.OK: "✓", Level.INFO: "△"}


def level_mark(level: Level) -> Mark:
    return _LEVELS[level]


def component_mark(status: str) -> Mark:
    """The mark of a component's status. The page may use any words; unknown ones are shown as they are."""
    known = _COMPONENTS.get(status)
    return known or Mark("◌", plain(status) or "unknown", "warn")


def event_mark(event: Event) -> Mark:
    """The mark of an event, by kind if that says enough, else by level."""
    role, good = level_mark(event.level).role, event.level in (Level.OK, Level.INFO)
    match event.kind:
        case EventKind.FAILURE:
            return Mark("✗", "failed", role)
        case EventKind.VERDICT if event.level in (Level.WARN, Level.BAD):
            return Mark("!", "verdict", role)
        case EventKind.ALERT:
            return Mark(_ALERTS.get(event.level, "▲"), "alert", role)
        case _ if good and event.kind in _EVENTS:
            return _EVENTS[event.kind]
    return level_mark(event.level)
