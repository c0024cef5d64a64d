"""The view of own traffic at an instant: figures that a counting client would agree with."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from claude_tui.analysis.traffic.chart import bin_s, traffic_chart
from claude_tui.analysis.traffic.facts import SourceReport, TrafficFacts, usual_spans
from claude_tui.analysis.traffic.figures import By, figures_by, figures_of
from claude_tui.analysis.traffic.view import last_full_span, traffic_view
from claude_tui.model.arrangement import Panel
from claude_tui.model.observation import Outcome
from claude_tui.model.snapshot import Focus
from claude_tui.model.traffic import Call, CallEnd, KeptBecause, KeptCall, Tokens, TrafficSource
from claude_tui.model.traffic_view import ALL, Absent, TrafficFigures, TrafficView
from tests.traffic_values import START, after, call, rolled


def facts(*calls: Call, **more: object) -> TrafficFacts:
    return TrafficFacts(recent=rolled(*calls).rows if calls else (), **more)  # type: ignore[arg-type]


def seen(at: float, *calls: Call, **more: object) -> TrafficView:
    view = traffic_view(facts(*calls, **more), after(at))
    assert view is not None
    return view


def of(*calls: Call, seconds: float = 60) -> TrafficFigures:
    return figures_of(ALL, rolled(*calls).rows if calls else (), seconds)


def test_without_any_source_there_is_nothing_to_see() -> None:
    assert traffic_view(TrafficFacts(), START) is None


def test_paces_are_of_the_last_full_minute() -> None:
    view = seen(71.5, *(call(second) for second in range(10, 72)))
    assert (view.start, view.end) == (after(10), after(70))
    assert view.all.per_second == 1.0
    assert view.all.calls == 62


def test_a_failure_counts_before_its_span_is_over() -> None:
    calls = [call(second) for second in range(10, 70)]
    view = seen(72, *calls, call(71, outcome=Outcome.OVERLOADED, error_type="overloaded_error"))
    assert (view.all.failed, view.all.calls) == (1, 61)
    assert view.all.failing == pytest.approx(1 / 61)
    assert view.all.per_second == 1.0


def test_what_is_not_reported_is_unknown_and_not_zero() -> None:
    figures = of(*(call(second, source=TrafficSource.OTLP) for second in range(30)))
    assert figures.attempts_per_call is None
    assert (figures.tokens, figures.input_per_minute, figures.cost_usd, figures.usd_per_hour) == (None,) * 4
    assert (figures.cache_share, figures.prompt_p95) == (None, None)
    assert figures.first_token.p50 is None
    assert figures.max_tokens == 0.0


def test_too_few_calls_have_no_share() -> None:
    assert of(call(), call(outcome=Outcome.OVERLOADED)).failing is None
    assert of().failing is None


def test_overloads_and_rate_limits_are_distinguished() -> None:
    figures = of(
        *(call() for _ in range(90)),
        *(call(outcome=Outcome.OVERLOADED, error_type="overloaded_error") for _ in range(5)),
        *(call(outcome=Outcome.RATE_LIMITED) for _ in range(3)),
        *(call(outcome=Outcome.SERVER_ERROR, error_type="overloaded_error") for _ in range(2)),
    )
    assert (figures.overloaded, figures.rate_limited, figures.failed) == (5, 3, 10)
    assert [(failure.outcome, failure.count, failure.share) for failure in figures.failures] == [
        (Outcome.OVERLOADED, 5, 0.05),
        (Outcome.RATE_LIMITED, 3, 0.03),
        (Outcome.SERVER_ERROR, 2, 0.02),
    ]


def test_tokens_cache_and_cost() -> None:
    calls = [
        call(second, tokens=Tokens(100, 50, 300, 60, 40), cost_usd=0.002, total_s=1.0) for second in range(30)
    ]
    figures = of(*calls)
    assert figures.input_per_minute == 500 * 30
    assert figures.output_per_minute == 50 * 30
    assert figures.cache_share == pytest.approx(0.6)
    assert figures.usd_per_hour == pytest.approx(0.06 * 60)
    assert figures.usd_per_1000 == pytest.approx(2.0)
    assert figures.prompt_p95 == pytest.approx(500, rel=0.026)
    assert figures.unpriced == 0


def test_calls_without_a_price_make_the_cost_a_lower_bound() -> None:
    priced = [call(tokens=Tokens(100), cost_usd=0.01) for _ in range(10)]
    figures = of(*priced, *(call(model="mine", tokens=Tokens(100)) for _ in range(5)))
    assert figures.cost_usd == pytest.approx(0.1)
    assert figures.usd_per_1000 == pytest.approx(10.0)
    assert figures.unpriced == 5
    unpriced = of(call(model="mine", tokens=Tokens(100)))
    assert (unpriced.cost_usd, unpriced.unpriced) == (None, 1)


def test_attempts_per_call_count_first_attempts() -> None:
    calls = [call(retries=0), call(retries=0), call(retries=1), call(retries=2)]
    assert of(*calls).attempts_per_call == 2.0
    assert of(call(retries=1)).attempts_per_call is None


def test_answers_that_ended_otherwise() -> None:
    figures = of(
        *(call(stop_reason="end_turn") for _ in range(6)),
        call(stop_reason="max_tokens"),
        call(stop_reason="max_tokens"),
        call(stop_reason="refusal"),
        call(end=CallEnd.ABANDONED),
        call(end=CallEnd.CUT, outcome=Outcome.TRUNCATED_STREAM),
    )
    assert (figures.cut, figures.abandoned) == (1, 1)
    assert figures.max_tokens == pytest.approx(0.2)
    assert figures.refusals == pytest.approx(0.1)


def test_tables_by_application_model_and_outcome() -> None:
    rows = rolled(
        call(application="a"),
        call(application="b", model="m"),
        call(application="b", outcome=Outcome.TIMEOUT),
    ).rows
    assert [(figures.name, figures.calls) for figures in figures_by(By.APPLICATION, rows, 60)] == [
        ("b", 2),
        ("a", 1),
    ]
    assert {figures.name for figures in figures_by(By.MODEL, rows, 60)} == {"m", "claude-haiku-5-5"}
    assert {figures.name for figures in figures_by(By.OUTCOME, rows, 60)} == {"ok", "timeout"}


@given(st.floats(0, 100_000))
def test_the_last_full_span_is_over_and_its_rows_are_there(seconds: float) -> None:
    at = after(seconds)
    end = last_full_span(at)
    assert timedelta(seconds=1) <= at - end < timedelta(seconds=11)
    assert end.timestamp() % 10 == 0


# -- sources -----------------------------------------------------------------------------


def report(start: float, answers: int = 50, **changes: object) -> SourceReport:
    values: dict[str, object] = {"counted": answers, "timed": 1, "retries_known": answers, "calls": answers}
    values.update(changes)
    return SourceReport(TrafficSource.OTLP, after(start), after(start + 600), answers, **values)  # type: ignore[arg-type]


def absent(view: TrafficView) -> dict[str, datetime | None]:
    (source,) = view.sources
    return {missing.what: missing.since for missing in source.absent}


def test_a_source_that_falls_silent_is_quiet_since_its_last_call() -> None:
    calls = [call(second) for second in range(60)]
    assert [source.quiet_since for source in seen(90, *calls).sources] == [None]
    (source,) = seen(200, *calls).sources
    assert source.quiet_since == source.last_at == after(60)


def test_a_source_that_seldom_calls_is_not_quiet_at_once() -> None:
    calls = [call(second) for second in (0, 240, 480, 720)]
    (source,) = seen(900, *calls).sources
    assert source.quiet_since is None


def test_a_source_of_yesterday_evening_is_remembered_as_quiet() -> None:
    (source,) = seen(40_000, reports=(report(0),)).sources
    assert source.quiet_since == after(600)


def test_what_was_never_reported_is_unknown() -> None:
    view = seen(3600, reports=(report(0, retries_known=0), report(600, retries_known=0)))
    assert absent(view) == {"attempts": None}


def test_what_is_no_longer_reported_is_absent_since() -> None:
    view = seen(3600, reports=(report(0), report(600, counted=0), report(1200, counted=0, timed=0)))
    assert absent(view) == {"tokens": after(600), "time to first token": after(1200)}


def test_a_few_responses_that_do_not_stream_have_no_first_token() -> None:
    """After one stream, five responses without one read as if the source had stopped to report it."""
    assert absent(seen(3600, reports=(report(0), report(600, answers=49, timed=0)))) == {}
    found = absent(seen(3600, reports=(report(0), report(600, answers=50, timed=0))))
    assert found == {"time to first token": after(600)}


def test_what_is_reported_again_is_not_absent() -> None:
    assert absent(seen(3600, reports=(report(0), report(600, counted=0), report(1200)))) == {}


def test_failures_alone_tell_nothing_about_tokens() -> None:
    assert absent(seen(3600, reports=(report(0), report(600, answers=0, counted=0, timed=0, calls=40)))) == {}
    assert Absent("tokens", None) not in seen(3600, reports=(report(0),)).sources[0].absent


# -- the chart of the full screen -----------------------------------------------------------


def chart(span: timedelta, at: float, *calls: Call) -> dict[str, list[tuple[datetime, float | None]]]:
    rows = rolled(*calls).rows if calls else ()
    made = traffic_chart(rows, Focus(Panel.TRAFFIC, span), after(at))
    return {line.name: list(line.points) for line in made.series}


def test_the_chart_has_a_point_for_each_span_since_the_first_call() -> None:
    calls = [call(second, first_token_s=0.4) for second in range(100, 110)]
    calls += [call(second, outcome=Outcome.OVERLOADED) for second in range(130, 135)]
    found = chart(timedelta(minutes=15), 161, *calls)
    assert found["calls"] == [
        (after(100), 1.0), (after(110), 0.0), (after(120), 0.0), (after(130), 0.5), (after(140), 0.0),
        (after(150), 0.0),
    ]  # fmt: skip
    assert [value for _, value in found["failed"]] == [0.0, 0.0, 0.0, 0.5, 0.0, 0.0]
    assert found["TTFT p50"][0][1] == pytest.approx(0.4, rel=0.026)
    assert {value for _, value in found["TTFT p50"][1:]} == {None}


def test_the_newest_bin_of_a_long_chart_is_not_over_and_keeps_its_pace() -> None:
    found = chart(timedelta(hours=24), 821, *(call(second) for second in range(820)))
    assert found["calls"] == [(START, 1.0), (after(600), 1.0)]


def test_without_calls_the_chart_is_empty() -> None:
    assert chart(timedelta(hours=1), 100) == {"calls": [], "failed": [], "TTFT p50": [], "TTFT p95": []}


@pytest.mark.parametrize(("hours", "seconds"), [(0.25, 10), (1, 60), (6, 600), (24, 600)])
def test_long_charts_are_drawn_from_long_roll_ups(hours: float, seconds: int) -> None:
    assert bin_s(timedelta(hours=hours)) == seconds


# -- usual, trend, single calls ------------------------------------------------------------


def test_the_first_token_is_compared_with_the_same_hour_of_other_days() -> None:
    usual = rolled(*(call(second, first_token_s=0.5) for second in range(30))).rows
    now = [call(second, first_token_s=2.0) for second in range(30)]
    view = seen(61, *now, usual=usual, usual_days=3)
    assert view.usual is not None
    assert view.usual.days == 3
    assert view.first_token_ratio == pytest.approx(4.0, rel=0.06)
    assert seen(61, *now).first_token_ratio is None


def test_the_same_hour_of_the_week_before() -> None:
    spans = usual_spans(after(3725))
    assert len(spans) == 7
    assert spans[0] == (after(3600 - 86_400), after(7200 - 86_400))


def test_the_trend_shows_a_quarter_of_an_hour_and_its_gaps() -> None:
    view = seen(901, call(0, first_token_s=0.3), call(890, outcome=Outcome.OVERLOADED))
    assert len(view.trend) == 90
    assert [point.calls for point in view.trend if point.calls] == [1, 1]
    assert (view.trend[0].at, view.trend[-1].at) == (START, after(890))
    assert (view.trend[-1].failed, view.trend[1].first_token) == (1, None)


def test_single_calls_come_with_the_true_count() -> None:
    failed = [call(second, outcome=Outcome.OVERLOADED, request_id=f"{second}") for second in range(40)]
    kept = tuple(KeptCall(after(45), KeptBecause.FAILED, failed_call) for failed_call in failed[:6])
    slow = tuple(KeptCall(after(60), KeptBecause.SLOW, call(50, total_s=s)) for s in (2.0, 9.0, 5.0))
    view = seen(70, *failed, kept=(*kept, *slow))
    assert view.failed_count == 40
    assert [failed_call.call.request_id for failed_call in view.failed_calls] == [
        "5",
        "4",
        "3",
        "2",
        "1",
        "0",
    ]
    assert [slowest_call.call.total_s for slowest_call in view.slowest_calls] == [9.0, 5.0, 2.0]


@given(
    st.lists(st.tuples(st.integers(0, 1000), st.sampled_from(["a", "b"])), min_size=1), st.integers(0, 1000)
)
@settings(deadline=None)
def test_applications_add_up_to_all(made: list[tuple[int, str]], at: int) -> None:
    calls = [call(second, application=name) for second, name in made]
    view = seen(at, *calls)
    assert sum(application.calls for application in view.applications) == view.all.calls
    assert sum(model.calls for model in view.models) == view.all.calls
    assert sum(application.per_second for application in view.applications) == pytest.approx(
        view.all.per_second
    )


@given(
    st.lists(st.tuples(st.integers(0, 69), st.sampled_from("ab"), st.booleans(), st.integers(0, 900))),
    st.booleans(),
)
def test_sums_are_those_of_every_single_roll_up(
    made: list[tuple[int, str, bool, int]], unfinished: bool
) -> None:
    calls = [
        call(
            second,
            application=application,
            outcome=Outcome.OVERLOADED if fails else Outcome.OK,
            tokens=None if fails else Tokens(input=tokens, output=tokens // 2, cache_read=tokens // 3),
        )
        for second, application, fails, tokens in made
    ]
    rows = list(rolled(*calls).rows) if calls else []
    begun = [row for row in rows if row.at >= after(60)] if unfinished else []
    done = [row for row in rows if row not in begun]
    found = figures_of(ALL, done, 60, begun)
    assert found.calls == sum(row.calls for row in rows)
    assert found.failed == sum(row.calls for row in rows if row.key.outcome is not Outcome.OK)
    assert found.per_second == sum(row.calls for row in done) / 60
    assert found.unpriced == sum(row.unpriced for row in rows)
    total = (sum(row.tokens.input for row in rows), sum(row.tokens.output for row in rows))
    assert (found.tokens and (found.tokens.input, found.tokens.output)) in (total, None)
    prompt = sum(row.tokens.prompt for row in done)
    assert (found.input_per_minute or 0) == pytest.approx(prompt)
