"""The data of the engine: the last hours in a History, everything in the store."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from datetime import UTC, datetime, time, timedelta
from math import fsum
from typing import TYPE_CHECKING

from claude_tui.analysis.history.history import History
from claude_tui.analysis.uptime.hours import DEFAULT_REACH, Reach
from claude_tui.analysis.uptime.record import LONGEST, Record
from claude_tui.probes.clock import Clock
from claude_tui.store import EXPENSES

if TYPE_CHECKING:
    from claude_tui.probes.report import Report
    from claude_tui.store import Store

__all__ = ["FIRST_FRAME_SPAN", "Memory", "remember"]

FIRST_FRAME_SPAN = timedelta(hours=1)


def remember(history: History, report: Report) -> None:
    """Adds everything in a report to `history`."""
    history.add_observation(report.observation)
    if report.status is not None:
        history.add_status(report.status)
    if report.catalogue is not None:
        history.add_catalogue(report.catalogue)


class Memory:
    """History and store, kept in sync. Data older than `span` is only in the store.

    Used in the engine's thread only, except for `load_recent` before the start.
    """

    def __init__(self, store: Store, span: timedelta, clock: Clock, reach: Reach = DEFAULT_REACH) -> None:
        self.history = History()
        self.store = store
        self.on_change: Callable[[], None] = lambda: None
        """Called when data has been added."""
        self._span = span
        self._clock = clock
        self._reach = reach
        self._loaded_from = clock.now()

    def load_recent(self) -> None:
        """Loads the last hour from the store, for the first frame. Fast."""
        self._loaded_from = self._clock.now() - FIRST_FRAME_SPAN
        self.history.extend(self.store.observations(self._loaded_from))
        for status in self.store.status_reports(self._loaded_from):
            self.history.add_status(status)
        if (catalogue := self.store.latest_catalogue()) is not None:
            self.history.add_catalogue(catalogue)

    async def load_older(self) -> None:
        """Loads the rest of `span` after the first frame."""
        since = self._clock.now() - self._span
        older = await asyncio.to_thread(self.store.observations, since, self._loaded_from)
        self.history.extend(older)
        self.on_change()
        from claude_tui.model.garbage import freeze_existing

        # These objects are in no cycle, so full collections need not traverse them.
        freeze_existing()

    async def read_again(self, since: datetime) -> None:
        """Adds what other processes have recorded from `since` on; what is already known does not change."""
        store = self.store
        for observation in await asyncio.to_thread(store.observations, since):
            self.history.add_observation(observation)
        for status in await asyncio.to_thread(store.status_reports, since):
            self.history.add_status(status)
        if (catalogue := await asyncio.to_thread(store.latest_catalogue)) is not None:
            self.history.add_catalogue(catalogue)
        self.on_change()

    def cost_today_usd(self) -> float:
        """What probing the target has cost on this UTC day in dollars, in all processes."""
        return self.store.cost_since(self._midnight)

    def expenses_today_usd(self) -> float:
        """What requests other than probes have cost on this UTC day in dollars, in all processes."""
        return fsum(entry.usd for entry in self.store.entries(EXPENSES, self._midnight))

    @property
    def _midnight(self) -> datetime:
        return datetime.combine(self._clock.now().date(), time(), UTC)

    def record(self, at: datetime, span: timedelta = LONGEST) -> Record:
        """What the store knows about a span before an instant. Any thread may call it. Raises StoreError."""
        return self.store.record(at, self._reach, span)

    def add(self, report: Report) -> None:
        remember(self.history, report)
        for item in (report.observation, report.status, report.catalogue):
            if item is not None:
                self.store.write(item)
        self.on_change()

    def prune(self, retention: timedelta) -> None:
        """Rolls up the completed hours, and drops old data from the store."""
        now = self._clock.now()
        self.store.roll_up(now, self._reach)
        self.store.traffic.fold()
        self.store.prune(now - retention)

    def forget(self) -> None:
        """Drops old data from memory."""
        self.history.trim(self._clock.now() - self._span)
