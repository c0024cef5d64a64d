"""What the full screen of own traffic lists: sorted by a column, and only what a filter lets through."""

from __future__ import annotations

from dataclasses import replace

import pytest

from claude_tui.analysis.traffic.figures import By, figures_by
from claude_tui.analysis.traffic.listing import ORDERS, listed_applications, listed_calls, listed_models
from claude_tui.model.filtering import parse_filter
from claude_tui.model.observation import Outcome
from claude_tui.model.traffic import Call, KeptBecause, KeptCall, Tokens
from claude_tui.model.traffic_view import TrafficFigures
from tests.traffic_values import after, call, rolled

AT = after(60)


def failing(seconds: float, application: str, outcome: Outcome, error_type: str, **changes: object) -> Call:
    return call(seconds, application=application, outcome=outcome, error_type=error_type, **changes)


CALLS = (
    *(call(second, application="batch", model="claude-sonnet-5-5") for second in range(30)),
    *(call(second, application="checkout", tokens=Tokens(100, 10), cost_usd=1.0) for second in range(10)),
    *(
        failing(second, "checkout", Outcome.OVERLOADED, "overloaded_error", http_status=529)
        for second in range(5)
    ),
    *(
        failing(second, "chat", Outcome.RATE_LIMITED, "rate_limit_error", model="claude-opus-5-5")
        for second in range(7)
    ),
)


def figures(by: By) -> tuple[TrafficFigures, ...]:
    return figures_by(by, rolled(*CALLS).rows, 60.0)


def applications(words: str = "", order: str = "calls") -> list[str]:
    found = listed_applications(figures(By.APPLICATION), parse_filter(words), order, AT)
    return [row.name for row in found]


@pytest.mark.parametrize(
    ("order", "first"),
    [
        ("calls", "batch"),
        ("failing", "chat"),
        ("overload", "checkout"),
        ("limited", "chat"),
        ("cost/h", "checkout"),
    ],
)
def test_a_table_is_sorted_by_its_column_the_highest_first(order: str, first: str) -> None:
    assert applications(order=order)[0] == first


@pytest.mark.parametrize("order", ORDERS)
def test_no_order_loses_a_row_and_what_is_unknown_comes_last(order: str) -> None:
    rows = list(figures(By.APPLICATION))
    unknown = replace(
        rows[0], name="unknown", calls=0, failing=None, failures=(), input_per_minute=None, usd_per_hour=None
    )
    found = listed_applications([unknown, *rows], parse_filter(""), order, AT)
    assert {row.name for row in found} == {"unknown", "batch", "checkout", "chat"}
    if order in ("calls", "failing"):
        assert found[-1].name == "unknown"


@pytest.mark.parametrize(
    ("words", "left"),
    [
        ("app:check", ["checkout"]),
        ("-app:batch", ["checkout", "chat"]),
        ("status:529", ["checkout"]),
        ("status:4xx", ["chat"]),
        ("class:overloaded", ["checkout"]),
        # The table of applications does not know the models, nor single calls.
        ("model:opus", ["batch", "checkout", "chat"]),
        ("req_1", ["batch", "checkout", "chat"]),
    ],
)
def test_a_filter_is_about_applications(words: str, left: list[str]) -> None:
    assert applications(words) == left


def test_a_filter_is_about_models() -> None:
    found = listed_models(figures(By.MODEL), parse_filter("model:opus app:nobody"), "calls", AT)
    assert [row.name for row in found] == ["claude-opus-5-5"]


@pytest.mark.parametrize(
    ("words", "ids"),
    [
        ("", ["a", "b", "c"]),
        ("app:checkout", ["a", "b"]),
        ("app:checkout status:5xx", ["a"]),
        ("model:opus", ["c"]),
        ("class:time", ["b"]),
        ("since:30s", ["c"]),
        ("-app:chat", ["a", "b"]),
        ("req_b", ["b"]),
    ],
)
def test_a_filter_lets_calls_through(words: str, ids: list[str]) -> None:
    calls = (
        failing(1, "checkout", Outcome.OVERLOADED, "overloaded_error", http_status=529, request_id="req_a"),
        failing(2, "checkout", Outcome.TIMEOUT, "read", request_id="req_b"),
        failing(
            50,
            "chat",
            Outcome.RATE_LIMITED,
            "rate_limit_error",
            http_status=429,
            request_id="req_c",
            model="alias",
            served_model="claude-opus-5-5",
        ),
    )
    kept = [KeptCall(AT, KeptBecause.FAILED, made_call) for made_call in calls]
    found = listed_calls(kept, parse_filter(words), AT)
    assert [(kept_call.call.request_id or "").removeprefix("req_") for kept_call in found] == ids
