"""The README: short, and every command, sample and link in it works."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from claude_tui.alerting.config import alerting_of
from claude_tui.settings import Places, load
from tests.documents import README, toml_block


def test_it_is_read_in_minutes() -> None:
    assert len(README.splitlines()) <= 150


@pytest.mark.parametrize("name", ["demo", "tests"])
def test_each_marked_command_is_one_line(name: str) -> None:
    """`.ci/run` runs what is marked, as it stands."""
    (block,) = re.findall(rf"<!-- command: {name} -->\n```sh\n(.*?)```", README, re.DOTALL)
    assert block.count("\n") == 1
    assert block.startswith("python3 -m venv .venv && ")


def test_the_recipe_for_routes_works_as_it_stands(tmp_path: Path) -> None:
    (tmp_path / "config.toml").write_text(toml_block(README, "[alerts.routes.oncall]"))
    settings = load({}, {}, places=Places(tmp_path / "config.toml", tmp_path))
    variables = {"PAGERDUTY_KEY": "k", "TEAM_SLACK_URL": "slack://TokenA/TokenB/TokenC/#api"}
    _, alerts = alerting_of(settings, variables)
    assert [(route.name, route.problem) for route in alerts.routes] == [("oncall", None), ("team", None)]
