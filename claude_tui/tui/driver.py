"""Textual's Linux driver, extended to notice when its terminal or input is gone.

Textual 8.2's own driver loops at 100% CPU when a read returns nothing, as after a terminal hung up;
and its writer thread dies on the first failed write, after which the program blocks on a full queue.
It also looks for input ten times a second, where this one waits for it.
"""

from __future__ import annotations

import os
import selectors
import termios
import threading
from codecs import getincrementaldecoder
from collections.abc import Callable
from contextlib import suppress
from queue import Full
from typing import IO, TYPE_CHECKING, Any, NamedTuple, cast

from textual._xterm_parser import XTermParser
from textual.drivers.linux_driver import LinuxDriver
from textual.events import Resize
from textual.geometry import Size

if TYPE_CHECKING:
    from textual.driver import Driver

__all__ = ["GuardedDriver", "Listener", "TerminalFile", "driver_class", "is_gone"]

_TICK_S = 0.1  # a lone Escape counts as a key after this
_SIGNALS_EVERY_S = 0.5


def is_gone(descriptor: int) -> bool:
    """Whether the terminal behind `descriptor` has hung up."""
    try:
        termios.tcgetattr(descriptor)
    except termios.error:
        return True
    return False


class TerminalFile:
    """The driver's writer thread writes to this. When the terminal is gone, `on_gone` is called once.

    Everything written after that is dropped, so that the thread's queue keeps draining.
    """

    def __init__(self, file: IO[str], on_gone: Callable[[], None]) -> None:
        self._file = file
        self._on_gone = on_gone
        self._gone = False

    def write(self, text: str) -> int:
        self._try(lambda: self._file.write(text))
        return len(text)

    def flush(self) -> None:
        self._try(self._file.flush)

    def fileno(self) -> int:
        return self._file.fileno()

    def _try(self, step: Callable[[], object]) -> None:
        if self._gone:
            return
        try:
            step()
        except (OSError, ValueError):  # ValueError: the file object has been closed
            self._gone = True
            self._on_gone()


class WakingEvent(threading.Event):
    """An event that a selector can wait for, together with its other file objects."""

    def __init__(self) -> None:
        super().__init__()
        self._reading, self._writing = os.pipe()
        os.set_blocking(self._reading, False)

    def fileno(self) -> int:
        return self._reading

    def set(self) -> None:
        super().set()
        os.write(self._writing, b"!")

    def clear(self) -> None:
        super().clear()
        with suppress(BlockingIOError):
            os.read(self._reading, 64)

    def close(self) -> None:
        """Releases its descriptors.

        It must not be set any more; a driver may still set it, so drivers keep theirs.
        """
        os.close(self._reading)
        os.close(self._writing)


class Listener(NamedTuple):
    """Callbacks, called from the driver's threads; `on_suspend` from the event loop."""

    on_gone: Callable[[], None]
    on_end_of_input: Callable[[], None]
    on_suspend: Callable[[], None] = lambda: None
    """Before the process is stopped (ctrl+z)."""


class GuardedDriver(LinuxDriver):
    """Notifies its `listener` when the terminal or the input ends, instead of spinning or blocking."""

    listener: Listener

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        self._file = cast("Any", TerminalFile(cast("IO[str]", self._file), self.listener.on_gone))
        self._suspended = False
        self.exit_event: WakingEvent = WakingEvent()

    def _get_terminal_size(self) -> tuple[int, int]:
        """The terminal's own size. Textual uses COLUMNS and LINES instead, which do not follow resizing."""
        try:
            size = os.get_terminal_size(cast("IO[str]", self._file).fileno())
        except OSError:
            return super()._get_terminal_size()
        return (size.columns, size.lines) if size.columns and size.lines else super()._get_terminal_size()

    def follow_size(self) -> None:
        """Resizes the app if the terminal has another size than its screen: a change that nobody reported.

        While a multiplexer is resized many times in a row, the last signal sometimes gets lost.
        """
        found = Size(*self._get_terminal_size())
        if found != self._app.screen.size:
            self._app._size = None  # otherwise the app would take the size for unchanged
            self._app.post_message(Resize(found, found))

    def write(self, data: str) -> None:
        """Passes it to the writer thread, which may be far behind when the terminal accepts nothing.

        A signal that the kernel delivers to another thread does not wake this one, whose handlers it needs:
        a wait without a limit would ignore SIGTERM.
        """
        if (writer := self._writer_thread) is None:
            return
        while True:
            with suppress(Full):
                writer._queue.put(data, timeout=_SIGNALS_EVERY_S)
                return

    def run_input_thread(self) -> None:
        parser = XTermParser(self._debug)
        decode = getincrementaldecoder("utf-8")("replace").decode
        with selectors.SelectSelector() as selector:
            selector.register(self.fileno, selectors.EVENT_READ)
            selector.register(self.exit_event, selectors.EVENT_READ)
            while not self.exit_event.is_set():
                # Only a sequence that has begun may time out.
                found = selector.select(None if parser._timeout_time is None else _TICK_S)
                if any(key.fileobj is not self.exit_event for key, _ in found):
                    data = self._read()
                    if not data:
                        self._input_ended()
                        return
                    for event in parser.feed(decode(data)):
                        self.process_message(event)
                for event in parser.tick():
                    self.process_message(event)

    def _read(self) -> bytes:
        try:
            return os.read(self.fileno, 4096)
        except OSError:
            return b""

    def _input_ended(self) -> None:
        if self.input_tty and is_gone(self.fileno):
            self.listener.on_gone()
        else:
            self.listener.on_end_of_input()

    def leave_mouse_to_terminal(self, left: bool) -> None:
        """Let the terminal select text with the mouse, or take the mouse back."""
        if left:
            self._disable_mouse_support()
        else:
            self._enable_mouse_support()

    # Signal handlers interrupt the main thread anywhere, even inside the queue that
    # they would write to, so they leave the work to the event loop.

    def _sigtstp_application(self, *_: object) -> None:
        self._loop.call_soon_threadsafe(self._suspend)

    def _sigcont_application(self, *_: object) -> None:
        self._loop.call_soon_threadsafe(self._resume)

    def _suspend(self) -> None:
        self.listener.on_suspend()
        self._suspended = self._auto_restart
        super()._sigtstp_application()

    def _resume(self) -> None:
        # A plain `kill -STOP` restored nothing, and the shell has used the terminal since.
        if self._auto_restart and not self._suspended:
            self.suspend_application_mode()
            self._must_signal_resume = True
        self._suspended = False
        super()._sigcont_application()


def driver_class(listener: Listener) -> type[Driver]:
    """A GuardedDriver for `App.driver_class`, which Textual instantiates itself."""
    return type("GuardedDriver", (GuardedDriver,), {"listener": listener})
