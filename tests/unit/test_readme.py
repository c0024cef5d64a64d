"""The README says what the program is: its tables are the declared ones, its commands exist."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path

import pytest

from claude_tui.cli.parser import parse
from claude_tui.knowledge import knowledge
from claude_tui.knowledge.describe import markdown_table as errors_table
from claude_tui.runbook import load as load_runbook
from claude_tui.settings import DECLARED, Places, load
from claude_tui.settings.alerts import alerting_of
from claude_tui.settings.describe import markdown_tables as settings_tables
from claude_tui.simulator.scenario import names
from claude_tui.tui.actions import markdown_table as keys_table

ROOT = Path(__file__).parents[2]
README = (ROOT / "README.md").read_text("utf-8")


def scenarios_table() -> str:
    rows = [f"| `{name}` | {description} |" for name, description in names()]
    return "\n".join(["| scenario | what happens |", "|---|---|", *rows])


@pytest.mark.parametrize(
    ("name", "declared"),
    [
        ("settings", settings_tables),
        ("keys", keys_table),
        ("scenarios", scenarios_table),
        ("errors", lambda: errors_table(knowledge())),
    ],
)
def test_tables_are_the_declared_ones(name: str, declared: Callable[[], str]) -> None:
    written = README.partition(f"<!-- {name} -->\n")[2].partition(f"\n<!-- /{name} -->")[0]
    assert written == declared().rstrip(), f"put what is declared between the {name} marks of README.md"


@pytest.mark.parametrize("name", ["demo", "tests"])
def test_each_marked_command_is_one_line(name: str) -> None:
    """`.ci/run` runs what is marked, as it stands."""
    (block,) = re.findall(rf"<!-- command: {name} -->\n```sh\n(.*?)```", README, re.DOTALL)
    assert block.count("\n") == 1
    assert block.startswith("python3 -m venv .venv && ")


def test_every_command_line_is_understood() -> None:
    shown = re.findall(r"(?:^|`|&& |=any )claude-top((?: [^`\n#|]+)?)(?=[`\n#|])", README, re.MULTILINE)
    lines = [line for line in map(str.strip, shown) if "[" not in line and "SCENARIO" not in line]
    assert len(lines) > 10
    for line in lines:
        assert parse(line.split()) is not None


def test_every_link_within_the_project_leads_somewhere() -> None:
    links = [link for link in re.findall(r"\]\(([^)]+)\)", README) if "://" not in link]
    assert links
    assert [link for link in links if not (ROOT / link).exists()] == []


def samples(mark: str) -> list[str]:
    """The TOML blocks with a line that begins so."""
    blocks = re.findall(r"```toml\n(.*?)```", README, re.DOTALL)
    return [block for block in blocks if any(line.startswith(mark) for line in block.splitlines())]


def test_the_samples_of_alerts_are_right_as_they_stand(tmp_path: Path) -> None:
    (routes,), (rules,) = samples("[alerts]"), samples("[rules.")
    (tmp_path / "config.toml").write_text(routes.replace("# alert_rules =", "alert_rules ="))
    (tmp_path / "alerts.toml").write_text(rules)
    settings = load({}, {}, places=Places(tmp_path / "config.toml", tmp_path))
    found, alerts = alerting_of(settings, {"PAGERDUTY_KEY": "k"})
    names = {rule.name: rule for rule in found}
    assert "certificate" not in names
    assert names["overloaded"].threshold == 0.05
    assert [route.name for route in alerts.routes] == ["oncall", "fallback", "quota"]
    assert [route.problem is None for route in alerts.routes] == [True, False, False]


def test_the_sample_of_a_runbook_is_right_as_it_stands(tmp_path: Path) -> None:
    (sample,) = samples("[[step]]")
    (tmp_path / "ours.toml").write_text(sample)
    runbook = load_runbook([tmp_path / "ours.toml"])
    steps = [step.id for step in runbook.playbooks["outage"].steps]
    assert steps[steps.index("confirm") + 1] == "gateway"
    assert runbook.nodes["start"].branches[0].label == "Only the batch jobs fail"


def test_every_variable_is_named_by_rule_or_by_the_tables() -> None:
    table = settings_tables()
    for declared in DECLARED:
        for variable in declared.variables:
            assert variable == f"CLAUDE_TOP_{declared.key.upper()}" or f"`{variable}`" in table
