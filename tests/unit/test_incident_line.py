"""The line under the header: the open incident, its age and who leads, at any width."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from claude_tui.model.incident import IncidentSummary
from claude_tui.model.verdict import Severity
from claude_tui.tui.panels.incident_line import incident_line
from claude_tui.tui.render.lines import plain, width
from tests.snapshots.pictures import AT, PICTURES

SNAPSHOT = PICTURES["overloaded"]()
OPEN = IncidentSummary(
    "Elevated 529s on Opus",
    Severity.P2,
    AT - timedelta(minutes=12),
    AT - timedelta(minutes=9),
    "a" * 32,
    "INC-7",
    "ana",
)
PROPOSED = IncidentSummary("Overloaded", Severity.P1, AT - timedelta(minutes=4), AT - timedelta(minutes=3))


def drawn(incident: IncidentSummary, cells: int) -> str:
    row = incident_line(incident, SNAPSHOT, cells)
    assert width(row) <= cells
    return plain(row)


def test_it_says_what_how_long_and_who() -> None:
    text = " ".join(drawn(OPEN, 120).split())
    assert text == "INC-7 Elevated 529s on Opus · open 12m · lead ana · mitigated – i incident"


def test_at_eighty_cells_age_and_lead_are_there() -> None:
    text = drawn(OPEN, 80)
    assert "INC-7 Elevated 529s on Opus" in text
    assert "open 12m · lead ana" in text


def test_nobody_leads_and_more_are_open() -> None:
    text = drawn(replace(OPEN, lead="", others=2, mitigated_at=AT), 120)
    assert "no lead" in text
    assert "mitigated 14:05" in text
    assert "2 more open" in text


@pytest.mark.parametrize("cells", range(30, 140))
def test_it_touches_neither_edge(cells: int) -> None:
    text = drawn(replace(OPEN, mitigated_at=AT), cells)
    assert text[0] == " "
    assert len(text) < cells or text[-1] == " "


@pytest.mark.parametrize("cells", range(1, 200, 7))
def test_whatever_the_width_the_label_leads_and_nothing_runs_over(cells: int) -> None:
    text = drawn(replace(OPEN, title="A title that is much longer than it should be " * 3), cells)
    assert text.startswith(" INC-7"[:cells]) or cells < 7


def test_a_proposal_says_which_key_declares_it() -> None:
    text = " ".join(drawn(PROPOSED, 120).split())
    assert text == "P1 for 3m: no incident is open i declares an incident"
    assert "P1 for 3m" in drawn(PROPOSED, 50)
    assert "i declares an incident" in drawn(PROPOSED, 50)
