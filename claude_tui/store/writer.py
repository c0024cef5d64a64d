"""The thread that owns the only writing connection, and how it handles failures."""

from __future__ import annotations

import sqlite3
import threading
from collections.abc import Callable
from contextlib import suppress
from datetime import datetime
from pathlib import Path

from claude_tui.store.backlog import Backlog, Work
from claude_tui.store.faults import (
    DamagedStoreError,
    NewerStoreError,
    StoreError,
    describe,
    is_damage,
    memory_only,
    was_set_aside,
)
from claude_tui.store.files import (
    LOCK_TIMEOUT_S,
    Connect,
    Identity,
    directory_lock,
    identity_of,
    make_directory,
    make_file,
    set_aside,
)
from claude_tui.store.problems import Origin, Problems
from claude_tui.store.schema import prepare
from claude_tui.store.writing import WriteSession

__all__ = ["Writer"]

# Bounds the damaged copies on a disk that damages every new store.
MAX_REPLACEMENTS = 3


class Writer:
    """Writes the backlog. After a failure it reports the problem and tries again every `retry_s` seconds.

    `commit_lock` is held while records move from the backlog into the database.
    """

    def __init__(
        self,
        path: Path,
        backlog: Backlog,
        problems: Problems,
        *,
        connect: Connect,
        now: Callable[[], datetime],
        retry_s: float,
    ) -> None:
        self.commit_lock = threading.Lock()
        self.refusal: NewerStoreError | None = None
        self._path = path
        self._backlog = backlog
        self._problems = problems
        self._connect = connect
        self._now = now
        self._retry_s = retry_s
        self._session: WriteSession | None = None
        self._identity: Identity | None = None
        self._is_failing = False
        self._replacements = 0
        self._refusal: Exception | None = None
        self._reported_damage: tuple[Identity, Exception] | None = None
        self._thread = threading.Thread(target=self._run, name="store-writer", daemon=True)

    def start(self) -> None:
        """Opens the store in the calling thread, so that it can be read at once; then starts the thread."""
        self._attempt(Work((), 0, 0, None, closing=False))
        self._thread.start()

    def join(self, timeout_s: float) -> None:
        self._thread.join(max(timeout_s, 0.0))

    def report_damage(self, identity: Identity, error: Exception) -> None:
        """Has the store set aside if it is still the file `identity`, in which a reader found damage."""
        self._reported_damage = (identity, error)
        self._backlog.wake()

    def _run(self) -> None:
        try:
            while True:
                work = self._backlog.next(hold_s=self._retry_s if self._is_failing else None)
                self._attempt(work)
                if work.closing and (self._is_failing or not work.records):
                    break
        finally:
            self._release()
            self._backlog.mark_ended()

    def _attempt(self, work: Work) -> None:
        try:
            self._carry_out_or_replace(work)
        except (sqlite3.Error, OSError, StoreError) as error:
            self._drop_session()
            self.refusal = error if isinstance(error, NewerStoreError) else None
            self._backlog.fail()
            self._is_failing = True
            self._problems.report(
                Origin.WRITING, memory_only(self._path, error, losing=self._backlog.lost > 0)
            )
        else:
            self._is_failing = False
            self._report_losses()
            self._problems.clear(Origin.WRITING)

    def _report_losses(self) -> None:
        if (lost := self._backlog.lost) == 0:
            return
        why = describe(self._refusal) if self._refusal else "memory was full"
        self._problems.report(Origin.LOSS, f"records missing from the history: {lost} ({why})")

    def _carry_out_or_replace(self, work: Work) -> None:
        try:
            self._carry_out(work)
        except (sqlite3.Error, OSError, StoreError) as error:
            if not is_damage(error) or self._replacements >= MAX_REPLACEMENTS:
                raise
            self._replace(error)
            self._carry_out(work)

    def _carry_out(self, work: Work) -> None:
        session = self._current_session()
        if work.records:
            refused = session.add(work.records)
            with self.commit_lock:
                session.commit()
                self._backlog.settle(work, lost=len(refused))
            self._refusal = refused[-1] if refused else self._refusal
        if work.roll_up is not None:
            if session.roll_up(work.roll_up.end_hour, work.roll_up.reach):
                self._backlog.rolled_up(work.roll_up)
        elif work.fold:
            if session.fold_traffic():
                self._backlog.folded()
        elif work.prune_before is not None and session.prune(work.prune_before) and session.shrink():
            self._backlog.pruned(work.prune_before)

    def _current_session(self) -> WriteSession:
        """A session on the current file.

        Raises what `_open` raises, and DamagedStoreError for damage a reader found.
        """
        if self._session is not None and self._session.identity != identity_of(self._path):
            self._drop_session()
        if self._session is None:
            self._session = self._open()
        damage, self._reported_damage = self._reported_damage, None
        if damage is not None and damage[0] == self._identity:
            raise DamagedStoreError(describe(damage[1])) from damage[1]
        return self._session

    def _open(self) -> WriteSession:
        make_directory(self._path.parent)
        with directory_lock(self._path.parent, LOCK_TIMEOUT_S):
            self._identity = identity_of(self._path)
            make_file(self._path)
            self._identity = identity_of(self._path)
            connection = self._connect(self._path)
            try:
                prepare(connection)
                return WriteSession(connection, self._identity, self._now)
            except BaseException:
                connection.close()
                raise

    def _replace(self, error: Exception) -> None:
        """Sets the damaged store aside, unless another process has already done so."""
        with directory_lock(self._path.parent, LOCK_TIMEOUT_S):
            if identity_of(self._path) == self._identity:
                self._replacements += 1
                moved_to = set_aside(self._path, self._now())
                self._problems.report(Origin.DAMAGE, was_set_aside(self._path, moved_to, error))
        # Closed only now: SQLite does not touch the log of a database that was moved meanwhile.
        self._drop_session()

    def _release(self) -> None:
        if self._session is not None:
            # Everything is committed; an incomplete checkpoint is made up for when the store is next opened.
            with suppress(sqlite3.Error):
                self._session.checkpoint()
            self._drop_session()

    def _drop_session(self) -> None:
        if self._session is not None:
            self._session.close()
            self._session = None
