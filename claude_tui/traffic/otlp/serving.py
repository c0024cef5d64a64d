"""The receiver in a thread with an event loop of its own, so that a large export delays nothing else."""

from __future__ import annotations

import asyncio
import ipaddress
import socket
import threading
import time
from collections.abc import Callable
from contextlib import suppress
from typing import TYPE_CHECKING

from claude_tui.store import Store
from claude_tui.traffic.deduplicated import Deduplicated
from claude_tui.traffic.otlp.mapping import CostOf
from claude_tui.traffic.sink import StoreSink

if TYPE_CHECKING:
    from claude_tui.traffic.otlp.bodies import Bounds
    from claude_tui.traffic.otlp.intake import Intake
    from claude_tui.traffic.otlp.receiver import Receiver

__all__ = ["ReceiverThread", "is_loopback"]

_SETTLE_S = 1.0
_BACKLOG = 128


class ReceiverThread:
    """Receives, until it is stopped, and writes to a store that stays its owner's.

    `start` returns as soon as the port is bound. aiohttp and protobuf are imported in the thread: exports
    that arrive earlier wait in the listen queue.
    """

    def __init__(
        self,
        address: str,
        store: Store,
        cost_of: CostOf,
        now: Callable[[], float] = time.time,
        bounds: Bounds | None = None,
    ) -> None:
        self.url = ""
        """Where it listens, once it does."""
        self.failure: str | None = None
        """Why it has ended by itself."""
        self._address = address
        self._store = store
        self._cost_of = cost_of
        self._now = now
        self._bounds = bounds
        self._receiver: Receiver | None = None
        self._intake: Intake | None = None
        self._thread: threading.Thread | None = None
        self._loop: asyncio.AbstractEventLoop | None = None
        self._stopping: asyncio.Event | None = None
        self._asked_to_stop = threading.Event()

    @property
    def calls(self) -> int:
        """How many calls were received."""
        return self._intake.calls if self._intake is not None else 0

    @property
    def absences(self) -> list[str]:
        """What senders have stopped telling."""
        return [*self._intake.telling.said()] if self._intake is not None else []

    @property
    def faults(self) -> int:
        """Exports that an internal error ended."""
        return self._receiver.faults if self._receiver is not None else 0

    def start(self) -> None:
        """Binds the port and starts the thread. Raises OSError if the port is not available."""
        host, port = _host_and_port(self._address)
        family = socket.AF_INET6 if ":" in host else socket.AF_INET
        bound = socket.create_server((host, port), family=family, backlog=_BACKLOG)
        shown = f"[{host}]" if ":" in host else host
        self.url = f"http://{shown}:{bound.getsockname()[1]}"
        self._thread = threading.Thread(target=self._run, args=(bound,), name="otlp receiver", daemon=True)
        self._thread.start()

    @property
    def running(self) -> bool:
        return self._thread is not None and self._thread.is_alive()

    def stop(self, timeout_s: float = 5.0) -> None:
        """Stops receiving, from any thread, and hands everything to the store; waits at most `timeout_s`."""
        self._asked_to_stop.set()
        loop, stopping = self._loop, self._stopping
        if loop is not None and stopping is not None and not loop.is_closed():
            # If the loop has closed since, it has stopped already.
            with suppress(RuntimeError):
                loop.call_soon_threadsafe(stopping.set)
        if self._thread is not None:
            self._thread.join(timeout_s)

    def _run(self, bound: socket.socket) -> None:
        with bound:
            try:
                asyncio.run(self._main(bound))
            except Exception as error:  # noqa: BLE001 - a thread that ends silently would look like no traffic
                self.failure = f"{type(error).__name__}: {error}"

    async def _main(self, bound: socket.socket) -> None:
        from claude_tui.traffic.otlp.intake import Intake
        from claude_tui.traffic.otlp.receiver import Receiver

        self._stopping = asyncio.Event()
        self._loop = asyncio.get_running_loop()
        if self._asked_to_stop.is_set():
            return
        sink = StoreSink(self._store, now=self._now)
        sink.start()
        deduplicated = Deduplicated(sink, self._store, self._now)
        self._intake = Intake(deduplicated, self._cost_of, self._now)
        receiver = self._receiver = Receiver(self._intake, self._bounds)
        await receiver.start(bound)
        settling = asyncio.create_task(_settle(deduplicated, self._stopping))
        try:
            await self._stopping.wait()
        finally:
            await receiver.stop()
            # What it has taken must be in the sink before that is closed.
            await asyncio.gather(settling, return_exceptions=True)
            await asyncio.to_thread(deduplicated.settle, all_of_it=True)
            await asyncio.to_thread(sink.close)


async def _settle(deduplicated: Deduplicated, stopping: asyncio.Event) -> None:
    """Passes on what has waited long enough. A disk that hangs does not keep exports waiting."""
    while not stopping.is_set():
        with suppress(TimeoutError):
            await asyncio.wait_for(stopping.wait(), _SETTLE_S)
        await asyncio.to_thread(deduplicated.settle)


def is_loopback(address: str) -> bool:
    """Whether only this machine reaches an address such as `127.0.0.1:4318`."""
    host, _ = _host_and_port(address)
    return ipaddress.ip_address(host).is_loopback


def _host_and_port(address: str) -> tuple[str, int]:
    host, _, port = address.rpartition(":")
    host = host.removeprefix("[").removesuffix("]")
    return ("127.0.0.1" if host == "localhost" else host), int(port)
