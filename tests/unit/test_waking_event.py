"""The event that ends the thread that waits for keys."""

from __future__ import annotations

import selectors
import threading
from collections.abc import Iterator

import pytest

from claude_tui.tui.driver import WakingEvent


@pytest.fixture
def event() -> Iterator[WakingEvent]:
    event = WakingEvent()
    yield event
    event.close()


def test_a_selector_waits_for_it_however_often_it_is_set(event: WakingEvent) -> None:
    with selectors.SelectSelector() as selector:
        selector.register(event, selectors.EVENT_READ)
        for _ in range(3):
            assert not selector.select(0)
            event.set()
            event.set()
            assert selector.select(0)
            assert event.is_set()
            event.clear()
            assert not event.is_set()


def test_a_thread_that_waits_without_end_is_woken(event: WakingEvent) -> None:
    with selectors.SelectSelector() as selector:
        selector.register(event, selectors.EVENT_READ)
        thread = threading.Thread(target=selector.select, daemon=True)
        thread.start()
        event.set()
        thread.join(60)
        assert not thread.is_alive()


def test_clearing_what_was_not_set_waits_for_nothing(event: WakingEvent) -> None:
    event.clear()
    assert not event.is_set()
