"""The engine: a Collector and a Publisher in a thread with its own event loop.

This way a slow screen and a busy probe do not delay each other. The engine does not depend on Textual and
prints nothing. `compose` builds one.
"""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable
from dataclasses import replace
from datetime import datetime
from typing import TYPE_CHECKING

from claude_tui.analysis.uptime.hours import DEFAULT_REACH, reach_of
from claude_tui.analysis.uptime.record import Record
from claude_tui.engine.collector import Collector
from claude_tui.engine.journal import Journal
from claude_tui.engine.memory import Memory
from claude_tui.engine.paging import Paging, PagingSetup, StoreBackend
from claude_tui.engine.publisher import Publish, Publisher
from claude_tui.engine.setup import Monitored
from claude_tui.engine.sources import options_from
from claude_tui.model.incident import IncidentEntry
from claude_tui.model.json_values import sound
from claude_tui.model.limits import MAX_ENTRY
from claude_tui.model.playbook import SeverityMark, StepMark
from claude_tui.model.postmortem import FieldRevision
from claude_tui.model.snapshot import Focus, Snapshot
from claude_tui.probes.clock import Clock, SystemClock

if TYPE_CHECKING:
    from claude_tui.settings import Settings
    from claude_tui.store import Store

__all__ = ["Engine"]


class Engine:
    """The running program without a screen.

    Call `first_snapshot` and `snapshot` only before `start`; every other method may be called from any
    thread. Without `paging` there are no alerts.
    """

    def __init__(
        self,
        settings: Settings,
        monitored: Monitored,
        store: Store,
        *,
        paging: PagingSetup | None = None,
        clock: Clock | None = None,
    ) -> None:
        clock = clock or SystemClock()
        backend = StoreBackend(store, monitored.target.base_url, clock.now)
        options = options_from(settings, monitored.pace)
        # The past of a demo was not probed at the demo's own pace.
        reach = DEFAULT_REACH if monitored.demo is not None else reach_of(options)
        memory = Memory(store, monitored.in_memory, clock, reach)
        self.collector = Collector(settings, monitored, memory, clock)
        self.publisher = Publisher(
            self.collector,
            monitored,
            options,
            Journal(store),
            Paging(paging, backend) if paging is not None else None,
            clock,
        )
        self._store = store
        self._loop: asyncio.AbstractEventLoop | None = None
        self._stopping: asyncio.Event | None = None
        self._thread: threading.Thread | None = None
        self._asked_to_stop = threading.Event()

    # -- before the start ------------------------------------------------------

    def first_snapshot(self) -> Snapshot:
        """The last hour from the store, for the first frame. Fast: no probe, no network."""
        self.collector.load()
        self.publisher.load()
        return self.snapshot()

    def snapshot(self) -> Snapshot:
        """The current Snapshot."""
        return self.publisher.snapshot()

    # -- from any thread -------------------------------------------------------

    def start(self, publish: Publish) -> None:
        """Starts probing, and calls `publish` in the engine's thread."""
        thread = threading.Thread(target=self._run, args=(publish,), name="engine", daemon=True)
        thread.start()
        # Set only after the start: `stop` in another thread must not join a thread that has not started.
        self._thread = thread

    def stop(self, timeout_s: float = 2.0) -> None:
        """Stops probing and flushes the store. Waits at most `timeout_s` for the thread."""
        self._asked_to_stop.set()
        self._call(lambda: self._stopping.set() if self._stopping else None)
        if self._thread is not None:
            self._thread.join(timeout_s)
        self._store.close(timeout_s)

    def probe_now(self) -> None:
        """Runs every probe at once, on request of the user."""
        self._call(self._probe_now)

    def mark_step(self, mark: StepMark) -> None:
        """Stores the state of a playbook step, for everyone who shares the store."""
        clean = self.collector.redactor.clean
        kept = replace(mark, by=clean(mark.by), note=clean(mark.note))
        self._store.write(kept)
        self._call(lambda: self.publisher.add_step_mark(kept))

    def mark_severity(self, mark: SeverityMark) -> None:
        """Stores the severity that somebody set, for everyone who shares the store."""
        clean = self.collector.redactor.clean
        kept = replace(mark, by=clean(mark.by), why=clean(mark.why))
        self._store.write(kept)
        self._call(lambda: self.publisher.add_severity_mark(kept))

    def append(self, entry: IncidentEntry | FieldRevision) -> None:
        """Stores an act on an incident, or a change of its postmortem, for everyone who shares the store."""
        clean: IncidentEntry | FieldRevision = sound(entry, self._clean_text)
        self._store.write(clean)
        self._call(lambda: self.publisher.appended(clean))

    def _clean_text(self, text: str) -> str:
        return self.collector.redactor.clean(text, MAX_ENTRY, keep_newlines=True)

    def record(self, at: datetime) -> Record:
        """What is known of the last 90 days before an instant. May take a while; raises StoreError."""
        return self.collector.memory.record(at)

    def acknowledge(self, group: str | None, *, by: str, reason: str) -> None:
        """Acknowledges an open group of alerts, or all with None."""
        name, why = self.collector.redactor.clean(by), self.collector.redactor.clean(reason)
        self._call(lambda: self.publisher.acknowledge(group, by=name, reason=why))

    def snooze(self, group: str | None, *, by: str, until: datetime) -> None:
        """Snoozes a group of alerts, or all with None; an instant in the past ends the snooze."""
        name = self.collector.redactor.clean(by)
        self._call(lambda: self.publisher.snooze(group, by=name, until=until))

    def set_focus(self, focus: Focus | None) -> None:
        """Sets what a zoomed screen needs in `Snapshot.chart`; None when it closes."""
        self.publisher.focus = focus
        self._call(self.publisher.show_now)

    # -- in the engine's thread ------------------------------------------------

    def _call(self, action: Callable[[], object]) -> None:
        loop = self._loop
        if loop is None or loop.is_closed():
            return
        # The loop may close between the check and the call: then the action is no longer needed.
        try:
            loop.call_soon_threadsafe(action)
        except RuntimeError:
            return

    def _probe_now(self) -> None:
        self.collector.probe_now()
        self.publisher.show_now()

    def _run(self, publish: Publish) -> None:
        asyncio.run(self._main(publish))

    async def _main(self, publish: Publish) -> None:
        self._stopping = asyncio.Event()
        self._loop = asyncio.get_running_loop()
        if self._asked_to_stop.is_set():
            return
        work = [*self.collector.workers(), *self.publisher.workers(publish)]
        workers = [asyncio.create_task(each) for each in work]
        await self._stopping.wait()
        for worker in workers:
            worker.cancel()
        await asyncio.gather(*workers, return_exceptions=True)
