"""Snapshots of the past: what was known at an instant, computed again from the record.

Only what was known by then counts: exchanges that had ended, reports that had been read, entries that had
been recorded; judged under the conditions of that time.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import UTC, datetime, time, timedelta
from math import fsum
from typing import TYPE_CHECKING

from claude_tui.analysis.snapshot import build_snapshot
from claude_tui.analysis.views.incident_log import with_incident
from claude_tui.engine.conditions import Conditions
from claude_tui.engine.incidents import IncidentWatch
from claude_tui.engine.journal import recorded_events
from claude_tui.engine.notices import notices_of
from claude_tui.engine.recorded import RecordReader
from claude_tui.engine.traffic import chart_at, view_at
from claude_tui.engine.window import Window
from claude_tui.model.alert import AlertsView
from claude_tui.model.garbage import freeze_existing
from claude_tui.model.observation import Source
from claude_tui.model.past import PastView
from claude_tui.model.snapshot import (
    EngineState,
    Focus,
    Level,
    Notice,
    ProbeState,
    Snapshot,
    Spend,
)
from claude_tui.store import EXPENSES

if TYPE_CHECKING:
    from claude_tui.engine.recorded import Recorded
    from claude_tui.store import Store

__all__ = ["DAY", "QUICK", "Past"]

DAY = timedelta(hours=24)
"""What a Snapshot is computed from."""
QUICK = timedelta(minutes=65)
"""What is read for the first Snapshot: enough for all error counts. The usual latency needs a day."""
_SPARE = timedelta(hours=3)
_AHEAD = timedelta(minutes=25)
_SLACK = timedelta(minutes=5)
# If a window that only moved forward grows beyond this, a new one replaces it.
_MOST = timedelta(days=3)
# The scrubber shows this much before and after the five minutes that contain the Snapshot.
_BEFORE, _AFTER = timedelta(minutes=15), timedelta(minutes=15)
_MARK = timedelta(minutes=5)
_NOTHING = "nothing is kept of this time"
_UNKNOWN_CONDITIONS = "the settings of that time are not recorded: the current ones are used"


class Past:
    """Builds past Snapshots from a store. For one thread at a time.

    `now` is None for a store that nobody writes to any more. `conditions` are the current ones, used where
    the record has none. `incident_after` is how long a problem lasts before an incident is proposed.
    """

    def __init__(
        self,
        store: Store,
        conditions: Conditions,
        now: Callable[[], datetime] | None = None,
        *,
        incident_after: timedelta = timedelta(minutes=2),
    ) -> None:
        self._store = store
        self._conditions = conditions
        self._now = now
        self._record = RecordReader(store)
        self._incidents = IncidentWatch(incident_after)
        self._window: Window | None = None
        self._at: datetime | None = None
        self._spent: tuple[datetime, datetime, float] | None = None

    # -- where to go ---------------------------------------------------------------

    def observation_near(self, at: datetime, *, later: bool) -> datetime | None:
        """When the next exchange ended, or the previous one; None beyond the first and the last."""
        window = self._reach(at)
        found = window.observation_near(at, later=later)
        if found is not None:
            return found
        began = self._store.nearest_observation(window.high if later else window.low, later=later)
        if began is None:
            return None
        edge = began if later else began + timedelta(minutes=10)
        return self._reach(edge).observation_near(at, later=later)

    def event_near(self, at: datetime, *, later: bool) -> datetime | None:
        """When the next verdict change, act of a person, alert or page change was, or the previous one."""
        return self._record.event_near(at, later=later)

    def first(self) -> datetime | None:
        """The beginning of the record."""
        return self._store.nearest_observation(datetime(1970, 1, 1, tzinfo=UTC), later=True)

    # -- Snapshots -----------------------------------------------------------------

    @property
    def complete(self) -> bool:
        """Whether everything that the last Snapshot is computed from has been read."""
        return self._window is None or self._at is None or self._window.low <= self._at - DAY

    def snapshot(self, at: datetime, focus: Focus | None = None) -> Snapshot:
        """What was known at `at`, as far as it has been read."""
        window = self._reach(at)
        window.move_to(at)
        self._at = at
        recorded = self._record.at(at, self._until())
        conditions = recorded.conditions or self._conditions
        snapshot = build_snapshot(
            window.history,
            at,
            self._engine(window, at, recorded, conditions),
            conditions.options,
            focus,
            traffic=view_at(self._store, at, conditions.options.traffic),
        )
        entries = recorded.incident_entries
        proposed = self._incidents.proposal(snapshot.verdict, recorded.verdicts, entries, at)
        return replace(
            with_incident(
                snapshot,
                self._incidents.summary(snapshot.verdict, entries, proposed),
                self._incidents.ended(entries),
            ),
            past=self._view(window, at, conditions),
            chart=snapshot.chart or chart_at(self._store, focus, at),
        )

    def whole(self, at: datetime, focus: Focus | None = None) -> Snapshot:
        """What was known at `at`, however long reading takes."""
        snapshot = self.snapshot(at, focus)
        if self.complete:
            return snapshot
        for _ in self.completing():
            pass
        return self.snapshot(at, focus)

    def completing(self) -> Iterator[None]:
        """Reads the day before the last Snapshot in parts of bounded work."""
        at = self._at
        if at is None or self.complete:
            return
        window = Window(self._store, at - DAY - _SPARE, self._now)
        for _ in window.reading(at + _AHEAD):
            yield
        for _ in window.moving_to(at):
            yield
        self._window = window
        # A day is several 100,000 objects without cycles, which reference counts free. A full collection that
        # traverses them takes 60 ms, in the middle of a later step.
        freeze_existing()

    def _reach(self, at: datetime) -> Window:
        """A window that suffices for a first Snapshot at `at`."""
        window = self._window
        if window is None or not window.low + QUICK <= at <= min(window.high + QUICK, window.low + _MOST):
            window = self._window = Window(self._store, at - QUICK - _SLACK, self._now)
        if window.settled <= at + _AFTER + _MARK:
            window.read_until(at + _AHEAD)
        return window

    def _until(self) -> datetime:
        """The instant until which the record can be complete."""
        return self._now() if self._now is not None else datetime.max.replace(tzinfo=UTC)

    def _engine(
        self, window: Window, at: datetime, recorded: Recorded, conditions: Conditions
    ) -> EngineState:
        spend = Spend(self._spent_until(window, at), conditions.ceiling_usd)
        fixed = (
            ()
            if recorded.conditions is not None
            else (Notice("conditions", Level.INFO, _UNKNOWN_CONDITIONS, at),)
        )
        return EngineState(
            target=conditions.target,
            probes=tuple(_probe(window, source, at, conditions) for source in _probed(window, at)),
            spend=spend,
            # Problems of alerting are notices of the present; for the past, the alerts themselves show them.
            notices=notices_of(
                fixed,
                at,
                store_problem=None,
                spend=spend if recorded.conditions is not None else None,
                alerts=AlertsView(),
            ),
            demo=conditions.demo,
            speed=conditions.speed,
            credential=conditions.facts.credential,
            key_problem=conditions.facts.key_problem,
            no_key_reason=conditions.facts.no_key_reason,
            alerts=recorded.alerts,
            recorded=recorded_events(
                recorded.verdicts,
                recorded.step_marks,
                recorded.severity_marks,
                recorded.alerts.journal,
                recorded.incident_entries,
                recorded.takes,
            ),
            step_marks=recorded.step_marks,
            severity_marks=recorded.severity_marks,
            takes=recorded.takes,
            incident_entries=recorded.incident_entries,
            field_revisions=recorded.field_revisions,
        )

    def _spent_until(self, window: Window, at: datetime) -> float:
        """The cost of the UTC day until `at`."""
        midnight = datetime.combine(at.date(), time(), UTC)
        held = max(midnight, window.low)
        if self._spent is None or self._spent[:2] != (midnight, held):
            self._spent = midnight, held, self._store.cost_since(midnight, held) if midnight < held else 0.0
        just_before = held - timedelta(microseconds=1)
        known = window.history.window(Source.MESSAGES, just_before, at)
        known += window.history.window(Source.OTHER_MODELS, just_before, at)
        besides = self._store.entries(EXPENSES, midnight, at)
        return fsum(
            (
                self._spent[2],
                *(observation.cost_usd for observation in known),
                *(expense.usd for expense in besides),
            )
        )

    def _view(self, window: Window, at: datetime, conditions: Conditions) -> PastView:
        start = _rounded(at) - _BEFORE
        end = min(_rounded(at) + _MARK + _AFTER, max(_rounded(self._until_of_view(at)) + _MARK, at))
        return PastView(
            start=start,
            end=end,
            marks=self._record.marks(start, end, self._until()),
            gaps=_gaps(window, start, min(end, self._until_of_view(at)), conditions),
            complete=self.complete,
            note="" if _holds_any(window, at) else _NOTHING,
        )

    def _until_of_view(self, at: datetime) -> datetime:
        """The end of what the scrubber can show."""
        if self._now is not None:
            return max(self._now(), at)
        last = self._store.nearest_observation(datetime(9999, 1, 1, tzinfo=UTC), later=False)
        return max(last or at, at)


def _probed(window: Window, at: datetime) -> list[Source]:
    """The sources that were probed; further models only if there were any."""
    others = window.history.latest(Source.OTHER_MODELS, at) is not None
    return [source for source in Source if others or source is not Source.OTHER_MODELS]


def _probe(window: Window, source: Source, at: datetime, conditions: Conditions) -> ProbeState:
    """What the record shows about a probe: its last exchange, and whether one was under way."""
    last = window.history.latest(source, at)
    return ProbeState(
        source=source,
        interval_s=conditions.options.interval_s(source),
        next_at=None,
        running=any(observation.source is source for observation in window.in_flight(at)),
        last_at=last.at if last is not None else None,
        held_reason=conditions.facts.held if source is Source.MESSAGES else None,
    )


def _holds_any(window: Window, at: datetime) -> bool:
    """False if nobody probed in the hour before, or if those observations have been dropped since."""
    return any(window.history.latest(source, at) is not None for source in Source)


def _rounded(at: datetime) -> datetime:
    """The beginning of the five minutes that contain `at`."""
    return at - timedelta(minutes=at.minute % 5, seconds=at.second, microseconds=at.microsecond)


def _gaps(
    window: Window, start: datetime, end: datetime, conditions: Conditions
) -> tuple[tuple[datetime, datetime], ...]:
    """The parts of a span in which nobody probed."""
    longest = timedelta(seconds=min(conditions.options.stale_after_s(source) for source in Source))
    gaps: list[tuple[datetime, datetime]] = []
    last = start
    for began, ended in window.observed_between(start - longest, end + longest):
        if began - last > longest:
            gaps.append((last, min(began, end)))
        last = max(last, ended)
    if end - last > longest:
        gaps.append((last, end))
    return tuple(gap for gap in gaps if gap[0] < gap[1])
