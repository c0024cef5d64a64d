"""The interface of the history: writes never block, reads never fail."""

from __future__ import annotations

import math
import threading
import time
from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from operator import attrgetter
from pathlib import Path
from typing import Any, Self, TypeVar

from claude_tui.analysis.uptime.hours import DEFAULT_REACH, Reach, hour_of
from claude_tui.analysis.uptime.record import LONGEST
from claude_tui.analysis.uptime.record import Record as History
from claude_tui.model.observation import Observation
from claude_tui.model.playbook import SeverityMark, StepMark
from claude_tui.model.provider import Catalogue, ProviderStatus
from claude_tui.model.verdict import VerdictChange
from claude_tui.store.backlog import Backlog, Kept, Record, RollUp
from claude_tui.store.entries import SEVERITY_MARKS, STEP_MARKS, VERDICT_CHANGES, E, EntryTable
from claude_tui.store.faults import NewerStoreError, StoreError, describe
from claude_tui.store.files import NAME, Connect, connect, connect_read_only
from claude_tui.store.instants import from_micros, to_micros
from claude_tui.store.problems import Origin, Problems
from claude_tui.store.reading import Reader
from claude_tui.store.rollups import LAG
from claude_tui.store.stored_traffic import StoredTraffic
from claude_tui.store.writer import Writer

__all__ = ["Store"]

Document = TypeVar("Document", ProviderStatus, Catalogue)

