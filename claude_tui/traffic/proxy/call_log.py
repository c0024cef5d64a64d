"""What the proxy logs about calls: failures once a minute, each call at debug level."""

from __future__ import annotations

import logging
from collections import Counter
from collections.abc import Callable
from typing import Protocol

from claude_tui.model.traffic import Call

__all__ = ["LoggedCalls"]

PERIOD_S = 60.0
_MOST_KINDS = 5
_logger = logging.getLogger("claude_tui.proxy")


class _Closing(Protocol):
    def add(self, call: Call) -> None: ...

    def close(self) -> None: ...


class LoggedCalls:
    """Passes calls on to a sink, and counts them for the log.

    A failing upstream would write thousands of lines, so failures are summarised, at most once in `PERIOD_S`.
    """

    def __init__(self, sink: _Closing, later: Callable[[float, Callable[[], None]], object]) -> None:
        """`later` calls a function after some seconds, in the thread that adds calls."""
        self._sink = sink
        self._later = later
        self._calls = 0
        self._failed: Counter[str] = Counter()
        self._waits = False

    def add(self, call: Call) -> None:
        self._sink.add(call)
        self._calls += 1
        if call.outcome.failed:
            self._failed[_kind(call)] += 1
        if not self._waits:
            self._waits = True
            self._later(PERIOD_S, self._summarise)
        if _logger.isEnabledFor(logging.DEBUG):
            _logger.debug("%s", _line(call))

    def close(self) -> None:
        self._summarise()
        self._sink.close()

    def _summarise(self) -> None:
        self._waits = False
        calls, failed = self._calls, self._failed
        self._calls, self._failed = 0, Counter()
        if failed:
            kinds = [f"{kind} ×{count:,}" for kind, count in failed.most_common(_MOST_KINDS)]
            others = failed.total() - sum(count for _, count in failed.most_common(_MOST_KINDS))
            kinds += [f"others ×{others:,}"] if others else []
            _logger.info("%s of %s calls failed: %s", f"{failed.total():,}", f"{calls:,}", ", ".join(kinds))


def _kind(call: Call) -> str:
    status = "" if call.http_status is None else f"{call.http_status} "
    return f"{status}{call.error_type or call.outcome.value}"


def _line(call: Call) -> str:
    total = "–" if call.total_s is None else f"{call.total_s:.3f}s"
    return (
        f"{call.method} {call.route} {call.application} {call.model} {call.outcome.value} {call.end.value} "
        f"status={call.http_status} total={total} request_id={call.request_id}"
    )
