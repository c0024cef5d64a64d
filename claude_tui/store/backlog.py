"""What waits to be written: a bounded queue between those who write and the one thread that does it."""

from __future__ import annotations

import threading
from collections import deque
from dataclasses import dataclass
from itertools import islice

from claude_tui.model.observation import Observation
from claude_tui.model.provider import Catalogue, ProviderStatus

__all__ = ["Backlog", "Record", "Work"]

Record = Observation | ProviderStatus | Catalogue

BATCH = 500
PRUNE_PAUSE_S = 0.03


@dataclass(frozen=True, slots=True)
class Work:
    """What the writer should do next. `upto` is the number to settle once `records` are written."""

    records: tuple[Record, ...]
    upto: int
    prune_before: int | None
    closing: bool


class Backlog:
    """Records in the order they came, numbered. When there are more than `keep`, the oldest are lost.

    Whatever could not be written yet stays here and can be read from here: it is the memory that
    the dashboard goes on in when there is no disk.
    """

    def __init__(self, keep: int) -> None:
        self._keep = keep
        self._records: deque[Record] = deque()
        self._first = 0
        self._lost = 0
        self._failures = 0
        self._busy = False
        self._urged = False
        self._closing = False
        self._ended = False
        self._prune_before: int | None = None
        self._changed = threading.Condition()

    def put(self, record: Record) -> None:
        """Adds a record. Never waits for the disk; after `close` it does nothing."""
        with self._changed:
            if self._closing:
                return
            self._records.append(record)
            if len(self._records) > self._keep:
                self._records.popleft()
                self._first += 1
                self._lost += 1
            self._changed.notify_all()

    def waiting(self) -> tuple[Record, ...]:
        with self._changed:
            return tuple(self._records)

    @property
    def lost(self) -> int:
        with self._changed:
            return self._lost

    def ask_to_prune(self, before: int) -> None:
        with self._changed:
            self._prune_before = before
            self._changed.notify_all()

    def urge(self) -> None:
        """Has the writer look now, trouble or not."""
        with self._changed:
            self._urged = True
            self._changed.notify_all()

    def close(self) -> None:
        with self._changed:
            self._closing = True
        self.urge()

    def drain(self, timeout_s: float) -> bool:
        """Has the writer try now, trouble or not. Returns whether all that waits at the call was written."""
        with self._changed:
            last, lost, failures = self._end, self._lost, self._failures
            self._urged = True
            self._changed.notify_all()

            def over() -> bool:
                gave_up = self._failures > failures and not self._busy and not self._urged
                return self._first >= last or gave_up or self._ended

            self._changed.wait_for(over, timeout_s)
            return self._first >= last and self._lost == lost

    # -- for the writer ---------------------------------------------------------

    def next(self, hold_s: float | None) -> Work:
        """Waits for something to do and returns it; with `hold_s`, only after that time or when urged."""
        with self._changed:
            self._busy = False
            self._changed.notify_all()
            if hold_s is not None:
                self._changed.wait_for(lambda: self._urged, hold_s)
            else:
                self._changed.wait_for(lambda: self._urgent() or self._prune_before is not None)
                # Between slices of pruning other processes get their turn to write.
                self._changed.wait_for(self._urgent, PRUNE_PAUSE_S)
            self._busy, self._urged = True, False
            records = tuple(islice(self._records, BATCH))
            return Work(records, self._first + len(records), self._prune_before, self._closing)

    def settle(self, upto: int, lost: int = 0) -> None:
        """Forgets the records before number `upto`: written, but for `lost` that no store can hold."""
        with self._changed:
            self._lost += lost
            while self._first < upto:
                self._records.popleft()
                self._first += 1
            self._changed.notify_all()

    def fail(self) -> None:
        """Notes that an attempt failed."""
        with self._changed:
            self._failures += 1

    def pruned(self, before: int) -> None:
        """Notes that nothing before `before` is left, unless a later instant was asked for meanwhile."""
        with self._changed:
            if self._prune_before == before:
                self._prune_before = None

    def rest(self) -> None:
        """Notes that the writer has ended: nobody need wait for it."""
        with self._changed:
            self._ended = True
            self._changed.notify_all()

    @property
    def _end(self) -> int:
        return self._first + len(self._records)

    def _urgent(self) -> bool:
        return bool(self._records) or self._urged or self._closing
