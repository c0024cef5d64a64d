"""`claude-top manual` without a terminal: the list of pages, a page in a pipe, wrong use."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from claude_tui.cli import main
from claude_tui.manual import load_page, topics
from tests.documents import README


def test_without_a_topic_it_lists_the_pages(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["manual"]) == 0
    out, err = capsys.readouterr()
    assert err == ""
    assert [line.split()[0] for line in out.splitlines()] == list(topics())
    assert load_page("settings").title in out


def test_the_pages_are_those_that_the_readme_promises() -> None:
    linked = re.findall(r"\]\(claude_tui/manual/([\w-]+)\.md\)", README)
    assert sorted(linked) == list(topics())


@pytest.mark.parametrize("topic", topics())
def test_in_a_pipe_a_page_is_its_markdown(topic: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["manual", topic]) == 0
    out, err = capsys.readouterr()
    assert out == load_page(topic).text
    assert (err, "\x1b" in out) == ("", False)


@pytest.mark.parametrize(
    ("topic", "hint"),
    [
        ("setings", 'did you mean "settings"?'),
        ("zzz", "expected one of alerts, "),
        ("../errors", "manual has no"),
    ],
)
def test_an_unknown_topic_is_wrong_use(topic: str, hint: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["manual", topic]) == 3
    out, err = capsys.readouterr()
    assert out == ""
    assert hint in err


def test_a_faulty_settings_file_is_no_reason_not_to_read(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "config.toml").write_text("nonsense")
    monkeypatch.setenv("CLAUDE_TOP_CONFIG", str(tmp_path / "config.toml"))
    assert main(["manual", "settings"]) == 0
    assert "max_tokens" in capsys.readouterr().out
