"""Whether a new Snapshot would tell more than the newest one.

What a process shows, records, pages and logs changes when something arrives, when alerts or figures are due,
or when the verdict changes as time passes. In between, the verdict is all that has to be worked out.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from claude_tui.engine.collector_state import probes_differ
from claude_tui.model.alert import AlertsView
from claude_tui.model.level import Level
from claude_tui.model.snapshot import EngineState, ProbeState, Snapshot
from claude_tui.model.traffic_view import TrafficView
from claude_tui.model.verdict import Verdict

__all__ = ["AT_LEAST_EVERY", "LOOK_EVERY", "Seen"]

AT_LEAST_EVERY = timedelta(seconds=5)
"""How old the views of the newest Snapshot get, whatever happens."""

LOOK_EVERY = timedelta(seconds=4)
"""How long nobody looks at the verdict while nothing arrives."""

_COUNTED = timedelta(minutes=2)
_EASY = frozenset({Level.OK, Level.INFO, Level.UNKNOWN})


@dataclass(frozen=True, slots=True)
class Seen:
    """The newest Snapshot, and what it was made of."""

    snapshot: Snapshot
    version: int
    """The version of the history."""
    alerts: AlertsView
    """The alerts as evaluated since."""

    @property
    def limits_last(self) -> bool:
        """Whether no limit is low or about to run out, so that nobody counts the seconds."""
        return all(
            bucket.level in _EASY and (bucket.exhausted_in is None or bucket.exhausted_in > _COUNTED)
            for bucket in self.snapshot.headroom.buckets
        )

    def covers(self, at: datetime, version: int, engine: EngineState, traffic: TrafficView | None) -> bool:
        """Whether a Snapshot at `at` would be made of the same."""
        return (
            timedelta() <= at - self.snapshot.at < AT_LEAST_EVERY
            and version == self.version
            and traffic is self.snapshot.traffic
            and not _differ(engine, replace(self.snapshot.engine, alerts=self.alerts))
        )

    def tells(self, verdict: Verdict) -> bool:
        """Whether it has that verdict, except for its wording."""
        return _key(verdict) == _key(self.snapshot.verdict)


def _differ(one: EngineState, other: EngineState) -> bool:
    said, before = (
        [(notice.key, notice.level, notice.text) for notice in state.notices] for state in (one, other)
    )
    return (
        said != before
        or probes_differ(_apart_from_rounds(one.probes), _apart_from_rounds(other.probes))
        or replace(one, probes=(), notices=()) != replace(other, probes=(), notices=())
    )


def _apart_from_rounds(probes: Sequence[ProbeState]) -> list[ProbeState]:
    """Without what only the header shows, which is drawn in any case."""
    return [replace(probe, running=False, last_at=None, next_at=None) for probe in probes]


def _key(verdict: Verdict) -> tuple[object, ...]:
    return (
        verdict.cause,
        verdict.side,
        verdict.severity,
        verdict.since,
        verdict.checking,
        verdict.recovery is None,
        verdict.taken,
        verdict.page,
        verdict.also,
        verdict.bucket,
        verdict.scope,
        verdict.computed,
    )
