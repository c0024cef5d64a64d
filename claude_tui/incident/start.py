"""The start of an incident follows the record, as a first failure may become known after the declaration.

A request that times out, slow responses, or a verdict that takes a few failures: the problem began before
anybody, or the program, declared it. A start that a person typed is kept.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from hashlib import sha256

from claude_tui.incident.values import Incident
from claude_tui.model.incident import PROGRAM, IncidentAct, IncidentEntry
from claude_tui.model.verdict import Verdict

__all__ = ["earlier_starts"]

_WHY = "the first failure, by the record"


def earlier_starts(
    known: Iterable[Incident], verdict: Verdict, at: datetime, host: str
) -> tuple[IncidentEntry, ...]:
    """The entries to record if the problem of the verdict began before the open incident did.

    The problem belongs to the incident if it began before the declaration, and after the end of the previous
    incident. If the clock has gone back behind the declaration, nothing can be concluded about the time
    before. The ids are derived from incident and start: if two processes record the same one, it is there
    once.
    """
    since = verdict.since
    if since is None or not verdict.severity.trouble:
        return ()
    all_incidents = tuple(known)
    if any(incident.resolved_at is not None and since <= incident.resolved_at for incident in all_incidents):
        return ()
    return tuple(
        IncidentEntry(
            at,
            sha256(f"started\n{incident.id}\n{since.isoformat()}".encode()).hexdigest()[:32],
            incident.id,
            IncidentAct.CORRECTED,
            since,
            PROGRAM,
            host,
            _WHY,
            "started",
        )
        for incident in all_incidents
        if incident.is_open
        and incident.start_follows
        and since < incident.started_at
        and since <= incident.declared_at <= at
    )
