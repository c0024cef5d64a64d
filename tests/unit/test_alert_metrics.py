"""What rules measure: each figure from observations, and None if there are too few."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from claude_tui.alerting.evaluate import MAX_LABEL_SETS, advance, evaluate, value_text
from claude_tui.alerting.lifecycle import Timing
from claude_tui.alerting.metric import Query, Reading, Sample, Unit
from claude_tui.alerting.metrics import METRICS
from claude_tui.alerting.rule_context import RuleContext
from claude_tui.alerting.rules import load_rules, named_thresholds
from claude_tui.analysis.options import Options
from claude_tui.analysis.snapshot import build_snapshot
from claude_tui.model.alert import Alert
from claude_tui.model.observation import Observation, Outcome, Timings
from claude_tui.model.provider import Catalogue, ModelInfo
from claude_tui.model.snapshot import EngineState, Spend
from claude_tui.model.verdict import Cause, Recovery, Severity, Verdict
from claude_tui.settings import Settings
from tests.alerts import HEALTHY, MATCH, OUTAGE, UNKNOWN, rule, verdict
from tests.alerts import scene as scripted
from tests.builders import MODEL, NOON, after, bucket, engine, healthy, history_of, messages, models, page

OPTIONS = Options()
DAY = 86_400.0


def scene(
    *seen: Observation | Catalogue, at: float, judged: Verdict = HEALTHY, state: EngineState | None = None
) -> RuleContext:
    history = history_of(*seen)
    snapshot = build_snapshot(history, after(at), state or engine(), OPTIONS)
    return RuleContext(snapshot, history, judged, OPTIONS)


def read(name: str, of: RuleContext, *, window_s: float = 300, minimum: int | None = None) -> Reading:
    metric = METRICS[name]
    least = minimum if minimum is not None else metric.minimum or 1
    return metric.read(of, Query(timedelta(seconds=window_s), least))


def value(name: str, of: RuleContext, *, window_s: float = 300, minimum: int | None = None) -> float | None:
    reading = read(name, of, window_s=window_s, minimum=minimum)
    if reading is None:
        return None
    (sample,) = reading
    return sample.value


def tenth(outcome: Outcome, count: int = 3) -> list[Observation]:
    """Ten messages in five minutes, of which the last `count` fail, and ten models that do not."""
    observations = [messages(30.0 * n, outcome if n >= 10 - count else Outcome.OK) for n in range(10)]
    return [*observations, *(models(30.0 * n + 10) for n in range(10))]


class TestFailures:
    def test_shares_and_counts_by_source_and_class(self) -> None:
        of = scene(*tenth(Outcome.OVERLOADED), at=299)
        assert value("messages.failure_share", of) == 0.3
        assert value("messages.overloaded_share", of) == 0.3
        assert value("messages.rate_limited_share", of) == 0.0
        assert value("api.overloaded_share", of) == pytest.approx(0.15)
        assert value("models.failure_share", of) == 0.0
        assert value("messages.overloaded_count", of) == 3
        assert value("api.failure_count", of) == 3

    def test_two_failures_are_no_share(self) -> None:
        assert value("messages.failure_share", scene(*tenth(Outcome.TIMEOUT, 2), at=299)) == 0.0

    def test_too_few_requests_say_nothing(self) -> None:
        of = scene(*(messages(30.0 * n, Outcome.TIMEOUT) for n in range(4)), at=120)
        assert value("messages.failure_share", of) is None

    @pytest.mark.parametrize(
        "name", ["messages.failure_share", "messages.failure_count", "api.timeout_count"]
    )
    def test_no_requests_say_nothing(self, name: str) -> None:
        assert read(name, scene(*healthy(0, 300), page(4000), at=4000)) is None

    def test_a_run_of_failures(self) -> None:
        of = scene(*healthy(0, 60), *(models(60.0 + n, Outcome.TIMEOUT) for n in range(4)), at=70)
        assert value("models.failures_in_a_row", of) == 4
        assert value("messages.failures_in_a_row", of) == 0

    def test_an_old_run_says_nothing(self) -> None:
        of = scene(models(0, Outcome.TIMEOUT), at=3600)
        assert read("models.failures_in_a_row", of) is None
        assert read("messages.failures_in_a_row", of) is None


class TestLatency:
    def test_percentiles_of_a_window(self) -> None:
        observations = [messages(10.0 * n, ttft=0.1 * (n + 1), total=1.0 * (n + 1)) for n in range(20)]
        of = scene(*observations, at=200)
        assert value("messages.ttft_p50", of) == pytest.approx(1.0)
        assert value("messages.total_p95", of) == 19.0
        assert value("messages.total_p99", of) is None
        assert value("messages.total_p99", of, minimum=20) == 20.0
        assert value("messages.total_p50", of, window_s=45) is None

    def test_failures_have_no_latency(self) -> None:
        of = scene(*(messages(10.0 * n, Outcome.OVERLOADED, total=30.0) for n in range(20)), at=200)
        assert value("messages.total_p50", of) is None

    def test_ratio_to_the_usual(self) -> None:
        slow = [messages(3600 + 30.0 * n, ttft=2.0, total=2.5) for n in range(10)]
        of = scene(*healthy(0, 3600), *slow, at=3900)
        assert value("messages.ttft_ratio", of) == pytest.approx(2.0 / 0.43, rel=0.05)

    def test_slowness_that_has_ended_does_not_begin_an_alert(self) -> None:
        """The median of five minutes is still high."""
        slow = [messages(3600 + 30.0 * n, ttft=2.0, total=2.5) for n in range(7)]
        fast = [messages(3810 + 30.0 * n, ttft=0.43, total=0.6) for n in range(3)]
        of = scene(*healthy(0, 3600), *slow, *fast, at=3900)
        assert value("messages.ttft_p50", of) == 2.0
        assert value("messages.ttft_ratio", of) == pytest.approx(1.0, rel=0.1)

    def test_three_times_next_to_nothing_is_nothing(self) -> None:
        usual = [messages(30.0 * n, ttft=0.02) for n in range(100)]
        slow = [messages(3000 + 30.0 * n, ttft=0.08) for n in range(10)]
        assert value("messages.ttft_ratio", scene(*usual, *slow, at=3299)) == 1.0

    def test_no_usual_yet(self) -> None:
        assert value("messages.ttft_ratio", scene(messages(0), at=1)) is None


class TestTheRest:
    def test_severity(self) -> None:
        (sample,) = (
            read("verdict.severity", scene(at=0, judged=verdict(Cause.RATE_LIMITED, Severity.P2))) or ()
        )
        assert (sample.value, sample.labels) == (2, (("cause", "rate_limited"),))
        assert read("verdict.severity", scene(at=0)) == ()
        assert read("verdict.severity", scene(at=0, judged=UNKNOWN)) is None

    def test_a_recovery_that_is_not_certain_yet(self) -> None:
        recovering = replace(verdict(Cause.PROVIDER_ERRORS, Severity.P2), recovery=Recovery(5, 8))
        (sample,) = read("verdict.recovering", scene(at=0, judged=recovering)) or ()
        assert (sample.value, sample.labels) == (3, (("cause", "provider_errors"),))
        failing = verdict(Cause.PROVIDER_ERRORS, Severity.P2)
        assert read("verdict.recovering", scene(at=0, judged=failing)) == ()
        assert read("verdict.recovering", scene(at=0, judged=UNKNOWN)) is None

    def test_headroom_by_bucket_and_nothing_of_a_stale_one(self) -> None:
        limits = [bucket("requests", 900), bucket("input", 50, reset_in=20)]
        of = scene(messages(0, limits=limits), at=10)
        assert {sample.labels[0][1]: sample.value for sample in read("headroom.left", of) or ()} == {
            "requests": 0.9,
            "input": 0.05,
        }
        later = scene(messages(0, limits=limits), at=30)
        assert dict(zip(["input", "requests"], sorted(_values("headroom.left", later)), strict=True)) == {
            "input": "0.9",
            "requests": "None",
        }
        assert read("headroom.left", scene(messages(0), at=10)) is None

    def test_certificate(self) -> None:
        seen = replace(models(0), tls_expires_at=NOON + timedelta(days=13))
        assert value("certificate.days_left", scene(seen, at=0)) == pytest.approx(13)
        assert read("certificate.days_left", scene(models(0), at=0)) is None

    def test_models_that_retire(self) -> None:
        listed = Catalogue(
            NOON,
            (
                _model("soon", "deprecated", 10),
                _model("late", "active", 100),
                _model("gone", "retired", -10),
                _model("open", "active", None),
            ),
        )
        reading = read("model.retires_in_days", scene(listed, at=0))
        assert {sample.labels[0][1]: sample.value for sample in reading or ()} == {"soon": 10, "late": 100}
        assert read("model.retires_in_days", scene(at=0)) is None

    @pytest.mark.parametrize(
        ("lifecycle", "days", "expected"),
        [("active", None, 0.0), ("retired", None, 1.0), ("active", -1, 1.0)],
    )
    def test_the_model_that_is_probed(self, lifecycle: str, days: float | None, expected: float) -> None:
        listed = Catalogue(NOON, (_model(MODEL, lifecycle, days),))
        assert value("model.retired", scene(listed, at=0)) == expected

    def test_a_model_that_is_not_listed_may_be_an_alias(self) -> None:
        assert read("model.retired", scene(Catalogue(NOON, (_model("x", "active", None),)), at=0)) is None

    def test_budget(self) -> None:
        spent = replace(engine(), spend=Spend(0.5, 0.5))
        assert value("budget.spent_share", scene(at=0, state=spent)) == 1.0
        none = replace(engine(), spend=Spend(0.0, 0.0))
        assert read("budget.spent_share", scene(at=0, state=none)) is None

    def test_silence_of_the_collector(self) -> None:
        assert value("collector.silent_s", scene(models(0), page(50), at=200)) == 150
        assert read("collector.silent_s", scene(at=0)) is None

    def test_cost(self) -> None:
        observations = [replace(messages(30.0 * n), cost_usd=0.002) for n in range(10)]
        assert value("messages.cost_per_1000_usd", scene(*observations, at=290)) == pytest.approx(2.0)
        assert value("messages.cost_per_1000_usd", scene(*observations[:3], at=290)) is None


def _values(name: str, of: RuleContext) -> list[str]:
    return [str(sample.value) for sample in read(name, of) or ()]


def _model(ident: str, lifecycle: str, days: float | None) -> ModelInfo:
    return ModelInfo(ident, ident, NOON, lifecycle, None if days is None else NOON + timedelta(days=days))


class TestEvaluation:
    def test_what_ships_is_silent_over_a_healthy_day(self) -> None:
        rules = load_rules(thresholds=named_thresholds(Settings()))
        seen = [*healthy(0, 7200), replace(models(7199), tls_expires_at=NOON + timedelta(days=60))]
        assert evaluate(rules, (), scene(*seen, at=7200)) == ()

    def test_a_missing_label_set_resolves_and_an_unknown_one_changes_nothing(self) -> None:
        mine = rule("mine")
        both = (Sample(1.0, (("b", "x"),)), Sample(1.0, (("b", "y"),)))
        firing = advance(mine, (), both, after(0))
        alerts = advance(mine, firing, (Sample(None, (("b", "x"),)),), after(5))
        assert {alert.labels[0][1]: alert.state.value for alert in alerts} == {"x": "firing", "y": "resolved"}

    def test_a_server_that_invents_buckets_without_end(self) -> None:
        mine = rule("mine")
        reading = tuple(Sample(1.0, (("b", f"bucket-{n}"),)) for n in range(10_000))
        alerts = advance(mine, (), reading, after(0))
        assert len(alerts) == MAX_LABEL_SETS
        again = advance(mine, alerts, tuple(reversed(reading)), after(5))
        assert {alert.key for alert in again} == {alert.key for alert in alerts}

    def test_hostile_labels_are_inert(self) -> None:
        (alert,) = advance(rule("mine"), (), (Sample(1.0, (("b", "\x1b[31m" + "x" * 500),)),), after(0))
        assert alert.labels[0][1].startswith("␛[31mxxx")
        assert len(alert.labels[0][1]) <= 80

    def test_a_measured_value_is_not_part_of_the_identity(self) -> None:
        mine = replace(rule("mine"), comparison=">", threshold=0.0)
        first = advance(mine, (), (Sample(1.0),), after(0))
        (second,) = advance(mine, first, (Sample(7.0),), after(5))
        assert second.key == first[0].key
        assert (second.value, second.words) == (7.0, "7")
        assert second.status.since == after(0)

    def test_an_alert_whose_rule_is_gone_is_resolved(self) -> None:
        firing = advance(rule("old"), (), MATCH, after(0))
        (alert,) = evaluate([], firing, scripted(after(5)))
        assert alert.state.value == "resolved"

    def test_nothing_is_resolved_until_the_recovery_is_certain(self) -> None:
        mine = rule("mine")
        firing = evaluate([mine], (), scripted(after(0), OUTAGE, {"mine": MATCH}))
        recovering = replace(OUTAGE, recovery=Recovery(5, 8))
        (held,) = evaluate([mine], firing, scripted(after(600), recovering))
        assert held.state.value == "firing"
        (over,) = evaluate([mine], [held], scripted(after(605)))
        assert over.state.value == "resolved"

    def test_a_recovery_does_not_make_a_pending_alert_fire(self) -> None:
        mine = replace(rule("mine"), timing=Timing(hold=timedelta(minutes=2)))
        pending = evaluate([mine], (), scripted(after(0), OUTAGE, {"mine": MATCH}))
        recovering = replace(OUTAGE, recovery=Recovery(5, 8))
        assert evaluate([mine], pending, scripted(after(600), recovering)) == ()

    def test_a_rule_that_changed_keeps_the_state_of_its_alert(self) -> None:
        firing = advance(rule("mine", Severity.P3), (), MATCH, after(0))
        (alert,) = advance(rule("mine", Severity.P1), firing, MATCH, after(5))
        assert (alert.severity, alert.status.since) == (Severity.P1, after(0))

    def test_what_begins_anew_has_no_past(self) -> None:
        mine = rule("mine")
        (fired,) = advance(mine, (), MATCH, after(0))
        old = replace(fired, group="g", quiet_until=after(900))
        resolved = advance(mine, [old], (Sample(0.0),), after(5))
        (anew,) = advance(mine, resolved, MATCH, after(10))
        assert (anew.group, anew.quiet_until, anew.status.since) == (None, None, after(10))


@pytest.mark.parametrize(
    ("value", "unit", "words"),
    [
        (0.123, Unit.SHARE, "12%"),
        (0.021, Unit.SHARE, "2.1%"),
        (0, Unit.SHARE, "0%"),
        (3, Unit.COUNT, "3"),
        (4.123, Unit.SECONDS, "4.12 s"),
        (181.6, Unit.SECONDS, "182 s"),
        (3.06, Unit.RATIO, "3.1×"),
        (10.4, Unit.DAYS, "10 days"),
        (0.5, Unit.DAYS, "0.5 days"),
        (1.5, Unit.USD, "$1.50"),
        (1, Unit.LEVEL, "P1"),
    ],
)
def test_values_in_words(value: float, unit: Unit, words: str) -> None:
    assert value_text(value, unit) == words


def test_a_phase_without_figures_is_no_certificate() -> None:
    seen = models(0, timings=Timings(dns=0.01))
    assert read("certificate.days_left", scene(seen, at=0)) is None


def test_an_outage_trips_many_of_the_rules_that_ship() -> None:
    rules = load_rules(thresholds=named_thresholds(Settings()))
    down = [messages(3600 + 30.0 * n, Outcome.SERVER_ERROR) for n in range(20)]
    down += [models(3600 + 15.0 * n, Outcome.SERVER_ERROR) for n in range(40)]
    alerts: tuple[Alert, ...] = ()
    of = scene(*healthy(0, 3600), *down, at=4199, judged=OUTAGE)
    for step in range(3):
        of.at = after(4199 + 200.0 * step)
        alerts = evaluate(rules, alerts, of)
    assert {alert.rule for alert in alerts if alert.firing} >= {"verdict-p1", "verdict-p4", "errors"}
