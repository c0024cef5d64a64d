"""Latency: series, percentiles, baseline, phases."""

from __future__ import annotations

from datetime import timedelta

import pytest

from claude_tui.analysis.options import Options
from claude_tui.analysis.views.latency import latency_view
from claude_tui.model.observation import Observation, Outcome, Timings
from claude_tui.model.snapshot import LatencySeries, LatencyView, Level
from tests.builders import after, healthy, history_of, messages, models

HOUR = 3600.0


def view_of(*observations: Observation, at: float, options: Options | None = None) -> LatencyView:
    return latency_view(history_of(*observations), after(at), options or Options())


def series(name: str, *observations: Observation, at: float, options: Options | None = None) -> LatencySeries:
    found = view_of(*observations, at=at, options=options)
    return next(one for one in found.series if one.name == name)


def steady(count: int, ttft: float, *, end: float, every: float = 30.0) -> list[Observation]:
    return [messages(end - every * index, ttft=ttft, total=ttft + 0.2) for index in range(count)]


def test_no_observations_is_three_empty_series() -> None:
    view = view_of(at=0)
    assert [one.name for one in view.series] == ["TTFT", "message", "models"]
    for one in view.series:
        assert (one.now, one.p50, one.baseline, one.ratio, one.level) == (
            None,
            None,
            None,
            None,
            Level.UNKNOWN,
        )
        assert set(one.points) == {None}
    assert view.phases is None


def test_figures_of_fifteen_minutes() -> None:
    found = series("TTFT", *healthy(0, HOUR), at=HOUR)
    assert found.samples == 29 or found.samples == 30
    assert found.p50 == pytest.approx(0.43)
    assert found.p95 == pytest.approx(0.46)
    assert found.p99 is None
    assert found.highest == pytest.approx(0.46)
    assert found.baseline == pytest.approx(0.43)
    assert found.baseline_span == timedelta(seconds=2700)
    assert found.level is Level.OK


def test_too_few_samples_give_no_percentile() -> None:
    found = series("TTFT", *steady(4, 0.4, end=100), at=100)
    assert (found.p50, found.p95, found.p99, found.samples) == (None, None, None, 4)
    many = series("TTFT", *steady(100, 0.4, end=890, every=8), at=890)
    assert many.p99 == pytest.approx(0.4)


def test_now_is_the_last_success_and_failures_are_counted() -> None:
    observations = [
        *steady(10, 0.4, end=300),
        messages(330, Outcome.TIMEOUT, total=10.0),
        messages(360, Outcome.TIMEOUT),
    ]
    found = series("message", *observations, at=365)
    assert found.now == pytest.approx(0.6)
    assert found.now_at == after(300)
    assert (found.failures, found.failed_since) == (2, 2)
    assert found.highest == pytest.approx(0.6)
    assert found.level is Level.OK


def test_when_every_answer_fails_the_level_is_unknown() -> None:
    observations = [*steady(10, 0.4, end=300), *(messages(300 + 10 * n, Outcome.TIMEOUT) for n in (1, 2, 3))]
    assert series("TTFT", *observations, at=331).level is Level.UNKNOWN


def test_an_old_figure_is_not_live() -> None:
    assert series("TTFT", *steady(10, 0.4, end=300), at=395).level is Level.UNKNOWN
    gone = series("TTFT", *steady(10, 0.4, end=300), at=300 + 901)
    assert (gone.now, gone.now_at, gone.samples) == (None, None, 0)


def test_one_slow_answer_is_no_slowness() -> None:
    observations = [*healthy(0, HOUR), messages(HOUR + 1, ttft=9.0)]
    found = series("TTFT", *observations, at=HOUR + 2)
    assert found.now == 9.0
    assert found.ratio == pytest.approx(9.0 / 0.43)
    assert found.level is Level.OK


@pytest.mark.parametrize(
    ("ttft", "level"), [(0.8, Level.OK), (0.95, Level.WARN), (1.5, Level.BAD), (3.5, Level.BAD)]
)
def test_levels_against_the_baseline(ttft: float, level: Level) -> None:
    observations = [*healthy(0, HOUR), *steady(3, ttft, end=HOUR + 90)]
    assert series("TTFT", *observations, at=HOUR + 91).level is level


def test_answers_from_before_an_outage_do_not_count_as_recent() -> None:
    observations = [*healthy(0, HOUR), *steady(5, 4.0, end=HOUR + 150)]
    observations += [
        *(messages(HOUR + 180 + 30 * n, Outcome.OVERLOADED) for n in range(8)),
        messages(HOUR + 420),
    ]
    assert series("TTFT", *observations, at=HOUR + 421).level is Level.UNKNOWN


def test_without_a_baseline_the_fixed_thresholds_hold() -> None:
    assert series("TTFT", *steady(3, 3.5, end=60), at=61).level is Level.BAD
    assert series("message", *steady(3, 5.5, end=60), at=61).level is Level.BAD
    assert series("TTFT", *steady(3, 1.0, end=60), at=61).level is Level.OK
    assert series("TTFT", *steady(2, 3.5, end=60), at=61).level is Level.UNKNOWN


def test_thrice_a_few_milliseconds_is_nothing() -> None:
    observations = [models(15.0 * n, total=0.02) for n in range(240)]
    observations += [models(HOUR + 15 * n, total=0.1) for n in range(4)]
    assert series("models", *observations, at=HOUR + 60).level is Level.OK


