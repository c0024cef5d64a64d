"""Headroom follows the newest reading of the probed model, from a probe or a call."""

from __future__ import annotations

import re
from datetime import timedelta

import pytest

from claude_tui.alerting.metric import Query
from claude_tui.alerting.metrics import METRICS
from claude_tui.alerting.rule_context import RuleContext
from claude_tui.analysis.options import Options
from claude_tui.analysis.snapshot import build_snapshot
from claude_tui.analysis.traffic.facts import TrafficFacts
from claude_tui.analysis.traffic.view import traffic_view
from claude_tui.model.observation import Observation, Outcome
from claude_tui.model.snapshot import Headroom, Snapshot
from claude_tui.model.traffic import Call, KeptBecause, KeptCall, TrafficSource
from claude_tui.traffic.aggregation import CallAggregator
from claude_tui.tui.panels.headroom import HeadroomPanel
from claude_tui.tui.panels.traffic_limits import limits_by_model, shares_by_model
from claude_tui.tui.render.lines import plain
from tests.alerts import HEALTHY
from tests.builders import MODEL, after, bucket, engine, history_of, messages

OPUS = "claude-opus-5-5"


def call_at(at: float, remaining: int, model: str = MODEL) -> Call:
    return Call(
        after(at),
        TrafficSource.PROXY,
        "messages",
        "checkout",
        Outcome.OK,
        model=model,
        limits=(bucket("input", remaining, max(remaining, 400_000)),),
        total_s=0.0,
    )


def snapshot_of(*seen: Observation, calls: list[Call], at: float = 120) -> Snapshot:
    aggregator = CallAggregator()
    for call in calls:
        aggregator.add(call, after(at).timestamp())
    rolled, _ = aggregator.take(after(at).timestamp())
    kept = tuple(KeptCall(call.at, KeptBecause.LIMITS, call) for call in calls)
    view = traffic_view(TrafficFacts(rolled.rows if rolled else (), kept=kept), after(at))
    return build_snapshot(history_of(*seen), after(at), engine(), Options(), traffic=view)


def headroom(*seen: Observation, calls: list[Call], at: float = 120) -> list[Headroom]:
    return list(snapshot_of(*seen, calls=calls, at=at).headroom.buckets)


def test_the_newer_reading_of_the_probed_model_counts() -> None:
    probed = messages(60, limits=[bucket("input", 900)])
    (seen,) = headroom(probed, calls=[call_at(90, 300)])
    assert seen.remaining == 300
    (seen,) = headroom(probed, calls=[call_at(30, 300)])
    assert seen.remaining == 900


def test_readings_of_another_model_do_not_count_for_the_probed_one() -> None:
    (seen,) = headroom(messages(60, limits=[bucket("input", 900)]), calls=[call_at(90, 300, OPUS)])
    assert seen.remaining == 900


def test_without_probes_the_busiest_model_tells() -> None:
    (seen,) = headroom(calls=[call_at(90, 300, OPUS), call_at(95, 290, OPUS), call_at(99, 800)])
    assert seen.remaining == 290


def test_readings_of_several_minutes_show_how_fast_it_is_used() -> None:
    calls = [call_at(60.0 * at, 400_000 - 60_000 * at) for at in range(3)]
    (seen,) = headroom(calls=calls)
    assert seen.burn_per_minute == pytest.approx(60_000, rel=0.1)


def test_each_model_has_its_own_whatever_is_probed() -> None:
    calls = [call_at(90, 300, OPUS), call_at(95, 290, OPUS), call_at(99, 399_000)]
    snapshot = snapshot_of(messages(60, limits=[bucket("input", 900)]), calls=calls)
    left = {model: view.buckets[0].remaining for model, view in snapshot.headroom_by_model}
    assert left == {OPUS: 290, MODEL: 399_000}
    lines = "\n".join(plain(line) for line in limits_by_model(snapshot, 76))
    assert re.search(rf"{OPUS} +<1% of 400k", lines)
    assert "✗ input critical" in lines
    context = RuleContext(snapshot, history_of(), HEALTHY, Options())
    samples = METRICS["headroom.left_of_model"].read(context, Query(timedelta(minutes=1), 1)) or ()
    worst = min(samples, key=lambda sample: sample.value or 0.0)
    assert dict(worst.labels) == {"bucket": "input", "model": OPUS}
    assert limits_by_model(snapshot_of(messages(60), calls=[]), 76) == ()


def test_a_tall_panel_of_limits_has_those_of_each_model_below() -> None:
    calls = [call_at(90, 300, OPUS), call_at(95, 290, OPUS), call_at(99, 399_000)]
    snapshot = snapshot_of(messages(60, limits=[bucket("input", 900)]), calls=calls)
    panel = HeadroomPanel(snapshot)
    rows = [plain(line) for line in panel.lines(snapshot, 44, 16)]
    (head,) = [number for number, row in enumerate(rows) if row.startswith("left by model")]
    assert sorted(row.split()[0] for row in rows[head + 1 :]) == sorted(
        name.removeprefix("claude-") for name in (OPUS, MODEL)
    )
    assert any(row.split() == [OPUS.removeprefix("claude-"), "<1%"] for row in rows)
    for height in range(1, 16):
        assert len(panel.lines(snapshot, 44, height)) <= height
    assert shares_by_model(snapshot_of(messages(60), calls=[]), 44, 9) == ()


def test_a_model_whose_readings_are_old_says_so() -> None:
    snapshot = snapshot_of(calls=[call_at(5, 390_000, OPUS)], at=200)
    lines = "\n".join(plain(line) for line in limits_by_model(snapshot, 76))
    assert "too old" in lines


def test_it_is_unknown_where_nobody_reports_it() -> None:
    assert headroom(messages(60), calls=[]) == []
