"""Reads the record of the last 90 days and computes a report from it, in a thread."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from textual.dom import DOMNode
from textual.worker import WorkType

from claude_tui.analysis.uptime.record import Record
from claude_tui.analysis.uptime.report import Report, build_report, utc
from claude_tui.model.errors import ClaudeTopError
from claude_tui.model.when import Local

if TYPE_CHECKING:
    from claude_tui.tui.cockpit import Cockpit

__all__ = ["ReportLoader"]

_READ_AGAIN = timedelta(minutes=1)


@dataclass(frozen=True, slots=True)
class _Wanted:
    """What a report depends on besides the record."""

    at: datetime
    span: timedelta
    local: Local | None


class ReportLoader:
    """Holds the newest report, and calls `ready` when there is one. The record is read once a minute."""

    def __init__(self, owner: DOMNode, cockpit: Cockpit, ready: Callable[[], None]) -> None:
        self._owner = owner
        self._cockpit = cockpit
        self._ready = ready
        self._record: Record | None = None
        self._working_on: _Wanted | None = None
        self._local: Local | None = None
        self.report: Report | None = None
        """None before anything has been read."""
        self.problem = ""
        """Why the record cannot be read; empty if it can."""

    def follow(self, at: datetime, span: timedelta) -> None:
        """Read again if the report is of another minute or another zone."""
        if self._local is not self._cockpit.paint.local or not _is_recent(self._record, at):
            self.work(at, span)

    def work(self, at: datetime, span: timedelta) -> None:
        """Start the computation of a report, unless one is running."""
        self._local = self._cockpit.paint.local
        wanted = _Wanted(at, span, self._local)
        busy = self._working_on
        if busy is not None and (busy.span, busy.local) == (wanted.span, wanted.local):
            return
        self._working_on = wanted

        # Not a coroutine: one that is replaced before it starts would never be awaited.
        async def make() -> None:
            await self._make(wanted)

        work: WorkType[None] = make
        self._owner.run_worker(work, exclusive=True, group="history")

    async def _make(self, wanted: _Wanted) -> None:
        known = self._record
        try:
            record, report = await asyncio.to_thread(self._computed, wanted, known)
        except ClaudeTopError as error:
            self.problem = str(error)
        else:
            self._record, self.report, self.problem = record, report, ""
        self._working_on = None
        self._ready()

    def _computed(self, wanted: _Wanted, known: Record | None) -> tuple[Record, Report]:
        """Runs in a thread. Another span or zone needs no reading."""
        if known is None or not _is_recent(known, wanted.at):
            known = self._cockpit.backend.history_record(wanted.at)
        ours = self._cockpit.settings.status_components
        return known, build_report(known, wanted.span, ours, wanted.local.shown if wanted.local else utc)


def _is_recent(record: Record | None, at: datetime) -> bool:
    return record is not None and timedelta() <= at - record.at < _READ_AGAIN
