"""The man pages: all that `--help` and the manual say, and nothing that a formatter complains about."""

from __future__ import annotations

import re
import subprocess
from argparse import _SubParsersAction
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from claude_tui.cli import main
from claude_tui.cli.man import man_page
from claude_tui.cli.man.roff import escaped
from claude_tui.cli.parser import grammar
from claude_tui.manual import Page, load_page, topics
from tests.programs import needs_program

ENVIRON = {"SOURCE_DATE_EPOCH": "1795000000"}
PAGES = [None, *topics()]


def page(topic: str | None) -> str:
    return man_page(load_page(topic) if topic is not None else None, grammar(), ENVIRON)


def plain(roff: str) -> str:
    """The text of a page, roughly as a reader sees it."""
    text = re.sub(r"\\f[BIR]|\\&", "", roff)
    for sign, char in (
        ("\\-", "-"),
        ("\\(aq", "'"),
        ("\\(ga", "`"),
        ("\\(ti", "~"),
        ("\\(ha", "^"),
        ("\\e", "\\"),
    ):
        text = text.replace(sign, char)
    return text


def commands(parser: object, before: str = "") -> Iterator[tuple[str, list[str]]]:
    """Every command with its options."""
    for action in parser._actions:  # type: ignore[attr-defined]
        if isinstance(action, _SubParsersAction):
            for name, inner in action.choices.items():
                options = [
                    option for option_action in inner._actions for option in option_action.option_strings
                ]
                yield f"{before} {name}".strip(), options
                yield from commands(inner, f"{before} {name}".strip())


def test_the_page_of_the_program_has_every_command_option_and_part_of_the_manual() -> None:
    text = plain(page(None))
    for command, options in commands(grammar()):
        _, found, rest = text.partition(f'\n.SS "claude-top {command}"\n')
        assert found, command
        own = rest.partition("\n.SS ")[0]
        assert [option for option in options if option not in own and option not in ("-h", "--help")] == []
    for part in ("NAME", "SYNOPSIS", "OPTIONS", "COMMANDS", "EXAMPLES", "ENVIRONMENT", "EXIT STATUS"):
        assert f'\n.SH "{part}"\n' in text
    assert [topic for topic in topics() if f"claude-top-{topic}(7)" not in text] == []


@pytest.mark.parametrize("topic", topics())
def test_a_page_of_the_manual_has_every_code_block_and_heading(topic: str) -> None:
    text, source = plain(page(topic)), load_page(topic).text
    for block in re.findall(r"^```\w*\n(.*?)^```$", source, re.DOTALL | re.MULTILINE):
        assert [line for line in block.splitlines() if line not in text] == []
    headings = re.findall(r"^## (.*)$", source, re.MULTILINE)
    found = re.findall(r'^\.SH "(.*)"$', text, re.MULTILINE)
    assert [heading.replace("`", "").upper() for heading in headings] == found[2:-1]


@given(st.text(alphabet=st.sampled_from(".'\\-`~^ \nab\"TH"), max_size=40))
def test_nothing_in_a_text_is_a_request(text: str) -> None:
    assert not any(line.startswith((".", "'")) for line in escaped(text).split("\n"))
    rest = re.sub(r"\\(?:e|-|&|\((?:aq|ga|ha|ti))", "", escaped(text))
    assert "\\" not in rest


def test_a_page_with_traps_is_harmless() -> None:
    traps = Page("x", "T", "# T\n\n.so /etc/passwd\n'br\n\n\\*[x] \\fB\n\n```\n.TH x\n\\n(.g\n```\n")
    roff = man_page(traps, grammar(), ENVIRON)
    assert not re.search(r"^\.so|^'br|^\.TH x", roff, re.MULTILINE)
    assert ".so /etc/passwd" in plain(roff)


@pytest.mark.parametrize("topic", PAGES)
@needs_program("mandoc", verifies="man pages as mandoc reads them")
def test_mandoc_has_nothing_to_warn_of(topic: str | None) -> None:
    done = subprocess.run(
        ["mandoc", "-T", "lint", "-W", "warning"],
        input=page(topic),
        capture_output=True,
        text=True,
        timeout=60,
    )
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")


@pytest.mark.parametrize("topic", PAGES)
@needs_program("groff", verifies="man pages as groff reads them")
def test_groff_has_nothing_to_warn_of(topic: str | None) -> None:
    command = ["groff", "-man", "-Kutf8", "-Tutf8", "-ww", "-z"]
    done = subprocess.run(command, input=page(topic), capture_output=True, text=True, timeout=60)
    assert (done.returncode, done.stderr) == (0, "")


def test_the_command_prints_them(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["manual", "--man"]) == 0
    assert capsys.readouterr().out.startswith('.TH "CLAUDE\\-TOP" 1 ')
    assert main(["manual", "errors", "--man"]) == 0
    assert capsys.readouterr().out.startswith('.TH "CLAUDE\\-TOP\\-ERRORS" 7 ')
    assert main(["manual", "nonsense", "--man"]) == 3
