"""Limits are read about once a second of each model, however many answers carry them."""

from __future__ import annotations

from claude_tui.traffic.proxy.call_tap import LimitsDue


def test_each_model_is_due_once_a_second() -> None:
    due = LimitsDue()
    assert due("haiku", 10.0)
    assert not due("haiku", 10.9)
    assert due("sonnet", 10.9)
    assert due("haiku", 11.0)
    assert not due("haiku", 11.5)


def test_invented_names_of_models_take_no_memory() -> None:
    due = LimitsDue()
    for number in range(1000):
        assert due(f"model {number}", 10.0)
    assert len(due._read) <= 64
