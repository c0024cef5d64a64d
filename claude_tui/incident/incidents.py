"""Incidents as their entries describe them."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any

from claude_tui.incident.values import Incident
from claude_tui.model.incident import FIRST_FAILURE, PROGRAM, IncidentAct, IncidentEntry
from claude_tui.model.outlook import PastIncident
from claude_tui.model.verdict import SEVERITIES, Severity

__all__ = ["CORRECTABLE", "ended", "find", "incidents", "none_called", "open_incident", "subject"]

CORRECTABLE = ("started", "detected", "mitigated", "resolved")
"""What a CORRECTED entry may refer to besides the key of a timeline entry: an instant of the incident."""


def incidents(entries: Iterable[IncidentEntry]) -> tuple[Incident, ...]:
    """All incidents, in the order in which they were declared.

    `entries` are in the order of recording, which determines the labels. A duplicate entry counts once;
    entries of an incident that nobody declared are ignored.
    """
    unique = {entry.id: entry for entry in entries}
    own: dict[str, list[IncidentEntry]] = defaultdict(list)
    for entry in unique.values():
        own[entry.incident].append(entry)
    declared = dict.fromkeys(entry.incident for entry in unique.values() if entry.act is IncidentAct.DECLARED)
    labels = {ident: f"INC-{number}" for number, ident in enumerate(declared, 1)}
    into = _continuations(own, labels)
    alone = {ident: _folded(ident, label, own[ident]) for ident, label in labels.items()}
    return tuple(_with_merged(incident, alone, into) for incident in alone.values())


def find(known: Iterable[Incident], name: str) -> Incident | None:
    """The incident by label (`INC-7`, `inc-7`, `7`), by a unique beginning of its id, or as `last`.

    Every command accepts these forms.
    """
    known, name = tuple(known), name.strip()
    if name.casefold() == _LAST:
        return subject(known)
    digits = name[4:] if name.upper().startswith("INC-") else name
    if digits.isascii() and digits.isdigit():
        label = f"INC-{digits.lstrip('0')}"
        if (found := next((incident for incident in known if incident.label == label), None)) is not None:
            return found
    matching = [
        incident for incident in known if len(name) >= _SHORTEST_ID and incident.id.startswith(name.lower())
    ]
    return matching[0] if len(matching) == 1 else None


def none_called(name: str, known: Sequence[Incident]) -> str:
    """Explains that `find` found nothing, and names the incidents that there are."""
    newest = ", ".join(incident.label for incident in known[-5:])
    if not newest:
        return "no incident has been declared on this target"
    return f"there is no incident {name!r}; the newest are: {newest}"


def subject(known: Sequence[Incident]) -> Incident | None:
    """The incident that matters now: the open one, or else the one that was declared last."""
    alone = [incident for incident in known if not incident.merged_into]
    return open_incident(alone) or (alone[-1] if alone else None)


_LAST = "last"
_SHORTEST_ID = 6
_MOST_ENDED = 20


def open_incident(all_incidents: Iterable[Incident]) -> Incident | None:
    """The incident that is open; if there are several, the one that was declared last."""
    return next((incident for incident in reversed(tuple(all_incidents)) if incident.is_open), None)


def ended(known: Iterable[Incident]) -> tuple[PastIncident, ...]:
    """The incidents that are over, most recently ended first, without those that another one continues."""
    over = [
        PastIncident(
            incident.label, incident.title, incident.severity, incident.started_at, incident.resolved_at
        )
        for incident in known
        if incident.resolved_at is not None and not incident.merged_into
    ]
    return tuple(sorted(over, key=lambda incident: incident.resolved_at, reverse=True)[:_MOST_ENDED])


def _continuations(own: Mapping[str, list[IncidentEntry]], labels: Mapping[str, str]) -> dict[str, str]:
    """Which incident continues which, without merges that would form a cycle or point to no incident."""
    merges = sorted(
        (entry for ident in labels for entry in own[ident] if entry.act is IncidentAct.MERGED),
        key=lambda entry: entry.at,
    )
    into: dict[str, str] = {}
    for merge in merges:
        if merge.subject in labels and _final(merge.subject, into) != merge.incident:
            into.setdefault(merge.incident, merge.subject)
    return into


def _final(ident: str, into: Mapping[str, str]) -> str:
    while ident in into:
        ident = into[ident]
    return ident


def _folded(ident: str, label: str, own: Sequence[IncidentEntry]) -> Incident:
    """The incident by its own entries."""
    declaration = next(entry for entry in own if entry.act is IncidentAct.DECLARED)
    # By another machine's clock, an act may precede the declaration; it counts as later.
    acts = [
        declaration,
        *sorted((act for act in own if act is not declaration), key=_recorded),
    ]
    by_people = any(_corrects_start(act) for act in acts)
    state = Incident(
        ident,
        label,
        declaration.text,
        Severity.NONE,
        declaration.happened_at,
        declaration.at,
        declaration.by,
        start_follows=declaration.subject == FIRST_FAILURE and not by_people,
        entries=tuple(sorted(acts, key=_recorded)),
    )
    for entry in acts:
        if not (by_people and is_followed_start(entry)):
            state = _after(state, entry)
    return state


def _with_merged(incident: Incident, alone: Mapping[str, Incident], into: Mapping[str, str]) -> Incident:
    """The incident with the start and the entries of the incidents that it continues."""
    merged = [other for ident, other in alone.items() if ident in into and _final(ident, into) == incident.id]
    corrected = any(_corrects_start(entry) for entry in incident.entries)
    starts = () if corrected else tuple(other.started_at for other in merged)
    entries = (entry for member in (incident, *merged) for entry in member.entries)
    return replace(
        incident,
        started_at=min((incident.started_at, *starts)),
        merged_into=into.get(incident.id, ""),
        merged=tuple(other.id for other in merged),
        entries=tuple(sorted(entries, key=_recorded)),
    )


def _recorded(entry: IncidentEntry) -> datetime:
    return entry.at


def _corrects_start(entry: IncidentEntry) -> bool:
    """Whether somebody corrects the start, which counts whatever the record shows."""
    return entry.act is IncidentAct.CORRECTED and entry.subject == "started" and entry.by != PROGRAM


def is_followed_start(entry: IncidentEntry) -> bool:
    """Whether the program moves the start to the first failure, once the record shows it."""
    return entry.act is IncidentAct.CORRECTED and entry.subject == "started" and entry.by == PROGRAM


def _after(state: Incident, entry: IncidentEntry) -> Incident:
    """The incident after one more act."""
    change = _CHANGES.get(entry.act)
    return replace(state, **change(state, entry)) if change is not None else state


def _severity(_state: Incident, entry: IncidentEntry) -> dict[str, Any]:
    return {"severity": Severity(entry.text)} if entry.text in SEVERITIES else {}


def _corrected(state: Incident, entry: IncidentEntry) -> dict[str, Any]:
    """A missing instant cannot be corrected."""
    name = f"{entry.subject}_at"
    known = entry.subject in ("started", "detected") or (
        entry.subject in CORRECTABLE and getattr(state, name) is not None
    )
    return {name: entry.happened_at} if known else {}


_CHANGES: Mapping[IncidentAct, Callable[[Incident, IncidentEntry], dict[str, Any]]] = {
    IncidentAct.RENAMED: lambda state, entry: {"title": entry.text or state.title},
    IncidentAct.SEVERITY: _severity,
    IncidentAct.LEAD: lambda _, entry: {"lead": entry.text},
    IncidentAct.COMMUNICATIONS: lambda _, entry: {"communications": entry.text},
    IncidentAct.MITIGATED: lambda _, entry: {"mitigated_at": entry.happened_at},
    IncidentAct.RESOLVED: lambda _, entry: {
        "resolved_at": entry.happened_at,
        "resolved_recorded_at": entry.at,
    },
    IncidentAct.REOPENED: lambda *_: {
        "mitigated_at": None,
        "resolved_at": None,
        "resolved_recorded_at": None,
    },
    IncidentAct.CORRECTED: _corrected,
}
