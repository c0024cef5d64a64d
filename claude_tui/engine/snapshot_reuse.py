"""Whether the views of the newest Snapshot can be used again, instead of building new ones.

What a process shows, records, pages and logs changes when data arrives, when alerts or figures are due, or
when the verdict changes with time. In between, only the verdict has to be computed.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from claude_tui.engine.collector_state import are_apart
from claude_tui.model.alert import AlertsView
from claude_tui.model.level import Level
from claude_tui.model.snapshot import EngineState, Notice, ProbeState, Snapshot
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
        shown = self.snapshot.engine
        return (
            engine.alerts == self.alerts
            and _texts(engine.notices) == _texts(shown.notices)
            and _are_held_alike(engine.probes, shown.probes)
            and replace(engine, probes=shown.probes, notices=shown.notices, alerts=shown.alerts) == shown
        )

    def has_verdict(self, verdict: Verdict) -> bool:
        """Whether it shows that verdict, apart from the wording."""
        return _key(verdict) == _key(self.snapshot.verdict)


def _texts(notices: Iterable[Notice]) -> list[tuple[str, Level, str]]:
    return [(notice.key, notice.level, notice.text) for notice in notices]


def _are_held_alike(some: Sequence[ProbeState], others: Sequence[ProbeState]) -> bool:
    """Whether they differ at most in the times of their rounds.

    Only the header shows those, and it is drawn anyway.
    """
    return len(some) == len(others) and not any(
        _without_times(one) != _without_times(other) or are_apart(one.held_until, other.held_until)
        for one, other in zip(some, others, strict=True)
    )


def _without_times(probe: ProbeState) -> tuple[object, ...]:
    return probe.source, probe.interval_s, probe.held_reason


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
