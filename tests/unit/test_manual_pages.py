"""The pages of the manual, and what they share with the README: in step with the program, and right."""

from __future__ import annotations

import os
import re
import tomllib
from pathlib import Path

import pytest

from claude_tui.alerting.config import alerting_of
from claude_tui.cli import main
from claude_tui.cli.parser import Request, parse
from claude_tui.manual import load_page, topics
from claude_tui.runbook import load as load_runbook
from claude_tui.settings import DECLARED, Places, load
from claude_tui.tui.keymap import key_problems
from tests.documents import DOCUMENTS, blocks, command_lines, toml_block
from tests.manual_tables import PAGES, TABLES, WIDTH, settings, table_names, with_tables

PAGE_PATHS = sorted(PAGES.glob("*.md"))
COMMANDS = sorted({line for text in DOCUMENTS.values() for line in command_lines(text)})


def text_of(topic: str) -> str:
    return (PAGES / f"{topic}.md").read_text("utf-8")


def by_name(path: Path) -> str:
    return path.stem


@pytest.mark.parametrize("path", PAGE_PATHS, ids=by_name)
def test_tables_are_what_the_program_declares(path: Path) -> None:
    text = path.read_text("utf-8")
    assert text == with_tables(text), "run `python -m tests.manual_tables`"


def test_every_table_is_on_one_page() -> None:
    assert sorted(name for path in PAGE_PATHS for name in table_names(path.read_text("utf-8"))) == sorted(
        TABLES
    )


@pytest.mark.parametrize("path", PAGE_PATHS, ids=by_name)
def test_a_page_fits_80_columns(path: Path) -> None:
    lines = path.read_text("utf-8").splitlines()
    assert [line for line in lines if len(line) > WIDTH] == []


@pytest.mark.parametrize("topic", topics())
def test_a_page_begins_with_a_title_that_fits_the_list_of_pages(topic: str) -> None:
    page = load_page(topic)
    assert page.text.startswith(f"# {page.title}\n")
    assert max(map(len, topics())) + 2 + len(page.title) <= WIDTH
    assert "<!--" not in page.text


def test_every_variable_is_named_by_rule_or_by_the_table() -> None:
    table = settings()
    for declared in DECLARED:
        for variable in declared.variables:
            assert variable == f"CLAUDE_TOP_{declared.key.upper()}" or f"`{variable}`" in table


# -- links, commands and samples, in the README as well ------------------------------------


@pytest.mark.parametrize("path", DOCUMENTS, ids=by_name)
def test_every_link_within_the_project_leads_somewhere(path: Path) -> None:
    text = DOCUMENTS[path]
    links = re.findall(r'\]\(([^)]+)\)|(?:src|srcset)="([^"]+)"', text)
    own = [link or source for link, source in links if "://" not in link]
    assert [link for link in own if not (path.parent / link).exists()] == []


@pytest.mark.parametrize("block", [block for text in DOCUMENTS.values() for block in blocks(text, "toml")])
def test_toml_can_be_pasted(block: str) -> None:
    assert tomllib.loads(block)


def asked_for(line: str) -> Request | None:
    return parse([word for word in line.split() if word != "&"])


def test_the_commands_are_found() -> None:
    expected = [
        "--demo",
        "",
        "check",
        "check --schema",
        "alerts test oncall",
        "simulate overload --port 8080",
    ]
    assert set(expected) <= set(COMMANDS)


def runs_offline(line: str) -> bool:
    """Judged by its words: parsing every line takes a second in each process that collects the tests."""
    return line in OFFLINE_LINES or any(f"{line} ".startswith(f"{command} ") for command in OFFLINE)


OFFLINE = {"runbook", "manual", "alerts list", "config path", "config show", "config init"}
OFFLINE_LINES = {"check --schema", "simulate --list"}


@pytest.mark.parametrize("line", COMMANDS)
def test_every_command_line_is_understood(line: str) -> None:
    request = asked_for(line)
    assert request is not None
    assert runs_offline(line) == (request.command in OFFLINE or line in OFFLINE_LINES)


@pytest.mark.parametrize("line", filter(runs_offline, COMMANDS))
def test_every_command_that_needs_no_network_runs(
    line: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    for name in [name for name in os.environ if name.startswith(("CLAUDE_TOP_", "ANTHROPIC_"))]:
        monkeypatch.delenv(name)
    for name in ("HOME", "XDG_CONFIG_HOME", "XDG_DATA_HOME"):
        monkeypatch.setenv(name, str(tmp_path))
    assert main(line.split()) == 0
    assert capsys.readouterr().out.strip()


def test_the_samples_of_alerts_are_right_as_they_stand(tmp_path: Path) -> None:
    routes, rules = toml_block(text_of("alerts"), "[alerts]"), toml_block(text_of("alerts"), "[rules.")
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
    (tmp_path / "ours.toml").write_text(toml_block(text_of("runbook"), "[[step]]"))
    runbook = load_runbook([tmp_path / "ours.toml"])
    steps = [step.id for step in runbook.playbooks["outage"].steps]
    assert steps[steps.index("confirm") + 1] == "gateway"
    assert runbook.nodes["start"].branches[0].label == "Only the batch jobs fail"


def test_the_sample_of_keys_is_right_as_it_stands(tmp_path: Path) -> None:
    (tmp_path / "config.toml").write_text(toml_block(text_of("keys"), "[keys]"))
    chosen = load({}, {}, places=Places(tmp_path / "config.toml", tmp_path)).keys
    assert dict(chosen) == {"pause": ("space",), "help": ("?", "f1")}
    assert key_problems(chosen) == []
