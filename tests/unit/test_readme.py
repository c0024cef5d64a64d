"""The README says what the program is: its tables are the declared ones, its commands exist."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path

import pytest

from claude_tui.cli.parser import parse
from claude_tui.settings.describe import markdown_table as settings_table
from claude_tui.simulator.scenario import names
from claude_tui.tui.actions import markdown_table as keys_table

ROOT = Path(__file__).parents[2]
README = (ROOT / "README.md").read_text("utf-8")


def scenarios_table() -> str:
    rows = [f"| `{name}` | {description} |" for name, description in names()]
    return "\n".join(["| scenario | what happens |", "|---|---|", *rows])


@pytest.mark.parametrize(
    ("name", "declared"), [("settings", settings_table), ("keys", keys_table), ("scenarios", scenarios_table)]
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
