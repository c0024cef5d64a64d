"""Verdict, panel and shipped alert rules follow each threshold of the settings together."""

from __future__ import annotations

import tomllib
from dataclasses import dataclass, fields, replace
from functools import cache
from importlib import resources

import pytest

from claude_tui.alerting.rule_context import RuleContext
from claude_tui.alerting.rules import load_rules, named_thresholds
from claude_tui.analysis.history.history import History
from claude_tui.analysis.options import Options, Thresholds
from claude_tui.analysis.snapshot import build_snapshot
from claude_tui.engine.sources import Pace, options_from
from claude_tui.model.observation import Observation, Outcome
from claude_tui.model.snapshot import Snapshot
from claude_tui.model.verdict import Cause
from claude_tui.settings import Settings
from tests.builders import after, bucket, engine, healthy, history_of, messages

HOUR = 3600.0
LARGE = "claude-opus-5-5"


@dataclass(frozen=True)
class Shown:
    """Verdict, panel and rules on a history; only the panel and the rules that have the figure."""

    verdict: str
    panel: str = ""
    rules: str = ""


@dataclass(frozen=True)
class Case:
    """A setting, another value for it, a history, and what is shown with the default and with that value."""

    setting: str
    value: float
    history: list[Observation]
    default: Shown
    changed: Shown
    panel: str = ""
    """The series of latencies, or `headroom`, whose level counts."""

    def __str__(self) -> str:
        return self.setting


def steady(ttft: float, total: float | None = None, *, start: float = HOUR, model: str | None = None) -> list:
    whole = ttft + 0.2 if total is None else total
    of = {"model": model} if model is not None else {}
    return [messages(start + 30 * number, ttft=ttft, total=whole, **of) for number in range(12)]


def course(marks: str, outcome: Outcome = Outcome.SERVER_ERROR) -> list[Observation]:
    """Healthy for an hour, then a message per mark: `F` fails, `.` does not."""
    later = [
        messages(HOUR + 30 * number, outcome if mark == "F" else Outcome.OK)
        for number, mark in enumerate(marks)
    ]
    return [*healthy(0, HOUR), *later]


def now_and_then(*failures: float) -> list[Observation]:
    """An hour and a half of health, with failed messages at these seconds."""
    fine = [
        observation
        for observation in healthy(0, 1.5 * HOUR)
        if observation.at not in {after(at) for at in failures}
    ]
    return sorted(
        [*fine, *(messages(at, Outcome.SERVER_ERROR) for at in failures)],
        key=lambda observation: observation.at,
    )


def left(remaining: int) -> list[Observation]:
    return [messages(30.0 * number, limits=[bucket("input", remaining)]) for number in range(6)]


TAIL = [messages(HOUR + 30 * n, total=8.0 if n % 5 == 0 else 0.64) for n in range(20)]

CASES = [
    Case(
        "ttft_slow_s",
        1.8,
        steady(2.0, model=LARGE),
        Shown("healthy", "ok"),
        Shown("provider_slow P4 by Mon 09:00", "bad", "ttft-slow"),
        "TTFT",
    ),
    Case(
        "message_slow_s",
        3.5,
        [*healthy(0, HOUR), *steady(0.4, 4.0)],
        Shown("healthy", "warn"),
        Shown("provider_slow P4 by Mon 09:00", "bad", "message-slow"),
        "message",
    ),
    Case(
        "bad_ratio",
        1.5,
        [*healthy(0, HOUR), *steady(0.82)],
        Shown("healthy", "ok"),
        Shown("provider_slow P4 by Mon 09:00", "bad", "ttft-unusual"),
        "TTFT",
    ),
    Case(
        "warn_ratio",
        1.5,
        [*healthy(0, HOUR), *steady(0.82)],
        Shown("healthy", "ok"),
        Shown("healthy", "warn"),
        "TTFT",
    ),
    Case(
        "headroom_low",
        0.3,
        left(250),
        Shown("healthy", "ok"),
        Shown("healthy, Limits run low: input 25% left.", "warn", "headroom-low"),
        "headroom",
    ),
    Case(
        "headroom_critical",
        0.1,
        left(80),
        Shown("healthy, Limits run low: input 8% left.", "warn"),
        Shown("healthy, Limits run low: input 8% left.", "bad", "headroom-critical"),
        "headroom",
    ),
    Case(
        "most_fail",
        0.75,
        course("FF.FF"),
        Shown("provider_errors P2 by Fri 13:15"),
        Shown("provider_errors P1 by Fri 13:00"),
    ),
    Case(
        "most_fail_ends",
        0.85,
        course("FFFFFFFFFF.."),
        Shown("provider_outage P1 by Fri 13:00"),
        Shown("provider_outage P2 by Fri 13:15"),
    ),
    Case(
        "severity_span_s",
        600.0,
        course("F" * 20 + ".F.F.F"),
        Shown("provider_errors P2 by Fri 13:15"),
        Shown("provider_errors P1 by Fri 13:00"),
    ),
    Case(
        "errors",
        0.5,
        course("F.F....F.."),
        Shown("provider_errors P2 by Fri 13:16", rules="errors"),
        Shown("provider_errors P3 by Fri 14:01"),
    ),
    Case(
        "ratio_failures",
        2,
        course("F.F"),
        Shown("provider_errors P3 by Fri 14:01"),
        Shown("provider_errors P2 by Fri 13:16"),
    ),
    Case(
        "tail_s",
        7.0,
        [*healthy(0, HOUR), *TAIL],
        Shown("healthy"),
        Shown("provider_slow P2 by Fri 13:20", rules="message-p99"),
    ),
    Case(
        "rare_failures",
        3,
        now_and_then(2400, 4500),
        Shown("provider_errors P4 by Mon 09:00"),
        Shown("unknown"),
    ),
    Case(
        "rare_span_s",
        1800.0,
        now_and_then(2400, 4500),
        Shown("provider_errors P4 by Mon 09:00"),
        Shown("unknown"),
    ),
    Case(
        "truncated_bad",
        0.2,
        course("FF...F..", Outcome.TRUNCATED_STREAM),
        Shown("provider_errors P4 by Mon 09:00"),
        Shown("provider_errors P2 by Fri 13:15"),
    ),
    Case(
        "respond_p2_s",
        600.0,
        course("F.FF"),
        Shown("provider_errors P2 by Fri 13:16"),
        Shown("provider_errors P2 by Fri 13:11"),
    ),
    Case(
        "respond_p3_s",
        1200.0,
        course("F.F"),
        Shown("provider_errors P3 by Fri 14:01"),
        Shown("provider_errors P3 by Fri 13:21"),
    ),
    Case(
        "business_hour",
        8,
        [*healthy(0, HOUR), *steady(2.0)],
        Shown("provider_slow P4 by Mon 09:00"),
        Shown("provider_slow P4 by Mon 08:00"),
    ),
    Case(
        "time_zone",
        "America/New_York",
        [*healthy(0, HOUR), *steady(2.0)],
        Shown("provider_slow P4 by Mon 09:00"),
        Shown("provider_slow P4 by Mon 14:00"),
    ),
    Case(
        "working_days",
        ("sat",),
        [*healthy(0, HOUR), *steady(2.0)],
        Shown("provider_slow P4 by Mon 09:00"),
        Shown("provider_slow P4 by Sat 09:00"),
    ),
]


