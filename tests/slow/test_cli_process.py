"""The program as a process: streams that are closed, full or no terminal, signals, a broken installation."""

from __future__ import annotations

import os
import pty
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator, Mapping
from contextlib import closing, contextmanager
from pathlib import Path

import pytest

pytestmark = pytest.mark.usefixtures("own_home")

PROGRAM = [sys.executable, "-m", "claude_tui"]
DIES_IN_S = 60.0


def run(*arguments: str, environ: Mapping[str, str] | None = None) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [*PROGRAM, *arguments],
        env=os.environ | (environ or {}),
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=DIES_IN_S,
    )


@pytest.mark.parametrize("demo", [[], ["--demo"]])
def test_without_a_terminal_the_dashboard_points_to_check(demo: list[str]) -> None:
    result = run(*demo)
    assert result.returncode == 3
    assert result.stdout == ""
    assert "claude-top check" in result.stderr
    assert len(result.stderr.splitlines()) == 1


@contextmanager
def terminal() -> Iterator[tuple[int, int]]:
    """Both ends of a pseudo terminal: the program's, and the one that a person would look at."""
    outer, inner = pty.openpty()
    try:
        yield inner, outer
    finally:
        os.close(inner)
        os.close(outer)


@pytest.mark.parametrize(
    ("environ", "arguments", "named"),
    [
        ({"TERM": "dumb"}, [], "TERM is dumb"),
        ({"CLAUDE_TOP_KEYS": "zoooom=z"}, [], "environment CLAUDE_TOP_KEYS: keys.zoooom"),
        (
            {"CLAUDE_TOP_ALERT_RULES": "/none.toml"},
            [],
            "environment CLAUDE_TOP_ALERT_RULES: /none.toml: cannot",
        ),
        (
            {"CLAUDE_TOP_ALERTS": "{remindr='1h'}"},
            [],
            "environment CLAUDE_TOP_ALERTS: alerts.remindr: got an",
        ),
        ({"CLAUDE_TOP_THEME": "drak"}, ["--demo"], "environment CLAUDE_TOP_THEME: "),
        ({}, ["--demo", "no-such-scenario"], "no-such-scenario"),
    ],
)
def test_on_a_terminal_what_stops_the_dashboard_is_shown_plainly(
    environ: dict[str, str], arguments: list[str], named: str
) -> None:
    with terminal() as (inner, outer):
        result = subprocess.run(
            [*PROGRAM, *arguments],
            env=os.environ | {"TERM": "xterm-256color"} | environ,
            stdin=inner,
            stdout=inner,
            stderr=inner,
            timeout=DIES_IN_S,
        )
        output = os.read(outer, 65536).decode()
    assert result.returncode == 3
    assert output.startswith("claude-top: "), "no screen was opened"
    assert named in output


def test_a_broken_installation_brings_no_traceback(tmp_path: Path) -> None:
    """The part that is broken may be the one that finds the place of the report."""
    (tmp_path / "platformdirs.py").write_text("raise ImportError('half installed')\n")
    result = run("config", "show", environ={"PYTHONPATH": str(tmp_path), "TMPDIR": str(tmp_path)})
    (report,) = tmp_path.glob("crash-*.txt")
    assert result.returncode == 3
    assert result.stdout == ""
    assert result.stderr == f"claude-top: unexpected ImportError: half installed (details in {report})\n"


@pytest.mark.parametrize("command", ["config show", "runbook", "alerts list"])
def test_a_broken_pipe_is_silent(command: str) -> None:
    reader, writer = os.pipe()
    os.close(reader)
    try:
        process = subprocess.run(
            [*PROGRAM, *command.split()], stdout=writer, stderr=subprocess.PIPE, timeout=DIES_IN_S
        )
    finally:
        os.close(writer)
    assert (process.returncode, process.stderr) == (141, b"")


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="no /dev/full here")
def test_a_full_disk_is_named() -> None:
    with Path("/dev/full").open("w") as full:
        process = subprocess.run(
            [*PROGRAM, "--version"], stdout=full, stderr=subprocess.PIPE, text=True, timeout=DIES_IN_S
        )
    assert process.returncode == 3
    assert process.stderr == "claude-top: the output could not be written: no space left\n"


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="no /dev/full here")
def test_a_status_line_exits_with_0_even_where_it_cannot_be_written() -> None:
    with Path("/dev/full").open("w") as full:
        process = subprocess.run(
            [*PROGRAM, "statusline"], stdout=full, stderr=subprocess.PIPE, text=True, timeout=DIES_IN_S
        )
    assert (process.returncode, process.stderr) == (0, "")


@pytest.mark.parametrize("closed", ["0<&-", "1>&-", "2>&-"])
def test_closed_streams_bring_no_traceback(closed: str) -> None:
    command = " ".join([*PROGRAM, "config", "path", closed])
    process = subprocess.run(["sh", "-c", command], capture_output=True, text=True, timeout=DIES_IN_S)
    assert process.returncode == 0
    assert "Traceback" not in process.stderr


def test_an_ascii_terminal_gets_an_answer() -> None:
    path = Path(os.environ["XDG_CONFIG_HOME"]) / "claude-top" / "config.toml"
    path.parent.mkdir(parents=True)
    path.write_text('name = "prød"\n', "utf-8")
    result = run("config", "show", environ={"PYTHONIOENCODING": "ascii", "PYTHONUTF8": "0"})
    assert result.returncode == 0
    assert 'name = "pr\\xf8d"' in result.stdout


def test_ctrl_c_ends_check_without_a_traceback() -> None:
    with closing(socket.create_server(("127.0.0.1", 0))) as silent:
        url = f"http://127.0.0.1:{silent.getsockname()[1]}"
        process = subprocess.Popen(
            [*PROGRAM, "check", "--base-url", url, "--status-url", url],
            env=os.environ | {"NO_PROXY": "*"},
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            # In a job in the background SIGINT is ignored, and that is inherited.
            preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL),
        )
        with process:
            silent.settimeout(DIES_IN_S)
            connection, _ = silent.accept()
            with connection:
                process.send_signal(signal.SIGINT)
                out, err = process.communicate(timeout=DIES_IN_S)
    assert process.returncode == 130
    assert out == ""
    assert "Traceback" not in err
