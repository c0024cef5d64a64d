"""Publishes a Snapshot of the known data once a second; in the collector it also evaluates the alerts.

While nothing but time passes, it does so less often and uses most of the newest Snapshot again; where nobody
watches, it publishes nothing at all.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from math import ceil, floor
from typing import TYPE_CHECKING

from claude_tui.analysis.snapshot import build_snapshot, verdict_at, with_current_limits
from claude_tui.analysis.views.incident_log import with_incident
from claude_tui.engine.collector_state import KEPT_AS, AlertingFacts, CollectorState
from claude_tui.engine.components import Components
from claude_tui.engine.conditions import Conditions, ConditionsRecorder
from claude_tui.engine.identity import host_name
from claude_tui.engine.incidents import IncidentWatch, known_until, record_of
from claude_tui.engine.notices import fault_text, notices_of, of_installation, of_sharing
from claude_tui.engine.setup import DemoMode
from claude_tui.engine.snapshot_reuse import VERDICT_INTERVAL, BuiltSnapshot
from claude_tui.engine.status_line import StatusLineKeeper
from claude_tui.engine.viewer import idle
from claude_tui.model.alert import AlertsView
from claude_tui.model.installation import installation
from claude_tui.model.outlook import Uptime
from claude_tui.model.snapshot import EngineState, Focus, Level, Notice, Snapshot
from claude_tui.model.verdict import Verdict
from claude_tui.model.watching import Watching

if TYPE_CHECKING:
    from claude_tui.incident import Proposal, Record
    from claude_tui.settings import Settings

__all__ = ["Incidents", "Publish", "Publisher"]

Publish = Callable[[Snapshot], None]

TICK_S = 1.0
# In the whole second in which the interval ends.
_VERDICT_DUE = VERDICT_INTERVAL - timedelta(seconds=TICK_S / 2)
# A screen asks for the instant of the Snapshot on it, which is slightly old.
_IS_NOW = timedelta(seconds=10)


@dataclass(frozen=True, slots=True)
class Incidents:
    """When incidents are proposed, and whether the program declares them itself."""

    after: timedelta
    """How long the verdict must stay P1 or P2."""
    auto_declare: bool
    """Whether a proposed incident is declared automatically."""
    host: str
    """The name of this machine, recorded with the program's acts."""

    @classmethod
    def of(cls, settings: Settings) -> Incidents:
        return cls(timedelta(seconds=settings.incident_after_s), settings.auto_declare, host_name())


