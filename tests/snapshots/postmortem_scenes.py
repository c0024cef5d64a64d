"""Postmortems as the screen shows them: as the record fills it in, as people complete it, with conflicts."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from functools import cache

from claude_tui.incident import figures, incidents, timeline
from claude_tui.incident.postmortem import Postmortem, Writer, action_key, computed, postmortem
from claude_tui.model.incident import IncidentAct
from claude_tui.model.postmortem import DRAFTER, FieldRevision
from tests.builders import after
from tests.incident_values import FIRST, did
from tests.snapshots.incident_scenes import INCIDENT_SCENES, RESOLVED, IncidentScene, scene

__all__ = ["POSTMORTEM_SCENES", "Pen"]


class Pen:
    """Writes into the form of a scene, one revision after the other."""

    def __init__(self, found: IncidentScene) -> None:
        self.scene = found
        self.written: list[FieldRevision] = []
        self.number = 0

    @property
    def form(self) -> Postmortem:
        return self.seen(self.written)

    def seen(self, revisions: list[FieldRevision]) -> Postmortem:
        """The form as seen by somebody who knows these revisions."""
        record = self.scene.records[FIRST]
        incident = next(candidate for candidate in incidents(record.entries) if candidate.id == FIRST)
        found = computed(incident, timeline(record, incident), figures(record, incident))
        return postmortem(incident, found, revisions)

    def write(self, key: str, text: str, by: str, at: float, seen: list[FieldRevision] | None = None) -> None:
        """Somebody who has seen everything, or only `seen`, writes into a field."""
        self.number += 1
        ident = f"{self.number:032x}"
        writer = Writer(FIRST, by, f"{by}-laptop", lambda: after(at), lambda: ident)
        form = self.form if seen is None else self.seen(seen)
        field = next(
            (
                known_field
                for known_field in (*form.fields, *(p for a in form.actions for p in a.parts))
                if known_field.key == key
            ),
            None,
        )
        if field is None:
            self.written.append(FieldRevision(after(at), ident, FIRST, key, text, by, f"{by}-laptop"))
        else:
            self.written.append(writer.revision(field, text))

    def action(self, ident: str, by: str, at: float, **parts: str) -> None:
        for part, text in parts.items():
            self.write(action_key(ident, part), text, by, at)

    def done(self) -> IncidentScene:
        engine = replace(self.scene.snapshot.engine, field_revisions=tuple(self.written))
        return replace(self.scene, snapshot=replace(self.scene.snapshot, engine=engine))


@cache
def filled() -> IncidentScene:
    """All fields of the template, written by two people."""
    pen = Pen(INCIDENT_SCENES["resolved"]())
    impact = "Checkout answered 4 in 10 orders for eleven minutes; nobody was charged twice."
    pen.write("impact", f"{impact}\nSearch and batch went on, more slowly.", "ana", 810)
    cause = "Theirs: Haiku had no capacity left. Ours: checkout had one model and no fallback,"
    pen.write("root_cause", f"{cause} so that a 529 reached the customer.", "ben", 820)
    route = "Route Haiku to Sonnet on 529 by default"
    pen.action("a1", "ana", 825, text=route, kind="mitigate", owner="ana", due="2026-12-04")
    page = "Page on 5% of 529s within a minute"
    pen.action("a2", "ben", 830, text=page, kind="detect", owner="ben", due="2026-11-27")
    pen.write("went_well", "The fallback was one flag away.", "ben", 835)
    return pen.done()


@cache
def conflict() -> IncidentScene:
    """The record changed under one text, two people wrote another at once, an action lacks its owner."""
    pen = Pen(INCIDENT_SCENES["resolved"]())
    pen.write("duration", "2026-11-20 12:01 to 12:14, as customers saw it", "ana", 840)
    pen.write("severity", "P2", "ana", 845)
    before = list(pen.written)
    pen.write("impact", "Checkout answered 4 in 10 orders.", "ana", 850, before)
    pen.write("impact", "Orders failed for eleven minutes; nobody was charged twice.", "ben", 851, before)
    pen.action("a1", "ana", 870, text="Route Haiku to Sonnet on 529 by default", kind="mitigate")
    pen.write("root_cause", "Theirs, as far as we kno", "ben", 899)
    corrected = did(880, IncidentAct.CORRECTED, "by the load balancer", subject="started", happened=90)
    pen.scene = scene(900, *RESOLVED, corrected)
    return pen.done()


@cache
def drafted() -> IncidentScene:
    """A model drafted two fields, and nobody has accepted them."""
    pen = Pen(INCIDENT_SCENES["resolved"]())
    pen.write("impact", "Six in ten messages failed for ten minutes. (12:02:00, 12:12:10)", DRAFTER, 830)
    pen.write("root_cause", "Probably the provider lacked capacity for Haiku. (12:02:20)", DRAFTER, 830)
    return pen.done()


POSTMORTEM_SCENES: dict[str, Callable[[], IncidentScene]] = {
    "empty": INCIDENT_SCENES["resolved"],
    "open": INCIDENT_SCENES["open"],
    "filled": filled,
    "conflict": conflict,
    "drafted": drafted,
}
