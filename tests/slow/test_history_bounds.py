"""However long the program runs and whatever servers send, memory stays bounded."""

from __future__ import annotations

import gc
from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from types import FunctionType, ModuleType

import pytest

from claude_tui.analysis.history.history import SLACK, History
from claude_tui.engine.collector import HOUSEKEEPING_S
from claude_tui.engine.demo import DEMO_IN_MEMORY, DEMO_PACE
from claude_tui.engine.setup import IN_MEMORY_SPAN
from claude_tui.engine.sources import Pace
from claude_tui.model.observation import Outcome, Source
from claude_tui.probes.pacing import Backoff
from tests.builders import after, bucket, catalogue, messages, models, page, status

DEFAULT_PACE = Pace(status_s=60, models_s=15, messages_s=30, backoff=Backoff())
TWO_DAYS_S = 48 * 3600
PLAY_S = 240.0
"""The length of the tour: for a quarter of each round nothing answers, and the page says so."""


def retained(history: History) -> int:
    """How many objects `history` alone keeps alive, in any container."""
    seen: set[int] = set()
    waiting: list[object] = [history]
    while waiting:
        found = waiting.pop()
        if id(found) not in seen and not isinstance(found, type | ModuleType | FunctionType):
            seen.add(id(found))
            waiting += gc.get_referents(found)
    return len(seen)


def fed(history: History, pace: Pace, seconds: float, *, speed: float = 1.0) -> Iterator[float]:
    """Feeds `history` incidents without end, as the probes would; yields the time in seconds."""
    due = {Source.STATUS: 0.0, Source.MODELS: 0.1, Source.MESSAGES: 0.2}
    every = {
        Source.STATUS: pace.status_s,
        Source.MODELS: pace.models_s,
        Source.MESSAGES: pace.messages_s,
    }
    while (now := min(due.values())) < seconds:
        source = min(due, key=lambda candidate: due[candidate])
        due[source] += every[source]
        down = now * speed % PLAY_S < PLAY_S / 4
        outcome = Outcome.OVERLOADED if down else Outcome.OK
        if source is Source.STATUS:
            history.add_observation(page(now))
            history.add_status(status(now, "major_outage" if down else "operational"))
        elif source is Source.MODELS:
            history.add_observation(models(now, outcome))
            if not down:
                history.add_catalogue(catalogue(now, "a", "b"))
        else:
            limits = [bucket("requests", int(now) % 1000, reset_in=60, at=now)]
            history.add_observation(messages(now, outcome, limits=limits))
        yield now


@pytest.mark.parametrize(
    ("pace", "speed", "kept"),
    [
        (DEFAULT_PACE, 1.0, IN_MEMORY_SPAN),
        (DEMO_PACE, 1.0, DEMO_IN_MEMORY),
        (DEMO_PACE, 20.0, DEMO_IN_MEMORY),
    ],
    ids=["dashboard", "demo", "demo-20x"],
)
def test_after_two_days_no_more_is_kept_than_once_memory_was_full(
    pace: Pace, speed: float, kept: timedelta
) -> None:
    history = History()
    full: int | None = None
    house_kept_at = now = 0.0
    for now in fed(history, pace, TWO_DAYS_S, speed=speed):
        if now - house_kept_at >= HOUSEKEEPING_S:
            house_kept_at = now
            if full is None and now > kept.total_seconds() + HOUSEKEEPING_S:
                full = retained(history)
            history.trim(after(now) - kept)
    assert full is not None
    assert retained(history) <= full * 1.05
    oldest = history.window(None, after(-1), after(now))[0].at
    assert after(now) - oldest <= kept + timedelta(seconds=HOUSEKEEPING_S + 60)


def test_a_clock_that_never_lets_anything_grow_old_fills_no_memory() -> None:
    history = History(max_per_source=1000)
    most = 1000 + SLACK
    for now in fed(history, DEMO_PACE, 6 * 3600, speed=20):
        assert all(len(history.exchanges(source).items) <= most for source in Source)
        assert len(history.measure("models", now).at) <= most
    assert len(history.statuses(after(-1), after(6 * 3600))) <= most
    assert len(history.limits()) <= most


def test_reports_and_lists_without_exchanges_are_bounded_too() -> None:
    history = History(max_per_source=100)
    for second in range(3000):
        history.add_status(status(float(second), "operational" if second % 2 else "major_outage"))
        history.add_catalogue(catalogue(float(second), "a" if second % 2 else "b"))
    assert len(history.statuses(after(-1), after(3000))) <= 100 + SLACK
    assert history.status_at(after(3000)) == status(2999.0, "operational")
    assert history.catalogue_at(after(3000)) == catalogue(2999.0, "a")
    once = retained(history)
    for second in range(3000, 6000):
        history.add_status(status(float(second), "operational" if second % 2 else "major_outage"))
        history.add_catalogue(catalogue(float(second), "a" if second % 2 else "b"))
    assert retained(history) <= once * 1.05


def test_a_server_that_invents_names_without_end_fills_no_memory() -> None:
    history = History()
    sizes = []
    for second in range(3000):
        answer = messages(
            float(second),
            model=f"model-{second}",
            limits=[bucket(f"b{second}-{number}", 1, limit=10) for number in range(8)],
        )
        history.add_observation(replace(answer, error_type=None))
        if second % 500 == 499:
            history.trim(after(second - 400))
            sizes.append(retained(history))
    assert max(sizes[1:]) <= sizes[1] * 1.05


def test_a_list_that_is_read_again_and_again_takes_no_room() -> None:
    history = History()
    for second in range(10):
        history.add_catalogue(catalogue(float(second), "a", "b"))
    once = retained(history)
    for second in range(10, 2000):
        history.add_catalogue(catalogue(float(second), "a", "b"))
    assert retained(history) <= once + 5
    assert history.catalogue_at(after(0)) == catalogue(0.0, "a", "b")
    assert history.catalogue_at(after(5000)) == catalogue(1999.0, "a", "b")


def test_the_limits_of_a_message_are_held_once() -> None:
    def held(count: int) -> int:
        history = History()
        for number in range(count):
            at = number * 30.0
            limits = [bucket(name, 900, at=at) for name in ("requests", "input", "output", "tokens")]
            history.add_observation(messages(at, limits=limits))
        return retained(history)

    # Itself, its instants and figures, and the four readings: no pairs of a reading and who carried it.
    assert held(1100) - held(100) <= 1000 * 12
