"""The engine follows own traffic, and looks back at it: both see the same."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from pathlib import Path

from claude_tui.engine.traffic import TrafficFollower, facts_at, view_at
from claude_tui.model.observation import Outcome
from claude_tui.model.traffic import KeptBecause, KeptCall, RolledUp, TrafficSource
from claude_tui.model.traffic_view import TrafficView
from claude_tui.store import Store
from tests.store_values import PATIENCE_S, opened
from tests.traffic_values import START, after, call, rolled


def batch(second: int, *, failed: int = 0) -> RolledUp:
    """The calls of the 10 s from `second` on, recorded at their end."""
    calls = [call(second + number, first_token_s=0.4, retries=0) for number in range(10)]
    calls += [call(second + number, outcome=Outcome.OVERLOADED) for number in range(failed)]
    made: RolledUp = rolled(*calls)
    return replace(made, at=after(second + 10.2))


def write(store: Store, *batches: RolledUp) -> None:
    for recorded in batches:
        store.write(recorded)
    assert store.flush(PATIENCE_S)


def comparable(view: TrafficView | None) -> TrafficView:
    assert view is not None
    return view


def test_what_is_followed_is_what_is_looked_back_at(tmp_path: Path) -> None:
    with opened(tmp_path) as store, opened(tmp_path) as proxy:
        write(proxy, *(batch(second) for second in range(0, 300, 10)))
        followed = TrafficFollower(store)
        followed.load(after(301))
        live = {301: followed.view(after(301))}
        for second in range(300, 1500, 10):
            write(proxy, batch(second, failed=second // 300))
            followed.read(after(second + 11))
            live[second + 11] = followed.view(after(second + 11))
        assert len({id(view) for view in live.values()}) == len(live)
        for second, view in live.items():
            then = comparable(view_at(store, after(second)))
            assert comparable(view).all == then.all, second
            assert comparable(view).trend == then.trend, second
            assert comparable(view).failed_count == then.failed_count, second


def test_a_long_trouble_keeps_its_beginning_live_and_in_the_past(tmp_path: Path) -> None:
    onset, end = 1200, 9600
    with opened(tmp_path) as store, opened(tmp_path) as proxy:
        followed = TrafficFollower(store)
        followed.load(after(0))
        live = {}
        for second in range(0, end, 10):
            write(proxy, batch(second, failed=5 if second >= onset else 0))
            if second % 200 == 0 and second >= onset + 200:
                followed.read(after(second + 11))
                live[second + 11] = comparable(followed.view(after(second + 11))).troubles
        for second, troubles in live.items():
            assert [trouble.since for trouble in troubles] == [after(onset)], second
            assert troubles == comparable(view_at(store, after(second))).troubles, second


def test_a_step_into_a_long_trouble_reads_no_more_in_full_than_into_a_short_one(tmp_path: Path) -> None:
    onset = 600
    with opened(tmp_path) as store:
        for second in range(0, 3 * 3600, 10):
            store.write(batch(second, failed=5 if second >= onset else 0))
        assert store.flush(PATIENCE_S)
        read = {}
        for minutes in (20, 160):
            before = store.traffic.read_in_full
            at = after(onset + 60 * minutes + 1)
            assert [trouble.since for trouble in comparable(view_at(store, at)).troubles] == [after(onset)]
            read[minutes] = store.traffic.read_in_full - before
        # More only by the two hours that tell what is usual, of two keys each, which are not folded here.
        assert read[160] <= read[20] + 2 * 360 * 2
        facts = facts_at(store, at)
        assert len(facts.recent) <= 2 * 9
        assert len(facts.earlier) >= 2 * 60


def test_a_beginning_is_as_exact_after_hours_as_it_was_at_first(tmp_path: Path) -> None:
    """It is not rounded to the minute or to ten, once only longer roll-ups are looked at."""
    onset, end = 1234.5, 9600
    with opened(tmp_path) as store, opened(tmp_path) as proxy:
        followed = TrafficFollower(store)
        followed.load(after(0))
        first = call(onset, outcome=Outcome.OVERLOADED, total_s=0.5)
        live = {}
        for second in range(0, end, 10):
            failing = second + 10 > onset
            write(proxy, batch(second, failed=5 if failing else 0))
            if failing and second <= onset:
                proxy.write(KeptCall(after(onset + 1), KeptBecause.FAILED, first))
            if second >= onset + 20 and (second % 500 == 0 or second < onset + 60):
                followed.read(after(second + 11))
                live[second + 11] = comparable(followed.view(after(second + 11))).troubles
        for second, troubles in live.items():
            assert [trouble.since for trouble in troubles] == [after(onset)], second
            assert troubles == comparable(view_at(store, after(second))).troubles, second


def test_nothing_is_computed_while_nothing_is_new(tmp_path: Path) -> None:
    with opened(tmp_path) as store:
        write(store, batch(0))
        followed = TrafficFollower(store)
        followed.load(after(11))
        view = followed.view(after(11))
        followed.read(after(12))
        assert followed.view(after(12)) is view
        assert followed.view(after(22)) is not view


def test_a_process_that_cannot_write_shows_what_it_counts_itself(tmp_path: Path) -> None:
    def refuse(path: Path) -> object:
        raise OSError("no space left")

    with opened(tmp_path, [], connect=refuse, retry_s=600) as store:  # type: ignore[arg-type]
        followed = TrafficFollower(store)
        followed.load(after(0))
        for second in (0, 10):
            store.write(batch(second))
            followed.read(after(second + 11))
        assert comparable(followed.view(after(21))).all.calls == 20


def test_what_was_recorded_later_is_not_known_yet(tmp_path: Path) -> None:
    with opened(tmp_path) as store:
        late = replace(batch(0, failed=5), at=after(400))
        write(store, batch(0), late)
        assert comparable(view_at(store, after(21))).all.failed == 0
        assert view_at(store, after(5)) is None
        assert comparable(view_at(store, after(401))).failed_count == 5


def test_usual_is_the_same_hour_of_the_days_before(tmp_path: Path) -> None:
    with opened(tmp_path) as store:
        write(
            store, *(replace(rolled(call(s, first_token_s=0.4)), at=after(s + 10)) for s in range(0, 60, 10))
        )
        tomorrow = START + timedelta(days=1, seconds=30)
        facts = facts_at(store, tomorrow)
        assert facts.usual_days == 1
        assert sum(row.calls for row in facts.usual) == 6
        assert facts_at(store, tomorrow + timedelta(hours=1)).usual_days == 0


def test_failed_calls_are_shown_once_whoever_recorded_them(tmp_path: Path) -> None:
    with opened(tmp_path) as store, opened(tmp_path) as proxy:
        followed = TrafficFollower(store)
        followed.load(after(0))
        for second in (0, 10, 20):
            failed = call(second + 1, outcome=Outcome.OVERLOADED, request_id=f"req_{second}")
            proxy.write(KeptCall(after(second + 10), KeptBecause.FAILED, failed))
            write(proxy, batch(second, failed=1))
            followed.read(after(second + 11))
        found = comparable(followed.view(after(31)))
        assert [failed_call.call.request_id for failed_call in found.failed_calls] == [
            "req_20",
            "req_10",
            "req_0",
        ]
        assert found.sources[0].source is TrafficSource.PROXY
