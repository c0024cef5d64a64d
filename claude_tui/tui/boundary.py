"""A fault closes the screen that it happens in, not the program.

Textual ends the app with the first exception in any handler, action, layout or painting. Here, the screen
at fault is closed with a notice that names the crash file. The dashboard goes on, as do probes and
notifications, which have threads of their own. What cannot be contained ends the program as usual.

This relies on these internals of Textual 8.2: every message of a pump goes through
`MessagePump._dispatch_message`, and an exception that leaves it ends that pump; everything else that
fails (compose, layout, painting, timers, workers, callbacks) reaches `App._handle_exception`; who was at
work at the time is in `active_message_pump` or `active_worker`.
"""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any

from textual import events
from textual._context import active_message_pump
from textual.app import App
from textual.dom import DOMNode
from textual.message import Message
from textual.message_pump import MessagePump
from textual.screen import Screen
from textual.widget import MountError
from textual.worker import NoActiveWorker, WorkerFailed, get_current_worker

from claude_tui.tui.faults import Fault, Faults, Report

if TYPE_CHECKING:
    from collections.abc import Mapping

    from textual.actions import ActionParseResult
    from textual.await_complete import AwaitComplete

__all__ = ["Contained", "FaultBoundary", "contain_drawing"]

_NOTICE_S = 15.0
# A dashboard that fails again this soon after a rebuild cannot be drawn at all.
_REBUILT_S = 10.0
_BUILDING = (events.Compose, events.Mount)


class Contained(MessagePump):
    """Survives a fault in one of its handlers. Textual's own pump would end and remove its widget."""

    async def _dispatch_message(self, message: Message) -> None:
        try:
            await super()._dispatch_message(message)
        except Exception as error:  # noqa: BLE001 any error is reported, and ends a screen at most
            app = self.app
            if isinstance(app, FaultBoundary):
                app.contain(error, self, harmless=not isinstance(message, _BUILDING))
            else:
                app._handle_exception(error)


