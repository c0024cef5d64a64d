"""The alert lifecycle against Prometheus's own: `promtool test rules` on generated histories."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from random import Random

from claude_tui.alerting.evaluate import advance
from claude_tui.alerting.metric import Sample
from claude_tui.model.alert import Alert, AlertState
from tests.alerts import rule
from tests.programs import needs_program

pytestmark = needs_program("promtool", verifies="that alerts go the way of Prometheus's own")

EPOCH = datetime.fromtimestamp(0, UTC)
TICK_S = 15
STEPS = 80
HISTORIES = 12
SERIES = ("a", "b")
SECONDS = (0, 10, 15, 30, 45, 75, 150)
RULES = {
    name: rule(name, hold_s=hold, keep_s=keep)
    for hold in SECONDS
    for keep in SECONDS
    if hold == keep or 0 in (hold, keep) or hold == 30
    for name in [f"for{hold}keep{keep}"]
}


@dataclass(frozen=True)
class History:
    """Per rule and series, one word a step: `1` matches, `0` does not, `stale` is a series that ended."""

    words: dict[tuple[str, str], list[str]]


def histories(seed: int) -> Iterator[History]:
    random = Random(seed)
    for _ in range(HISTORIES):
        yield History({(name, series): list(course(random)) for name in RULES for series in SERIES})


def course(random: Random) -> Iterator[str]:
    """Runs of matches and of none, some shorter and some longer than any `for`."""
    matches = random.random() < 0.5
    left = 0
    for _ in range(STEPS):
        if not left:
            matches = not matches
            left = random.choice([1, 1, 2, 3, 4, 6, 9, 14])
        left -= 1
        yield "1" if matches else random.choice(["0", "stale"])


def rules() -> object:
    return {
        "groups": [
            {
                "name": "lifecycle",
                "rules": [
                    {
                        "alert": name,
                        "expr": f'told{{rule="{name}"}} == 1',
                        "for": f"{shipped.timing.hold.seconds}s",
                        "keep_firing_for": f"{shipped.timing.keep.seconds}s",
                    }
                    for name, shipped in RULES.items()
                ],
            }
        ]
    }


def case_of(history: History) -> dict[str, object]:
    """What promtool has to find at every step: exactly our own alerts."""
    alerts: dict[str, list[Alert]] = {name: [] for name in RULES}
    checks: list[object] = []
    for index in range(STEPS):
        at = EPOCH + timedelta(seconds=index * TICK_S)
        for name, shipped in RULES.items():
            alerts[name] = advance(shipped, alerts[name], reading(history, name, index), at)
        active = [
            alert
            for alerts_of_rule in alerts.values()
            for alert in alerts_of_rule
            if alert.state is not AlertState.RESOLVED
        ]
        checks.append(expected("ALERTS", index, [states(alert) for alert in active]))
        checks.append(expected("ALERTS_FOR_STATE", index, [sinces(alert) for alert in active]))
    return {
        "interval": f"{TICK_S}s",
        "input_series": [
            {"series": f'told{{rule="{name}",series="{series}"}}', "values": " ".join(words)}
            for (name, series), words in history.words.items()
        ],
        "promql_expr_test": checks,
    }


def reading(history: History, name: str, index: int) -> tuple[Sample, ...]:
    """A label set per series; one that has ended is not there."""
    words = {series: history.words[name, series][index] for series in SERIES}
    return tuple(
        Sample(float(word), (("series", series),)) for series, word in words.items() if word != "stale"
    )


def expected(name: str, index: int, samples: list[object]) -> object:
    return {"expr": name, "eval_time": f"{index * TICK_S}s", "exp_samples": samples}


def states(alert: Alert) -> object:
    return {"labels": f'ALERTS{{{labels(alert)},alertstate="{alert.state}"}}', "value": 1}


def sinces(alert: Alert) -> object:
    since = (alert.status.since - EPOCH).total_seconds()
    return {"labels": f"ALERTS_FOR_STATE{{{labels(alert)}}}", "value": since}


def labels(alert: Alert) -> str:
    return f'alertname="{alert.rule}",rule="{alert.rule}",series="{dict(alert.labels)["series"]}"'


def promtool(folder: Path, tests: list[dict[str, object]]) -> subprocess.CompletedProcess[str]:
    rule_file, test_file = folder / "rules.json", folder / "tests.json"
    rule_file.write_text(json.dumps(rules()))
    test_file.write_text(
        json.dumps({"rule_files": [str(rule_file)], "evaluation_interval": f"{TICK_S}s", "tests": tests})
    )
    return subprocess.run(
        ["promtool", "test", "rules", str(test_file)], capture_output=True, text=True, timeout=120
    )


def test_prometheus_finds_the_same_states_at_every_step(tmp_path: Path) -> None:
    found = promtool(tmp_path, [case_of(history) for history in histories(seed=20261120)])
    assert found.returncode == 0, (found.stdout + found.stderr)[-4000:]


def test_the_comparison_notices_one_wrong_step(tmp_path: Path) -> None:
    """Otherwise the agreement would prove nothing."""
    history = next(histories(seed=7))
    right = case_of(history)
    for words in history.words.values():
        words[40] = "0" if words[40] == "1" else "1"
    wrong = case_of(history) | {"input_series": right["input_series"]}
    assert promtool(tmp_path, [wrong]).returncode != 0
