"""A closed terminal ends the program within 3 seconds, whatever else is stuck.

Hang-up, end of input and every signal that ends a program are handled alike: the backend stops
and writes what it has, the app restores the terminal, and if either does not come to an
end, a watchdog thread ends the process. Files that must not outlive the process are removed either way.
"""

from __future__ import annotations

import contextlib
import os
import signal
import sys
import termios
import threading
import time
from collections.abc import Callable, Iterator
from enum import Enum
from typing import TYPE_CHECKING, Any, NamedTuple

from claude_tui.tui.served import is_served

if TYPE_CHECKING:
    from textual.app import App

__all__ = ["DEADLINE_S", "Ending", "Session", "Watchdog", "run"]

DEADLINE_S = 2.5
"""The longest time from the cause to the end of the process."""

_SHARE_TO_LEAVE = 0.3
_AFTER_NORMAL_END_S = 1.0
_DISCARD_WITHIN_S = 0.2
_CRASHED = 3
# Leaves the alternate screen, shows the cursor, and ends mouse, focus, paste and key reporting.
_RESTORE = (
    b"\x1b[<u\x1b[?1000l\x1b[?1003l\x1b[?1015l\x1b[?1006l\x1b[?1004l\x1b[?2004l\x1b[?7h\x1b[?1049l\x1b[?25h"
)


class Ending(Enum):
    """Why the program ends. Signals have the exit codes that shells give them."""

    DONE = 0
    END_OF_INPUT = 1
    HANG_UP = 128 + signal.SIGHUP
    INTERRUPTED = 128 + signal.SIGINT
    QUIT = 128 + signal.SIGQUIT
    USER_1 = 128 + signal.SIGUSR1
    USER_2 = 128 + signal.SIGUSR2
    ALARM = 128 + signal.SIGALRM
    TERMINATED = 128 + signal.SIGTERM
    OUT_OF_CPU = 128 + signal.SIGXCPU

    @property
    def exit_code(self) -> int:
        return 0 if self is Ending.END_OF_INPUT else self.value


# Signals by which people, supervisors and limits end a process. No orderly end is possible after SIGSEGV.
_SIGNALS = {
    signal.SIGHUP: Ending.HANG_UP,
    signal.SIGINT: Ending.INTERRUPTED,
    signal.SIGQUIT: Ending.QUIT,
    signal.SIGUSR1: Ending.USER_1,
    signal.SIGUSR2: Ending.USER_2,
    signal.SIGALRM: Ending.ALARM,
    signal.SIGTERM: Ending.TERMINATED,
    signal.SIGXCPU: Ending.OUT_OF_CPU,
}


class Watchdog:
    """Waits in its own thread for a reason to end, and makes sure that the process does end.

    `begin` is safe in signal handlers and in any thread, as it writes one byte to a pipe. `leave`
    starts an orderly end, which should call `stop_once`; `stop` saves what must not be lost. `kill`
    ends the process at once.
    """

    def __init__(
        self,
        leave: Callable[[Ending], None],
        stop: Callable[[], None],
        *,
        kill: Callable[[int], object],
        deadline_s: float = DEADLINE_S,
    ) -> None:
        self._leave = leave
        self._stop = stop
        self._kill = kill
        self._deadline_s = deadline_s
        self._stopping = threading.Lock()
        self._stop_begun = threading.Event()
        self._final_code = 0
        self._read_end, self._write_end = os.pipe()
        os.set_blocking(self._write_end, False)
        self._thread = threading.Thread(target=self._watch, name="watchdog", daemon=True)

    def start(self) -> None:
        self._thread.start()

    def begin(self, ending: Ending) -> None:
        # A full pipe means that the thread was woken long ago.
        with contextlib.suppress(BlockingIOError):
            os.write(self._write_end, bytes((ending.value,)))

    def finish(self, code: int) -> None:
        """Everything is done except ending the process, which a hanging thread must not delay."""
        self._final_code = code
        self.begin(Ending.DONE)

    def stop_once(self) -> None:
        """Stop the backend, or wait until another thread has stopped it."""
        with self._stopping:
            if not self._stop_begun.is_set():
                self._stop_begun.set()
                self._stop()

    def _watch(self) -> None:
        ending = Ending(os.read(self._read_end, 1)[0])
        began = time.monotonic()
        if ending is Ending.DONE:
            time.sleep(_AFTER_NORMAL_END_S)
            self._kill(self._final_code)
            return
        self._leave(ending)
        # The app stops the backend next, in the thread that started it. Only a screen that is
        # stuck does not get that far.
        if not self._stop_begun.wait(self._deadline_s * _SHARE_TO_LEAVE):
            threading.Thread(target=self.stop_once, name="stop", daemon=True).start()
        time.sleep(max(self._deadline_s - (time.monotonic() - began), 0))
        self._kill(ending.exit_code)


