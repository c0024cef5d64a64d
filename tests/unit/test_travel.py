"""Moving through the record: in a thread, many moves with one picture, and playback."""

from __future__ import annotations

import queue
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path
from typing import cast

import pytest

from claude_tui.engine.conditions import Conditions
from claude_tui.engine.past import Past
from claude_tui.engine.travel import Journey, Travel
from claude_tui.model.arrangement import Panel
from claude_tui.model.past import Move, MoveKind, PastView, Playback
from claude_tui.model.snapshot import Focus, Snapshot
from claude_tui.store import Store
from tests.builders import after, healthy
from tests.recorded import END_S, OVERLOAD_S, SLOW_S, recorded_in

PATIENCE_S = 60.0


@pytest.fixture(scope="module")
def store(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Store]:
    store = recorded_in(tmp_path_factory.mktemp("record"))
    yield store
    store.close()


@pytest.fixture
def journey(store: Store) -> Journey:
    return Journey(Past(store, Conditions()), lambda: after(END_S))


@contextmanager
def travelling(
    store: Store,
    start: datetime,
    playback: Playback | None = None,
    monotonic: Callable[[], float] | None = None,
) -> Iterator[tuple[Travel, Callable[[Callable[[PastView, Snapshot], bool]], Snapshot]]]:
    published: queue.Queue[Snapshot] = queue.Queue()
    past = Past(store, Conditions())
    journey = Journey(past, lambda: after(END_S))
    clock = {} if monotonic is None else {"monotonic": monotonic}
    travel = Travel(past, journey, published.put, start, playback, **clock)
    travel.start()

    def wait_for(wanted: Callable[[PastView, Snapshot], bool]) -> Snapshot:
        while True:
            snapshot = published.get(timeout=PATIENCE_S)
            if snapshot.past is not None and wanted(snapshot.past, snapshot):
                return snapshot

    try:
        yield travel, wait_for
    finally:
        travel.close(PATIENCE_S)


def step(kind: MoveKind, steps: int) -> Move:
    return Move(kind, steps)


# -- where moves lead ---------------------------------------------------------------------


@pytest.mark.parametrize(
    ("start", "move", "seconds", "note"),
    [
        (OVERLOAD_S + 17, step(MoveKind.OBSERVATION, 1), OVERLOAD_S + SLOW_S, ""),
        (OVERLOAD_S + SLOW_S, step(MoveKind.OBSERVATION, -1), OVERLOAD_S + 16.182, ""),
        (4000, step(MoveKind.MINUTE, -3), 3820, ""),
        (4000, step(MoveKind.MINUTE, 1), 4060, ""),
        (3700, step(MoveKind.EVENT, -1), 3660, ""),
        (3700, step(MoveKind.EVENT, 2), 3800, ""),
        (7000, step(MoveKind.EVENT, 1), 7000, "no later event is recorded"),
        (-90_000, step(MoveKind.OBSERVATION, -1), -90_000, "no earlier observation is recorded"),
        (END_S, step(MoveKind.MINUTE, 1), END_S, "the record ends here"),
        (-89_980, step(MoveKind.MINUTE, -1), -90_000, "the record begins here"),
        (4000, Move(MoveKind.INSTANT, to=after(-1e7)), -90_000, "the record begins here"),
        (4000, Move(MoveKind.INSTANT, to=after(5000)), 5000, ""),
    ],
)
def test_a_move_leads_where_it_says(
    journey: Journey, start: float, move: Move, seconds: float, note: str
) -> None:
    assert journey.after(after(start), move) == (after(seconds), note)


# -- in its thread ------------------------------------------------------------------------


def test_a_move_is_answered_at_once_and_then_in_full(store: Store) -> None:
    with travelling(store, after(END_S)) as (travel, wait_for):
        travel.go(Move(MoveKind.INSTANT, to=after(4000)))
        first = wait_for(lambda view, snapshot: True)
        whole = wait_for(lambda view, snapshot: view.complete)
    assert first.past is not None
    assert (first.at, first.past.complete) == (after(4000), False)
    assert whole.at == after(4000)


def test_many_moves_are_made_with_few_pictures(store: Store) -> None:
    arrived: list[datetime] = []
    with travelling(store, after(END_S)) as (travel, wait_for):
        for _ in range(50):
            travel.go(step(MoveKind.MINUTE, -1))
        end = after(END_S) - timedelta(minutes=50)
        wait_for(lambda view, snapshot: arrived.append(snapshot.at) is None and snapshot.at == end)
    assert len(arrived) < 50
    assert arrived == sorted(arrived, reverse=True)


def test_a_focus_gets_its_chart(store: Store) -> None:
    focus = Focus(Panel.LATENCY, timedelta(hours=1))
    with travelling(store, after(4000)) as (travel, wait_for):
        travel.set_focus(focus)
        chart = wait_for(lambda view, snapshot: snapshot.chart is not None).chart
    assert chart is not None
    assert chart.focus == focus
    assert chart.end == after(4000)


