"""History for the zoomed panels."""

from __future__ import annotations

from datetime import timedelta

import pytest

from claude_tui.analysis.history.history import History
from claude_tui.analysis.options import Options
from claude_tui.analysis.views.charts import MAX_BINS, chart_of
from claude_tui.model.arrangement import Panel
from claude_tui.model.observation import Observation, Outcome, WindowReading
from claude_tui.model.snapshot import FAILED_SERIES, Chart, Focus
from tests.builders import after, bucket, healthy, history_of, messages, models

HOUR = 3600.0


def chart(panel: Panel, span_s: float, *observations: Observation, at: float) -> Chart:
    found = chart_of(history_of(*observations), after(at), Focus(panel, timedelta(seconds=span_s)), Options())
    assert found is not None
    return found


def points(found: Chart, name: str) -> list[float | None]:
    return [value for _, value in next(series for series in found.series if series.name == name).points]


@pytest.fixture(scope="module")
def day() -> History:
    """24 hours of health; a chart of it changes nothing in it."""
    return history_of(*healthy(0, 24 * HOUR), messages(24 * HOUR - 5, limits=[bucket("tokens", 5)]))


@pytest.mark.parametrize("panel", [Panel.STATUS, Panel.EVENTS])
def test_panels_without_a_chart(panel: Panel) -> None:
    assert chart_of(history_of(), after(0), Focus(panel, timedelta(hours=1)), Options()) is None


@pytest.mark.parametrize("span", [900, HOUR, 6 * HOUR, 24 * HOUR])
@pytest.mark.parametrize("panel", [Panel.LATENCY, Panel.HEADROOM, Panel.ERRORS])
def test_points_are_few_ascending_and_in_the_span(day: History, panel: Panel, span: float) -> None:
    found = chart_of(day, after(24 * HOUR), Focus(panel, timedelta(seconds=span)), Options())
    assert found is not None
    assert (found.end, found.start) == (after(24 * HOUR), after(24 * HOUR - span))
    for series in found.series:
        instants = [at for at, _ in series.points]
        assert instants == sorted(instants)
        assert len(instants) <= MAX_BINS + 1
        assert all(found.start <= at <= found.end for at in instants)


def test_latency_is_the_median_of_each_bin_and_its_maximum() -> None:
    observations = [messages(10.0 * n, ttft=9.0 if n % 10 == 0 else 0.4) for n in range(24 * 360)]
    found = chart(Panel.LATENCY, 24 * HOUR, *observations, at=24 * HOUR)
    assert found.unit == "s"
    assert set(points(found, "TTFT")) == {0.4}
    assert max(value for value in points(found, "TTFT max") if value is not None) == 9.0


def test_failures_are_counted_per_bin_for_the_latency_chart() -> None:
    observations = [*healthy(0, 600), messages(602, Outcome.OVERLOADED), models(603, Outcome.SERVER_ERROR)]
    found = chart(Panel.LATENCY, 900, *observations, at=700)
    assert sum(value or 0 for value in points(found, FAILED_SERIES)) == 2
    assert FAILED_SERIES not in [
        line.name for line in chart(Panel.LATENCY, 900, *observations, at=590).series
    ]


def test_a_time_without_answers_is_a_gap() -> None:
    observations = [*healthy(0, 600), *healthy(1800, 2400)]
    found = chart(Panel.LATENCY, HOUR, *observations, at=2400)
    assert points(found, "TTFT").count(None) == 1
    assert points(found, "models").count(None) == 1


def test_jitter_makes_no_gap() -> None:
    observations = [messages(30.0 * n + (n * 13) % 9) for n in range(120)]
    assert None not in points(chart(Panel.LATENCY, 900, *observations, at=HOUR), "TTFT")


def test_headroom_is_the_least_of_each_bin() -> None:
    observations = [messages(10.0 * n, limits=[bucket("tokens", 1000 - n % 60 * 10)]) for n in range(2160)]
    found = chart(Panel.HEADROOM, 6 * HOUR, *observations, at=6 * HOUR)
    assert found.unit == "fraction"
    values = [value for value in points(found, "tokens") if value is not None]
    assert min(values) == pytest.approx(0.41)
    assert max(values) <= 1.0


def test_windows_are_charted_as_what_is_left() -> None:
    observations = [messages(0, windows=[WindowReading("5h", 0.75, None, "allowed")])]
    assert points(chart(Panel.HEADROOM, 900, *observations, at=10), "5h window") == [0.25]


def test_errors_per_bin() -> None:
    observations = [models(15.0 * n) for n in range(240)]
    observations += [messages(1800.0 + n, Outcome.OVERLOADED) for n in range(5)]
    found = chart(Panel.ERRORS, HOUR, *observations, at=HOUR)
    assert found.unit == "count"
    assert [series.name for series in found.series] == ["overloaded", "rate_limited"]
    assert sum(value or 0 for value in points(found, "overloaded")) == 5
    assert set(points(found, "rate_limited")) == {0.0}


def test_errors_have_a_gap_where_nothing_was_asked() -> None:
    found = chart(Panel.ERRORS, HOUR, models(3000), at=HOUR)
    values = points(found, "overloaded")
    assert values.count(0.0) == 1
    assert values.count(None) == len(values) - 1
