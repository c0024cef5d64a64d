"""The engine: collects or watches, and publishes Snapshots, in a thread with its own event loop.

A slow screen and a busy probe therefore do not delay each other. The engine does not depend on Textual and
prints nothing. `compose` builds one.

Of all engines on one store, the one that holds its lease collects: it probes, pages, and carries out requests
from all processes. The others read what it records, and one of them takes over when it ends.
"""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable, Coroutine
from dataclasses import replace
from datetime import datetime
from typing import TYPE_CHECKING, Any
from uuid import uuid4

from claude_tui.analysis.uptime.record import Record as HistoryRecord
from claude_tui.engine.attendance import Attendance
from claude_tui.engine.changes_log import logged
from claude_tui.engine.collector import HOUSEKEEPING_S
from claude_tui.engine.components import make_components
from claude_tui.engine.identity import host_name
from claude_tui.engine.incidents import prepare_for_incidents
from claude_tui.engine.paging import PagingSetup
from claude_tui.engine.publisher import Incidents, Publish, Publisher
from claude_tui.engine.setup import Monitored
from claude_tui.engine.sharing import ASIDE_WITHIN_S, Sharing
from claude_tui.engine.uptime import count_uptime
from claude_tui.model.drill import DrillEntry
from claude_tui.model.expense import Expense
from claude_tui.model.incident import IncidentEntry
from claude_tui.model.json_values import sound
from claude_tui.model.limits import MAX_ENTRY
from claude_tui.model.past import Move
from claude_tui.model.playbook import SeverityMark, StepMark, WalkTurn
from claude_tui.model.postmortem import FieldRevision
from claude_tui.model.request import ActionRequest, RequestedAction
from claude_tui.model.snapshot import Focus, Snapshot, Spend
from claude_tui.model.text import Redactor
from claude_tui.model.verdict import Severity
from claude_tui.probes.clock import Clock, SystemClock

if TYPE_CHECKING:
    from claude_tui.engine.drafting import Answer
    from claude_tui.engine.travel import Travel
    from claude_tui.incident import Record
    from claude_tui.model.outlook import Uptime
    from claude_tui.settings import Settings
    from claude_tui.store import Store

__all__ = ["Engine"]


