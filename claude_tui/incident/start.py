"""The start of an incident follows the record: a first failure may only be known after the declaration.

A request that times out, answers that are slow, or a verdict that takes a few failures: the trouble began
before anybody, or the program, declared it. What a person typed as the start stays.
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
    """What to record where the trouble of the verdict began before the incident that is open did.

    It is of the incident if it began before the declaration, and after the end of the incident before. A
    clock that has gone back behind the declaration tells nothing about what was before.
    The ids follow from incident and start: when two processes record the same one, it is there once.
    """
    since = verdict.since
    if since is None or not verdict.severity.trouble:
        return ()
    all_incidents = tuple(known)
    if any(each.resolved_at is not None and since <= each.resolved_at for each in all_incidents):
        return ()
    return tuple(
        IncidentEntry(
            at,
            sha256(f"started\n{each.id}\n{since.isoformat()}".encode()).hexdigest()[:32],
            each.id,
            IncidentAct.CORRECTED,
            since,
            PROGRAM,
            host,
            _WHY,
            "started",
        )
        for each in all_incidents
        if each.is_open and each.start_follows and since < each.started_at and since <= each.declared_at <= at
    )
