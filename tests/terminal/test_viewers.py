"""Two dashboards on one directory, on real terminals: one collects, the other watches and takes over."""

from __future__ import annotations

import json
import signal
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path

import pytest

from tests.agents import PATIENCE_S, Agents, Tap, tapped
from tests.bench.program import Program

pytestmark = pytest.mark.skipif(not Path("/proc/self/maps").exists(), reason="measures through /proc")

VIEWER_MB = 60
"""The budget of DESIGN.md; measured: 48."""


@pytest.fixture
def tap() -> Iterator[Tap]:
    with tapped("outage") as tap:
        yield tap


@pytest.fixture
def start(tmp_path: Path, tap: Tap) -> Callable[..., Program]:
    environ = Agents(tmp_path, tap.url).environ
    config = str(tmp_path / "config.toml")

    def start(*arguments: str) -> Program:
        return Program([sys.executable, "-m", "claude_tui", "--config", config, *arguments], env=environ)

    return start


def loaded(program: Program) -> str:
    return Path(f"/proc/{program.process.pid}/maps").read_text()


def holder(directory: Path) -> Mapping[str, object]:
    (lease,) = (directory / "data").glob("*.lease")
    # Its first line counts: what follows is left of a longer one that is being replaced.
    return json.loads(lease.read_text().partition("\n")[0])


def until(met: Callable[[], bool], *shown: Program) -> None:
    """Waits, and reads the output of the programs meanwhile: otherwise they would wait for the terminal."""
    end = time.monotonic() + PATIENCE_S
    while not met():
        assert time.monotonic() < end, bytes(shown[0].output[-2000:])
        for screen in shown:
            screen.read(0.05)


def test_a_viewer_loads_no_sdk_and_takes_over_when_the_collector_is_killed(
    tmp_path: Path, start: Callable[..., Program]
) -> None:
    with start() as first:
        first.wait_for(b"It's them")
        until(lambda: "pydantic_core" in loaded(first), first)
        with start() as second:
            second.wait_for(b"2 watching")
            second.wait_for(b"It's them")
            first.wait_for(b"2 watching")
            assert holder(tmp_path)["pid"] == first.process.pid
            second.read_for(5)
            assert "pydantic_core" not in loaded(second)
            assert second.rss_mb() <= VIEWER_MB
            first.process.send_signal(signal.SIGKILL)
            until(lambda: holder(tmp_path)["pid"] == second.process.pid, second)
            until(lambda: "pydantic_core" in loaded(second), second)
            # It pages now, so the first one may ask.
            second.type(b"\x03\x03")
            assert second.exit_code(60) == 0
            assert b"Traceback" not in second.output
    assert [*(tmp_path / "data").glob("*.d/*")] == []


def test_a_collector_that_is_suspended_lets_another_collect(
    tmp_path: Path, start: Callable[..., Program]
) -> None:
    with start() as first:
        first.wait_for(b"It's them")
        with start() as second:
            second.wait_for(b"2 watching")
            first.type(b"\x1a")
            until(lambda: holder(tmp_path)["pid"] == second.process.pid, second, first)
            first.process.send_signal(signal.SIGCONT)
            start_of_rest = len(first.output)
            first.wait_for(b"watching", start=start_of_rest)
            assert holder(tmp_path)["pid"] == second.process.pid
            first.type(b"q")
            assert first.exit_code(60) == 0


def test_a_reader_alone_shows_its_badge_and_that_nobody_collects(
    tmp_path: Path, start: Callable[..., Program], tap: Tap
) -> None:
    with start("--read-only") as reader:
        reader.wait_for(b"READ-ONLY")
        reader.wait_for(b"nobody collects")
        reader.type(b"p")
        reader.read_for(3)
        assert not [*(tmp_path / "data").glob("*.db")]
        assert tap.requests.total() == 0
        reader.type(b"q")
        assert reader.exit_code(60) == 0
