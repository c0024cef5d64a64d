"""The program proposes an incident when the verdict stays grave; once somebody knows, it keeps quiet."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

from claude_tui.incident import declaration, incidents, proposal, summary
from claude_tui.model.incident import PROGRAM, IncidentAct, IncidentEntry
from claude_tui.model.verdict import Cause, PageAgreement, Severity, Side, Verdict, VerdictChange
from tests.builders import after
from tests.incident_values import BEGAN, SECOND, VERDICTS, declared, did, turned

AFTER = timedelta(minutes=2)
VERDICT = Verdict(
    Cause.PROVIDER_OVERLOADED,
    Side.THEM,
    Severity.P1,
    0.9,
    "It's them. The API is overloaded (529).",
    (),
    "wait",
    30.0,
    PageAgreement.SILENT,
    opening="It's them.",
    since=after(BEGAN),
)


def proposed_at(
    second: float,
    *entries: IncidentEntry,
    verdict: Verdict = VERDICT,
    changes: tuple[VerdictChange, ...] = VERDICTS,
):  # type: ignore[no-untyped-def]
    return proposal(verdict, changes, entries, after(second), AFTER)


def test_a_verdict_that_stays_grave_is_proposed_from_its_first_failure() -> None:
    assert proposed_at(140 + 119) is None
    found = proposed_at(140 + 120)
    assert found is not None
    assert (found.title, found.severity) == ("The API is overloaded (529)", Severity.P1)
    assert (found.started_at, found.grave_since) == (after(BEGAN), after(140))


def test_p1_that_becomes_p2_stays_grave() -> None:
    found = proposed_at(310, verdict=replace(VERDICT, severity=Severity.P2))
    assert found is not None
    assert (found.severity, found.grave_since) == (Severity.P2, after(140))


def test_a_break_begins_the_time_anew() -> None:
    changes = (
        *VERDICTS[:2],
        turned(200, Cause.HEALTHY, Severity.NONE),
        turned(250, VERDICT.cause, VERDICT.severity),
    )
    assert proposed_at(300, changes=changes) is None
    assert proposed_at(370, changes=changes) is not None


def test_what_is_not_grave_is_not_proposed() -> None:
    assert proposed_at(900, verdict=replace(VERDICT, severity=Severity.P3)) is None


def test_an_open_incident_is_enough() -> None:
    assert proposed_at(400, declared()) is None


def test_what_somebody_resolved_or_declined_is_not_proposed_again() -> None:
    ended = (declared(), did(350, IncidentAct.RESOLVED))
    declined = (did(350, IncidentAct.DISMISSED, incident=SECOND, happened=BEGAN),)
    assert proposed_at(400, *ended) is None
    assert proposed_at(400, *declined) is None


def test_a_new_problem_after_it_is_proposed() -> None:
    ended = (declared(60, happened=0), did(100, IncidentAct.RESOLVED))
    assert proposed_at(400, *ended) is not None


def test_as_of_an_instant_nothing_later_is_known() -> None:
    assert proposed_at(300, declared(350)) == proposed_at(300)


def test_two_processes_that_declare_the_same_one_declare_it_once() -> None:
    found = proposed_at(400)
    assert found is not None
    here, there = (
        declaration(found, "https://api", after(400 + at), host) for at, host in ((0, "a"), (1, "b"))
    )
    (only,) = incidents([*here, *there])
    assert (only.declared_by, only.severity, only.started_at) == (PROGRAM, Severity.P1, after(BEGAN))
    assert declaration(found, "https://other", after(400), "a")[0].incident != only.id


def test_the_summary_is_of_the_open_incident_then_of_the_proposal() -> None:
    found = proposed_at(400)
    known = incidents(
        [declared(), declared(300, "Checkout", incident=SECOND), did(310, IncidentAct.LEAD, "ben")]
    )
    shown = summary(known, found, Severity.P2)
    assert shown is not None
    assert (shown.label, shown.title, shown.others, shown.proposed) == ("INC-2", "Checkout", 1, False)
    # Nobody has set a severity yet.
    assert shown.severity is Severity.P2
    alone = summary((), found, Severity.P1)
    assert alone is not None
    assert alone.proposed
    assert alone.since == after(140)
    assert summary((), None, Severity.NONE) is None
