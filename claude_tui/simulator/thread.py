"""The simulator in its own thread with its own event loop, for the demo."""

from __future__ import annotations

import asyncio
import logging
import threading
from collections.abc import Callable
from contextlib import AsyncExitStack
from typing import TYPE_CHECKING

from claude_tui.simulator.script import Scenario
from claude_tui.simulator.sockets import HOST, listen, url_of

if TYPE_CHECKING:
    import socket

    from claude_tui.simulator.companion import Companion
    from claude_tui.simulator.server import Clock

__all__ = ["SimulatorThread"]

logger = logging.getLogger(__name__)


class SimulatorThread:
    """A Simulator for callers without an event loop.

    It logs to `claude_tui.simulator` and never prints. `start` returns as soon as the port is bound;
    aiohttp is imported in the thread, and requests that arrive earlier wait in the listen queue. `companion`
    creates what runs beside it, and is called in the thread as well.
    """

    def __init__(
        self,
        scenario: Scenario,
        *,
        speed: float = 1.0,
        seed: int | None = None,
        clock: Clock | None = None,
        latency_scale: float = 1.0,
        elapsed_s: float = 0.0,
        companion: Callable[[], Companion] | None = None,
    ) -> None:
        self.scenario = scenario
        self._companion = companion
        self._speed = speed
        self._seed = seed
        self._clock = clock
        self._latency_scale = latency_scale
        self._elapsed_s = elapsed_s
        self._url = ""
        self._thread: threading.Thread | None = None
        self._loop: asyncio.AbstractEventLoop | None = None
        self._stopping: asyncio.Event | None = None
        self._asked_to_stop = threading.Event()

    @property
    def base_url(self) -> str:
        return self._url

    @property
    def status_url(self) -> str:
        return self._url

    def start(self, port: int = 0, host: str = HOST) -> None:
        """Binds the port and starts the thread. Raises OSError if the port is not available."""
        bound = listen(host, port)
        self._url = url_of(bound)
        self._thread = threading.Thread(target=self._run, args=(bound,), name="simulator", daemon=True)
        self._thread.start()

    def stop(self, timeout_s: float = 2.0) -> None:
        """Stops the simulator, from any thread; waits at most `timeout_s`."""
        self._asked_to_stop.set()
        loop, stopping = self._loop, self._stopping
        if loop is not None and stopping is not None and not loop.is_closed():
            # The loop may close between the check and the call: then the simulator has already stopped.
            try:
                loop.call_soon_threadsafe(stopping.set)
            except RuntimeError:
                logger.debug("the simulator had already stopped")
        if self._thread is not None:
            self._thread.join(timeout_s)

    def _run(self, bound: socket.socket) -> None:
        with bound:
            try:
                asyncio.run(self._main(bound))
            except Exception:
                # Clients notice the closed port; a traceback of this thread would only garble the screen.
                logger.exception("the simulator failed")

    async def _main(self, bound: socket.socket) -> None:
        from claude_tui.simulator.server import Simulator, log_loop_errors

        loop = asyncio.get_running_loop()
        log_loop_errors(loop)
        self._stopping, self._loop = asyncio.Event(), loop
        companion = self._companion() if self._companion is not None else None
        simulator = Simulator(
            companion.fitted(self.scenario) if companion is not None else self.scenario,
            speed=self._speed,
            seed=self._seed,
            clock=self._clock,
            latency_scale=self._latency_scale,
            elapsed_s=self._elapsed_s,
        )
        await simulator.start(bound=bound)
        async with AsyncExitStack() as stack:
            stack.push_async_callback(simulator.stop)
            if companion is not None:
                await stack.enter_async_context(companion.beside(simulator))
            if not self._asked_to_stop.is_set():
                await self._stopping.wait()
