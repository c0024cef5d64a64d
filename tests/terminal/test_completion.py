"""Shell completion in the shells themselves: what tab offers, and that it starts no program."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

from claude_tui.cli import main
from tests.programs import needs_program
from tests.terminal.on_pty import OnPty

pytestmark = pytest.mark.usefixtures("own_home")

OFFERED = [
    ("ma", {"manual"}),
    ("manual st", {"statusline"}),
    ("simulate ou", {"outage"}),
    ("drill s", {"scores"}),
    ("--theme high-contrast-l", {"high-contrast-light"}),
    ("alerts ", {"test", "list"}),
    ("runbook --cause spend", {"spend_limit"}),
    ("check --sam", {"--samples"}),
    ("incidents show l", {"last"}),
    ("completion f", {"fish"}),
]
WITH_BASH = """\
. "$1"
shift
complete -p claude-top >/dev/null || exit 1
PATH=/nowhere
COMP_WORDS=(claude-top "$@")
COMP_CWORD=$#
_shtab_claude_top claude-top "${COMP_WORDS[COMP_CWORD]}" "${COMP_WORDS[COMP_CWORD - 1]}"
printf '%s\\n' "${COMPREPLY[@]}"
"""


def script_for(shell: str, directory: Path, capsys: pytest.CaptureFixture[str]) -> Path:
    assert main(["completion", shell]) == 0
    path = directory / f"claude-top.{shell}"
    path.write_text(capsys.readouterr().out)
    return path


def run(*command: str) -> str:
    done = subprocess.run(command, capture_output=True, text=True, timeout=60, stdin=subprocess.DEVNULL)
    assert (done.returncode, done.stderr) == (0, "")
    return done.stdout


@needs_program("bash", verifies="completion in bash")
def test_bash_offers_what_there_is_and_starts_nothing(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    script = script_for("bash", tmp_path, capsys)
    run("bash", "-n", str(script))
    for typed, expected in OFFERED:
        offered = run("bash", "-c", WITH_BASH, "bash", str(script), *typed.split(" ")).split()
        assert {*offered} == expected, typed


@needs_program("fish", verifies="completion in fish")
def test_fish_offers_what_there_is(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    script = script_for("fish", tmp_path, capsys)
    run("fish", "--no-execute", str(script))
    for typed, expected in OFFERED:
        offered = run("fish", "--no-config", "-c", f'source {script}; complete -C "claude-top {typed}"')
        assert {line.split("\t")[0] for line in offered.splitlines()} == expected, typed


@needs_program("zsh", verifies="completion in zsh")
def test_zsh_completes_what_is_typed(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    script = script_for("zsh", tmp_path, capsys)
    run("zsh", "-n", str(script))
    script.rename(tmp_path / "_claude-top")
    # What a line was completed to, the function of that name prints when the line is run.
    shown = 'claude-top() { print -r -- "<$*>" }'
    ready = f"{shown}; fpath=({tmp_path} $fpath); autoload -Uz compinit; compinit -u -D; print READ''Y\r"
    shell = OnPty(["zsh", "-f", "-i"])
    try:
        shell.type(ready.encode())
        shell.see(b"READY")
        for typed, expected in ((typed, words) for typed, words in OFFERED if len(words) == 1):
            shell.type(f"claude-top {typed}\t\r".encode())
            shell.see(f"<{typed.rpartition(' ')[0]} {min(expected)}>".replace("< ", "<").encode())
    finally:
        shell.close()
