"""What a Snapshot takes over from the one before equals what it would have computed itself."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar

from hypothesis import given
from hypothesis import strategies as st

from claude_tui.analysis.diagnosis.diagnose import diagnose
from claude_tui.analysis.history.history import History
from claude_tui.analysis.options import Options
from claude_tui.analysis.views.errors import error_windows
from claude_tui.analysis.views.events import newest_events
from claude_tui.analysis.views.headroom import headroom_view
from claude_tui.analysis.views.latency import latency_view
from claude_tui.analysis.views.status import status_view
from claude_tui.model.observation import Observation, Outcome, RateLimitReading
from claude_tui.model.snapshot import Event, EventKind, Level
from tests.builders import after, history_of, messages, models, page

OUTCOMES = st.sampled_from([Outcome.OK, Outcome.OVERLOADED])
# The last bins of the charts; the edges of windows and of a day.
INSTANTS = st.one_of(
    st.integers(-12, 1).map(lambda n: n * 5.0),
    st.sampled_from([-86_400.0, -3600.0, -900.0, -300.0]).flatmap(lambda at: st.sampled_from([at, at + 1.5])),
)
LIMITS = [
    RateLimitReading("input", 50_000, 9_000, after(-100)),
    RateLimitReading("requests", 50, 40, after(1)),
]
RECORDED = tuple(
    Event(f"verdict:{at}", after(at), EventKind.VERDICT, Level.OK, "verdict", "well") for at in (0.5, -300.0)
)
SEEN = st.one_of(
    st.builds(lambda at: messages(at, limits=LIMITS), INSTANTS),
    st.builds(page, INSTANTS),
    st.builds(lambda at, outcome: messages(at, outcome, ttft=0.4 + at % 7 / 10), INSTANTS, OUTCOMES),
    st.builds(models, INSTANTS, OUTCOMES),
)
Step = Callable[[History], object]
R = TypeVar("R")


def _looks(history: History, second: float) -> object:
    at = after(second)
    return (
        latency_view(history, at, Options()),
        error_windows(history, at),
        headroom_view(history, at, Options()),
        newest_events(history, at, Options(), RECORDED),
        status_view(history, at, Options()),
        diagnose(history, at, Options()),
    )


@given(
    st.lists(SEEN, max_size=6),
    st.one_of(
        st.tuples(st.sampled_from(["seen", "withdrawn", "extended"]), SEEN),
        st.tuples(st.just("trimmed"), INSTANTS),
    ),
    INSTANTS,
)
def test_after_any_change_it_is_what_a_new_history_says(
    before: list[Observation], change: tuple[str, Observation | float], elsewhere: float
) -> None:
    history, anew = history_of(*before), history_of(*before)
    assert _looks(history, 1.0) == _looks(history, 1.0)
    _step(*change)(history)
    _step(*change)(anew)
    looked = _looks(history, 1.0), _looks(history, elsewhere), _looks(history, 1.0)
    there = history_of(*before)
    _step(*change)(there)
    assert looked == (_looks(anew, 1.0), _looks(there, elsewhere), looked[0])


def _step(what: str, value: Observation | float) -> Step:
    if isinstance(value, float):
        return lambda history: history.trim(after(value))
    if what == "withdrawn":
        return lambda history: history.withdraw(value)
    if what == "extended":
        return lambda history: history.extend([value])
    return lambda history: history.add_observation(value)


def test_a_failure_that_is_recorded_late_ends_what_an_answer_before_it_held() -> None:
    history = history_of(messages(-30))
    assert latency_view(history, after(1), Options()).series[0].points[-3:] == (0.4, 0.4, 0.4)
    history.add_observation(messages(-16, Outcome.OVERLOADED))
    assert latency_view(history, after(1), Options()).series[0].points[-3:] == (None, None, None)


def test_one_that_takes_the_place_of_another_counts() -> None:
    old, new = messages(-30, ttft=0.4), messages(-30, ttft=0.9)
    failed, other = messages(-10, Outcome.OVERLOADED), messages(-10, Outcome.TIMEOUT)
    history = history_of(old, failed)
    _looks(history, 1.0)
    for seen, instead in ((old, new), (failed, other)):
        history.withdraw(seen)
        history.add_observation(instead)
    assert _looks(history, 1.0) == _looks(history_of(new, other), 1.0)


def test_while_nothing_happens_the_views_are_the_same_objects() -> None:
    seen = [messages(-30 * n) for n in range(1, 60)] + [models(-30 * n) for n in range(1, 60)]
    history = history_of(*seen, messages(-400, Outcome.OVERLOADED))
    before = latency_view(history, after(1), Options()), error_windows(history, after(1))
    later = latency_view(history, after(2), Options()), error_windows(history, after(2))
    assert later[0] is before[0]
    assert all(one is other for one, other in zip(before[1], later[1], strict=True))


def test_a_second_sorts_and_counts_nothing_that_is_known() -> None:
    history = _Counting()
    history.extend(messages(-30 * n) for n in range(1, 60))
    latency_view(history, after(1), Options())
    error_windows(history, after(1))
    history.made.clear()
    latency_view(history, after(2), Options())
    error_windows(history, after(2))
    assert history.made == []


class _Counting(History):
    """Records what it computes."""

    def __init__(self) -> None:
        self.made: list[object] = []
        super().__init__()

    def cached(self, what: object, key: object, make: Callable[[], R]) -> R:
        def noted() -> R:
            self.made.append(what)
            return make()

        return super().cached(what, key, noted)
