"""A closed terminal ends the program, on a real pty."""

from __future__ import annotations

import os
import signal
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.terminal.on_pty import BUSY_S, OnPty

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="counts CPU in /proc")

SCRIPT = Path(__file__).with_name("guarded_app.py")


@pytest.fixture
def mark(tmp_path: Path) -> Path:
    """Exists once the backend has been stopped."""
    return tmp_path / "mark"


@pytest.fixture
def left(tmp_path: Path) -> Path:
    """What must not outlive the process."""
    return tmp_path / "left"


Start = Callable[..., OnPty]


@pytest.fixture
def start(mark: Path) -> Iterator[Start]:
    running: list[OnPty] = []

    def start(mode: str = "", *, stdin: int | None = None) -> OnPty:
        terminal = OnPty([sys.executable, str(SCRIPT), str(mark), mode], stdin=stdin)
        running.append(terminal)
        terminal.see(b"READY")
        return terminal

    yield start
    for terminal in running:
        terminal.close()


def test_terminal_closed(start: Start, mark: Path) -> None:
    terminal = start()
    assert terminal.end_after(terminal.hang_up) == 129
    assert mark.exists()


def test_terminal_closed_while_hang_ups_are_ignored(start: Start, mark: Path) -> None:
    terminal = start("nohup")
    assert terminal.end_after(terminal.hang_up) == 129
    assert mark.exists()


@pytest.mark.parametrize(
    ("number", "code"),
    [(signal.SIGHUP, 129), (signal.SIGTERM, 143), (signal.SIGINT, 130), (signal.SIGQUIT, 131)],
)
def test_signals_end_it_cleanly(
    start: Start, mark: Path, left: Path, number: signal.Signals, code: int
) -> None:
    terminal = start()
    assert terminal.end_after(lambda: terminal.process.send_signal(number)) == code
    assert mark.exists()
    assert not left.exists()
    assert terminal.restored()


def test_end_of_input(start: Start, mark: Path) -> None:
    reader, writer = os.pipe()
    terminal = start(stdin=reader)
    os.close(reader)
    assert terminal.end_after(lambda: os.close(writer)) == 0
    assert mark.exists()
    assert terminal.restored()
    assert b"end of input" in terminal.output


def test_no_input_from_the_start(mark: Path) -> None:
    null = os.open(os.devnull, os.O_RDONLY)
    terminal = OnPty([sys.executable, str(SCRIPT), str(mark), ""], stdin=null)
    os.close(null)
    try:
        terminal.see(b"\x1b[?1049h")
        assert terminal.end_after(lambda: None) == 0
        assert terminal.restored()
    finally:
        terminal.close()


def test_backend_that_does_not_stop(start: Start, left: Path) -> None:
    terminal = start("stuck")
    assert left.exists()
    assert terminal.end_after(terminal.hang_up) == 129
    assert not left.exists()


def test_preparation_that_does_not_end(start: Start, left: Path) -> None:
    terminal = start("hung")
    assert left.exists()
    assert terminal.end_after(lambda: terminal.process.terminate()) == 143
    assert not left.exists()


def test_files_that_cannot_be_removed(start: Start, mark: Path) -> None:
    terminal = start("disk")
    assert terminal.end_after(lambda: terminal.process.terminate()) == 143
    assert mark.exists()
    assert terminal.restored()


def test_screen_that_is_busy(start: Start, mark: Path) -> None:
    terminal = start("screen")
    terminal.type(b"s")
    assert terminal.end_after(lambda: terminal.process.terminate()) == 143
    assert mark.exists()
    assert terminal.restored()


def test_terminal_that_takes_no_more_output(start: Start, mark: Path) -> None:
    terminal = start("screen")
    terminal.type(b"f")
    assert terminal.end_after(lambda: terminal.process.terminate(), reading=False) == 143
    assert mark.exists()


def test_quit(start: Start, mark: Path) -> None:
    terminal = start()
    assert terminal.end_after(lambda: terminal.type(b"q")) == 0
    assert mark.exists()
    assert terminal.restored()


def test_to_the_background_and_back(start: Start) -> None:
    terminal = start()
    terminal.type(b"\x1a")
    assert terminal.stopped()
    assert terminal.restored()
    terminal.forget()
    terminal.process.send_signal(signal.SIGCONT)
    terminal.see(b"READY")
    assert terminal.end_after(lambda: terminal.type(b"q")) == 0
    assert terminal.restored()


def test_stopped_from_outside_and_continued(start: Start) -> None:
    terminal = start()
    terminal.process.send_signal(signal.SIGSTOP)
    assert terminal.stopped()
    terminal.forget()
    terminal.process.send_signal(signal.SIGCONT)
    terminal.see(b"READY")
    assert terminal.end_after(lambda: terminal.type(b"q")) == 0
    assert terminal.restored()


@pytest.mark.parametrize("calm", [True, False], ids=["running", "starting"])
def test_the_program_itself_ends_with_its_terminal_and_leaves_nothing(tmp_path: Path, calm: bool) -> None:
    homes = {name: str(tmp_path / "home") for name in ("HOME", "XDG_CONFIG_HOME", "XDG_DATA_HOME")}
    scratch = tmp_path / "scratch"
    scratch.mkdir()
    command = [sys.executable, "-m", "claude_tui", "--demo"]
    terminal = OnPty(command, env={**homes, "TMPDIR": str(scratch)})
    try:
        terminal.see(b"LIVE")
        assert list(scratch.iterdir())
        if calm:
            terminal.calm_down()
        assert terminal.end_after(terminal.hang_up, cpu_s=1.0 if calm else BUSY_S) == 129
        assert not list(scratch.iterdir())
    finally:
        terminal.close()
