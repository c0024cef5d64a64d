"""What the runbook's screens share: a person's own files, the values for commands, the last position."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from claude_tui.model.observation import Outcome
from claude_tui.model.verdict import Cause
from claude_tui.runbook import Walk, shipped
from claude_tui.settings import Settings
from claude_tui.tui.runbook_session import SavedWalk, open_session, placeholders_for
from tests.builders import after, models
from tests.runbook_values import failing, snapshot, verdict

GOOD = """
[[branch]]
at = "start"
label = "Ours first"
to = "blind"
"""


def settings(tmp_path: Path, text: str | None) -> Settings:
    directory = tmp_path / "runbook"
    directory.mkdir()
    if text is not None:
        (directory / "ours.toml").write_text(text)
    return Settings(file=tmp_path / "config.toml")


def test_without_files_of_ones_own_it_is_the_shipped_one(tmp_path: Path) -> None:
    for found in (open_session(Settings(), {}), open_session(settings(tmp_path, None), {})):
        assert found.runbook is shipped()
        assert found.problem == ""


def test_ones_own_files_count(tmp_path: Path) -> None:
    session = open_session(settings(tmp_path, GOOD), {})
    assert session.runbook.nodes["start"].branches[0].label == "Ours first"


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        (
            GOOD.replace("blind", "blnd"),
            'runbook/ours.toml: node.start.branch[1].to: no node "blnd" (did you mean "blind"?)',
        ),
        ("[node.x]\ntitle = 'X'\n", "runbook/ours.toml: node.x: needs either a question"),
        ("title = ", "runbook/ours.toml: is not valid TOML"),
    ],
)
def test_a_faulty_file_is_named_with_node_and_reason(tmp_path: Path, text: str, problem: str) -> None:
    session = open_session(settings(tmp_path, text), {})
    assert session.runbook is shipped()
    assert problem in session.problem
    assert "\n" not in session.problem


def test_commands_are_about_the_target_and_the_newest_failure() -> None:
    seen = snapshot(*failing(Outcome.OVERLOADED), models(280))
    session = open_session(Settings(), {})
    found = placeholders_for(seen, Settings(), session)
    assert found.base_url == "https://api.example.test"
    assert found.model == "claude-haiku-5-5"
    newest = next(event.observation for event in seen.events if event.observation is not None)
    assert found.request_id == newest.request_id
    assert placeholders_for(snapshot(models(280)), Settings(), session).request_id is None


@pytest.mark.parametrize(
    ("environ", "by_token"),
    [
        ({}, False),
        ({"ANTHROPIC_AUTH_TOKEN": "t"}, True),
        ({"ANTHROPIC_AUTH_TOKEN": "t", "ANTHROPIC_API_KEY": "k"}, False),
    ],
)
def test_requests_by_hand_carry_what_the_probes_carry(environ: dict[str, str], by_token: bool) -> None:
    assert open_session(Settings(), environ).by_token is by_token


def test_a_walk_is_kept_for_the_trouble_that_it_was_about() -> None:
    kept = SavedWalk(Walk("theirs"), after(100), Cause.PROVIDER_OVERLOADED)
    same = verdict(Cause.PROVIDER_OVERLOADED, since=after(60))
    assert kept.applies_to(same)
    assert kept.applies_to(replace(same, since=None))
    assert not kept.applies_to(replace(same, since=kept.at + timedelta(seconds=1)))
    assert not kept.applies_to(verdict(Cause.PROVIDER_OUTAGE, since=after(60)))
