"""The rules that ship, and a person's own, whose every mistake is named with what was expected."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from claude_tui.alerting.metrics import METRICS
from claude_tui.alerting.rules import AlertsConfigError, Rule, load_rules, named_thresholds
from claude_tui.model.format import parse_span, span_text
from claude_tui.model.verdict import Severity
from claude_tui.settings import Settings

NAMED = named_thresholds(Settings())


def rules(tmp_path: Path, text: str = "", **kwargs: object) -> dict[str, Rule]:
    path = tmp_path / "rules.toml"
    path.write_text(text)
    return {rule.name: rule for rule in load_rules(path, thresholds=NAMED, **kwargs)}  # type: ignore[arg-type]


def problems(tmp_path: Path, text: str, **kwargs: object) -> list[str]:
    with pytest.raises(AlertsConfigError) as caught:
        rules(tmp_path, text, **kwargs)
    return [str(problem).replace(f"{tmp_path / 'rules.toml'}: ", "") for problem in caught.value.problems]


GOOD = """
[rules.mine]
metric = "messages.total_p95"
comparison = ">"
threshold = 4
window = "10m"
severity = "P3"
"""


def test_what_ships_loads_and_covers_every_threshold() -> None:
    shipped = {rule.name: rule for rule in load_rules(thresholds=NAMED)}
    assert {rule.severity for rule in shipped.values()} == {
        Severity.P1,
        Severity.P2,
        Severity.P3,
        Severity.P4,
    }
    watched = {rule.metric.name for rule in shipped.values()}
    assert watched >= {
        "verdict.severity",
        "messages.overloaded_share",
        "messages.rate_limited_count",
        "messages.failure_share",
        "models.failures_in_a_row",
        "messages.ttft_p50",
        "messages.ttft_ratio",
        "messages.total_p50",
        "messages.total_p99",
        "headroom.left",
        "certificate.days_left",
        "model.retires_in_days",
        "model.retired",
        "budget.spent_share",
        "messages.cost_per_1000_usd",
        "collector.silent_s",
    }
    assert shipped["overloaded"].threshold == 0.02
    assert (shipped["headroom-low"].threshold, shipped["headroom-critical"].threshold) == (0.20, 0.05)
    assert (shipped["certificate"].threshold, shipped["model-retiring"].threshold) == (14, 30)
    assert shipped["message-p99"].threshold == 10


def test_the_thresholds_of_the_settings_are_those_of_the_rules() -> None:
    named = named_thresholds(Settings(headroom_low=0.5))
    found = {rule.name: rule for rule in load_rules(thresholds=named)}
    assert found["headroom-low"].threshold == 0.5


def test_own_rules_stand_beside_those_that_ship(tmp_path: Path) -> None:
    found = rules(tmp_path, GOOD)
    assert found["mine"].condition == "messages.total_p95 over 10m > 4"
    assert len(found) == len(load_rules(thresholds=NAMED)) + 1


def test_single_keys_of_a_rule_can_be_changed_and_a_rule_turned_off(tmp_path: Path) -> None:
    found = rules(tmp_path, "[rules.overloaded]\nthreshold = 0.5\n[rules.certificate]\nenabled = false\n")
    assert found["overloaded"].threshold == 0.5
    assert found["overloaded"].query.window == timedelta(minutes=15)
    assert "certificate" not in found


def test_all_keys(tmp_path: Path) -> None:
    mine = rules(
        tmp_path,
        """
        [rules.mine]
        summary = "Input tokens run out"
        metric = "headroom.left"
        comparison = "<="
        threshold = "headroom_critical"
        for = 90
        keep_firing_for = "1h30m"
        severity = "P1"
        where = { bucket = "input" }
        routes = ["slack"]
        topic = "tokens"
        side = "us"
        next_step = "Send less."
        """,
        routes=["slack"],
    )["mine"]
    assert (mine.timing.hold, mine.timing.keep) == (timedelta(seconds=90), timedelta(minutes=90))
    assert mine.wants((("bucket", "input"),))
    assert not mine.wants((("bucket", "output"),))
    assert (mine.routes, mine.topic) == (("slack",), "tokens")
    assert mine.matches(0.05)
    assert not mine.matches(0.051)


@pytest.mark.parametrize(
    ("change", "problem"),
    [
        (
            "comparison = '=>'",
            'rules.mine.comparison: got "=>" (did you mean ">"?), expected one of >, >=, ',
        ),
        ("metric = 'message.total_p95'", 'rules.mine.metric: got "message.total_p95" (did you mean "mess'),
        (
            "threshold = 'headrom_low'",
            'rules.mine.threshold: got "headrom_low" (did you mean "headroom_low"?)',
        ),
        ("threshold = nan", "rules.mine.threshold: got nan, expected a number"),
        ("threshold = true", "rules.mine.threshold: got true, expected a number"),
        (
            "window = '10 minutes'",
            'rules.mine.window: got "10 minutes", expected a duration from "1s" to "24h"',
        ),
        ("window = '25h'", 'rules.mine.window: got "25h"'),
        ("window = 0", "rules.mine.window: got 0"),
        ("minimum = 0", "rules.mine.minimum: got 0, expected a whole number from 1 to 100,000"),
        ("severity = 'P5'", 'rules.mine.severity: got "P5", expected one of P1'),
        ("severity = 'none'", 'rules.mine.severity: got "none"'),
        ("for = '-5m'", 'rules.mine.for: got "-5m", expected a duration such as "90s"'),
        ("for = '5'", 'rules.mine.for: got "5"'),
        (
            "keep_fring_for = '5m'",
            'rules.mine.keep_fring_for: got an unknown key (did you mean "keep_firing_for"?)',
        ),
        ("enabled = 'no'", 'rules.mine.enabled: got "no", expected true or false'),
        ("where = { buckt = 'x' }", "rules.mine.where.buckt: got an unknown label, expected none"),
        ("where = 7", "rules.mine.where: got 7, expected a table"),
        ("routes = 'slak'", 'rules.mine.routes: got "slak" (did you mean "slack"?), expected some of screen'),
        ("routes = [7]", "rules.mine.routes: got 7, expected names of routes"),
        ("topic = 'a b'", 'rules.mine.topic: got "a b", expected letters'),
        ("side = 'theirs'", 'rules.mine.side: got "theirs" (did you mean "them"?)'),
        ("summary = ''", 'rules.mine.summary: got "", expected printable text'),
        ('summary = "a\\u001b[31m"', 'rules.mine.summary: got "a␛[31m"'),
    ],
)
def test_a_mistake_is_named(tmp_path: Path, change: str, problem: str) -> None:
    key = change.split(" =")[0]
    lines = [line for line in GOOD.splitlines() if not line.startswith(key)]
    (found,) = problems(tmp_path, "\n".join([*lines, change]), routes=["slack"])
    assert found.startswith(problem)


@pytest.mark.parametrize("key", ["metric", "comparison", "threshold", "window", "severity"])
def test_what_is_needed_is_missed(tmp_path: Path, key: str) -> None:
    text = "\n".join(line for line in GOOD.splitlines() if not line.startswith(key))
    assert f"rules.mine.{key}: got nothing" in problems(tmp_path, text)[0]


def test_every_mistake_is_named_at_once(tmp_path: Path) -> None:
    others = "[rules.other]\nmetric = 'x'\n[rules.third]\nmetric = 'headroom.left'\n"
    text = GOOD + others + "[rules.overloaded]\nfor = 'x'\n[nonsense]\n"
    found = problems(tmp_path, text)
    assert {problem.split(":")[0] for problem in found} == {
        "nonsense",
        "rules.overloaded.for",
        "rules.other.metric",
        "rules.third.comparison",
        "rules.third.threshold",
        "rules.third.severity",
    }


def test_a_metric_of_now_has_no_window_and_one_that_counts_nothing_no_minimum(tmp_path: Path) -> None:
    text = """
    [rules.certificate]
    window = "5m"
    minimum = 3
    """
    assert [problem.split(",")[0] for problem in problems(tmp_path, text)] == [
        "rules.certificate.minimum: got 3",
        'rules.certificate.window: got "5m"',
    ]


def test_no_route_may_be_named_where_none_is_declared(tmp_path: Path) -> None:
    text = GOOD + 'routes = ["slack"]\n'
    assert "expected some of screen" in problems(tmp_path, text, routes=[])[0]
    assert rules(tmp_path, text)["mine"].routes == ("slack",)


@pytest.mark.parametrize(
    "name",
    ["a b", "x" * 61, "ünïcode", "", "a.b\\u001b"],
    ids=["blank", "long", "letters", "empty", "escape"],
)
def test_a_rule_has_a_name_that_can_be_a_label(tmp_path: Path, name: str) -> None:
    (found,) = problems(tmp_path, f'[rules."{name}"]\nmetric = "x"\n')
    assert "a rule with this name" in found
    assert found.isprintable()


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"[rules", "is not valid TOML"),
        (b"\xff", "is not UTF-8 text"),
        (b"rules = 7", "rules: got 7, expected a table"),
        (b"[rules]\nx = 7", "rules.x: got 7, expected a table"),
        (b"x = 1\n" * 200_000, "is larger than"),
        (b"a = " + b"[" * 5000 + b"]" * 5000, "nested too deeply"),
    ],
)
def test_what_is_no_file_of_rules(tmp_path: Path, content: bytes, words: str) -> None:
    path = tmp_path / "rules.toml"
    path.write_bytes(content)
    with pytest.raises(AlertsConfigError, match=words):
        load_rules(path, thresholds=NAMED)


def test_a_file_that_is_not_there(tmp_path: Path) -> None:
    with pytest.raises(AlertsConfigError, match="cannot be read: No such file"):
        load_rules(tmp_path / "none.toml", thresholds=NAMED)


def test_a_key_pasted_into_a_rule_is_not_shown(tmp_path: Path) -> None:
    (found,) = problems(tmp_path, GOOD.replace("P3", "sk-ant-api03-abcdefgh"))
    assert "abcdefgh" not in found


@given(st.integers(0, 86_400 * 365))
def test_a_span_reads_back(seconds: int) -> None:
    length = timedelta(seconds=seconds)
    assert parse_span(span_text(length)) == length


@given(st.text(max_size=20))
def test_no_text_makes_a_span_of_more_than_a_year(text: str) -> None:
    span = parse_span(text)
    assert span is None or timedelta() <= span <= timedelta(days=365)


def test_metrics_are_documented() -> None:
    for metric in METRICS.values():
        assert metric.doc.endswith(".")
        assert metric.doc.isprintable()
