"""Publishes a Snapshot of the collected data once a second, and evaluates the alerts with it."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine, Iterator
from dataclasses import replace
from datetime import datetime
from typing import Any

from claude_tui.analysis.options import Options
from claude_tui.analysis.snapshot import build_snapshot
from claude_tui.engine.collector import Collector
from claude_tui.engine.journal import Journal
from claude_tui.engine.notices import fault_text, notices_of
from claude_tui.engine.paging import Paging
from claude_tui.engine.setup import Monitored
from claude_tui.model.alert import AlertsView
from claude_tui.model.playbook import SeverityMark, StepMark
from claude_tui.model.snapshot import EngineState, Focus, Level, Notice, Snapshot
from claude_tui.probes.clock import Clock

__all__ = ["Publish", "Publisher"]

Publish = Callable[[Snapshot], None]

TICK_S = 1.0
FOLLOW_S = 1.0


class Publisher:
    """The publishing half of the engine: Snapshots, the journal, and the alerts.

    Used in the engine's thread only, except for `load` and `snapshot` before the start, and `focus`, which
    any thread may set.
    """

    def __init__(
        self,
        collector: Collector,
        monitored: Monitored,
        options: Options,
        journal: Journal,
        paging: Paging | None,
        clock: Clock,
    ) -> None:
        self.focus: Focus | None = None
        """What a zoomed screen needs in `Snapshot.chart`."""
        self._collector = collector
        self._monitored = monitored
        self._options = options
        self._journal = journal
        self._paging = paging
        self._clock = clock
        self._key_notices = monitored.key.notices(clock.now())
        self._newest: Snapshot | None = None
        self._is_frozen = False
        self._wake = asyncio.Event()

    def load(self) -> None:
        """Loads verdicts and marks from the store. Fast."""
        self._journal.load(self._clock.now())

    def snapshot(self) -> Snapshot:
        """The current Snapshot."""
        now = self._clock.now()
        return build_snapshot(
            self._collector.memory.history, now, self._state(now), self._options, self.focus
        )

    def workers(self, publish: Publish) -> Iterator[Coroutine[Any, Any, None]]:
        """Tasks that run concurrently until cancelled."""
        yield self._tick_forever(publish)
        yield self._follow_marks()
        if self._paging is not None:
            yield self._paging.run()

    # -- commands --------------------------------------------------------------

    def show_now(self) -> None:
        """Publishes at once instead of waiting for the next tick."""
        self._wake.set()

    def add_step_mark(self, mark: StepMark) -> None:
        self._journal.step_marked(mark)
        self.show_now()

    def add_severity_mark(self, mark: SeverityMark) -> None:
        self._journal.severity_marked(mark)
        self.show_now()

    def acknowledge(self, group: str | None, *, by: str, reason: str) -> None:
        if self._paging is not None:
            self._paging.acknowledge(group, by=by, reason=reason)
            self.show_now()

    def snooze(self, group: str | None, *, by: str, until: datetime) -> None:
        if self._paging is not None:
            self._paging.snooze(group, by=by, until=until)
            self.show_now()

    # -- internals ------------------------------------------------------------

    async def _tick_forever(self, publish: Publish) -> None:
        while True:
            self._tick(publish)
            # On the whole second, so that the clock on screen never skips one.
            pause = TICK_S - self._clock.now().timestamp() % TICK_S
            try:
                await asyncio.wait_for(self._wake.wait(), pause)
            except TimeoutError:
                continue
            self._wake.clear()

    def _tick(self, publish: Publish) -> None:
        """Publishes one Snapshot. An internal error is published once, and the next tick tries again."""
        try:
            snapshot = self._newest = self.snapshot()
            self._journal.note_verdict(snapshot.verdict, snapshot.at)
            if self._paging is not None:
                self._paging.evaluate(snapshot, self._collector.memory.history, self._options)
        except Exception as error:  # noqa: BLE001 - a dashboard must not stop silently
            if not self._is_frozen and self._newest is not None:
                publish(self._frozen(self._newest, error))
            self._is_frozen = True
        else:
            self._is_frozen = False
            publish(snapshot)

    def _frozen(self, newest: Snapshot, error: Exception) -> Snapshot:
        """The last good Snapshot, with a notice that it is no longer updated."""
        text = f"the display is frozen at {newest.at:%H:%M:%S}: {fault_text(error)}"
        notices = (*newest.engine.notices, Notice("picture", Level.BAD, text, self._clock.now()))
        return replace(newest, engine=replace(newest.engine, notices=notices))

    async def _follow_marks(self) -> None:
        """Reads the marks of others who share the store. A hanging disk blocks nothing else."""
        while True:
            await self._journal.follow(self._clock.now())
            await asyncio.sleep(FOLLOW_S)

    def _state(self, now: datetime) -> EngineState:
        collector, demo, key = self._collector, self._monitored.demo, self._monitored.key
        spend = collector.spend
        alerts = self._paging.view if self._paging is not None else AlertsView()
        fixed = self._key_notices
        if collector.failure is not None:
            fixed = (*fixed, collector.failure)
        problem = collector.memory.store.problem
        return EngineState(
            target=collector.target,
            probes=collector.probes,
            spend=spend,
            notices=notices_of(fixed, now, store_problem=problem, spend=spend, alerts=alerts),
            demo=demo.name if demo is not None else None,
            speed=demo.speed if demo is not None else 1.0,
            credential=key.variable,
            key_problem=key.suspect,
            key_lack=key.lack,
            alerts=alerts,
            recorded=self._journal.events(alerts),
            step_marks=self._journal.step_marks,
            severity_marks=self._journal.severity_marks,
        )