class Session(NamedTuple):
    """An app that has not run yet, and the function that stops its backend."""

    app: App[Any]
    stop: Callable[[], None]
    suspend: Callable[[], None] = lambda: None
    """Called before the process is stopped by ctrl+z, which it must not delay for long."""
    mouse: bool = True
    """Whether the app gets what the mouse does, or the terminal keeps it for selecting text."""


def run(
    prepare: Callable[[], Session],
    discard: Callable[[], None] = lambda: None,
    *,
    deadline_s: float = DEADLINE_S,
) -> int:
    """Run the app that `prepare` returns until it ends, and return the exit code: the last act of a process.

    A signal during `prepare` takes effect as soon as that returns: the app does not start.
    `stop` is called once, in this or another thread. `discard` is called after it, maybe twice, even if
    `stop` hangs or `prepare` raises; it removes the files that must not outlive the process.

    The process ends within `deadline_s` of a hang-up, end of input or signal, and within a second after
    this returns, even if a thread still hangs (in a name lookup, say). Raises what `prepare` raises, and
    the error that crashed the app.
    """
    ending = _OrderlyEnd()
    terminal = _Terminal()

    def kill(code: int) -> None:
        # The disk itself may hang: then nothing can be removed, and the process must end regardless.
        discarding = threading.Thread(target=discard, name="discard", daemon=True)
        discarding.start()
        discarding.join(_DISCARD_WITHIN_S)
        terminal.restore_and_exit(code)

    watchdog = Watchdog(ending.leave, ending.stop, kill=kill, deadline_s=deadline_s)
    watchdog.start()
    with _signals(watchdog):
        try:
            session = ending.prepared(prepare)
            app = session.app
            if not ending.causes:
                _run_app(session, watchdog, terminal)
            watchdog.stop_once()
        finally:
            discard()
    crash: BaseException | None = getattr(app, "crash", None)
    code = ending.causes[0].exit_code if ending.causes else app.return_code or 0
    watchdog.finish(code if crash is None else _CRASHED)
    if crash is not None:
        raise crash
    if Ending.END_OF_INPUT in ending.causes:
        sys.stderr.write("claude-top: end of input\n")
    return code


def _run_app(session: Session, watchdog: Watchdog, terminal: _Terminal) -> None:
    from claude_tui.tui.driver import Listener, driver_class

    app = session.app
    listener = Listener(
        on_gone=lambda: watchdog.begin(Ending.HANG_UP),
        on_end_of_input=lambda: watchdog.begin(Ending.END_OF_INPUT),
        on_suspend=session.suspend,
    )
    if is_served(os.environ):
        from claude_tui.tui.web_driver import web_driver_class

        app.driver_class = web_driver_class(listener)
    else:
        app.driver_class = driver_class(listener)
    terminal.restored = False
    app.run(mouse=session.mouse)
    terminal.restored = True


class _OrderlyEnd:
    """Carries out what the watchdog asks for, on a session that may not be prepared yet."""

    def __init__(self) -> None:
        self.causes: list[Ending] = []
        self._session: Session | None = None
        self._prepared = threading.Event()

    def prepared(self, prepare: Callable[[], Session]) -> Session:
        try:
            self._session = prepare()
        finally:
            self._prepared.set()
        return self._session

    def leave(self, cause: Ending) -> None:
        self.causes.append(cause)
        if self._session is not None:
            # The event loop may just have closed: then the app has ended already.
            with contextlib.suppress(RuntimeError):
                self._session.app.exit(return_code=cause.exit_code)

    def stop(self) -> None:
        self._prepared.wait()
        if self._session is not None:
            self._session.stop()


@contextlib.contextmanager
def _signals(watchdog: Watchdog) -> Iterator[None]:
    """Makes signals begin an orderly end. A signal that is ignored stays ignored (`nohup`)."""
    before = {number: signal.getsignal(number) for number in _SIGNALS}
    for number, ending in _SIGNALS.items():
        if before[number] is not signal.SIG_IGN:
            signal.signal(number, lambda *_, ending=ending: watchdog.begin(ending))
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


class _Terminal:
    """The terminal's initial state, for when the app cannot restore it itself."""

    def __init__(self) -> None:
        self.restored = True
        self._modes = None
        with contextlib.suppress(termios.error):
            self._modes = termios.tcgetattr(0)

    def restore_and_exit(self, code: int) -> None:
        if not self.restored:
            with contextlib.suppress(OSError, termios.error):
                self._restore()
        os._exit(code)

    def _restore(self) -> None:
        # A file description of our own, so that O_NONBLOCK does not affect other programs.
        terminal = os.open("/dev/tty", os.O_RDWR | os.O_NOCTTY | os.O_NONBLOCK)
        if os.tcgetpgrp(terminal) != os.getpgrp():
            return  # writing from the background would stop the process
        if self._modes is not None:
            termios.tcsetattr(terminal, termios.TCSANOW, self._modes)
        os.write(terminal, _RESTORE)