class Publisher:
    """The publishing half of the engine.

    Used in the engine's thread only, except for `snapshot` before the start, and `focus`, which any thread
    may set.
    """

    def __init__(
        self,
        components: Components,
        incidents: Incidents,
        demo: DemoMode | None = None,
        *,
        watched: bool = True,
    ) -> None:
        """`watched` says whether a screen shows what is published."""
        self.focus: Focus | None = None
        """What a zoomed screen needs in `Snapshot.chart`."""
        self.collects = components.attendance is None
        """Whether this process collects, or shows what another process collects."""
        self.uptime: Uptime | None = None
        """The uptime of the last 30 days, as last counted."""
        self.unread: str | None = None
        """Why the records of other processes cannot be read, if they cannot."""
        self._collector = components.collector
        components.collector.memory.on_change = self.look_soon
        self._viewer = components.viewer
        self._demo = demo
        self._options = components.options
        self._journal = components.journal
        self._paging = components.paging
        self._attendance = components.attendance
        self._clock = components.clock
        self._incidents = incidents
        self._traffic = components.traffic
        self._watch = IncidentWatch(incidents.after)
        self._proposal: Proposal | None = None
        self._conditions = ConditionsRecorder(components.collector.memory.store)
        self._status_line = StatusLineKeeper(components.collector.memory.store)
        self._newest: Snapshot | None = None
        self._watched = watched
        self._built: BuiltSnapshot | None = None
        self._shows_all = False
        self._is_frozen = False
        self._own: CollectorState | None = None
        self._stored_state: CollectorState | None = None
        self._wake = asyncio.Event()
        self._is_urgent = False

    def snapshot(self) -> Snapshot:
        """The current Snapshot."""
        now = self._clock.now()
        state = self._state(now)
        snapshot = build_snapshot(
            self._collector.memory.history,
            now,
            state,
            self._options,
            self.focus,
            traffic=self._traffic.view(now),
        )
        verdict, entries = snapshot.verdict, state.incident_entries
        self._proposal = self._watch.proposal(verdict, self._journal.verdicts, entries, now)
        incident = self._watch.summary(verdict, entries, self._proposal)
        shown = with_incident(snapshot, incident, self._watch.ended(entries))
        return replace(shown, chart=snapshot.chart or self._traffic.chart(self.focus, now))

    @property
    def conditions(self) -> Conditions:
        """The conditions of the newest Snapshot. Any thread may call it."""
        newest = self._newest
        return Conditions.of(newest.engine, self._options) if newest else Conditions(self._options)

    @property
    def alerts(self) -> AlertsView:
        """The alerts as this process, or else the collector, evaluated them last."""
        if not self.collects:
            return self._viewer.alerts
        return self._paging.view if self._paging is not None else AlertsView()

    def incident_record(self, ident: str, at: datetime | None = None) -> Record | None:
        """Everything recorded until `at`, or until now, about the incident with that id; None if there is
        none.

        Reads the store, in whichever thread calls.
        """
        now, entries = self._clock.now(), self._journal.incident_entries
        if at is None or at > now - _IS_NOW:
            at = known_until(entries, now)
        journal = self._paging.view.journal if self._paging is not None else ()
        return record_of(self._collector.memory.store, ident, at, entries, self._options, journal)

    def show_now(self) -> None:
        """Publishes at once instead of waiting for the next tick."""
        self._built = None
        self._is_urgent = True
        self._wake.set()

    def look_soon(self) -> None:
        """Looks at the next whole second whether there is something to publish."""
        self._wake.set()

    # -- internals ------------------------------------------------------------

    async def run(self, publish: Publish) -> None:
        """Publishes until cancelled: once a second, less often while nothing is new."""
        while True:
            self.tick(publish)
            await self._next_turn()

    async def _next_turn(self) -> None:
        """Waits for `show_now`, or until the next whole second with something to do.

        On the whole second, so that the clock on screen never skips one.
        """
        looked_at = self._clock.now()
        while not self._is_urgent:
            woken = await self._is_woken(self._pause_s(looked_at))
            if not (woken or self._may_wait(looked_at)):
                break
        self._is_urgent = False

    def _pause_s(self, looked_at: datetime) -> float:
        """The seconds until there may be something to do, unless data arrives or `show_now` is called."""
        now = self._clock.now().timestamp()
        due = floor(now) + TICK_S
        # The clock of a demo may be faster than that of the event loop, and figures of own traffic get old.
        if self._may_wait(looked_at) and self._demo is None and not self._traffic.is_recorded:
            due = max(due, ceil((looked_at + _VERDICT_DUE).timestamp()))
        return due - now

    async def _is_woken(self, within_s: float) -> bool:
        """Waits for new data or `show_now`, and returns whether either came in time."""
        try:
            async with asyncio.timeout(within_s):
                await self._wake.wait()
        except TimeoutError:
            return False
        self._wake.clear()
        return True

    def _is_complete(self, snapshot: Snapshot) -> bool:
        """Whether that Snapshot shows everything: no alert, incident or event has changed since."""
        shown, alerts, journal = snapshot.engine, self.alerts, self._journal
        return (
            alerts.journal == shown.alerts.journal
            and [alert.status for alert in alerts.alerts] == [alert.status for alert in shown.alerts.alerts]
            and journal.incident_entries == shown.incident_entries
            and journal.events(alerts) == shown.recorded
        )

    def _may_wait(self, looked_at: datetime) -> bool:
        """Whether all changes are published, no data has arrived, and the verdict is recent."""
        built, now = self._built, self._clock.now()
        if built is None or not (self._shows_all and self._may_reuse_views(built)):
            return False
        version = self._collector.memory.history.version
        return (
            built.version == version
            and self._traffic.view(now) is built.snapshot.traffic
            and timedelta() <= now - looked_at < _VERDICT_DUE
        )

    def _may_reuse_views(self, built: BuiltSnapshot) -> bool:
        """Whether the screen does not need new views each second, or there is no screen."""
        return not self._watched or (self.focus is None and built.has_no_low_limit)

    def tick(self, publish: Publish) -> None:
        """Publishes one Snapshot. An internal error is published once, and the next tick tries again."""
        try:
            reused = self._with_reused_views()
            if reused is not None:
                self._follow_up(reused)
                if self._watched:
                    self._newest = reused
                    publish(reused)
                return
            version = self._collector.memory.history.version
            snapshot = self._newest = self.snapshot()
            if self.collects:
                self._judge(snapshot)
            self._built = BuiltSnapshot(snapshot, version, self.alerts)
            self._shows_all = self._is_complete(snapshot)
        except Exception as error:  # noqa: BLE001 - a dashboard must not stop silently
            self._built = None
            if not self._is_frozen and self._newest is not None:
                publish(self._frozen(self._newest, error))
            self._is_frozen = True
        else:
            self._is_frozen = False
            publish(snapshot)

    def _with_reused_views(self) -> Snapshot | None:
        """The newest Snapshot with the current verdict and state.

        None if a new one has to be built, as something to show, record, page or log has changed.
        """
        built = self._built
        if built is None or not self._may_reuse_views(built):
            return None
        now, history = self._clock.now(), self._collector.memory.history
        traffic = self._traffic.view(now)
        if not built.has_data(now, history.version, traffic) or not built.has_state(
            state := self._state(now)
        ):
            return None
        verdict = verdict_at(history, now, state, self._options, traffic)
        if not built.has_verdict(verdict) or self._changes_record(verdict, state, now):
            return None
        return replace(built.snapshot, at=now, engine=state, verdict=verdict, panels_at=built.snapshot.at)

    def _changes_record(self, verdict: Verdict, state: EngineState, now: datetime) -> bool:
        """Whether that verdict is new to the journal, or proposes an incident or withdraws the proposal."""
        if not self.collects:
            return False
        if self._journal.is_new(verdict, now):
            return True
        proposal = self._watch.proposal(verdict, self._journal.verdicts, state.incident_entries, now)
        return (proposal is None) != (self._proposal is None)

    def _follow_up(self, reused: Snapshot) -> None:
        """Evaluates the alerts and keeps the status line, if either is due."""
        self._shows_all = True
        if not self.collects:
            return
        at, verdict = reused.at, reused.verdict
        alerts_due = self._paging is not None and self._paging.is_due(at, verdict)
        if alerts_due or (self._attendance is not None and self._status_line.is_due(at)):
            self._judge(with_current_limits(reused, self._collector.memory.history, self._options))
            if self._built is not None:
                self._built = replace(self._built, alerts=self.alerts)
            self._shows_all = self._is_complete(reused)
        elif self._attendance is not None:
            self._store_state(self.alerts)

    def _judge(self, snapshot: Snapshot) -> None:
        """What only the collector may do."""
        self._conditions.note(snapshot.engine, self._options, snapshot.at)
        self._journal.note_verdict(snapshot.verdict, snapshot.at)
        self._declare(snapshot.at)
        for entry in self._watch.earlier_starts(
            snapshot.verdict, snapshot.engine.incident_entries, snapshot.at, self._incidents.host
        ):
            self._journal.append(entry)
        if self._paging is not None:
            self._paging.evaluate(snapshot, self._collector.memory.history, self._options)
        if self._attendance is not None:
            self._store_state(self.alerts)
            self._status_line.note(snapshot)

    def _store_state(self, alerts: AlertsView) -> None:
        """Stores the state for viewers if it has changed, with the alerts evaluated since."""
        state = replace(self._own or self._collector_state(), alerting=AlertingFacts.of(alerts))
        if state.differs(self._stored_state):
            self._stored_state = state
            self._collector.memory.store.keep(KEPT_AS, state.encode())

    def _declare(self, at: datetime) -> None:
        """Declares the proposed incident, if the settings say so."""
        if self._incidents.auto_declare and self._proposal is not None:
            from claude_tui.incident import declaration

            target = self._collector.target.base_url
            for entry in declaration(self._proposal, target, at, self._incidents.host):
                self._journal.append(entry)

    def _frozen(self, newest: Snapshot, error: Exception) -> Snapshot:
        """The last good Snapshot, with a notice that it is no longer updated."""
        text = f"the display is frozen at {newest.at:%H:%M:%S}: {fault_text(error)}"
        notices = (*newest.engine.notices, Notice("picture", Level.BAD, text, self._clock.now()))
        return replace(newest, engine=replace(newest.engine, notices=notices))

    def _collector_state(self) -> CollectorState:
        return self._collector.state(AlertingFacts.of(self.alerts))

    def _state(self, now: datetime) -> EngineState:
        watching = self._attendance.watching if self._attendance is not None else Watching()
        own = self._own = self._collector_state()
        recorded = own if self.collects else self._viewer.state
        state = own if self.collects else idle(recorded or own, watching)
        alerts = self.alerts
        problem = self._collector.memory.store.problem
        notices = (
            *state.notices,
            *of_sharing(watching, recorded, now),
            *of_installation(installation(), now),
        )
        if self.unread is not None:
            notices = (*notices, Notice("sharing", Level.BAD, self.unread, now))
        return EngineState(
            target=state.target,
            probes=state.probes,
            spend=state.spend,
            notices=notices_of(notices, now, store_problem=problem, spend=state.spend, alerts=alerts),
            demo=self._demo.name if self._demo is not None else None,
            speed=self._demo.speed if self._demo is not None else 1.0,
            credential=state.credential,
            key_problem=state.key_problem,
            no_key_reason=state.no_key_reason,
            alerts=alerts,
            recorded=self._journal.events(alerts),
            step_marks=self._journal.step_marks,
            severity_marks=self._journal.severity_marks,
            takes=self._journal.takes,
            incident_entries=self._journal.incident_entries,
            field_revisions=self._journal.field_revisions,
            watching=watching,
            drill=self._demo is not None and self._demo.drill,
            uptime=self.uptime,
        )
