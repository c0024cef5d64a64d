"""`claude-top manual TOPIC` on a terminal: rendered, with and without a pager and colours."""

from __future__ import annotations

import os
import pty
import re
import subprocess
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path

import pytest

from claude_tui.manual import load_page, topics

PROGRAM = [sys.executable, "-m", "claude_tui", "manual"]
ESCAPE = re.compile(r"\x1b\[[0-9;]*m")
COLOUR = re.compile(r"\x1b\[(?:[0-9]+;)*(?:3[0-7]|4[0-7]|9[0-7]|38|48)(?:;[0-9]+)*m")


# Each page behind the name of its topic, from one process.
ALL_PAGES = """
from claude_tui.cli import main
from claude_tui.manual import topics
for topic in topics():
    print(f"--- {topic}", flush=True)
    assert main(["manual", topic]) == 0
"""


def on_terminal(*arguments: str, environ: Mapping[str, str], program: Sequence[str] = tuple(PROGRAM)) -> str:
    """What a terminal of 80 columns is sent."""
    outer, inner = pty.openpty()
    base = {name: value for name, value in os.environ.items() if name not in {"PAGER", "NO_COLOR", "LESS"}}
    process = subprocess.Popen(
        [*program, *arguments],
        env=base | {"TERM": "xterm-256color", "COLUMNS": "80"} | environ,
        stdin=inner,
        stdout=inner,
        stderr=inner,
    )
    os.close(inner)
    found = b""
    while True:
        try:
            chunk = os.read(outer, 65_536)
        except OSError:  # how Linux says that the other end is closed
            break
        if not chunk:
            break
        found += chunk
    os.close(outer)
    assert process.wait(timeout=60) == 0, found
    return found.decode().replace("\r\n", "\n")


def test_below_the_list_a_person_is_told_how_to_read_a_page() -> None:
    *pages, blank, hint = on_terminal(environ={}).splitlines()
    assert [line.split()[0] for line in pages] == list(topics())
    assert (blank, hint) == ("", "claude-top manual TOPIC shows a page.")


def pager(directory: Path, body: str) -> str:
    script = directory / "a pager"
    script.write_text(f"#!/bin/sh\n{body}\n")
    script.chmod(0o755)
    return f"'{script}' --raw"


def test_on_a_terminal_every_page_is_rendered_within_its_width() -> None:
    shown = on_terminal(environ={"PAGER": ""}, program=(sys.executable, "-c", ALL_PAGES))
    pages = dict(
        part.split("\n", 1) for part in shown.split("--- ")[1:] if part.split("\n", 1)[0] in topics()
    )
    assert list(pages) == list(topics())
    for topic, page in pages.items():
        assert "\x1b[1m" in page, topic
        plain = ESCAPE.sub("", page)
        assert "```" not in plain, topic
        assert ".md)" not in plain, topic
        assert max(len(line) for line in plain.splitlines()) <= 80, topic


def test_the_pager_of_the_environment_gets_the_page(tmp_path: Path) -> None:
    shown = on_terminal("check", environ={"PAGER": pager(tmp_path, 'echo "paged $1 $LESS"; exec cat')})
    assert shown.startswith("paged --raw -R\n")
    assert "probes once" in ESCAPE.sub("", shown)


def test_a_pager_that_quits_early_is_no_failure(tmp_path: Path) -> None:
    assert on_terminal("errors", environ={"PAGER": pager(tmp_path, "echo enough")}) == "enough\n"


@pytest.mark.parametrize("command", ["/no/such/pager", "'unbalanced"])
def test_without_a_usable_pager_the_page_is_printed(command: str) -> None:
    assert "probes once" in ESCAPE.sub("", on_terminal("check", environ={"PAGER": command}))


def test_no_color_leaves_bold_and_takes_colours() -> None:
    assert COLOUR.search(on_terminal("errors", environ={"PAGER": ""}))
    without = on_terminal("errors", environ={"PAGER": "", "NO_COLOR": "1"})
    assert "\x1b[1m" in without
    assert not COLOUR.search(without)


def test_a_dumb_terminal_gets_plain_text_and_no_pager(tmp_path: Path) -> None:
    environ = {"TERM": "dumb", "PAGER": pager(tmp_path, "echo paged")}
    assert on_terminal("keys", environ=environ) == load_page("keys").text


def test_ctrl_c_is_the_pagers(tmp_path: Path) -> None:
    """As less has it: it ends a search there, and the program waits until the pager has ended."""
    body = "trap 'echo heard' INT; kill -INT $PPID; kill -INT $$; exec cat >/dev/null"
    assert on_terminal("errors", environ={"PAGER": pager(tmp_path, body)}) == "heard\n"