@dataclass
class Broken:
    """A Past that fails for a while."""

    working: Past
    failures: int
    asked: list[datetime] = field(default_factory=list)

    @property
    def complete(self) -> bool:
        return True

    def first(self) -> datetime:
        return after(0)

    def snapshot(self, at: datetime, focus: Focus | None) -> Snapshot:
        self.asked.append(at)
        if len(self.asked) <= self.failures:
            raise RuntimeError("the sun was too bright")
        return self.working.snapshot(at, focus)


def test_an_internal_error_is_reported_and_travel_goes_on(store: Store) -> None:
    published: queue.Queue[Snapshot] = queue.Queue()
    broken = cast("Past", Broken(Past(store, Conditions()), 1))
    travel = Travel(broken, Journey(broken, lambda: after(END_S)), published.put, after(4000))
    travel.start()
    travel.go(step(MoveKind.MINUTE, 1))
    snapshot = published.get(timeout=PATIENCE_S)
    travel.go(step(MoveKind.MINUTE, 1))
    fine = published.get(timeout=PATIENCE_S)
    travel.close(PATIENCE_S)
    assert snapshot.past is not None
    assert "the sun was too bright" in snapshot.past.note
    assert fine.past is not None
    assert (fine.at, fine.past.note) == (after(4120), "")


# -- playing ------------------------------------------------------------------------------


@dataclass
class Watch:
    """A clock that advances half a second whenever it is read."""

    at: float = 0.0

    def __call__(self) -> float:
        self.at += 0.5
        return self.at


def playback(speed: float = 60.0, *, playing: bool = True) -> Playback:
    return Playback("outage", after(4000), after(4300), speed, playing)


def test_a_recording_plays_to_its_end_and_stops(store: Store) -> None:
    seen: list[tuple[datetime, bool]] = []

    def at_end(view: PastView, snapshot: Snapshot) -> bool:
        assert view.playback is not None
        seen.append((snapshot.at, view.playback.playing))
        return not view.playback.playing

    with travelling(store, after(4000), playback(), Watch()) as (_, wait_for):
        wait_for(at_end)
    assert seen[0] == (after(4000), True)
    assert seen[-1] == (after(4300), False)
    assert [at for at, _ in seen] == sorted(at for at, _ in seen)
    assert after(4030) in dict(seen)


def test_a_recording_that_stands_still_plays_on_when_asked(store: Store) -> None:
    with travelling(store, after(4000), playback(playing=False), Watch()) as (travel, wait_for):
        wait_for(lambda view, snapshot: snapshot.at == after(4000))
        travel.toggle()
        wait_for(lambda view, snapshot: snapshot.at > after(4000))
        travel.toggle()
        stopped = wait_for(lambda view, snapshot: view.playback is not None and not view.playback.playing)
        travel.go(step(MoveKind.MINUTE, -1))
        back = wait_for(lambda view, snapshot: snapshot.at < stopped.at)
    assert stopped.at - back.at == timedelta(minutes=1)


def test_at_its_end_it_begins_anew(store: Store) -> None:
    with travelling(store, after(4300), playback(playing=False), Watch()) as (travel, wait_for):
        travel.toggle()
        assert wait_for(lambda view, snapshot: snapshot.at < after(4300)).at >= after(4000)


def test_what_is_dropped_while_somebody_looks_back_is_shown_as_gone(tmp_path: Path) -> None:
    store, long_ago = recorded_in(tmp_path), after(-50_000)

    def is_at(at: datetime, note: str) -> Callable[[PastView, Snapshot], bool]:
        return lambda view, snapshot: snapshot.at == at and view.note == note

    try:
        with travelling(store, after(END_S)) as (travel, wait_for):
            travel.go(Move(MoveKind.INSTANT, to=long_ago))
            wait_for(is_at(long_ago, ""))
            store.prune(after(END_S - 600))
            # What belongs to the incident stays; the record begins with it now.
            first = after(-1_000_000)
            while first < after(0):
                assert store.flush(PATIENCE_S)
                first = store.nearest_observation(after(-1_000_000), later=True) or first
            travel.go(Move(MoveKind.INSTANT, to=long_ago))
            wait_for(is_at(first, "the record begins here"))
            travel.go(step(MoveKind.MINUTE, -5))
            wait_for(is_at(first, "the record begins here"))
    finally:
        store.close()


def test_where_nobody_probed_for_an_hour_the_banner_says_that_nothing_is_kept(tmp_path: Path) -> None:
    store = Store.open(tmp_path, now=after(END_S))
    for observation in (*healthy(-20_000, -15_000), *healthy(0, 600)):
        store.write(observation)
    assert store.flush(PATIENCE_S)
    try:
        with travelling(store, after(600)) as (travel, wait_for):
            for second, note in ((-7000, "nothing is kept of this time"), (300, "")):
                at = after(second)
                travel.go(Move(MoveKind.INSTANT, to=at))
                found = wait_for(lambda view, snapshot: snapshot.at == at)  # noqa: B023 - waited for at once
                assert found.past is not None
                assert found.past.note == note
    finally:
        store.close()
