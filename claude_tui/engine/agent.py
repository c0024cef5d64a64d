"""`claude-top agent`: the engine without a screen, which keeps recording when nobody is watching."""

from __future__ import annotations

import os
import signal
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime

from claude_tui.engine.agent_log import Log, changes
from claude_tui.engine.engine import Engine
from claude_tui.model.snapshot import Snapshot

__all__ = ["run"]

STOP_WITHIN_S = 5.0
# A thread that hangs in the network or on a disk must not keep a stopped service alive.
END_WITHIN_S = 2.0

_SIGNALS = (signal.SIGTERM, signal.SIGINT, signal.SIGHUP)


def run(engine: Engine, log: Log, *, end: Callable[[int], object] = os._exit) -> int:
    """Runs the engine until SIGTERM, SIGINT or SIGHUP, writes what is left and returns 0.

    Call it in the main thread. `end` ends the process if threads still hang seconds later.
    """
    with _signals() as wait:
        logger = _ChangeLogger(log)
        first = engine.first_snapshot()
        log(first.at, f"started: {first.engine.target.name or first.engine.target.host}, pid {os.getpid()}")
        logger.publish(first)
        engine.start(logger.publish)
        wait()
        engine.stop(STOP_WITHIN_S)
        log(datetime.now(UTC), "stopped")
    timer = threading.Timer(END_WITHIN_S, end, (0,))
    timer.daemon = True
    timer.start()
    return 0


class _ChangeLogger:
    """Logs what differs from one Snapshot to the next."""

    def __init__(self, log: Log) -> None:
        self._log = log
        self._before: Snapshot | None = None

    def publish(self, snapshot: Snapshot) -> None:
        before, self._before = self._before, snapshot
        for text in changes(before, snapshot):
            self._log(snapshot.at, text)


@contextmanager
def _signals() -> Iterator[Callable[[], None]]:
    """A function that waits for one of the signals. One that was ignored stays ignored (`nohup`).

    They are read from a pipe: a wait for a lock misses a signal that the kernel gives to another thread, or
    that comes just before it, and a handler that takes a lock may wait for the code that it interrupted.
    """
    before = {number: signal.getsignal(number) for number in _SIGNALS}
    taken = {number for number in _SIGNALS if before[number] is not signal.SIG_IGN}
    reading, writing = os.pipe()
    os.set_blocking(writing, False)

    def wait() -> None:
        while os.read(reading, 1)[0] not in taken:
            pass

    previous_fd = signal.set_wakeup_fd(writing, warn_on_full_buffer=False)
    for number in taken:
        signal.signal(number, lambda *_: None)
    try:
        yield wait
    finally:
        signal.set_wakeup_fd(previous_fd)
        os.close(reading)
        os.close(writing)
        for number, handler in before.items():
            signal.signal(number, handler)
