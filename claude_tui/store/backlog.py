"""A bounded queue of records between the callers of `Store.write` and the writer thread."""

from __future__ import annotations

import threading
from collections import deque
from dataclasses import dataclass
from itertools import islice

from claude_tui.analysis.uptime.hours import Reach
from claude_tui.model.observation import Observation
from claude_tui.model.provider import Catalogue, ProviderStatus
from claude_tui.model.traffic import RolledUp
from claude_tui.store.entries import Entry

__all__ = ["Backlog", "Kept", "Record", "RollUp", "Work"]

BATCH = 500
PRUNE_PAUSE_S = 0.03


@dataclass(frozen=True, slots=True)
class Kept:
    """A body stored by name, which replaces the previous one of that name."""

    name: str
    body: bytes


@dataclass(frozen=True, slots=True)
class RollUp:
    """Roll up the hours before `end_hour` (hours since 1970)."""

    end_hour: int
    reach: Reach


Record = Observation | ProviderStatus | Catalogue | Entry | Kept | RolledUp


@dataclass(frozen=True, slots=True)
class Work:
    """What the writer should do next."""

    records: tuple[Record, ...]
    """What to write, in this order."""
    settled_until: int
    """Once `records` are written, those with a lower number are settled."""
    kept_settled_to: int
    """The same for Kept, this number included."""
    prune_before: int | None
    """Delete records before this instant (microseconds since 1970), if any."""
    closing: bool
    """The store is being closed."""
    roll_up: RollUp | None = None
    """Roll up hours, if any, before anything is deleted."""
    fold: bool = False
    """Fold roll-ups of own traffic into longer ones."""


