"""The line under the header: the incident that is open, or the one that is proposed."""

from __future__ import annotations

from datetime import datetime

from textual import events

from claude_tui.model.format import age
from claude_tui.model.incident import IncidentSummary
from claude_tui.model.snapshot import Snapshot
from claude_tui.tui.cockpit import cockpit_of
from claude_tui.tui.keys import KeyMap
from claude_tui.tui.panels.strip_block import hints
from claude_tui.tui.panels.verdict_text import severity_role
from claude_tui.tui.render.line_panel import LinePanel
from claude_tui.tui.render.lines import Line, Lines, Span, crop, fit, join, line, spread, width

__all__ = ["IncidentLine", "incident_line"]

_LONGEST_NAME = 20
_SHORTEST_TITLE = 12
_GAP = 2
# At the right edge, as at the left one.
_MARGIN = 1


class IncidentLine(LinePanel):
    """One row, which is there only while there is an incident."""

    def __init__(self, snapshot: Snapshot) -> None:
        super().__init__(id="incident")
        self.snapshot = snapshot
        self.leads_to = "incident"
        """The action of a click on it, whose key it names."""

    async def on_click(self, event: events.Click) -> None:
        event.stop()
        proposed = self.snapshot.incident is None or self.snapshot.incident.proposed
        await self.app.run_action("incident" if proposed else self.leads_to)

    @property
    def rows(self) -> int:
        """How many rows it wants."""
        return int(self.snapshot.incident is not None)

    def show(self, snapshot: Snapshot) -> None:
        self.snapshot = snapshot
        self.redraw()

    def show_later(self, snapshot: Snapshot) -> None:
        """Show a Snapshot that differs from the one shown only in its time."""
        before, self.snapshot = self.snapshot.at, snapshot
        incident = snapshot.incident
        if incident is not None and _age(incident, before) != _age(incident, snapshot.at):
            self.redraw()

    def draw(self, width: int, height: int) -> Lines:  # noqa: ARG002 (one line high)
        incident = self.snapshot.incident
        if incident is None:
            return ()
        keys = cockpit_of(self).chosen_keys
        return (incident_line(incident, self.snapshot, width, keys, self.leads_to),)


def incident_line(
    incident: IncidentSummary,
    snapshot: Snapshot,
    cells: int,
    keys: KeyMap | None = None,
    leads_to: str = "incident",
) -> Line:
    """Title, age, lead and whether it is mitigated; at the end the key.

    If space is scarce, the key goes first, then the facts from the last one on; the title is cut.
    """
    if incident.proposed:
        return _proposal(incident, snapshot, cells, keys)
    role = severity_role(incident.severity) if incident.severity.trouble else "text"
    label = line(" ", Span(incident.label, role, bold=True), " ")
    key, facts = line(*hints(keys, leads_to), " "), _facts(incident, snapshot)
    wanted = min(len(incident.title), _SHORTEST_TITLE)

    def room() -> int:
        end = width(key) + _GAP if key else _MARGIN
        return cells - width(label) - width(_tail(facts)) - end

    if room() < len(incident.title):
        key = ()
    while facts and room() < wanted:
        facts = facts[:-1]
    title = Span(fit(incident.title, max(room(), 0)), "text", bold=True)
    return spread(line(*label, title, *_tail(facts)), key, cells)


def _age(incident: IncidentSummary, at: datetime) -> str:
    return age(at - (incident.since if incident.proposed else incident.started_at))


def _facts(incident: IncidentSummary, snapshot: Snapshot) -> Lines:
    lead = (
        line(Span("lead ", "dim"), fit(incident.lead, _LONGEST_NAME))
        if incident.lead
        else line(Span("no lead", "warn"))
    )
    mitigated = incident.mitigated_at
    others = line(Span(f"{incident.others} more open", "warn")) if incident.others else ()
    found = (
        line(Span("open ", "dim"), _age(incident, snapshot.at)),
        lead,
        line(Span("mitigated ", "dim"), Span(f"{mitigated:%H:%M}", "ok") if mitigated else Span("–", "dim")),
        others,
    )
    return tuple(fact for fact in found if fact)


def _tail(facts: Lines) -> Line:
    return line(Span(" · ", "dim"), *join(facts, " · ")) if facts else ()


def _proposal(incident: IncidentSummary, snapshot: Snapshot, cells: int, keys: KeyMap | None) -> Line:
    lasted = line(
        " ",
        Span(f"{incident.severity} for {_age(incident, snapshot.at)}", severity_role(incident.severity)),
        Span(": no incident is open", "text"),
    )
    key = line(
        *(
            span._replace(text=span.text.replace(" incident", " declares an incident"))
            for span in hints(keys, "incident")
        ),
        " ",
    )
    if width(lasted) + width(key) + _GAP > cells:
        lasted = lasted[:2]
    return spread(crop(lasted, cells), key, cells)