def shown(case: Case, history: History, settings: Settings) -> Shown:
    options = options_from(settings, Pace.of(settings))
    at = max(observation.at for observation in case.history)
    snapshot = build_snapshot(history, at, engine(), options)
    context = RuleContext(snapshot, history, snapshot.verdict, options)
    matching = [
        rule.name
        for rule in load_rules(thresholds=named_thresholds(settings))
        if rule.name in naming(case.setting)
        and any(
            sample.value is not None and rule.matches(sample.value)
            for sample in rule.metric.read(context, rule.query) or ()
        )
    ]
    return Shown(_verdict(snapshot), _level(snapshot, case.panel), " ".join(matching))


def naming(threshold: str) -> set[str]:
    """The shipped rules that name this threshold."""
    return {name for name, named in thresholds_of_rules().items() if named == threshold}


@cache
def thresholds_of_rules() -> dict[str, str]:
    text = resources.files("claude_tui.alerting").joinpath("rules.toml").read_text("utf-8")
    rules = tomllib.loads(text)["rules"]
    # Those of own traffic are tried in test_traffic_metrics.
    return {
        name: rule["threshold"] for name, rule in rules.items() if not rule["metric"].startswith("traffic.")
    }


def _verdict(snapshot: Snapshot) -> str:
    verdict = snapshot.verdict
    if verdict.respond_by is None:
        return verdict.cause.value + (f", {verdict.note}" if verdict.note.startswith("Limits") else "")
    return f"{verdict.cause.value} {verdict.severity.value} by {verdict.respond_by:%a %H:%M}"


def _level(snapshot: Snapshot, panel: str) -> str:
    if panel == "headroom":
        return snapshot.headroom.buckets[0].level.value
    return next((line.level.value for line in snapshot.latency.series if line.name == panel), "")


@pytest.mark.parametrize("case", CASES, ids=str)
def test_what_is_shown_follows_the_setting(case: Case) -> None:
    # Not in the zone of the machine that runs the tests.
    settings, history = Settings(time_zone="UTC"), history_of(*case.history)
    changed = replace(settings, **{case.setting: case.value})
    for expected, found in (
        (case.default, shown(case, history, settings)),
        (case.changed, shown(case, history, changed)),
    ):
        assert found == expected


def test_every_threshold_setting_has_its_case() -> None:
    known = {field.name for field in (*fields(Options), *fields(Thresholds))}
    thresholds = {field.name for field in fields(Settings) if field.name in known}
    # Whether something is done is no threshold.
    thresholds -= {field.name for field in fields(Settings) if isinstance(field.default, bool)}
    paces = {threshold for threshold in thresholds if threshold.endswith("_interval_s")}
    assert {case.setting for case in CASES} == thresholds - paces


def test_every_rule_that_names_a_threshold_follows_it() -> None:
    followed = {rule for case in CASES for rule in f"{case.default.rules} {case.changed.rules}".split()}
    assert followed == {rule for case in CASES for rule in naming(case.setting)}


@cache
def slow_for_some_minutes(ttft: float) -> tuple[list[Observation], History]:
    """Shared by several settings, as showing a history does not change it."""
    seen = [*healthy(0, HOUR), *steady(ttft)]
    return seen, history_of(*seen)


@pytest.mark.parametrize("bad_ratio", [1.3, 1.5, 2.0, 3.0, 5.0])
@pytest.mark.parametrize("ttft", [0.45, 0.6, 0.7, 0.75, 0.82, 1.0, 1.25, 1.35, 1.8, 2.2, 2.9])
def test_verdict_panel_and_rule_call_the_same_first_tokens_slow(bad_ratio: float, ttft: float) -> None:
    seen, history = slow_for_some_minutes(ttft)
    case = Case("bad_ratio", bad_ratio, seen, Shown(""), Shown(""), "TTFT")
    found = shown(case, history, replace(Settings(), bad_ratio=bad_ratio))
    slow = found.verdict.startswith(Cause.PROVIDER_SLOW.value)
    assert slow is (found.panel == "bad") is (found.rules == "ttft-unusual")
