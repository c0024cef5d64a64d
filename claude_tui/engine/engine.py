"""Runs sources, store and analysis, and publishes one immutable Snapshot a second.

The engine lives in a thread of its own with its own event loop, so that neither a slow screen nor a
busy probe holds the other up. It knows nothing of Textual and prints nothing.
"""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import UTC, datetime, time, timedelta
from random import Random
from typing import TYPE_CHECKING

from claude_tui.analysis.history.history import History
from claude_tui.analysis.snapshot import build_snapshot
from claude_tui.engine.journal import Journal
from claude_tui.engine.lease import Lease
from claude_tui.engine.notices import notices_of, told_fault, unstarted
from claude_tui.engine.paging import OpenAlerting, Paging, StoreBackend
from claude_tui.engine.sources import Endpoint, Pace, make_plans, options_from, pick_model
from claude_tui.model.alert import AlertsView
from claude_tui.model.format import clock
from claude_tui.model.observation import Source
from claude_tui.model.playbook import SeverityMark, StepMark
from claude_tui.model.snapshot import EngineState, Focus, KeyLack, Level, Notice, Snapshot, Target
from claude_tui.model.text import Redactor
from claude_tui.probes.budget import Budget
from claude_tui.probes.clock import Clock, SystemClock

if TYPE_CHECKING:
    from claude_tui.probes.report import Report
    from claude_tui.probes.schedule import Schedule
    from claude_tui.settings import Settings
    from claude_tui.store import Store

__all__ = ["Engine"]

FIRST_FRAME_SPAN = timedelta(hours=1)
IN_MEMORY_SPAN = timedelta(hours=24)
KEEP_HOUSE_S = 600.0
TICK_S = 1.0
FOLLOW_S = 1.0


