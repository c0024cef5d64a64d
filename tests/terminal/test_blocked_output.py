"""A terminal that takes nothing for a while: probes go on, memory is bounded, and the screen catches up."""

from __future__ import annotations

import signal
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.agents import PATIENCE_S, Agents, Tap, tapped
from tests.bench.program import Program

pytestmark = pytest.mark.skipif(not Path("/proc/self/stat").exists(), reason="measures through /proc")

MOST_GROWTH_MB = 15
"""While nothing is taken. What waits is one frame of each kind and one Snapshot, not all of them."""


@pytest.fixture
def tap() -> Iterator[Tap]:
    with tapped("outage") as tap:
        yield tap


@pytest.fixture
def dashboard(tmp_path: Path, tap: Tap) -> Iterator[Program]:
    environ = Agents(tmp_path, tap.url).environ
    command = [sys.executable, "-m", "claude_tui", "--config", str(tmp_path / "config.toml")]
    with Program(command, env=environ) as program:
        program.wait_for(b"It's them")
        # The SDK has come with the first message, and would count as growth.
        until(
            lambda: program.read(0.05) is not None and tap.requests["/v1/messages"] >= 3, "no message is sent"
        )
        yield program


def until(met: Callable[[], bool], what: str) -> None:
    end = time.monotonic() + PATIENCE_S
    while not met():
        assert time.monotonic() < end, what
        time.sleep(0.05)


def waits_to_write(program: Program) -> bool:
    """Whether one of its threads hangs in writing to the terminal."""
    tasks = Path(f"/proc/{program.process.pid}/task")
    return any("tty_write" in _told(path / "wchan") or _writes(path) for path in tasks.iterdir())


def _told(file: Path) -> str:
    """The content of a file of a thread, which may have ended by then or be unreadable."""
    try:
        return file.read_text()
    except OSError:
        return ""


def _writes(task: Path) -> bool:
    """The same by the number of the system call, where the kernel names no function: 1 is write on x86-64."""
    fields = _told(task / "syscall").split()
    return fields[:2] in (["1", "0x1"], ["1", "0x2"], ["64", "0x1"], ["64", "0x2"])


def block(program: Program) -> None:
    """Has it write whole frames that nobody reads until one of them does not fit any more."""
    sizes = iter(range(1_000))

    def blocked() -> bool:
        number = next(sizes)
        program.resize(118 + number % 3, 40)
        return number > 10 and waits_to_write(program)

    until(blocked, "it never had to wait for the terminal")


def test_probes_go_on_memory_is_bounded_and_the_screen_catches_up(dashboard: Program, tap: Tap) -> None:
    block(dashboard)
    before, memory = tap.requests.total(), dashboard.rss_mb()
    until(lambda: tap.requests.total() >= before + 6, "probing stands still")
    assert waits_to_write(dashboard)
    assert dashboard.rss_mb() - memory < MOST_GROWTH_MB

    # It is read again: what is drawn is the present, and keys work.
    start = len(dashboard.output)
    dashboard.resize(120, 40)
    dashboard.type(b"?")
    dashboard.wait_for(b"What to do when", start=start)
    dashboard.type(b"q\x03\x03")
    assert dashboard.exit_code(PATIENCE_S) == 0
    assert b"Traceback" not in dashboard.output


def test_a_signal_ends_it_while_nothing_is_taken(dashboard: Program) -> None:
    block(dashboard)
    dashboard.process.send_signal(signal.SIGTERM)
    assert dashboard.process.wait(PATIENCE_S) == 128 + signal.SIGTERM
