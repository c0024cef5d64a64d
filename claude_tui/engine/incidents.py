"""Incidents in the engine: which one matters now, and everything recorded about one of them.

`claude_tui.incident` is imported only in functions, as the first frame must be quick.
"""

from __future__ import annotations

import asyncio
import importlib
from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from claude_tui.model.alert import AlertEntry
from claude_tui.model.incident import IncidentEntry, IncidentSummary
from claude_tui.model.outlook import PastIncident
from claude_tui.model.verdict import Verdict, VerdictChange
from claude_tui.store import (
    ACTION_REQUESTS,
    ALERT_ENTRIES,
    SEVERITY_MARKS,
    STEP_MARKS,
    VERDICT_CHANGES,
    WALK_TURNS,
)

if TYPE_CHECKING:
    from claude_tui.analysis.options import Options
    from claude_tui.incident import Incident, Proposal, Record
    from claude_tui.store import Store

__all__ = ["IncidentWatch", "known_until", "load_record", "prepare_for_incidents", "record_of"]

# Before the first failure, to show what led to it; after the end, to show whether the fix held and what the
# page posted.
_BEFORE, _AFTERWARDS = timedelta(minutes=15), timedelta(minutes=15)


# A clock that was hours off and has been corrected is ordinary; a row of another century is damage.
_MOST_AHEAD = timedelta(days=1)


async def prepare_for_incidents() -> None:
    """Imports, in a thread, what would delay the first Snapshot of an incident."""
    await asyncio.to_thread(importlib.import_module, "claude_tui.incident")


class IncidentWatch:
    """The incidents that the entries describe, computed again only when there are new entries."""

    def __init__(self, after: timedelta) -> None:
        self._after = after
        self._entries: tuple[IncidentEntry, ...] = ()
        self._incidents: tuple[Incident, ...] = ()
        self._ended_of: tuple[IncidentEntry, ...] = ()
        self._ended: tuple[PastIncident, ...] = ()

    def known(self, entries: tuple[IncidentEntry, ...]) -> tuple[Incident, ...]:
        """All incidents, in the order in which they were declared."""
        if entries is not self._entries:
            from claude_tui.incident import incidents

            self._entries, self._incidents = entries, incidents(entries)
        return self._incidents

    def proposal(
        self,
        verdict: Verdict,
        changes: Sequence[VerdictChange],
        entries: tuple[IncidentEntry, ...],
        at: datetime,
    ) -> Proposal | None:
        """The incident that is proposed at `at`; None if none is."""
        if not verdict.severity.grave:
            return None
        from claude_tui.incident import proposal

        return proposal(verdict, changes, entries, at, self._after)

    def earlier_starts(
        self, verdict: Verdict, entries: tuple[IncidentEntry, ...], at: datetime, host: str
    ) -> tuple[IncidentEntry, ...]:
        """The entry to record if the record shows an earlier start of the open incident; None if not."""
        if not entries or not verdict.severity.trouble:
            return ()
        from claude_tui.incident import earlier_starts

        return earlier_starts(self.known(entries), verdict, at, host)

    def summary(
        self, verdict: Verdict, entries: tuple[IncidentEntry, ...], proposed: Proposal | None
    ) -> IncidentSummary | None:
        """The incident to show: the one that is open, or the one that is proposed."""
        if proposed is None and not entries:
            return None
        from claude_tui.incident import summary

        return summary(self.known(entries), proposed, verdict.severity)

    def ended(self, entries: tuple[IncidentEntry, ...]) -> tuple[PastIncident, ...]:
        """The incidents that are over, most recently ended first."""
        if not entries:
            return ()
        from claude_tui.incident import ended

        if self._ended_of is not entries:
            self._ended_of, self._ended = entries, ended(self.known(entries))
        return self._ended


def known_until(entries: Iterable[IncidentEntry], now: datetime) -> datetime:
    """Now; or the last act, if the clock has gone back since, so that nothing that people did disappears."""
    return max((entry.at for entry in entries if now < entry.at <= now + _MOST_AHEAD), default=now)


def record_of(
    store: Store,
    ident: str,
    at: datetime,
    entries: Iterable[IncidentEntry],
    options: Options,
    journal: Iterable[AlertEntry] = (),
) -> Record | None:
    """The record of the incident with that id, as known at `at`; None if there is none."""
    from claude_tui.incident import incidents

    known = tuple(entry for entry in entries if entry.at <= at)
    incident = next((candidate for candidate in incidents(known) if candidate.id == ident), None)
    return None if incident is None else load_record(store, incident, at, known, options, journal)


def load_record(
    store: Store,
    incident: Incident,
    at: datetime,
    entries: tuple[IncidentEntry, ...],
    options: Options,
    journal: Iterable[AlertEntry] = (),
) -> Record:
    """Everything recorded about an incident until `at`. Reads the store, so not for a screen's thread.

    `journal` are the entries that alerting has in memory, which may not be in the store yet.
    """
    from claude_tui.incident import Record, Span

    start = incident.started_at - _BEFORE
    end = max(min(_end(incident), at), start)
    # Entries are read up to, but not including, the end.
    until = end + timedelta(microseconds=1)
    before = store.entry_in_force(VERDICT_CHANGES, start)
    alerts = [
        *store.entries(ALERT_ENTRIES, start, until),
        *(entry for entry in journal if start <= entry.at <= end),
    ]
    return Record(
        Span(start, end),
        tuple(store.observations(start, until)),
        tuple(report for report in store.status_reports(start) if report.fetched_at <= end),
        (
            *((before,) if before is not None else ()),
            *(entry for entry in store.entries(VERDICT_CHANGES, start, until) if entry != before),
        ),
        tuple(store.entries(STEP_MARKS, start, until)),
        tuple(store.entries(SEVERITY_MARKS, start, until)),
        tuple(
            sorted({(alert.key, alert.at): alert for alert in alerts}.values(), key=lambda alert: alert.at)
        ),
        tuple(store.entries(ACTION_REQUESTS, start, until)),
        entries,
        options,
        walk_turns=tuple(store.entries(WALK_TURNS, start, until)),
        traffic=tuple(store.traffic.between(incident.started_at, end, end)),
    )


def _end(incident: Incident) -> datetime:
    """Until when records belong to the incident."""
    ends = [
        instant for instant in (incident.resolved_at, incident.resolved_recorded_at) if instant is not None
    ]
    merged = [entry.at for entry in incident.entries[-1:] if incident.merged_into]
    never = datetime.max.replace(tzinfo=incident.started_at.tzinfo) - _AFTERWARDS
    return max([*ends, *merged], default=never) + _AFTERWARDS