class Backlog:
    """Numbered records in the order in which they were added. Beyond `keep` records, the oldest are lost.

    Roll-ups of own traffic that are added together are one record, but each of them counts.

    The newest Kept of each name is held separately, does not count and is never lost: names are few. It
    replaces an older one at once, so that repeated saves without a disk take no memory.

    Records that are not written yet can be read from here, so that the dashboard keeps working without
    a disk.
    """

    def __init__(self, keep: int) -> None:
        self._keep = keep
        self._records: deque[Record] = deque()
        self._first = 0
        self._weight = 0
        self._kept: dict[str, tuple[int, Kept]] = {}
        self._keeps = 0
        self._keeps_settled = 0
        self._lost = 0
        self._failures = 0
        self._busy = False
        self._woken = False
        self._closing = False
        self._ended = False
        self._prune_before: int | None = None
        self._roll_up: RollUp | None = None
        self._fold = False
        self._changed = threading.Condition()

    def put(self, *records: Record) -> None:
        """Adds records. Never waits for the disk; after `close` it does nothing.

        They are written in one transaction, unless hundreds are waiting.
        """
        with self._changed:
            for record in records:
                # Counted even after `close`, so that `drain` reports that not everything was written.
                self._keeps += isinstance(record, Kept)
                if not self._closing:
                    self._append(record)
            self._changed.notify_all()

    def waiting(self) -> tuple[Record, ...]:
        """The records that are not written yet."""
        with self._changed:
            return (*self._records, *self._newest_kept())

    @property
    def lost(self) -> int:
        with self._changed:
            return self._lost

    def ask_to_prune(self, before: int) -> None:
        """Requests that records before an instant (microseconds since 1970) be deleted."""
        with self._changed:
            self._prune_before = before
            self._changed.notify_all()

    def ask_to_roll_up(self, request: RollUp) -> None:
        """Requests that hours be rolled up; it replaces an earlier request."""
        with self._changed:
            self._roll_up = request
            self._changed.notify_all()

    def ask_to_fold(self) -> None:
        """Requests that roll-ups of own traffic be folded."""
        with self._changed:
            self._fold = True
            self._changed.notify_all()

    def wake(self) -> None:
        """Wakes the writer now, even while it is waiting to retry."""
        with self._changed:
            self._woken = True
            self._changed.notify_all()

    def close(self) -> None:
        with self._changed:
            self._closing = True
        self.wake()

    def drain(self, timeout_s: float) -> bool:
        """Has the writer try now, even while it is waiting to retry.

        Returns whether everything that was waiting at the call was written within `timeout_s`.
        """
        with self._changed:
            last, keeps, lost, failures = self._end, self._keeps, self._lost, self._failures
            self._woken = True
            self._changed.notify_all()

            def settled() -> bool:
                return self._first >= last and self._keeps_settled >= keeps

            def over() -> bool:
                gave_up = self._failures > failures and not self._busy and not self._woken
                return settled() or gave_up or self._ended

            self._changed.wait_for(over, timeout_s)
            return settled() and self._lost == lost

    # -- for the writer ---------------------------------------------------------

    def next(self, hold_s: float | None) -> Work:
        """Waits for work and returns it; with `hold_s`, only after that many seconds or when urged."""
        with self._changed:
            self._busy = False
            self._changed.notify_all()
            if hold_s is not None:
                self._changed.wait_for(lambda: self._woken, hold_s)
            else:
                self._changed.wait_for(lambda: self._has_work() or self._has_upkeep())
                # A pause between batches of maintenance lets other processes write.
                self._changed.wait_for(self._has_work, PRUNE_PAUSE_S)
            self._busy, self._woken = True, False
            records = tuple(islice(self._records, BATCH))
            return Work(
                (*records, *self._newest_kept()),
                settled_until=self._first + len(records),
                kept_settled_to=max(
                    (number for number, _ in self._kept.values()), default=self._keeps_settled
                ),
                prune_before=self._prune_before,
                closing=self._closing,
                roll_up=self._roll_up,
                fold=self._fold,
            )

    def settle(self, work: Work, lost: int = 0) -> None:
        """Drops the records of `work`, which were written except for `lost` that cannot be stored."""
        with self._changed:
            self._lost += lost
            while self._first < work.settled_until:
                self._drop_oldest()
            self._kept = {name: kept for name, kept in self._kept.items() if kept[0] > work.kept_settled_to}
            self._keeps_settled = work.kept_settled_to
            self._changed.notify_all()

    def fail(self) -> None:
        """Records that an attempt failed."""
        with self._changed:
            self._failures += 1

    def pruned(self, before: int) -> None:
        """Records that nothing before `before` is left, unless a later instant was requested meanwhile."""
        with self._changed:
            if self._prune_before == before:
                self._prune_before = None

    def rolled_up(self, request: RollUp) -> None:
        """Records that `request` has been carried out, unless another was made meanwhile."""
        with self._changed:
            if self._roll_up is request:
                self._roll_up = None

    def folded(self) -> None:
        """Records that nothing is left to fold."""
        with self._changed:
            self._fold = False

    def mark_ended(self) -> None:
        """Records that the writer has ended, so that nobody waits for it."""
        with self._changed:
            self._ended = True
            self._changed.notify_all()

    @property
    def _end(self) -> int:
        return self._first + len(self._records)

    def _newest_kept(self) -> list[Kept]:
        return [kept for _, kept in self._kept.values()]

    def _append(self, record: Record) -> None:
        if isinstance(record, Kept):
            self._kept[record.name] = (self._keeps, record)
            return
        self._records.append(record)
        self._weight += _weight_of(record)
        while self._weight > self._keep and len(self._records) > 1:
            self._lost += self._drop_oldest()

    def _drop_oldest(self) -> int:
        """Drops a record, and returns how many it counted as."""
        weight = _weight_of(self._records.popleft())
        self._first += 1
        self._weight -= weight
        return weight

    def _has_work(self) -> bool:
        return bool(self._records) or bool(self._kept) or self._woken or self._closing

    def _has_upkeep(self) -> bool:
        return self._prune_before is not None or self._roll_up is not None or self._fold


def _weight_of(record: Record) -> int:
    return max(len(record.rows), 1) if isinstance(record, RolledUp) else 1
