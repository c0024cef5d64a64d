"""The watchdog: what it starts, in which order, and that it always comes to its end."""

from __future__ import annotations

import threading
from collections.abc import Callable

import pytest

from claude_tui.tui.hangup import Ending, Watchdog

PATIENCE_S = 60.0


class Process:
    """Notes what happens to it. `ended` is set with the exit code."""

    def __init__(self) -> None:
        self.log: list[object] = []
        self.code: int | None = None
        self.ended = threading.Event()

    def kill(self, code: int) -> None:
        self.code = code
        self.ended.set()

    def watchdog(self, stop: Callable[[], object] = lambda: None) -> Watchdog:
        watchdog = Watchdog(self.log.append, lambda: self.log.append(stop()), kill=self.kill, deadline_s=0.1)
        watchdog.start()
        return watchdog


@pytest.mark.parametrize(
    ("ending", "code"),
    [
        (Ending.HANG_UP, 129),
        (Ending.TERMINATED, 143),
        (Ending.INTERRUPTED, 130),
        (Ending.END_OF_INPUT, 0),
    ],
)
def test_it_leaves_stops_and_then_kills(ending: Ending, code: int) -> None:
    process = Process()
    process.watchdog(lambda: "stopped").begin(ending)
    assert process.ended.wait(PATIENCE_S)
    assert process.code == code
    assert set(process.log) == {ending, "stopped"}


def test_the_first_cause_counts() -> None:
    process = Process()
    watchdog = process.watchdog()
    watchdog.begin(Ending.TERMINATED)
    watchdog.begin(Ending.HANG_UP)
    assert process.ended.wait(PATIENCE_S)
    assert process.code == 143


def test_a_backend_that_hangs_does_not_put_it_off() -> None:
    process, release = Process(), threading.Event()
    process.watchdog(release.wait).begin(Ending.HANG_UP)
    assert process.ended.wait(PATIENCE_S)
    release.set()


def test_the_backend_is_stopped_once_and_waited_for() -> None:
    process, entered, release = Process(), threading.Event(), threading.Event()

    def stop() -> str:
        entered.set()
        release.wait(PATIENCE_S)
        return "stopped"

    watchdog = process.watchdog(stop)
    watchdog.begin(Ending.HANG_UP)
    assert entered.wait(PATIENCE_S)
    second = threading.Thread(target=watchdog.stop_once)
    second.start()
    release.set()
    second.join(PATIENCE_S)
    assert not second.is_alive()
    assert process.log.count("stopped") == 1


def test_after_a_normal_end_the_code_is_kept() -> None:
    process = Process()
    process.watchdog().finish(1)
    assert process.ended.wait(PATIENCE_S)
    assert process.code == 1
    assert process.log == []


def test_any_number_of_causes_blocks_nobody() -> None:
    process = Process()
    watchdog = process.watchdog()
    for _ in range(100_000):
        watchdog.begin(Ending.HANG_UP)
    assert process.ended.wait(PATIENCE_S)
