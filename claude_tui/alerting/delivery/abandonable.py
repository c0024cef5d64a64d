"""Runs calls that may block forever in a thread that delays nothing, not even the end of the program."""

from __future__ import annotations

import asyncio
import contextlib
import threading
from collections.abc import Callable
from typing import Generic, TypeVar

from claude_tui.model.errors import DeliveryError

__all__ = ["AbandonableThread", "BusyError"]

T = TypeVar("T")


class BusyError(DeliveryError):
    """The previous call has not returned yet."""


class AbandonableThread(Generic[T]):
    """Calls one function at a time in a daemon thread; a call that hangs is abandoned.

    `asyncio.to_thread` would not do: its threads are waited for when the loop closes and when the interpreter
    ends.
    """

    def __init__(self, name: str) -> None:
        self._name = name
        self._idle: asyncio.Event | None = None

    async def call(self, function: Callable[[], T], timeout_s: float, *, queue: bool = False) -> T:
        """Returns what `function` returns, or raises what it raises.

        Raises TimeoutError after `timeout_s`, and BusyError while an earlier call is still running; with
        `queue` it waits for that call, within `timeout_s`.
        """
        async with asyncio.timeout(timeout_s):
            await self._wait_idle(queue)
            return await self._begin(function)

    async def _wait_idle(self, queue: bool) -> None:
        while self._idle is not None and not self._idle.is_set():
            if not queue:
                raise BusyError
            await self._idle.wait()

    def _begin(self, function: Callable[[], T]) -> asyncio.Future[T]:
        loop = asyncio.get_running_loop()
        done: asyncio.Future[T] = loop.create_future()
        idle = self._idle = asyncio.Event()

        def run() -> None:
            settle = _outcome(function, done)

            def over() -> None:
                idle.set()
                settle()

            # The loop may be closed by now, so nobody waits for the result.
            with contextlib.suppress(RuntimeError):
                loop.call_soon_threadsafe(over)

        threading.Thread(target=run, name=self._name, daemon=True).start()
        return done


def _outcome(function: Callable[[], T], done: asyncio.Future[T]) -> Callable[[], None]:
    """Calls `function`; returns a function that settles `done`, unless it was cancelled."""
    try:
        result = function()
    except BaseException as error:  # noqa: BLE001 - the awaiting caller gets it, whatever it is
        failure = error
        return lambda: None if done.done() else done.set_exception(failure)
    return lambda: None if done.done() else done.set_result(result)