class FaultBoundary(Contained, App[None], inherit_bindings=False):
    """An app that survives when one of its screens fails. Without a `report` the first fault ends it.

    `crash` is the error that ended it, for the caller.
    """

    def __init__(self, report: Report | None, *, ansi_color: bool | None = None) -> None:
        super().__init__(ansi_color=ansi_color)
        self.crash: BaseException | None = None
        self._faults = Faults(report) if report is not None else None
        self.has_drawn = False
        self._rebuilt_at: float | None = None
        self._rebuilding = False

    def on_ready(self) -> None:
        self.has_drawn = True

    def intercepts(self, action: str | ActionParseResult) -> bool:  # noqa: ARG002 (for subclasses)
        """Handles an action before Textual does; False leaves it to Textual.

        Every key and every entry of the palette gets here.
        """
        return False

    async def run_action(
        self,
        action: str | ActionParseResult,
        default_namespace: DOMNode | None = None,
        namespaces: Mapping[str, DOMNode] | None = None,
    ) -> bool:
        # All actions run in the app's pump, whichever node they belong to.
        try:
            if self.intercepts(action):
                return True
            return await super().run_action(action, default_namespace, namespaces)
        except Exception as error:  # noqa: BLE001 as above
            self.contain(error, default_namespace or self, harmless=True)
            return True

    def _handle_exception(self, error: Exception) -> None:
        self.contain(error, _active_pump(error) or self, harmless=False)

    def _fatal_error(self) -> None:
        """Ends the app without a traceback on the screen: the caller finds the error in `crash`."""
        self._close_messages_no_wait()

    # -- handling a fault -------------------------------------------------------------

    def contain(self, error: Exception, at_fault: MessagePump, *, harmless: bool) -> None:
        """Close the screen that `at_fault` belongs to, or end the app.

        A `harmless` fault does not affect the contents of the dashboard, which then stays as it is.
        """
        if self._exit and isinstance(error, MountError):
            return  # an app that is asked to end while it starts has nothing to mount on any more
        if self._faults is None or not self.has_drawn:
            self.end_with(error)
            return
        fault = self._faults.note(_cause(error))
        screen = _screen_of(at_fault)
        if self._exit or (screen is not None and screen not in self.screen_stack):
            return  # the screen has closed already
        if screen is None or (screen is self.screen_stack[0] and harmless):
            self._report_fault("That failed", fault)
        elif screen is not self.screen_stack[0]:
            # Not at once, as the screen may be in the middle of being drawn.
            self.call_next(self._close, screen, fault)
        elif self._fails_repeatedly():
            self.end_with(error)
        elif not self._rebuilding:
            self._rebuilding = True
            self.call_next(self._rebuild, fault)

    def contain_drawing(self, error: Exception, at_fault: DOMNode) -> str:
        """What a panel shows instead of content that it could not draw.

        A screen other than the dashboard is closed.
        """
        if self._faults is None:
            raise error
        fault = self._faults.note(error)
        screen = _screen_of(at_fault)
        if screen is not None and screen in self.screen_stack[1:]:
            self.call_next(self._close, screen, fault)
        # A panel is narrow, so only the file's name is given; the file is in the data directory.
        where = f"Details in {fault.report.name}" if fault.report else fault.details
        return f"This could not be drawn ({fault.kind}). {where}."

    def _close(self, screen: Screen[Any], fault: Fault) -> None:
        """Close `screen` and the screens opened from it."""
        if screen not in self.screen_stack:
            return
        while screen in self.screen_stack:
            self.screen.dismiss(None)
        called = getattr(screen, "SCREEN_NAME", "screen")
        self._report_fault(f"The {called} failed and was closed", fault)

    def _rebuild(self, fault: Fault) -> None:
        self._rebuilt_at, self._rebuilding = time.monotonic(), False
        while len(self.screen_stack) > 1:
            self.screen.dismiss(None)
        self.show_default_screen()
        self._report_fault("The dashboard failed and was rebuilt", fault)

    def show_default_screen(self) -> AwaitComplete:
        """Replace the only screen on the stack by a new default screen."""
        # `switch_screen` removes a result callback, and the default screen has none.
        self.screen._push_result_callback(self, None)
        return self.switch_screen(self.get_default_screen())

    def _fails_repeatedly(self) -> bool:
        before = self._rebuilt_at
        return before is not None and time.monotonic() - before < _REBUILT_S

    def _report_fault(self, what: str, fault: Fault) -> None:
        # A fault that recurs with every Snapshot gets a new notice only when the last one has disappeared.
        if any(
            what in notification.message and fault.details in notification.message
            for notification in self._notifications
        ):
            return
        times = f", {fault.count} times so far" if fault.count > 1 else ""
        text = f"{what} ({fault.kind}{times}). {fault.details}."
        self.notify(text, severity="error", timeout=_NOTICE_S, markup=False)

    def end_with(self, error: Exception) -> None:
        """End the app; the caller finds the error in `crash`."""
        self.crash = self.crash or error
        super()._handle_exception(error)


def contain_drawing(error: Exception, at_fault: DOMNode) -> str:
    """What to show instead of what could not be drawn. Raises `error` if the app is not a FaultBoundary."""
    app = at_fault.app
    if not isinstance(app, FaultBoundary):
        raise error
    return app.contain_drawing(error, at_fault)


def _active_pump(error: Exception) -> MessagePump | None:
    """The message pump that was running when `error` was raised."""
    if isinstance(error, WorkerFailed):
        try:
            return get_current_worker().node
        except NoActiveWorker:
            return None
    return active_message_pump.get(None)


def _cause(error: Exception) -> Exception:
    """The error that Textual has wrapped, or the error itself."""
    inner = error.error if isinstance(error, WorkerFailed) else None
    return inner if isinstance(inner, Exception) else error


def _screen_of(pump: MessagePump) -> Screen[Any] | None:
    """The screen that `pump` is or belongs to; None for the app, and for a removed widget."""
    if not isinstance(pump, DOMNode):
        return None
    return next((node for node in pump.ancestors_with_self if isinstance(node, Screen)), None)
