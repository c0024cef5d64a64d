"""Textual's driver for browsers, extended to end with the server that started it.

The one of Textual 8.2 continues forever once its input has ended, as after a `kill -9` of the server; a write
to a server that is gone fails in the event loop; and its signal handlers replace those of `hangup`, whose
watchdog ends a stuck process.
"""

from __future__ import annotations

import os
import signal
from typing import TYPE_CHECKING, Any, cast

from textual.drivers.web_driver import WebDriver

from claude_tui.tui.driver import Listener

if TYPE_CHECKING:
    from textual.driver import Driver

__all__ = ["GuardedWebDriver", "web_driver_class"]


class GuardedWebDriver(WebDriver):
    """Notifies its `listener` when the server at the other end of the pipes is gone."""

    listener: Listener

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        self._gone = False
        # Assigned, as Textual sets its own in `__init__`.
        self._write = cast("Any", self._send)

    def _send(self, data: bytes) -> int:
        rest = memoryview(data)
        try:
            while rest and not self._gone:
                # A signal may cut a write short, and half a packet would shift everything after it.
                rest = rest[os.write(self.fileno, rest) :]
        except OSError:
            self._lose()
        return len(data)

    def start_application_mode(self) -> None:
        own = {number: signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM)}
        super().start_application_mode()
        for number, handler in own.items():
            self._loop.remove_signal_handler(number)
            signal.signal(number, handler)

    def run_input_thread(self) -> None:
        super().run_input_thread()
        if not self.exit_event.is_set():
            self._lose()

    def _lose(self) -> None:
        if not self._gone:
            self._gone = True
            self.listener.on_gone()


def web_driver_class(listener: Listener) -> type[Driver]:
    """A GuardedWebDriver for `App.driver_class`, which Textual instantiates itself."""
    return type("GuardedWebDriver", (GuardedWebDriver,), {"listener": listener})
