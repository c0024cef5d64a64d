"""The metrics of own traffic, and which of the shipped rules they fire."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from claude_tui.alerting.metric import Query
from claude_tui.alerting.metrics import METRICS
from claude_tui.alerting.rule_context import RuleContext
from claude_tui.alerting.rules import load_rules, named_thresholds
from claude_tui.analysis.options import Options, TrafficThresholds
from claude_tui.analysis.snapshot import build_snapshot
from claude_tui.analysis.traffic.facts import TrafficFacts
from claude_tui.analysis.traffic.view import traffic_view
from claude_tui.engine.sources import Pace, options_from
from claude_tui.model.observation import Outcome
from claude_tui.model.traffic import SPANS, Call, RollUp, Tokens
from claude_tui.model.traffic_view import TrafficView
from claude_tui.settings import Settings
from tests.alerts import HEALTHY
from tests.builders import engine, history_of
from tests.traffic_values import START, after, call, rolled

OPTIONS = Options(traffic=TrafficThresholds(daily_budget_usd=10.0))


def view_of(*calls: Call, usual: tuple[Call, ...] = (), days: int = 1, **more: object) -> TrafficView:
    before = tuple(replace(row, at=START, span_s=SPANS[3]) for row in _rows(*usual))
    facts = TrafficFacts(_rows(*calls), usual=before, usual_days=days if usual else 0, **more)  # type: ignore[arg-type]
    view = traffic_view(facts, after(62))
    assert view is not None
    return view


def _rows(*calls: Call) -> tuple[RollUp, ...]:
    return tuple(rolled(*calls).rows) if calls else ()


def value(name: str, view: TrafficView | None) -> float | None:
    snapshot = build_snapshot(history_of(), after(62), engine(), OPTIONS, traffic=view)
    context = RuleContext(snapshot, history_of(), HEALTHY, OPTIONS)
    metric = METRICS[name]
    reading = metric.read(context, Query(timedelta(minutes=1), metric.minimum or 1))
    if reading is None:
        return None
    (sample,) = reading
    return sample.value


def fires(rule: str, figure: float | None) -> bool:
    rules = {load_rule.name: load_rule for load_rule in load_rules(thresholds=named_thresholds(Settings()))}
    return figure is not None and rules[rule].matches(figure)


def minute(count: int = 50, **changes: object) -> list[Call]:
    return [call(second % 60, **changes) for second in range(count)]


def test_without_traffic_no_metric_of_it_has_a_value() -> None:
    assert [name for name in METRICS if name.startswith("traffic.") and value(name, None) is not None] == []


def test_a_few_calls_have_no_shares() -> None:
    assert value("traffic.overloaded_share", view_of(*minute(10, outcome=Outcome.OVERLOADED))) is None


@pytest.mark.parametrize(("failed", "over"), [(2, False), (1, False), (3, True)])
def test_529s_over_two_percent_fire_from_three_on(failed: int, over: bool) -> None:
    seen = view_of(*minute(100 - failed), *minute(failed, outcome=Outcome.OVERLOADED))
    assert fires("traffic-overloaded", value("traffic.overloaded_share", seen)) is over


def test_a_spike_of_429s_fires() -> None:
    seen = view_of(*minute(90), *minute(10, outcome=Outcome.RATE_LIMITED))
    assert value("traffic.rate_limited_share", seen) == pytest.approx(0.1)
    assert fires("traffic-rate-limited", value("traffic.rate_limited_share", seen))


def test_time_to_first_token_over_three_seconds_or_three_times_the_usual_fires() -> None:
    slow = view_of(*minute(first_token_s=3.5))
    assert fires("traffic-ttft-slow", value("traffic.ttft_p50", slow))
    unusual = view_of(*minute(first_token_s=1.5), usual=tuple(minute(first_token_s=0.4)))
    assert not fires("traffic-ttft-slow", value("traffic.ttft_p50", unusual))
    assert fires("traffic-ttft-unusual", value("traffic.ttft_ratio", unusual))


def test_cost_and_prompts_are_compared_with_other_days_only() -> None:
    cheap = tuple(minute(tokens=Tokens(1000, 10), cost_usd=0.01))
    dear = minute(tokens=Tokens(5000, 10), cost_usd=0.05)
    seen = view_of(*dear, usual=cheap)
    assert fires("traffic-cost", value("traffic.cost_per_1000_ratio", seen))
    assert fires("traffic-prompts", value("traffic.prompt_p95_ratio", seen))
    today = replace(seen, usual=replace(seen.usual, days=0))  # type: ignore[type-var]
    assert value("traffic.cost_per_1000_ratio", today) is None


@pytest.mark.parametrize(
    ("spent", "near", "over"), [(7.9, False, False), (8.0, True, False), (10, True, True)]
)
def test_the_budget_warns_at_80_percent(spent: float, near: bool, over: bool) -> None:
    share = value("traffic.budget_share", view_of(*minute(), today_usd=spent))
    assert fires("traffic-budget-near", share) is near
    assert fires("traffic-budget-spent", share) is over


def test_without_a_budget_there_is_no_share_of_it() -> None:
    snapshot = build_snapshot(
        history_of(), after(62), engine(), Options(), traffic=view_of(*minute(), today_usd=99.0)
    )
    context = RuleContext(snapshot, history_of(), HEALTHY, Options())
    assert METRICS["traffic.budget_share"].read(context, Query(timedelta(minutes=1), 1)) is None


def test_truncated_answers_count_beyond_what_is_usual() -> None:
    cut, whole = minute(20, stop_reason="max_tokens"), minute(40, stop_reason="end_turn")
    assert fires("traffic-truncated", value("traffic.truncated_rise", view_of(*cut, *whole)))
    seen = view_of(*cut, *whole, usual=(*cut, *whole))
    assert not fires("traffic-truncated", value("traffic.truncated_rise", seen))


def test_retries_that_multiply_calls_fire() -> None:
    seen = view_of(*minute(30, retries=0), *minute(20, retries=1))
    assert value("traffic.attempts_per_call", seen) == pytest.approx(50 / 30)
    assert fires("traffic-retries", value("traffic.attempts_per_call", seen))


def test_a_cache_that_collapses_fires_and_one_that_was_hardly_used_does_not() -> None:
    cached, cold = minute(tokens=Tokens(100, 1, 900)), minute(tokens=Tokens(1000, 1))
    assert fires("traffic-cache", value("traffic.cache_ratio", view_of(*cold, usual=tuple(cached))))
    assert value("traffic.cache_ratio", view_of(*cold, usual=tuple(cold))) is None


@pytest.mark.parametrize(
    ("setting", "rule"),
    [
        ("traffic_overloaded", "traffic-overloaded"),
        ("traffic_refused", "traffic-rate-limited"),
        ("traffic_attempts_per_call", "traffic-retries"),
        ("traffic_cost_ratio", "traffic-cost"),
        ("traffic_cost_ratio", "traffic-prompts"),
        ("traffic_truncated", "traffic-truncated"),
        ("traffic_cache_ratio", "traffic-cache"),
        ("traffic_budget_warn", "traffic-budget-near"),
        ("ttft_slow_s", "traffic-ttft-slow"),
        ("bad_ratio", "traffic-ttft-unusual"),
    ],
)
def test_a_rule_follows_its_setting(setting: str, rule: str) -> None:
    for value in (getattr(Settings(), setting), 7.25):
        settings = replace(Settings(), **{setting: value})
        rules = {load_rule.name: load_rule for load_rule in load_rules(thresholds=named_thresholds(settings))}
        assert rules[rule].threshold == value


def test_the_settings_reach_what_is_judged() -> None:
    settings = replace(Settings(), traffic_overloaded=0.5, traffic_daily_budget_usd=3.0, errors=0.2)
    found = options_from(settings, Pace.of(settings)).traffic
    assert (found.overloaded, found.daily_budget_usd, found.failing) == (0.5, 3.0, 0.2)
    assert options_from(Settings(), Pace.of(Settings())).traffic == TrafficThresholds()


def test_a_source_that_went_quiet_fires_with_its_name() -> None:
    view = traffic_view(TrafficFacts(_rows(*minute())), after(600))
    snapshot = build_snapshot(history_of(), after(600), engine(), OPTIONS, traffic=view)
    reading = METRICS["traffic.quiet_s"].read(
        RuleContext(snapshot, history_of(), HEALTHY, OPTIONS), Query(timedelta(minutes=1), 1)
    )
    assert reading is not None
    (sample,) = reading
    assert sample.labels == (("source", "proxy"),)
    assert fires("traffic-source-quiet", sample.value)
