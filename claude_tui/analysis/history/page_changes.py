"""What changed between two readings of the status page, or of the model list."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime

from claude_tui.analysis.history.streaks import TimelineEvent
from claude_tui.model.format import day, plain
from claude_tui.model.interning import interned, interned_text
from claude_tui.model.provider import (
    Catalogue,
    Component,
    Maintenance,
    ModelInfo,
    ProviderIncident,
    ProviderStatus,
)
from claude_tui.model.snapshot import Event, EventKind, Level

__all__ = ["component_level", "incident_level", "next_catalogue", "next_status", "short_name", "under_way"]

# More simultaneous changes to the model list than this are one event.
MANY_MODELS = 5
_COMPONENT_LEVELS = {
    "operational": Level.OK,
    "unlisted": Level.OK,
    "under_maintenance": Level.INFO,
    "degraded_performance": Level.WARN,
    "partial_outage": Level.WARN,
    "major_outage": Level.BAD,
    "full_outage": Level.BAD,
}
_IMPACT_LEVELS = {
    "none": Level.INFO,
    "maintenance": Level.INFO,
    "minor": Level.WARN,
    "major": Level.BAD,
    "critical": Level.BAD,
    "degraded_performance": Level.WARN,
    "partial_outage": Level.WARN,
    "full_outage": Level.BAD,
}
_OVER = frozenset({"resolved", "postmortem"})
_UNDER_WAY = frozenset({"in_progress", "verifying", "maintenance_in_progress"})


def component_level(status: str) -> Level:
    """The level of a component; an unknown status is a warning."""
    return _COMPONENT_LEVELS.get(status, Level.WARN)


def incident_level(incident: ProviderIncident) -> Level:
    """By impact; at most a warning once the page says that a fix is being monitored."""
    if incident.status in _OVER:
        return Level.OK
    level = _IMPACT_LEVELS.get(incident.impact, Level.WARN)
    return Level.WARN if level is Level.BAD and incident.status == "monitoring" else level


def under_way(maintenance: Maintenance) -> bool:
    return maintenance.status in _UNDER_WAY


def short_name(component: Component) -> str:
    """`Claude API (api.anthropic.com)` becomes `Claude API`."""
    return component.name.partition(" (")[0]


@dataclass(frozen=True, slots=True)
class _Change:
    """One difference between two reports, or between two model lists."""

    key: str
    """What changed; part of the event's key."""
    level: Level
    """The level of the event."""
    text: str
    """What happened, in one line."""
    about: frozenset[str] | None = None
    """The ids and names of the components concerned; None for none."""
    detail: str = ""
    """More text for the event's details."""
    incident: str = ""
    """The title of the incident that changed; "" for anything else."""


def next_status(
    known: ProviderStatus | None, previous: ProviderStatus | None, status: ProviderStatus
) -> tuple[ProviderStatus | None, tuple[TimelineEvent, ...]]:
    """The last readable report, and the events of this one: a step of a Fold."""
    if not status.known:
        if previous is not None and not previous.known:
            return known, ()
        lost = _Change("unknown", Level.UNKNOWN, f"page unreadable: {status.unknown_reason}")
        return known, (_status_event(lost, status.fetched_at),)
    changes = list(_changes(known, status)) if known is not None else []
    if previous is not None and not previous.known:
        changes.insert(0, _Change("known", Level.INFO, "page readable again"))
    return status, tuple(_status_event(change, status.fetched_at) for change in changes)


def _status_event(change: _Change, at: datetime) -> TimelineEvent:
    event = Event(
        key=f"status:{change.key}:{at.isoformat()}",
        at=at,
        kind=EventKind.STATUS,
        level=change.level,
        subject="status",
        text=interned_text(change.text),
        detail=interned_text(change.detail),
    )
    return TimelineEvent(event, interned(change.about), incident=change.incident)


def _changes(before: ProviderStatus, now: ProviderStatus) -> Iterator[_Change]:
    if before.indicator != now.indicator:
        level = _IMPACT_LEVELS.get(now.indicator or "", Level.WARN)
        text = f"page indicator {before.indicator or '?'}, now {now.indicator or '?'}"
        yield _Change("indicator", Level.OK if now.indicator == "none" else level, text)
    yield from _component_changes(before.components, now.components)
    names = {component.id: component.name for component in (*before.components, *now.components)}
    yield from _incident_changes(before.incidents, now.incidents, names)
    yield from _maintenance_changes(before.maintenances, now.maintenances, names)


