"""The role of this process among those that share a store: it collects, or it watches."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Awaitable, Callable, Coroutine, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from typing import Any

from claude_tui.engine.attendance import Attendance
from claude_tui.engine.components import Components
from claude_tui.engine.journal import JournalReading
from claude_tui.engine.notices import fault_text
from claude_tui.engine.publisher import Publisher
from claude_tui.engine.requests import Requests
from claude_tui.model.request import ActionRequest, RequestedAction
from claude_tui.model.snapshot import Event

__all__ = ["ASIDE_WITHIN_S", "Sharing"]

FOLLOW_S = 0.5
"""Seconds between two checks of what other processes have recorded."""

CHECK_S = 1.0
"""Seconds between two attempts to take the lease, and two counts of who is watching.

Where nobody else is watching, also between two checks of what others have recorded; where no calls are
recorded either, both take place every other second.
"""

_CHECK_EVERY = round(CHECK_S / FOLLOW_S)
# Ten seconds.
_TURNS = 10 * _CHECK_EVERY

ASIDE_S = 3.0
"""How long a process that stands aside leaves the lease to others before it tries to take it again."""

ASIDE_WITHIN_S = 5.0
"""How long a suspension may be delayed.

Milliseconds are usual. It takes longer while a page is being sent, and a process that is stopped too early
keeps its lease.
"""

_FLUSH_WITHIN_S = 1.5


HESITATION = 3
"""How many checks a process without a key leaves a free lease to others, which may have one."""


@dataclass(frozen=True, slots=True)
class _News:
    """What other processes have recorded."""

    version: int | None
    """The version of the record that was read; None without a database."""
    matters: bool = False
    """Whether there is anything new to this process."""
    journal: JournalReading | None = None
    asked: Sequence[tuple[int, ActionRequest]] = ()
    """What the collector is asked to do."""


class Sharing:
    """Collects if there is no `attendance`, or if that gives it the lease.

    Only for the engine's thread, except for `load` before the start. `hesitates` is for a process without a
    key: it first leaves a free lease to others, which may have one.
    """

    def __init__(self, components: Components, publisher: Publisher, *, hesitates: bool) -> None:
        self.aside = threading.Event()
        """Set once another process can collect after `stand_aside`."""
        self._collector = components.collector
        self._viewer = components.viewer
        self._publisher = publisher
        self._journal = components.journal
        self._paging = components.paging
        self._store = store = components.collector.memory.store
        self._attendance = components.attendance
        self._clock = components.clock
        self._traffic = components.traffic
        self._hesitation = HESITATION if hesitates else 0
        self._requests = Requests(store)
        self._standing_aside = asyncio.Event()

    def load(self) -> None:
        """Joins the others, and loads what the first frame needs."""
        if self._attendance is not None:
            self._publisher.collects = self._attendance.enter()
        if self._publisher.collects:
            self._requests.resume()
        else:
            self._viewer.load()

    def carry_out_own(self, request: ActionRequest) -> Coroutine[Any, Any, None] | None:
        """The work of a request made here; None if another process collects, and carries it out."""
        if not self._publisher.collects:
            return None
        self._requests.done(request)
        return self._carry_out(request)

    def stand_aside(self) -> None:
        """Makes this process stop collecting soon. Only in the engine's thread."""
        self._standing_aside.set()

    async def _carry_out(self, request: ActionRequest) -> None:
        if request.action is RequestedAction.PROBE:
            self._collector.probe_now()
        elif self._paging is not None:
            await self._paging.carry_out(request)
        self._publisher.show_now()

    async def run(self) -> None:
        """Watches until this process may collect, then collects until it has to stand aside."""
        if self._attendance is None:
            await self._collect()
            return
        while True:
            if not self._publisher.collects:
                await self._watch(self._attendance)
                await self._take_over(self._attendance)
            await self._collect()
            await self._hand_over(self._attendance)

    async def _collect(self) -> None:
        """Probes, pages and carries out requests, until this process has to stand aside."""
        paging = [self._paging.run()] if self._paging is not None else []
        following = self._follow(self._handle_requests)
        work = [asyncio.create_task(worker) for worker in (*self._collector.workers(), *paging, following)]
        try:
            await self._standing_aside.wait()
        finally:
            for task in work:
                task.cancel()
            await asyncio.gather(*work, return_exceptions=True)

    async def _hand_over(self, attendance: Attendance) -> None:
        """Lets another process collect, once everything is written."""
        self._publisher.collects = False
        self._collector.resume(self._collector.probes)
        await asyncio.to_thread(self._store.flush, _FLUSH_WITHIN_S)
        await asyncio.to_thread(attendance.stand_aside)
        self._standing_aside.clear()
        self.aside.set()
        await self._viewer.read()
        await asyncio.sleep(ASIDE_S)

    async def _watch(self, attendance: Attendance) -> None:
        """Shows what another process collects, until that process has ended."""
        following = asyncio.create_task(self._follow(self._read_as_viewer))
        try:
            await self._prepare_to_watch()
            free_checks = 0
            while free_checks < self._hesitation or not await attendance.take():
                await asyncio.sleep(CHECK_S)
                free_checks = 0 if attendance.watching.collector is not None else free_checks + 1
        finally:
            following.cancel()
            await asyncio.gather(following, return_exceptions=True)

    async def _prepare_to_watch(self) -> None:
        # What people type here is redacted here. Problems of the endpoint are reported when it is probed, and
        # those of alerting when it is evaluated.
        with suppress(Exception):
            await self._collector.open()
        if self._paging is not None:
            with suppress(Exception):
                self._viewer.attention = await asyncio.to_thread(self._paging.attention)

    async def _take_over(self, attendance: Attendance) -> None:
        await self._viewer.read()
        await self._journal.follow(self._clock.now())
        await asyncio.to_thread(self._collector.load_spending)
        await asyncio.to_thread(self._requests.resume)
        if self._viewer.state is not None:
            self._collector.resume(self._viewer.state.probes)
        if self._paging is not None:
            self._paging.resume(self._viewer.alerts)
        await asyncio.to_thread(attendance.look)
        self._publisher.collects = True
        self._publisher.show_now()

    async def _follow(self, take: Callable[[_News], Awaitable[None]]) -> None:
        """Follows what other processes record, and passes it to `take`. A hanging disk blocks only this."""
        known: int | None = None
        ended = threading.Event()
        try:
            while True:
                news = await self._passed_on(known, ended, take)
                known = news.version if news is not None else None
                if news is None or news.matters:
                    await asyncio.sleep(FOLLOW_S)
        finally:
            ended.set()

    async def _passed_on(
        self, known: int | None, ended: threading.Event, take: Callable[[_News], Awaitable[None]]
    ) -> _News | None:
        """Waits for news and takes them. None after an internal error, which is shown."""
        try:
            # In one thread: to hand over to one takes longer than most of these queries.
            news = await asyncio.to_thread(self._wait_for_news, known, ended)
            if news.matters:
                await self._take(news, take)
        except Exception as error:  # noqa: BLE001 - a frozen screen must not look live
            self._publisher.unread = f"what others record cannot be shown: {fault_text(error)}"
            return None
        self._publisher.unread = None
        return news

    def _wait_for_news(self, known: int | None, ended: threading.Event) -> _News:
        """What others have recorded, once the version of the record differs from `known`.

        After ten seconds at the latest it returns without news, and at once when `ended` is set, as no thread
        may keep a process from ending. Polling from the event loop, twice a second, cost four times as much.
        Who collects and how many are watching is updated on the way.
        """
        turn = 0
        while turn < _TURNS:
            version = self._check(of_others=turn % _CHECK_EVERY == 0)
            if version is None or version != known or self._store.problem is not None:
                news = self._read_news(version)
                if known is None or news.matters:
                    return replace(news, matters=True)
                # Only this process has written.
                known = version
            turn += (step := self._turns_between_checks)
            if ended.wait(step * FOLLOW_S):
                break
        return _News(known)

    @property
    def _turns_between_checks(self) -> int:
        if not self._is_alone:
            return 1
        return _CHECK_EVERY if self._traffic.is_recorded else 2 * _CHECK_EVERY

    @property
    def _is_alone(self) -> bool:
        """Whether this process collects and nobody else has a screen, from which something could be asked."""
        return self._publisher.collects and (self._attendance is None or self._attendance.is_alone)

    def _read_news(self, version: int | None) -> _News:
        """Reads what may have been recorded since the last call, in any thread."""
        now, collects = self._clock.now(), self._publisher.collects
        journal = self._journal.read(now, verdicts=not collects)
        figures = self._traffic.read(now)
        if not collects:
            return _News(version, matters=True, journal=journal)
        self._collector.load_expenses()
        asked = self._requests.added()
        return _News(version, bool(journal.is_new or figures or asked), journal, asked)

    async def _take(self, news: _News, take: Callable[[_News], Awaitable[None]]) -> None:
        """Takes over what is new.

        Figures wait for the next tick, as in the collector: building and drawing each at once doubled the CPU
        use of a viewer. What people and alerts do is shown without delay.
        """
        before = self._events
        if news.journal is not None:
            self._journal.take(news.journal)
        await take(news)
        if self._events is before:
            self._publisher.look_soon()
        else:
            self._publisher.show_now()

    @property
    def _events(self) -> tuple[Event, ...]:
        """What people and alerts did; the same object until there is more."""
        return self._journal.events(self._publisher.alerts)

    async def _read_as_viewer(self, _: _News) -> None:
        await self._viewer.read()

    async def _handle_requests(self, news: _News) -> None:
        await self._requests.handle(news.asked, self._carry_out, self._clock.now())

    def _check(self, *, of_others: bool) -> int | None:
        """The version of the record; with `of_others`, who collects and how many watch is updated too.

        Both in one call, as handing over to a thread takes longer than either.
        """
        if of_others and self._attendance is not None:
            self._attendance.look()
        return self._store.data_version()