class Engine:
    """The running program without a screen.

    Call `first_snapshot` and `snapshot` only before `start`; every other method may be called from any
    thread. Without `paging` there are no alerts; without `attendance` the store is not shared.
    `counts_uptime` is for a screen; an agent does not need it, nor a Snapshot each second, as it is not
    `watched`.
    """

    def __init__(
        self,
        settings: Settings,
        monitored: Monitored,
        store: Store,
        *,
        paging: PagingSetup | None = None,
        attendance: Attendance | None = None,
        clock: Clock | None = None,
        counts_uptime: bool = False,
        watched: bool = True,
    ) -> None:
        self._store = store
        self._monitored = monitored
        self._attendance = attendance
        self._clock = clock or SystemClock()
        self._counts_uptime = counts_uptime
        self._host = host_name()
        self._daily_ceiling_usd = settings.daily_ceiling_usd
        self._incidents = Incidents.of(settings)
        components = make_components(settings, monitored, store, self._clock, paging, attendance)
        self.collector, self.viewer = components.collector, components.viewer
        self._journal, self._traffic = components.journal, components.traffic
        self.publisher = Publisher(components, self._incidents, monitored.demo, watched=watched)
        self._sharing = Sharing(components, self.publisher, hesitates=monitored.key.no_key_reason is not None)
        self._publish: Publish | None = None
        self._travel: Travel | None = None
        self._tasks: list[asyncio.Task[None]] = []
        self._loop: asyncio.AbstractEventLoop | None = None
        self._stopping: asyncio.Event | None = None
        self._thread: threading.Thread | None = None
        self._asked_to_stop = threading.Event()

    # -- before the start ------------------------------------------------------

    def first_snapshot(self) -> Snapshot:
        """The last hour from the store, for the first frame. Fast: no probe, no network."""
        self.collector.load()
        self._journal.load(self._clock.now())
        self._sharing.load()
        self._traffic.load(self._clock.now())
        return self.snapshot()

    def snapshot(self) -> Snapshot:
        """The current Snapshot."""
        return self.publisher.snapshot()

    # -- from any thread -------------------------------------------------------

    def start(self, publish: Publish) -> None:
        """Starts probing, and calls `publish` in the engine's thread."""
        self._publish = publish
        # Before its threads start, and after the first frame, which this import would delay.
        from claude_tui.engine.malloc_arena import use_one_arena

        use_one_arena()
        thread = threading.Thread(target=self._run, args=(publish,), name="engine", daemon=True)
        thread.start()
        # Set only after the start: `stop` in another thread must not join a thread that has not started.
        self._thread = thread

    def stop(self, timeout_s: float = 2.0) -> None:
        """Stops probing, flushes the store, and only then lets another process collect.

        Waits at most `timeout_s` for the thread and for the store each.
        """
        self._asked_to_stop.set()
        self.return_to_live()
        self._call(lambda: self._stopping.set() if self._stopping else None)
        if self._thread is not None:
            self._thread.join(timeout_s)
        self._store.close(timeout_s)
        if self._attendance is not None:
            self._attendance.leave(idle=self._thread is None or not self._thread.is_alive())

    def stand_aside(self) -> None:
        """If this process collects, lets another take over, as a suspended process would keep its lease.

        Returns once another can, after five seconds at the latest.
        """
        if self._attendance is None or self._loop is None or not self.publisher.collects:
            return
        self._sharing.aside.clear()
        self._call(self._sharing.stand_aside)
        self._sharing.aside.wait(ASIDE_WITHIN_S)

    @property
    def redactor(self) -> Redactor:
        """Redacts every secret of this process, once the endpoint is known."""
        return self.collector.redactor

    @property
    def _read_only(self) -> bool:
        return self._attendance is not None and self._attendance.watching.read_only

    def probe_now(self, *, by: str) -> None:
        """Has every probe run at once, in whichever process collects."""
        self._ask(RequestedAction.PROBE, by)

    def mark_step(self, mark: StepMark) -> None:
        """Stores the state of a playbook step, for everyone who shares the store."""
        if self._read_only:
            return
        clean = self.redactor.clean
        kept = replace(
            mark,
            by=clean(mark.by),
            note=clean(mark.note),
            host=mark.host or self._host,
            title=clean(mark.title),
        )
        self._store.write(kept)
        self._call(lambda: self._show(self._journal.step_marked, kept))

    def mark_severity(self, mark: SeverityMark) -> None:
        """Stores the severity that somebody set, for everyone who shares the store."""
        if self._read_only:
            return
        clean = self.redactor.clean
        kept = replace(mark, by=clean(mark.by), why=clean(mark.why), host=mark.host or self._host)
        self._store.write(kept)
        self._call(lambda: self._show(self._journal.severity_marked, kept))

    def append(self, entry: IncidentEntry | FieldRevision) -> None:
        """Stores an act on an incident, or a change of its postmortem, for everyone who shares the store."""
        if self._read_only:
            return
        clean: IncidentEntry | FieldRevision = sound(
            replace(entry, host=entry.host or self._host), self._clean_text
        )
        self._store.write(clean)
        self._call(lambda: self._show(self._journal.appended, clean))

    def record(self, row: WalkTurn | DrillEntry) -> None:
        """Stores what no screen shows: a turn in the decision tree, an act of a drill."""
        if self._read_only:
            return
        clean: WalkTurn | DrillEntry = sound(row, self._clean_text)
        self._store.write(clean)

    def _clean_text(self, text: str) -> str:
        return self.redactor.clean(text, MAX_ENTRY, keep_newlines=True)

    def incident_record(self, ident: str, at: datetime | None = None) -> Record | None:
        """Everything recorded until `at`, or until now, about the incident with that id; None if there is
        none.

        It reads the store, so a screen calls it in a thread of its own.
        """
        return self.publisher.incident_record(ident, at)

    def draft(self, model: str, system: str, text: str) -> Answer:
        """Asks a model for a draft. It blocks, and imports the SDK. Raises DraftError."""
        from claude_tui.engine.drafting import DraftError, ask, require_affordable

        if self._read_only:
            raise DraftError("this dashboard is read-only")
        if self._monitored.demo is not None:
            raise DraftError("a demo asks no model")
        memory = self.collector.memory
        spent = memory.cost_today_usd() + memory.expenses_today_usd()
        require_affordable(model, system + text, Spend(spent, self._daily_ceiling_usd))
        answer = ask(self._monitored.open_endpoint(), model, system, text, self._clock)
        cost = Expense(self._clock.now(), answer.cost_usd, "draft of a postmortem", model, self._host)
        self._store.write(cost)
        return answer

    def history_record(self, at: datetime) -> HistoryRecord:
        """What is known about the 90 days before an instant. May take a while; raises StoreError."""
        return self.collector.memory.record(at)

    def acknowledge(self, group: str | None, *, by: str, reason: str) -> None:
        """Acknowledges an open group of alerts, or all with None."""
        self._ask(RequestedAction.ACKNOWLEDGE, by, subject=group or "", text=reason)

    def take(self, severity: Severity, *, by: str, reason: str) -> None:
        """Records that somebody takes on the problem of the verdict, which has this severity now."""
        request = self._ask(RequestedAction.TAKE, by, subject=severity.value, text=reason)
        if request is not None:
            self._call(lambda: self._show(self._journal.requested, request))

    def snooze(self, group: str | None, *, by: str, until: datetime) -> None:
        """Snoozes a group of alerts, or all with None; an instant in the past ends the snooze."""
        self._ask(RequestedAction.SNOOZE, by, subject=group or "", until=until)

    def set_focus(self, focus: Focus | None) -> None:
        """Sets what a zoomed screen needs in `Snapshot.chart`; None when it closes."""
        self.publisher.focus = focus
        self._call(self.publisher.show_now)
        if self._travel is not None:
            self._travel.set_focus(focus)

    def travel(self, move: Move) -> None:
        """Publishes the Snapshot of the past that `move` leads to, in addition to the live ones."""
        if self._travel is None and self._publish is not None:
            self._travel = self._start_travel(self._publish)
        if self._travel is not None:
            self._travel.go(move)

    def return_to_live(self) -> None:
        """Ends time travel, and releases its resources."""
        if self._travel is not None:
            self._travel.close()
            self._travel = None

    def toggle_playback(self) -> None:
        """Does nothing, as no recording is played."""

    def _start_travel(self, publish: Publish) -> Travel:
        from claude_tui.engine.past import Past
        from claude_tui.engine.travel import Journey, Travel

        now = self._clock.now
        past = Past(self._store, self.publisher.conditions, now, incident_after=self._incidents.after)
        travel = Travel(past, Journey(past, now), publish, now(), focus=self.publisher.focus)
        travel.start()
        return travel

    def _ask(
        self,
        action: RequestedAction,
        by: str,
        *,
        subject: str = "",
        text: str = "",
        until: datetime | None = None,
    ) -> ActionRequest | None:
        """Records a request.

        The collector carries its own out at once; other processes leave it to the collector.
        """
        if self._read_only:
            return None
        clean = self.redactor.clean
        request = ActionRequest(
            self._clock.now(), uuid4().hex, action, clean(by), self._host, subject, clean(text), until
        )
        self._store.write(request)
        self._call(lambda: self._carry_out_own(request))
        return request

    # -- in the engine's thread ------------------------------------------------

    def _call(self, action: Callable[[], object]) -> None:
        loop = self._loop
        if loop is None or loop.is_closed():
            return
        # The loop may close between the check and the call; the action is no longer needed then.
        try:
            loop.call_soon_threadsafe(action)
        except RuntimeError:
            return

    def _show(self, add: Callable[[Any], None], item: object) -> None:
        add(item)
        self.publisher.show_now()

    def _carry_out_own(self, request: ActionRequest) -> None:
        if (work := self._sharing.carry_out_own(request)) is not None:
            self._begin(work)

    def _begin(self, work: Coroutine[Any, Any, None]) -> None:
        self._tasks = [task for task in self._tasks if not _ended(task)]
        self._tasks.append(asyncio.create_task(work))

    def _run(self, publish: Publish) -> None:
        asyncio.run(self._main(logged(publish)))

    async def _main(self, publish: Publish) -> None:
        self._stopping = asyncio.Event()
        self._loop = asyncio.get_running_loop()
        if self._asked_to_stop.is_set():
            return
        self._begin(self.publisher.run(publish))
        self._begin(self._load_rest())
        self._begin(self._forget())
        self._begin(self._sharing.run())
        if self._counts_uptime:
            self._begin(count_uptime(self.collector.memory.record, self._clock.now, self._take_uptime))
        await self._stopping.wait()
        while running := [task for task in self._tasks if not task.done()]:
            for task in running:
                task.cancel()
            await asyncio.gather(*running, return_exceptions=True)

    async def _load_rest(self) -> None:
        """Loads what the first frame did not need."""
        await self.collector.memory.load_older()
        await prepare_for_incidents()

    def _take_uptime(self, uptime: Uptime | None) -> None:
        self.publisher.uptime = uptime

    async def _forget(self) -> None:
        from claude_tui.engine.malloc_arena import trim_heap

        while True:
            await asyncio.sleep(HOUSEKEEPING_S)
            self.collector.memory.forget()
            trim_heap()


def _ended(task: asyncio.Task[None]) -> bool:
    """Whether the task has ended. Its exception is dropped, as it is on screen or an internal error."""
    if not task.done():
        return False
    if not task.cancelled():
        task.exception()
    return True
