"""Aggregates completed calls into roll-ups and writes those to the store."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from typing import Protocol

from claude_tui.model.traffic import Call
from claude_tui.store import Store
from claude_tui.traffic.aggregation import Bounds, CallAggregator

__all__ = ["Sink", "StoreSink"]

_SPAN_S = 10
URGENT_S = 2.0
_FOLD_EVERY_S = 60


class Sink(Protocol):
    """Takes completed calls."""

    def add(self, call: Call) -> None:
        """Counts a call. Never blocks on a disk and never raises; thread-safe."""


class StoreSink:
    """Rolls calls up, and writes the roll-ups to the store at the end of each 10 s, in a thread of its own.

    A failed call is written within `urgent_s`, as an alert must not wait for the end of a span. While the
    store cannot be written, it holds a bounded number of rows and reports what it lost (`Store.problem`).
    """

    def __init__(
        self,
        store: Store,
        *,
        bounds: Bounds | None = None,
        now: Callable[[], float] = time.time,
        urgent_s: float = URGENT_S,
    ) -> None:
        self.faults = 0
        """Calls that could not be counted because of an internal error."""
        self._store = store
        self._aggregator = CallAggregator(bounds)
        self._now = now
        self._urgent_s = urgent_s
        self._folded = 0.0
        self._urgent = False
        self._closing = False
        self._changed = threading.Condition()
        self._thread = threading.Thread(target=self._run, name="traffic sink", daemon=True)

    def start(self) -> None:
        self._thread.start()

    def add(self, call: Call) -> None:
        with self._changed:
            try:
                self._aggregator.add(call, self._now())
            except Exception:  # noqa: BLE001 - counting must never end a call
                self.faults += 1
                return
            if self._aggregator.failing and not self._urgent:
                self._urgent = True
                self._changed.notify()

    def flush(self, *, all_of_it: bool = False) -> None:
        """Writes everything so far to the store."""
        with self._changed:
            # Only inside the lock: calls added meanwhile would be recorded before they were added.
            now = self._now()
            rolled, kept = self._aggregator.take(now, all_of_it=all_of_it)
            self._urgent = False
        if rolled is not None:
            self._store.write(rolled)
        for call in kept:
            self._store.write(call)
        if now - self._folded >= _FOLD_EVERY_S or now < self._folded:
            self._folded = now
            self._store.traffic.fold()

    def close(self, timeout_s: float = 2.0) -> None:
        """Writes the rest. The owner of the store closes it."""
        with self._changed:
            self._closing = True
            self._changed.notify()
        if self._thread.is_alive():
            self._thread.join(timeout_s)
        self.flush(all_of_it=True)

    def _run(self) -> None:
        while True:
            with self._changed:
                pause = _SPAN_S - self._now() % _SPAN_S
                self._changed.wait_for(lambda: self._closing or self._urgent, pause)
                if self._urgent:
                    self._changed.wait_for(lambda: self._closing, min(self._urgent_s, pause))
                if self._closing:
                    return
            self.flush()
