"""The whole Snapshot: a function of what is known at an instant, and of nothing else."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from claude_tui.analysis.history.history import History
from claude_tui.analysis.snapshot import Options, build_snapshot
from claude_tui.model.arrangement import Panel
from claude_tui.model.observation import Observation, Outcome, RateLimitReading, Source, WindowReading
from claude_tui.model.provider import Catalogue, ProviderStatus
from claude_tui.model.snapshot import Focus
from tests.builders import (
    after,
    catalogue,
    engine,
    history_of,
    incident,
    messages,
    models,
    page,
    status,
    unread,
)

seconds = st.integers(0, 4000).map(float)
limits = st.lists(
    st.builds(
        RateLimitReading,
        st.sampled_from(["requests", "tokens", "input"]),
        st.sampled_from([None, 0, 1000, 80_000]),
        st.one_of(st.none(), st.integers(0, 80_000)),
        st.one_of(st.none(), seconds.map(after)),
    ),
    max_size=3,
)
windows = st.lists(
    st.builds(
        WindowReading,
        st.sampled_from(["5h", "7d"]),
        st.floats(0, 1.5),
        st.one_of(st.none(), seconds.map(after)),
        st.sampled_from([None, "allowed", "rejected"]),
    ),
    max_size=2,
)
outcomes = st.sampled_from(list(Outcome))
items = st.one_of(
    st.builds(
        messages,
        seconds,
        outcomes,
        ttft=st.one_of(st.none(), st.floats(0, 10)),
        limits=limits,
        windows=windows,
        model=st.sampled_from(["a", "b", None]),
        skew_s=st.one_of(st.none(), st.floats(-1e4, 1e4)),
    ),
    st.builds(models, seconds, outcomes, total=st.one_of(st.none(), st.floats(0, 10))),
    st.builds(page, seconds, outcomes),
    st.builds(status, seconds, st.sampled_from(["operational", "major_outage", "?"])),
    st.builds(lambda at: status(at, incidents=[incident()]), seconds),
    st.builds(unread, seconds),
    st.builds(lambda at, names: catalogue(at, *names), seconds, st.sets(st.sampled_from("abcdefg"))),
)
focuses = st.one_of(
    st.none(),
    st.builds(
        Focus,
        st.sampled_from(Panel),
        st.sampled_from([900, 3600, 86_400]).map(lambda s: timedelta(seconds=s)),
    ),
)
Item = Observation | ProviderStatus | Catalogue


def began(item: Item) -> float:
    at = item.at if isinstance(item, Observation) else item.fetched_at
    return at.timestamp()


def distinct(observed: list[Item]) -> list[Item]:
    seen: dict[tuple[str, float], Item] = {}
    for item in observed:
        kind = item.source.value if isinstance(item, Observation) else type(item).__name__
        seen.setdefault((kind, began(item)), item)
    return list(seen.values())


@given(st.lists(items, max_size=60).map(distinct), seconds, focuses)
def test_the_future_has_no_influence(observed: list[Item], at: float, focus: Focus | None) -> None:
    instant = after(at + 0.5)
    past = [item for item in observed if began(item) <= instant.timestamp()]
    full = build_snapshot(history_of(*observed), instant, engine(), Options(), focus)
    known = build_snapshot(history_of(*past), instant, engine(), Options(), focus)
    assert full == known


def test_two_readings_of_a_bucket_in_one_response_are_read_the_same_in_any_order() -> None:
    twice = messages(
        0,
        limits=[
            RateLimitReading("requests", None, None, None),
            RateLimitReading("requests", 5, 0, after(60)),
        ],
    )
    other = messages(
        1, limits=[RateLimitReading("tokens", 5, 5, None), RateLimitReading("requests", 5, 5, None)]
    )
    history = history_of(twice, other)
    first = build_snapshot(history, after(0), engine(), Options())
    build_snapshot(history, after(1), engine(), Options())
    assert build_snapshot(history, after(0), engine(), Options()) == first


@given(st.lists(items, max_size=60).map(distinct), st.lists(seconds, min_size=2, max_size=5))
def test_asking_twice_gives_the_same(observed: list[Item], instants: list[float]) -> None:
    history = history_of(*observed)
    first = [build_snapshot(history, after(at), engine(), Options()) for at in instants]
    again = [build_snapshot(history, after(at), engine(), Options()) for at in reversed(instants)]
    assert first == again[::-1]


@given(st.lists(items, max_size=60).map(distinct), st.randoms())
def test_the_order_of_arrival_has_no_influence(observed: list[Item], dice) -> None:
    shuffled = list(observed)
    dice.shuffle(shuffled)
    ordered = sorted(observed, key=began)
    instant = after(4000)
    one = build_snapshot(history_of(*ordered), instant, engine(), Options())
    other = build_snapshot(history_of(*shuffled), instant, engine(), Options())
    assert one == other


@given(st.lists(items, max_size=40).map(distinct), seconds)
def test_figures_are_possible(observed: list[Item], at: float) -> None:
    snapshot = build_snapshot(history_of(*observed), after(at), engine(), Options())
    for headroom in snapshot.headroom.buckets:
        assert 0 <= headroom.fraction <= 1
        assert headroom.limit >= 0
        assert headroom.reset_at is None or headroom.reset_at > snapshot.at
        assert headroom.read_at <= snapshot.at
        assert headroom.exhausted_in is None or headroom.exhausted_in >= timedelta()
        assert headroom.burn_per_minute is None or headroom.burn_per_minute >= 0
    for series in snapshot.latency.series:
        assert series.now_at is None or series.now_at <= snapshot.at
        figures = [figure for figure in (series.p50, series.p95, series.p99) if figure is not None]
        assert figures == sorted(figures)
    for window in snapshot.errors:
        assert window.failures == sum(row.count for row in window.rows) <= window.requests
    assert all(event.at <= snapshot.at for event in snapshot.events)
    assert len({event.key for event in snapshot.events}) == len(snapshot.events)
    assert snapshot.verdict.summary
    assert snapshot.verdict.next_step


def test_an_empty_history_has_a_snapshot() -> None:
    snapshot = build_snapshot(History(), after(0), engine(), Options())
    assert snapshot.catalogue is None
    assert snapshot.chart is None
    assert snapshot.events == ()


def test_a_chart_only_when_asked() -> None:
    focus = Focus(Panel.LATENCY, timedelta(hours=1))
    snapshot = build_snapshot(history_of(messages(0)), after(1), engine(), Options(), focus)
    assert snapshot.chart is not None
    assert snapshot.chart.focus == focus


@pytest.mark.parametrize(
    ("source", "stale"), [(Source.MESSAGES, 90), (Source.MODELS, 45), (Source.STATUS, 180)]
)
def test_how_old_a_figure_may_be(source: Source, stale: float) -> None:
    assert Options().stale_after_s(source) == stale
    lively = Options(messages_interval_s=3, models_interval_s=3, status_interval_s=3)
    assert lively.stale_after_s(source) == 45


# -- how long the page has been silent -------------------------------------------------------


def silent_since(*observed: object, at: float) -> datetime | None:
    history = history_of(*observed)  # type: ignore[arg-type]
    return build_snapshot(history, after(at), engine(), Options()).status.silent_since


OVERLOADED = [messages(30.0 * n, Outcome.OVERLOADED) for n in range(1, 5)]


def test_silent_since_the_first_failure() -> None:
    observations = [messages(0), *OVERLOADED, models(121)]
    assert silent_since(*observations, status(125), at=130) == after(30)
    assert silent_since(*observations, status(125, "degraded_performance"), at=130) is None
    assert silent_since(*observations, status(125, incidents=[incident()]), at=130) is None
    assert silent_since(*observations, unread(125), at=130) is None


def test_a_page_read_before_the_failures_is_not_silent_yet() -> None:
    assert silent_since(*OVERLOADED, models(121), status(20), at=130) is None


def test_one_lost_probe_is_nothing_to_be_silent_about() -> None:
    assert silent_since(messages(0), messages(30, Outcome.TIMEOUT), status(60), at=61) is None


@pytest.mark.parametrize(
    "ours", [Outcome.KEY_REJECTED, Outcome.RATE_LIMITED, Outcome.SPEND_LIMIT, Outcome.BAD_REQUEST]
)
def test_the_page_has_nothing_to_say_of_our_own_faults(ours: Outcome) -> None:
    assert silent_since(*(messages(10.0 * n, ours) for n in range(6)), status(60), at=61) is None


def test_trouble_seen_long_ago_says_nothing_of_now() -> None:
    assert silent_since(*OVERLOADED, models(3600), status(3600), at=3610) is None
