"""Counts a call once if the proxy saw it and OTLP reports it as well: the proxy's attempt stays.

Every proxy records digests of the request ids that it saw, with its roll-ups and for ten minutes. A reported
call waits until every proxy must have recorded its attempt, and is dropped if one has. If no proxy has
started or recorded a call for a day, nothing waits. The number of waiting calls is bounded: beyond it, the
oldest is counted without being looked up.
"""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Callable
from datetime import UTC, datetime, timedelta

from claude_tui.model.traffic import Call, TrafficSource
from claude_tui.store import Store
from claude_tui.traffic.request_ids import RequestIdDigests
from claude_tui.traffic.sink import Sink

__all__ = ["HOLD_S", "Deduplicated"]

HOLD_S = 15.0
"""A proxy records calls within 10 s; the rest is a margin for a busy disk."""
_PROXY_GONE_S = 86_400.0
_MOST_WAITING = 20_000


class Deduplicated:
    """The sink of a receiver: forwards calls that no proxy has seen to another sink. Thread-safe."""

    def __init__(
        self, sink: Sink, store: Store, now: Callable[[], float], most_waiting: int = _MOST_WAITING
    ) -> None:
        self.matched = 0
        """Calls that a proxy had seen already."""
        self.unmatched = 0
        """Calls that were counted early, since too many waited."""
        self._sink = sink
        self._store = store
        self._now = now
        self._most_waiting = most_waiting
        self._seen = RequestIdDigests()
        self._read_until = 0
        self._proxy_at = self._last_proxy(now())
        self._waiting: deque[tuple[float, Call]] = deque()
        self._lock = threading.Lock()

    def add(self, call: Call) -> None:
        if call.source is not TrafficSource.OTLP or not call.request_id:
            self._sink.add(call)
            return
        with self._lock:
            self._waiting.append((self._now(), call))
            early = self._waiting.popleft()[1] if len(self._waiting) > self._most_waiting else None
        if early is not None:
            self.unmatched += 1
            self._sink.add(early)

    def settle(self, *, all_of_it: bool = False) -> None:
        """Forwards calls that have waited long enough; call it every second, with `all_of_it` at the end."""
        now = self._now()
        self._read_seen(now)
        hold = HOLD_S if self._has_proxy(now) and not all_of_it else 0.0
        with self._lock:
            due: list[Call] = []
            while self._waiting and now - self._waiting[0][0] >= hold:
                due.append(self._waiting.popleft()[1])
        for call in due:
            if call.request_id in self._seen:
                self.matched += 1
            else:
                self._sink.add(call)

    def _read_seen(self, now: float) -> None:
        self._read_until, digests = self._store.traffic.seen_after(self._read_until)
        if digests:
            self._seen.add(digests)
            self._proxy_at = now

    def _has_proxy(self, now: float) -> bool:
        return now - self._proxy_at < _PROXY_GONE_S

    def _last_proxy(self, now: float) -> float:
        """When a proxy last recorded anything within the day, in seconds since 1970; 0 for never."""
        at = datetime.fromtimestamp(now, UTC)
        reports = self._store.traffic.reports(at - timedelta(seconds=_PROXY_GONE_S), at)
        heard = (report.end.timestamp() for report in reports if report.source is TrafficSource.PROXY)
        return min(max(heard, default=0.0), now)
