"""What people did to an incident, as entries of its timeline."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from claude_tui.incident.incidents import CORRECTABLE
from claude_tui.incident.values import Incident, TimelineEntry, TimelineKind
from claude_tui.model.format import stamp
from claude_tui.model.incident import IncidentAct, IncidentEntry
from claude_tui.model.snapshot import Level

__all__ = ["entries_of_acts"]

_KINDS = {
    IncidentAct.DECLARED: TimelineKind.DECLARED,
    IncidentAct.RENAMED: TimelineKind.CHANGE,
    IncidentAct.SEVERITY: TimelineKind.SEVERITY,
    IncidentAct.LEAD: TimelineKind.ROLE,
    IncidentAct.COMMUNICATIONS: TimelineKind.ROLE,
    IncidentAct.NOTE: TimelineKind.NOTE,
    IncidentAct.MITIGATED: TimelineKind.MITIGATED,
    IncidentAct.RESOLVED: TimelineKind.RESOLVED,
    IncidentAct.REOPENED: TimelineKind.CHANGE,
    IncidentAct.MERGED: TimelineKind.CHANGE,
}
"""Pins and corrections mark other entries, except for corrections of the incident's own times."""


def entries_of_acts(acts: Iterable[IncidentEntry], incident: Incident) -> Iterator[TimelineEntry]:
    """An entry for each act, with the time at which it happened."""
    for act in acts:
        kind, text = _KINDS.get(act.act), _text(act, incident)
        if act.act is IncidentAct.CORRECTED and act.subject in CORRECTABLE:
            kind = TimelineKind.CHANGE
        if kind is None:
            continue
        yield TimelineEntry(
            f"entry:{act.id}",
            # A declaration is placed where it was made, as the start has an entry of its own. So is a
            # corrected time.
            act.at if kind in (TimelineKind.DECLARED, TimelineKind.CHANGE) else act.happened_at,
            act.at,
            kind,
            text,
            _LEVELS.get(act.act, Level.INFO),
            author=act.by,
            host=act.host,
        )


_LEVELS = {IncidentAct.MITIGATED: Level.OK, IncidentAct.RESOLVED: Level.OK, IncidentAct.REOPENED: Level.WARN}


def _text(act: IncidentEntry, incident: Incident) -> str:
    match act.act:
        case IncidentAct.DECLARED:
            return _declared(act, incident)
        case IncidentAct.RENAMED:
            return f"renamed: {act.text}"
        case IncidentAct.SEVERITY:
            computed = f", computed {act.subject}" if act.subject and act.subject != act.text else ""
            return f"severity {act.text}{computed}"
        case IncidentAct.LEAD | IncidentAct.COMMUNICATIONS:
            role = "leads" if act.act is IncidentAct.LEAD else "handles communications"
            # The entry begins with the name of its author: `ana: leads`, `ben: ana leads`.
            return role if act.text == act.by else f"{act.text or 'nobody'} {role}"
        case IncidentAct.CORRECTED:
            why = f": {act.text}" if act.text else ""
            return f"{act.subject} corrected to {stamp(act.happened_at)}{why}"
    return _with_words(act)


def _declared(act: IncidentEntry, incident: Incident) -> str:
    if act.incident != incident.id:
        return f"declared, and merged into {incident.label} later: {act.text}"
    return f"declared {incident.label}: {act.text}"


_WORDS = {
    IncidentAct.MITIGATED: "mitigated",
    IncidentAct.RESOLVED: "resolved",
    IncidentAct.REOPENED: "reopened",
    IncidentAct.MERGED: "merged",
}


def _with_words(act: IncidentEntry) -> str:
    word = _WORDS.get(act.act, "")
    return f"{word}: {act.text}" if word and act.text else word or act.text
