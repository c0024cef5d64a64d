"""The interface of the history: writes never block, reads never fail."""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Iterable
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import Self

from claude_tui.analysis.uptime.hours import DEFAULT_REACH, Reach, hour_of
from claude_tui.analysis.uptime.record import LONGEST
from claude_tui.analysis.uptime.record import Record as History
from claude_tui.model.observation import Observation
from claude_tui.model.playbook import SeverityMark, StepMark
from claude_tui.model.provider import Catalogue, ProviderStatus
from claude_tui.model.verdict import VerdictChange
from claude_tui.store.backlog import Backlog, Kept, Record, RollUp
from claude_tui.store.entries import SEVERITY_MARKS, STEP_MARKS, VERDICT_CHANGES, E, EntryTable
from claude_tui.store.files import NAME, Connect, connect
from claude_tui.store.instants import to_micros
from claude_tui.store.problems import Problems
from claude_tui.store.reading import Reader
from claude_tui.store.rollups import LAG
from claude_tui.store.writer import Writer

__all__ = ["Store"]

# Microseconds since 1970, beyond the range of datetime.
_NEVER = 2**62
# SQLite orders every number and every text before bytes: a row whose `at` is no instant is read, and skipped.
_NOTHING_COMES_AFTER = b"\xff"
# Two days of the usual probes, some 20 MB: the bound of the history in memory while there is no disk.
KEEP_IN_MEMORY = 20_000