class Engine:
    """The running program without a screen.

    `open_endpoint` is called once, in the engine's thread. `publish` (see `start`) is called from
    that thread too, and `open_alerting`, without which nothing is alerted, in a thread of its own; who
    holds `pager_lock` pages. What is older than `in_memory` is in the store alone. What stands under
    "from any thread" may be called from any.
    """

    def __init__(
        self,
        settings: Settings,
        target: Target,
        store: Store,
        open_endpoint: Callable[[], Endpoint],
        *,
        pace: Pace,
        clock: Clock | None = None,
        random: Random | None = None,
        demo: str | None = None,
        speed: float = 1.0,
        notices: Sequence[Notice] = (),
        key_problem: str | None = None,
        key_lack: KeyLack | None = None,
        open_alerting: OpenAlerting | None = None,
        pager_lock: Lease | None = None,
        in_memory: timedelta = IN_MEMORY_SPAN,
    ) -> None:
        self.settings = settings
        self.target = target
        self.store = store
        self.history = History()
        self.pace = pace
        self._open_endpoint = open_endpoint
        self._clock: Clock = clock or SystemClock()
        self._random = random or Random()
        self._demo = demo
        self._speed = speed
        self._in_memory = in_memory
        self._options = options_from(settings, pace)
        self._fixed_notices = tuple(notices)
        self._key_problem, self._key_lack = key_problem, key_lack
        self._journal = Journal(store)
        keeper = StoreBackend(store, target.base_url, self._clock.now)
        self._paging = Paging(open_alerting, keeper, pager_lock) if open_alerting is not None else None
        self._loaded_from = self._clock.now()
        self._budget = Budget(settings.daily_ceiling_usd, clock=self._clock)
        self._schedule: Schedule | None = None
        self._models_tried = False
        self._failure: Notice | None = None
        self._focus: Focus | None = None
        self._newest: Snapshot | None = None
        self._redactor = Redactor()
        self._stuck = False
        self._loop: asyncio.AbstractEventLoop | None = None
        self._stopping: asyncio.Event | None = None
        self._wake: asyncio.Event | None = None
        self._thread: threading.Thread | None = None
        self._asked_to_stop = threading.Event()

    # -- before the first frame ------------------------------------------------

    def first_snapshot(self) -> Snapshot:
        """What the store knows of the last hour, as the first frame. Quick: no probe, no network."""
        now = self._clock.now()
        self._loaded_from = now - FIRST_FRAME_SPAN
        self._budget = Budget(
            self.settings.daily_ceiling_usd,
            clock=self._clock,
            spent_usd=self.store.cost_since(datetime.combine(now.date(), time(), UTC)),
        )
        self.history.extend(self.store.observations(self._loaded_from))
        for status in self.store.status_reports(self._loaded_from):
            self.history.add_status(status)
        if (catalogue := self.store.latest_catalogue()) is not None:
            self.history.add_catalogue(catalogue)
        self._journal.load(now)
        return self.snapshot()

    def snapshot(self) -> Snapshot:
        """The Snapshot of this instant."""
        now = self._clock.now()
        return build_snapshot(self.history, now, self._state(now), self._options, self._focus)

    # -- from any thread -------------------------------------------------------

    def start(self, publish: Callable[[Snapshot], None]) -> None:
        """Begin probing and publishing in a thread of its own."""
        thread = threading.Thread(target=self._run_thread, args=(publish,), name="engine", daemon=True)
        thread.start()
        # Only now: a `stop` from another thread must never join one that has not started.
        self._thread = thread

    def stop(self, timeout_s: float = 2.0) -> None:
        """End probing and put what is left into the store. Waits at most `timeout_s` for the thread."""
        self._asked_to_stop.set()
        self._call(lambda: self._stopping.set() if self._stopping else None)
        if self._thread is not None:
            self._thread.join(timeout_s)
        self.store.close(timeout_s)

    def probe_now(self) -> None:
        """Probe everything at once, because a person asked."""
        self._call(self._probe_now)

    def mark_step(self, mark: StepMark) -> None:
        """Keep what somebody did with a step of a playbook, for everyone who watches the same store."""
        clean = self._redactor.clean
        kept = replace(mark, by=clean(mark.by), note=clean(mark.note))
        self.store.write(kept)
        self._call(lambda: self._shared(lambda: self._journal.step_marked(kept)))

    def mark_severity(self, mark: SeverityMark) -> None:
        """Keep the severity that somebody set, for everyone who watches the same store."""
        clean = self._redactor.clean
        kept = replace(mark, by=clean(mark.by), why=clean(mark.why))
        self.store.write(kept)
        self._call(lambda: self._shared(lambda: self._journal.severity_marked(kept)))

    def acknowledge(self, group: str | None, *, by: str, reason: str) -> None:
        """Take on an open group of alerts, or all of them with None."""
        if (paging := self._paging) is not None:
            name, why = self._redactor.clean(by), self._redactor.clean(reason)
            self._call(lambda: self._shared(lambda: paging.acknowledge(group, by=name, reason=why)))

    def snooze(self, group: str | None, *, by: str, until: datetime) -> None:
        """Quiet for a group of alerts, or for all, until then; an instant that has passed ends it."""
        if (paging := self._paging) is not None:
            name = self._redactor.clean(by)
            self._call(lambda: self._shared(lambda: paging.snooze(group, by=name, until=until)))

    def set_focus(self, focus: Focus | None) -> None:
        """What a zoomed screen wants in `Snapshot.chart`; None when it closes."""
        self._focus = focus
        self._call(self._show_now)

    # -- in the engine's thread ------------------------------------------------

    def _call(self, action: Callable[[], object]) -> None:
        loop = self._loop
        if loop is None or loop.is_closed():
            return
        # The loop may close between the check and the call: then there is nobody left to tell.
        try:
            loop.call_soon_threadsafe(action)
        except RuntimeError:
            return

    def _probe_now(self) -> None:
        if self._schedule is not None:
            self._schedule.probe_now()
        self._show_now()

    def _shared(self, action: Callable[[], None]) -> None:
        action()
        self._show_now()

    def _show_now(self) -> None:
        if self._wake is not None:
            self._wake.set()

    def _run_thread(self, publish: Callable[[Snapshot], None]) -> None:
        asyncio.run(self._main(publish))

    async def _main(self, publish: Callable[[Snapshot], None]) -> None:
        self._loop = asyncio.get_running_loop()
        self._stopping, self._wake = asyncio.Event(), asyncio.Event()
        if self._asked_to_stop.is_set():
            return
        workers = [asyncio.create_task(self._collect()), asyncio.create_task(self._publish_loop(publish))]
        workers += [asyncio.create_task(self._backfill()), asyncio.create_task(self._keep_house())]
        workers.append(asyncio.create_task(self._follow()))
        if self._paging is not None:
            workers.append(asyncio.create_task(self._paging.run()))
        await self._stopping.wait()
        for worker in workers:
            worker.cancel()
        await asyncio.gather(*workers, return_exceptions=True)

    async def _collect(self) -> None:
        try:
            endpoint = await asyncio.to_thread(self._open_endpoint)
            # A demo's address is known only now.
            self.target = replace(self.target, base_url=endpoint.credentials.base_url)
            self._redactor = endpoint.redactor
            try:
                await self._run_schedule(endpoint)
            finally:
                endpoint.close()
        except Exception as error:
            # The dashboard must go on showing what it has, and say that it has stopped looking.
            self._failure = Notice(
                "collector",
                Level.BAD,
                self._redactor.clean(f"probing stopped: {type(error).__name__}: {error}", 200),
                self._clock.now(),
            )
            raise

    async def _run_schedule(self, endpoint: Endpoint) -> None:
        plans = await asyncio.to_thread(
            make_plans,
            self.settings,
            endpoint,
            self.pace,
            lambda: pick_model(self.settings, self.history, self._clock.now()),
            clock=self._clock,
            models_tried=lambda: self._models_tried,
        )
        from claude_tui.probes.schedule import Schedule

        self._schedule = Schedule(
            plans,
            clock=self._clock,
            random=self._random,
            deliver=self._deliver,
            budget=self._budget,
            backoff=self.pace.backoff,
        )
        try:
            await self._schedule.run()
        finally:
            for plan in plans:
                await plan.probe.aclose()

    def _deliver(self, report: Report) -> None:
        self._models_tried = self._models_tried or report.observation.source is Source.MODELS
        self.history.add_observation(report.observation)
        self.store.write(report.observation)
        if report.status is not None:
            self.history.add_status(report.status)
            self.store.write(report.status)
        if report.catalogue is not None:
            self.history.add_catalogue(report.catalogue)
            self.store.write(report.catalogue)

    async def _publish_loop(self, publish: Callable[[Snapshot], None]) -> None:
        assert self._wake is not None
        while True:
            self._tick(publish)
            # On the whole second, so that the clock on screen never skips one.
            pause = TICK_S - self._clock.now().timestamp() % TICK_S
            try:
                await asyncio.wait_for(self._wake.wait(), pause)
            except TimeoutError:
                continue
            self._wake.clear()

    def _tick(self, publish: Callable[[Snapshot], None]) -> None:
        """One Snapshot, and what follows from it. A fault of ours is told once and then tried again."""
        try:
            snapshot = self._newest = self.snapshot()
            self._journal.judged(snapshot.verdict, snapshot.at)
            if self._paging is not None:
                self._paging.evaluate(snapshot, self.history, self._options)
        except Exception as error:  # noqa: BLE001 - a dashboard that stops without a word is no help
            snapshot, newest = None, self._newest
            if newest is not None and not self._stuck:
                text = f"the picture stands still at {clock(newest.at)}: {told_fault(error)}"
                notice = Notice("picture", Level.BAD, text, self._clock.now())
                notices = (*newest.engine.notices, notice)
                publish(replace(newest, engine=replace(newest.engine, notices=notices)))
        self._stuck = snapshot is None
        if snapshot is not None:
            publish(snapshot)

    async def _backfill(self) -> None:
        """The rest of what is kept in memory, which the first frame did not wait for."""
        since = self._clock.now() - self._in_memory
        older = await asyncio.to_thread(self.store.observations, since, self._loaded_from)
        self.history.extend(older)

    async def _follow(self) -> None:
        """What others who watch the same store have marked. A disk that hangs holds up nothing else."""
        while True:
            await self._journal.follow(self._clock.now())
            await asyncio.sleep(FOLLOW_S)

    async def _keep_house(self) -> None:
        while True:
            now = self._clock.now()
            self.store.prune(now - timedelta(days=self.settings.retention_days))
            self.history.trim(now - self._in_memory)
            await asyncio.sleep(KEEP_HOUSE_S)

    # -- what only the engine knows ---------------------------------------------

    def _state(self, now: datetime) -> EngineState:
        spend = self._budget.spend()
        alerts = self._paging.view if self._paging is not None else AlertsView()
        fixed = self._fixed_notices if self._failure is None else (*self._fixed_notices, self._failure)
        return EngineState(
            target=replace(self.target, model=pick_model(self.settings, self.history, now)),
            probes=self._schedule.states() if self._schedule is not None else unstarted(self.pace, fixed),
            spend=spend,
            notices=notices_of(fixed, now, store_problem=self.store.problem, spend=spend, alerts=alerts),
            demo=self._demo,
            speed=self._speed,
            key_problem=self._key_problem,
            key_lack=self._key_lack,
            alerts=alerts,
            recorded=self._journal.events(alerts),
            step_marks=self._journal.step_marks,
            severity_marks=self._journal.severity_marks,
        )