def test_the_baseline_leaves_out_the_last_quarter_of_an_hour() -> None:
    observations = [*healthy(0, HOUR), *steady(25, 4.0, end=HOUR + 800)]
    found = series("TTFT", *observations, at=HOUR + 800)
    assert found.baseline == pytest.approx(0.43)
    assert found.ratio == pytest.approx(4.0 / 0.43)


def test_a_young_baseline_says_how_young_it_is() -> None:
    found = series("TTFT", *healthy(0, 1200), at=1200)
    assert found.baseline == pytest.approx(0.43)
    assert found.baseline_span is not None
    assert timedelta(minutes=15) <= found.baseline_span < timedelta(minutes=20)


def test_what_was_learnt_in_minutes_may_be_the_incident_itself() -> None:
    found = series("message", *healthy(0, 840), at=840)
    assert (found.baseline, found.ratio) == (None, None)


def test_until_there_is_a_baseline_only_the_limit_in_seconds_is_slow() -> None:
    """A healthy endpoint that takes 1.3 s is not slow against figures that nobody measured."""
    found = series("TTFT", *healthy(0, 840), at=840)
    assert (found.baseline, found.baseline_span) == (None, None)
    for ttft, level in ((1.3, Level.OK), (2.0, Level.OK), (3.5, Level.BAD)):
        steady = [messages(30.0 * n, ttft=ttft, total=ttft + 0.2) for n in range(40)]
        assert series("TTFT", *steady[:20], at=600).level is level


def test_a_baseline_of_a_day_says_a_day() -> None:
    observations = healthy(0, 25 * HOUR, messages_s=300, models_s=600)
    assert series("TTFT", *observations, at=25 * HOUR).baseline_span == timedelta(days=1)


def test_another_model_has_another_baseline() -> None:
    observations = [
        *healthy(0, HOUR),
        *(messages(HOUR + 30 * n, ttft=2.5, model="a-larger-one") for n in range(5)),
    ]
    found = series("TTFT", *observations, at=HOUR + 150)
    assert (found.samples, found.baseline, found.level) == (5, None, Level.OK)


def test_points_are_the_maxima_of_still_standing_bins() -> None:
    lively = Options(messages_interval_s=3, models_interval_s=3)
    observations = [messages(3.0 * n, ttft=1.0 + n % 5) for n in range(300)]
    found = series("TTFT", *observations, at=897, options=lively)
    assert len(found.points) == 60
    assert found.points == (5.0,) * 60
    assert series("TTFT", *observations, at=899, options=lively).points == found.points


def test_jitter_leaves_no_holes_and_the_newest_bin_is_never_empty() -> None:
    observations = [messages(30.0 * n + (n * 7) % 5) for n in range(60)]
    for second in range(1500, 1800, 7):
        assert None not in series("TTFT", *observations, at=second).points


def test_a_gap_in_the_answers_is_a_gap_in_the_points() -> None:
    observations = [*steady(6, 0.4, end=300), *steady(6, 0.4, end=890)]
    points = series("TTFT", *observations, at=895).points
    assert points.count(None) >= 12
    assert points[-1] == 0.4


def test_a_bin_in_which_everything_failed_is_a_gap() -> None:
    observations = [*steady(20, 0.4, end=800), messages(830, Outcome.TIMEOUT)]
    points = series("TTFT", *observations, at=835).points
    assert points[-2:] == (0.4, None)


def test_failures_are_counted_in_the_bin_of_their_time() -> None:
    lost = [messages(800 + 4 * n, Outcome.TIMEOUT) for n in range(3)]
    found = series("TTFT", *steady(20, 0.4, end=780), *lost, messages(830), at=835)
    assert len(found.failed) == len(found.points)
    assert found.failed[-4:] == (0, 3, 0, 0)
    assert sum(found.failed) == found.failures == 3


def test_while_it_is_late_the_panel_shows_what_the_verdict_says() -> None:
    late = [messages(HOUR + 30 * n, ttft=1.5 + 0.3 * n) for n in range(3)]
    found = series("TTFT", *healthy(0, HOUR), *late, at=HOUR + 61)
    assert found.level is Level.BAD
    assert found.now == pytest.approx(2.1)
    assert found.current == pytest.approx((1.5 * 1.8 * 2.1) ** (1 / 3))
    assert found.current_ratio == pytest.approx(found.current / (found.baseline or 1))
    assert (
        series("TTFT", *healthy(0, HOUR), at=HOUR).current == series("TTFT", *healthy(0, HOUR), at=HOUR).now
    )


def test_phases_of_the_newest_models_probe() -> None:
    view = view_of(models(0), models(15, server_s=0.100), at=16)
    assert view.phases == Timings(dns=0.002, connect=0.014, tls=0.031, first_byte=0.135, total=0.182)
    assert view.phases_at == after(15)
    assert view.network_s == pytest.approx(0.035)
    assert view.skew_s == 0.2


def test_phases_of_a_failed_probe_show_how_far_it_came() -> None:
    broken = models(15, Outcome.NETWORK, timings=Timings(dns=0.002, connect=0.01), server_s=None)
    view = view_of(models(0), broken, at=16)
    assert view.phases == Timings(dns=0.002, connect=0.01)
    assert view.network_s is None


def test_a_probe_that_measured_no_phase_is_passed_over() -> None:
    view = view_of(models(0), models(15, timings=Timings(total=0.1)), at=16)
    assert view.phases_at == after(0)


def test_a_server_that_claims_more_than_was_measured_gives_no_network_time() -> None:
    assert view_of(models(0, server_s=0.5), at=1).network_s is None
    assert view_of(models(0, server_s=None), at=1).server_s is None
