"""However and whenever a demo ends, nothing of it stays in the directory for temporary files."""

from __future__ import annotations

import signal
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.terminal.on_pty import BUSY_S, PATIENCE_S, OnPty

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="counts CPU in /proc")

SIGNALS = [
    signal.SIGHUP,
    signal.SIGINT,
    signal.SIGQUIT,
    signal.SIGUSR1,
    signal.SIGUSR2,
    signal.SIGALRM,
    signal.SIGTERM,
    signal.SIGXCPU,
]


@pytest.fixture
def scratch(tmp_path: Path) -> Path:
    directory = tmp_path / "scratch"
    directory.mkdir()
    return directory


Start = Callable[[], OnPty]


@pytest.fixture
def start(tmp_path: Path, scratch: Path) -> Iterator[Start]:
    homes = {name: str(tmp_path / "home") for name in ("HOME", "XDG_CONFIG_HOME", "XDG_DATA_HOME")}
    running: list[OnPty] = []

    def start() -> OnPty:
        command = [sys.executable, "-m", "claude_tui", "--demo"]
        running.append(OnPty(command, env={**homes, "TMPDIR": str(scratch)}))
        return running[-1]

    yield start
    for demo in running:
        demo.close()


def left_in(scratch: Path) -> bool:
    """Whether there is a directory. Python tries out with a file whether a place for them is writable."""
    return any(path.is_dir() for path in scratch.iterdir())


def wait_until(happened: Callable[[], bool], demo: OnPty) -> None:
    end = time.monotonic() + PATIENCE_S
    while not happened():
        assert time.monotonic() < end, demo.output[-2000:]
        demo.read(0.001)


def ended_by(demo: OnPty, number: signal.Signals) -> int:
    return demo.end_after(lambda: demo.process.send_signal(number), cpu_s=BUSY_S)


@pytest.mark.parametrize("number", SIGNALS)
def test_each_signal_as_soon_as_there_is_something_to_leave(
    start: Start, scratch: Path, number: signal.Signals
) -> None:
    demo = start()
    wait_until(lambda: left_in(scratch), demo)
    assert ended_by(demo, number) == 128 + number
    assert not list(scratch.iterdir())


@pytest.mark.parametrize("number", SIGNALS)
def test_each_signal_once_it_shows_the_simulated_endpoint(
    start: Start, scratch: Path, number: signal.Signals
) -> None:
    demo = start()
    demo.see(b"LIVE")
    assert list(scratch.iterdir())
    assert ended_by(demo, number) == 128 + number
    assert not list(scratch.iterdir())
    assert demo.restored()


@pytest.mark.parametrize("used_s", [0.05, 0.2, 0.3, 0.4, 0.5, 0.6, 0.8])
def test_a_signal_at_any_moment_of_the_start(start: Start, scratch: Path, used_s: float) -> None:
    demo = start()
    wait_until(lambda: demo.cpu_s() >= used_s, demo)
    # Before the signals are heeded there is nothing to leave, and they end it as they end any process.
    assert ended_by(demo, signal.SIGTERM) in (128 + signal.SIGTERM, -signal.SIGTERM)
    assert not list(scratch.iterdir())


def test_a_terminal_closed_as_soon_as_there_is_something_to_leave(start: Start, scratch: Path) -> None:
    demo = start()
    wait_until(lambda: left_in(scratch), demo)
    assert demo.end_after(demo.hang_up, cpu_s=BUSY_S) == 128 + signal.SIGHUP
    assert not list(scratch.iterdir())


def test_what_a_killed_demo_leaves_the_next_one_removes_and_a_running_one_keeps_its_own(
    start: Start, scratch: Path
) -> None:
    running, killed = start(), start()
    running.see(b"LIVE")
    killed.see(b"LIVE")
    assert ended_by(killed, signal.SIGKILL) == -signal.SIGKILL
    assert len(list(scratch.iterdir())) == 2
    following = start()
    following.see(b"LIVE")
    owners = {directory.name.split("-")[-2] for directory in scratch.iterdir()}
    assert owners == {str(running.process.pid), str(following.process.pid)}
    assert ended_by(following, signal.SIGTERM) == 128 + signal.SIGTERM
    assert ended_by(running, signal.SIGTERM) == 128 + signal.SIGTERM
    assert not list(scratch.iterdir())
