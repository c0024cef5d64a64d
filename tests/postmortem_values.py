"""Postmortems for tests: the incident of `incident_values`, and revisions with ids of their own."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime

from claude_tui.incident import Figures, Incident, Record, TimelineEntry, figures, incidents, timeline
from claude_tui.incident.postmortem import Computed, Postmortem, Writer, computed, postmortem
from claude_tui.model.incident import IncidentAct
from claude_tui.model.postmortem import FieldRevision
from tests.builders import after
from tests.incident_values import ACKNOWLEDGED, FIRST, PAGED, STEP, declared, did, record

__all__ = ["RESOLVED", "KnownIncident", "Writing", "known_incident", "wrote"]

RESOLVED = (
    declared(ident="1" * 32),
    did(300, IncidentAct.LEAD, "ana", ident="2" * 32),
    did(320, IncidentAct.NOTE, "checkout went to Sonnet", by="ben", ident="3" * 32),
    did(330, IncidentAct.MITIGATED, "checkout on Sonnet", ident="4" * 32),
    did(900, IncidentAct.RESOLVED, "", happened=800, ident="5" * 32),
)
"""The acts on an incident that is over."""


@dataclass(frozen=True, slots=True)
class KnownIncident:
    """An incident with everything that is computed about it."""

    incident: Incident
    timeline: tuple[TimelineEntry, ...]
    figures: Figures
    computed: Mapping[str, Computed]

    def form(self, *revisions: FieldRevision) -> Postmortem:
        return postmortem(self.incident, self.computed, revisions)


def known_incident(*acts: object, recorded: Record | None = None) -> KnownIncident:
    """What is known about the only incident that the acts make."""
    found = recorded or record(
        *(acts or RESOLVED),  # type: ignore[arg-type]
        alert_entries=(PAGED, ACKNOWLEDGED),
        step_marks=(STEP,),
    )
    (incident,) = incidents(found.entries)
    entries, measured = timeline(found, incident), figures(found, incident)
    return KnownIncident(incident, entries, measured, computed(incident, entries, measured))


@dataclass
class Writing:
    """A clock and ids for `Writer`, each of which advances with every revision."""

    second: float = 1000.0
    number: int = 0
    made: list[FieldRevision] = field(default_factory=list)

    def now(self) -> datetime:
        self.second += 1
        return after(self.second)

    def new_id(self) -> str:
        self.number += 1
        return f"{self.number:032x}"

    def writer(self, by: str = "ana") -> Writer:
        return Writer(FIRST, by, "ops-1", self.now, self.new_id)


def wrote(form: Postmortem, key: str, text: str, writing: Writing, by: str = "ana") -> FieldRevision:
    """Somebody who sees `form` gives a field another text."""
    return writing.writer(by).revision(form.field(key), text)