class Store:
    """SQLite history in a directory (see `open`). Any thread may call any method; no disk error is raised.

    Without a usable disk it works in memory, bounded to the newest 20,000 records (and what is kept by
    name), and tries the disk again every few seconds. A read sees every record whose `write` has
    returned, on disk or not.
    """

    def __init__(
        self, path: Path, backlog: Backlog, problems: Problems, writer: Writer, reader: Reader
    ) -> None:
        self._path = path
        self._backlog = backlog
        self._problems = problems
        self._writer = writer
        self._reader = reader

    @classmethod
    def open(
        cls,
        data_dir: Path,
        name: str = NAME,
        *,
        now: datetime,
        on_problem: Callable[[str | None], None] = lambda _: None,
        retry_s: float = 5.0,
        keep: int = KEEP_IN_MEMORY,
        connect: Connect = connect,
    ) -> Self:
        """Opens the store `name` in `data_dir`; both are created when missing. A damaged store is renamed.

        `on_problem` is called with the text of a problem, and with None when it is over, in whichever
        thread notices. `now` dates a renamed store. `retry_s` is the wait between attempts to write,
        `keep` the number of records held in memory.
        """
        path = _real(data_dir / name)
        opened = time.monotonic()
        backlog, problems = Backlog(keep), Problems(on_problem)
        writer = Writer(
            path,
            backlog,
            problems,
            connect=connect,
            now=lambda: now + timedelta(seconds=time.monotonic() - opened),
            retry_s=retry_s,
        )
        reader = Reader(
            path,
            backlog,
            problems,
            connect=connect,
            commit_lock=writer.commit_lock,
            condemn=writer.condemn,
        )
        writer.start()
        return cls(path, backlog, problems, writer, reader)

    @property
    def problem(self) -> str | None:
        """The current problem, as last passed to `on_problem`."""
        return self._problems.current

    def write(self, item: Record) -> None:
        """Queues `item`.

        Status reports and model lists are stored only when they differ from the previous one.
        """
        self._backlog.put(item)

    def keep(self, name: str, body: bytes) -> None:
        """Queues `body` to replace what is kept as `name`.

        It is dropped neither by pruning nor when memory is full. After `close` it is ignored, and `flush`
        returns False.
        """
        self._backlog.put(Kept(name, body))

    def kept(self, name: str) -> bytes | None:
        """The newest body of `name`, on disk or not; None when there is none."""
        found, waiting = self._reader.read(lambda session: session.kept(name))
        unsaved = [item.body for item in waiting if isinstance(item, Kept) and item.name == name]
        return unsaved[-1] if unsaved else found

    def entries(self, table: EntryTable[E], since: datetime, until: datetime | None = None) -> list[E]:
        """The entries of a table (such as INCIDENT_ENTRIES) with `since` <= at < `until`, oldest first."""
        low, high = to_micros(since), _NOTHING_COMES_AFTER if until is None else to_micros(until)
        found, waiting = self._reader.read(lambda session: session.entries(table, low, high))
        unsaved = [
            item
            for item in waiting
            if isinstance(item, table.kind) and since <= item.at and (until is None or item.at < until)
        ]
        return sorted([*(found or ()), *unsaved], key=lambda entry: entry.at)

    def entries_after(self, table: EntryTable[E], rowid: int) -> list[tuple[int, E]]:
        """The stored entries added after the one with `rowid`, each with its own, by whichever process.

        In the order of being added; 0 asks for all. What this process has not written yet is left out:
        it comes with the next call.
        """
        found, _ = self._reader.read(lambda session: session.entries_after(table, rowid))
        return found or []

    def entry_in_force(self, table: EntryTable[E], at: datetime) -> E | None:
        """The newest entry at or before `at`; None when there is none."""
        micros = to_micros(at)
        found, waiting = self._reader.read(lambda session: session.entry_in_force(table, micros))
        known = [] if found is None else [found]
        unsaved = [item for item in waiting if isinstance(item, table.kind) and item.at <= at]
        # Of equal instants the one added last counts; `max` returns the first of equals.
        return max(reversed([*known, *unsaved]), key=lambda entry: entry.at, default=None)

    def step_marks(self, since: datetime) -> list[StepMark]:
        """The marks from `since` on, oldest first. A state that only a later version knows reads as OPEN."""
        return self.entries(STEP_MARKS, since)

    def severity_marks(self, since: datetime) -> list[SeverityMark]:
        """The marks from `since` on, oldest first."""
        return self.entries(SEVERITY_MARKS, since)

    def verdict_changes(self, since: datetime) -> list[VerdictChange]:
        """The changes from `since` on, oldest first."""
        return self.entries(VERDICT_CHANGES, since)

    def observations(
        self, since: datetime, until: datetime | None = None, limit: int | None = None
    ) -> list[Observation]:
        """Observations with `since` <= at < `until`, oldest first; with `limit`, the newest ones."""
        low, high = to_micros(since), _NEVER if until is None else to_micros(until)
        stored, waiting = self._reader.read(lambda session: session.observations(low, high, limit))
        found = stored or []
        unsaved = [o for o in waiting if isinstance(o, Observation) and low <= to_micros(o.at) < high]
        if unsaved:
            found = sorted([*found, *unsaved], key=lambda observation: observation.at)
        return found if limit is None else found[max(len(found) - limit, 0) :]

    def status_reports(self, since: datetime) -> list[ProviderStatus]:
        """The report in force at `since` and every change after it, oldest first.

        `fetched_at` is when the page first said so, not when it was last read.
        """
        low = to_micros(since)
        found, waiting = self._reader.read(lambda session: session.status_reports(low))
        unsaved = [item for item in waiting if isinstance(item, ProviderStatus)]
        return _in_force(_changes([*(found or ()), *unsaved]), since)

    def latest_catalogue(self) -> Catalogue | None:
        """The newest list of models; `fetched_at` is when the endpoint first listed these."""
        found, waiting = self._reader.read(lambda session: session.latest_catalogue())
        latest = found
        for item in waiting:
            if not isinstance(item, Catalogue) or (
                latest is not None and item.fetched_at < latest.fetched_at
            ):
                continue
            if latest is None or item.models != latest.models:
                latest = item
        return latest

    def cost_since(self, instant: datetime) -> float:
        """What the observations from `instant` on cost, in dollars."""
        low = to_micros(instant)
        found, waiting = self._reader.read(lambda session: session.cost_since(low))
        unsaved = (item.cost_usd for item in waiting if isinstance(item, Observation) and item.at >= instant)
        return math.fsum((found or 0.0, *unsaved))

    def roll_up(self, now: datetime, reach: Reach = DEFAULT_REACH) -> None:
        """Has every hour that is over rolled up, in small batches between writes.

        `reach` is how long an observation of each source holds (see `analysis.uptime.hours`).
        """
        self._backlog.ask_to_roll_up(RollUp(hour_of(to_micros(now) - LAG), reach))

    def record(self, now: datetime, reach: Reach = DEFAULT_REACH, span: timedelta = LONGEST) -> History:
        """The record of the last `span`, from the disk only. It holds up neither writes nor other reads.

        Raises StoreError when it cannot be read.
        """
        from claude_tui.store.record import read_record

        return read_record(self._path, now, reach, span)

    def prune(self, before: datetime) -> None:
        """Has everything older than `before` deleted, in small batches between writes.

        Observations are rolled up before; what belongs to an incident stays.
        """
        self._backlog.ask_to_prune(to_micros(before))

    def flush(self, timeout_s: float = 2.0) -> bool:
        """Waits up to `timeout_s`. Returns whether everything written before the call is in the database."""
        return self._backlog.drain(timeout_s)

    def close(self, timeout_s: float = 2.0) -> bool:
        """Writes what is left and closes the files, within `timeout_s`.

        Returns whether everything was written.
        """
        deadline = time.monotonic() + timeout_s
        self._backlog.close()
        written = self._backlog.drain(timeout_s)
        self._writer.join(deadline - time.monotonic())
        self._reader.close(deadline - time.monotonic())
        return written


def _real(path: Path) -> Path:
    """The path without symbolic links, so that companion files are beside the database itself."""
    try:
        return path.resolve()
    except (OSError, RuntimeError):
        return path.absolute()


def _changes(reports: Iterable[ProviderStatus]) -> list[ProviderStatus]:
    """The reports by time, without those that repeat the previous one."""
    changes: list[ProviderStatus] = []
    for report in sorted(reports, key=lambda report: report.fetched_at):
        if not changes or replace(report, fetched_at=changes[-1].fetched_at) != changes[-1]:
            changes.append(report)
    return changes


def _in_force(reports: list[ProviderStatus], since: datetime) -> list[ProviderStatus]:
    earlier = [index for index, report in enumerate(reports) if report.fetched_at <= since]
    return reports[earlier[-1] :] if earlier else reports
