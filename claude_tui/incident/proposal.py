"""The incident that the program proposes, and the summary of the one that matters now."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from hashlib import sha256

from claude_tui.incident.incidents import incidents
from claude_tui.incident.values import Incident
from claude_tui.model.incident import FIRST_FAILURE, PROGRAM, IncidentAct, IncidentEntry, IncidentSummary
from claude_tui.model.text import inert
from claude_tui.model.verdict import Severity, Verdict, VerdictChange

__all__ = ["MAX_TITLE", "Proposal", "declaration", "proposal", "summary"]

MAX_TITLE = 120
"""The most characters of a title."""


@dataclass(frozen=True, slots=True)
class Proposal:
    """An incident that nobody has declared."""

    title: str
    severity: Severity
    started_at: datetime
    """The first failure."""
    grave_since: datetime
    """Since when the verdict has been P1 or P2 without interruption."""


def proposal(
    verdict: Verdict,
    changes: Sequence[VerdictChange],
    entries: Iterable[IncidentEntry],
    at: datetime,
    after: timedelta,
) -> Proposal | None:
    """What to propose at `at`: a verdict that has stayed P1 or P2 for `after`.

    None while an incident is open, and for a problem that began before somebody resolved an incident or
    declined the proposal, as they know about it. `changes` are those of the verdict, oldest first.
    """
    since = _grave_since(verdict, changes, at)
    if since is None or at - since < after:
        return None
    past = [entry for entry in entries if entry.at <= at]
    started_at = min(verdict.since or since, since)
    if any(incident.is_open for incident in incidents(past)) or started_at <= _dealt_with(past, at):
        return None
    title = inert((verdict.statement or verdict.summary).strip().removesuffix("."), MAX_TITLE)
    return Proposal(title, verdict.severity, started_at, since)


def _grave_since(verdict: Verdict, changes: Sequence[VerdictChange], at: datetime) -> datetime | None:
    """The start of the unbroken run of P1 and P2 that lasts at `at`; None if there is none."""
    if not verdict.severity.grave:
        return None
    since: datetime | None = None
    for change in reversed([change for change in changes if change.at <= at]):
        if not change.severity.grave:
            break
        since = change.at
    return since


def _dealt_with(entries: Iterable[IncidentEntry], at: datetime) -> datetime:
    """When somebody last resolved an incident or declined a proposal."""
    acts = (IncidentAct.RESOLVED, IncidentAct.DISMISSED)
    never = at - timedelta(days=36_500)
    return max((entry.at for entry in entries if entry.act in acts), default=never)


def declaration(proposed: Proposal, target: str, at: datetime, host: str) -> tuple[IncidentEntry, ...]:
    """The entries with which the program declares a proposal.

    Their ids are derived from target and start: if two processes declare the same one, it is declared once.
    """

    def ident(of: str) -> str:
        return sha256(f"{of}\n{target}\n{proposed.started_at.isoformat()}".encode()).hexdigest()[:32]

    incident, started_at = ident("incident"), proposed.started_at
    declared, severity = IncidentAct.DECLARED, IncidentAct.SEVERITY
    return (
        IncidentEntry(
            at,
            ident("declared"),
            incident,
            declared,
            started_at,
            PROGRAM,
            host,
            proposed.title,
            FIRST_FAILURE,
        ),
        IncidentEntry(
            at,
            ident("severity"),
            incident,
            severity,
            at,
            PROGRAM,
            host,
            str(proposed.severity),
            str(proposed.severity),
        ),
    )


def summary(
    known: Sequence[Incident], proposed: Proposal | None, computed: Severity
) -> IncidentSummary | None:
    """What screens show: the open incident, of several the one declared last; else the proposal."""
    open_ones = [incident for incident in known if incident.is_open]
    if open_ones:
        return _open(open_ones[-1], len(open_ones) - 1, computed)
    if proposed is None:
        return None
    return IncidentSummary(proposed.title, proposed.severity, proposed.started_at, proposed.grave_since)


def _open(incident: Incident, others: int, computed: Severity) -> IncidentSummary:
    return IncidentSummary(
        incident.title,
        incident.severity if incident.severity.trouble else computed,
        incident.started_at,
        incident.declared_at,
        incident.id,
        incident.label,
        incident.lead,
        incident.communications,
        incident.mitigated_at,
        others,
    )