def _component_changes(before: Sequence[Component], now: Sequence[Component]) -> Iterator[_Change]:
    old = {component.id: component.status for component in before}
    for component in now:
        if old.get(component.id, component.status) != component.status:
            yield _Change(
                f"component:{component.id}",
                component_level(component.status),
                f"{short_name(component)} {plain(component.status)}",
                frozenset({component.id, component.name}),
                f"was {plain(old[component.id])}",
            )


def _incident_changes(
    before: Sequence[ProviderIncident], now: Sequence[ProviderIncident], names: dict[str, str]
) -> Iterator[_Change]:
    old = {incident.id: incident for incident in before}
    for incident in now:
        was = old.pop(incident.id, None)
        if was is None or was.status != incident.status:
            word = plain(incident.status)
        elif was.updates[:1] != incident.updates[:1] or was.impact != incident.impact:
            word = "updated"
        else:
            continue
        yield _incident_change(incident, incident_level(incident), word, names)
    for incident in old.values():
        if incident.status not in _OVER:
            yield _incident_change(incident, Level.OK, "resolved", names)


def _incident_change(incident: ProviderIncident, level: Level, word: str, names: dict[str, str]) -> _Change:
    detail = f"impact {incident.impact}"
    if incident.updates:
        detail += f"\n{incident.updates[0].body}"
    text = f"{word}: {incident.name}"
    about = _about(incident.components, names)
    return _Change(f"incident:{incident.id}", level, text, about, detail, incident.name)


def _maintenance_changes(
    before: Sequence[Maintenance], now: Sequence[Maintenance], names: dict[str, str]
) -> Iterator[_Change]:
    old = {maintenance.id: maintenance.status for maintenance in before}
    for maintenance in now:
        was = old.get(maintenance.id)
        if was == maintenance.status or (was is None and maintenance.status not in _UNDER_WAY):
            continue
        text = f"maintenance {plain(maintenance.status)}: {maintenance.name}"
        about = _about(maintenance.components, names)
        yield _Change(f"maintenance:{maintenance.id}", Level.INFO, text, about)


def _about(ids: Sequence[str], names: dict[str, str]) -> frozenset[str] | None:
    """The ids and names of components; None if the page names no component."""
    return frozenset(ids) | {names[ident] for ident in ids if ident in names} if ids else None


def next_catalogue(
    _state: None, previous: Catalogue | None, catalogue: Catalogue
) -> tuple[None, tuple[TimelineEvent, ...]]:
    """The events of one more model list: a step of a Fold."""
    if previous is None or previous.models == catalogue.models:
        return None, ()
    old = {model.id: model for model in previous.models}
    new = {model.id: model for model in catalogue.models}
    changes = _many("no longer listed", Level.WARN, [ident for ident in old if ident not in new])
    changes += _many("added", Level.INFO, [ident for ident in new if ident not in old])
    changes += [
        change for ident in new if ident in old for change in _lifecycle_changes(old[ident], new[ident])
    ]
    return None, tuple(_model_event(change, catalogue.fetched_at) for change in changes)


def _many(word: str, level: Level, idents: list[str]) -> list[_Change]:
    if len(idents) > MANY_MODELS:
        return [_Change(word, level, f"{len(idents)} models {word}", detail="\n".join(idents))]
    return [_Change(f"{word}:{ident}", level, f"{ident} {word}") for ident in idents]


def _lifecycle_changes(old: ModelInfo, new: ModelInfo) -> Iterator[_Change]:
    if new.lifecycle is not None and old.lifecycle != new.lifecycle:
        level = Level.INFO if new.lifecycle == "active" else Level.WARN
        yield _Change(f"lifecycle:{new.id}", level, f"{new.id} {plain(new.lifecycle)}")
    if new.retires_at is not None and old.retires_at != new.retires_at:
        yield _Change(f"retires:{new.id}", Level.WARN, f"{new.id} retires {day(new.retires_at)}")


def _model_event(change: _Change, at: datetime) -> TimelineEvent:
    return TimelineEvent(
        Event(
            key=f"model:{change.key}:{at.isoformat()}",
            at=at,
            kind=EventKind.MODEL,
            level=change.level,
            subject="model",
            text=change.text,
            detail=change.detail,
        )
    )
