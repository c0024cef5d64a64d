"""Snapshots for the war room: computed as the program computes them, with what people did in an incident."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from functools import cache

from claude_tui.analysis.options import Options
from claude_tui.analysis.snapshot import build_snapshot
from claude_tui.analysis.uptime.recent import recent_uptime
from claude_tui.analysis.views.incident_log import with_incident
from claude_tui.engine.journal import recorded_events
from claude_tui.incident import ended, incidents, summary
from claude_tui.model.incident import IncidentAct, IncidentEntry
from claude_tui.model.provider import Catalogue, ModelInfo
from claude_tui.model.snapshot import Snapshot
from tests.builders import history_of
from tests.snapshots.incident_scenes import INCIDENT_SCENES
from tests.snapshots.pictures import AT, PICTURES, history
from tests.snapshots.traffic_scenes import healthy_traffic, trouble_with_traffic
from tests.snapshots.world import before, engine
from tests.uptime_values import ninety_days

__all__ = ["WAR_ROOMS", "declared_in"]

_IDENT = "a" * 32


def declared_in(snapshot: Snapshot, *acts: IncidentEntry) -> Snapshot:
    """The Snapshot of a problem in which an incident has been declared, with these acts."""
    state = snapshot.engine
    events = recorded_events((), (), (), (), acts)
    known = tuple(sorted((*state.recorded, *events), key=lambda event: event.at, reverse=True))
    now = replace(snapshot, engine=replace(state, incident_entries=acts, recorded=known))
    known = incidents(acts)
    return with_incident(now, summary(known, None, snapshot.verdict.severity), ended(known))


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


def resolved() -> Snapshot:
    """The same incident, resolved: nothing is open."""
    over = act(20, IncidentAct.RESOLVED, "the provider fixed it", happened=30)
    return declared_in(healthy_traffic(), *ACTS, over)


@cache
def watched() -> Snapshot:
    """A healthy day of an API that has been watched for weeks: the record has something to show."""
    past = ninety_days(AT)
    acts = tuple(entry for entry in past.acts if entry.incident != "three")
    listed = Catalogue(
        before(14),
        (
            ModelInfo("claude-haiku-5-5", "Claude Haiku 5.5", before(9e6), "active", None),
            ModelInfo("claude-sonnet-5-5", "Claude Sonnet 5.5", before(9e6), "active", before(-2e7)),
            ModelInfo("claude-opus-5-5", "Claude Opus 5.5", before(9e6), "active", None),
            ModelInfo("claude-sonnet-4-5", "Claude Sonnet 4.5", before(4e7), "deprecated", before(-8.2e5)),
        ),
    )
    state = replace(engine(), uptime=recent_uptime(past), incident_entries=acts)
    traffic = healthy_traffic().traffic
    snapshot = build_snapshot(history_of(*history(), listed), AT, state, Options(), traffic=traffic)
    return with_incident(snapshot, None, ended(incidents(acts)))


WAR_ROOMS: dict[str, Callable[[], Snapshot]] = {
    **PICTURES,
    "healthy_traffic": healthy_traffic,
    "trouble_with_traffic": trouble_with_traffic,
    "watched": watched,
    "led": led,
    "ended": resolved,
    "open": lambda: INCIDENT_SCENES["open"]().snapshot,
    "proposed": lambda: INCIDENT_SCENES["proposed"]().snapshot,
}
