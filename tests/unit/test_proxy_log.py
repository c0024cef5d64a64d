"""The proxy's log of calls: failures once a minute, and none of the content of a call."""

from __future__ import annotations

import logging
from collections.abc import Callable

import pytest

from claude_tui.model.observation import Outcome
from claude_tui.model.traffic import Call
from claude_tui.traffic.http1.wire import Framing, RequestHead
from claude_tui.traffic.proxy.call_log import LoggedCalls
from claude_tui.traffic.proxy.tap import Counts, GuardedTap
from tests.traffic_values import call


class Taken:
    def __init__(self) -> None:
        self.calls: list[Call] = []
        self.is_closed = False

    def add(self, recorded: Call) -> None:
        self.calls.append(recorded)

    def close(self) -> None:
        self.is_closed = True


def log_lines(caplog: pytest.LogCaptureFixture) -> list[str]:
    return [record.getMessage() for record in caplog.records]


def test_failures_are_reported_together_and_a_minute_without_any_not_at_all(
    caplog: pytest.LogCaptureFixture,
) -> None:
    caplog.set_level(logging.INFO, "claude_tui.proxy")
    due: list[Callable[[], None]] = []
    taken = Taken()
    logged = LoggedCalls(taken, lambda _, tell: due.append(tell))
    overloaded = call(outcome=Outcome.OVERLOADED, http_status=529, error_type="overloaded_error")
    for item in (overloaded, call(), overloaded, call(outcome=Outcome.TIMEOUT), call()):
        logged.add(item)
    assert len(taken.calls) == 5
    assert log_lines(caplog) == []
    due.pop()()
    assert log_lines(caplog) == ["3 of 5 calls failed: 529 overloaded_error ×2, timeout ×1"]

    logged.add(call())
    due.pop()()
    logged.add(overloaded)
    assert len(log_lines(caplog)) == 1
    # What was not told yet is told at the end.
    logged.close()
    assert log_lines(caplog)[1:] == ["1 of 1 calls failed: 529 overloaded_error ×1"]
    assert taken.is_closed


def test_the_rarest_kinds_are_reported_together(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO, "claude_tui.proxy")
    logged = LoggedCalls(Taken(), lambda *_: None)
    for status in (500, 500, 501, 502, 503, 504, 505, 506):
        logged.add(call(outcome=Outcome.SERVER_ERROR, http_status=status, error_type="api_error"))
    logged.close()
    (line,) = log_lines(caplog)
    assert line.startswith("8 of 8 calls failed: 500 api_error ×2, 501")
    assert line.endswith(", others ×2")


def test_a_fault_of_the_measuring_is_logged_once_a_minute_without_its_words(
    caplog: pytest.LogCaptureFixture,
) -> None:
    class Faulty:
        def __init__(self, head: RequestHead) -> None:
            raise ValueError(f"cannot read the planted prompt of {head}")

    counts = Counts()
    head = RequestHead(b"POST", b"/v1/messages", (), Framing.NONE, http_10=False, keeps_alive=True)
    for _ in range(3):
        GuardedTap(Faulty, head, counts)
    assert counts.tap_faults == 3
    (line,) = log_lines(caplog)
    assert line.startswith("a call passed, but could not be measured: ValueError in __init__, line ")
    assert line.endswith("of test_proxy_log.py")
