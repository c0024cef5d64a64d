"""`claude-top check` on the command line: the schema, and what is refused."""

from __future__ import annotations

import json
import os
from pathlib import Path

import pytest

from claude_tui.check import schema_text
from claude_tui.cli import main
from claude_tui.cli.parser import parse


@pytest.fixture(autouse=True)
def _nothing_set(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in [name for name in os.environ if name.startswith(("CLAUDE_TOP_", "ANTHROPIC_"))]:
        monkeypatch.delenv(name)
    monkeypatch.setenv("HOME", str(tmp_path))


def test_the_schema_is_printed_without_key_network_or_settings(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("CLAUDE_TOP_BASE_URL", "not a URL")
    assert main(["check", "--schema"]) == 0
    printed = capsys.readouterr()
    assert printed.out == schema_text() + "\n"
    assert printed.err == ""
    assert json.loads(printed.out)["properties"]["schema"]["const"] == "claude-top/check@1"


@pytest.mark.parametrize(
    "more",
    [
        ["--json"],
        ["--samples", "3"],
        ["--timeout", "5"],
        ["--model", "claude-haiku-5-5"],
        ["--config", "settings.toml"],
    ],
)
def test_with_anything_else_it_is_wrong_use(more: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["check", "--schema", *more]) == 3
    printed = capsys.readouterr()
    assert printed.out == ""
    assert "--schema" in printed.err


@pytest.mark.parametrize("wrong", [["--samples", "0"], ["--samples", "x"], ["--timeout", "0"], ["--jsn"]])
def test_wrong_use_is_unknown(wrong: list[str]) -> None:
    assert main(["check", *wrong]) == 3


def test_without_a_number_the_probes_decide_how_many() -> None:
    request = parse(["check"])
    assert request is not None
    assert request.options.samples is None


def test_the_help_says_what_the_exit_codes_mean(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["check", "--help"]) == 0
    words = "0 healthy   1 warning (P3, P4)   2 critical (P1, P2)   3 unknown or invalid usage"
    assert words in capsys.readouterr().out