# Microseconds since 1970, beyond the range of datetime.
_NEVER = 2**62
# SQLite orders numbers and text before bytes: a row whose `at` is not an instant is read, and skipped.
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
        self, backlog: Backlog, problems: Problems, writer: Writer | None, reader: Reader, path: Path
    ) -> None:
        self.path = path
        """The database, which may not exist."""
        self.traffic = StoredTraffic(reader, backlog)
        """The roll-ups of own traffic."""
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
        read_only: bool = False,
    ) -> Self:
        """Opens the store `name` in `data_dir`; both are created when missing. A damaged store is renamed.

        `on_problem` is called with the text of a problem, and with None when it is over, in whichever
        thread notices. `now` dates a renamed store. `retry_s` is the wait between attempts to write,
        `keep` the number of records held in memory. With `read_only` nothing is created, and every write
        is ignored.
        """
        path = _real(data_dir / name)
        opened = time.monotonic()
        backlog, problems = Backlog(keep), Problems(on_problem)
        if read_only:
            return cls(backlog, problems, None, _reader(path, backlog, problems), path)
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
            report_damage=writer.report_damage,
        )
        writer.start()
        return cls(backlog, problems, writer, reader, path)

    @property
    def problem(self) -> str | None:
        """The current problem, as last passed to `on_problem`."""
        return self._problems.current

    @property
    def refusal(self) -> NewerStoreError | None:
        """Why this version must leave the store alone, as found when it was opened or last read."""
        return self._reader.refusal if self._writer is None else self._writer.refusal

    @property
    def unreadable(self) -> StoreError | None:
        """Why nothing can be read from the database, as the last read found it; None while all is well."""
        if self.refusal is not None:
            return self.refusal
        problem = self._problems.of(Origin.READING)
        return StoreError(problem) if problem is not None else None

    def data_version(self) -> int | None:
        """A number that changes when any process has added something; None without a database."""
        return self._reader.peek(lambda session: session.data_version())

    def write(self, item: Record) -> None:
        """Queues `item`.

        Status reports and model lists are stored only when they differ from the previous one.
        """
        self._backlog.put(item)

    def keep(self, name: str, body: bytes, *items: Record) -> None:
        """Queues `body` to replace what is kept as `name`, and `items` to be written with it.

        It is dropped neither by pruning nor when memory is full. After `close` it is ignored, and `flush`
        returns False. Whoever finds `body` after a crash finds `items` as well, and the reverse.
        """
        self._backlog.put(*items, Kept(name, body))

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
        """The stored entries added after the one with `rowid`, each with its own rowid, from any process.

        In the order of insertion; 0 asks for all. Entries that this process has not written yet are left
        out, and come with a later call.
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

    def last_entry(self, table: EntryTable[E]) -> E | None:
        """The entry that was added last, whatever its instant; None when there is none."""
        found, waiting = self._reader.read(lambda session: session.last_entry(table))
        unsaved = [item for item in waiting if isinstance(item, table.kind)]
        return unsaved[-1] if unsaved else found

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

    def status_reports(self, since: datetime, until: datetime | None = None) -> list[ProviderStatus]:
        """The report in force at `since` and every change between it and `until`, oldest first.

        `fetched_at` is when the page first reported it, not when it was last read.
        """
        low, high = to_micros(since), _NEVER if until is None else to_micros(until)
        found, waiting = self._reader.read(lambda session: session.status_reports(low, high))
        unsaved = [item for item in waiting if isinstance(item, ProviderStatus) and _before(item, until)]
        return _in_force(_changes([*(found or ()), *unsaved]), since)

    def catalogues(self, since: datetime, until: datetime | None = None) -> list[Catalogue]:
        """The list of models in force at `since` and every change between it and `until`, oldest first."""
        low, high = to_micros(since), _NEVER if until is None else to_micros(until)
        found, waiting = self._reader.read(lambda session: session.catalogues(low, high))
        unsaved = [item for item in waiting if isinstance(item, Catalogue) and _before(item, until)]
        return _in_force(_changes([*(found or ()), *unsaved]), since)

    def nearest(self, tables: Sequence[EntryTable[Any]], at: datetime, *, later: bool) -> datetime | None:
        """The instant of the nearest entry of any of the tables, strictly after `at` or before it."""
        named = [(table.name, table.since) for table in tables]
        kinds = tuple(table.kind for table in tables)
        return self._nearest(named, at, later, lambda item: item.at if isinstance(item, kinds) else None)

    def nearest_report(self, at: datetime, *, later: bool) -> datetime | None:
        """The same for changes of the status page."""
        return self._nearest(
            [("status_reports", 1)],
            at,
            later,
            lambda item: item.fetched_at if isinstance(item, ProviderStatus) else None,
        )

    def nearest_observation(self, at: datetime, *, later: bool) -> datetime | None:
        """The same for the beginnings of observations."""
        return self._nearest(
            [("observations", 1)], at, later, lambda item: item.at if isinstance(item, Observation) else None
        )

    def _nearest(
        self,
        tables: Sequence[tuple[str, int]],
        at: datetime,
        later: bool,
        instant_of: Callable[[Record], datetime | None],
    ) -> datetime | None:
        micros = to_micros(at)
        found, waiting = self._reader.read(lambda session: session.nearest(tables, micros, later=later))
        instants = [instant for item in waiting if (instant := instant_of(item)) is not None]
        known = [] if found is None else [from_micros(found)]
        beyond = [
            *known,
            *(candidate for candidate in instants if (candidate > at if later else candidate < at)),
        ]
        return None if not beyond else (min if later else max)(beyond)

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

    def cost_since(self, instant: datetime, until: datetime | None = None) -> float:
        """The cost of the observations with `instant` <= at < `until` cost, in dollars."""
        low, high = to_micros(instant), _NEVER if until is None else to_micros(until)
        found, waiting = self._reader.read(lambda session: session.cost(low, high))
        unsaved = (
            item.cost_usd
            for item in waiting
            if isinstance(item, Observation) and low <= to_micros(item.at) < high
        )
        return math.fsum((found or 0.0, *unsaved))

    def roll_up(self, now: datetime, reach: Reach = DEFAULT_REACH) -> None:
        """Requests that every completed hour be rolled up, in small batches between writes.

        `reach` is how long an observation of each source holds (see `analysis.uptime.hours`).
        """
        self._backlog.ask_to_roll_up(RollUp(hour_of(to_micros(now) - LAG), reach))

    def record(self, now: datetime, reach: Reach = DEFAULT_REACH, span: timedelta = LONGEST) -> History:
        """The record of the last `span`, from the disk only. It holds up neither writes nor other reads.

        Raises StoreError when it cannot be read.
        """
        from claude_tui.store.record import read_record

        return read_record(self.path, now, reach, span)

    def prune(self, before: datetime) -> None:
        """Requests that everything older than `before` be deleted, in small batches between writes.

        Observations are rolled up first; the records of incidents stay.
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
        if self._writer is not None:
            self._writer.join(deadline - time.monotonic())
        self._reader.close(deadline - time.monotonic())
        return written


def _reader(path: Path, backlog: Backlog, problems: Problems) -> Reader:
    """A reader without a writer: no records are waiting, and damage is not repaired."""
    backlog.close()
    backlog.mark_ended()

    def report_damage(_: object, error: Exception) -> None:
        problems.report(Origin.READING, f"history cannot be read: {describe(error)} ({path})")

    return Reader(
        path,
        backlog,
        problems,
        connect=connect_read_only,
        commit_lock=threading.Lock(),
        report_damage=report_damage,
    )


def _real(path: Path) -> Path:
    """The path without symbolic links, so that companion files are beside the database itself."""
    try:
        return path.resolve()
    except (OSError, RuntimeError):
        return path.absolute()


def _before(document: Document, until: datetime | None) -> bool:
    return until is None or document.fetched_at < until


def _changes(documents: Iterable[Document]) -> list[Document]:
    """The documents by time, without those that repeat the previous one."""
    changes: list[Document] = []
    for document in sorted(documents, key=attrgetter("fetched_at")):
        if not changes or replace(document, fetched_at=changes[-1].fetched_at) != changes[-1]:
            changes.append(document)
    return changes


def _in_force(documents: list[Document], since: datetime) -> list[Document]:
    earlier = [index for index, document in enumerate(documents) if document.fetched_at <= since]
    return documents[earlier[-1] :] if earlier else documents
