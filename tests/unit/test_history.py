"""The observations in memory: order, bounds, and nothing from the future."""

from __future__ import annotations

from datetime import datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from claude_tui.analysis.history.history import History
from claude_tui.model.observation import Observation, Outcome, Source
from tests.builders import after, catalogue, healthy, history_of, messages, models, page, status

outcomes = st.sampled_from([Outcome.OK, Outcome.OVERLOADED, Outcome.TIMEOUT, Outcome.KEY_REJECTED])
probes = st.builds(
    lambda make, at, outcome: make(at, outcome),
    st.sampled_from([messages, models, page]),
    st.integers(0, 600).map(float),
    outcomes,
)


def everything(history: History) -> list[Observation]:
    return history.window(None, after(-1e6), after(1e6))


def contents(history: History) -> list[str]:
    return [
        tracked.event.key + tracked.event.text for column in history.events() for tracked in column.values
    ]


@given(st.lists(probes, max_size=40, unique_by=lambda seen: (seen.source, seen.at)), st.randoms())
def test_the_order_of_arrival_does_not_matter(observations: list[Observation], dice) -> None:
    ordered = history_of(*sorted(observations, key=lambda seen: seen.at))
    shuffled = list(observations)
    dice.shuffle(shuffled)
    late = history_of(*shuffled)
    assert [seen.at for seen in everything(late)] == sorted(seen.at for seen in observations)
    assert contents(late) == contents(ordered)
    for source in Source:
        assert late.exchanges(source).states == ordered.exchanges(source).states
        assert late.failures(source).at == ordered.failures(source).at


@given(st.lists(probes, max_size=30), st.lists(probes, max_size=30))
def test_extending_is_adding_and_twice_is_once(first: list[Observation], second: list[Observation]) -> None:
    history = history_of(*first)
    history.extend(second)
    once = everything(history)
    history.extend(second)
    history.extend(first)
    assert everything(history) == once
    assert {(seen.source, seen.at) for seen in once} == {(seen.source, seen.at) for seen in first + second}
    assert contents(history) == contents(history_of(*sorted(once, key=lambda seen: seen.at)))


def test_window_is_open_at_its_start_and_closed_at_its_end() -> None:
    history = history_of(models(0), models(15), messages(20), models(30))
    assert [seen.at for seen in history.window(Source.MODELS, after(0), after(30))] == [after(15), after(30)]
    assert [seen.source for seen in history.window(None, after(0), after(30))] == [
        "models",
        "messages",
        "models",
    ]


def test_latest_is_as_of_an_instant() -> None:
    history = history_of(models(0), models(15))
    assert history.latest(Source.MODELS, after(-1)) is None
    assert history.latest(Source.MODELS, after(14.9)) == models(0)
    assert history.latest(Source.MODELS, after(15)) == models(15)


def test_status_and_catalogue_are_those_in_force() -> None:
    history = history_of(status(0), status(60, "major_outage"), catalogue(10, "a"), catalogue(70, "a", "b"))
    assert history.status_at(after(59)) == status(0)
    assert history.status_at(after(60)) == status(60, "major_outage")
    assert history.statuses(after(0), after(100)) == [status(60, "major_outage")]
    assert history.catalogue_at(after(5)) is None
    assert history.catalogue_at(after(69)) == catalogue(10, "a")


def test_equal_reports_share_their_content() -> None:
    history = history_of(status(0), status(60), catalogue(0, "a"), catalogue(15, "a"))
    first, second = history.status_at(after(0)), history.status_at(after(60))
    assert first is not None
    assert second is not None
    assert second.fetched_at == after(60)
    assert second.components is first.components
    lists = [history.catalogue_at(after(at)) for at in (0, 15)]
    assert len({id(one.models) for one in lists if one}) == 1


def test_trim_forgets_observations_but_not_what_is_in_force() -> None:
    history = history_of(*healthy(0, 600), status(0), catalogue(0, "a"), models(30.5, Outcome.NETWORK))
    history.trim(after(300))
    assert all(seen.at >= after(300) for seen in everything(history))
    assert history.status_at(after(400)) is not None
    assert history.catalogue_at(after(400)) is not None
    assert contents(history) == []
    assert len(history.measure("models", after(1000).timestamp())) == 20


def test_trim_to_nothing_begins_anew() -> None:
    history = history_of(messages(0, Outcome.OVERLOADED))
    history.trim(after(10))
    history.add_observation(messages(30))
    assert contents(history) == []


def test_the_number_kept_is_bounded_and_all_sources_reach_equally_far_back() -> None:
    history = History(max_per_source=1000)
    for second in range(4000):
        history.add_observation(models(float(second)))
        if second % 10 == 0:
            history.add_observation(messages(second + 0.5))
    assert 1000 <= len(history.window(Source.MODELS, after(-1), after(5000))) <= 1500
    oldest = history.window(Source.MODELS, after(-1), after(5000))[0].at
    assert history.window(Source.MESSAGES, after(-1), after(5000))[0].at >= oldest


def test_a_backfill_changes_nothing_of_what_was_there() -> None:
    day = healthy(0, 3600)
    history = history_of(*(seen for seen in day if seen.at >= after(1800)))
    history.extend(seen for seen in day if seen.at < after(1800))
    assert everything(history) == day


def test_the_last_success_is_the_one_before_the_failures() -> None:
    history = history_of(page(0), page(60), page(120, Outcome.NETWORK), page(180, Outcome.NETWORK))
    found = history.last_success(Source.STATUS, after(200))
    assert found is not None
    assert found.at == after(60)
    assert history_of(page(0, Outcome.NETWORK)).last_success(Source.STATUS, after(1)) is None


def test_a_median_asked_for_again_sees_late_arrivals() -> None:
    history = history_of(*(models(float(second), total=1.0) for second in range(0, 100, 2)))
    column = history.measure("models", after(200).timestamp())
    part = column.span(after(-1).timestamp(), after(98).timestamp())
    assert column.median(part) == 1.0
    for second in range(1, 99, 2):
        history.add_observation(models(float(second), total=5.0))
        history.add_observation(models(second + 0.5, total=5.0))
    part = column.span(after(-1).timestamp(), after(98).timestamp())
    assert column.median(part) == 5.0


def test_instants_of_other_zones_are_the_same_instants() -> None:
    from datetime import timezone

    east = timezone(timedelta(hours=9))
    history = history_of(models(after(10).astimezone(east)))
    assert history.latest(Source.MODELS, after(10)) is not None
    assert history.latest(Source.MODELS, datetime.fromtimestamp(after(9).timestamp(), east)) is None
