"""Whether the views of the newest Snapshot can be used again, instead of building new ones.

What a process shows, records, pages and logs changes when data arrives, when alerts or figures are due, or
when the verdict changes with time. In between, only the verdict has to be computed.
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

__all__ = ["VERDICT_INTERVAL", "VIEWS_INTERVAL", "BuiltSnapshot"]

VIEWS_INTERVAL = timedelta(seconds=12)
"""The views are built again at least this often, even if nothing has changed."""

VERDICT_INTERVAL = timedelta(seconds=4)
"""The verdict is computed again this often while no data arrives."""

_COUNTDOWN = timedelta(minutes=2)
_PLENTY = frozenset({Level.OK, Level.INFO, Level.UNKNOWN})


@dataclass(frozen=True, slots=True)
class BuiltSnapshot:
    """The newest Snapshot that was built in full, and its inputs."""

    snapshot: Snapshot
    version: int
    """The version of the history."""
    alerts: AlertsView
    """The alerts, evaluated after it was built."""

    @property
    def has_no_low_limit(self) -> bool:
        """Whether no limit is low or about to run out, so no countdown has to be shown."""
        return all(
            bucket.level in _PLENTY and (bucket.exhausted_in is None or bucket.exhausted_in > _COUNTDOWN)
            for bucket in self.snapshot.headroom.buckets
        )

    def has_data(self, at: datetime, version: int, traffic: TrafficView | None) -> bool:
        """Whether a Snapshot at `at` would show the same data, and need not be built for its age."""
        return (
            timedelta() <= at - self.snapshot.at < VIEWS_INTERVAL
            and version == self.version
            and traffic is self.snapshot.traffic
        )

    def has_state(self, engine: EngineState) -> bool:
        """Whether it shows that state of the engine, apart from the times of the probes."""
        return not _differ(engine, replace(self.snapshot.engine, alerts=self.alerts))

    def has_verdict(self, verdict: Verdict) -> bool:
        """Whether it shows that verdict, apart from the wording."""
        return _key(verdict) == _key(self.snapshot.verdict)


def _differ(one: EngineState, other: EngineState) -> bool:
    notices, before = (
        [(notice.key, notice.level, notice.text) for notice in state.notices] for state in (one, other)
    )
    return (
        notices != before
        or probes_differ(_without_schedule(one.probes), _without_schedule(other.probes))
        or replace(one, probes=(), notices=()) != replace(other, probes=(), notices=())
    )


def _without_schedule(probes: Sequence[ProbeState]) -> list[ProbeState]:
    """Without the times of the rounds, which only the header shows, and it is drawn anyway."""
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
