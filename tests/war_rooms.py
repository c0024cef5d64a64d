"""Snapshots for the war room: computed as the program computes them, with what people did in an incident."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from claude_tui.analysis.views.incident_log import with_incident
from claude_tui.engine.journal import recorded_events
from claude_tui.incident import incidents, summary
from claude_tui.model.incident import IncidentAct, IncidentEntry
from claude_tui.model.snapshot import Snapshot
from tests.snapshots.incident_scenes import INCIDENT_SCENES
from tests.snapshots.pictures import PICTURES
from tests.snapshots.traffic_scenes import healthy_traffic, trouble_with_traffic
from tests.snapshots.world import before

__all__ = ["WAR_ROOMS", "declared_in"]

_IDENT = "a" * 32


def declared_in(snapshot: Snapshot, *acts: IncidentEntry) -> Snapshot:
    """The Snapshot of a trouble in which an incident has been declared, with these acts."""
    state = snapshot.engine
    told = recorded_events((), (), (), (), acts)
    known = tuple(sorted((*state.recorded, *told), key=lambda event: event.at, reverse=True))
    now = replace(snapshot, engine=replace(state, incident_entries=acts, recorded=known))
    return with_incident(now, summary(incidents(acts), None, snapshot.verdict.severity))


def act(
    age: float, kind: IncidentAct, text: str = "", *, by: str = "ana", happened: float | None = None
) -> IncidentEntry:
    return IncidentEntry(
        before(age),
        f"{int(age):032x}",
        _IDENT,
        kind,
        before(age if happened is None else happened),
        by,
        "ops-1.acme.example",
        text,
    )


ACTS = (
    act(180, IncidentAct.DECLARED, "Elevated 529s on Haiku", happened=202),
    act(179, IncidentAct.SEVERITY, "P1"),
    act(150, IncidentAct.LEAD, "ana"),
    act(40, IncidentAct.NOTE, "checkout is on Sonnet; batch waits until 14:30", by="ben"),
)


def led() -> Snapshot:
    """An outage with an incident that somebody leads, and own traffic."""
    return declared_in(trouble_with_traffic(), *ACTS)


def ended() -> Snapshot:
    """The same incident, resolved: nothing is open."""
    resolved = act(20, IncidentAct.RESOLVED, "the provider fixed it", happened=30)
    return declared_in(healthy_traffic(), *ACTS, resolved)


WAR_ROOMS: dict[str, Callable[[], Snapshot]] = {
    **PICTURES,
    "healthy_traffic": healthy_traffic,
    "trouble_with_traffic": trouble_with_traffic,
    "led": led,
    "ended": ended,
    "open": lambda: INCIDENT_SCENES["open"]().snapshot,
    "proposed": lambda: INCIDENT_SCENES["proposed"]().snapshot,
}
