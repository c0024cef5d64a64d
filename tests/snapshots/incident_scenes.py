"""Incidents as the screens show them: none, an open one, a resolved one, and a proposal."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import timedelta
from functools import cache

from claude_tui.analysis.options import Options
from claude_tui.analysis.snapshot import build_snapshot
from claude_tui.analysis.views.incident_log import with_incident
from claude_tui.incident import Record, Span, ended, incidents, proposal, summary
from claude_tui.model.incident import PROGRAM, IncidentAct, IncidentEntry
from claude_tui.model.snapshot import Snapshot, Target
from tests.builders import MODEL, after, engine, history_of
from tests.incident_values import (
    ACKNOWLEDGED,
    ASKED,
    FIRST,
    GOOD,
    PAGED,
    RATED,
    SECOND,
    STEP,
    VERDICTS,
    declared,
    did,
    record,
)

__all__ = ["INCIDENT_SCENES", "IncidentScene"]

NOTE = did(
    420,
    IncidentAct.NOTE,
    "checkout on Sonnet since 12:05: the fallback answers, some prompts are longer than its context",
    happened=300,
    by="ben",
    ident="1" * 32,
)
OPEN = (
    declared(200, "Elevated 529s on Haiku"),
    did(200, IncidentAct.SEVERITY, "P2", subject="P1"),
    did(205, IncidentAct.LEAD, "ana"),
    NOTE,
    did(430, IncidentAct.PINNED, subject=f"entry:{NOTE.id}"),
    did(440, IncidentAct.MITIGATED, "batch is off", by="ben"),
)
RESOLVED = (
    *OPEN,
    did(800, IncidentAct.RESOLVED, "the provider fixed it", happened=GOOD),
    did(820, IncidentAct.CORRECTED, "by our own logs", subject="started", happened=110),
)
EARLIER = (
    declared(-7200, "Key rotated without notice", happened=-7300, incident=SECOND, by=PROGRAM),
    did(-7200, IncidentAct.SEVERITY, "P1", incident=SECOND),
    did(-6000, IncidentAct.NOTE, "the old key was still in the vault", incident=SECOND),
    did(-5000, IncidentAct.RESOLVED, incident=SECOND),
)


@dataclass(frozen=True, slots=True)
class IncidentScene:
    """A Snapshot, and what the engine would load of its incident."""

    snapshot: Snapshot
    records: dict[str, Record]


@cache
def scene(until: float, *entries: IncidentEntry) -> IncidentScene:
    """The overload `until` seconds after NOON, with the acts of people up to then."""
    known = tuple(entry for entry in entries if entry.at <= after(until))
    kept = record(
        *known,
        until=until,
        alert_entries=tuple(entry for entry in (PAGED, ACKNOWLEDGED) if entry.at <= after(until)),
        step_marks=(STEP,),
        severity_marks=(RATED,),
        requests=(ASKED,),
    )
    state = replace(
        engine(),
        target=Target("prod", "https://api.anthropic.com", "api.anthropic.com", MODEL),
        incident_entries=known,
    )
    at, history = after(until), history_of(*kept.statuses, *kept.observations)
    snapshot = build_snapshot(history, at, state, Options())
    verdicts = [verdict for verdict in VERDICTS if verdict.at <= at]
    proposed = proposal(snapshot.verdict, verdicts, known, at, timedelta(minutes=2))
    shown = summary(incidents(known), proposed, snapshot.verdict.severity)
    before = Record(Span(after(-8200), after(-4100)), entries=known)
    return IncidentScene(
        with_incident(snapshot, shown, ended(incidents(known))), {FIRST: kept, SECOND: before}
    )


INCIDENT_SCENES = {
    "none": lambda: scene(100),
    "checking": lambda: scene(126),
    "earlier": lambda: scene(100, *EARLIER),
    "proposed": lambda: scene(290, *EARLIER),
    "open": lambda: scene(500, *EARLIER, *OPEN),
    "resolved": lambda: scene(900, *EARLIER, *RESOLVED),
}
